"""The routes of pushes: what a department reads, acknowledges and reports. Each is a step of its
decision, as `/v1/decisions/{id}/{step}` takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.decisions import asking, asks, pushes
from api.decisions.routes import taking
from api.decisions.work import Work
from api.look import limit_of
from api.serving import add, body_of, json_response
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

BASE: Final = "/v1/pushes"
_NAMES: Final = ("department", "decision", "state", "day", "after")
_TEXT: Final = {"type": "string"}


def add_pushes(app: FastAPI, engine: Engine) -> None:
    """Tell departments, look at what they were told, acknowledge, report."""
    work = Work(engine.session)
    take = taking(engine, work)

    async def listed(request: Request) -> Response:
        """What departments were told: `department`, `decision`, `state`, `day`, `after` / 推送."""
        query = request.query_params
        if unknown := next((n for n in query if n not in (*_NAMES, "limit")), None):
            raise WrongUsage(f"unknown parameter {unknown[:40]}: {', '.join(_NAMES)}, limit")
        given = {name: query.get(name) for name in _NAMES}
        limit = limit_of(query.get("limit"), 100)
        found = await engine.run(pushes.listing, work, given, limit)
        return json_response(msgspec.json.encode(found))

    async def one(request: Request) -> Response:
        """One push, and what came back / 推送详情."""
        ident, day = request.path_params["id"], request.query_params.get("day")
        found = await engine.run(pushes.one, work, ident, day)
        return json_response(msgspec.json.encode(found))

    async def pushed(request: Request) -> Response:
        """Tell departments of a decision: `decision`, `departments` / 推送至部门."""
        given = await body_of(request)
        about = given.pop("decision", None)
        if not isinstance(about, str):
            raise WrongUsage("decision: which? / 须指定决定")
        await take("push", about, given, request)
        return await _shown({"decision": about})

    async def answered(request: Request) -> Response:
        """Acknowledge a push, or report what was done about it / 签收与执行反馈."""
        ident, step = request.path_params["id"], request.url.path.rpartition("/")[2]
        given = await body_of(request)
        if "department" in given:
            raise WrongUsage("department: it is the one that the push went to / 部门由推送确定")
        about, department = await engine.run(pushes.newest, work, ident)
        await take(step, about, {**given, "department": department}, request)
        found = await engine.run(pushes.one, work, ident)
        return json_response(msgspec.json.encode(found))

    async def _shown(given: dict[str, str | None]) -> Response:
        found = await engine.run(pushes.listing, work, given, 1000)
        return json_response(msgspec.json.encode(found))

    query = [{"in": "query", "schema": _TEXT, "name": n} for n in (*_NAMES, "limit")]
    ident = {"in": "path", "name": "id", "required": True, "schema": _TEXT}
    day = {"in": "query", "schema": _TEXT, "name": "day"}
    for path, method, endpoint, extra in (
        (BASE, "GET", listed, {"parameters": query}),
        (BASE, "POST", pushed, _body(asks.PushTo, {"decision": _TEXT}, "")),
        (f"{BASE}/{{id}}", "GET", one, {"parameters": [ident, day]}),
        *((f"{BASE}/{{id}}/{step}", "POST", answered,
           {**_body(asking.kind_of(step), {}, "department"), "parameters": [ident]})
          for step in ("ack", "report")),
    ):  # fmt: skip
        scope, writes = ("related", False) if method == "GET" else ("extend.propose", True)
        add(app, method, path, endpoint, scope=scope, tags=["decisions"], extra=extra,
            writes=writes)  # fmt: skip


def _body(kind: type[Any], more: dict[str, Any], without: str) -> dict[str, Any]:
    """A step's body, with and without a field that the path says."""
    said = openapi.schema(kind)
    properties = {k: v for k, v in {**more, **said["properties"]}.items() if k != without}
    needed = [name for name in [*more, *said.get("required", ())] if name != without]
    content = {"schema": {**said, "properties": properties, "required": needed}}
    return {"requestBody": {"content": {"application/json": content}}}
