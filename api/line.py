"""The receiving end of a request's connection: shared by who reads the body and who watches.

A server tells that a client went away only to who receives. `Line` lets work that takes a while
watch for that beside its answer, and keeps what came meanwhile for the endpoint.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Message, Receive


class Line:
    """See the module. One reader or one watcher at a time."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: deque[Message] = deque()
        self.is_gone = False

    async def receive(self) -> Message:
        """The next message, as the server's own `receive`."""
        return self._kept.popleft() if self._kept else await self._next()

    async def gone(self) -> None:
        """Return once the client went away. One that is still sending is there: then never."""
        while not self.is_gone:
            message = await self._next()
            self._kept.append(message)
            if message.get("more_body"):
                await asyncio.Event().wait()

    async def _next(self) -> Message:
        message = await self._receive()
        self.is_gone = self.is_gone or message["type"] == "http.disconnect"
        return message


LINE: ContextVar[Line | None] = ContextVar("line", default=None)
