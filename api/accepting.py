"""Taking connections from a socket that several processes listen on, so that each has its share.

Left to themselves, the first process that wakes takes all connections that come at once, and keeps
them: of two workers one had all 16 of a client's connections. Here a process that has more than
another leaves a new one for two milliseconds, in which the other takes it unless it is busy.
"""

from __future__ import annotations

import asyncio
import logging
import mmap
import struct
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

_LEFT: Final = 0.002  # seconds that a connection is left to others
_PAUSE: Final = 1.0  # seconds after the system refused one: no more files, no memory
_SLOT: Final = struct.Struct("=q")
_log: Final = logging.getLogger("linkrisk.workers")


class Counts:
    """How many connections each process has, in memory that they share when it is made before they
    are forked. Each writes its own."""

    def __init__(self, processes: int) -> None:
        self._shared = mmap.mmap(-1, processes * _SLOT.size)
        self._places = range(0, processes * _SLOT.size, _SLOT.size)

    def set(self, number: int, count: int) -> None:
        """Say how many this process has."""
        _SLOT.pack_into(self._shared, self._places[number], count)

    def least(self) -> int:
        """The fewest that any has."""
        found: list[int] = [_SLOT.unpack_from(self._shared, at)[0] for at in self._places]
        return min(found)


class Share:
    """One process's place among them."""

    def __init__(self, counts: Counts, number: int) -> None:
        self._counts = counts
        self._number = number
        self._mine = 0
        self.add(0)

    def add(self, change: int) -> None:
        """One more or one less."""
        self._mine += change
        self._counts.set(self._number, self._mine)

    def is_above(self) -> bool:
        """Whether another has fewer."""
        return self._mine > self._counts.least()


class Accepting:
    """A server of one socket, as far as uvicorn knows one: it can be closed."""

    def __init__(
        self,
        socket_: socket.socket,
        share: Share,
        protocol: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext | None,
    ) -> None:
        self._socket = socket_
        self._share = share
        self._protocol = protocol
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._left = False
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        socket_.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Take no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._socket)

    async def wait_closed(self) -> None:
        """Until those that were taken are connections."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _listen(self) -> None:
        self._timer = None
        self._loop.add_reader(self._socket, self._come)

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._socket)
        self._timer = self._loop.call_later(seconds, self._listen)

    def _come(self) -> None:
        """One is there, unless another process has it already."""
        if not self._left and self._share.is_above():
            self._left = True
            self._rest(_LEFT)
            return
        self._left = False
        try:
            connection, _ = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            _log.error("no connection can be taken: %s", error.strerror)
            self._rest(_PAUSE)
            return
        connection.setblocking(False)
        self._share.add(1)
        task = self._loop.create_task(self._connect(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, connection, ssl=self._context)
        except (OSError, asyncio.IncompleteReadError) as error:  # no TLS, or gone already
            _log.debug("a connection did not come about: %s", type(error).__name__)
            self._share.add(-1)
            connection.close()
