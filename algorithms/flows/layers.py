"""Layers of payments: sets in which everybody pays many and is paid by many, one or two deep.

A core is what remains when payments are taken away, again and again, that lie in no window with
enough counterparts of the payments that are left (after Liu et al. 2019, with windows).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.flows.windows import Side, episodes, kept
from algorithms.rings.connected import components
from graph.columns import I32, I64
from graph.compiled import kernel
from graph.searching import EASY

Mask = npt.NDArray[np.bool_]


class Edges:
    """Payments between accounts 0..n-1, to be thinned out."""

    def __init__(self, n: int, src: I32, dst: I32, out: Side, into: Side) -> None:
        self.n, self.src, self.dst, self.out, self.into = n, src, dst, out, into

    def hubs(self, window: int, most: int) -> Mask:
        """Payments of an account that pays, or to one that is paid by, more than so many others
        within some window."""
        found = np.zeros(len(self.src), np.bool_)
        for payments, mine in ((self.out, self.src), (self.into, self.dst)):
            large = np.zeros(self.n, np.bool_)
            large[episodes(payments, window, most + 1)[0].of] = True
            found |= large[mine]
        return found


def core(edges: Edges, alive: Mask, window: int, size: int) -> Mask:
    """The payments of the core of those that are alive."""
    out, into = edges.out, edges.into
    while True:
        before = int(alive.sum())
        for forth in (True, False):
            payments = kept(out if forth else into, alive)
            _, marked = episodes(payments, window, size)
            alive = np.zeros(len(alive), np.bool_)
            alive[payments.edge[marked]] = True
            if forth:
                out = payments
            else:
                into = payments
        if int(alive.sum()) == before:
            return alive


@kernel
def _linked(
    who: Any, ptr: Any, time: Any, o_ptr: Any, o_other: Any, o_time: Any, window: int, size: int,
    ahead: bool, met: Any, good: Any,
) -> None:  # fmt: skip
    """Mark the items of one side within a window before (or after) which the other side of the same
    account has enough counterparts."""
    for v in who:
        a, b = o_ptr[v], o_ptr[v + 1]
        low, high, count = a, a, 0
        for i in range(ptr[v], ptr[v + 1]):
            begin = time[i] if ahead else time[i] - window
            while high < b and o_time[high] <= begin + window:
                count += met[o_other[high]] == 0
                met[o_other[high]] += 1
                high += 1
            while low < high and o_time[low] < begin:
                met[o_other[low]] -= 1
                count -= met[o_other[low]] == 0
                low += 1
            good[i] = count >= size
        for i in range(low, high):
            met[o_other[i]] = 0


def _with_more(one: Side, other: Side, window: int, size: int, *, ahead: bool) -> Mask:
    """Which items of a side are followed (or preceded) by enough on the other side."""
    good = np.zeros(len(one.time), np.bool_)
    met = np.zeros(len(one.ptr) - 1, np.int32)
    run = _linked.tier(heavy=len(one.time) + len(other.time) > EASY // 4)
    who = np.flatnonzero((np.diff(one.ptr) > 0) & (np.diff(other.ptr) >= size))
    run(who, one.ptr, one.time, other.ptr, other.other, other.time, window, size, ahead, met, good)
    return good


def two_layers(edges: Edges, alive: Mask, window: int, size: int) -> tuple[Mask, Mask]:
    """The payments of the first and of the second layer of stacks."""
    first = second = core(edges, alive, window, size)
    while True:
        before = int(first.sum()) + int(second.sum())
        paid, pays = kept(edges.into, first), kept(edges.out, second)
        some = _with_more(paid, pays, window, size, ahead=True)
        first = np.zeros(len(alive), np.bool_)
        first[paid.edge[some]] = True
        first = core(edges, first, window, size)
        paid = kept(edges.into, first)
        some = _with_more(pays, paid, window, size, ahead=False)
        second = np.zeros(len(alive), np.bool_)
        second[pays.edge[some]] = True
        second = core(edges, second, window, size)
        if int(first.sum()) + int(second.sum()) == before:
            return first, second


def parts(edges: Edges, window: int, *layers: Mask) -> list[I64]:
    """Payments that belong together: of one account, one way and in one layer, within a window of
    each other, and, from layer to layer, a payment and what its receiver pays next."""
    links: list[tuple[I32, I32]] = []
    for layer in layers:
        for payments in (kept(edges.out, layer), kept(edges.into, layer)):
            near = payments.time[1:] - payments.time[:-1] <= window
            whose = np.repeat(np.arange(edges.n), np.diff(payments.ptr))
            near &= whose[1:] == whose[:-1]
            links.append((payments.edge[:-1][near], payments.edge[1:][near]))
    for one, two in pairwise(layers):
        paid, pays = kept(edges.into, one), kept(edges.out, two)
        whose = np.repeat(np.arange(edges.n), np.diff(paid.ptr))
        for v in np.unique(whose).tolist():
            low, high = int(pays.ptr[v]), int(pays.ptr[v + 1])
            mine = slice(int(paid.ptr[v]), int(paid.ptr[v + 1]))
            at = low + np.searchsorted(pays.time[low:high], paid.time[mine])
            there = at < high
            there[there] = pays.time[at[there]] - paid.time[mine][there] <= window
            links.append((paid.edge[mine][there], pays.edge[at[there]]))
    chosen = np.flatnonzero(np.logical_or.reduce(layers))
    if not len(chosen):
        return []
    place = np.zeros(len(edges.src), np.int32)
    place[chosen] = np.arange(len(chosen))
    a, b = (np.concatenate([link[end] for link in links]) for end in (0, 1))
    label = components(len(chosen), place[a], place[b])
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    return [chosen[part] for part in np.split(order, cuts)]
