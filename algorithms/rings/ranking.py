"""PageRank in whole numbers, so that no order of adding up shows in it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.columns import I32, I64
from graph.compiled import kernel
from graph.searching import EASY

# Ranks are counted in units of 2^-60 and sum to one: sums of them are exact and fit into 64 bits.
# So neither the order of relations nor the numbers of nodes change a bit of the outcome, and
# nodes that a symmetry of the graph exchanges are equal. Each edge rounds by half a unit at most.
_UNIT: Final = 2**60
_STEPS: Final = 64  # as many as are usual


class Ranks(NamedTuple):
    """`rank` sums to 1; `change` is the sum of all changes by the last of `steps` steps."""

    rank: npt.NDArray[np.float64]
    steps: int
    change: float


@kernel
def _push(src: Any, dst: Any, along: Any, after: Any) -> None:
    """Add to the end of each edge what goes along it."""
    for i in range(len(src)):
        after[dst[i]] += along[src[i]]


def pagerank(n: int, src: I32, dst: I32, damping: float, tolerance: float, max_steps: int) -> Ranks:
    """PageRank of the nodes 0..n-1, by power iteration from equal ranks.

    Every edge counts: parallel ones add, and one of a node to itself is an edge. The rank of nodes
    without edges out of them is spread over all nodes. Ends when the changes of one step sum to
    less than `tolerance`, or after `max_steps`; what is left of the error is at most
    `change` * damping / (1 - damping). O((n + m) steps).
    """
    out = np.bincount(src, minlength=n)
    ends = out == 0
    rate = np.divide(damping, out, out=np.zeros(n), where=out > 0)
    rank: I64 = np.full(n, _UNIT // max(n, 1), np.int64)
    push = _push.hot if len(src) * _STEPS > EASY else _push
    step, change = 0, 1.0 if n else 0.0
    while step < max_steps and change >= tolerance:
        spread = int(rank[ends].sum())
        everywhere = round(((1 - damping) * _UNIT + damping * spread) / n)
        along = np.rint(rank * rate).astype(np.int64)
        after = np.full(n, everywhere, np.int64)
        push(src, dst, along, after)
        change = int(np.abs(after - rank).sum()) / _UNIT
        rank = after
        step += 1
    return Ranks(rank / _UNIT, step, change)
