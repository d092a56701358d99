"""What arrays that ascend tell quickly: where a value would stand, what is among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from graph.columns import I64
from graph.compiled import inline_kernel, kernel
from graph.deadline import check
from graph.searching import EASY


@inline_kernel
def first_at(times: Any, low: int, high: int, t: int) -> Any:
    """The first of the run `times[low:high]` at or after `t`; `high` where there is none."""
    while low < high:
        mid = (low + high) // 2
        if times[mid] < t:
            low = mid + 1
        else:
            high = mid
    return low


@kernel
def _bounds(times: Any, low: Any, high: Any, begin: Any, end: Any, first: Any, last: Any) -> None:
    for i in range(len(low)):
        a = first_at(times, low[i], high[i], begin[i])
        first[i] = a
        b = high[i]
        while a < b:  # past the end, which may be the latest instant there is
            mid = (a + b) // 2
            if times[mid] <= end[i]:
                a = mid + 1
            else:
                b = mid
        last[i] = a


def within(times: I64, low: I64, high: I64, begin: I64, end: I64) -> tuple[I64, I64]:
    """Of each run `times[low:high]` the part `first:last` with begin <= time <= end."""
    first, last = np.empty(len(low), np.int64), np.empty(len(low), np.int64)
    check()
    run = _bounds.tier(heavy=len(low) > EASY // 16)
    run(times, low, high, begin, end, first, last)
    return first, last


def among(keys: I64, ascending: I64) -> npt.NDArray[np.bool_]:
    """Which of the keys are among others that ascend."""
    if not len(ascending):
        return np.zeros(len(keys), np.bool_)
    check()
    at = np.minimum(np.searchsorted(ascending, keys), len(ascending) - 1)
    return np.asarray(ascending[at] == keys)


def distinct(keys: I64) -> I64:
    """The different ones, ascending; sorting beats `np.unique`'s hashing by far."""
    check()
    keys = np.sort(keys)
    check()
    return keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
