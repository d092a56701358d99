"""The one guard of the service: who asks, whether at all, how often, and what every answer says.

ASGI, outside everything else. A wrong host is 421, an unknown caller 401, one too many 429; what a
caller may ask is checked at the route (`api.serving`), before anything of the body is read.
"""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from api.access.limits import Meter
from api.access.people import Refused
from api.auth import PAGE, Access, from_here, host_name, is_open
from api.caller import NOBODY, OWNER, Caller, let_in, one_line
from api.problems import problem

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("linkrisk")
# What every answer says unless it says otherwise itself.
_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")


class Guard:
    """See the module."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        self._meter = Meter()
        self._headers = (*_HEADERS, _HSTS) if access.secure else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        found = await self._admit(scope)
        if not isinstance(found, Caller):
            await found(scope, receive, self._saying(send))
            return
        limits = self._access.limits_of(found)
        if limits is None:
            let_in(scope, found)
            await self._app(scope, receive, self._saying(send))
            return
        name = f"{found.kind}:{found.name}"
        if (wait := self._meter.begin(name, limits)) is not None:
            answer = problem(
                429,
                "more requests than this caller may send; try again later / 请求过于频繁",
                headers={"Retry-After": str(max(1, math.ceil(wait)))},
            )
            await answer(scope, receive, self._saying(send))
            return
        try:
            let_in(scope, found)
            await self._app(scope, receive, self._saying(send))
        finally:
            self._meter.end(name)

    def _saying(self, send: Send) -> Send:
        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                said = {name for name, _ in given}
                added = [each for each in self._headers if each[0] not in said]
                message["headers"] = [*given, *added]
            await send(message)

        return say

    async def _admit(self, scope: Scope) -> Caller | Response:
        """The caller, or the answer that turns it away."""
        given: list[tuple[bytes, bytes]] = scope["headers"]
        headers = dict(given)
        access = self._access
        if access.hosts is not None and host_name(headers.get(b"host", b"")) not in access.hosts:
            return problem(421, "this service is not known by that host name")
        if is_open(scope["path"]):
            if scope["path"] == PAGE and access.has_query(scope["query_string"]):
                return access.welcome()
            return NOBODY
        sent = headers.get(b"authorization", b"")
        if sent and sum(name == b"authorization" for name, _ in given) == 1:
            caller = await self._bearer(sent)
            if caller is not None:
                return _about(caller, headers)
        reads = scope["method"] in {"GET", "HEAD"}
        by_cookie = not sent and access.has_cookie(headers.get(b"cookie", b""))
        if by_cookie and (reads or from_here(scope["scheme"], headers)):
            return _about(OWNER, headers)
        return problem(
            401,
            "send the service's token, or a key, as `Authorization: Bearer TOKEN`",
            headers={"WWW-Authenticate": 'Bearer realm="linkrisk"'},
        )

    async def _bearer(self, sent: bytes) -> Caller | None:
        scheme, _, raw = sent.partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        access = self._access
        if access.is_token(raw):
            return OWNER
        text = raw.decode("latin-1")
        if access.keyring is not None and (caller := access.keyring.caller(text)) is not None:
            return caller
        if access.people and text.count(".") == 2:
            try:
                return await access.people.caller(text)
            except Refused as refused:
                _log.warning("a person's token was refused: %s", refused)
        return None


def _about(caller: Caller, headers: dict[bytes, bytes]) -> Caller:
    """The caller with the purpose and the case that it says it asks for."""
    purpose, case = (_said(headers, name) for name in (b"linkrisk-purpose", b"linkrisk-case"))
    if purpose is None and case is None:
        return caller
    return replace(caller, purpose=purpose, case=case)


def _said(headers: dict[bytes, bytes], name: bytes) -> str | None:
    """A header's text, percent-encoded where it is not ASCII; None for what is no such text."""
    raw = headers.get(name)
    if raw is None:
        return None
    return one_line(unquote(raw.decode("latin-1"), errors="replace"))
