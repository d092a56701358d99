"""Pairs that share items, weighted by how few others do, and the dense groups among them."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np

from algorithms.rings.bipartite import Bipartite
from graph.columns import I32, I64
from graph.compiled import kernel
from graph.deadline import Deadline
from graph.searching import EASY

# Weights are counted in whole units, so that their sums are the same in any order. Of this many to
# one, a weight of 1/2, 1/3, ... 1/36 is exact, and 63,000 of one fit into 64 bits.
UNIT: Final = math.lcm(*range(1, 37))
_HEAVY: Final = 50_000_000  # looks between two looks at the clock
_USER, _FOUND, _SEEN = range(3)


class Pairs(NamedTuple):
    """Users a < b (places on the left), the weight of what they share in units, ascending by a, b;
    `explored` looks at a user of an item were taken."""

    a: I32
    b: I32
    weight: I64
    explored: int


@kernel
def _project(
    ptr: Any, to: Any, back_ptr: Any, back: Any, party: Any, weight: Any, least: int, budget: int,
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
                q -= 1
                if party[other] == party[user]:
                    continue
                if total[other] == 0:
                    touched[count] = other
                    count += 1
                total[other] += worth
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


def shares(net: Bipartite, party: I32 | None = None) -> I64:
    """By how many users each item is used, or by how many parties, where users are of some."""
    if party is None:
        return np.diff(net.back_ptr)
    item = np.repeat(np.arange(len(net.right)), np.diff(net.back_ptr))
    many = int(party.max(initial=0)) + 1
    several = np.unique(item * many + party[net.back])
    return np.bincount(several // many, minlength=len(net.right))


def weights(degree: I64, most: int) -> I64:
    """What an item weighs that d share: 1 / (d - 1) (Newman 2001); nothing where one does, or more
    than `most`."""
    some = (degree > 1) & (degree <= most)
    return np.where(some, UNIT // np.maximum(degree - 1, 1), 0).astype(np.int64)


def pairs(
    net: Bipartite, weight: I64, least: int, deadline: Deadline, party: I32 | None = None
) -> Pairs:
    """The pairs of users (of different parties) whose shared items weigh at least `least` units.

    An item of d users costs d² / 2 looks; one that weighs nothing costs none.
    """
    degree = np.diff(net.back_ptr)[weight > 0]
    looks = int((degree * (degree - 1) // 2).sum())
    run = _project.hot if looks > EASY else _project
    n = len(net.left)
    party = np.arange(n, dtype=np.int32) if party is None else party
    total, touched = np.zeros(n, np.int64), np.empty(n, np.int32)
    state = np.zeros(3, np.int64)
    room = max(min(looks, 1 << 22), n, 1)
    a, b, w = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int64)
    parts: list[tuple[I32, I32, I64]] = []
    while state[_USER] < n:
        run(
            net.ptr, net.to, net.back_ptr, net.back, party, weight, least, _HEAVY,
            total, touched, state, a, b, w,
        )  # fmt: skip
        found = int(state[_FOUND])
        parts.append((a[:found].copy(), b[:found].copy(), w[:found].copy()))
        state[_FOUND] = 0
        if state[_USER] < n and deadline.expired():
            break
    a, b, w = (
        (np.concatenate([part[k] for part in parts]) for k in range(3)) if parts else (a, b, w)
    )
    if not parts:
        a, b, w = a[:0], b[:0], w[:0]
    return Pairs(a, b, w, int(state[_SEEN]))


@kernel
def _merge(
    a: Any, b: Any, level: Any, dense: int, root: Any, top: Any, parent: Any, size: Any,
    inside: Any, excess: Any, fresh: Any,
) -> int:  # fmt: skip
    """Join pairs, heaviest level first, into a tree of groups; returns how many nodes it has.

    `root` finds sets of users; of a set's root, `top` is its tree node and `inside` its pairs. The
    first nodes of the tree are the users. `excess` of a node that was whole at the end of a level:
    a thousand times its pairs, less `dense` of a thousand of all that it could have. `fresh` lists
    the roots that a level has changed.
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
                excess[top[x]] = 1000 * inside[x] - dense * (members * (members - 1) // 2)
    return nodes


@kernel
def _choose(parent: Any, excess: Any, below: Any, group: Any, nodes: int) -> None:
    """Take the nodes of the tree, none above another, that have most excess in all; `group`: the
    one taken that a node is or lies under, -1 where there is none.

    `below` sums what the nodes right below have at most.
    """
    for node in range(nodes):
        most = max(excess[node], below[node])
        if parent[node] >= 0:
            below[parent[node]] += most
    for node in range(nodes - 1, -1, -1):
        above = group[parent[node]] if parent[node] >= 0 else -1
        taken = excess[node] > 0 and excess[node] >= below[node]
        group[node] = above if above >= 0 else (node if taken else -1)


def dense_groups(n: int, found: Pairs, dense: float) -> I32:
    """For each of n users its group, a number that means nothing else, -1 where it has none.

    Take the groups that hang together by pairs of at least some weight, at every weight: a tree,
    for the lighter the more hang together. The excess of a group is the number of its pairs of that
    weight less a share `dense` (to a thousandth) of all its pairs. Answered are the groups of which
    none overlap and that have most excess in all; where one has as much as those within it, that
    one. O(p log p) for p pairs.
    """
    order = np.argsort(-found.weight, kind="stable")
    a, b, level = found.a[order], found.b[order], found.weight[order]
    room = 2 * max(n, 1)
    root, top = np.arange(n, dtype=np.int32), np.arange(n, dtype=np.int32)
    parent, size = np.full(room, -1, np.int32), np.ones(room, np.int64)
    excess, below = np.zeros(room, np.int64), np.zeros(room, np.int64)
    inside, fresh = np.zeros(n, np.int64), np.empty(max(len(a), 1), np.int32)
    group = np.full(room, -1, np.int32)
    hot = len(a) > EASY
    merge, choose = (_merge.hot, _choose.hot) if hot else (_merge, _choose)
    nodes = merge(
        a, b, level, round(dense * 1000), root, top, parent, size, inside, excess, fresh
    )  # fmt: skip
    choose(parent, excess, below, group, nodes)
    return group[:n]
