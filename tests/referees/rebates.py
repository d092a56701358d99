"""Rebate chains by brute force: every walk from a fake maker to an export."""

from __future__ import annotations

from typing import NamedTuple

DAYS = 90


class Sale(NamedTuple):
    """One invoice: name, ends, day, amount, goods group; whether it is an export."""

    id: str
    seller: str
    buyer: str
    day: int
    amount: int
    goods: str
    export: bool


class Chain(NamedTuple):
    """What a row should say of one exporter and goods group."""

    facts: frozenset[str]
    members: frozenset[str]
    amount: int
    makers: int
    fake: int
    share: float


def fake(sales: list[Sale], company: str, banked: set[str], paying: set[str], today: int) -> bool:
    """Whether two of three marks hold."""
    sold = [s for s in sales if s.seller == company]
    bought = sum(s.amount for s in sales if s.buyer == company)
    days = [s.day for s in sold]
    marks = [
        bool(sold) and bought * 10 < sum(s.amount for s in sold),
        company in banked and company not in paying,
        bool(sold) and max(days) - min(days) <= 365 and max(days) < today - DAYS,
    ]
    return sum(marks) >= 2


def makers(sales: list[Sale]) -> set[str]:
    """Who sold some group, and bought of it no more than a tenth."""
    found = set()
    for company, goods in {(s.seller, s.goods) for s in sales}:
        sold = sum(s.amount for s in sales if (s.seller, s.goods) == (company, goods))
        had = [s for s in sales if (s.buyer, s.goods) == (company, goods) and not s.export]
        if sum(s.amount for s in had) * 10 <= sold:
            found.add(company)
    return found


def walks(sales: list[Sale], last: Sale, depth: int, window: int) -> set[tuple[Sale, ...]]:
    """All walks of up to `depth` invoices at home that end in an export, the earliest first."""

    def before(sale: Sale) -> list[Sale]:
        return [
            s
            for s in sales
            if s.buyer == sale.seller and not s.export and sale.day - window <= s.day <= sale.day
        ]

    ends = {(s, last) for s in before(last)}
    found = set(ends)
    for _ in range(depth - 1):
        ends = {(s, *walk) for walk in ends for s in before(walk[0])}
        found |= ends
    return found


def chains(
    sales: list[Sale], banked: set[str], paying: set[str], today: int, depth: int, window: int
) -> tuple[dict[tuple[str, str], Chain], float, int]:
    """Every exporter and group with a fake maker in reach; the rate of fakes; exporters asked."""
    bad = {c for c in {s.seller for s in sales} if fake(sales, c, banked, paying, today)}
    every = makers(sales)
    asked = {(s.seller, s.goods) for s in sales if s.export}
    found = {}
    for exporter, goods in asked:
        part = [s for s in sales if s.goods == goods]
        made = makers(part)
        exports = [s for s in part if s.export and s.seller == exporter]
        reach = {walk for last in exports for walk in walks(part, last, depth, window)}
        hit = {walk for walk in reach if walk[0].seller in made & bad}
        if not hit:
            continue
        sources = {walk[0] for walk in reach if walk[0].seller in made}
        from_bad = {s for s in sources if s.seller in bad}
        on = {s for walk in hit for s in walk}
        found[exporter, goods] = Chain(
            facts=frozenset(s.id for s in on),
            members=frozenset({s.seller for s in on}),
            amount=sum(s.amount for s in on if s.export),
            makers=len({s.seller for s in sources}),
            fake=len({s.seller for s in from_bad}),
            share=sum(s.amount for s in from_bad) / sum(s.amount for s in sources),
        )
    return found, len(bad & every) / max(len(every), 1), len(asked)
