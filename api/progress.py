"""How far a long piece of work is, on a terminal's standard error; silent elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from graph.deadline import bounded

_EVERY: Final = 0.2  # seconds between two lines
_QUIET: Final = 2.0  # work that takes no longer has nothing to say
_BEAT: Final = 0.5  # seconds between two looks at whether work has said anything
_MANY: Final = 1000  # things from which on their rate means something

Looked = Callable[[], tuple[float, float, str]]


class _Line:
    """The terminal's last line, which all pieces of work share: who speaks last is read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown = False
        self._said = 0.0  # when work last told of itself

    def write(self, text: str, left: str = "", *, told: bool) -> None:
        """Write over what stands there; no wider than the terminal, or it could not be. What does
        not fit is cut before how much is `left`."""
        from rich.cells import cell_len, set_cell_size

        wide = max(_columns() - 1 - cell_len(left), 1)
        shown = text if cell_len(text) <= wide else set_cell_size(text, wide - 1).rstrip() + "…"
        with self._lock:
            sys.stderr.write(f"\r\x1b[2K{shown}{left}")
            sys.stderr.flush()
            self._shown = True
            if told:
                self._said = time.monotonic()

    def clear(self) -> None:
        """Take it away."""
        with self._lock:
            if self._shown:
                self._shown = False
                sys.stderr.write("\r\x1b[2K")
                sys.stderr.flush()

    def silent(self) -> float:
        """Seconds since work told of itself."""
        return time.monotonic() - self._said


_LINE: Final = _Line()


def _terminal() -> bool:
    """Whether there is somebody to read it."""
    return sys.stderr.isatty()


def _columns() -> int:
    """How wide standard error's terminal is."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


class Meter:
    """One line that is written over: done, rate, time left."""

    def __init__(self, what: str, unit: str = "facts") -> None:
        self._what = what
        self._unit = unit
        self._began = time.monotonic()
        self._next = self._began + _QUIET
        self._phase: tuple[float, str] | None = None
        self._since = self._began  # the phase that is told of

    def __call__(self, done: int, total: int, count: int) -> None:
        """`done` of `total` units of work (0: not known), in which `count` things were met."""
        if (now := self._due()) is None:
            return
        spent = max(now - self._began, 1e-6)
        text = f"{self._what}: {count:,} {self._unit}, {count / spent:,.0f}/s"
        self._write(text, _left(done, total, spent))

    def count(self, count: int) -> None:
        """`count` things were met, of how many is not known."""
        self(0, 0, count)

    def tell(self, done: float, total: float, unit: str) -> None:
        """`done` of `total` (0: not known) of what `unit` says: work goes through phases, each of
        things of its own (`graph.deadline.Progress`)."""
        if (total, unit) != self._phase:
            self._phase, self._since = (total, unit), time.monotonic()
        if (now := self._due()) is None:
            return
        spent = max(now - self._since, 1e-6)
        text = f"{self._what}: {done:,.0f}"
        text += f" of {total:,.0f} {unit}" if total else f" {unit}"
        if max(done, total) >= _MANY:
            text += f", {done / spent:,.0f}/s"
        self._write(text, _left(done, total, spent))

    def beat(self) -> None:
        """Say how long it has been at it, where it has not said for a while how far it is: some
        steps are one call into a library, which tells nobody."""
        if _LINE.silent() > _QUIET and (now := self._due()) is not None:
            spent = _duration(now - self._began)
            _LINE.write(f"{self._what}: {spent} so far / 已用时", told=False)

    def close(self) -> None:
        """Take the line away."""
        _LINE.clear()

    def _due(self) -> float | None:
        """Now, where it is time for another line, and there is somebody to read it."""
        now = time.monotonic()
        if now < self._next or not _terminal():
            return None
        self._next = now + _EVERY
        return now

    @staticmethod
    def _write(text: str, left: str) -> None:
        _LINE.write(text, left, told=True)


@contextmanager
def followed(what: str, looked: Looked | None = None) -> Iterator[None]:
    """Within it, how far the work is (`graph.deadline`) is written on a line of its own; where it
    does not tell, how long it has taken. `looked` says how far work is that cannot: `done` of
    `total` of what its unit says."""
    meter = Meter(what)
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(meter, over, looked), daemon=True)
    if _terminal():
        watch.start()
    try:
        with bounded(progress=meter.tell):
            yield
    finally:
        over.set()
        if watch.ident is not None:
            watch.join()
        meter.close()


def _watch(meter: Meter, over: threading.Event, looked: Looked | None) -> None:
    while not over.wait(_BEAT):
        done, total, unit = (0.0, 0.0, "") if looked is None else looked()
        if done < total:
            meter.tell(done, total, unit)
        else:
            meter.beat()


def _left(done: float, total: float, spent: float) -> str:
    if not 0 < done <= total:
        return ""
    return f", {int(100 * done / total)} %, {_duration(spent * (total - done) / done)} left / 剩余"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
