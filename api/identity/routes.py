"""The routes of identities. They need every data domain: whether two records are one subject is
judged on all that is known of them, and what is joined is joined for everybody.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.access.actor import signed
from api.answering import view_of
from api.caller import DOMAINS, Caller, caller_of, owner_of
from api.casework.findings import place_of
from api.contract.answers import MADE
from api.converting import convert
from api.identity import asking, explaining, showing
from api.identity.book import STATES, Book
from api.identity.deciding import Decided, decide, find, named
from api.identity.running import ResolveReceipt, run
from api.jobs.book import Asked as JobAsked
from api.jobs.calling import Told, keep_caller
from api.jobs.routes import jobs_of, preferred
from api.look import limit_of
from api.look import place_of as number_place
from api.serving import add, alongside, body_of, json_response, only, query_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from api.engine import Engine
    from api.serving import Endpoint
    from api.session import Session

BASE: Final = "/v1/identity"
KIND: Final = "resolve"  # of jobs
Route = tuple[str, str, "Endpoint", dict[str, Any]]
RUN_SCOPE: Final = "ingest"  # it writes facts
SCOPE: Final = "trace"  # as the work list and its verdicts


def add_identity(app: FastAPI, engine: Engine) -> None:
    """Run the resolver, review what it found, judge, take back, and ask why."""
    session = engine.session
    book = Book(session.url)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        yield
        book.close()

    alongside(app).append(running)
    app.state.jobs.runner.kinds[KIND] = partial(_work, session, book)

    async def resolved(request: Request) -> Response:
        """Find who is who, as a job: what is joined becomes facts, what is not sure waits for a
        person / 主体识别."""
        given, caller = await body_of(request), caller_of(request)
        asked = asking.run_of(given)
        work: dict[str, Any] = {"asked": msgspec.to_builtins(asked), "who": _runner(caller, given)}
        jobs = jobs_of(request)
        job = JobAsked(
            owner=owner_of(caller), what=KIND, caller=keep_caller(caller), scope=RUN_SCOPE,
            asked=jobs.unnamed(work["asked"]), seconds=jobs.settings.seconds,
            call=msgspec.json.encode(work).decode(),
        )  # fmt: skip
        return await jobs.submit(job, preferred(request)[1])

    async def judged(request: Request) -> Response:
        """Judge two that a run did not put forward / 人工判定两个主体."""
        given = signed(caller_of(request), await body_of(request))
        asked = convert(asking.JudgeAsked, given)
        who = asking.name_of(asked.by)
        what = "accepted" if asked.same else "rejected"
        pair = await engine.run(named, session, asked.a, asked.b)
        return _json(await engine.run(decide, session, book, pair, what, who, asked.why))

    routes: list[Route] = [
        *_reading(engine, book),
        ("POST", "runs", resolved, {**openapi.body(asking.ResolveAsked, _RUN), **_MADE}),
        ("POST", "judgements", judged,
         {**openapi.body(asking.JudgeAsked, _JUDGE, required=True), **openapi.answers(Decided)}),
    ]  # fmt: skip
    for path, what, kind, example in (
        ("reviews/{id}/accept", "accepted", asking.AcceptAsked, _ACCEPT),
        ("reviews/{id}/reject", "rejected", asking.RejectAsked, _REJECT),
        ("judgements/{id}/undo", "undone", asking.RejectAsked, _UNDO),
    ):
        said = {"parameters": [_ID],
                **openapi.body(kind, example, required=kind is asking.RejectAsked),
                **openapi.answers(Decided)}  # fmt: skip
        routes.append(("POST", path, _deciding(engine, book, kind, what), said))
    for method, path, endpoint, said in routes:
        scope = RUN_SCOPE if path == "runs" else SCOPE
        also = (RUN_SCOPE,) if method == "POST" and path != "runs" else ()
        add(app, method, f"{BASE}/{path}", endpoint, scope=scope, also=also, domains=DOMAINS,
            tags=["identity"], extra=said, writes=method == "POST")  # fmt: skip


def _reading(engine: Engine, book: Book) -> list[Route]:
    """What is looked at: the queue, judgements, conflicts, and why."""
    session = engine.session

    async def reviews(request: Request) -> Response:
        """Pairs that wait for a person, the likeliest first: `state`, `kind`, `subject`
        / 待复核记录对."""
        given = query_of(request, frozenset())
        only(given, ("state", "kind", "subject", "limit", "after"))
        limit, after = limit_of(given.get("limit"), 50), place_of(given.get("after"))
        view = await view_of(engine)
        return _json(await engine.run(
            showing.reviews, book, session.store, view, given, limit, after))  # fmt: skip

    async def review(request: Request) -> Response:
        """One pair, the two side by side / 单个记录对."""
        only(query_of(request, frozenset()), ())
        return _json(await engine.run(_review, session, book, request.path_params["id"]))

    async def judgements(request: Request) -> Response:
        """Judgements that stand, the newest first: `by` machine or person / 有效判定."""
        given = query_of(request, frozenset())
        only(given, ("by", "limit", "after"))
        limit, after = limit_of(given.get("limit"), 50), showing.after_of(given.get("after"))
        view = await view_of(engine)
        return _json(await engine.run(
            showing.judgements, session.store, view, given.get("by"), limit, after))  # fmt: skip

    async def conflicts(request: Request) -> Response:
        """What was not joined, for keys or a judgement stand between, and judgements that are left
        aside / 冲突."""
        given = query_of(request, frozenset())
        only(given, ("limit", "after"))
        limit = limit_of(given.get("limit"), 50)
        after = number_place(given.get("after"), "after")
        view = await view_of(engine)
        return _json(await engine.run(
            showing.conflicts, book, session.store, view, limit, after))  # fmt: skip

    async def why(request: Request) -> Response:
        """Why two are one subject, or are not: `a`, `b` / 为何是(不是)同一主体."""
        given = query_of(request, frozenset())
        only(given, ("a", "b", "known_at"))
        asked = convert(explaining.WhyAsked, given)
        return _json(await engine.run(
            explaining.why, session, book, asked.a, asked.b, asked.known_at))  # fmt: skip

    async def how(request: Request) -> Response:
        """How a subject was put together out of its records: `subject` / 主体如何归并."""
        given = query_of(request, frozenset())
        only(given, ("subject", "known_at"))
        asked = convert(explaining.HowAsked, given)
        return _json(await engine.run(explaining.how, session, asked.subject, asked.known_at))

    return [
        ("GET", "reviews", reviews, {"parameters": _QUEUE, **openapi.answers(showing.ReviewList)}),
        ("GET", "reviews/{id}", review, {"parameters": [_ID], **openapi.answers(showing.Review)}),
        (
            "GET",
            "judgements",
            judgements,
            {"parameters": _JUDGED, **openapi.answers(showing.JudgementList)},
        ),
        (
            "GET",
            "conflicts",
            conflicts,
            {"parameters": _PAGE, **openapi.answers(showing.RefusedList)},
        ),
        ("GET", "why", why, {"parameters": _WHY, **openapi.answers(explaining.Why)}),
        ("GET", "how", how, {"parameters": _HOW, **openapi.answers(explaining.How)}),
    ]


def _deciding(engine: Engine, book: Book, kind: type[Any], what: Any) -> Endpoint:
    """The endpoint by which a person judges a pair, or takes a judgement back."""
    session = engine.session

    async def taken(request: Request) -> Response:
        given = signed(caller_of(request), await body_of(request))
        asked = convert(kind, given)
        who = asking.name_of(asked.by)
        pair = await engine.run(find, session, book, request.path_params["id"])
        return _json(await engine.run(
            decide, session, book, pair, what, who, asked.why, asked.seen))  # fmt: skip

    taken.__doc__ = _WORDS[what]
    taken.__name__ = f"identity_{what}"
    return taken


def _work(session: Session, book: Book, given: dict[str, Any]) -> Told:
    """The job: a run of the resolver, in a thread of its own."""
    asked = msgspec.convert(given["asked"], asking.ResolveAsked)
    body = msgspec.json.encode(run(session, book, asked, given["who"]))
    return Told(status=200, media="application/json", body=body)


def _runner(caller: Caller, given: dict[str, Any]) -> str:
    """In whose name a run is: nobody answers for what it joins, so the owner need name nobody."""
    by = signed(caller, given).get("by")
    return asking.words_of(by) or caller.name


def _review(session: Session, book: Book, ident: str) -> showing.Review:
    return showing.one(book, session.store, session.snapshot(), ident)


def _json(told: msgspec.Struct) -> Response:
    return json_response(msgspec.json.encode(told))


_WORDS: Final = {
    "accepted": "Say that a pair is one subject / 确认为同一主体.",
    "rejected": "Say that a pair is two subjects, and why / 判定为非同一主体.",
    "undone": "Take a judgement back; what was known before stays on record / 撤销判定.",
}
_ID: Final = openapi.asked("path", "id", "the pair's id / 记录对编号")
_RUN: Final = {"kinds": ["person", "company"], "accept": 0.95, "review": 0.5}
_ACCEPT: Final = {"why": "身份证复印件一致 / the same document was shown"}
_REJECT: Final = {"why": "同名, 生日不同 / namesakes, born on other days"}
_UNDO: Final = {"why": "依据有误 / it was judged on a wrong paper"}
_JUDGE: Final = {
    "a": "registry:p1",
    "b": "tax:t9",
    "same": True,
    "why": "身份证一致 / same document",
}
_MADE: Final = {"responses": {**openapi.answers(ResolveReceipt)["responses"], **MADE}}
_NUMBER: Final = {"type": "integer", "minimum": 1, "maximum": 1000}
_PAGE: Final = [
    openapi.asked("query", "after", "the `next` of a page / 上一页给出的 next"),
    openapi.asked("query", "limit", "at most so many, default 50 / 最多条数", _NUMBER),
]
_QUEUE: Final = [
    openapi.asked("query", "state", "default open / 状态", {"enum": [*STATES]}),
    openapi.asked("query", "kind", "only of this kind / 种类", {"enum": ["person", "company"]}),
    openapi.asked("query", "subject", "only pairs with a record of this subject / 主体"),
    *_PAGE,
]
_JUDGED: Final = [
    openapi.asked("query", "by", "only by these / 判定者", {"enum": ["machine", "person"]}), *_PAGE,
]  # fmt: skip
_KNOWN: Final = openapi.asked("query", "known_at", "as known at this ISO time / 当时已知")
_WHY: Final = [
    {**openapi.asked("query", "a", "one, by any name / 主体甲"), "required": True},
    {**openapi.asked("query", "b", "the other / 主体乙"), "required": True},
    _KNOWN,
]
_HOW: Final = [
    {**openapi.asked("query", "subject", "by any name / 主体"), "required": True}, _KNOWN,
]  # fmt: skip
