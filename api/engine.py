"""Runs the service's questions: quick ones at once, others in threads, with bounds."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict, deque
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final, TypeVar

from algorithms.registry import COMMON, Algorithm, Params, answer, encode, prepare
from api.lane import lane
from graph.errors import LinkriskError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.session import Session
    from graph.snapshot import Snapshot

T = TypeVar("T")
THREADS: Final = 4
WAITING: Final = 256  # questions that may wait for a thread; more are turned away
_CHEAP: Final = 0.002  # seconds that the event loop may be kept, on average
_DEAR: Final = 0.05  # and at most
_ENOUGH: Final = 3
_REMEMBERED: Final = 64
_SHAPES: Final = 256


class Busy(LinkriskError):
    """Too many questions at once, or one that took longer than the service allows."""

    status = 503


Shape = tuple[Any, ...]


def shape_of(record: Algorithm, params: Params) -> Shape:
    """What a question's cost goes by: everything but whom it is about and when."""
    values = (
        getattr(params, field.name)
        for name, field in record.fields.items()
        if not field.required and name not in COMMON
    )
    return (record.name, *(tuple(v) if isinstance(v, list) else v for v in values))


class Pace:
    """What questions of each shape have cost of late, in seconds of processor time."""

    def __init__(self) -> None:
        self._spent: OrderedDict[Shape, deque[float]] = OrderedDict()

    def is_quick(self, shape: Shape) -> bool:
        """Whether enough were asked, they were cheap on average and none of the last was dear."""
        spent = self._spent.get(shape, ())
        return len(spent) >= _ENOUGH and sum(spent) <= _CHEAP * len(spent) and max(spent) <= _DEAR

    def note(self, shape: Shape, seconds: float) -> None:
        """Take in what one cost; shapes not asked for a while are forgotten."""
        spent = self._spent.setdefault(shape, deque(maxlen=_REMEMBERED))
        spent.append(seconds)
        self._spent.move_to_end(shape)
        if len(self._spent) > _SHAPES:
            self._spent.popitem(last=False)


def _answer(snapshot: Snapshot, record: Algorithm, params: Params) -> tuple[bytes, float]:
    """The answer's bytes and the processor time of this thread that it cost."""
    begun = time.thread_time()
    body = encode(answer(snapshot, record, params))
    return body, time.thread_time() - begun


class Engine:
    """Answers questions of one session, in threads, with a bound on time and on how many wait."""

    def __init__(self, session: Session, *, seconds: float) -> None:
        self.session = session
        self.compiled = threading.Event()  # set by the rehearsal, where there is one
        self.pace = Pace()
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="question")
        self._waiting = 0

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """A function's result from a thread; raises Busy past the bounds."""
        if self._waiting >= WAITING:
            raise Busy(f"{WAITING} questions are waiting already; try again in a moment")
        self._waiting += 1
        pool, seconds = lane() or (self._pool, self._seconds)
        context = copy_context()  # a deadline goes along
        future = asyncio.get_running_loop().run_in_executor(pool, context.run, function, *args)
        future.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(future), seconds)
        except TimeoutError:
            raise Busy(
                f"not answered within {seconds:g} s; ask about one subject, a smaller depth"
                " or a shorter window"
            ) from None

    def _done(self, future: asyncio.Future[Any]) -> None:
        self._waiting -= 1
        if not future.cancelled():
            future.exception()  # a late failure has nobody to be told to

    async def ask(self, record: Algorithm, given: Mapping[str, Any]) -> tuple[bytes, float]:
        """The answer's bytes and the seconds it took.

        A question that is sure to be quick is answered here and now: handing it to a thread and
        back costs little on average and 20 to 40 ms in the worst hundredth.
        """
        params = prepare(record, given)
        started = time.perf_counter()
        shape = shape_of(record, params) if record.quick and self.compiled.is_set() else None
        snapshot = None
        here = shape is not None and params.known_at is None and lane() is None
        if here and shape is not None and self.pace.is_quick(shape):
            snapshot = self.session.current()
        if snapshot is not None:
            body, spent = _answer(snapshot, record, params)
        else:
            body, spent = await self.run(self._open_and_answer, record, params)
        if shape is not None:
            self.pace.note(shape, spent)
        return body, time.perf_counter() - started

    def _open_and_answer(self, record: Algorithm, params: Params) -> tuple[bytes, float]:
        return _answer(self.session.snapshot(params.known_at), record, params)

    def close(self) -> None:
        """Let go of the threads, once the questions under way are done: they read the store."""
        self._pool.shutdown(wait=True, cancel_futures=True)
