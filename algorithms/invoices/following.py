"""Which invoices goods can have travelled on: from some, on along later ones, as far as it goes.

Invoices are linked where the buyer of one is the seller of another of the same goods that is no
earlier, and within a window of it. Looked at backwards, time and ends change places. Whole levels
are taken at a time, by columns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.ascending import distinct, within
from graph.deadline import check

if TYPE_CHECKING:
    from graph.columns import I64

    Bools = npt.NDArray[np.bool_]
    I8 = npt.NDArray[np.int8]

_FAR: Final = 2**62


class Links(NamedTuple):
    """Invoices and what precedes each: those into its start at `into[low[e]:high[e]]`.

    `src` and `dst` are places (a company and goods), `time` grows the way that is followed; `into`
    orders the invoices by where they lead, then time.
    """

    src: I64
    dst: I64
    time: I64
    into: I64
    low: I64
    high: I64
    places: int


def links(src: I64, dst: I64, time: I64, places: int, window: int | None) -> Links:
    """Link invoices; `window` in µs, None for any time between. O(n log n)."""
    check()
    into = np.lexsort((time, dst))
    check()
    ptr = starts(dst, places)
    begin = time - (_FAR if window is None else window)
    low, high = within(time[into], ptr[src], ptr[src + 1], begin, time)
    return Links(src, dst, time, into, low, high, places)


def starts(place: I64, places: int) -> I64:
    """Where each place begins among as many that are in order."""
    return np.concatenate([[0], np.cumsum(np.bincount(place, minlength=places))])


def reached(
    found: Links,
    first: Bools,
    barred: Bools,
    depth: int,
    over: Callable[[], bool] = lambda: False,
) -> I8:
    """In how many steps each invoice is reached from the first ones, which are at 1; 0 where it is
    not within `depth`. Nothing is followed on from a place that is barred; nothing further once it
    is `over`.

    O(depth × invoices).
    """
    level = np.zeros(len(found.src), np.int8)
    level[first] = 1
    fresh = first
    for step in range(2, depth + 1):
        if not fresh.any() or over():
            break
        count = np.concatenate([[0], np.cumsum(fresh[found.into])])
        fresh = (level == 0) & ~barred[found.src] & (count[found.high] > count[found.low])
        level[fresh] = step
    return level


def before(found: Links, level: I8, edge: int) -> I64:
    """The invoices that one may follow on from, a step nearer to the first."""
    at: I64 = found.into[found.low[edge] : found.high[edge]]
    nearer: I64 = at[level[at] == level[edge] - 1]
    return nearer


def partners(place: I64, other: I64, places: int) -> I64:
    """How many different others each place has invoices with."""
    pair = distinct(place * places + other)
    return np.bincount(pair // places, minlength=places)
