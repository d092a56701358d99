"""Pairs that share items, weighted by how few others do, and the dense groups among them."""

from __future__ import annotations

import math
import time
from typing import Any, Final, NamedTuple

import numpy as np

from algorithms.rings.bipartite import Bipartite
from graph.columns import I32, I64
from graph.compiled import kernel
from graph.searching import EASY

# Weights are counted in whole units, so that their sums are the same in any order. Of this many to
# one, a weight of 1/2, 1/3, ... 1/36 is exact, and 63,000 of one fit into 64 bits.
UNIT: Final = math.lcm(*range(1, 37))
_HEAVY: Final = 50_000_000  # looks between two looks at the clock
_USER, _FOUND, _SEEN = range(3)


class Pairs(NamedTuple):
    """Users a < b (places on the left), the weight of what they share in units, ascending by a, b;
    `explored` looks at a user of an item were taken, and `ended` says whether time ended it."""

    a: I32
    b: I32
    weight: I64
    explored: int
    ended: bool


@kernel
def _project(
    ptr: Any, to: Any, back_ptr: Any, back: Any, weight: Any, least: int, budget: int,
    total: Any, touched: Any, state: Any, a: Any, b: Any, w: Any,
) -> None:  # fmt: skip
    """Go on pairing users until all are done, the room is full or `budget` looks were taken.

    `total` is all zero between users.
    """
    seen = state[_SEEN]
    stop = seen + budget
    user = state[_USER]
    found = state[_FOUND]
    while user < len(ptr) - 1 and seen < stop:
        count = 0
        for p in range(ptr[user], ptr[user + 1]):
            item = to[p]
            worth = weight[item]
            if worth == 0:
                continue
            # Users of an item are ascending: those after this one stand at the end.
            q = back_ptr[item + 1] - 1
            while back[q] > user:
                seen += 1
                other = back[q]
                if total[other] == 0:
                    touched[count] = other
                    count += 1
                total[other] += worth
                q -= 1
        kept = 0
        for i in range(count):
            if total[touched[i]] >= least:
                kept += 1
        if found + kept > len(a):
            for i in range(count):
                total[touched[i]] = 0
            break
        for i in range(count):
            other = touched[i]
            if total[other] >= least:
                a[found] = user
                b[found] = other
                w[found] = total[other]
                found += 1
            total[other] = 0
        user += 1
    state[_USER] = user
    state[_FOUND] = found
    state[_SEEN] = seen


def weights(net: Bipartite, most: int) -> I64:
    """What an item weighs that d users share: 1 / (d - 1) (Newman 2001); nothing where it has one
    user, or more than `most`."""
    degree = np.diff(net.back_ptr)
    some = (degree > 1) & (degree <= most)
    return np.where(some, UNIT // np.maximum(degree - 1, 1), 0).astype(np.int64)


def pairs(net: Bipartite, weight: I64, least: int, seconds: float) -> Pairs:
    """The pairs of users whose shared items weigh at least `least` units together.

    An item of d users costs d² / 2 looks; one that weighs nothing costs none. Since an item's
    pairs weigh d / 2 together, at most (edges / 2) * UNIT / least pairs are found.
    """
    until = time.monotonic() + seconds
    degree = np.diff(net.back_ptr)[weight > 0]
    looks = int((degree * (degree - 1) // 2).sum())
    run = _project.hot if looks > EASY else _project
    n = len(net.left)
    total, touched = np.zeros(n, np.int64), np.empty(n, np.int32)
    state = np.zeros(3, np.int64)
    room = max(min(looks, 1 << 22), n, 1)
    a, b, w = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int64)
    parts: list[tuple[I32, I32, I64]] = []
    ended = False
    while state[_USER] < n and not ended:
        run(
            net.ptr, net.to, net.back_ptr, net.back, weight, least, _HEAVY,
            total, touched, state, a, b, w,
        )  # fmt: skip
        found = int(state[_FOUND])
        parts.append((a[:found].copy(), b[:found].copy(), w[:found].copy()))
        state[_FOUND] = 0
        ended = bool(state[_USER] < n and time.monotonic() > until)
    a, b, w = (
        (np.concatenate([part[k] for part in parts]) for k in range(3)) if parts else (a, b, w)
    )
    if not parts:
        a, b, w = a[:0], b[:0], w[:0]
    return Pairs(a, b, w, int(state[_SEEN]), ended)


@kernel
def _merge(
    a: Any, b: Any, level: Any, dense: float, root: Any, top: Any, parent: Any, size: Any,
    inside: Any, flag: Any, fresh: Any,
) -> int:  # fmt: skip
    """Join pairs, heaviest level first, into a tree of groups; mark in `flag` those that are dense
    at the end of some level. Returns how many tree nodes there are.

    `root` finds sets of users; of a set's root, `top` is its tree node and `inside` its pairs. The
    first nodes of the tree are the users. `fresh` lists the roots that a level has changed.
    """
    nodes = len(root)
    at = 0
    while at < len(a):
        now = level[at]
        count = 0
        while at < len(a) and level[at] == now:
            x = a[at]
            while root[x] != x:
                root[x] = root[root[x]]
                x = root[x]
            y = b[at]
            while root[y] != y:
                root[y] = root[root[y]]
                y = root[y]
            if x != y:
                if size[top[x]] < size[top[y]]:
                    x, y = y, x
                size[nodes] = size[top[x]] + size[top[y]]
                parent[top[x]] = nodes
                parent[top[y]] = nodes
                root[y] = x
                top[x] = nodes
                inside[x] += inside[y]
                nodes += 1
            inside[x] += 1
            fresh[count] = x
            count += 1
            at += 1
        for i in range(count):
            x = fresh[i]
            if root[x] == x:
                members = size[top[x]]
                if inside[x] >= dense * (members * (members - 1) / 2):
                    flag[top[x]] = True
    return nodes


@kernel
def _choose(parent: Any, flag: Any, group: Any, nodes: int) -> None:
    """For every node of the tree the highest marked one above it or itself, -1 where none is."""
    for node in range(nodes - 1, -1, -1):
        above = group[parent[node]] if parent[node] >= 0 else -1
        group[node] = above if above >= 0 else (node if flag[node] else -1)


def dense_groups(n: int, found: Pairs, dense: float) -> I32:
    """For each of n users its group, a number that means nothing else, -1 where it has none.

    Take the groups that hang together by pairs of at least some weight, at every weight: a tree,
    for the lighter the more hang together. A group is dense where at least a share `dense` of its
    pairs have that weight. Those answered are the largest dense ones, no two of which overlap.
    O(p log p) for p pairs.
    """
    order = np.argsort(-found.weight, kind="stable")
    a, b, level = found.a[order], found.b[order], found.weight[order]
    room = 2 * max(n, 1)
    root, top = np.arange(n, dtype=np.int32), np.arange(n, dtype=np.int32)
    parent, size = np.full(room, -1, np.int32), np.ones(room, np.int64)
    flag, group = np.zeros(room, np.bool_), np.full(room, -1, np.int32)
    inside, fresh = np.zeros(n, np.int64), np.empty(max(len(a), 1), np.int32)
    hot = len(a) > EASY
    merge, choose = (_merge.hot, _choose.hot) if hot else (_merge, _choose)
    nodes = merge(a, b, level, dense - 1e-9, root, top, parent, size, inside, flag, fresh)
    choose(parent, flag, group, nodes)
    return group[:n]
