"""The public keys of an issuer (RFC 7517), from a file or fetched, cached and fetched again when
an unknown one is named, at most once in a while."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from graph.errors import InputError

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger("linkrisk")
_FRESH: Final = 600.0  # seconds that fetched keys are used without a second look
_PAUSE: Final = 30.0  # seconds between two fetches, whatever tokens name
_SECONDS: Final = 5.0
_BYTES: Final = 1 << 20
_KINDS: Final = frozenset({"RSA", "EC", "OKP"})


class Jwks:
    """The keys of one issuer by their `kid`. For one event loop."""

    def __init__(
        self,
        place: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place = place
        self._remote = place.startswith(("https://", "http://"))
        self._transport = transport
        self._clock = clock
        self._keys: dict[str, Public] = {}
        self._asked: float | None = None  # when it was last looked for
        self._got: float | None = None
        self._lock = asyncio.Lock()
        if not self._remote:
            self._keys = keys_of(_from_file(place))

    async def key(self, kid: str) -> Public | None:
        """The key of this name; None where the issuer has none."""
        if self._remote and (kid not in self._keys or self._stale()):
            async with self._lock:
                if (kid not in self._keys or self._stale()) and self._may_ask():
                    await self._fetch()
        return self._keys.get(kid)

    def _stale(self) -> bool:
        return self._got is None or self._clock() - self._got > _FRESH

    def _may_ask(self) -> bool:
        return self._asked is None or self._clock() - self._asked >= _PAUSE

    async def _fetch(self) -> None:
        """Fetch; what was there stays where that fails."""
        import httpx

        self._asked = self._clock()
        try:
            async with (
                httpx.AsyncClient(
                    timeout=_SECONDS, follow_redirects=False, transport=self._transport
                ) as client,
                asyncio.timeout(2 * _SECONDS),
                client.stream("GET", self._place) as answer,
            ):
                answer.raise_for_status()
                body = b""
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > _BYTES:
                        raise InputError("larger than 1 MiB")
            self._keys = keys_of(body)
            self._got = self._asked
        except (httpx.HTTPError, TimeoutError, InputError) as error:
            _log.warning("keys of an issuer could not be had: %s", type(error).__name__)


def _from_file(place: str) -> bytes:
    try:
        return Path(place.removeprefix("file://")).read_bytes()
    except OSError as error:
        raise InputError(f"jwks: {place}: {error.strerror}") from None


class Public(NamedTuple):
    """A public key, and the one algorithm that it is for, where its set says so."""

    key: Any
    algorithm: str | None


def keys_of(body: bytes) -> dict[str, Public]:
    """The public signature keys of a set that have a name. Raises InputError where it is no set, or
    has none.

    A symmetric or private key has no place in a public set: it is left out.
    """
    import jwt

    try:
        given = msgspec.json.decode(body)
        listed: list[dict[str, Any]] = [each for each in given["keys"] if isinstance(each, dict)]
    except (msgspec.DecodeError, TypeError, KeyError):
        raise InputError("jwks: not a JSON Web Key Set / 不是 JWKS") from None
    found = {}
    for each in listed:
        kid = each.get("kid")
        if each.get("kty") not in _KINDS or "d" in each or each.get("use", "sig") != "sig":
            continue
        if not isinstance(kid, str) or not kid:
            continue
        try:
            made = jwt.PyJWK(each)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            continue  # a key of a kind that is not known here
        # Of an elliptic key the curve says the algorithm; an RSA key is good for several.
        named = each.get("alg") if each["kty"] == "RSA" else made.algorithm_name
        found[kid] = Public(made.key, named)
    if not found:
        raise InputError("jwks: no public key for signatures that has a kid / 无可用公钥")
    return found
