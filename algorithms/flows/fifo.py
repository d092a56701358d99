"""Money followed through pools first in, first out: each unit that leaves is the oldest there.

Lay all that ever came into a pool end to end (what was there before first) and all that left
beside it: by first in, first out, the unit at a place of the one is the unit at that place of the
other. So a trace is a set of intervals that are moved from one side to the other, exact in whole
minor units (Clayton's Case 1816; Ahmed, Shumailov and Anderson 2019).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from algorithms.flows.statements import I64, Bools, Numbers, Statements


class Pieces(NamedTuple):
    """Parts `lo`..`hi` of payments, each payment by its number (a line, or a hop)."""

    of: I64
    lo: Numbers
    hi: Numbers


class Rules(NamedTuple):
    """Which lines may follow, their smallest traced amount, and how long money is followed (µs)."""

    follow: Bools
    least: Numbers
    window: int


def passed(made: Statements, given: Pieces, *, back: bool, rules: Rules) -> tuple[Pieces, I64]:
    """The parts of lines that the given parts of lines went on to (came from, with `back`), and of
    each the given one that it was. O(n log n) in the lines and parts."""
    width = made.value.astype(made.total.dtype)
    near, far = _places(made, width, back), _places(made, width, not back)
    begin = near[given.of] + given.lo
    end = near[given.of] + given.hi
    lines = np.flatnonzero(made.out != back)  # those on the far side, by pool and place
    if not len(lines) or not len(given.of):
        nothing = np.empty(0, np.int64)
        return Pieces(nothing, nothing.astype(width.dtype), nothing.astype(width.dtype)), nothing
    starts = far[lines]
    first = np.maximum(np.searchsorted(starts, begin, side="right") - 1, 0)
    last = np.searchsorted(starts, end, side="left")
    counts = np.maximum(last - first, 0)
    source = np.repeat(np.arange(len(given.of)), counts)
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    line = lines[first[source] + steps]
    lo = np.maximum(begin[source], far[line])
    hi = np.minimum(end[source], far[line] + width[line])
    apart = np.abs(made.time[line] - made.time[given.of[source]])
    keep = (hi > lo) & rules.follow[line] & (apart <= rules.window)
    line, source, lo, hi = line[keep], source[keep], lo[keep], hi[keep]
    sums = np.zeros(len(made.row), width.dtype)
    np.add.at(sums, line, hi - lo)
    enough = sums[line] >= rules.least[made.pool[line]]
    line, source, lo, hi = line[enough], source[enough], lo[enough], hi[enough]
    return Pieces(line, lo - far[line], hi - far[line]), source


def _places(made: Statements, width: Numbers, out: bool) -> Numbers:
    """Where each line that goes out (or comes in) begins among all that ever went out of (or came
    into) its pool, one pool after another; of the other lines nothing is said."""
    came = np.where(made.out, 0, width)
    own = width - came if out else came
    run = np.append(0, np.cumsum(own))
    room = np.append(0, np.cumsum(came))[made.begins]
    base = np.cumsum(np.diff(room) + made.opening) - np.diff(room) - made.opening
    if not out:
        base = base + made.opening
    places: Numbers = run[:-1] - run[made.begins[:-1]][made.pool] + base[made.pool]
    return places
