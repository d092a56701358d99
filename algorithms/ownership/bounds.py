"""Bounds of integrated ownership where shares are not known exactly.

A *completion* gives every holding a share between its bounds, no register summing past 1; what a
register leaves is held by nobody known. The integrated share of s in t is the probability that a
walk from t up its register, each holder taken with its share, ever comes to s (see `solve`): the
sum over such walks of the products of their shares.

Least. No term of that sum is negative and each grows with each of its shares, so it is least where
every share is at its lower bound. That is itself a completion: the bound is attained.

Most. The company at which a walk stands chooses the shares of its holders, within its own bounds
and its own sum, and no choice at one company limits that at another: an interval Markov chain, and
the question is the largest probability of reaching s. It is the least solution of x(s) = 1 and
x(v) = the most that sum of share * x(holder) can be at v, and one fixed choice at every company
attains it (Sen, Viswanathan, Agha 2006; Puggelli et al. 2013), so it is a completion too. The
choice at v given x: every holder its lower bound, then what is left of the whole to the holders
with the largest x first, up to their upper bounds. Starting from the lower bounds, choices are
made better until none gets better (policy iteration). What is found then is attained by a
completion, so it is not above the most; and it solves the equations, of which the most is the
least solution, so it is not below.

Both bounds are therefore exact, up to the 1e-9 to which each system is solved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from algorithms.ownership.linear import Clock
from algorithms.ownership.register import Register
from algorithms.ownership.solve import Shares, in_company, of_owner
from graph.model import SHARE_UNIT

_BETTER: Final = 1e-12  # an improvement smaller than this is rounding
_ROUNDS: Final = 1000

Weights = list[dict[int, int]]  # by company: holder -> units of 1e-15


@dataclass(slots=True)
class Ranges:
    """Least and most units of every holder in every company of a part, parallel holdings summed.

    `total[v]` sums the least of all holdings of v. Both map the same holders, most > 0.
    """

    low: Weights
    high: Weights
    total: list[int]
    open: list[int] = field(init=False)  # companies with a holding that is not known exactly
    least: Register = field(init=False)  # every share at its lower bound
    widest: Register = field(init=False)  # every share at its upper bound, for who reaches whom

    def __post_init__(self) -> None:
        self.open = [v for v, low in enumerate(self.low) if low != self.high[v]]
        known = [{u: units for u, units in low.items() if units} for low in self.low]
        self.least = Register(known, self.total)
        self.widest = Register(self.high, [sum(high.values()) for high in self.high])


def least(ranges: Ranges, t: int, clock: Clock) -> Shares:
    """The least integrated share in t of everything above it; owners that may have nothing, and
    those whose share depends on a register past 1, have no value."""
    return in_company(ranges.least, t, clock)


def most(ranges: Ranges, s: int, t: int, clock: Clock) -> float | None:
    """The most that the integrated share of s in t can be; 0 where s cannot be above t.

    None where a register that s has a share in sums past 1 by lower bounds alone, where loops are
    too nearly closed for 1e-9, or where 1,000 rounds of choices do not end. One solve of what s
    reaches for each round, few in practice.
    """
    reached = ranges.widest.reached(s)
    if t not in reached:
        return 0.0
    if any(ranges.least.over(v) for v in reached):
        return None
    chosen = [dict(low) for low in ranges.low]
    choices = sorted(set(ranges.open).intersection(reached))
    for _ in range(_ROUNDS):
        x = of_owner(_register(chosen, ranges), s, clock)
        if x.inaccurate:
            return None
        at = {**x.value, s: 1.0}
        improved = sum(_improve(ranges, v, chosen, at) for v in choices)
        if not improved:
            return x.value.get(t, 0.0)
    return None


def _register(chosen: Weights, ranges: Ranges) -> Register:
    known = [{u: units for u, units in holders.items() if units} for holders in chosen]
    total = [
        total + sum(holders.values()) - sum(low.values())
        for total, holders, low in zip(ranges.total, chosen, ranges.low, strict=True)
    ]
    return Register(known, total)


def _improve(ranges: Ranges, v: int, chosen: Weights, x: dict[int, float]) -> bool:
    """Give v the best choice for these values, if it is better than what was chosen."""
    low, high = ranges.low[v], ranges.high[v]
    room = max(0, SHARE_UNIT - ranges.total[v])
    best = dict(low)
    for u in sorted(low, key=lambda u: (-x.get(u, 0.0), u)):
        if not room or x.get(u, 0.0) <= 0.0:
            break
        more = min(room, high[u] - low[u])
        best[u] += more
        room -= more
    gain = sum((best[u] - chosen[v][u]) * x.get(u, 0.0) for u in low)
    if gain <= _BETTER * SHARE_UNIT:
        return False
    chosen[v] = best
    return True
