"""Circles of bundles of invoices that are near in time and alike in amount, each ring once.

From every bundle (the anchor) depth first over those that are in its box: no earlier than it
begins, within the window, of about its amount. Which bundle of a hop is taken does not matter to a
ring, so that a company is gone on to once a step however many bundles lead to it. Bundles are
looked up by company, power of two of the amount, and time: at a hub only what is in the box is
looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from graph.columns import I32, I64
from graph.compiled import inline_kernel, kernel

DONE: Final = 0
PAUSED: Final = 1
FULL: Final = 2
EXPLORED: Final = 3
TIME: Final = 4

SIZES: Final = 64  # powers of two of an amount
_NEXT, _FOUND, _SEEN, _FRAME, _DEPTH, _ASKED = range(6)
_EASY: Final = 20_000
_HEAVY: Final = 20_000_000
_RINGS: Final = 1 << 14


class Side(NamedTuple):
    """Bundles by company, size and begin: those of company c and size s stand at
    `ptr[c * SIZES + s]` to the next; `other` is the company at their other end."""

    ptr: I64
    other: I32
    begin: I64
    end: I64
    amount: I64


class Bundles(NamedTuple):
    """Bundles by seller (`out`) and by buyer (`into`); `number` names those of `out`."""

    n: int
    out: Side
    into: Side
    number: I64


class Box(NamedTuple):
    """How a ring is to be: least and most companies, time (µs), how far amounts may differ."""

    least: int
    most: int
    window: int
    tolerance: float


class Scratch(NamedTuple):
    """The state of a search; `closing[c]` is the anchor from whose box c sells to the root."""

    closing: I64
    seen: I64  # by depth and company: the frame that went on to it
    on_path: Any
    node: I64
    frame: I64
    size: I64
    at: I64
    stop: I64
    found: I64  # rings, one a row: anchor, then companies, -1 past their end
    state: I64


def side(n: int, company: I32, other: I32, begin: I64, end: I64, amount: I64) -> tuple[Side, I64]:
    """Bundles by one of their ends, and the order that they were put in."""
    size = np.frexp(amount.astype(np.float64))[1]  # 2**(size - 1) <= amount < 2**size
    key = company.astype(np.int64) * SIZES + size
    order = np.lexsort((begin, key))
    ptr = np.searchsorted(key[order], np.arange(n * SIZES + 1))
    return Side(ptr, other[order], begin[order], end[order], amount[order]), order


@inline_kernel
def first_from(begin: Any, low: int, high: int, t: int) -> Any:
    """The first of a run that begins at or after `t`."""
    while low < high:
        mid = (low + high) // 2
        if begin[mid] < t:
            low = mid + 1
        else:
            high = mid
    return low


@inline_kernel
def _size(amount: float) -> int:
    size = 0
    while amount >= 1.0 and size < SIZES - 1:
        amount /= 2.0
        size += 1
    return size


@inline_kernel
def _close(into: Any, box: Any, s: Any, anchor: int, t: int, a: float) -> int:
    """Mark who sells to the root within the box; returns how many bundles do, `_SEEN` is told."""
    ptr, other, begin, end, amount = into.ptr, into.other, into.begin, into.end, into.amount
    closing, root, late = s.closing, s.node[0], t + box.window
    low, high = a * (1 - box.tolerance), a / (1 - box.tolerance)
    hits = 0
    for size in range(_size(low), _size(high) + 1):
        stop = ptr[root * SIZES + size + 1]
        for p in range(first_from(begin, ptr[root * SIZES + size], stop, t), stop):
            if begin[p] > late:
                break
            s.state[_SEEN] += 1
            if end[p] <= late and low <= amount[p] <= high:
                closing[other[p]] = anchor
                hits += 1
    return hits


@inline_kernel
def _emit(s: Any, anchor: int, depth: int) -> None:
    found, node = s.found, s.node
    row = s.state[_FOUND]
    found[row, 0] = anchor
    for d in range(found.shape[1] - 1):
        found[row, d + 1] = node[d] if d <= depth else -1
    s.state[_FOUND] = row + 1


@inline_kernel
def _enter(s: Any, depth: int, company: int, lowest: int) -> None:
    s.node[depth] = company
    s.on_path[company] = True
    s.state[_FRAME] += 1
    s.frame[depth] = s.state[_FRAME]
    s.size[depth] = lowest - 1
    s.at[depth] = 0
    s.stop[depth] = 0


@inline_kernel
def _begin(net: Any, box: Any, s: Any) -> int:
    """Start from the next anchor; the depth that its path stands at, 0 where nothing closes."""
    state, out = s.state, net.out
    anchor = state[_NEXT]
    while anchor >= out.ptr[(s.node[0] + 1) * SIZES]:
        s.node[0] += 1
    t, a = out.begin[anchor], out.amount[anchor]
    state[_SEEN] += 1
    state[_ASKED] += 1
    if out.end[anchor] > t + box.window or _close(net.into, box, s, anchor, t, a) == 0:
        return 0
    s.on_path[s.node[0]] = True
    _enter(s, 1, out.other[anchor], _size(a * (1 - box.tolerance)))
    if s.closing[s.node[1]] == anchor and box.least <= 2:
        _emit(s, anchor, 1)
    return 1


@inline_kernel
def _go_on(out: Any, box: Any, s: Any, anchor: int, stop: int) -> None:
    """Go on from an anchor until all its rings are found, `stop` bundles are seen, or full."""
    ptr, other, begin, end, amount = out.ptr, out.other, out.begin, out.end, out.amount
    closing, seen, on_path, node, frame = s.closing, s.seen, s.on_path, s.node, s.frame
    state, t, a = s.state, out.begin[anchor], out.amount[anchor]
    low, high, late = a * (1 - box.tolerance), a / (1 - box.tolerance), t + box.window
    lowest, highest = _size(low), _size(high)
    depth, looked, found = state[_DEPTH], state[_SEEN], len(s.found)
    while depth > 0 and looked < stop and state[_FOUND] < found:
        at = s.at[depth]
        if at == s.stop[depth]:
            s.size[depth] += 1
            size = s.size[depth]
            if size > highest or depth + 1 >= box.most:
                on_path[node[depth]] = False
                depth -= 1
                continue
            row = node[depth] * SIZES + size
            s.stop[depth] = ptr[row + 1]
            s.at[depth] = first_from(begin, ptr[row], ptr[row + 1], t)
            continue
        if begin[at] > late:
            s.at[depth] = s.stop[depth]
            continue
        s.at[depth] = at + 1
        looked += 1
        w = other[at]
        if end[at] > late or amount[at] < low or amount[at] > high:
            continue
        if on_path[w] or seen[depth, w] == frame[depth]:
            continue
        state[_ASKED] += depth + 2 >= box.least
        if depth + 2 >= box.most and closing[w] != anchor:
            continue
        seen[depth, w] = frame[depth]
        depth += 1
        _enter(s, depth, w, lowest)
        if closing[w] == anchor and depth + 1 >= box.least:
            _emit(s, anchor, depth)
    state[_DEPTH] = depth
    state[_SEEN] = looked


@kernel
def search(net: Any, box: Any, budget: int, explore: int, s: Any) -> int:
    """Go on with a search until done, paused, full or bounded; rings are in `found`."""
    state = s.state
    stop = min(state[_SEEN] + budget, explore)
    while state[_NEXT] < len(net.number):
        if state[_FOUND] == len(s.found):
            return FULL
        if state[_SEEN] >= stop:
            return EXPLORED if stop == explore else PAUSED
        if state[_DEPTH] == 0:
            state[_DEPTH] = _begin(net, box, s)
        else:
            _go_on(net.out, box, s, state[_NEXT], stop)
        if state[_DEPTH] == 0:
            s.on_path[s.node[0]] = False
            state[_NEXT] += 1
    return DONE


class Search:
    """One search; `rings()` yields what it finds in blocks, `status` says how it ended."""

    def __init__(self, net: Bundles, box: Box, explore: int, seconds: float) -> None:
        self.net, self.box = net, box
        self.status = PAUSED
        self._explore = explore
        self._until = time.monotonic() + seconds
        depth = box.most + 1
        self._scratch = Scratch(
            closing=np.full(net.n, -1, np.int64),
            seen=np.zeros((depth, net.n), np.int64),
            on_path=np.zeros(net.n, np.bool_),
            **{name: np.zeros(depth, np.int64) for name in ("node", "frame", "size", "at", "stop")},
            found=np.empty((_RINGS, box.most + 1), np.int64),
            state=np.zeros(6, np.int64),
        )

    @property
    def explored(self) -> int:
        """Bundles looked at."""
        return int(self._scratch.state[_SEEN])

    @property
    def asked(self) -> int:
        """Chains of bundles that could have been closed: what chance had to make a ring."""
        return int(self._scratch.state[_ASKED])

    def rings(self) -> Iterator[I64]:
        """Blocks of rings, a row each: the anchor's place in `out`, the companies from its seller
        on, -1 past their end."""
        easy = True
        while self.status in (PAUSED, FULL):
            s = self._scratch
            if easy:
                self.status = search(self.net, self.box, _EASY, self._explore, s)
                easy = False
            else:
                self.status = search.hot(self.net, self.box, _HEAVY, self._explore, s)
            if count := int(s.state[_FOUND]):
                yield s.found[:count].copy()
                s.state[_FOUND] = 0
            if self.status in (PAUSED, FULL) and time.monotonic() > self._until:
                self.status = TIME
