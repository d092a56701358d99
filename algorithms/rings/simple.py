"""The simple undirected graph under a network: core numbers and triangles."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.columns import I32, I64
from graph.compiled import kernel
from graph.searching import EASY


class Simple(NamedTuple):
    """The neighbours of node v, ascending, each once and never v itself: to[ptr[v]:ptr[v + 1]]."""

    ptr: I64
    to: I32


def simple(n: int, src: I32, dst: I32) -> Simple:
    """The simple undirected graph of the nodes 0..n-1. Time: sorting twice the edges."""
    apart = src != dst
    a, b = src[apart].astype(np.int64), dst[apart].astype(np.int64)
    pairs = np.concatenate([a * n + b, b * n + a])
    pairs.sort()
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    owner, to = np.divmod(pairs, max(n, 1))
    return Simple(_starts(owner, n), to.astype(np.int32))


def _starts(owner: I64, n: int) -> I64:
    """Where the entries of each of n owners begin, and the end of all."""
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=n), out=starts[1:])
    return starts


class Cores(NamedTuple):
    """`core[v]`: the largest k for which v is in the k-core. `place[v]`: when v was peeled off."""

    core: I64
    place: I64


@kernel
def _peel(ptr: Any, to: Any, first: Any, order: Any, place: Any, core: Any) -> None:
    """Take nodes off in order of the degree that is left to them.

    `core` starts as the degrees, `order` as the nodes by degree, `place` as its inverse and
    `first[d]` as where degree d begins in it; what is left of a degree is the core number.
    """
    for i in range(len(order)):
        v = order[i]
        for p in range(ptr[v], ptr[v + 1]):
            u = to[p]
            left = core[u]
            if left <= core[v]:
                continue
            # The first node of u's degree changes places with u, and the next degree begins there.
            w = order[first[left]]
            order[first[left]] = u
            order[place[u]] = w
            place[w] = place[u]
            place[u] = first[left]
            first[left] += 1
            core[u] = left - 1


def cores(graph: Simple) -> Cores:
    """Core numbers after Batagelj and Zaversnik, each node peeled off at its least degree.

    A node has at most as many neighbours that were peeled off later as its core number says.
    O(n + m).
    """
    degree = np.diff(graph.ptr)
    order = np.argsort(degree, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    first = np.searchsorted(degree[order], np.arange(int(degree.max(initial=0)) + 2))
    run = _peel.hot if len(graph.to) > EASY else _peel
    run(graph.ptr, graph.to, first, order, place, degree)
    return Cores(degree, place)


@kernel
def _close(ptr: Any, to: Any, mark: Any, count: Any) -> None:
    """Count the triangles of each node; every edge is listed once, at its end that comes first.

    `mark` starts as -1.
    """
    for u in range(len(count)):
        for p in range(ptr[u], ptr[u + 1]):
            mark[to[p]] = u
        for p in range(ptr[u], ptr[u + 1]):
            v = to[p]
            for q in range(ptr[v], ptr[v + 1]):
                w = to[q]
                if mark[w] == u:
                    count[u] += 1
                    count[v] += 1
                    count[w] += 1


def triangles(graph: Simple, found: Cores) -> I64:
    """How many triangles each node is part of.

    Edges lead to the end that was peeled off later, so that a hub has few of them, and a triangle
    is met once, from the first of its nodes. O(m * the largest core number).
    """
    n = len(found.core)
    owner = np.repeat(np.arange(n), np.diff(graph.ptr))
    later = found.place[graph.to] > found.place[owner]
    count = np.zeros(n, np.int64)
    run = _close.hot if len(graph.to) > EASY else _close
    run(_starts(owner[later], n), graph.to[later], np.full(n, -1, np.int64), count)
    return count
