"""The routes of the work list."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from algorithms.registry import ALGORITHMS, prepare
from api import openapi
from api.access.actor import signed
from api.access.bounds import bounded
from api.answering import view_of
from api.caller import Caller, caller_of, owner_of
from api.casework import showing
from api.casework.findings import STATES, Findings, State, place_of
from api.casework.keeping import mask
from api.casework.putting import MOST, FindingsReceipt, run
from api.contract.answers import MADE
from api.etags import holds, tag_of, unchanged
from api.jobs.book import Asked as JobAsked
from api.jobs.calling import Call, keep_caller
from api.jobs.routes import jobs_of, preferred
from api.look import limit_of
from api.routes import domains_of, scope_of
from api.serving import add, alongside, body_of, check, json_response, only, query_of
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from api.engine import Engine

BASE: Final = "/v1/findings"
SCOPE: Final = "trace"
NOTE: Final = 2000  # characters
_LIMIT: Final = 200
_FILTERS: Final = ("state", "pattern", "subject", "min_score", "limit", "after")
_By = Annotated[
    Annotated[str, Meta(max_length=200)] | None,
    Meta(description="in whose name, for the service's owner / 办理人"),
]


class RunAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A detector to run, its parameters, and how many of its findings are put in at most."""

    algorithm: Annotated[
        str, Meta(description="an algorithm that yields findings / 检测算法", examples=["rings"])
    ]
    params: dict[str, Any] = {}
    limit: Annotated[
        int,
        Meta(description="findings put in, those of highest score / 最多放入的线索", ge=1, le=MOST),
    ] = _LIMIT
    by: _By = None


class FindingVerdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a finding is judged. Why it is dismissed has to be said."""

    state: Annotated[State, Meta(description="what it is from now on / 结论")]
    note: Annotated[
        Annotated[str, Meta(max_length=NOTE)] | None, Meta(description="why, in words / 理由")
    ] = None
    version: Annotated[
        int | None,
        Meta(description="the version that was judged: refused where it changed / 所见版本"),
    ] = None
    by: _By = None


def add_findings(app: FastAPI, engine: Engine) -> None:
    """Put findings in, list them, show one, judge one."""
    book, session = Findings(engine.session.url), engine.session

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        yield
        book.close()

    alongside(app).append(running)

    async def found(request: Request) -> Response:
        """Run a detector, put its findings into the work list / 运行检测, 线索入列."""
        given, caller = await body_of(request), caller_of(request)
        asked = convert(RunAsked, given)
        record = ALGORITHMS.find(asked.algorithm)
        check(caller, scope_of(record), frozenset(domains_of(record)))
        params = bounded(caller, record, asked.params)
        prepare(record, params)  # what is wrong with them is said at once
        wanted, wait = preferred(request)
        if wanted:
            call = Call(method="POST", path=BASE, raw_path=BASE, body=msgspec.json.encode(given))
            jobs = jobs_of(request)
            job = JobAsked(
                owner=owner_of(caller), what="findings", caller=keep_caller(caller), scope=SCOPE,
                asked=jobs.unnamed(msgspec.to_builtins(asked)), seconds=jobs.settings.seconds,
                call=msgspec.json.encode(call).decode(),
            )  # fmt: skip
            return await jobs.submit(job, wait)
        who = signing(caller, given)
        told = await engine.run(_run, session, book, asked, params, who)
        return json_response(msgspec.json.encode(told))

    async def listed(request: Request) -> Response:
        """The work list, the worst first: `state`, `pattern`, `subject` / 线索清单."""
        given = query_of(request, frozenset())
        only(given, _FILTERS)
        limit, after = limit_of(given.get("limit"), 50), place_of(given.get("after"))
        view, granted = await view_of(engine), mask(caller_of(request).domains)
        wanted = showing.wanted_of(view, given, granted)
        tag = tag_of(request, BASE, request.url.query, *await marks(engine, book, view))
        if holds(request, tag):
            return unchanged(tag)
        told = await engine.run(showing.listing, book, view, wanted, limit, after)
        return json_response(msgspec.json.encode(told), None, {"ETag": tag})

    async def one(request: Request) -> Response:
        """A finding: all its members, why, what is new, its steps / 线索详情."""
        only(query_of(request, frozenset()), ())
        ident, granted = request.path_params["id"], mask(caller_of(request).domains)
        view = await view_of(engine)
        tag = tag_of(request, BASE, ident, *await marks(engine, book, view))
        if holds(request, tag):
            return unchanged(tag)
        told = await engine.run(showing.whole, book, view, ident, granted)
        return json_response(msgspec.json.encode(told), None, {"ETag": tag})

    async def judged(request: Request) -> Response:
        """Accept a finding, dismiss it with a note, or open it again / 线索处理."""
        given, caller = await body_of(request), caller_of(request)
        asked, who = judging(given), signing(caller, given)
        told = await engine.run(
            judge, book, await view_of(engine), request.path_params["id"], asked, who,
            mask(caller.domains),
        )  # fmt: skip
        return json_response(msgspec.json.encode(told))

    for method, path, endpoint, extra in (
        ("POST", BASE, found, {**body(RunAsked, _RUN), **_RECEIPT}),
        ("GET", BASE, listed, {"parameters": _QUERY, **answers(showing.FindingList)}),
        ("GET", f"{BASE}/{{id}}", one, {"parameters": [_ID], **answers(showing.FindingWhole)}),
        ("POST", f"{BASE}/{{id}}/verdict", judged,
         {"parameters": [_ID], **body(FindingVerdict, _VERDICT),
          **openapi.answers(showing.FindingWhole)}),
    ):  # fmt: skip
        add(app, method, path, endpoint, scope=SCOPE, tags=["casework"], extra=extra,
            writes=method == "POST")  # fmt: skip


def _run(session: Any, book: Findings, asked: RunAsked, params: Any, who: str) -> FindingsReceipt:
    return run(session, book, asked.algorithm, params, who=who, limit=asked.limit)


def judging(given: Any) -> FindingVerdict:
    """What a verdict says; raises WrongUsage, also where nothing says why it is dismissed."""
    asked: FindingVerdict = convert(FindingVerdict, given)
    if asked.state == "dismissed" and not (asked.note or "").strip():
        raise WrongUsage("note: why is it dismissed? / 请说明排除理由")
    return asked


def judge(
    book: Findings, view: Any, ident: str, asked: FindingVerdict, who: str, granted: int
) -> showing.FindingWhole:
    """Carry a verdict out; the finding as it is then."""
    book.judge(ident, asked.state, who, asked.note, granted=granted, version=asked.version)
    return showing.whole(book, view, ident, granted)


async def marks(engine: Engine, book: Findings, view: Any) -> tuple[str, ...]:
    """What an answer from the book is made on, beside what was asked."""
    return str(await engine.run(book.revision)), view.name, str(engine.session.erased)


def signing(caller: Caller, given: dict[str, Any]) -> str:
    """In whose name something is done: the caller's, or whom the owner names."""
    by = signed(caller, given).get("by")
    return " ".join(by.split()) if isinstance(by, str) and by.strip() else caller.name


def convert(kind: type[Any], given: Any) -> Any:
    """What a request says, as a type; raises WrongUsage with the field in front."""
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$.")
        raise WrongUsage(f"{where.rstrip('`')}: {reason}" if where else reason) from None


def body(kind: type[Any], example: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of a body."""
    content = {"schema": openapi.schema(kind), "example": example}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def answers(kind: Any) -> dict[str, Any]:
    """What it says of an answer that a caller may hold already."""
    said = openapi.answers(kind)
    return {"responses": {**said["responses"], **openapi.HELD}}


_ID: Final = openapi.asked("path", "id", "the finding's id / 线索编号")
_RUN: Final = {"algorithm": "rings", "params": {"as_of": "2022-01-05"}, "limit": 100}
_VERDICT: Final = {"state": "dismissed", "note": "a shared office / 联合办公"}
_RECEIPT: Final = {"responses": {**openapi.answers(FindingsReceipt)["responses"], **MADE}}
_NUMBER: Final = {"type": "number", "minimum": 0, "maximum": 1}
_QUERY: Final = [
    openapi.asked("query", "state", "only those in this state / 状态", {"enum": [*STATES]}),
    openapi.asked("query", "pattern", "only those of this pattern / 模式"),
    openapi.asked("query", "subject", "only those with this member / 成员"),
    openapi.asked("query", "min_score", "only those of this score or more / 最低得分", _NUMBER),
    openapi.asked("query", "after", "the `next` of a page / 上一页给出的 next"),
    openapi.asked("query", "limit", "the most findings, default 50 / 最多条数",
                  {"type": "integer", "minimum": 1, "maximum": 1000}),
]  # fmt: skip
