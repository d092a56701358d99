"""Windows that slide over payments: where one account meets many others within some days.

A window begins at a payment and takes in all of some days from there; one that holds enough
different counterparts counts. Windows that count make one episode as long as each begins within one
window of the one before. An episode is told by its fullest window (the earliest of several).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.ascending import within
from graph.columns import I32, I64
from graph.compiled import kernel
from graph.deadline import check
from graph.searching import EASY


class Side(NamedTuple):
    """Payments of accounts 0..n-1 in one direction: those of account v, in order of time, are the
    items `ptr[v]:ptr[v + 1]`; item i is with account `other[i]` at `time[i]`, and is payment
    `edge[i]`."""

    ptr: I64
    other: I32
    time: I64
    edge: I32


class Episodes(NamedTuple):
    """One entry an episode: whose, the items of its fullest window `low:high`, how many different
    counterparts it has, and when the first and the last of its windows begin."""

    of: I64
    low: I64
    high: I64
    size: I64
    first: I64
    last: I64

    def __len__(self) -> int:
        return len(self.of)


def side(n: int, mine: I32, other: I32, time: I64) -> Side:
    """Payments by one of their ends; sorts them."""
    order = np.argsort(time, kind="stable").astype(np.int32)
    check()
    order = order[np.argsort(mine[order], kind="stable")]
    check()
    ptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(mine, minlength=n), out=ptr[1:])
    return Side(ptr, other[order], time[order], order)


def kept(payments: Side, alive: npt.NDArray[np.bool_]) -> Side:
    """One side of the payments that are left."""
    check()
    here = alive[payments.edge]
    upto = np.zeros(len(here) + 1, np.int64)
    np.cumsum(here, out=upto[1:])
    return Side(upto[payments.ptr], payments.other[here], payments.time[here], payments.edge[here])


@kernel
def _slide(
    who: Any,
    ptr: Any,
    other: Any,
    time: Any,
    window: int,
    size: int,
    met: Any,
    marked: Any,
    out: Any,
) -> int:
    """Fill `out`, a row an episode, and mark the items that lie in a window that counts.

    `met` is zero for every account, before and after.
    """
    made = 0
    for v in who:
        stop = ptr[v + 1]
        high = ptr[v]
        count = 0
        upto = high
        until = -(2**62)  # to which an episode goes on
        for low in range(ptr[v], stop):
            if low == ptr[v] or time[low] > time[low - 1]:
                while high < stop and time[high] - time[low] <= window:
                    count += met[other[high]] == 0
                    met[other[high]] += 1
                    high += 1
                if count >= size:
                    for i in range(max(low, upto), high):
                        marked[i] = True
                    upto = max(upto, high)
                    if time[low] > until:
                        made += 1
                        if made <= len(out):
                            out[made - 1, 0] = v
                            out[made - 1, 3] = 0
                            out[made - 1, 4] = time[low]
                    if made <= len(out):
                        if count > out[made - 1, 3]:
                            out[made - 1, 1] = low
                            out[made - 1, 2] = high
                            out[made - 1, 3] = count
                        out[made - 1, 5] = time[low]
                    until = time[low] + window
            met[other[low]] -= 1
            count -= met[other[low]] == 0
    return made


def episodes(payments: Side, window: int, size: int) -> tuple[Episodes, npt.NDArray[np.bool_]]:
    """The episodes of at least `size` counterparts within `window` (µs), by account and time, and
    which items lie in a window that counts. Linear in the payments."""
    n = max(int(payments.other.max()) + 1 if len(payments.other) else 0, len(payments.ptr) - 1)
    met, marked = np.zeros(n, np.int32), np.zeros(len(payments.other), np.bool_)
    who = np.flatnonzero(np.diff(payments.ptr) >= size)
    run = _slide.tier(heavy=len(payments.other) > EASY // 4)
    room = 1024
    while True:
        out = np.zeros((room, 6), np.int64)
        made = run(who, payments.ptr, payments.other, payments.time, window, size, met, marked, out)
        if made <= room:
            return Episodes(*np.ascontiguousarray(out[:made].T)), marked
        room = made


def between(payments: Side, of: I64, begin: I64, end: I64) -> tuple[I64, I64]:
    """The items of each of these accounts from `begin` to `end`, both included."""
    return within(payments.time, payments.ptr[of], payments.ptr[of + 1], begin, end)


@kernel
def _turn(
    who: Any, into: Any, out: Any, window: int, size: int, payers: Any, payees: Any, found: Any
) -> int:
    """Episodes of accounts that are paid by many and then pay many, told by their fullest pivot."""
    made = 0
    for v in who:
        a, b = into.ptr[v], out.ptr[v]
        left, right = a, a  # payments in, from a window before the pivot up to it
        low, high = b, b
        ins = 0
        outs = 0
        until = -(2**62)
        for at in range(b, out.ptr[v + 1]):
            t = out.time[at]
            if at == b or t > out.time[at - 1]:
                while high < out.ptr[v + 1] and out.time[high] - t <= window:
                    outs += payees[out.other[high]] == 0
                    payees[out.other[high]] += 1
                    high += 1
                while right < into.ptr[v + 1] and into.time[right] <= t:
                    ins += payers[into.other[right]] == 0
                    payers[into.other[right]] += 1
                    right += 1
                while left < right and t - into.time[left] > window:
                    payers[into.other[left]] -= 1
                    ins -= payers[into.other[left]] == 0
                    left += 1
                if ins >= size and outs >= size:
                    if t > until:
                        made += 1
                        if made <= len(found):
                            found[made - 1, 0] = v
                            found[made - 1, 5] = -1
                            found[made - 1, 7] = t
                    if made <= len(found):
                        if min(ins, outs) > min(found[made - 1, 5], found[made - 1, 6]):
                            found[made - 1, 1] = left
                            found[made - 1, 2] = right
                            found[made - 1, 3] = low
                            found[made - 1, 4] = high
                            found[made - 1, 5] = ins
                            found[made - 1, 6] = outs
                        found[made - 1, 8] = t
                    until = t + window
            payees[out.other[low]] -= 1
            outs -= payees[out.other[low]] == 0
            low += 1
        for i in range(left, right):
            payers[into.other[i]] = 0
    return made


class Turns(NamedTuple):
    """Accounts that gather and scatter: payments in `in_low:in_high` of one side up to a pivot,
    payments out `out_low:out_high` of the other from there, different payers and payees, and the
    first and last pivot."""

    of: I64
    in_low: I64
    in_high: I64
    out_low: I64
    out_high: I64
    payers: I64
    payees: I64
    first: I64
    last: I64

    def __len__(self) -> int:
        return len(self.of)


def turns(into: Side, out: Side, window: int, size: int) -> Turns:
    """Where accounts are paid by at least `size` others within a window up to one of their own
    payments and pay at least `size` within a window from it. Linear in the payments."""
    n = len(out.ptr) - 1
    payers, payees = np.zeros(n, np.int32), np.zeros(n, np.int32)
    who = np.flatnonzero((np.diff(into.ptr) >= size) & (np.diff(out.ptr) >= size))
    run = _turn.tier(heavy=len(out.other) > EASY // 4)
    room = 1024
    while True:
        found = np.zeros((room, 9), np.int64)
        made = run(who, into, out, window, size, payers, payees, found)
        if made <= room:
            return Turns(*np.ascontiguousarray(found[:made].T))
        room = made
