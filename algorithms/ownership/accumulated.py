"""Accumulated ownership: the products of shares, summed over all simple paths.

A simple path meets no subject twice, so it enters each strongly connected component once and
leaves it once. Between components sums are carried in topological order, as for walks. Inside one,
paths are kept by (last subject, subjects met): paths of one such state go on alike and are summed.
There may be exponentially many states, so a component is left off after a number of steps, after
whole lengths of paths, whatever the names: what comes after it is then a lower bound.

It is another number than integrated ownership, which takes in all walks: where nothing is held in
a circle the two are the same, elsewhere this one is smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Generic, TypeVar

from algorithms.ownership.linear import Clock
from algorithms.ownership.register import Register, components, walk

N = TypeVar("N", float, Fraction)


@dataclass(slots=True)
class Sums(Generic[N]):
    """Accumulated ownership by subject; those in `least` are lower bounds."""

    value: dict[int, N]
    least: set[int] = field(default_factory=set)


class Accumulation(Generic[N]):
    """Sums over simple paths on one register; `share(u, v)` is what u holds of v, `one` is 1."""

    def __init__(
        self,
        register: Register,
        share: Callable[[int, int], N],
        one: N,
        *,
        max_steps: int,
        clock: Clock,
    ) -> None:
        self._register = register
        self._share: Callable[[int, int], N] = share
        self._one: N = one
        self._max_steps = max_steps
        self._clock = clock

    def below(self, s: int) -> Sums[N]:
        """What s has of each subject that it reaches."""
        register = self._register
        return self._from(s, register.owned.__getitem__, register.owners.__getitem__, self._share)

    def above(self, t: int) -> Sums[N]:
        """What each subject that reaches t has of it."""
        register = self._register
        return self._from(
            t,
            register.owners.__getitem__,
            register.owned.__getitem__,
            lambda v, u: self._share(u, v),
        )

    def _from(
        self,
        start: int,
        step: Callable[[int], Iterable[int]],
        back: Callable[[int], Iterable[int]],
        share: Callable[[int, int], N],
    ) -> Sums[N]:
        zero = self._one - self._one
        found: Sums[N] = Sums({start: self._one})
        x = found.value

        def on(u: int) -> list[int]:
            return [v for v in step(u) if v != start]

        reached = walk((start,), on)
        for members in reversed(components(reached, on)):
            if members[0] == start:
                continue
            self._clock.check()
            before = {v: [u for u in back(v) if u in x] for v in members}
            entered = {v: sum((x[u] * share(u, v) for u in before[v]), zero) for v in members}
            if any(u in found.least for v in members for u in before[v]):
                found.least.update(members)
            if len(members) == 1:
                x.update(entered)
            elif not self._inside(members, entered, on, share, x):
                found.least.update(members)
        del x[start]
        return found

    def _inside(
        self,
        members: list[int],
        entered: dict[int, N],
        on: Callable[[int], Iterable[int]],
        share: Callable[[int, int], N],
        x: dict[int, N],
    ) -> bool:
        """Sums in a component from what enters it; False where they are lower bounds."""
        place = {v: i for i, v in enumerate(members)}
        zero = self._one - self._one
        following = {
            u: [(v, 1 << place[v], share(u, v)) for v in on(u) if v in place and v != u]
            for u in members
        }
        total = dict(entered)
        level = {(v, 1 << place[v]): amount for v, amount in entered.items() if amount}
        steps, whole = 0, True
        while level:
            steps += sum(len(following[u]) for u, _ in level)
            if steps > self._max_steps:
                whole = False
                break
            self._clock.check()
            longer: dict[tuple[int, int], N] = {}
            for (u, met), amount in level.items():
                for v, bit, part in following[u]:
                    if not met & bit:
                        state = (v, met | bit)
                        longer[state] = longer.get(state, zero) + amount * part
            for (v, _), amount in longer.items():
                total[v] += amount
            level = longer
        x.update(total)
        return whole
