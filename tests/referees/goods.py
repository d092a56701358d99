"""Goods along invoices by brute force: every walk in order of time, one invoice after another."""

from __future__ import annotations

from typing import NamedTuple


class Sale(NamedTuple):
    """One invoice: name, ends, day, amount, goods."""

    id: str
    seller: str
    buyer: str
    day: int
    amount: int
    goods: str


class Stop(NamedTuple):
    """What a row should say of one company."""

    depth: int
    amount: int
    facts: tuple[str, ...]
    reached: frozenset[str]


def walks(
    sales: list[Sale], starts: set[str], depth: int, window: int | None
) -> set[tuple[Sale, ...]]:
    """All walks of up to `depth` invoices from these companies."""
    found = {(sale,) for sale in sales if sale.seller in starts}
    ends = set(found)
    for _ in range(depth - 1):
        ends = {
            (*walk, sale)
            for walk in ends
            for sale in sales
            if sale.seller == walk[-1].buyer
            and walk[-1].day <= sale.day
            and (window is None or sale.day - walk[-1].day <= window)
        }
        found |= ends
    return found


def stops(
    sales: list[Sale], start: str | None, depth: int, window: int | None, *, backward: bool
) -> dict[str, Stop]:
    """Every company that goods reach: how soon, over which invoices, by which path."""
    if backward:
        sales = [
            sale._replace(seller=sale.buyer, buyer=sale.seller, day=-sale.day) for sale in sales
        ]
    sellers, buyers = {s.seller for s in sales}, {s.buyer for s in sales}
    starts = sellers - buyers if start is None else {start} & sellers
    every = walks(sales, starts, depth, window)
    met = {walk[-1] for walk in every}
    found = {
        c: Stop(
            0,
            sum(s.amount for s in met if s.seller == c),
            (),
            frozenset(s.id for s in met if s.seller == c),
        )
        for c in starts
    }
    for company in {sale.buyer for sale in met} - starts:
        into = {sale for sale in met if sale.buyer == company}
        near = min(len(walk) for walk in every if walk[-1].buyer == company)
        best = [walk for walk in every if walk[-1].buyer == company and len(walk) == near]
        first = min(best, key=lambda walk: [(s.day, -s.amount, s.id) for s in reversed(walk)])
        found[company] = Stop(
            near,
            sum(s.amount for s in into),
            tuple(s.id for s in first),
            frozenset(s.id for s in into),
        )
    return found
