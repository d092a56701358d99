"""Statistics of what the events of each subject carry, in windows that end with the day."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from algorithms.features.table import F32
from algorithms.flows.windows import Side
from graph.columns import I32, I64
from graph.compiled import kernel
from graph.deadline import check
from graph.searching import EASY

F64 = npt.NDArray[np.float64]
# Of the known values of a subject's events on one side in a window: how many, and of these sum,
# mean, deviation, least, most, median, skewness, excess kurtosis.
STATISTICS: Final = ("known", "sum", "mean", "std", "min", "max", "median", "skew", "kurtosis")
_CHUNK: Final = 200_000  # subjects between two looks at whether the work was called off


@kernel
def _describe(
    who: Any, first: int, ptr: Any, time: Any, value: Any, after: Any, out: Any
) -> None:  # fmt: skip
    """Fill `out[window, statistic, first + i]` for the subjects `who[i]`."""
    for i in range(len(who)):
        v = who[i]
        place = first + i
        low = ptr[v]
        high = ptr[v + 1]
        room = np.empty(high - low, np.int64)
        for w in range(len(after)):
            n = 0
            at = high - 1
            while at >= low and time[at] > after[w]:
                if value[at] >= 0:
                    room[n] = value[at]
                    n += 1
                at -= 1
            out[w, 0, place] = n
            if n == 0:
                continue
            ordered = np.sort(room[:n])  # sums of floats do not depend on how they were loaded
            total = 0.0  # exact below 2^53 minor units, and never beyond what a number can be
            for k in range(n):
                total += ordered[k]
            mean = total / n
            second = 0.0
            third = 0.0
            fourth = 0.0
            for k in range(n):
                apart = ordered[k] - mean
                square = apart * apart
                second += square
                third += square * apart
                fourth += square * square
            second /= n
            third /= n
            fourth /= n
            out[w, 1, place] = total
            out[w, 2, place] = mean
            out[w, 3, place] = np.sqrt(second)
            out[w, 4, place] = ordered[0]
            out[w, 5, place] = ordered[n - 1]
            out[w, 6, place] = ordered[(n - 1) // 2] / 2.0 + ordered[n // 2] / 2.0
            if ordered[0] < ordered[n - 1]:
                out[w, 7, place] = third / second**1.5
                out[w, 8, place] = fourth / (second * second) - 3.0


def sums(of: npt.NDArray[Any], amount: I64, n: int) -> F64:
    """The sum of what each of n has, rounded once: in any order the same, and of any amounts. Exact
    until then for fewer than 2^21 amounts each."""
    high, low = np.bincount(of, amount >> 32, n), np.bincount(of, amount & 0xFFFFFFFF, n)
    return np.asarray(high * 2.0**32 + low, np.float64)


def described(payments: Side, value: I64, after: I64, nodes: I32) -> F32:
    """By window, statistic and subject (of `nodes`), what the events of a side that are later than
    `after` carry; NaN where that says nothing (a sum of nothing is 0). `value` by event.

    Population moments: deviation the root of the mean square, skewness m3 / m2^1.5, kurtosis
    m4 / m2² - 3, both not known where all values are equal. Sums are floats, of the least first:
    exact below 2^53, rounded above. O(m log m) a window.
    """
    found = np.full((len(after), len(STATISTICS), len(nodes)), np.nan, np.float32)
    found[:, :2] = 0.0
    ordered = value[payments.edge]
    run = _describe.tier(heavy=len(ordered) > EASY // 8)
    for begin in range(0, len(nodes), _CHUNK):
        check()
        part = nodes[begin : begin + _CHUNK]
        run(part, begin, payments.ptr, payments.time, ordered, after, found)
    return found
