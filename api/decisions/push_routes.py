"""The routes of pushes: what a department reads, acknowledges and reports. Each is a step of its
decision, as `/v1/decisions/{id}/{step}` takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.decisions import asking, pushes
from api.decisions.routes import taking
from api.decisions.work import Work
from api.look import limit_of
from api.serving import add, body_of, json_response
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

BASE: Final = "/v1/pushes"
_WORDS: Final = {
    "department": "to this department / 部门",
    "decision": "of this decision / 决定编号",
    "state": f"one of {', '.join(pushes.STATES)}, or {pushes.OVERDUE} / 状态",
    "day": "as of this day, default today in Asia/Shanghai / 截至日期",
    "after": "the `next` of a page / 上一页给出的 next",
    "limit": "the most rows, default 100 / 最多条数",
}
_NAMES: Final = tuple(name for name in _WORDS if name != "limit")
_TEXT: Final = {"type": "string"}
_EXAMPLE: Final = {"by": "张三", "decision": "D-0123456789abcdef", "departments": ["市场监管局"],
                   "did": "已限制", "outcome": "executed"}  # fmt: skip


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

    say = openapi.asked
    query = [say("query", name, words) for name, words in _WORDS.items()]
    ident = say("path", "id", "the push's id / 推送编号")
    day = say("query", "day", _WORDS["day"])
    row, rows = openapi.answers(pushes.PushRow), openapi.answers(pushes.PushList)
    for path, method, endpoint, extra in (
        (BASE, "GET", listed, {"parameters": query, **rows}),
        (BASE, "POST", pushed, {**_body("push", {"decision": _TEXT}, ""), **rows}),
        (f"{BASE}/{{id}}", "GET", one, {"parameters": [ident, day], **row}),
        *((f"{BASE}/{{id}}/{step}", "POST", answered,
           {**_body(step, {}, "department"), "parameters": [ident], **row})
          for step in ("ack", "report")),
    ):  # fmt: skip
        scope, writes = ("related", False) if method == "GET" else ("extend.propose", True)
        add(app, method, path, endpoint, scope=scope, domains=("registry",), tags=["decisions"],
            extra=extra, writes=writes)  # fmt: skip


def _body(step: str, more: dict[str, Any], without: str) -> dict[str, Any]:
    """A step's body, with and without a field that the path says."""
    said = openapi.schema(asking.kind_of(step))
    properties = {k: v for k, v in {**more, **said["properties"]}.items() if k != without}
    needed = [name for name in [*more, *said.get("required", ())] if name != without]
    title = f"{said['title']}{'OfPush' if without else 'Of'}"
    body = {**said, "title": title, "properties": properties, "required": needed}
    return openapi.body(body, {n: v for n, v in _EXAMPLE.items() if n in properties})
