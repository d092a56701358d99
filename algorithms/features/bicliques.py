"""Bicliques of two by two: two that both pay the same two others, counted at each end.

Vertex-priority counting (Wang, Lin, Qin, Zhang and Zhang 2019, doi:10.14778/3339490.3339497): each
is found from the vertex of most pairs, so that a hub costs no more than what it is joined to.
O(sum over the pairs of the smaller degree of the two).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from graph.columns import I64
from graph.compiled import kernel
from graph.deadline import check
from graph.searching import EASY

_LOOKS: Final = 50_000_000  # between two looks at whether the work was called off


@kernel
def _count(ptr: Any, to: Any, v: int, budget: int, met: Any, touched: Any, found: Any) -> Any:
    """Go on from vertex `v`, until the budget is spent; the next vertex."""
    looked = 0
    while v < len(ptr) - 1 and looked < budget:
        many = 0
        for p in range(ptr[v], ptr[v + 1]):
            m = to[p]
            if m >= v:
                break
            for q in range(ptr[m], ptr[m + 1]):
                w = to[q]
                if w >= v:
                    break
                looked += 1
                if met[w] == 0:
                    touched[many] = w
                    many += 1
                met[w] += 1
        for i in range(many):
            both = met[touched[i]] * (met[touched[i]] - 1) // 2
            found[v] += both
            found[touched[i]] += both
        for p in range(ptr[v], ptr[v + 1]):
            m = to[p]
            if m >= v:
                break
            for q in range(ptr[m], ptr[m + 1]):
                w = to[q]
                if w >= v:
                    break
                found[m] += met[w] - 1
        for i in range(many):
            met[touched[i]] = 0
        looked += ptr[v + 1] - ptr[v]
        v += 1
    return v


def bicliques(n: int, a: I64, b: I64) -> tuple[I64, I64]:
    """Of the different pairs (a, b) of nodes below n: in how many sets {a1, a2} x {b1, b2}, all
    four of them pairs, each node is on the one side, and on the other."""
    check()
    ends = np.concatenate([a, b + n])
    degree = np.bincount(ends, minlength=2 * n)
    vertex = np.flatnonzero(degree)
    vertex = vertex[np.argsort(degree[vertex], kind="stable")]
    rank = np.full(2 * n, -1, np.int32)
    rank[vertex] = np.arange(len(vertex), dtype=np.int32)
    left, right = rank[a], rank[b + n]
    key = np.concatenate([left, right]).astype(np.int64) << 32
    key |= np.concatenate([right, left])
    check()
    key.sort()
    check()
    ptr = np.searchsorted(key, np.arange(len(vertex) + 1) << 32)
    to = (key & 0xFFFFFFFF).astype(np.int32)
    del key
    met, touched = np.zeros(len(vertex), np.int64), np.empty(len(vertex), np.int32)
    found = np.zeros(len(vertex), np.int64)
    run, at = _count.tier(heavy=len(a) > EASY // 16), 0
    while at < len(vertex):
        check()
        at = int(run(ptr, to, at, _LOOKS, met, touched, found))
    whole = np.zeros(2 * n, np.int64)
    whole[vertex] = found
    return whole[:n], whole[n:]
