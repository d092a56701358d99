"""The routes of what persons may ask.

They need every data domain: what is erased or reported is all that is held, not a part of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.access.actor import signed
from api.caller import DOMAINS, caller_of
from api.privacy import answers, asks, correcting, erasing, reporting, retention
from api.privacy.settings import Retention
from api.reads.hook import shown
from api.serving import Endpoint, add, body_of, json_response, settings_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine
    from api.session import Session

_BASE: Final = "/v1/privacy"
_ID: Final = {
    "name": "id", "in": "path", "required": True, "schema": {"type": "string"},
    "description": "the person: dataset:id, canonical id or official key / 主体",
    "example": "registry:p1",
}  # fmt: skip


def add_privacy(app: FastAPI, engine: Engine) -> None:
    """Erasure, correction, access, restriction: of an administrator, each recorded. A person's
    data are in every domain: on a part of them each would be done by half."""
    session = engine.session

    async def report(request: Request) -> Response:
        """Everything held of a person, its sources, and who read it; masked / 查阅个人信息."""
        name = request.path_params["id"]
        found = await engine.run(_report, session, name)
        shown(request, [found["subject"]])
        return json_response(msgspec.json.encode(found))

    async def purge(_: Request) -> Response:
        """Write the store's files anew after an erasure / 重写存储文件."""
        return json_response(msgspec.json.encode(await engine.run(erasing.purge, session)))

    kept = settings_of(app, Retention)

    def retained(by: str, *, apply: bool) -> bytes:
        parts = app.state.settings.values()
        done = retention.retain(session, kept, parts, by=by, apply=apply)
        return msgspec.json.encode(done)

    async def due(_: Request) -> Response:
        """What is past its time of retention, by class / 超过保存期的数据."""
        return json_response(await engine.run(partial(retained, "", apply=False)))

    async def retain(request: Request) -> Response:
        """Take out what is past its time of retention / 清理超过保存期的数据."""
        given = signed(caller_of(request), await body_of(request))
        ask = asks.convert(given, asks.Retain)
        return json_response(await engine.run(partial(retained, ask.by, apply=True)))

    routes: list[tuple[str, str, Endpoint, dict[str, Any]]] = []
    for path, kind, function, told, doc in (
        ("erasures", asks.Erase, erasing.erase, answers.Erasure,
         "Erase what is held of a person / 删除个人信息"),
        ("corrections", asks.Correct, correcting.correct, answers.Correction,
         "Put a record right / 更正个人信息"),
        ("releases", asks.PersonAsk, erasing.release, answers.Done,
         "End a restriction / 解除处理限制"),
        ("readmissions", asks.PersonAsk, erasing.readmit, answers.Done,
         "Let an erased person in again / 允许重新导入"),
    ):  # fmt: skip
        extra = _answers(told) | _asked(kind)
        routes.append(("POST", path, _taking(engine, kind, function, doc), extra))
    routes += [
        ("GET", "reports/{id:path}", report, _answers(answers.HeldAbout) | {"parameters": [_ID]}),
        ("POST", "purges", purge, _answers(answers.Purged)),
        ("GET", "retention", due, _answers(answers.Retained)),
        ("POST", "retention", retain, _answers(answers.Retained) | _asked(asks.Retain)),
    ]
    for method, path, endpoint, extra in routes:
        add(
            app, method, f"{_BASE}/{path}", endpoint, scope="admin", domains=DOMAINS,
            tags=["privacy"], extra=extra,
        )  # fmt: skip


def _asked(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return openapi.body(kind, _example(kind))


def _answers(kind: type[Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": openapi.schema(kind)}}
    return {"responses": {"200": {"description": "done / 已完成", "content": content}}}


def _report(session: Session, name: str) -> dict[str, Any]:
    return reporting.report(session, name, masked=True)


def _taking(
    engine: Engine, kind: type[asks.PersonAsk], function: Callable[..., dict[str, Any]], doc: str
) -> Endpoint:
    async def taken(request: Request) -> Response:
        given = signed(caller_of(request), await body_of(request))
        ask = asks.convert(given, kind)
        done = await engine.run(function, engine.session, ask)
        return json_response(msgspec.json.encode(done))

    taken.__doc__ = doc + "."
    return taken


def _example(kind: type[msgspec.Struct]) -> dict[str, Any]:
    said = openapi.schema(kind)
    return {name: said["properties"][name]["examples"][0] for name in said["required"]}
