"""The routes of what goes out in bulk."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response, StreamingResponse

from api.export import Asked, stream
from api.feed.changes import Batches, changes, parse_place
from api.feed.export import export, export_as
from api.feed.lines import MEDIA_TYPE, LineResponse, wants_lines
from api.look import limit_of
from api.serving import KEPT, add, json_response
from graph.errors import WrongUsage
from ingest.writers import Tally, writings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

_LONGEST: Final = 30.0  # seconds that a caller may wait for a change
_LOOK: Final = 0.25
_TEXT: Final = {"type": "string"}
_STREAMS: Final = [name for name, each in writings().items() if each.lines]
_EXPORTED: Final = {
    "200": {
        "description": "the facts in the format asked for, or the report / 全部事实或报告",
        "content": {
            **{writings()[name].media_type: {"schema": _TEXT} for name in _STREAMS},
            MEDIA_TYPE: {"schema": _TEXT},
            # A list of statements (bods), or what the format cannot hold.
            "application/json": {"schema": {"type": ["array", "object"]}},
        },
    }
}


def add_feed(app: FastAPI, engine: Engine) -> None:
    """Changes in the order of recording, and the export of all facts."""
    session = engine.session
    batches = Batches(session.store)

    async def changed(request: Request) -> Response:
        """Which subjects each batch touched: `since` a batch or a page's `next`, `limit`, `wait`
        seconds for something new / 按批次的变更."""
        query = _known(request, "since", "limit", "wait")
        place = parse_place(query.get("since"))
        limit, wait = limit_of(query.get("limit"), 100), _seconds(query.get("wait"))
        until = time.monotonic() + wait
        while time.monotonic() < until and await engine.run(_last, session) <= place.batch:
            await asyncio.sleep(_LOOK)
        found = await engine.run(changes, session, batches, place, limit)
        body = msgspec.json.encode(found)
        return LineResponse(body) if wants_lines(request) else json_response(body)

    async def exported(request: Request) -> Response:
        """All facts as JSON Lines, personal identifiers masked: `known_at`; or in the `format` of
        other programs (ftm, bods, graphml), `as_of` a day, with `report` instead of them what that
        format cannot hold / 导出全部事实, 或导出为其他软件的格式."""
        query = _known(request, "known_at", "format", "as_of", "report")
        if query.get("format", "native") != "native":
            return await _as_another(query)
        if given := next((name for name in ("as_of", "report") if name in query), None):
            raise WrongUsage(f"{given} goes with format=ftm, bods or graphml")
        view = await engine.run(session.snapshot, query.get("known_at"))
        return StreamingResponse(
            export(engine, view),
            headers={**KEPT, "Linkrisk-Snapshot": view.name},
            media_type=MEDIA_TYPE,
        )

    async def _as_another(query: dict[str, str]) -> Response:
        form, tally = query["format"], Tally()
        if (asked := query.get("report", "false")) not in {"true", "false"}:
            raise WrongUsage(f"report: true or false, not {asked[:20]!r}")
        wanted = Asked(known_at=query.get("known_at"), as_of=query.get("as_of"))
        source = await engine.run(stream, session, form, wanted, tally)
        if asked == "false":
            body = export_as(engine, source)
            return StreamingResponse(body, headers=KEPT, media_type=writings()[form].media_type)
        async for _ in export_as(engine, source):
            pass  # what it could not hold is known when all of it is made
        return json_response(msgspec.json.encode(tally.report(form)))

    whole = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
    wait = {"type": "number", "minimum": 0, "maximum": _LONGEST, "default": 0}
    for path, endpoint, said in (
        ("/v1/changes", changed, {"since": _TEXT, "limit": whole, "wait": wait}),
        (
            "/v1/export",
            exported,
            {
                "known_at": _TEXT,
                "as_of": {"type": "string", "format": "date"},
                "format": {"type": "string", "enum": ["native", *_STREAMS], "default": "native"},
                "report": {"type": "boolean", "default": False},
            },
        ),
    ):
        parameters = [{"in": "query", "name": n, "schema": schema} for n, schema in said.items()]
        extra: dict[str, Any] = {"parameters": parameters}
        if endpoint is exported:
            extra["responses"] = _EXPORTED
        add(app, "GET", path, endpoint, scope="export", tags=["bulk"], extra=extra)


def _last(session: Any) -> int:
    last: int = session.store.last_batch()
    return last


def _known(request: Request, *names: str) -> dict[str, str]:
    """The query, of these parameters; raises WrongUsage for others."""
    if unknown := next((n for n in request.query_params if n not in names), None):
        raise WrongUsage(f"unknown parameter {unknown[:40]}: {', '.join(names)}")
    return dict(request.query_params)


def _seconds(text: str | None) -> float:
    if text is None:
        return 0.0
    if not re.fullmatch(r"\d{1,4}(\.\d{1,6})?", text, re.ASCII) or float(text) > _LONGEST:
        raise WrongUsage(f"wait: seconds from 0 to {_LONGEST:g}, not {text[:20]!r}")
    return float(text)
