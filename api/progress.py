"""How far a long piece of work is, on a terminal's standard error; silent elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from graph.deadline import bounded

_EVERY: Final = 0.2  # seconds between two lines
_QUIET: Final = 2.0  # work that takes no longer has nothing to say
_MANY: Final = 1000  # things from which on their rate means something


class Meter:
    """One line that is written over: done, rate, time left."""

    def __init__(self, what: str, unit: str = "facts") -> None:
        self._what = what
        self._unit = unit
        self._began = time.monotonic()
        self._next = self._began + _QUIET
        self._shown = False
        self._phase: tuple[float, str] | None = None
        self._since = self._began  # the phase that is told of

    def __call__(self, done: int, total: int, count: int) -> None:
        """`done` of `total` units of work (0: not known), in which `count` things were met."""
        if (now := self._due()) is None:
            return
        spent = max(now - self._began, 1e-6)
        text = f"{self._what}: {count:,} {self._unit}, {count / spent:,.0f}/s"
        self._write(text + _left(done, total, spent))

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
        self._write(text + _left(done, total, spent))

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            self._shown = False
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()

    def _due(self) -> float | None:
        """Now, where it is time for another line, and there is somebody to read it."""
        now = time.monotonic()
        if now < self._next or not sys.stderr.isatty():
            return None
        self._next = now + _EVERY
        return now

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r\x1b[2K{text}")
        sys.stderr.flush()
        self._shown = True


@contextmanager
def followed(what: str) -> Iterator[None]:
    """Within it, how far the work is (`graph.deadline`) is written on a line of its own."""
    meter = Meter(what)
    try:
        with bounded(progress=meter.tell):
            yield
    finally:
        meter.close()


def _left(done: float, total: float, spent: float) -> str:
    if not 0 < done <= total:
        return ""
    return f", {int(100 * done / total)} %, {_duration(spent * (total - done) / done)} left / 剩余"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
