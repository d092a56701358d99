"""When a request is sent again, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

TOO_MANY: Final = 429
AGAIN: Final = frozenset({TOO_MANY, 502, 503, 504})
_LONGEST_TOLD: Final = 60.0  # a service that says to come back later than this is given up


@dataclass(frozen=True, slots=True)
class Retrying:
    """Exponential backoff with full jitter (Brooker, 'Exponential Backoff And Jitter', 2015).

    `times` is how often a request is sent again, `base` and `most` bound the pause in seconds.
    """

    times: int = 4
    base: float = 0.2
    most: float = 10.0

    def pause(
        self, tried: int, *, safe: bool, status: int | None = None, told: str | None = None
    ) -> float | None:
        """Seconds until the next try after `tried` of them; None: give up.

        `status` is None where no reply came. Only what is safe to repeat is sent again; after a
        429, which did nothing, anything is. `told` is its Retry-After, in seconds.
        """
        if tried > self.times:
            return None
        if status is None:
            return self._jittered(tried) if safe else None
        if status not in AGAIN or not (safe or status == TOO_MANY):
            return None
        if told is not None and told.isdecimal():
            return float(told) if float(told) <= _LONGEST_TOLD else None
        return self._jittered(tried)

    def _jittered(self, tried: int) -> float:
        return random.uniform(0, min(self.most, self.base * 2**tried))  # noqa: S311  # no secret
