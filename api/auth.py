"""Who may ask: the token of a service, made at its start, keys of machines, tokens of people.

A program sends `Authorization: Bearer TOKEN`. A browser opens the printed address once; its
`?token=` becomes a cookie that is never sent across sites. By the cookie alone only the page of
this very service may do more than read: see `from_here`.
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

from api.access.settings import LOOPBACK, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.access.keys import Keyring
    from api.access.people import People
    from api.caller import Caller

OPEN: Final = frozenset({"/healthz", "/readyz"})
PAGE: Final = "/"  # the page that a browser opens; it holds no data, nor do its files
STATIC: Final = "/static/"
COOKIE: Final = "linkrisk"
_LIMITS: Final = Limits()


def make_token() -> str:
    """LINKRISK_TOKEN where it is set, else 192 random bits."""
    return os.environ.get("LINKRISK_TOKEN") or secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Access:
    """Who is let in.

    `token` is the owner's, None where there is none; `hosts` the names that a request may have been
    sent to (None: any). `limits` are those of each key and person, `owner_limits` the owner's.
    `docs` tells whether /openapi.json is there, `secure` whether answers go over TLS. `peers` are
    the addresses (CIDR) that may connect at all, besides loopback's; their forwarded headers are
    believed. Empty: any may, and nobody is believed. `tls` are the files of the certificate chain
    and its key, where this service does TLS itself. `local` tells that it is asked from this
    machine only.
    """

    token: str | None
    hosts: frozenset[str] | None = LOOPBACK
    keyring: Keyring | None = None
    people: People | None = None
    limits: Limits = _LIMITS
    owner_limits: Limits | None = None
    docs: bool = True
    secure: bool = False
    peers: tuple[str, ...] = ()
    tls: tuple[str, str] | None = None
    local: bool = True

    @property
    def cookie(self) -> str:
        """What the browser keeps instead of the token."""
        return hashlib.sha256(b"cookie:" + (self.token or "").encode()).hexdigest()

    def limits_of(self, caller: Caller) -> Limits | None:
        """What a caller may ask at once; None: as much as it will."""
        if caller.kind == "nobody":
            return None
        return self.owner_limits if caller.kind == "owner" else self.limits

    def is_token(self, given: bytes) -> bool:
        """Whether this is the owner's token."""
        return self.token is not None and hmac.compare_digest(given, self.token.encode())

    def has_cookie(self, header: bytes) -> bool:
        """Whether a browser sends the owner's cookie."""
        if self.token is None:
            return False
        try:
            found = SimpleCookie(header.decode("latin-1")).get(COOKIE)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self.cookie.encode())

    def has_query(self, query: bytes) -> bool:
        """Whether a browser opens the printed address."""
        try:
            given = parse_qs(query.decode("latin-1"), max_num_fields=20).get("token", [""])[0]
        except ValueError:
            return False
        return self.is_token(given.encode())

    def welcome(self) -> Response:
        """Keep the token out of the address bar: a cookie, then the page without it."""
        response = RedirectResponse("/", 303, {"Referrer-Policy": "no-referrer"})
        response.set_cookie(
            COOKIE, self.cookie, httponly=True, samesite="strict", secure=self.secure
        )
        return response


def is_open(path: str) -> bool:
    """Whether nobody need be known to ask for this."""
    return path in {*OPEN, PAGE} or path.startswith(STATIC)


def from_here(scheme: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser says that a page of this very origin sent this.

    `SameSite` is not enough: another port of one host is the same site. Every browser sends
    `Origin` with what is not GET or HEAD, and no page can set it.
    """
    site = headers.get(b"sec-fetch-site", b"same-origin")
    here = scheme.encode() + b"://" + headers.get(b"host", b"")
    return headers.get(b"origin") == here and site == b"same-origin"


def host_name(header: bytes) -> str:
    """The name in a Host header, without port and brackets."""
    text = header.decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]
