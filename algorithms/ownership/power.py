"""Power in weighted voting: exact on integers, or drawn with a seed.

A game is a list of weights > 0 and a quota: a coalition wins with a sum of at least the quota.
Answers are by weight, since equal holders have equal power.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import factorial, gcd, lcm
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

_WORK: Final = 2 * 2**30  # bytes that the dynamic programme may go over
_LISTED: Final = 18  # holders whose coalitions are listed, 2^18
_BLOCK: Final = 2_000_000  # draws x holders at a time
_SAFE: Final = 2**62

Floats = npt.NDArray[np.float64]


class Power(NamedTuple):
    """Indices of a holder, and the standard errors of an estimate."""

    shapley_shubik: Fraction | float
    banzhaf: Fraction | float
    errors: tuple[float, float] | None = None


class Game(NamedTuple):
    """Integer weights, in any order, and the least sum that wins."""

    weights: list[int]
    quota: int


def play(votes: list[Fraction]) -> Game:
    """The game of votes > 0 with strictly over half of all: of 1, or of their sum past 1.

    Weights on the coarsest integer grid that holds them.
    """
    unit = lcm(*(v.denominator for v in votes))
    scaled = [int(v * unit) for v in votes]
    step = gcd(*scaled)
    half = max(sum(votes, Fraction(0)), Fraction(1)) / 2 * unit / step
    return Game([w // step for w in scaled], int(half) + 1)


def solve(played: Game) -> dict[int, Power] | None:
    """The exact indices by weight; None where that is too large. Somebody must be able to win."""
    n = len(played.weights)
    if work(played) <= _WORK:
        swings = _swings(played)
    elif n <= _LISTED:
        swings = _listed(played)
    else:
        return None
    orders = [Fraction(factorial(k) * factorial(n - k - 1), factorial(n)) for k in range(n)]
    count = Counter(played.weights)
    every = sum(count[w] * sum(by_size) for w, by_size in swings.items())
    return {
        w: Power(
            sum((c * order for c, order in zip(by_size, orders, strict=True)), Fraction(0)),
            Fraction(sum(by_size), every),
        )
        for w, by_size in swings.items()
    }


def work(played: Game) -> int:
    """Bytes that the dynamic programme goes over."""
    n = len(played.weights)
    return n * (n // 2 + len(set(played.weights))) * played.quota * (n + 1) // 8


def _swings(played: Game) -> dict[int, list[int]]:
    """By weight and size: how many losing coalitions of others win when a holder of it joins.

    Coalitions of k holders are counted by their sum, one polynomial for each k, packed into one
    integer: the count for sum s is its s-th digit of n + 1 bits. Joining a holder shifts and adds;
    taking one out again is the division, exact as sums from the quota on are cut in both.
    """
    n, quota = len(played.weights), played.quota
    bits = n + 1
    losing = (1 << quota * bits) - 1
    counts = [1] + [0] * n
    for joined, w in enumerate(played.weights, 1):
        for k in range(joined, 0, -1):
            counts[k] += (counts[k - 1] << w * bits) & losing
    found: dict[int, list[int]] = {}
    for w in set(played.weights):
        without, by_size = 0, []
        for k in range(n):
            without = counts[k] - ((without << w * bits) & losing)
            swinging = without >> max(quota - w, 0) * bits
            by_size.append(swinging % ((1 << bits) - 1))  # the sum of its digits, below 2^n
        found[w] = by_size
    return found


def _listed(played: Game) -> dict[int, list[int]]:
    """The same over all coalitions. O(2^n n)."""
    n, quota = len(played.weights), played.quota
    safe = sum(played.weights) + quota < _SAFE
    sums: npt.NDArray[Any] = np.zeros(1, np.int64 if safe else object)
    sizes = np.zeros(1, np.int64)
    for w in played.weights:
        sums = np.concatenate([sums, sums + w])
        sizes = np.concatenate([sizes, sizes + 1])
    place = {w: i for i, w in enumerate(played.weights)}
    coalition = np.arange(len(sums))
    found = {}
    for w, i in place.items():
        swings = (coalition >> i & 1 == 0) & (sums < quota) & (sums >= quota - w)
        found[w] = np.bincount(sizes[swings.astype(np.bool_)], minlength=n).tolist()
    return found


def estimate(played: Game, samples: int, seed: int) -> dict[int, Power]:
    """Indices by weight from `samples` orders and as many coalitions, with their standard errors.

    Past 2^62 the weights are rounded to floating point. O(samples x holders x log holders).
    """
    n, quota = len(played.weights), played.quota
    count = sorted(Counter(played.weights).items())
    size = np.array([holders for _, holders in count])
    kind: Any = np.int64 if sum(played.weights) + quota < _SAFE else np.float64
    w = np.array(sorted(played.weights), kind)
    group = np.repeat(np.arange(len(size)), size)
    first = np.cumsum(size) - size
    chance = np.random.default_rng(seed)
    pivots, moments = np.zeros(len(size)), _Moments(len(size))
    block = max(1, _BLOCK // n)
    for start in range(0, samples, block):
        many = min(block, samples - start)
        order = np.argsort(chance.random((many, n)), axis=1)
        at = (np.cumsum(w[order], axis=1) >= quota).argmax(axis=1)
        pivots += np.bincount(group[order[np.arange(many), at]], minlength=len(size))
        inside = chance.random((many, n)) < 0.5
        sums = np.where(inside, w, 0).sum(axis=1)[:, None]
        breaks = inside & (sums >= quota) & (sums - w < quota)
        breaks |= ~inside & (sums < quota) & (sums + w >= quota)
        moments.add(np.add.reduceat(breaks, first, axis=1, dtype=np.int64).astype(np.float64))
    part = pivots / samples
    error = np.sqrt(part * (1 - part) / samples)
    swings, swings_error = moments.ratio()
    columns = (c / size for c in (part, swings, error, swings_error))
    return {
        weight: Power(float(shapley), float(banzhaf), (float(a), float(b)))
        for (weight, _), shapley, banzhaf, a, b in zip(count, *columns, strict=True)
    }


class _Moments:
    """Sums over draws, for the ratio of each column to all columns together."""

    def __init__(self, columns: int) -> None:
        self._sums, self._squares, self._cross = (np.zeros(columns) for _ in range(3))
        self._square = 0.0

    def add(self, draws: Floats) -> None:
        """More draws, one a row."""
        every = draws.sum(axis=1)
        self._sums += draws.sum(axis=0)
        self._squares += (draws**2).sum(axis=0)
        self._cross += every @ draws
        self._square += float(every @ every)

    def ratio(self) -> tuple[Floats, Floats]:
        """The ratios and their standard errors, by the delta method; 0 where nothing was drawn."""
        total = max(float(self._sums.sum()), 1.0)
        ratio = self._sums / total
        spread = self._squares - 2 * ratio * self._cross + ratio**2 * self._square
        return ratio, np.sqrt(np.maximum(spread, 0.0)) / total
