"""When the use of accounts changed: the CUSUM of the ranks of their payments' amounts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.findings.significance import kolmogorov_tail
from algorithms.flows.statements import I64, Statements

F64 = npt.NDArray[np.float64]


class Changes(NamedTuple):
    """Of each pool: the line that its change begins with (-1 where there is none), how likely such
    a change is by chance, and whether payments are larger after it."""

    line: I64
    p: F64
    larger: npt.NDArray[np.bool_]


def changes(made: Statements) -> Changes:
    """Where ranks of amounts, centred and summed up over time, are farthest from zero.

    Under random order the largest of |S(k)| / (s sqrt(n)) tends to the supremum of a Brownian
    bridge, s being the standard deviation of the ranks; so its tail is Kolmogorov's. O(n log n).
    """
    pools = len(made.begins) - 1
    line, p = np.full(pools, -1), np.ones(pools)
    larger = np.zeros(pools, np.bool_)
    if not len(made.row):
        return Changes(line, p, larger)
    size = np.diff(made.begins)
    rank = _ranks(made)
    centred = rank - (size[made.pool] + 1) / 2
    spread = np.sqrt(np.bincount(made.pool, weights=centred**2, minlength=pools) / size)
    run = np.cumsum(centred)
    run -= (run[made.begins[:-1]] - centred[made.begins[:-1]])[made.pool]
    # A change begins with the line after; two lines of one moment are in no order.
    inside = np.zeros(len(run), np.bool_)
    inside[:-1] = (made.pool[1:] == made.pool[:-1]) & (made.time[1:] != made.time[:-1])
    height = np.where(inside, np.abs(run), 0.0)
    most = np.maximum.reduceat(height, made.begins[:-1])
    first = np.flatnonzero((height == most[made.pool]) & inside)[::-1]
    at = np.full(pools, -1)
    at[made.pool[first]] = first
    there = (at >= 0) & (spread > 0)
    p[there] = kolmogorov_tail(most[there] / (spread[there] * np.sqrt(size[there])))
    larger[there] = run[at[there]] < 0
    line[there] = at[there] + 1
    return Changes(line, p, larger)


def _ranks(made: Statements) -> F64:
    """The rank of each line's amount among those of its pool; equal amounts share the mean."""
    order = np.lexsort((made.value, made.pool))
    value, pool = made.value[order], made.pool[order]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (value[1:] != value[:-1]) | (pool[1:] != pool[:-1])
    begins = np.append(np.flatnonzero(fresh), len(order))
    mean = (begins[:-1] + begins[1:] + 1) / 2
    rank = np.empty(len(order))
    rank[order] = mean[np.cumsum(fresh) - 1] - made.begins[pool]
    return rank
