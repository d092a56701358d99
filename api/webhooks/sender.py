"""Sends one event, signed as Standard Webhooks has it (standardwebhooks.com, version 1)."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import httpcore
import httpx
import msgspec
from standardwebhooks import Webhook

from api.webhooks.guard import Guarded, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.webhooks.settings import WebhookSettings

_READ: Final = 1 << 16  # bytes of a receiver's answer that are looked at, to keep its connection
_log = logging.getLogger("linkrisk.webhooks")


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one attempt."""

    ok: bool
    code: int | None = None
    error: str | None = None
    wait: float | None = None  # seconds that the receiver asks to wait


def signed(
    ident: str, body: bytes, secrets: Sequence[str], moment: datetime | None = None
) -> dict[str, str]:
    """The headers of an event: its id, the moment of the attempt, a signature by each secret."""
    at = datetime.now(UTC) if moment is None else moment
    text = body.decode()
    signatures = (Webhook(secret).sign(ident, at, text) for secret in secrets)
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


class Sender:
    """Sends events over connections of its own: no proxies, no redirects, allowed addresses."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._pools: dict[str, httpcore.AsyncConnectionPool] = {}

    async def send(self, url: str, ident: str, body: bytes, secrets: Sequence[str]) -> Sent:
        """One attempt; never raises: whatever goes wrong is a failure, and is tried again later."""
        try:
            return await self._attempt(url, ident, body, secrets)
        except Exception as error:  # noqa: BLE001 one that is not noted is tried again at once
            _log.exception("%s: the attempt broke off", ident)
            return Sent(ok=False, error=f"{type(error).__name__}: {error}"[:200])

    async def _attempt(self, url: str, ident: str, body: bytes, secrets: Sequence[str]) -> Sent:
        headers = {
            **signed(ident, body, secrets), "content-type": "application/json",
            "user-agent": f"linkrisk/{version('linkrisk')}",
        }  # fmt: skip
        seconds = self._settings.timeout
        each = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        pool = self._pool("http" if url.startswith("http:") else "https")
        try:
            async with (
                asyncio.timeout(seconds),
                pool.stream("POST", url, headers=list(headers.items()), content=body,
                            extensions={"timeout": each}) as response,
            ):  # fmt: skip
                size = 0
                async for chunk in response.aiter_stream():
                    size += len(chunk)
                    if size > _READ:
                        break
                return _told(response.status, dict(response.headers))
        except (TimeoutError, httpcore.TimeoutException):
            return Sent(ok=False, error=f"no answer within {seconds:g} s / 超时")
        except Refused as error:
            return Sent(ok=False, error=str(error))
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            return Sent(ok=False, error=f"{type(error).__name__}: {error}"[:200])

    def _pool(self, scheme: str) -> httpcore.AsyncConnectionPool:
        """The connections of a scheme, made with the first: the roots of TLS take megabytes."""
        if scheme not in self._pools:
            settings = self._settings
            secure = scheme == "https"
            self._pools[scheme] = httpcore.AsyncConnectionPool(
                ssl_context=httpx.create_ssl_context(trust_env=False) if secure else None,
                max_connections=settings.at_once + 4,
                max_keepalive_connections=settings.at_once,
                keepalive_expiry=30,
                network_backend=Guarded(settings, plain=not secure),
            )
        return self._pools[scheme]

    async def close(self) -> None:
        """Let go of the connections."""
        for pool in self._pools.values():
            await pool.aclose()


def _told(code: int, headers: dict[bytes, bytes]) -> Sent:
    if 200 <= code < 300:
        return Sent(ok=True, code=code)
    given = next((v for n, v in headers.items() if n.lower() == b"retry-after"), b"")
    return Sent(ok=False, code=code, error=f"HTTP {code}", wait=_wait(given.decode("latin-1")))


def _wait(text: str) -> float | None:
    """Seconds of a Retry-After header."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 8:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):  # the last: a year or zone of many digits
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
