"""Scatter and gather: one account pays many middle accounts, which all pay one other.

A leg over a middle account is a payment to it and the first of its payments to the other end that
is not earlier, with no payment to it between. A window holds the legs that begin and end in it.
Sources are gone through in slices of two windows. Of the middle accounts of a slice the busiest,
one fewer than must be met, propose nobody: whoever is paid by enough of them is paid by another
(prefix filtering; Chaudhuri, Ganti and Kaushik 2006), so a hub's payments are not gone through for
everybody who pays it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from algorithms.ascending import first_at
from algorithms.flows.windows import Side, episodes, kept
from graph.columns import I32, I64, U8
from graph.compiled import inline_kernel, kernel
from graph.deadline import Deadline, check

_EASY: Final = 20_000
_HEAVY: Final = 30_000_000


class Onward(NamedTuple):
    """Payments of middle accounts by time, and again by receiver and time."""

    ptr: Any
    to: Any
    time: Any
    by_to: Any
    by_time: Any


class Room(NamedTuple):
    """Scratch, an entry an account; as it was after every slice."""

    slot: Any  # -1, or the place of a middle account in the slice
    seen: Any  # the middle account last seen to pay this one
    count: Any  # how many proposed it
    head: Any  # the pairs that proposed it
    met: Any  # how many legs of a window are over this middle account


@inline_kernel
def _pair(go: Any, m: int, b: int, t: int) -> Any:
    """Where the payments of `m` to `b` at or after `t` begin."""
    low = go.ptr[m]
    high = go.ptr[m + 1]
    while low < high:
        mid = (low + high) // 2
        if go.by_to[mid] < b or (go.by_to[mid] == b and go.by_time[mid] < t):
            low = mid + 1
        else:
            high = mid
    return low


@inline_kernel
def _legs(
    go: Any, times: Any, nexts: Any, first: int, m: int, b: int, end: int, window: int,
    begins: Any, stops: Any, over: Any, n: int,
) -> Any:  # fmt: skip
    """Add the legs over `m` to `b` of at most a window; how many legs there are then."""
    at = first
    p = _pair(go, m, b, times[at])
    used = -1
    while p < go.ptr[m + 1] and go.by_to[p] == b and go.by_time[p] <= end:
        t = go.by_time[p]
        while nexts[at] >= 0 and times[nexts[at]] <= t:
            at = nexts[at]
        if at != used:
            used = at
            if t - times[at] <= window and n < len(begins):
                begins[n] = times[at]
                stops[n] = t
                over[n] = m
                n += 1
        p += 1
    return n


@inline_kernel
def _windows(
    begins: Any, stops: Any, over: Any, n: int, window: int, size: int, before: int, room: Any,
    best: Any,
) -> Any:  # fmt: skip
    """The fullest window of legs that begins earlier than `before`; whether one counts."""
    rising = np.argsort(begins[:n])
    ending = np.argsort(stops[:n])
    met = room.met
    e = 0
    count = 0
    best[0] = 0
    for i in range(n):
        leg = rising[i]
        s = begins[leg]
        if s >= before:
            break
        if i == 0 or s > begins[rising[i - 1]]:
            while e < n and stops[ending[e]] <= s + window:
                m = over[ending[e]]
                count += met[m] == 0
                met[m] += 1
                e += 1
            if count >= size:
                if best[0] == 0:
                    best[1] = s
                best[2] = s
                if count > best[0]:
                    best[0] = count
                    best[3] = s
        met[over[leg]] -= 1
        count -= met[over[leg]] == 0
    for i in range(n):
        met[over[i]] = 0
    return best[0] > 0


@kernel
def search(  # noqa: PLR0912, PLR0915  (one loop: a call in it would count references to arrays)
    src: Any, go: Any, window: int, size: int, v: int, stop: int, budget: int, room: Any
) -> Any:
    """Go through the sources from `v` on until the budget is spent.

    Returns rows (source, sink, most middle accounts, begin of the first, the last and the fullest
    window), one a slice; how many; the next source; what was looked at.
    """
    out = np.empty((256, 6), np.int64)
    best = np.zeros(4, np.int64)
    made = 0
    looked = 0
    slot, seen, count, head = room.slot, room.seen, room.count, room.head
    while v < stop and looked < budget:
        low = src.ptr[v]
        last = src.ptr[v + 1]
        looked += 1
        while last - low >= size:
            begin = src.time[low]
            end = begin + 2 * window
            high = first_at(src.time, low, last, end + 1)
            after = first_at(src.time, low, last, begin + window)
            looked += high - low
            # Middle accounts, the payments to each in a chain, and how much each pays onwards.
            items = high - low
            times = src.time[low:high]
            nexts = np.full(items, -1, np.int64)
            tail = np.empty(items, np.int64)
            first = np.empty(items, np.int64)
            middle = np.empty(items, np.int64)
            weight = np.empty(items, np.int64)
            n = 0
            for i in range(items):
                m = src.other[low + i]
                k = slot[m]
                if k >= 0:
                    nexts[tail[k]] = i
                    tail[k] = i
                    continue
                p = first_at(go.time, go.ptr[m], go.ptr[m + 1], times[i])
                q = first_at(go.time, p, go.ptr[m + 1], end + 1)
                if p == q:
                    continue
                slot[m] = n
                first[n] = tail[n] = i
                middle[n] = m
                weight[n] = q - p
                n += 1
            if n >= size:
                order = np.argsort(weight[:n])
                total = 0
                for i in range(n - size + 1):
                    total += weight[order[i]]
                looked += total
                pair_of = np.empty(total, np.int64)
                pair_next = np.empty(total, np.int64)
                sinks = np.empty(total, np.int64)
                pairs = 0
                proposed = 0
                for i in range(n - size + 1):
                    k = order[i]
                    m = middle[k]
                    p = first_at(go.time, go.ptr[m], go.ptr[m + 1], times[first[k]])
                    for e in range(p, p + weight[k]):
                        b = go.to[e]
                        if seen[b] == m or b == v:
                            continue
                        seen[b] = m
                        if count[b] == 0:
                            sinks[proposed] = b
                            proposed += 1
                            head[b] = -1
                        count[b] += 1
                        pair_of[pairs] = k
                        pair_next[pairs] = head[b]
                        head[b] = pairs
                        pairs += 1
                for c in range(proposed):
                    b = sinks[c]
                    have = count[b]
                    count[b] = 0
                    seen[b] = -1
                    looked += size
                    for i in range(n - size + 1, n):
                        if have >= size:
                            break
                        k = order[i]
                        p = _pair(go, middle[k], b, times[first[k]])
                        if p < go.ptr[middle[k] + 1] and go.by_to[p] == b:
                            have += go.by_time[p] <= end
                    if have < size:
                        continue
                    # A leg uses a payment to its middle account that no other leg over it uses.
                    begins = np.empty(items, np.int64)
                    stops = np.empty(items, np.int64)
                    over = np.empty(items, np.int64)
                    legs = 0
                    at = head[b]
                    while at >= 0:
                        k = pair_of[at]
                        legs = _legs(
                            go, times, nexts, first[k], middle[k], b, end, window,
                            begins, stops, over, legs,
                        )  # fmt: skip
                        at = pair_next[at]
                    for i in range(n - size + 1, n):
                        k = order[i]
                        legs = _legs(
                            go, times, nexts, first[k], middle[k], b, end, window,
                            begins, stops, over, legs,
                        )  # fmt: skip
                    looked += legs
                    if legs >= size and _windows(
                        begins, stops, over, legs, window, size, begin + window, room, best
                    ):
                        if made == len(out):
                            wider = np.empty((2 * made, 6), np.int64)
                            wider[:made] = out
                            out = wider
                        out[made, 0] = v
                        out[made, 1] = b
                        out[made, 2] = best[0]
                        out[made, 3] = best[1]
                        out[made, 4] = best[2]
                        out[made, 5] = best[3]
                        made += 1
            for i in range(n):
                slot[middle[i]] = -1
            low = after
        v += 1
    return out, made, v, looked


class Scatters(NamedTuple):
    """One entry an episode: source, sink, middle accounts of its fullest window, and when its
    first, its last and its fullest window begin."""

    source: I64
    sink: I64
    size: I64
    first: I64
    last: I64
    begin: I64

    def __len__(self) -> int:
        return len(self.source)


def leads(
    sides: tuple[Side, Side], src: I32, dst: I32, window: int, size: int
) -> tuple[Side, Side]:
    """Of payments out and in, those that can be the first, and the second, of a leg, by payer: in a
    window of their source with enough receivers, of their sink with enough payers. Payment e is
    from `src[e]` to `dst[e]`."""
    out, into = sides
    n = len(out.ptr) - 1
    _, marked = episodes(out, window, size)
    first = np.zeros(len(src), np.bool_)
    first[out.edge[marked]] = True
    _, marked = episodes(into, window, size)
    second = np.zeros(len(src), np.bool_)
    second[into.edge[marked]] = True
    paid, pays = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    paid[dst[first]] = True
    pays[src[second]] = True
    return kept(out, first & pays[dst]), kept(out, second & paid[src])


def onward_of(out: Side) -> tuple[Onward, I32]:
    """Payments by payer and time, and by payer, receiver and time with the payments in that order.
    Sorts them."""
    n = len(out.ptr) - 1
    key = np.repeat(np.arange(n), np.diff(out.ptr))
    key *= n
    key += out.other
    check()
    order = np.argsort(key, kind="stable").astype(np.int32)
    check()
    made = Onward(out.ptr, out.other, out.time, out.other[order], out.time[order])
    return made, out.edge[order]


def scatters(
    source: Side, onward: Side, window: int, size: int, deadline: Deadline
) -> tuple[Scatters, int]:
    """Every episode in which at least `size` middle accounts, paid by a source, pay a sink, within
    a window (µs), until the time has passed; and how much was looked at.

    `source` and `onward` are payments by payer: those that can be the first and the second of a
    leg. In order of source, sink and time.
    """
    n = len(source.ptr) - 1
    go, _ = onward_of(onward)
    room = Room(
        slot=np.full(n, -1, np.int32),
        seen=np.full(n, -1, np.int32),
        count=np.zeros(n, np.int32),
        head=np.zeros(n, np.int64),
        met=np.zeros(n, np.int32),
    )
    parts, v, looked = [], 0, 0
    while v < n:
        run = search.tier(heavy=looked >= _EASY)
        budget = _HEAVY if looked >= _EASY else _EASY
        out, made, v, more = run(source, go, window, size, v, n, budget, room)
        parts.append(out[:made])
        looked += int(more)
        if v < n and deadline.expired():
            break
    every = np.concatenate(parts) if parts else np.empty((0, 6), np.int64)
    return _joined(every, window), looked


def _joined(rows: I64, window: int) -> Scatters:
    """Episodes of slices, joined where one goes on in the next slice."""
    rows = rows[np.lexsort((rows[:, 3], rows[:, 1], rows[:, 0]))]
    if not len(rows):
        return Scatters(*rows.T)
    fresh = np.ones(len(rows), np.bool_)
    same = (rows[1:, :2] == rows[:-1, :2]).all(axis=1)
    fresh[1:] = ~same | (rows[1:, 3] > rows[:-1, 4] + window)
    begins = np.flatnonzero(fresh)
    episode = np.cumsum(fresh) - 1
    fullest = np.lexsort((rows[:, 5], -rows[:, 2], episode))
    best = rows[fullest[np.searchsorted(episode, np.arange(len(begins)))]]
    last = np.maximum.reduceat(rows[:, 4], begins)
    return Scatters(best[:, 0], best[:, 1], best[:, 2], rows[begins, 3], last, best[:, 5])


@inline_kernel
def _over(
    out: Any, go: Any, go_edge: Any, a: int, b: int, begin: int, end: int, first: Any, second: Any
) -> Any:  # fmt: skip
    """The payments of legs from `a` to `b` in a window: fills what fits, returns how many."""
    n = 0
    k = 0
    i = first_at(out.time, out.ptr[a], out.ptr[a + 1], begin)
    while i < out.ptr[a + 1] and out.time[i] <= end:
        m = out.other[i]
        p = _pair(go, m, b, out.time[i])
        if m != b and p < go.ptr[m + 1] and go.by_to[p] == b and go.by_time[p] <= end:
            if n < len(first):
                first[n] = out.edge[i]
            n += 1
            if go_edge[_pair(go, a, m, begin)] == out.edge[i]:  # the first payment to it
                while p < go.ptr[m + 1] and go.by_to[p] == b and go.by_time[p] <= end:
                    if k < len(second):
                        second[k] = go_edge[p]
                    k += 1
                    p += 1
        i += 1
    return n, k


@kernel
def _weigh(
    out: Any, go: Any, go_edge: Any, source: Any, sink: Any, begin: Any, window: int, value: Any,
    flags: Any, tenths: Any, sums: Any,
) -> None:  # fmt: skip
    none = np.empty(0, np.int64)
    for c in range(len(source)):
        a, b, s = source[c], sink[c], begin[c]
        n, k = _over(out, go, go_edge, a, b, s, s + window, none, none)
        legs = np.empty(n + k, np.int64)
        _over(out, go, go_edge, a, b, s, s + window, legs[:n], legs[n:])
        for i in range(n + k):
            side = 0 if i < n else 1
            e = legs[i]
            sums[c, side, 0] += 1
            sums[c, side, 1] += value[e]
            sums[c, side, 2] += tenths[e]
            for bit in range(sums.shape[2] - 3):
                sums[c, side, 3 + bit] += (flags[e] >> bit) & 1


def weigh(
    out: Side, onward: tuple[Onward, I32], found: Scatters, window: int, value: I64, flags: U8,
    tenths: U8, bits: int,
) -> I64:  # fmt: skip
    """Sums over the payments of the legs of fullest windows, the first of each leg and the second
    apart: how many, `value`, `tenths`, and how many have each of the `bits` of `flags`."""
    go, edge = onward
    sums = np.zeros((len(found), 2, 3 + bits), np.int64)
    run = _weigh.tier(heavy=len(found) > 2_000)
    run(out, go, edge, found.source, found.sink, found.begin, window, value, flags, tenths, sums)
    return sums


def legs(
    out: Side, onward: tuple[Onward, I32], a: int, b: int, begin: int, window: int
) -> tuple[I64, I64]:
    """The payments from a source, and to a sink, of the legs in one window, in order of time (those
    to the sink by when their middle account was paid)."""
    go, edge = onward
    none = np.empty(0, np.int64)
    n, k = _over(out, go, edge, a, b, begin, begin + window, none, none)
    first, second = np.empty(n, np.int64), np.empty(k, np.int64)
    _over(out, go, edge, a, b, begin, begin + window, first, second)
    return first, second


@kernel
def _middles(
    out: Any, go: Any, go_edge: Any, found: Any, window: int, dst: Any, which: Any, middle: Any
) -> Any:
    """Fill what fits: which finding, and the end of a payment of its first legs; how many."""
    none = np.empty(0, np.int64)
    made = 0
    for c in range(len(found.source)):
        a, b, s = found.source[c], found.sink[c], found.begin[c]
        n, _ = _over(out, go, go_edge, a, b, s, s + window, none, none)
        if made + n <= len(which):
            first = np.empty(n, np.int64)
            _over(out, go, go_edge, a, b, s, s + window, first, none)
            for i in range(n):
                which[made + i] = c
                middle[made + i] = dst[first[i]]
        made += n
    return made


def middles(
    out: Side, onward: tuple[Onward, I32], found: Scatters, window: int, dst: I32
) -> tuple[I64, I64]:
    """The middle accounts of fullest windows: the place of each finding, and each of its middle
    accounts once. Payment e is to `dst[e]`."""
    go, edge = onward
    run = _middles.tier(heavy=len(found) > 500)
    room = int(found.size.sum()) * 2
    while True:
        which, middle = np.empty(room, np.int64), np.empty(room, np.int64)
        made = int(run(out, go, edge, found, window, dst, which, middle))
        if made <= room:
            break
        room = made
    n = len(out.ptr) - 1
    pair = np.unique(which[:made] * n + middle[:made])
    return pair // n, pair % n
