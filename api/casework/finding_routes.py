"""The routes of the work list."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from algorithms.registry import ALGORITHMS, prepare
from api import openapi
from api.access.actor import signed
from api.access.bounds import bounded
from api.answering import view_of
from api.caller import Caller, caller_of, owner_of
from api.casework import showing
from api.casework.asking import FindingVerdict, RunAsked, judge, judging
from api.casework.findings import STATES, Findings
from api.casework.keeping import mask
from api.casework.putting import FindingsReceipt, run
from api.contract.answers import MADE
from api.converting import convert
from api.etags import holds, tag_of, unchanged
from api.jobs.book import Asked as JobAsked
from api.jobs.calling import Call, keep_caller
from api.jobs.routes import jobs_of, preferred
from api.look import limit_of
from api.ranking import ORDER_SAID
from api.routes import domains_of, scope_of
from api.serving import add, alongside, body_of, check, json_response, only, query_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from api.engine import Engine

BASE: Final = "/v1/findings"
SCOPE: Final = "trace"
_FILTERS: Final = ("state", "pattern", "subject", "min_score", "limit", "after", "order")


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
        """The work list, the worst first, or by risk score: `state`, `pattern`, `subject`, `order`
        / 线索清单."""
        given = query_of(request, frozenset())
        only(given, _FILTERS)
        limit, after = limit_of(given.get("limit"), 50), given.get("after")
        view, granted = await view_of(engine), mask(caller_of(request).domains)
        wanted = showing.wanted_of(view, given, granted)
        tag = tag_of(request, BASE, request.url.query, *await marks(engine, book, view))
        if holds(request, tag):
            return unchanged(tag)
        told = await engine.run(showing.listing, book, view, wanted, limit, after,
                                given.get("order"))  # fmt: skip
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


async def marks(engine: Engine, book: Findings, view: Any) -> tuple[str, ...]:
    """What an answer from the book is made on, beside what was asked."""
    return str(await engine.run(book.revision)), view.name, str(engine.session.erased)


def signing(caller: Caller, given: dict[str, Any]) -> str:
    """In whose name something is done: the caller's, or whom the owner names."""
    by = signed(caller, given).get("by")
    return " ".join(by.split()) if isinstance(by, str) and by.strip() else caller.name


def body(kind: type[Any], example: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of a body, without which there is no request."""
    return openapi.body(kind, example, required=True)


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
    openapi.asked("query", "order", f"score: the worst first; {ORDER_SAID} / 排序: 得分或风险评分",
                  {"enum": [*showing.ORDERS], "default": "score"}),
    openapi.asked("query", "after", "the `next` of a page / 上一页给出的 next"),
    openapi.asked("query", "limit", "the most findings, default 50 / 最多条数",
                  {"type": "integer", "minimum": 1, "maximum": 1000}),
]  # fmt: skip
