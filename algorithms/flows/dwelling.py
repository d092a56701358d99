"""How long money stays in accounts: what comes in first goes out first."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.flows.windows import Side
from graph.columns import I64
from graph.compiled import inline_kernel, kernel
from graph.searching import EASY

F64 = npt.NDArray[np.float64]
MOST: Final = 2**63 - 1  # what a sum of money stops at, where it would be more


class Stays(NamedTuple):
    """Of each account: money in, out, passed on (out of what had come in) and passed on soon, in
    minor units, no more than `MOST`; the sum of passed money times its stay (µs); how many payments
    out there are, how many of them soon after one came in, and for how long in all something had
    just come in."""

    into: I64
    out: I64
    passed: I64
    soon: I64
    stayed: F64
    outs: I64
    after: I64
    covered: I64

    def some(self, of: I64) -> Stays:
        """Of some accounts."""
        whole: list[Any] = [each[of] for each in self]
        return Stays(*whole)


def _both(into: Side, out: Side) -> I64:
    """The accounts that are paid and pay."""
    return np.flatnonzero((np.diff(into.ptr) > 0) & (np.diff(out.ptr) > 0))


@inline_kernel
def _with(money: int, more: int) -> int:
    return MOST if money > MOST - more else money + more


@kernel
def _dwell(
    who: Any,
    into: Any,
    i_worth: Any,
    out: Any,
    o_worth: Any,
    soon: int,
    last: int,
    whole: Any,
    stayed: Any,
) -> None:
    """Fill `whole` (a column an account: in, out, passed, soon, outs, after, covered)."""
    for v in who:
        a, b = into.ptr[v], into.ptr[v + 1]
        c, d = out.ptr[v], out.ptr[v + 1]
        until = into.time[a]
        for i in range(a, b):
            whole[0, v] = _with(whole[0, v], i_worth[i])
            stop = min(into.time[i] + soon, last)
            whole[6, v] += stop - max(until, into.time[i])
            until = stop
        head = a  # the oldest money that is left, and how much of it
        left = i_worth[a]
        near = a  # after the last payment in so far
        for j in range(c, d):
            t = out.time[j]
            worth = o_worth[j]
            whole[1, v] = _with(whole[1, v], worth)
            whole[4, v] += 1
            while near < b and into.time[near] <= t:
                near += 1
            whole[5, v] += near > a and t - into.time[near - 1] <= soon
            while worth > 0 and head < near:
                part = min(worth, left)
                stay = t - into.time[head]
                whole[2, v] = _with(whole[2, v], part)
                if stay <= soon:
                    whole[3, v] = _with(whole[3, v], part)
                stayed[v] += float(part) * float(stay)
                worth -= part
                left -= part
                if left == 0:
                    head += 1
                    left = i_worth[head] if head < b else 0


def dwell(into: Side, i_worth: I64, out: Side, o_worth: I64, soon: int, last: int) -> Stays:
    """The stay of money in each account, first in first out. Linear.

    `i_worth` and `o_worth` are amounts in the order of the items, above zero. What goes out beyond
    what has come in was there before and is of no payment in; payments in at a moment come before
    those out at it. `soon` (µs) is a short stay, `last` the end of what was observed.
    """
    n = len(into.ptr) - 1
    whole, stayed = np.zeros((7, n), np.int64), np.zeros(n, np.float64)
    run = _dwell.tier(heavy=len(i_worth) + len(o_worth) > EASY // 4)
    run(_both(into, out), into, i_worth, out, o_worth, soon, last, whole, stayed)
    came, left, passed, quick, outs, after, covered = whole
    return Stays(came, left, passed, quick, stayed, outs, after, covered)


@kernel
def _burst(
    who: Any, into: Any, i_worth: Any, out: Any, o_worth: Any, window: int, most: Any
) -> None:
    for v in who:
        b, d = into.ptr[v + 1], out.ptr[v + 1]
        low, high = out.ptr[v], out.ptr[v]
        stop = into.ptr[v]
        came = 0
        left = 0
        for i in range(into.ptr[v], b):
            t = into.time[i]
            while stop < b and into.time[stop] - t <= window:
                came += i_worth[stop]
                stop += 1
            while high < d and out.time[high] - t <= window:
                left += o_worth[high]
                high += 1
            while low < high and out.time[low] < t:
                left -= o_worth[low]
                low += 1
            most[v] = max(most[v], min(came, left))
            came -= i_worth[i]


def burst(into: Side, i_worth: I64, out: Side, o_worth: I64, window: int) -> I64:
    """The most money that both came into each account and left it within one window that begins
    with a payment in. Linear."""
    most = np.zeros(len(into.ptr) - 1, np.int64)
    run = _burst.tier(heavy=len(i_worth) + len(o_worth) > EASY // 4)
    run(_both(into, out), into, i_worth, out, o_worth, window, most)
    return most
