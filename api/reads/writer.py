"""Reads of many questions recorded together: what waits goes to disk in one flush."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from api.reads.chain import Chain, Read, ReadsAway
from graph.errors import LinkriskError

if TYPE_CHECKING:
    from graph.store import Store

GROUP: Final = 500  # reads of one transaction
WAITING: Final = 5_000  # reads that may wait; more are refused, and so are their answers
_Waiting = tuple[Read, asyncio.AbstractEventLoop, "asyncio.Future[None]"]


class Writer:
    """The group commit of one process: a thread, made with the first read, and what waits for it.

    A process that was forked from one that had such a thread makes its own.
    """

    def __init__(self, make: Callable[[], Chain]) -> None:
        """`make` opens the chain, in the thread that writes to it."""
        self._make = make
        self._waiting: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._process = 0
        self._closed = False

    @classmethod
    def of(cls, store: Store) -> Writer:
        """The writer of a store's chain."""
        return cls(lambda: Chain.of(store))

    async def record(self, read: Read) -> None:
        """Return once the read is on disk; raises ReadsAway where it is not."""
        if self._process != os.getpid():
            self._start()
        if len(self._waiting) >= WAITING:
            raise ReadsAway("too many reads wait to be recorded; try again in a moment")
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        with self._wake:
            if self._closed:
                raise ReadsAway("the service is closing")
            self._waiting.append((read, loop, future))
            self._wake.notify()
        await future

    def _start(self) -> None:
        self._waiting, self._wake = deque(), threading.Condition()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="reads", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        chain: Chain | None = None
        wake, waiting = self._wake, self._waiting
        while True:
            with wake:
                while not waiting and not self._closed:
                    wake.wait()
                group = [waiting.popleft() for _ in range(min(GROUP, len(waiting)))]
            if not group:
                break
            error: LinkriskError | None = None
            try:
                chain = chain or self._make()
                chain.record([read for read, _, _ in group])
            except LinkriskError as raised:
                error = raised
            except Exception as raised:  # noqa: BLE001  # whatever it is, nothing may be shown
                error = ReadsAway(f"a read could not be recorded: {type(raised).__name__}")
            _tell(group, error)
        if chain is not None:
            chain.close()

    def close(self) -> None:
        """Record what waits, then let go of the file."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None and self._process == os.getpid():
            self._thread.join()


def _tell(group: list[_Waiting], error: LinkriskError | None) -> None:
    """Let each loop know, in one call, that its reads are recorded, or why they are not."""
    loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for _, loop, future in group:
        loops.setdefault(loop, []).append(future)
    for loop, futures in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, futures, error)


def _settle(futures: list[asyncio.Future[None]], error: LinkriskError | None) -> None:
    for future in futures:
        if not future.done():
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)
