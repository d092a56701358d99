"""The service's side of a connection: uvicorn's, with an answer's head and body in one write.

uvicorn writes the two apart, each a system call that wakes the client.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from api.accepting import Share


class Joining:
    """A transport whose write waits for the next one, at most until the loop's next turn."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        """All else is the transport's own."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send with what waits, or wait."""
        if self._held:
            self._held += data
            self.flush()
        else:
            self._held = data
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send what waits."""
        if self._held:
            data, self._held = self._held, b""
            self._transport.write(data)

    def close(self) -> None:
        """Close once everything is sent."""
        self.flush()
        self._transport.close()


class Wire(HttpToolsProtocol):
    """uvicorn's protocol over such a transport."""

    _is_last = False
    share: Share | None = None  # of the connections of several processes

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(cast(asyncio.Transport, Joining(transport, self.loop)))

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        super().connection_lost(exc)
        if self.share is not None:
            self.share.add(-1)

    def last(self) -> None:
        """Let the next answer be the last on this connection."""
        self._is_last = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False

    def on_headers_complete(self) -> None:
        """Begin a request."""
        super().on_headers_complete()
        if self._is_last:
            self.cycle.keep_alive = False
