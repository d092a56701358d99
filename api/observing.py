"""Around every request: its id, its line to the client, a log line, meters, a span where traced.

The outermost of the app. What it notes names the route as it was declared, never the path or the
query that was asked: those hold identifiers.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from api.caller import who
from api.line import LINE, Line
from api.problems import bug, route_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.metrics import Meters
    from api.telemetry import Tracing

REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
GONE: Final = 499  # nginx's status for a client that went away; it is sent to nobody
_HEADER: Final = b"x-request-id"
_SANE: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{7,63}")
# Phones, accounts and resident ids are runs of digits that no id of a request needs.
_PERSONAL: Final = re.compile(rb"(?<![0-9A-Fa-f])[0-9]{11,}(?![0-9A-Fa-f])")
_log: Final = logging.getLogger("linkrisk.access")


def request_id(given: bytes | None) -> str:
    """The id that the caller gave where it is a sane one, else a new one."""
    if given and _SANE.fullmatch(given) and not _PERSONAL.search(given):
        return given.decode("ascii")
    return uuid.uuid4().hex


class Observing:
    """ASGI middleware; see the module."""

    def __init__(
        self, app: ASGIApp, meters: Meters, *, log: bool = True, tracing: Tracing | None = None
    ) -> None:
        self._app = app
        self._meters = meters
        self._logs = log
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        ident = request_id(headers.get(_HEADER))
        line, status = Line(receive), 0
        token, held = REQUEST.set(ident), LINE.set(line)

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_HEADER, ident.encode())]
            await send(message)

        try:
            if self._tracing is None:
                await self._run(scope, line, sent)
            else:
                with self._tracing.request(scope, headers) as span:
                    await self._run(scope, line, sent)
                    self._tracing.end(span, scope["method"], route_of(scope), status)
        finally:
            REQUEST.reset(token)
            LINE.reset(held)
            self._note(scope, GONE if line.is_gone else status or 500, ident, begun)

    async def _run(self, scope: Scope, line: Line, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, line.receive, sent)
        except Exception as error:
            failed = bug(scope, error)
            if begun:
                raise  # in the middle of an answer: the server closes the connection
            await failed(scope, line.receive, send)

    def _note(self, scope: Scope, status: int, ident: str, begun: float) -> None:
        seconds = time.perf_counter() - begun
        route, method = route_of(scope), scope["method"]
        self._meters.request(route, method if method in _METHODS else "other", status, seconds)
        if self._logs and _log.isEnabledFor(logging.INFO):
            said: dict[str, Any] = {
                "request": ident,
                "method": method if method in _METHODS else "other",
                "route": route,
                "status": status,
                "ms": round(1000 * seconds, 2),
                "caller": who(scope),
            }
            _log.info("%(method)s %(route)s %(status)d", said, extra={"fields": said})


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
