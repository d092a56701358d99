"""Runs the service's questions: quick ones at once, others in threads, with bounds."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict, deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final, TypeVar

from algorithms.registry import COMMON, Algorithm, Params, answer, encode, prepare
from api.lane import lane
from api.line import LINE
from api.metrics import NO_METERS, Meters
from api.settings import Settings, read
from api.settings.own import Server
from graph.deadline import bounded, current
from graph.errors import Cancelled, LinkriskError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.session import Session
    from api.telemetry import Tracing
    from graph.snapshot import Snapshot

T = TypeVar("T")
_UNWATCHED: Final = 0.05  # seconds that a question takes before its client is watched
TO_END: Final = 2.0  # seconds that work which is to stop has to notice, and to say what it found
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


def _answer(snapshot: Snapshot, record: Algorithm, params: Params) -> tuple[bytes, float, bool]:
    """The answer's bytes, the processor time of this thread that it cost, whether it was cut."""
    begun = time.thread_time()
    envelope = answer(snapshot, record, params)
    body = encode(envelope)
    return body, time.thread_time() - begun, envelope["truncated"] is not None


class Engine:
    """Answers questions of one session, in threads, with a bound on time and on how many wait.

    Work whose time has passed, whose client went away (`api.line`) or that the shutdown calls off
    is told so through `graph.deadline`, and its thread is free again soon after.
    """

    def __init__(
        self,
        session: Session,
        *,
        seconds: float | None = None,
        settings: Settings | None = None,
        meters: Meters | None = None,
        number: int = 0,
    ) -> None:
        """`seconds` in place of the setting; `number` is this process's among the workers, 0 the
        one that does what is to be done by one alone."""
        self.session = session
        self.settings = settings or read(environment={})
        self.meters = meters or NO_METERS
        self.number = number
        own = self.settings.section(Server)
        self.compiled = threading.Event()  # set by the rehearsal, where there is one
        self.draining = threading.Event()  # set when the process is about to stop
        self.tracing: Tracing | None = None
        self.pace = Pace()
        self._seconds = own.seconds if seconds is None else seconds
        self._most = own.waiting
        self._pool = ThreadPoolExecutor(own.threads, thread_name_prefix="question")
        self._under_way: dict[Future[Any], threading.Event] = {}

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """A function's result from a thread; raises Busy past the bounds, Cancelled where its
        client went away."""
        if len(self._under_way) >= self._most:
            raise Busy(f"{self._most} questions are waiting already; try again in a moment")
        called_off = current().called_off or threading.Event()
        pool, seconds = lane() or (self._pool, self._seconds)
        until = time.monotonic() + seconds
        # A thread does not know by itself who asks, or how long the work around this may take.
        run = copy_context().run
        submitted = pool.submit(run, self._work, until, called_off, function, *args)
        self._under_way[submitted] = called_off
        self.meters.waiting.inc()
        submitted.add_done_callback(self._ended)
        future = asyncio.wrap_future(submitted)
        future.add_done_callback(_look)
        try:
            if await _done(future, seconds):
                return future.result()
        finally:
            if not future.done():
                called_off.set()
                submitted.cancel()
        line = LINE.get()
        if lane() is None and line is not None and line.is_gone:
            self.meters.cancelled("client")
            raise Cancelled("the client went away / 客户端已断开")
        self.meters.cancelled("time")
        raise Busy(
            f"not answered within {seconds:g} s; ask about one subject, a smaller depth"
            " or a shorter window"
        )

    def _work(
        self, until: float, called_off: threading.Event, function: Callable[..., T], *args: Any
    ) -> T:
        """In the thread: the work, told when to stop."""
        self.meters.waiting.dec()
        self.meters.running.inc()
        try:
            with bounded(until - time.monotonic(), cancelled=called_off):
                return function(*args)
        finally:
            self.meters.running.dec()

    def _ended(self, submitted: Future[Any]) -> None:
        self._under_way.pop(submitted, None)
        if submitted.cancelled():
            self.meters.waiting.dec()  # it never ran

    async def ask(self, record: Algorithm, given: Mapping[str, Any]) -> tuple[bytes, float]:
        """The answer's bytes and the seconds it took.

        A question that is sure to be quick is answered here and now: handing it to a thread and
        back costs little on average and 20 to 40 ms in the worst hundredth.
        """
        params = prepare(record, given)
        if self.tracing is None:
            return await self._ask(record, params)
        with self.tracing.work(f"answer {record.name}"):
            return await self._ask(record, params)

    async def _ask(self, record: Algorithm, params: Params) -> tuple[bytes, float]:
        started = time.perf_counter()
        shape = shape_of(record, params) if record.quick and self.compiled.is_set() else None
        snapshot = None
        if (
            shape is not None
            and params.known_at is None
            and lane() is None
            and self.pace.is_quick(shape)
        ):
            snapshot = self.session.current()
        if snapshot is not None:
            self.meters.view(cached=True)
            body, spent, cut = _answer(snapshot, record, params)
        else:
            body, spent, cut = await self.run(self._open_and_answer, record, params)
        if shape is not None:
            self.pace.note(shape, spent)
        self.meters.answer(record.name, inline=snapshot is not None, truncated=cut)
        return body, time.perf_counter() - started

    def _open_and_answer(self, record: Algorithm, params: Params) -> tuple[bytes, float, bool]:
        open_ = self.session.current() if params.known_at is None else None
        self.meters.view(cached=open_ is not None)
        return _answer(open_ or self.session.snapshot(params.known_at), record, params)

    def call_off(self) -> None:
        """Tell all that is under way to stop: the process has to end."""
        for called_off in list(self._under_way.values()):
            called_off.set()

    def busy(self) -> bool:
        """Whether a thread is at work still."""
        return bool(self._under_way)

    def close(self, seconds: float | None = None) -> None:
        """Let go of the threads, once the questions under way are done: they read the store. Those
        that take longer than `seconds`, where given, are left at it."""
        self._pool.shutdown(wait=seconds is None, cancel_futures=True)
        if seconds is not None:
            wait(list(self._under_way), seconds)


async def _done(future: asyncio.Future[Any], seconds: float) -> bool:
    """Whether it is done in time, with its client still there. Most are in a few milliseconds, and
    not watched; nor is work that no client waits for."""
    await asyncio.wait({future}, timeout=min(_UNWATCHED, seconds))
    if not future.done():
        over = {future}
        if lane() is None and (line := LINE.get()) is not None:
            over.add(asyncio.ensure_future(line.gone()))
        left = seconds + TO_END - _UNWATCHED
        await asyncio.wait(over, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        for each in over - {future}:
            each.cancel()
    return future.done()


def _look(future: asyncio.Future[Any]) -> None:
    """A late failure has nobody to be told to."""
    if not future.cancelled():
        future.exception()
