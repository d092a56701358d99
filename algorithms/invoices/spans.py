"""Looking up many spans of sorted times at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from graph.columns import I64
from graph.compiled import kernel


@kernel
def _bounds(times: Any, low: Any, high: Any, begin: Any, end: Any, first: Any, last: Any) -> int:
    for i in range(len(low)):
        a, b = low[i], high[i]
        while a < b:
            mid = (a + b) // 2
            if times[mid] < begin[i]:
                a = mid + 1
            else:
                b = mid
        first[i] = a
        b = high[i]
        while a < b:
            mid = (a + b) // 2
            if times[mid] <= end[i]:
                a = mid + 1
            else:
                b = mid
        last[i] = a
    return 0


def within(times: I64, low: I64, high: I64, begin: I64, end: I64) -> tuple[I64, I64]:
    """Of each run `times[low:high]`, which is sorted, the part with begin <= time <= end."""
    first, last = np.empty(len(low), np.int64), np.empty(len(low), np.int64)
    run = _bounds.hot if len(low) > 4000 else _bounds
    run(times, low, high, begin, end, first, last)
    return first, last
