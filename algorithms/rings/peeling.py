"""FRAUDAR: the densest block of a bipartite network, by peeling off what is least tied to it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.rings.bipartite import starts
from graph.columns import I32, I64
from graph.compiled import inline_kernel, kernel
from graph.deadline import Deadline
from graph.searching import EASY

Mask = npt.NDArray[np.bool_]
UNIT: Final = 2**16  # weights are whole numbers of this many to one: sums are the same in any order
_HEAVY: Final = 20_000_000  # edges taken off between two looks at the clock
_TOTAL, _TURN, _COUNT, _BEST, _SEEN = range(5)


class Block(NamedTuple):
    """Nodes of either side, and the weight of the edges within over the number of nodes."""

    left: I64
    right: I64
    density: float


@inline_kernel
def _sift_down(heap: Any, place: Any, degree: Any, at: int, count: int) -> None:
    """Put the node at a position of the heap where it belongs below."""
    node = heap[at]
    while True:
        child = 2 * at + 1
        if child >= count:
            break
        if child + 1 < count and degree[heap[child + 1]] < degree[heap[child]]:
            child += 1
        if degree[heap[child]] >= degree[node]:
            break
        heap[at] = heap[child]
        place[heap[at]] = at
        at = child
    heap[at] = node
    place[node] = at


@inline_kernel
def _sift_up(heap: Any, place: Any, degree: Any, at: int) -> None:
    """Put the node at a position of the heap where it belongs above."""
    node = heap[at]
    while at > 0:
        above = (at - 1) // 2
        if degree[heap[above]] <= degree[node]:
            break
        heap[at] = heap[above]
        place[heap[at]] = at
        at = above
    heap[at] = node
    place[node] = at


@kernel
def _peel(
    ptr: Any, to: Any, weight: Any, lefts: int, degree: Any, heap: Any, place: Any, off: Any,
    batch: Any, state: Any, best: Any, budget: int,
) -> None:  # fmt: skip
    """Take off all nodes of the least weight left at once, again and again, and note when what was
    left was densest.

    `degree`: the weight that a node's edges have yet. `off[v]`: the round in which v was taken off.
    The first `lefts` nodes are on the left.
    """
    total, count, turn, seen = state[_TOTAL], state[_COUNT], state[_TURN], state[_SEEN]
    stop = seen + budget
    while count > 0 and seen < stop:
        least = degree[heap[0]]
        turn += 1
        many = 0
        while count > 0 and degree[heap[0]] == least:
            v = heap[0]
            batch[many] = v
            many += 1
            off[v] = turn
            place[v] = -1
            count -= 1
            if count > 0:
                heap[0] = heap[count]
                _sift_down(heap, place, degree, 0, count)
        for i in range(many):
            v = batch[i]
            for p in range(ptr[v], ptr[v + 1]):
                u = to[p]
                seen += 1
                if place[u] >= 0:
                    total -= weight[p]
                    degree[u] -= weight[p]
                    _sift_up(heap, place, degree, place[u])
                elif off[u] == turn and v < lefts:  # both ends go: its weight once
                    total -= weight[p]
        if count > 0 and total / count > best[0]:
            best[0] = total / count
            state[_BEST] = turn
    state[_TOTAL], state[_COUNT], state[_TURN], state[_SEEN] = total, count, turn, seen


class Network(NamedTuple):
    """Edges between the nodes 0..lefts-1 and rights nodes after them, each once; `edge` numbers
    them. With `names`, these nodes are some of more, called so on the left and on the right."""

    lefts: int
    rights: int
    left: I32
    right: I32
    edge: I64
    names: tuple[I64, I64] | None = None


def compact(left: I32, right: I32, edge: I64) -> Network:
    """The network of some of these edges alone, its nodes renumbered."""
    lefts, a = np.unique(left[edge], return_inverse=True)
    rights, b = np.unique(right[edge], return_inverse=True)
    called = (lefts.astype(np.int64), rights.astype(np.int64))
    return Network(len(lefts), len(rights), a.astype(np.int32), b.astype(np.int32), edge, called)


def densest(net: Network, camouflage: float, deadline: Deadline) -> Block | None:
    """The block found by peeling, None where there is no edge or time ran out.

    An edge to an item with x edges weighs 1 / ln(x + `camouflage`): little where everybody goes.
    The density is at least half of the highest that any block has (Hooi et al. 2016, theorem 1):
    when the first node of the densest block goes, all have at least the weight left that it has.
    Nodes of equal weight go together, which changes nothing about that and makes the outcome one
    of the network alone. O(m log n).
    """
    n, m = net.lefts + net.rights, len(net.left)
    if not m or deadline.expired():
        return None
    users = np.bincount(net.right, minlength=net.rights)
    worth = np.rint(UNIT / np.log(np.maximum(users, 1) + camouflage)).astype(np.int64)
    edge = worth[net.right]
    a, b = net.left.astype(np.int64), net.right.astype(np.int64) + net.lefts
    owner = np.concatenate([a, b])
    order = np.argsort(owner, kind="stable")
    to = np.concatenate([b, a])[order].astype(np.int32)
    weight = np.concatenate([edge, edge])[order]
    ptr = starts(owner, n)
    degree = np.zeros(n, np.int64)
    np.add.at(degree, owner, np.concatenate([edge, edge]))
    heap = np.flatnonzero(degree > 0).astype(np.int32)
    heap = heap[np.argsort(degree[heap], kind="stable")]  # sorted is a heap already
    place = np.full(n, -1, np.int32)
    place[heap] = np.arange(len(heap), dtype=np.int32)
    off = np.zeros(n, np.int32)
    total = int(edge.sum())
    state = np.array([total, 0, len(heap), 0, 0], np.int64)
    best = np.array([total / len(heap)])
    run = _peel.hot if m * 16 > EASY else _peel
    batch = np.empty(len(heap), np.int32)
    while state[_COUNT] > 0:
        run(ptr, to, weight, net.lefts, degree, heap, place, off, batch, state, best, _HEAVY)
        if state[_COUNT] > 0 and deadline.expired():
            return None
    found = np.flatnonzero(off > state[_BEST])
    a, b = found[found < net.lefts], found[found >= net.lefts] - net.lefts
    if net.names is not None:
        a, b = net.names[0][a], net.names[1][b]
    return Block(a, b, float(best[0]) / UNIT)


def cut(net: Network, block: Block) -> tuple[I64, Network]:
    """The numbers of the edges within a block, and the network without them: others may lie beside
    it, with its nodes."""
    left = net.left if net.names is None else net.names[0][net.left]
    right = net.right if net.names is None else net.names[1][net.right]
    inside = np.isin(left, block.left) & np.isin(right, block.right)
    rest = net._replace(left=net.left[~inside], right=net.right[~inside], edge=net.edge[~inside])
    return net.edge[inside], rest
