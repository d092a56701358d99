"""Invoices by brute force: what stands of them, and what companies paid."""

from __future__ import annotations

from typing import NamedTuple

import networkx as nx


class Invoice(NamedTuple):
    """One invoice: name, ends, time in days, amount (negative: red), goods; `void` counts none."""

    id: str
    seller: str
    buyer: str
    time: float
    amount: int
    goods: str | None = None
    void: bool = False


def standing(invoices: list[Invoice]) -> dict[str, int]:
    """What stands of each positive invoice, as `algorithms.invoices.netting` documents it."""
    left = {i.id: i.amount for i in invoices if i.amount > 0 and not i.void}
    reds = [i for i in invoices if i.amount < 0 and not i.void]
    back = {i.id: -i.amount for i in reds}

    def before(red: Invoice) -> list[Invoice]:
        """Those that a red letter may take back, the latest last."""
        found = [
            i
            for i in invoices
            if i.id in left and (i.seller, i.buyer) == (red.seller, red.buyer)
            and i.time <= red.time
        ]  # fmt: skip
        return sorted(found, key=lambda i: (i.time, i.id))

    for goods in (True, False):
        for red in sorted(reds, key=lambda i: (i.time, i.id)):
            same = [
                i
                for i in before(red)
                if left[i.id] == i.amount == back[red.id] and (not goods or i.goods == red.goods)
            ]
            if same:
                left[same[-1].id] = back[red.id] = 0
    for red in sorted(reds, key=lambda i: (i.time, i.id)):
        for i in reversed(before(red)):
            taken = min(left[i.id], back[red.id])
            left[i.id] -= taken
            back[red.id] -= taken
    return left


class Bundle(NamedTuple):
    """Invoices of one pair that follow one another, as one hop."""

    begin: float
    end: float
    amount: int
    ids: tuple[str, ...]


def bundles(
    invoices: list[Invoice], net: dict[str, int], a: str, b: str, parts: int
) -> list[Bundle]:
    """Every run of one to `parts` invoices that stand from one company to another."""
    own = [i for i in invoices if (i.seller, i.buyer) == (a, b) and net.get(i.id, 0) > 0]
    own.sort(key=lambda i: (i.time, i.id))
    runs = [own[s : s + k] for k in range(1, parts + 1) for s in range(len(own) - k + 1)]
    return [
        Bundle(r[0].time, r[-1].time, sum(net[i.id] for i in r), tuple(i.id for i in r))
        for r in runs
    ]


def circles(
    invoices: list[Invoice], least: int, most: int, window: float, tolerance: float, parts: int
) -> dict[tuple[str, ...], set[str]]:
    """Every ring of companies, from the least name on, and the invoices in boxes of its anchors."""
    net = standing(invoices)
    graph = nx.DiGraph((i.seller, i.buyer) for i in invoices if net.get(i.id, 0) > 0)
    found: dict[tuple[str, ...], set[str]] = {}
    for cycle in nx.simple_cycles(graph, length_bound=most):
        if len(cycle) < least:
            continue
        begin = cycle.index(min(cycle))
        ring = (*cycle[begin:], *cycle[:begin])
        sides = [
            bundles(invoices, net, a, b, parts)
            for a, b in zip(ring, (*ring[1:], ring[0]), strict=True)
        ]
        for anchor in (bundle for side in sides for bundle in side):
            late = anchor.begin + window
            if anchor.end > late:
                continue
            low, high = anchor.amount * (1 - tolerance), anchor.amount / (1 - tolerance)
            inside = [
                [
                    b
                    for b in side
                    if b.begin >= anchor.begin and b.end <= late and low <= b.amount <= high
                ]
                for side in sides
            ]
            if all(inside):
                ids = {name for side in inside for b in side for name in b.ids}
                found.setdefault(ring, set()).update(ids)
    return found
