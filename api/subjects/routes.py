"""The routes of one subject. Its id may hold `:` and, encoded, `/`; a USCC or another key will do.

`/record`, `/related`, `/controllers` and `/adjacent` are algorithms asked about it, with the rest
of their parameters in the query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from algorithms.registry import ALGORITHMS
from api import look
from api.answering import RULEBOOK, in_force, view_of
from api.etags import holds, tag_of, unchanged
from api.routes import domains_of, scope_of
from api.serving import Endpoint, add, json_response, only, query_of
from api.subjects import described, timeline
from api.subjects.place import place
from api.views import asking

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

BASE: Final = "/v1/subjects/{id:path}"
VIEWS: Final = {  # below a subject: the algorithm, and the parameter that takes the subject
    "record": ("subject_record", "subject"),
    "related": ("related_parties", "subject"),
    "controllers": ("actual_controller", "target"),
    "adjacent": ("adjacent", "subject"),
}


def add_subjects(app: FastAPI, engine: Engine) -> None:
    """What is below a subject, then the subject itself: its pattern takes whatever is left."""
    for name, (algorithm, parameter) in VIEWS.items():
        record = ALGORITHMS[algorithm]
        add(
            app,
            "GET",
            f"{BASE}/{name}",
            _placed(engine, f"/{name}", asking(engine, record, parameter)),
            scope=scope_of(record),
            domains=domains_of(record),
            tags=["subjects"],
            extra=described.view(record, parameter),
            name=f"subject-{name}",
            operation_id=f"subject_{name}",
            summary=record.title,
            description=record.doc,
        )
    for path, name, make, about in (
        ("/timeline", "subject_timeline", _timeline(engine), timeline.timeline.__doc__),
        ("", "subject", _subject(engine), look.subject.__doc__),
    ):
        add(
            app,
            "GET",
            BASE + path,
            _placed(engine, path, make),
            scope="search",
            tags=["subjects"],
            extra=described.LOOKS[name],
            name=name.replace("_", "-"),
            operation_id=name,
            summary=described.TITLES[name],
            description=about,
        )


def _placed(engine: Engine, below: str, make: Endpoint) -> Endpoint:
    """An endpoint about the subject in the path; 308 where it stands under another id."""

    async def endpoint(request: Request) -> Response:
        text = request.path_params["id"]
        view = await view_of(engine, request.query_params.get("known_at"))
        found = place(view, text)
        if found.moved:
            return moved(found.canonical, below, request.url.query)
        return await make(request)

    return endpoint


def moved(canonical: str, below: str, query: str) -> Response:
    """308 to the address of the subject under its canonical id, the query kept."""
    where = f"/v1/subjects/{quote(canonical, safe=':')}{below}" + (f"?{query}" if query else "")
    body = msgspec.json.encode({"canonical": canonical, "location": where})
    answer = json_response(body, None, {"Location": where})
    answer.status_code = 308
    return answer


def _subject(engine: Engine) -> Endpoint:
    async def show(request: Request) -> Response:
        text, given = request.path_params["id"], query_of(request, frozenset())
        only(given, ("known_at",))
        known_at = given.get("known_at")
        view = await view_of(engine, known_at)
        erased = str(engine.session.erased)
        tag = tag_of(request, "subject", text, view.known_at, view.name, erased)
        if holds(request, tag):
            return unchanged(tag)
        body = await engine.run(look.subject_bytes, engine.session, text, known_at)
        return json_response(body, None, _said(tag))

    return show


def _timeline(engine: Engine) -> Endpoint:
    async def show(request: Request) -> Response:
        text, given = request.path_params["id"], query_of(request, frozenset({"kinds"}))
        only(given, timeline.Asked.__struct_fields__)
        asked = timeline.asked(given)
        body = await engine.run(timeline.timeline_bytes, engine.session, text, asked)
        tag = tag_of(request, "timeline", body)  # decisions are in it, which no snapshot knows
        return unchanged(tag) if holds(request, tag) else json_response(body, None, _said(tag))

    return show


def _said(tag: str) -> dict[str, str]:
    return {"ETag": tag, RULEBOOK: in_force()}
