"""Reads of many questions recorded together: what waits goes to disk in one flush.

Entries are made on the event loop, which takes tens of microseconds each; a thread only waits for
the disk. (A thread that did both would take the interpreter from the loop, and wait for it, with
each statement: measured at three times the processor time of an answer.)
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.reads.chain import PAUSE, TRIES, Chain, Read, ReadsAway
from graph.errors import LinkriskError

if TYPE_CHECKING:
    from graph.store import Store

GROUP: Final = 500  # reads of one transaction
WAITING: Final = 5_000  # reads that may wait; more are refused, and so are their answers
_Waiting = tuple[Read, "asyncio.Future[None]"]


class Turn:
    """The turn to write of one of several processes, in the order in which they asked.

    Trying SQLite's own lock again and again took as much processor time as the answers, and a
    process that had just written was before those who waited: two workers recorded fewer reads
    together than one alone. One lock alone is no queue either: who lets it go and asks again has it
    before a thread that waited for it is awake. So who waits for the turn holds the place of the
    next one meanwhile, without which nobody asks for the turn.
    """

    def __init__(self, path: Path) -> None:
        """Files beside the chain at `path` stand for both; let go with this at the latest."""
        self._turn, self._next = (
            os.open(path.with_name(path.name + end), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            for end in (".turn", ".next")
        )
        self._let_go = weakref.finalize(self, _close, self._turn, self._next)

    def is_mine(self) -> bool:
        """Take it where nobody has it or waits for it."""
        return self._lock(fcntl.LOCK_NB)

    def wait(self) -> None:
        """Take it once nobody is before this one; for a thread."""
        self._lock(0)

    def leave(self) -> None:
        """Let the next one."""
        fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the files."""
        self._let_go()

    def _lock(self, how: int) -> bool:
        try:
            fcntl.flock(self._next, fcntl.LOCK_EX | how)
            fcntl.flock(self._turn, fcntl.LOCK_EX | how)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)
        return True


def _close(*files: int) -> None:
    for file in files:
        os.close(file)


class Writer:
    """The group commit of one process, on one event loop at a time.

    A process that was forked from one that had begun begins anew.
    """

    def __init__(self, make: Callable[[], Chain]) -> None:
        """`make` opens the chain, when the first read comes."""
        self._make = make
        self._waiting: deque[_Waiting] = deque()
        self._chain: Chain | None = None
        self._disk: ThreadPoolExecutor | None = None
        self._task: asyncio.Task[None] | None = None
        self._flush: Future[None] | None = None
        self._turn: Turn | None = None
        self._process = 0
        self._closed = False

    @classmethod
    def of(cls, store: Store) -> Writer:
        """The writer of a store's chain."""
        return cls(lambda: Chain.of(store))

    async def record(self, read: Read) -> None:
        """Return once the read is on disk; raises ReadsAway where it is not."""
        loop = asyncio.get_running_loop()
        if self._closed:
            raise ReadsAway("the service is closing")
        if self._process != os.getpid():
            self._begin()
        if len(self._waiting) >= WAITING:
            raise ReadsAway("too many reads wait to be recorded; try again in a moment")
        future = loop.create_future()
        self._waiting.append((read, future))
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._task = loop.create_task(self._run())
        await future

    def _begin(self) -> None:
        """What a process needs of its own; what a parent had is left to it."""
        self._waiting, self._chain, self._task, self._flush = deque(), None, None, None
        self._turn = None
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="reads")
        self._process = os.getpid()

    async def _run(self) -> None:
        """Record until nothing waits."""
        if self._flush is not None and not self._flush.done():  # of a loop that has ended
            await asyncio.wrap_future(self._flush)
        while self._waiting:
            error: LinkriskError | None = None
            group: list[_Waiting] = []
            try:
                chain = await self._turn_of()
                group = self._next()  # what came while others wrote goes along
                await self._record(chain, [read for read, _ in group])
            except LinkriskError as raised:
                error = raised
            except Exception as raised:  # noqa: BLE001  # whatever it is, nothing may be shown
                error = ReadsAway(f"a read could not be recorded: {type(raised).__name__}")
            finally:
                if self._turn is not None:
                    self._turn.leave()
            group = group or self._next()
            for _, future in group:
                if not future.done():
                    if error is None:
                        future.set_result(None)
                    else:
                        future.set_exception(error)

    def _next(self) -> list[_Waiting]:
        return [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]

    async def _turn_of(self) -> Chain:
        """The chain, once it is this process's turn to write."""
        loop = asyncio.get_running_loop()
        assert self._disk is not None
        if self._chain is None or self._turn is None:
            self._chain = await loop.run_in_executor(self._disk, self._make)
            self._turn = Turn(self._chain.path)
        if not self._turn.is_mine():
            await loop.run_in_executor(self._disk, self._turn.wait)
        return self._chain

    async def _record(self, chain: Chain, reads: list[Read]) -> None:
        assert self._disk is not None
        chain.abandon()  # of a loop that has ended
        drafts = [read.draft() for read in reads]
        for _ in range(TRIES):  # while a process writes that takes no turns
            if chain.put(drafts) is not None:
                break
            await asyncio.sleep(PAUSE)
        else:
            raise ReadsAway("a read could not be recorded: another process keeps writing")
        self._flush = self._disk.submit(chain.commit)
        await asyncio.wrap_future(self._flush)

    async def drain(self) -> None:
        """Until what waits is recorded; what comes afterwards is refused."""
        self._closed = True
        if self._task is not None and not self._task.done():
            await self._task

    def close(self) -> None:
        """Let go of the file, once the flush under way is through."""
        self._closed = True
        if self._process == os.getpid() and self._disk is not None:
            self._disk.shutdown(wait=True)
            if self._chain is not None:
                self._chain.close()
            if self._turn is not None:
                self._turn.close()
