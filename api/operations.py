"""What runs the service asks of it: meters, on its own address or for every known caller."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import metrics
from api.caller import ANYONE
from api.problems import problem
from api.serving import KEPT, add

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.engine import Engine

_PATH: Final = "/metrics"
_SAID: Final = {
    "responses": {
        "200": {
            "description": "Prometheus's text format / Prometheus 文本",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    }
}


async def page(engine: Engine) -> Response:
    """The meters; made in a thread that questions do not wait for."""
    body = await asyncio.to_thread(metrics.page, engine.meters, engine.session)
    return Response(body, headers=KEPT, media_type=metrics.CONTENT_TYPE)


def add_operations(app: FastAPI, engine: Engine) -> None:
    """The route of the meters."""

    async def meters(_: Request) -> Response:
        """Meters of the service for Prometheus; nothing in them is about a subject / 运行指标."""
        return await page(engine)

    add(app, "GET", _PATH, meters, scope=ANYONE, tags=["service"], extra=_SAID)


class Apart:
    """ASGI middleware: what comes to the address of the meters gets these, and nothing else."""

    def __init__(self, app: ASGIApp, engine: Engine, port: int) -> None:
        self._app = app
        self._engine = engine
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server = scope.get("server")
        if scope["type"] != "http" or server is None or server[1] != self._port:
            await self._app(scope, receive, send)
            return
        if scope["path"] != _PATH or scope["method"] not in {"GET", "HEAD"}:
            response = problem(404, f"{_PATH} is all that is here / 此地址仅提供指标")
        else:
            response = await page(self._engine)
        await response(scope, receive, send)
