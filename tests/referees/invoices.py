"""Invoices by brute force: what stands of them, and what companies paid."""

from __future__ import annotations

from typing import NamedTuple

import networkx as nx


class Invoice(NamedTuple):
    """One invoice: name, ends, time in days, amount (negative: red), goods; `void` counts none;
    what a red letter says that it takes back."""

    id: str
    seller: str
    buyer: str
    time: float
    amount: int
    goods: str | None = None
    void: bool = False
    cites: str | None = None


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

    by_id = {i.id: i for i in invoices if i.void or i.amount > 0}
    for red in reds.copy():
        of = by_id.get(red.cites or "")
        if of is None or (of.seller, of.buyer) != (red.seller, red.buyer) or of.time > red.time:
            continue
        if not of.void:
            left[of.id] = max(left[of.id] - back[red.id], 0)
        reds.remove(red)  # and takes back no other
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


def straight(
    invoices: list[Invoice], dwell: float, margin: float, least: float, sales: int
) -> dict[str, tuple[int, set[str]]]:
    """Companies that pass goods through: how much, and the invoices of the groups concerned."""
    net = standing(invoices)
    stand = [i for i in invoices if net.get(i.id, 0) > 0]
    found = {}
    for firm in {end for i in stand for end in (i.seller, i.buyer)}:
        sold = [i for i in stand if i.seller == firm]
        bought = [i for i in stand if i.buyer == firm]
        shared = {i.goods[:3] for i in sold if i.goods} & {i.goods[:3] for i in bought if i.goods}
        through, purchases, turnover, number = 0, 0, 0, 0
        facts: set[str] = set()
        for group in shared:
            events = [
                (i.time, sale, i.id)
                for sale, side in ((False, bought), (True, sold))
                for i in side
                if i.goods and i.goods[:3] == group
            ]
            stock: list[list[float]] = []
            moved = 0
            for time, sale, name in sorted(events):
                if not sale:
                    purchases += net[name]
                    stock.append([time, net[name]])
                    continue
                turnover += net[name]
                number += 1
                wanted = net[name]
                for lot in stock:
                    if time - lot[0] <= dwell:
                        taken = int(min(wanted, lot[1]))
                        lot[1] -= taken
                        wanted -= taken
                        moved += taken
            through += moved
            if moved:
                facts |= {name for _, _, name in events}
        if (
            through
            and number >= sales
            and through >= least * max(purchases, sum(net[i.id] for i in sold))
            and turnover <= (1 + margin) * purchases
        ):
            found[firm] = through, facts
    return found


def bursts(
    invoices: list[Invoice],
    born: dict[str, list[float]],
    window: float,
    age: float,
    least: int,
    buyers: int,
) -> dict[str, set[str]]:
    """The densest window of companies that were new when it began, by name."""
    issued = [i for i in invoices if i.amount > 0]
    found = {}
    for firm in {i.seller for i in issued}:
        own = [i for i in issued if i.seller == firm]
        best: list[Invoice] = []
        for start in sorted({i.time for i in own}):
            if not any(b <= start <= b + age for b in born.get(firm, [])):
                continue
            inside = [i for i in own if start <= i.time <= start + window]
            if len(inside) > len(best):
                best = inside
        if len(best) >= least and len({i.buyer for i in best}) >= buyers:
            found[firm] = {i.id for i in best}
    return found


def mismatched(
    invoices: list[Invoice], share: float, replaced: float, dwell: float, margin: float
) -> dict[str, tuple[int, set[str]]]:
    """Companies that sell what they never bought in place of what they did: how much, and the
    invoices; for graphs of so few sellers that nothing is an overhead."""
    net = standing(invoices)
    stand = [i for i in invoices if net.get(i.id, 0) > 0 and i.goods]
    found = {}
    for firm in {i.seller for i in stand}:
        sold: dict[str, int] = {}
        bought: dict[str, int] = {}
        for i in stand:
            for end, side in ((i.seller, sold), (i.buyer, bought)):
                if end == firm:
                    side[str(i.goods)[:3]] = side.get(str(i.goods)[:3], 0) + net[i.id]
        nothing = {g for g in sold if bought.get(g, 0) <= 0.1 * sold[g]}
        left = {g for g in bought if sold.get(g, 0) <= bought[g]}
        sales = [i for i in stand if i.seller == firm and str(i.goods)[:3] in nothing]
        purchases = [i for i in stand if i.buyer == firm and str(i.goods)[:3] in left]
        hits = 0
        for sale in sales:
            if any(
                0 <= sale.time - p.time <= dwell
                and net[sale.id] / (1 + margin) <= net[p.id] <= net[sale.id] * (1 + margin)
                for p in purchases
            ):
                hits += net[sale.id]
        total = sum(net[i.id] for i in sales)
        if hits and total >= share * sum(sold.values()) and hits >= replaced * total:
            found[firm] = hits, {i.id for i in (*sales, *purchases)}
    return found
