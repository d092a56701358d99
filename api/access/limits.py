"""How much one caller may ask: a token bucket of requests, and a count of those under way."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from api.access.settings import Limits

_CALLERS: Final = 10_000  # remembered; who has not asked for longest is forgotten


class _Tally:
    __slots__ = ("left", "running", "since")

    def __init__(self, left: float, since: float) -> None:
        self.left = left
        self.since = since
        self.running = 0


class Meter:
    """Counts the requests of callers by name. For one event loop: it takes no lock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tallies: OrderedDict[str, _Tally] = OrderedDict()

    def begin(self, name: str, limits: Limits) -> float | None:
        """Begin a request: None where it may be, else the seconds after which to try again."""
        now = self._clock()
        tally = self._tallies.get(name)
        if tally is None:
            tally = self._tallies[name] = _Tally(float(limits.burst), now)
            self._forget()
        self._tallies.move_to_end(name)
        tally.left = min(float(limits.burst), tally.left + (now - tally.since) * limits.rate)
        tally.since = now
        if tally.running >= limits.together:
            return 1.0
        if tally.left < 1:
            return (1 - tally.left) / limits.rate
        tally.left -= 1
        tally.running += 1
        return None

    def end(self, name: str) -> None:
        """A request that was begun is over."""
        if (tally := self._tallies.get(name)) is not None:
            tally.running -= 1

    def _forget(self) -> None:
        while len(self._tallies) > _CALLERS:
            idle = next((n for n, tally in self._tallies.items() if not tally.running), None)
            if idle is None:
                return
            del self._tallies[idle]
