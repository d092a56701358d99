"""Runs the service's questions: quick ones at once, others in threads with bounds."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

from algorithms.registry import Algorithm, Params, answer, encode, prepare
from graph.errors import LinkriskError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.session import Session

T = TypeVar("T")
THREADS: Final = 4
WAITING: Final = 256  # questions that may wait for a thread; more are turned away


class Busy(LinkriskError):
    """Too many questions at once, or one that took longer than the service allows."""

    status = 503


class Engine:
    """Answers questions of one session, in threads, with a bound on time and on how many wait."""

    def __init__(self, session: Session, *, seconds: float) -> None:
        self.session = session
        self.compiled = threading.Event()  # set by the rehearsal, where there is one
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="question")
        self._waiting = 0

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """A function's result from a thread; raises Busy past the bounds."""
        if self._waiting >= WAITING:
            raise Busy(f"{WAITING} questions are waiting already; try again in a moment")
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, function, *args)
        future.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(future), self._seconds)
        except TimeoutError:
            raise Busy(
                f"not answered within {self._seconds:g} s; ask about one subject, a smaller depth"
                " or a shorter window"
            ) from None

    def _done(self, future: asyncio.Future[Any]) -> None:
        self._waiting -= 1
        if not future.cancelled():
            future.exception()  # a late failure has nobody to be told to

    async def ask(self, record: Algorithm, given: Mapping[str, Any]) -> tuple[bytes, float]:
        """The answer's bytes and the seconds it took.

        A quick question whose snapshot is open is answered here and now: handing it to a thread
        and back costs little on average and 20 to 40 ms in the worst hundredth.
        """
        params = prepare(record, given)
        started = time.perf_counter()
        snapshot = self.session.current() if self._at_once(record, params) else None
        if snapshot is not None:
            body = encode(answer(snapshot, record, params))
        else:
            body = await self.run(self._answer, record, params)
        return body, time.perf_counter() - started

    def _at_once(self, record: Algorithm, params: Params) -> bool:
        """Quick, of the newest facts, and compiled."""
        return record.quick and params.known_at is None and self.compiled.is_set()

    def _answer(self, record: Algorithm, params: Params) -> bytes:
        return encode(answer(self.session.snapshot(params.known_at), record, params))

    def close(self) -> None:
        """Let go of the threads; questions under way are not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
