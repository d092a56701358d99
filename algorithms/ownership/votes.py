"""The least fixpoint of control, over arrays: who commands over half of the votes of whom.

X commands the votes that it holds itself and those of the companies that it controls; it controls
a company once it commands over half of its votes. The fixpoint is found level by level: the first
level is what X holds over half of by itself, so an X without such a holding controls nothing.

Votes are integers of 1e-15. Where a company has holdings finer than that (`slack` of them, each
rounded by at most half a unit), a sum that comes within `slack` of the threshold is in doubt, and
the caller counts in rationals (`exactly`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.compiled import inline_kernel, kernel
from graph.model import SHARE_UNIT

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

HALF: Final = SHARE_UNIT // 2
CEILING: Final = 4 * 10**18  # where sums of absurd registers stop, short of overflow
SHOWN: Final = 20
DONE: Final = 0
PAUSED: Final = 1
DOUBT: Final = 2


class Votes(NamedTuple):
    """Holdings of votes among subjects 0..n-1, parallel ones summed into one edge."""

    out_ptr: I64  # edges of owner u, ascending by owned: out_ptr[u]:out_ptr[u + 1]
    out_to: I32
    out_units: I64
    in_ptr: I64  # edges into v: the largest first, then by owner
    in_from: I32
    in_units: I64
    in_lo: I64  # rows of the edge: rows[in_lo:in_hi]
    in_hi: I64
    rows: I64
    slack: I64  # of company v: holdings that are not exact in units


class Scratch(NamedTuple):
    """What one controller's fixpoint needs; all zero between controllers but for `members`."""

    votes: I64  # commanded so far
    level: I32  # at which a company came under control; 0: not
    met: I32  # 1: in `touched`
    touched: I32
    members: I32  # X, then what it controls in order of level
    seen: I32  # number of the last row of evidence that visited a company
    queue: I32
    state: I64  # [touched, members, evidence number, edges looked at]


class Found(NamedTuple):
    """Pairs found: controller, controlled, votes commanded, facts (20 places each), their count."""

    x: I32
    y: I32
    votes: I64
    facts: I32
    total: I64


def scratch(n: int) -> Scratch:
    """Room for the fixpoints over n subjects, one after the other."""
    a, b, c, d, e, f = (np.zeros(n, np.int32) for _ in range(6))
    return Scratch(np.zeros(n, np.int64), a, b, c, d, e, f, np.zeros(4, np.int64))


def room(pairs: int) -> Found:
    """Room for as many pairs."""
    return Found(
        np.empty(pairs, np.int32),
        np.empty(pairs, np.int32),
        np.empty(pairs, np.int64),
        np.empty(pairs * SHOWN, np.int32),
        np.empty(pairs, np.int64),
    )


@inline_kernel
def spread(g: Any, x: int, s: Any) -> bool:
    """Leave the fixpoint of x in the scratch; False where rounding leaves it in doubt."""
    s.members[0] = x
    count, head, touched, level = 1, 0, 0, 1
    while head < count:
        last = count
        while head < last:
            z = s.members[head]
            head += 1
            s.state[3] += 1 + g.out_ptr[z + 1] - g.out_ptr[z]
            for e in range(g.out_ptr[z], g.out_ptr[z + 1]):
                y = g.out_to[e]
                if y == x:
                    continue
                if s.met[y] == 0:
                    s.met[y] = 1
                    s.touched[touched] = y
                    touched += 1
                s.votes[y] = min(s.votes[y] + g.out_units[e], CEILING)
                if s.level[y] == 0 and s.votes[y] > HALF + g.slack[y]:
                    s.level[y] = level
                    s.members[count] = y
                    count += 1
        level += 1
    s.state[0] = touched
    s.state[1] = count
    for i in range(touched):
        y = s.touched[i]
        if s.level[y] == 0 and g.slack[y] > 0 and s.votes[y] + g.slack[y] > HALF:
            return False
    return True


@inline_kernel
def wipe(s: Any) -> None:
    """Make the scratch zero again, in proportion to what was touched."""
    for i in range(s.state[0]):
        y = s.touched[i]
        s.votes[y] = 0
        s.level[y] = 0
        s.met[y] = 0
    s.state[0] = 0


@inline_kernel
def support(g: Any, s: Any, pair: tuple[int, int], facts: Any, place: int) -> int:
    """Rows that show why x controls y (`pair`): up to 20 from `facts[place]` on; their number.

    First every holding counted in y. Then, for each company among its holders, what brought that
    company under control: holdings of companies controlled at lower levels, the larger first,
    until they are over half (equal ones together, so that no order of ids decides).
    """
    x, y = pair
    s.state[2] += 1
    mark = s.state[2]
    s.queue[0] = y
    s.seen[y] = mark
    total, head, count = 0, 0, 1
    while head < count:
        w = s.queue[head]
        head += 1
        sum_, last = 0, 0
        s.state[3] += 1 + g.in_ptr[w + 1] - g.in_ptr[w]
        for e in range(g.in_ptr[w], g.in_ptr[w + 1]):
            z = g.in_from[e]
            if z != x and (s.level[z] == 0 or (w != y and s.level[z] >= s.level[w])):
                continue
            if w != y and sum_ > HALF + g.slack[w] and g.in_units[e] < last:
                break
            last = g.in_units[e]
            sum_ = min(sum_ + last, CEILING)
            for r in range(g.in_lo[e], g.in_hi[e]):
                if total < SHOWN:
                    facts[place + total] = g.rows[r]
                total += 1
            if z != x and s.seen[z] != mark:
                s.seen[z] = mark
                s.queue[count] = z
                count += 1
    return total


@kernel
def emit(g: Any, s: Any, asked: tuple[int, int], found: Any, pairs: int) -> int:
    """Write the pairs of a controller from the scratch, and wipe it; how many there are so far.

    `asked` is the controller and the one company looked for (-1: all that it controls).
    """
    x, only = asked
    for i in range(1, s.state[1]):
        y = s.members[i]
        if only < 0 or y == only:
            found.x[pairs] = x
            found.y[pairs] = y
            found.votes[pairs] = s.votes[y]
            found.total[pairs] = support(g, s, (x, y), found.facts, pairs * SHOWN)
            pairs += 1
    wipe(s)
    return pairs


@kernel
def sweep(g: Any, s: Any, xs: Any, asked: tuple[int, int, int], found: Any) -> tuple[int, int, int]:
    """Fixpoints of controllers xs, one after the other, until done, full, paused or in doubt.

    `asked`: the one company looked for (-1: all); edges to look at before a pause; companies
    under one controller that are too many to start on. Returns how many controllers are done,
    pairs written, and why it stopped; in doubt the next controller is the doubtful one.
    """
    only, budget, most = asked
    s.state[3] = 0
    pairs = 0
    for i in range(len(xs)):
        if s.state[3] > budget:
            return i, pairs, PAUSED
        sure = spread(g, xs[i], s)
        if not sure or s.state[1] > most or pairs + s.state[1] > len(found.x):
            wipe(s)
            return i, pairs, DOUBT if not sure else PAUSED
        pairs = emit(g, s, (xs[i], only), found, pairs)
    return len(xs), pairs, DONE


def exactly(g: Votes, x: int, s: Scratch, weigh: Callable[[int], Fraction]) -> None:
    """`spread` in rationals; `weigh(row)` is the votes of a holding as they were written."""
    half = Fraction(1, 2)
    votes: dict[int, Fraction] = {}
    units: dict[int, int] = {}
    level: dict[int, int] = {}
    members = [x]
    head = 0
    while head < len(members):
        last = len(members)
        for z in members[head:last]:
            for e in range(int(g.out_ptr[z]), int(g.out_ptr[z + 1])):
                y = int(g.out_to[e])
                if y != x:
                    votes[y] = votes.get(y, Fraction(0)) + _edge(g, z, y, weigh)
                    units[y] = min(units.get(y, 0) + int(g.out_units[e]), CEILING)
        new = sorted(y for y, total in votes.items() if y not in level and total > half)
        level.update(dict.fromkeys(new, level.get(members[head], 0) + 1))
        members += new
        head = last
    for i, y in enumerate(votes):
        s.touched[i] = y
        s.met[y] = 1
        s.votes[y] = units[y]
        s.level[y] = level.get(y, 0)
    s.state[:2] = len(votes), len(members)
    s.members[: len(members)] = members


def _edge(g: Votes, u: int, v: int, weigh: Callable[[int], Fraction]) -> Fraction:
    low = int(g.in_ptr[v])
    at = low + int(np.flatnonzero(g.in_from[low : int(g.in_ptr[v + 1])] == u)[0])
    rows = g.rows[int(g.in_lo[at]) : int(g.in_hi[at])].tolist()
    return sum(map(weigh, rows), Fraction(0))
