"""How far a long piece of work is, on a terminal's standard error; silent elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Final

_EVERY: Final = 0.2  # seconds between two lines


class Meter:
    """One line that is written over: done, rate, time left."""

    def __init__(self, what: str, unit: str = "facts") -> None:
        self._what = what
        self._unit = unit
        self._began = time.monotonic()
        self._next = 0.0
        self._shown = False

    def __call__(self, done: int, total: int, count: int) -> None:
        """`done` of `total` units of work (0: not known), in which `count` things were met."""
        now = time.monotonic()
        if now < self._next or not sys.stderr.isatty():
            return
        self._next = now + _EVERY
        spent = max(now - self._began, 1e-6)
        text = f"{self._what}: {count:,} {self._unit}, {count / spent:,.0f}/s"
        if 0 < done <= total:
            left = spent * (total - done) / done
            text += f", {100 * done // total} %, {_duration(left)} left / 剩余"
        sys.stderr.write(f"\r\x1b[2K{text}")
        sys.stderr.flush()
        self._shown = True

    def count(self, count: int) -> None:
        """`count` things were met, of how many is not known."""
        self(0, 0, count)

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
