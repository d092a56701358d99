"""The routes of monitoring."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.caller import DOMAINS, caller_of, owner_of
from api.contract.answers import MADE
from api.etags import holds, tag_of, unchanged
from api.jobs.book import Asked as JobAsked
from api.jobs.calling import Told, keep_caller
from api.jobs.routes import jobs_of, preferred
from api.kept import state_folder
from api.look import limit_of, place_of
from api.monitor import digest, showing, statistics
from api.monitor.book import Book
from api.monitor.entries import KINDS, STATES
from api.monitor.keeper import Keeper
from api.monitor.run import run
from api.monitor.settings import MonitorSettings
from api.monitor.standing import reorder
from api.ranking import ORDER_SAID
from api.reads.hook import shown
from api.reads.naming import Named, Namer
from api.serving import (
    KEPT,
    Endpoint,
    add,
    alongside,
    asked_of,
    json_response,
    only,
    query_of,
    settings_of,
)
from graph.errors import LinkriskError, WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

BASE: Final = "/v1/monitor"
KIND: Final = "monitor"
ORDER: Final = "monitor-order"  # a job: another model is in use
_EML: Final = "message/rfc822"
_CSV: Final = "text/csv; charset=utf-8"
_LIMIT: Final = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
Show = Callable[[Request], Any]


def add_monitor(app: FastAPI, engine: Engine) -> None:
    """Run, look at runs, lines, alerts and statistics; the keeper beside the routes."""
    settings = settings_of(app, MonitorSettings)
    book = Book(state_folder(engine.session.url))
    keeper = Keeper(engine, book, settings)
    alongside(app).append(keeper.running)

    def work(given: dict[str, Any]) -> Told:
        made, alerts = run(engine.session, book, settings, given.get("as_of"))
        body = msgspec.json.encode(showing.run(made, alerts, given.get("seen", ())))
        return Told(status=200, media="application/json", body=body)

    def ordered(_: dict[str, Any]) -> Told:
        by = reorder(engine.session, book, settings)
        return Told(status=200, media="application/json", body=msgspec.json.encode(by))

    app.state.jobs.runner.kinds |= {KIND: work, ORDER: ordered}
    put = partial(add, app, tags=[KIND])
    said = _run_said()
    put("POST", f"{BASE}/runs", _running(), scope="ingest", extra=said, writes=True,
        name="monitor_run")  # fmt: skip
    for path, show, said in _looks(book):
        name = f"monitor_{show.__name__}"
        put("GET", path, _looked(engine, book, show), scope="trace", extra=said, name=name)
    _add_verdict(put, engine, book)
    _add_digest(put, engine, book)
    _add_statistics(put, engine)


def _running() -> Endpoint:
    async def asked(request: Request) -> Response:
        """Run the monitor now, as of a day: 202 and a job; the run itself where the caller waits
        for it (`Prefer: wait=30`) and it is done by then / 立即运行监测."""
        given = await asked_of(request, showing.Ask, "monitor")
        jobs, caller = jobs_of(request), caller_of(request)
        text = msgspec.json.encode(given).decode()
        call = msgspec.json.encode({"as_of": given.as_of, "seen": sorted(caller.domains)}).decode()
        job = JobAsked(
            owner=owner_of(caller), what=KIND, asked=text, call=call, caller=keep_caller(caller),
            scope="ingest", seconds=jobs.settings.seconds,
        )  # fmt: skip
        return await jobs.submit(job, preferred(request)[1])

    return asked


async def order_anew(request: Request, engine: Engine) -> None:
    """Have open alerts ordered by the models in use, by a job of the caller's; where none can be
    queued, the next run does it. Raises nothing for it: the choice of the model stands."""
    jobs, caller = jobs_of(request), caller_of(request)
    if not settings_of(request.app, MonitorSettings).score_limit:
        return  # no alert has a score
    with suppress(LinkriskError), Book(state_folder(engine.session.url)) as book:
        if not await engine.run(book.last):
            return
        await engine.run(book.await_standing)
    job = JobAsked(
        owner=owner_of(caller), what=ORDER, asked="{}", call="{}", caller=keep_caller(caller),
        scope="admin", seconds=jobs.settings.seconds,
    )  # fmt: skip
    with suppress(LinkriskError):
        await jobs.submit(job)


def _run_said() -> dict[str, Any]:
    return {
        **openapi.body(showing.Ask, {"as_of": "2026-11-26"}),
        "responses": {**openapi.answers(showing.RunShown)["responses"], **MADE},
    }


# -- looking --------------------------------------------------------------------------------------


def _looks(book: Book) -> tuple[tuple[str, Show, dict[str, Any]], ...]:
    def status(request: Request) -> showing.Status:
        """How monitoring stands: the last run, clusters by state, open alerts, failures
        / 监测概况."""
        only(request.query_params, ())
        return showing.status(book, caller_of(request).domains)

    def runs(request: Request) -> showing.RunList:
        """Runs, the newest first: `after`, `limit` / 运行记录."""
        return showing.runs(book, caller_of(request).domains, *_page(request))

    def lines(request: Request) -> showing.LineList:
        """Lines of clusters by name: `state` (alive, gone), `after`, `limit`
        / 群组及其演变."""
        only(request.query_params, ("state", "after", "limit"))
        query = request.query_params
        limit = limit_of(query.get("limit"), 100)
        seen = caller_of(request).domains
        return showing.lines(book, seen, query.get("state"), query.get("after"), limit)

    def line(request: Request) -> showing.LineWhole:
        """One line, by its name or that of its cluster: what became of it and its alerts: `limit`
        / 单个群组的演变."""
        only(request.query_params, ("limit",))
        limit = limit_of(request.query_params.get("limit"), 100)
        return showing.whole(book, caller_of(request).domains, request.path_params["id"], limit)

    def alerts(request: Request) -> showing.AlertList:
        """Alerts, the newest first, or by risk score: `state`, `kind`, `order`, `after`, `limit`
        / 预警列表."""
        query, names = request.query_params, ("state", "kind", "order", "after")
        only(query, (*names, "limit"))
        asked = {name: query.get(name) for name in names}
        limit = limit_of(query.get("limit"), 100)
        return showing.alerts(book, caller_of(request).domains, limit=limit, **asked)

    def alert(request: Request) -> showing.AlertShown:
        """One alert: what is new, and what became of it / 预警详情."""
        only(request.query_params, ())
        seen = caller_of(request).domains
        return showing.alert(book.alert(request.path_params["id"], seen), seen)

    say = openapi.asked
    page = [say("query", "after", "the `next` of a page / 上一页给出的 next"),
            say("query", "limit", "the most rows, default 100 / 最多条数", _LIMIT)]  # fmt: skip
    states = say("query", "state", "alive or gone / 状态", {"enum": ["alive", "gone"]})
    of = [say("query", "state", "only those of this state / 状态", {"enum": [*STATES]}),
          say("query", "kind", "cluster or case / 种类", {"enum": [*KINDS]}),
          say("query", "order", f"time: the newest first; {ORDER_SAID} / 排序: 时间或风险评分",
              {"enum": [*showing.ORDERS], "default": showing.TIME})]  # fmt: skip
    name = say("path", "id", "a line's name, or its cluster's / 群组编号")
    name |= {"example": "cluster:0123456789abcdef"}
    ident = say("path", "id", "the alert's id / 预警编号")
    return (
        (BASE, status, openapi.answers(showing.Status)),
        (f"{BASE}/runs", runs, {"parameters": page, **openapi.answers(showing.RunList)}),
        (f"{BASE}/lines", lines,
         {"parameters": [states, *page], **openapi.answers(showing.LineList)}),
        (f"{BASE}/lines/{{id}}", line,
         {"parameters": [name, page[1]], **openapi.answers(showing.LineWhole)}),
        (f"{BASE}/alerts", alerts,
         {"parameters": [*of, *page], **openapi.answers(showing.AlertList)}),
        (f"{BASE}/alerts/{{id}}", alert,
         {"parameters": [ident], **openapi.answers(showing.AlertShown)}),
    )  # fmt: skip


def _page(request: Request) -> tuple[int | None, int]:
    query = request.query_params
    only(query, ("after", "limit"))
    return place_of(query.get("after"), "after"), limit_of(query.get("limit"), 100)


def _looked(engine: Engine, book: Book, show: Show) -> Endpoint:
    """An endpoint that shows something of the book; 304 where the caller has it and nothing in the
    book changed."""

    async def look(request: Request) -> Response:
        change = await engine.run(book.change)
        tag = tag_of(request, request.url.path, request.url.query, str(change))
        if holds(request, tag):
            return unchanged(tag)
        found = await engine.run(show, request)
        return json_response(msgspec.json.encode(found), more={"ETag": tag})

    look.__doc__ = show.__doc__
    return look


def _add_verdict(put: Callable[..., None], engine: Engine, book: Book) -> None:
    async def judged(request: Request) -> Response:
        """Say what an alert comes to: accepted, dismissed, or open again, with a note
        / 处理预警."""
        asked, caller = await asked_of(request, showing.Verdict, "alert"), caller_of(request)
        ident = request.path_params["id"]
        found = await engine.run(showing.judge, book, caller.domains, ident, asked, caller.name)
        return json_response(msgspec.json.encode(found))

    example = {"state": "dismissed", "note": "同一集团内部担保"}
    said = {
        "parameters": [openapi.asked("path", "id", "the alert's id / 预警编号")],
        **openapi.body(showing.Verdict, example),
        **openapi.answers(showing.AlertShown),
    }
    put("POST", f"{BASE}/alerts/{{id}}/verdict", judged, scope="trace", extra=said, writes=True,
        name="monitor_verdict")  # fmt: skip


# -- what goes out --------------------------------------------------------------------------------


def _add_digest(put: Callable[..., None], engine: Engine, book: Book) -> None:
    names = ("since", "limit", "format", "to", "from")

    async def told(request: Request) -> Response:
        """What is new since a run, as JSON or as a mail file: `since`, `limit`, `format` (json,
        eml), `to`, `from` / 监测摘要."""
        only(request.query_params, names)
        query = request.query_params
        form, since = query.get("format", "json"), place_of(query.get("since"), "since")
        if form not in ("json", "eml"):
            raise WrongUsage(f"format: json or eml, not {form[:20]!r}")
        if form == "json" and (given := next((n for n in ("to", "from") if n in query), None)):
            raise WrongUsage(f"{given} goes with format=eml")
        limit, seen = limit_of(query.get("limit"), digest.MOST), caller_of(request).domains
        found = await engine.run(digest.digest, engine.session, book, seen, since, limit)
        if form == "json":
            return json_response(msgspec.json.encode(found))
        to, sender = query.getlist("to"), query.get("from", digest.SENDER)
        body = await engine.run(digest.mail, found, to or [digest.SENDER], sender)
        # A mail is no JSON that is looked through: whom it names is said.
        named = await engine.run(_named, engine, found)
        shown(request, named.subjects, named.fields)
        return Response(body, headers={**KEPT, "Content-Disposition": 'attachment; filename='
                                       '"linkrisk-digest.eml"'}, media_type=_EML)  # fmt: skip

    say = openapi.asked
    parameters = [
        say("query", "since", "what came after this run; default the last run alone / 起始运行"),
        say("query", "limit", "the most alerts, default 100 / 最多条数", _LIMIT),
        say("query", "format", "json, or eml: a mail file / 格式",
            {"enum": ["json", "eml"], "default": "json"}),
        say("query", "to", "whom the mail is for; may be repeated / 收件人"),
        say("query", "from", "whom it is from / 发件人"),
    ]  # fmt: skip
    said = openapi.answers(digest.Digest)
    said["responses"]["200"]["content"][_EML] = {"schema": {"type": "string"}}
    put("GET", f"{BASE}/digest", told, scope="trace", extra={"parameters": parameters, **said},
        name="monitor_digest")  # fmt: skip


def _named(engine: Engine, found: digest.Digest) -> Named:
    """Whom a digest names."""
    body = msgspec.json.decode(msgspec.json.encode(found))
    return Namer().of_json(body, engine.session.snapshot())


def _add_statistics(put: Callable[..., None], engine: Engine) -> None:
    async def counted(request: Request) -> Response:
        """How many were listed, extended, objected, repaired; clocks met and missed: `by` month,
        domain, region, measure; as JSON or CSV / 统计."""
        given = query_of(request, frozenset({"by"}))
        form = given.pop("format", "json")
        if form not in ("json", "csv"):
            raise WrongUsage(f"format: json or csv, not {str(form)[:20]!r}")
        found = await engine.run(statistics.statistics, engine.session, statistics.asked_of(given))
        if form == "json":
            return json_response(msgspec.json.encode(found))
        return Response(statistics.csv_of(found), headers=KEPT, media_type=_CSV)

    kinds = openapi.schema(statistics.Asked)["properties"]
    parameters = [openapi.parameter(name, kind) for name, kind in kinds.items()]
    form = {"enum": ["json", "csv"], "default": "json"}
    parameters.append(openapi.asked("query", "format", "json or csv / 格式", form))
    said = openapi.answers(statistics.Statistics)
    said["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    # Whoever sees a part only would count a part, and take it for all.
    put("GET", f"{BASE}/statistics", counted, scope="related", domains=DOMAINS,
        extra={"parameters": parameters, **said}, name="monitor_statistics")  # fmt: skip
