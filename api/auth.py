"""Who may ask: one token a service, made at its start, and the Host check of loopback binds.

A program sends `Authorization: Bearer TOKEN`. A browser opens the printed address once; its
`?token=` becomes a cookie that is good for reading (GET) only and is never sent across sites.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from starlette.responses import RedirectResponse, Response

from api.caller import OWNER, let_in
from api.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
OPEN: Final = frozenset({"/healthz", "/readyz"})
COOKIE: Final = "linkrisk"


def make_token() -> str:
    """LINKRISK_TOKEN where it is set, else 192 random bits."""
    return os.environ.get("LINKRISK_TOKEN") or secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Access:
    """The token, and the host names that a request may have been sent to (None: any)."""

    token: str
    hosts: frozenset[str] | None = LOOPBACK

    @property
    def cookie(self) -> str:
        """What the browser keeps instead of the token."""
        return hashlib.sha256(b"cookie:" + self.token.encode()).hexdigest()


class Guard:
    """ASGI middleware: wrong host 421, no token 401; nothing behind it runs before both hold."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        self._bearer = f"Bearer {access.token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refused = self._refuse(scope)
            if refused is not None:
                await refused(scope, receive, send)
                return
            let_in(scope, OWNER)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)

    def _refuse(self, scope: Scope) -> Response | None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        hosts = self._access.hosts
        if hosts is not None and host_name(headers.get(b"host", b"")) not in hosts:
            return problem(421, "this service is not known by that host name")
        if scope["path"] in OPEN:
            return None
        if hmac.compare_digest(headers.get(b"authorization", b""), self._bearer):
            return None
        if scope["method"] in {"GET", "HEAD"}:
            if self._has_cookie(headers.get(b"cookie", b"")):
                return None
            if scope["path"] == "/" and self._has_query(scope["query_string"]):
                return self._welcome()
        return problem(
            401,
            "send the service's token as `Authorization: Bearer TOKEN`",
            headers={"WWW-Authenticate": 'Bearer realm="linkrisk"'},
        )

    def _has_cookie(self, header: bytes) -> bool:
        try:
            found = SimpleCookie(header.decode("latin-1")).get(COOKIE)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(
            found.value.encode(), self._access.cookie.encode()
        )

    def _has_query(self, query: bytes) -> bool:
        try:
            given = parse_qs(query.decode("latin-1"), max_num_fields=20).get("token", [""])[0]
        except ValueError:
            return False
        return hmac.compare_digest(given.encode(), self._access.token.encode())

    def _welcome(self) -> Response:
        """Keep the token out of the address bar: a cookie, then the page without it."""
        response = RedirectResponse("/", 303, {"Referrer-Policy": "no-referrer"})
        response.set_cookie(COOKIE, self._access.cookie, httponly=True, samesite="strict")
        return response


def host_name(header: bytes) -> str:
    """The name in a Host header, without port and brackets."""
    text = header.decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]
