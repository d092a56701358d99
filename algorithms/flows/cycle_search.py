"""Every cycle of a network up to a length: depth first, with a look back from where it starts.

Before the edges of a root are followed, a bounded search backwards finds from which nodes, how late
and in how many steps the root can still be reached; the search forwards goes only where that leaves
a way back (after 2SCENT's source detection, Kumar and Calders 2018; bounding as in Gupta and
Suzumura 2021). A search can be paused and gone on with.
"""

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
_EASY: Final = 50_000
_HEAVY: Final = 20_000_000
_CYCLES: Final = 1 << 14


class Rules(NamedTuple):
    """Longest cycle, largest time between its edges (µs), how to look, edges to look at."""

    length: int
    window: int
    mode: int
    explore: int


class Scratch(NamedTuple):
    """The state of a search; `late[x, h]`: latest departure from x that is back in h steps."""

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
def _look_back(net: Any, rules: Any, root: int, s: Any) -> int:
    """Fill `late` for the nodes from which the root can be reached in half the length.

    Returns how many edges were looked at.
    """
    # Arrays as locals: in compiled code each access through a tuple counts references.
    ptr, start, time_of, late, touched = net.in_ptr, net.in_from, net.in_time, s.late, s.touched
    timed = rules.mode == TIMED
    least = root if rules.mode == UNTIMED else -1
    earliest = net.out_time[net.out_ptr[root]] if timed else _NEVER
    steps = late.shape[1]
    for i in range(s.ball[0]):
        for h in range(steps):
            late[touched[i], h] = _NEVER
    count = 0
    seen = 0
    for h in range(1, steps):
        before = count
        for i in range(before):
            late[touched[i], h] = late[touched[i], h - 1]
        for i in range(before if h > 1 else 1):
            y = touched[i] if h > 1 else root
            deadline = late[y, h - 1] if h > 1 else _LATEST
            # Only a node that got later by the step before can make others later.
            if h > 2 and deadline == late[y, h - 2]:
                continue
            for p in range(ptr[y + 1] - 1, ptr[y] - 1, -1):
                t = time_of[p]
                if t < earliest:
                    break
                seen += 1
                x = start[p]
                if t > deadline or x == root or x < least:
                    continue
                if not timed:
                    t = _LATEST
                if t > late[x, h]:
                    if late[x, h] == _NEVER:
                        touched[count] = x
                        count += 1
                    late[x, h] = t
    s.ball[0] = count
    return seen


@inline_kernel
def _first_edge(ptr: Any, time_of: Any, v: int, t: int) -> Any:
    """The first edge of a node at or after `t`."""
    lo = ptr[v]
    hi = ptr[v + 1]
    while lo < hi:
        mid = (lo + hi) // 2
        if time_of[mid] < t:
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
def _is_first(edge: Any, depth: int, e: int) -> Any:
    """Whether the edge that a path began with comes before all others of its cycle."""
    for d in range(1, depth):
        if edge[d] < edge[0]:
            return False
    return e > edge[0]


@inline_kernel
def _descend(net: Any, rules: Any, root: int, stop: int, s: Any) -> None:
    """Go on with the path in `s` until it is back at its root, `stop` edges are seen, or full."""
    ptr, to, time_of = net.out_ptr, net.out_to, net.out_time
    late, on_path, edge, node, at = s.late, s.on_path, s.edge, s.node, s.at
    peak, found, state = s.peak, s.found, s.state
    timed = rules.mode == TIMED
    least = root if rules.mode == UNTIMED else -1
    half = late.shape[1]
    t0 = time_of[edge[0]]
    depth, seen, made = state[_DEPTH], state[_SEEN], state[_FOUND]
    while depth > 0 and seen < stop and made < len(found):
        v = node[depth]
        e = at[depth]
        if e >= ptr[v + 1] or (timed and time_of[e] - t0 > rules.window):
            on_path[v] = False
            depth -= 1
            continue
        at[depth] = e + 1
        seen += 1
        t = time_of[e]
        w = to[e]
        last = time_of[edge[depth - 1]]
        if not _in_time(rules, t0, last, peak[depth], t):
            continue
        if w == root:
            # Of edges of one moment any could be the first: only one of them counts.
            if timed and t == t0 and not _is_first(edge, depth, e):
                continue
            for d in range(rules.length):
                found[made, d] = edge[d] if d < depth else -1
            found[made, depth] = e
            made += 1
            continue
        left = rules.length - depth - 1
        if left < 1 or on_path[w] or w < least:
            continue
        if left < half and late[w, left] < (t if timed else 0):
            continue
        peak[depth + 1] = last if peak[depth] == _NEVER and t < last else peak[depth]
        edge[depth] = e
        depth += 1
        node[depth] = w
        at[depth] = _first_edge(ptr, time_of, w, t) if timed else ptr[w]
        on_path[w] = True
    state[_DEPTH] = depth
    state[_SEEN] = seen
    state[_FOUND] = made


@inline_kernel
def _begin(net: Any, rules: Any, s: Any, root: int) -> int:
    """Take the next edge of a root as the beginning of a path; the depth afterwards."""
    e = s.state[_EDGE]
    s.state[_EDGE] = e + 1
    s.state[_SEEN] += 1
    v = net.out_to[e]
    t = net.out_time[e]
    timed = rules.mode == TIMED
    left = rules.length - 1
    if rules.mode == UNTIMED and v < root:
        return 0
    if left < s.late.shape[1] and s.late[v, left] < (t if timed else 0):
        return 0
    s.edge[0] = e
    s.node[1] = v
    s.peak[1] = _NEVER
    s.at[1] = _first_edge(net.out_ptr, net.out_time, v, t) if timed else net.out_ptr[v]
    s.on_path[v] = True
    return 1


@kernel
def search(net: Any, rules: Any, budget: int, s: Any) -> int:
    """Go on with a search until done, paused, full or bounded; cycles found are in `found`."""
    state = s.state
    stop = min(state[_SEEN] + budget, rules.explore)
    while state[_ROOT] < state[_LAST]:
        if state[_FOUND] == len(s.found):
            return FULL
        if state[_SEEN] >= stop:
            return EXPLORED if stop == rules.explore else PAUSED
        root = state[_ROOT]
        if state[_DEPTH] > 0:
            _descend(net, rules, root, stop, s)
        elif state[_BALL] == 0:
            first = net.out_ptr[root]
            if first == net.out_ptr[root + 1] or net.in_ptr[root] == net.in_ptr[root + 1]:
                state[_ROOT] += 1
                continue
            state[_SEEN] += _look_back(net, rules, root, s)
            state[_EDGE] = first
            state[_BALL] = 1
        elif state[_EDGE] == net.out_ptr[root + 1]:
            state[_ROOT] += 1
            state[_BALL] = 0
        else:
            state[_DEPTH] = _begin(net, rules, s, root)
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
            late=np.full((n, rules.length // 2 + 1), _NEVER, np.int64),
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
