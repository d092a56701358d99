"""Every cycle of a network up to a length: depth first, with a look back from where it starts.

Before the edges of a root are followed, a bounded search backwards finds from which nodes, how late
and in how many steps the root can still be reached; the search forwards goes only where that leaves
a way back (after 2SCENT's source detection, Kumar and Calders 2018; bounding as in Gupta and
Suzumura 2021). A search can be paused and gone on with.
"""

# ruff: noqa: PLR0917  (kernels are called by position)

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.flows.network import I32, I64, Network
from graph.compiled import inline_kernel, kernel

DONE: Final = 0
PAUSED: Final = 1
FULL: Final = 2
EXPLORED: Final = 3
TIME: Final = 4

TIMED: Final = 0  # from every node: each cycle from its earliest edge
THROUGH: Final = 1  # from one node, in order of time from the earliest edge on, wherever that is
UNTIMED: Final = 2  # from every node: each cycle from its least node
UNTIMED_THROUGH: Final = 3

_LATEST: Final = 2**63 - 1
_NEVER: Final = -(2**63)
_ROOT, _LAST, _EDGE, _DEPTH, _BALL, _FOUND, _SEEN = range(7)
_EASY: Final = 100_000
_HEAVY: Final = 20_000_000
_CYCLES: Final = 1 << 14


class Rules(NamedTuple):
    """Longest cycle, largest time between its edges (µs), how to look, edges to look at."""

    length: int
    window: int
    mode: int
    explore: int


class Scratch(NamedTuple):
    """The state of a search; `late[h, x]`: latest departure from x that is back in h steps."""

    late: I64
    touched: I32
    ball: I32  # [0]: how many are touched
    on_path: npt.NDArray[np.bool_]
    node: I64  # the path: node and edge at each depth
    edge: I64
    at: I64  # next edge to try at each depth
    peak: I64  # time before the path fell back to an earlier one; _NEVER while it has not
    found: I64  # cycles, one a row, as edges; -1 past their end
    state: I64


@inline_kernel
def _relax(net: Any, rules: Any, root: int, s: Any, h: int, y: int, deadline: int) -> None:
    """Note from where, and how late, `y` is reached by `deadline`; `h` steps lead to the root."""
    earliest = net.out_time[net.out_ptr[root]] if rules.mode == TIMED else _NEVER
    for p in range(net.in_ptr[y + 1] - 1, net.in_ptr[y] - 1, -1):
        t = net.in_time[p]
        if t < earliest:
            break
        s.state[_SEEN] += 1
        x = net.in_from[p]
        if t > deadline or x == root or (rules.mode == UNTIMED and x < root):
            continue
        if rules.mode != TIMED:
            t = _LATEST
        if t > s.late[h, x]:
            if s.late[h, x] == _NEVER:
                s.touched[s.ball[0]] = x
                s.ball[0] += 1
            s.late[h, x] = t


@inline_kernel
def _look_back(net: Any, rules: Any, root: int, s: Any) -> None:
    """Fill `late` for the nodes from which the root can be reached in half the length."""
    for i in range(s.ball[0]):
        s.late[:, s.touched[i]] = _NEVER
    s.ball[0] = 0
    _relax(net, rules, root, s, 1, root, _LATEST)
    for h in range(2, len(s.late)):
        before = s.ball[0]
        for i in range(before):
            s.late[h, s.touched[i]] = s.late[h - 1, s.touched[i]]
        for i in range(before):
            y = s.touched[i]
            # Only a node that got later by the step before can make others later.
            if s.late[h - 1, y] > s.late[h - 2, y]:
                _relax(net, rules, root, s, h, y, s.late[h - 1, y])


@inline_kernel
def _first_edge(net: Any, rules: Any, v: int, t: int) -> Any:
    """The first edge of a node that a path at time `t` may take."""
    lo = net.out_ptr[v]
    hi = net.out_ptr[v + 1]
    if rules.mode != TIMED:
        return lo
    while lo < hi:
        mid = (lo + hi) // 2
        if net.out_time[mid] < t:
            lo = mid + 1
        else:
            hi = mid
    return lo


@inline_kernel
def _in_time(rules: Any, t0: int, last: int, peak: int, t: int) -> Any:
    """Whether an edge at `t` may follow one at `last`, on a path that began at `t0`.

    Round a cycle, time may fall once, from its last edge to its first; through a given node that
    may be anywhere, and from there on nothing is later than `t0`.
    """
    if rules.mode >= UNTIMED:
        return True
    if peak != _NEVER:
        return last <= t <= t0 and peak - t <= rules.window
    if t >= last:
        return t - t0 <= rules.window
    return rules.mode == THROUGH and t <= t0 and last - t <= rules.window


@inline_kernel
def _counts(net: Any, rules: Any, s: Any, depth: int, e: int) -> Any:
    """Whether a cycle is met here and not from another of its edges.

    That is in doubt only where all its edges are of one moment: then the first of them counts.
    """
    if rules.mode != TIMED or net.out_time[e] != net.out_time[s.edge[0]]:
        return True
    for d in range(1, depth):
        if s.edge[d] < s.edge[0]:
            return False
    return e > s.edge[0]


@inline_kernel
def _step(net: Any, rules: Any, s: Any, root: int, depth: int) -> int:
    """Try the next edge at the end of the path; the depth afterwards."""
    state = s.state
    v = s.node[depth]
    e = s.at[depth]
    last = net.out_time[s.edge[depth - 1]]
    t0 = net.out_time[s.edge[0]]
    spent = e >= net.out_ptr[v + 1]
    if spent or (rules.mode == TIMED and net.out_time[e] - t0 > rules.window):
        s.on_path[v] = False
        return depth - 1
    s.at[depth] = e + 1
    state[_SEEN] += 1
    t = net.out_time[e]
    w = net.out_to[e]
    if not _in_time(rules, t0, last, s.peak[depth], t):
        return depth
    if w == root:
        if _counts(net, rules, s, depth, e):
            row = state[_FOUND]
            for d in range(rules.length):
                s.found[row, d] = s.edge[d] if d < depth else -1
            s.found[row, depth] = e
            state[_FOUND] = row + 1
        return depth
    left = rules.length - depth - 1
    if left < 1 or s.on_path[w] or (rules.mode == UNTIMED and w < root):
        return depth
    if left < len(s.late) and s.late[left, w] < (t if rules.mode == TIMED else 0):
        return depth
    s.peak[depth + 1] = last if s.peak[depth] == _NEVER and t < last else s.peak[depth]
    s.edge[depth] = e
    s.node[depth + 1] = w
    s.at[depth + 1] = _first_edge(net, rules, w, t)
    s.on_path[w] = True
    return depth + 1


@inline_kernel
def _start(net: Any, rules: Any, s: Any, root: int) -> int:
    """Take the next edge of a root as the beginning of a path; the depth afterwards."""
    e = s.state[_EDGE]
    s.state[_EDGE] = e + 1
    s.state[_SEEN] += 1
    v = net.out_to[e]
    t = net.out_time[e]
    left = rules.length - 1
    if rules.mode == UNTIMED and v < root:
        return 0
    if left < len(s.late) and s.late[left, v] < (t if rules.mode == TIMED else 0):
        return 0
    s.edge[0] = e
    s.node[1] = v
    s.peak[1] = _NEVER
    s.at[1] = _first_edge(net, rules, v, t)
    s.on_path[v] = True
    return 1


@kernel
def search(net: Any, rules: Any, budget: int, s: Any) -> int:
    """Go on with a search until done, paused, full or bounded; cycles found are in `found`."""
    state = s.state
    stop = state[_SEEN] + budget
    while state[_ROOT] < state[_LAST]:
        if state[_FOUND] == len(s.found):
            return FULL
        if state[_SEEN] >= rules.explore:
            return EXPLORED
        if state[_SEEN] >= stop:
            return PAUSED
        root = state[_ROOT]
        if state[_DEPTH] > 0:
            state[_DEPTH] = _step(net, rules, s, root, state[_DEPTH])
        elif state[_BALL] == 0:
            first = net.out_ptr[root]
            if first == net.out_ptr[root + 1] or net.in_ptr[root] == net.in_ptr[root + 1]:
                state[_ROOT] += 1
                continue
            _look_back(net, rules, root, s)
            state[_EDGE] = first
            state[_BALL] = 1
        elif state[_EDGE] == net.out_ptr[root + 1]:
            state[_ROOT] += 1
            state[_BALL] = 0
        else:
            state[_DEPTH] = _start(net, rules, s, root)
    return DONE


class Search:
    """One search; `cycles()` yields what it finds in blocks, `status` says how it ended."""

    def __init__(self, net: Network, rules: Rules, seconds: float, root: int | None = None) -> None:
        n = len(net.out_ptr) - 1
        self.net = net
        self.rules = rules
        self.status = PAUSED
        self._until = time.monotonic() + seconds
        steps = rules.length + 1
        self._scratch = Scratch(
            late=np.full((rules.length // 2 + 1, n), _NEVER, np.int64),
            touched=np.empty(n, np.int32),
            ball=np.zeros(1, np.int32),
            on_path=np.zeros(n, np.bool_),
            node=np.zeros(steps, np.int64),
            edge=np.zeros(steps, np.int64),
            at=np.zeros(steps, np.int64),
            peak=np.zeros(steps, np.int64),
            found=np.empty((_CYCLES, rules.length), np.int64),
            state=np.zeros(8, np.int64),
        )
        self._scratch.state[_ROOT] = 0 if root is None else root
        self._scratch.state[_LAST] = n if root is None else root + 1

    @property
    def explored(self) -> int:
        """Edges looked at, forwards and back."""
        return int(self._scratch.state[_SEEN])

    def cycles(self) -> Iterator[I64]:
        """Blocks of cycles, a row each: edges in order, -1 past the end of the shorter ones."""
        state, found = self._scratch.state, self._scratch.found
        easy = True
        while self.status in (PAUSED, FULL):
            if easy:
                self.status = search(self.net, self.rules, _EASY, self._scratch)
                easy = self.status == FULL and self.explored < _EASY
            else:
                self.status = search.hot(self.net, self.rules, _HEAVY, self._scratch)
            if state[_FOUND]:
                yield found[: state[_FOUND]].copy()
                state[_FOUND] = 0
            if self.status in (PAUSED, FULL) and time.monotonic() > self._until:
                self.status = TIME
