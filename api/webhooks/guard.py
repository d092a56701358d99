"""Where events may be sent: never into networks that only this machine can see, unless allowed.

The check is made on the address that is connected to, at every connection: a name that was public
yesterday and points inside today is refused as well.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpcore

from graph.errors import WrongUsage

if TYPE_CHECKING:
    from api.webhooks.settings import WebhookSettings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LONGEST: Final = 2048
# IPv6 that carries an IPv4 address of any kind: what it leads to is not known here.
_CARRIERS: Final = tuple(
    ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16",
                                            "2001::/32", "::/96")
)  # fmt: skip


class Refused(httpcore.ConnectError):
    """An address that events may not be sent to."""


def may_go(text: str, settings: WebhookSettings) -> bool:
    """Whether events may be sent to an IP address."""
    found: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if any(found in ipaddress.ip_network(each) for each in settings.allow):
        return True
    if found.is_loopback:
        return settings.loopback is True
    if any(found in network for network in _CARRIERS):
        return False
    return found.is_global and not found.is_multicast


def check_url(url: str, settings: WebhookSettings) -> None:
    """Raise WrongUsage where a URL is none that events may be sent to. A name is looked up where
    that is possible now; what counts is what it leads to when something is sent."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise WrongUsage(f"url: {error}") from None
    plain = len(url) <= _LONGEST and url.isascii() and url.isprintable() and " " not in url
    if not host or not plain or parts.username is not None or parts.fragment:
        raise WrongUsage("url: like https://host/path, without a user, a fragment or blanks")
    if parts.scheme not in ("https", "http"):
        raise WrongUsage(f"url: https is asked for, not {parts.scheme[:20]!r}")
    found = _lookup(host, port or 443)
    if found is None and parts.scheme == "http":
        raise WrongUsage("url: https is asked for; http goes to this machine only / 须使用 https")
    for address in found or ():
        if not may_go(address, settings):
            raise WrongUsage(
                f"url: {host[:200]} leads to an address that events may not be sent to"
                " / 不允许发往该地址"
            )
        if parts.scheme == "http" and not _is_loopback(address):
            raise WrongUsage(
                "url: https is asked for; http goes to this machine only / 须使用 https"
            )


def _is_loopback(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def _lookup(host: str, port: int) -> list[str] | None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return None
    return [str(each[4][0]) for each in found]


class Guarded(httpcore.AsyncNetworkBackend):
    """Connections to allowed addresses only; without TLS (`plain`) to this machine only."""

    def __init__(self, settings: WebhookSettings, *, plain: bool) -> None:
        self._settings = settings
        self._plain = plain
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that answers. Raises Refused where any of them is
        not allowed."""
        found = await asyncio.to_thread(_lookup, host, port)
        if not found:
            raise httpcore.ConnectError(f"{host} is not known")
        if not all(self._may_go(address) for address in found):
            raise Refused(f"{host} leads to an address that events may not be sent to")
        error: Exception | None = None
        for address in dict.fromkeys(found):
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
        assert error is not None
        raise error

    def _may_go(self, address: str) -> bool:
        return may_go(address, self._settings) and (not self._plain or _is_loopback(address))

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise Refused("no socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)
