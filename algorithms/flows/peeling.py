"""FlowScope's greedy: take away what carries least, keep the best on the way."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.columns import I64
from graph.compiled import is_warm, kernel

F64 = npt.NDArray[np.float64]

_EASY = 20_000


class Parts(NamedTuple):
    """A multipartite graph: edges from `src` to `dst` with money, and which nodes are middle ones.

    Nodes are 0..n-1; where the weights of several are equal the first of them goes first.
    """

    src: I64
    dst: I64
    money: F64
    middle: npt.NDArray[np.bool_]


class Peeled(NamedTuple):
    """The best subset met, its density, and what no subset can be denser than."""

    kept: npt.NDArray[np.bool_]
    density: float
    bound: float


@kernel
def _peel(  # noqa: PLR0912  (one loop: a call in it would count references to every array)
    ptr: Any, other: Any, edge_money: Any, outward: Any, middle: Any, penalty: float,
    came: Any, went: Any, near: Any, gone: Any, weights: Any,
) -> Any:  # fmt: skip
    """Take nodes away until none is left; `gone[v]` is when v went. Returns when what was left was
    densest, its density, and the bound. `near` is a node's money to and from middle ones."""
    n = len(middle)
    rate = penalty / (1.0 + penalty)
    total = 0.0
    for v in range(n):
        if middle[v]:
            total += (1.0 + penalty) * min(came[v], went[v]) - penalty * max(came[v], went[v])
    heap = [(weights[v], v) for v in range(n)]
    heapify(heap)
    best = total / n
    when = 0
    bound = 0.0
    step = 0
    while len(heap) > 0:
        weight, v = heappop(heap)
        if gone[v] < n:
            continue
        now = came[v] + went[v]
        if middle[v]:
            now = min(came[v], went[v]) - rate * max(came[v], went[v])
        if weight != now:
            continue
        gone[v] = step
        step += 1
        if middle[v]:
            low = min(came[v], went[v])
            total -= (1.0 + penalty) * low - penalty * max(came[v], went[v])
            bound = max(bound, low + (1.0 + penalty) * near[v])
        else:
            bound = max(bound, (1.0 + penalty) * now)
        for p in range(ptr[v], ptr[v + 1]):
            u = other[p]
            if gone[u] < n:
                continue
            m = edge_money[p]
            if middle[v]:
                near[u] -= m
            if middle[u]:
                total -= (1.0 + penalty) * min(came[u], went[u]) - penalty * max(came[u], went[u])
            if outward[p]:
                came[u] -= m
            else:
                went[u] -= m
            if middle[u]:
                total += (1.0 + penalty) * min(came[u], went[u]) - penalty * max(came[u], went[u])
                heappush(heap, (min(came[u], went[u]) - rate * max(came[u], went[u]), u))
            else:
                heappush(heap, (came[u] + went[u], u))
        left = n - step
        if left > 0 and total / left >= best:
            best = total / left
            when = step
    return when, best, bound


def peel(parts: Parts, penalty: float) -> Peeled:
    """The greedy on one graph. O((n + m) log m). Money in whole minor units keeps sums exact."""
    n = len(parts.middle)
    ends = np.concatenate([parts.src, parts.dst])
    order = np.argsort(ends, kind="stable")
    other = np.concatenate([parts.dst, parts.src])[order]
    money = np.concatenate([parts.money, parts.money])[order]
    outward = (np.arange(len(ends)) < len(parts.src))[order]
    ptr = np.searchsorted(ends[order], np.arange(n + 1))
    came = np.bincount(parts.dst, weights=parts.money, minlength=n)
    went = np.bincount(parts.src, weights=parts.money, minlength=n)
    near = np.bincount(ends[order], weights=money * parts.middle[other], minlength=n)
    low, high = np.minimum(came, went), np.maximum(came, went)
    weight = np.where(parts.middle, low - penalty / (1 + penalty) * high, came + went)
    if len(other) > _EASY or is_warm():
        gone = np.full(n, n, np.int64)
        found = _peel.hot(
            ptr, other, money, outward, parts.middle, penalty, came, went, near, gone, weight
        )
    else:
        plain = [n] * n
        found = _peel(
            ptr.tolist(), other.tolist(), money.tolist(), outward.tolist(), parts.middle.tolist(),
            penalty, came.tolist(), went.tolist(), near.tolist(), plain, weight.tolist(),
        )  # fmt: skip
        gone = np.array(plain, np.int64)
    when, best, bound = found
    return Peeled(gone >= when, float(best), float(bound))
