"""How long a piece of work may take, whether it was called off, and how far it is.

Whoever asks a question says so around it; whoever answers finds it by `current()`, so that no
function between the two has to hand it on:

    gone = threading.Event()                         # whoever sets it calls the work off
    with bounded(30, cancelled=gone, progress=tell):   # tell(done, total, unit), see Progress
        answer = ask(snapshot, name, params)         # raises Cancelled soon after gone.set()

    deadline = within(params.time_limit)             # in the work: its own limit, or less
    for company in deadline.through(companies, "companies / 企业"):
        ...                                          # ends early once the time has passed
    cut = deadline.passed                            # then the answer says that it was cut

    while kernel(..., budget, state) == PAUSED:      # a kernel goes on by chunks of a second
        if deadline.expired():
            break

Time that has passed is no error: the work ends with what it has, and says that it was cut. Work
that was called off has nobody who waits for it: `Cancelled` is raised from wherever it is.

A new thread begins with no deadline. `asyncio.to_thread` takes the caller's along;
`loop.run_in_executor` and `ThreadPoolExecutor` do not: hand them
`contextvars.copy_context().run, function, *arguments`, or open `bounded` inside.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from time import monotonic
from typing import Final, Protocol, TypeVar

from graph.errors import Cancelled

T = TypeVar("T")


class Progress(Protocol):
    """Is told how far work is; often, so it has to be quick, and from whichever thread works."""

    def __call__(self, done: float, total: float, unit: str, /) -> None:
        """`done` of `total` (0: not known) of what `unit` says, English / 中文."""


class Deadline:
    """A moment after which work ends with what it has, and whether it was called off before.

    It has passed once `expired` has said so: work that was never told to stop is not cut short,
    however long its last step took. May be asked from several threads.
    """

    __slots__ = ("_cancelled", "_progress", "_until", "passed")

    def __init__(
        self,
        seconds: float = inf,
        *,
        cancelled: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._until = monotonic() + seconds if seconds < inf else inf
        self._cancelled = cancelled
        self._progress = progress
        self.passed = False

    @property
    def called_off(self) -> threading.Event | None:
        """What calls the work off, where anything can."""
        return self._cancelled

    def within(self, seconds: float) -> Deadline:
        """One of its own that ends in so many seconds, or with this where that is sooner; it is
        called off with this, and tells whom this tells."""
        inner = Deadline(seconds, cancelled=self._cancelled, progress=self._progress)
        inner._until = min(inner._until, self._until)
        return inner

    def check(self) -> None:
        """Raise Cancelled where the work was called off; costs next to nothing."""
        if self._cancelled is not None and self._cancelled.is_set():
            raise Cancelled

    def expired(self) -> bool:
        """Whether to stop; once true, always. Who asks leaves something out where it is true.

        Raises Cancelled where the work was called off.
        """
        self.check()
        self.passed = self.passed or monotonic() > self._until
        return self.passed

    def left(self) -> float:
        """Seconds until then, 0 once it is over; infinite where there is no bound."""
        return max(self._until - monotonic(), 0.0) if self._until < inf else inf

    def report(self, done: float, total: float, unit: str) -> None:
        """Tell how far the work is; raises Cancelled where it was called off."""
        self.check()
        if self._progress is not None:
            self._progress(done, total, unit)

    def through(self, items: Sequence[T], unit: str) -> Iterator[T]:
        """These items, until the time has passed, telling how far one is. Raises Cancelled."""
        total = len(items)
        for done, item in enumerate(items):
            if self.expired():
                return
            if self._progress is not None:
                self._progress(done, total, unit)
            yield item


_NONE: Final = Deadline()
_CURRENT: ContextVar[Deadline] = ContextVar("deadline", default=_NONE)


def current() -> Deadline:
    """The deadline of the work that this thread is at; without end where none was set."""
    return _CURRENT.get()


def check() -> None:
    """Raise Cancelled where the current work was called off: for between two steps each of which
    takes a second over ten million relations, and cannot be interrupted."""
    _CURRENT.get().check()


def within(seconds: float) -> Deadline:
    """A deadline of its own, see `Deadline.within`, under the current one."""
    return _CURRENT.get().within(seconds)


@contextmanager
def bounded(
    seconds: float = inf,
    *,
    cancelled: threading.Event | None = None,
    progress: Progress | None = None,
) -> Iterator[Deadline]:
    """Within it the current deadline is one of so many seconds, or of what the one around it has
    left where that is less. Without `cancelled` or `progress` those of the one around it hold."""
    outer = _CURRENT.get()
    inner = Deadline(
        min(seconds, outer.left()),
        cancelled=outer._cancelled if cancelled is None else cancelled,
        progress=outer._progress if progress is None else progress,
    )
    token = _CURRENT.set(inner)
    try:
        inner.check()
        yield inner
    finally:
        _CURRENT.reset(token)


@contextmanager
def stage(at: int, of: int, unit: str) -> Iterator[None]:
    """Within it, what is told of how far the work is counts as a part of a larger piece: the
    `at`-th (from 0) of `of` parts, called `unit`."""
    outer = _CURRENT.get()
    outer.report(at, of, unit)
    tell = outer._progress
    if tell is None:
        yield
        return

    def told(done: float, total: float, _: str) -> None:
        tell(at + (min(done / total, 1.0) if total else 0.0), of, unit)

    with bounded(progress=told):
        yield
