"""An algorithm asked over HTTP: its answer with the headers that say what it was given on."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from algorithms.registry import Algorithm, Params, prepare, told
from api.access.bounds import bounded
from api.caller import caller_of
from api.etags import asks_whether, holds, tag_of, unchanged
from api.feed.lines import LineResponse, wants_lines
from api.jobs.routes import jobs_of, preferred
from api.serving import json_response
from graph.rulebook import load_rulebook
from graph.rulebook.load import load_editions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.engine import Engine
    from graph.snapshot import Snapshot

RULEBOOK: Final = "Linkrisk-Rulebook"  # the header: the version that was asked, else that in force
_BY_MODEL: Final = "risk_score"  # what it answers goes by the model in use, too
_SECONDS: Final = 5.0  # that what is in force is remembered: the files are looked at each time


class Said(msgspec.Struct):
    """What an envelope says of itself."""

    params: msgspec.Raw
    as_of: str
    known_at: str
    snapshot: str
    rulebook: str | None = None


_said: Final = msgspec.json.Decoder(Said)


async def answered(
    engine: Engine, record: Algorithm, given: Mapping[str, Any], request: Request
) -> Response:
    """The answer, by lines where asked for; 304 where the caller holds it: then nothing is
    computed; 202 where it wants a job. Raises what the engine does, and Forbidden where the caller
    asks for more than its key's bounds.
    """
    given = bounded(caller_of(request), record, given)
    wanted, wait = preferred(request)
    if wanted:
        jobs = jobs_of(request)
        asked = jobs.question(request, record, given)
        return await jobs.submit(asked, wait, lines=wants_lines(request))
    models = await engine.run(engine.session.models.mark) if record.name == _BY_MODEL else ""
    if asks_whether(request):
        params = prepare(record, given)
        said = _as_said(await view_of(engine, params.known_at), params)
        tag = _tag(request, record, said, engine.session.erased, models)
        if holds(request, tag):
            return unchanged(tag)
    erased = engine.session.erased  # before: what is erased meanwhile makes another tag
    body, seconds = await engine.ask(record, given)
    said = _said.decode(body)
    headers = {
        "ETag": _tag(request, record, said, erased, models),
        RULEBOOK: said.rulebook or in_force(),
    }
    if wants_lines(request):
        return LineResponse(body, headers)
    return json_response(body, seconds, headers)


async def view_of(engine: Engine, known_at: str | None = None) -> Snapshot:
    """The newest view, or the one as known at a time; raises BadFact where that is none."""
    if known_at is None and (current := engine.session.current()) is not None:
        return current
    return await engine.run(engine.session.snapshot, known_at)


def _as_said(view: Snapshot, params: Params) -> Said:
    asked = msgspec.Raw(msgspec.json.encode(told(view, params)))
    return Said(asked, params.as_of or "", view.known_at, view.name)


def _tag(request: Request, record: Algorithm, said: Said, erased: int, models: str) -> str:
    rules = _editions(_now()) if record.family == "extension" else ""
    form = "lines" if wants_lines(request) else ""
    parts = (record.name, bytes(said.params), said.as_of, said.known_at, said.snapshot, rules, form)
    return tag_of(request, *parts, str(erased), models)


def in_force() -> str:
    """The version of the rulebook that is in force today."""
    return _newest(_now())


def _now() -> int:
    return int(time.monotonic() / _SECONDS)


@lru_cache(maxsize=1)
def _newest(_: int) -> str:
    return load_rulebook().version


@lru_cache(maxsize=1)
def _editions(_: int) -> str:
    """All editions by version: which one answers depends on the act."""
    return " ".join(book.version for book in load_editions().values())
