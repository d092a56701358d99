"""Circles of bundles of invoices that are near in time and alike in amount, each ring once.

From every bundle (the anchor) depth first over those that are in its box: no earlier than it
begins, within the window, of about its amount. Which bundle of a hop is taken does not matter to a
ring, so that a company is gone on to once a step however many bundles lead to it. Bundles are
looked up by company, power of two of the amount, and time, so that only what is in the box is
looked at. Of the anchor's two ends the one with fewer bundles is gone on from, forwards from its
buyer or backwards from its seller, and the other is the goal, which is never opened: a hub is a
goal wherever it is an end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from algorithms.ascending import first_at
from graph.columns import I32, I64
from graph.compiled import inline_kernel, kernel
from graph.deadline import Deadline

DONE: Final = 0
PAUSED: Final = 1
FULL: Final = 2
EXPLORED: Final = 3
TIME: Final = 4

SIZES: Final = 64  # powers of two of an amount
FEW: Final = 64  # bundles of one size that close at a goal: more are looked up one by one
_NEXT, _FOUND, _SEEN, _FRAME, _DEPTH, _ASKED, _SELLER, _AHEAD, _LISTED = range(9)
_EASY: Final = 20_000
_HEAVY: Final = 3_000_000  # bundles between two looks at the time: under a second
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
    """Bundles by seller (`out`), by buyer (`into`), and by pair; `number` names those of `out` by
    their place in the last. Those of pair k, seller and buyer in `key[k]` as seller * n + buyer,
    stand at `ptr[k]` to `ptr[k + 1]`, by begin."""

    n: int
    out: Side
    into: Side
    number: I64
    key: I64
    ptr: I64
    begin: I64
    end: I64
    amount: I64


class Box(NamedTuple):
    """How a ring is to be: least and most companies, time (µs), how far amounts may differ."""

    least: int
    most: int
    window: int
    tolerance: float


class Scratch(NamedTuple):
    """The state of a search. `closing[c]` is 2 * anchor + 1 where company c is known to close a
    ring from that anchor, 2 * anchor where it is known not to; `near` lists the first `_NEAR` that
    do. The frames of a path: `node`, its `frame` number, which `size` is looked at, from `at` on to
    `stop`; a size of -1 goes over `near` instead."""

    closing: I64
    near: I32
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
def _size(amount: float) -> int:
    size = 0
    while amount >= 1.0 and size < SIZES - 1:
        amount /= 2.0
        size += 1
    return size


@inline_kernel
def _there(net: Any, a: int, b: int, t: int, late: int, low: float, high: float) -> bool:
    """Whether a company has a bundle to another within a box."""
    key = np.int64(a) * net.n + b
    first, last = 0, len(net.key)
    while first < last:
        mid = (first + last) // 2
        if net.key[mid] < key:
            first = mid + 1
        else:
            last = mid
    if first == len(net.key) or net.key[first] != key:
        return False
    stop = net.ptr[first + 1]
    for p in range(first_at(net.begin, net.ptr[first], stop, t), stop):
        if net.begin[p] > late:
            return False
        if net.end[p] <= late and low <= net.amount[p] <= high:
            return True
    return False


@inline_kernel
def _mark(side: Any, s: Any, anchor: int, t: int, late: int, low: float, high: float) -> None:
    """Mark who closes a ring at the goal, where these are few: `_LISTED` is how many, -1 where
    they are not and each is to be looked up."""
    state, goal = s.state, s.node[0]
    count = 0
    for size in range(_size(low), _size(high) + 1):
        stop = side.ptr[goal * SIZES + size + 1]
        first = first_at(side.begin, side.ptr[goal * SIZES + size], stop, t)
        if stop - first > FEW and first_at(side.begin, first, stop, late + 1) - first > FEW:
            state[_LISTED] = -1
            return
        for p in range(first, stop):
            if side.begin[p] > late:
                break
            state[_SEEN] += 1
            w = side.other[p]
            inside = side.end[p] <= late and low <= side.amount[p] <= high
            if inside and s.closing[w] != 2 * anchor + 1:
                s.closing[w] = 2 * anchor + 1
                s.near[count] = w
                count += 1
    state[_LISTED] = count


@inline_kernel
def _closes(
    net: Any, s: Any, anchor: int, w: int, t: int, late: int, low: float, high: float
) -> bool:
    """Whether there is a bundle between a company and the goal that closes a ring."""
    if s.closing[w] == 2 * anchor + 1:
        return True
    if s.state[_LISTED] >= 0 or s.closing[w] == 2 * anchor:
        return False
    goal = s.node[0]
    a, b = (w, goal) if s.state[_AHEAD] == 1 else (goal, w)
    s.state[_SEEN] += 1
    hit = _there(net, a, b, t, late, low, high)
    s.closing[w] = 2 * anchor + (1 if hit else 0)
    return hit


@inline_kernel
def _emit(s: Any, anchor: int, depth: int) -> None:
    """Note the ring of a path in the order of invoicing."""
    found, node = s.found, s.node
    row = s.state[_FOUND]
    found[row, 0] = anchor
    for d in range(found.shape[1] - 1):
        found[row, d + 1] = -1
    if s.state[_AHEAD] == 1:
        for d in range(depth + 1):
            found[row, d + 1] = node[d]
    else:  # from the seller back: it, the goal, then the path from its end
        found[row, 1] = node[1]
        found[row, 2] = node[0]
        for d in range(2, depth + 1):
            found[row, d + 1] = node[depth + 2 - d]
    s.state[_FOUND] = row + 1


@inline_kernel
def _enter(side: Any, box: Any, s: Any, depth: int, company: int, lowest: int) -> None:
    s.node[depth] = company
    s.on_path[company] = True
    s.state[_FRAME] += 1
    s.frame[depth] = s.state[_FRAME]
    s.size[depth] = lowest - 1
    s.at[depth] = 0
    s.stop[depth] = 0
    listed = s.state[_LISTED]
    many = side.ptr[(company + 1) * SIZES] - side.ptr[company * SIZES]
    if depth + 2 == box.most and listed >= 0 and FEW * (listed + 1) < many:
        s.size[depth] = -1
        s.stop[depth] = listed


@inline_kernel
def _begin(net: Any, box: Any, s: Any) -> int:
    """Start from the next anchor; the depth that its path stands at, 0 where nothing closes."""
    state, out, into = s.state, net.out, net.into
    anchor = state[_NEXT]
    while anchor >= out.ptr[(state[_SELLER] + 1) * SIZES]:
        state[_SELLER] += 1
    seller, buyer = state[_SELLER], out.other[anchor]
    t, a = out.begin[anchor], out.amount[anchor]
    low, high, late = a * (1 - box.tolerance), a / (1 - box.tolerance), t + box.window
    state[_SEEN] += 1
    state[_ASKED] += 1
    if out.end[anchor] > late:
        return 0
    ahead = out.ptr[(buyer + 1) * SIZES] - out.ptr[buyer * SIZES]
    back = into.ptr[(seller + 1) * SIZES] - into.ptr[seller * SIZES]
    forwards = ahead <= back
    state[_AHEAD] = 1 if forwards else 0
    s.node[0] = seller if forwards else buyer
    _mark(into if forwards else out, s, anchor, t, late, low, high)
    if state[_LISTED] == 0:
        return 0
    s.on_path[s.node[0]] = True
    start = buyer if forwards else seller
    _enter(out if forwards else into, box, s, 1, start, _size(low))
    if box.least <= 2 and _closes(net, s, anchor, start, t, late, low, high):
        _emit(s, anchor, 1)
    return 1


@inline_kernel
def _go_on(net: Any, box: Any, s: Any, anchor: int, until: int) -> None:
    """Go on from an anchor until all its rings are found, `until` bundles are seen, or full."""
    state, t, a = s.state, net.out.begin[anchor], net.out.amount[anchor]
    forwards = state[_AHEAD] == 1
    side = net.out if forwards else net.into
    ptr, other, begin, end, amount = side.ptr, side.other, side.begin, side.end, side.amount
    seen, on_path, node, frame = s.seen, s.on_path, s.node, s.frame
    low, high, late = a * (1 - box.tolerance), a / (1 - box.tolerance), t + box.window
    lowest, highest = _size(low), _size(high)
    depth, found = state[_DEPTH], len(s.found)
    while depth > 0 and state[_SEEN] < until and state[_FOUND] < found:
        at = s.at[depth]
        if at == s.stop[depth]:
            size = s.size[depth] + 1 if s.size[depth] >= 0 else highest + 1
            s.size[depth] = size
            if size > highest or depth + 1 >= box.most:
                on_path[node[depth]] = False
                depth -= 1
                continue
            row = node[depth] * SIZES + size
            s.stop[depth] = ptr[row + 1]
            s.at[depth] = first_at(begin, ptr[row], ptr[row + 1], t)
            continue
        x, listed = node[depth], s.size[depth] < 0
        if not listed and begin[at] > late:
            s.at[depth] = s.stop[depth]
            continue
        s.at[depth] = at + 1
        state[_SEEN] += 1
        if listed:
            w = s.near[at]
        else:
            w = other[at]
            if end[at] > late or amount[at] < low or amount[at] > high:
                continue
        if on_path[w] or seen[depth, w] == frame[depth]:
            continue
        if listed:
            first, second = (x, w) if forwards else (w, x)
            if not _there(net, first, second, t, late, low, high):
                continue
        seen[depth, w] = frame[depth]
        state[_ASKED] += depth + 2 >= box.least
        closes = depth + 2 >= box.least and _closes(net, s, anchor, w, t, late, low, high)
        if depth + 2 >= box.most and not closes:
            continue
        depth += 1
        _enter(side, box, s, depth, w, lowest)
        if closes:
            _emit(s, anchor, depth)
    state[_DEPTH] = depth


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
            _go_on(net, box, s, state[_NEXT], stop)
        if state[_DEPTH] == 0:
            s.on_path[s.node[0]] = False
            state[_NEXT] += 1
    return DONE


class Search:
    """One search; `rings()` yields what it finds in blocks, `status` says how it ended."""

    def __init__(self, net: Bundles, box: Box, explore: int, deadline: Deadline) -> None:
        self.net, self.box = net, box
        self.status = PAUSED
        self._explore = explore
        self._deadline = deadline
        depth = box.most + 1
        self._scratch = Scratch(
            closing=np.full(net.n, -1, np.int64),
            near=np.empty(FEW * SIZES, np.int32),
            seen=np.zeros((depth, net.n), np.int64),
            on_path=np.zeros(net.n, np.bool_),
            **{name: np.zeros(depth, np.int64) for name in ("node", "frame", "size", "at", "stop")},
            found=np.empty((_RINGS, box.most + 1), np.int64),
            state=np.zeros(9, np.int64),
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
            if self.status in (PAUSED, FULL) and self._deadline.expired():
                self.status = TIME
