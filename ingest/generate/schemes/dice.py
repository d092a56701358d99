"""One random stream read in order, for what is planned piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from ingest.generate.draws import Draws, span

T = TypeVar("T")

_AHEAD: Final = 1 << 12


class Dice:
    """Numbers of a named stream of `Draws`, one after the other; the same on every machine."""

    def __init__(self, draws: Draws, stream: str) -> None:
        self._draws = draws
        self._stream = stream
        self._next = 0
        self._ready: list[float] = []

    def unit(self) -> float:
        """A number in [0, 1)."""
        if not self._ready:
            at = span(self._next, self._next + _AHEAD)
            self._next += _AHEAD
            self._ready = self._draws.unit(self._stream, at).tolist()
            self._ready.reverse()
        return self._ready.pop()

    def below(self, bound: int) -> int:
        """An integer in 0..bound-1."""
        return int(self.unit() * bound)

    def between(self, low: int, high: int) -> int:
        """An integer in low..high, both of them possible."""
        return low + int(self.unit() * (high - low + 1))

    def real(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + self.unit() * (high - low)

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.unit() < probability

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order (Fisher and Yates)."""
        out = list(items)
        for k in range(len(out) - 1, 0, -1):
            j = self.below(k + 1)
            out[k], out[j] = out[j], out[k]
        return out

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """`count` of the items, or all where there are fewer."""
        return self.shuffled(items)[:count]

    def apart(self, count: int, low: int, high: int) -> list[int]:
        """`count` different integers of low..high, or all where there are fewer, in order."""
        count = min(count, high - low + 1)
        found: set[int] = set()
        while len(found) < count:
            found.add(self.between(low, high))
        return sorted(found)

    def heavy(self, least: float, most: float) -> float:
        """A heavy-tailed number: Pareto of index 1 from `least`, cut at `most`."""
        return min(most, least / (1.0 - self.unit()))

    def split(self, whole: int, parts: int, least: float = 0.5) -> list[int]:
        """`whole` in parts of unlike size; each weighs between `least` and 1."""
        weights = [self.real(least, 1.0) for _ in range(parts)]
        total = sum(weights)
        out = [int(whole * w / total) for w in weights]
        out[-1] += whole - sum(out)
        return out
