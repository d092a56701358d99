"""Bursts of invoices, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import VOID, Fact
from ingest.generate.schemes.goods import BUILDING, MADE
from ingest.generate.schemes.site import Planter, Site, companies
from ingest.generate.schemes.town import (
    BEGIN,
    END,
    MAKER,
    RETAIL,
    SERVICE,
    WHOLESALE,
)


def _burst(
    site: Site,
    firm: int,
    start: int,
    days: int,
    buyers: list[int],
    code: int,
    count: int,
    cents: int,
    paid: float,
    undone: float,
) -> list[Fact]:
    facts: list[Fact] = []
    for k in range(count):
        buyer = buyers[k % len(buyers)]
        day, amount = start + site.dice.below(days), site.near(cents, 0.03 + site.level.jitter)
        sort = site.dice.unit()
        if sort < undone / 2:
            facts.append(site.book.invoice(firm, buyer, amount, code, day, status=VOID))
            continue
        bill = site.book.invoice(firm, buyer, amount, code, day)
        facts.append(bill)
        if sort < undone:
            facts.append(site.book.red(bill, min(END - 1, start + days + site.dice.between(1, 25))))
        elif site.dice.chance(paid):
            facts += site.paid(bill, firm, buyer, amount, day + site.dice.between(3, 25))
    return facts


def invoice_burst(site: Site) -> None:
    """A new company, or one in new hands, bursts with invoices, takes some back, and is gone."""
    days = int(25 * site.level.stretch)
    start = site.day(days + 80)
    fresh = site.dice.chance(0.6)
    if fresh:
        founded = (start - 100, start - 40)
    else:
        founded = (BEGIN - 2_500, BEGIN - 900)
    firm = site.firm(
        WHOLESALE,
        founded=founded,
        register=fresh,
        line=site.dice.below(8),
        closed=start + days + site.dice.between(35, 70) if site.dice.chance(0.6) else 0,
    )
    facts: list[Fact] = []
    if not fresh:
        change = start - site.dice.between(10, 50)
        old, new = site.town.person(card=False), site.town.person(card=False)
        site.signs(old, firm, end=change)
        facts.append(site.signs(new, firm, since=change))
        site.book.state(
            "shareholder",
            ("p", old),
            ("c", firm),
            site.spec(firm).founded,
            end=change,
            value=10_000,
        )
        facts.append(site.holds(("p", new), firm, 10_000, since=change))
        # Its former life: little trade.
        for _ in range(4):
            site.book.invoice(
                firm,
                site.ordinary(RETAIL),
                site.sum(5_000, 30_000),
                int(MADE[site.spec(firm).line]),
                BEGIN + 2 + site.dice.below(max(1, start - BEGIN - 20)),
            )
    buyers = site.ordinaries(site.dice.between(15, 35), RETAIL, WHOLESALE, MAKER, SERVICE)
    line = site.dice.below(8)
    code = int(MADE[line])
    facts += _burst(
        site,
        firm,
        start,
        days,
        buyers,
        code,
        site.dice.between(30, 70),
        site.sum(60_000, 900_000),
        0.1 if not site.level.hard else 0.45,
        0.25 if not site.level.hard else 0.12,
    )
    if site.level.hard:  # a few purchases, far less than it sells
        sold = sum(site.book.cents_of(fact) for fact in facts if fact[0] == "invoice")
        sellers = site.some_of_line(4, MAKER, line)
        parts = site.dice.split(int(sold * site.dice.real(0.05, 0.2)), len(sellers))
        for seller, cents in zip(sellers, parts, strict=True):
            day = start + site.dice.below(days)
            bill = site.book.invoice(seller, firm, cents, code, day)
            site.paid(bill, seller, firm, cents, day + 5)
    site.plant("invoice_burst", companies([firm]), facts, companies(buyers))


def seasonal(site: Site) -> None:
    """A trader of tea or moon cakes: the same weeks every year, bought before, and paid."""
    firm = site.firm(
        WHOLESALE, life=True, staff=3, line=3, word="茶业", founded=(BEGIN - 4_000, BEGIN - 900)
    )
    buyers = site.ordinaries(site.dice.between(15, 30), RETAIL, WHOLESALE)
    facts: list[Fact] = []
    offset = site.dice.below(60)
    cents = site.sum(30_000, 300_000)
    count = site.dice.between(20, 40)
    makers = site.some_of_line(3, MAKER, 3)
    paid, undone = (0.85, 0.08) if site.level.hard else (0.95, 0.03)
    for start in (BEGIN + 80 + offset, BEGIN + 445 + offset):
        for maker, part in zip(
            makers, site.dice.split(int(cents * count * 0.85), len(makers)), strict=True
        ):
            bill = site.book.invoice(maker, firm, part, int(MADE[3]), start - 15)
            facts += [bill, *site.paid(bill, maker, firm, part, start + 30)]
        facts += _burst(site, firm, start, 30, buyers, int(MADE[3]), count, cents, paid, undone)
    site.plant("invoice_burst", companies([firm]), facts, [], "seasonal")


def large_project(site: Site) -> None:
    """A young firm that won one large work: many bills in few months, to few, and paid."""
    start = site.day(200)
    firm = site.firm(
        SERVICE, life=True, staff=6, line=3, word="建筑工程", founded=(start - 200, start - 60)
    )
    buyers = site.ordinaries(site.dice.between(2, 4), MAKER, SERVICE)
    cents = site.sum(100_000, 1_500_000)
    count = site.dice.between(25, 45)
    facts = _burst(site, firm, start, 60, buyers, BUILDING, count, cents, 0.97, 0.04)
    makers = site.some_of_line(4, MAKER, 0)
    for seller, part in zip(
        makers, site.dice.split(int(cents * count * 0.6), len(makers)), strict=True
    ):
        bill = site.book.invoice(seller, firm, part, int(MADE[0]), start + 5)
        facts += [bill, *site.paid(bill, seller, firm, part, start + 40)]
    # And goes on after it.
    facts += _burst(site, firm, start + 90, 90, buyers, BUILDING, 6, cents, 0.95, 0.0)
    site.plant("invoice_burst", companies([firm]), facts, [], "large_project")


def liquidation(site: Site) -> None:
    """An old firm sells off its stock, is paid, and is struck off."""
    start = site.day(150) + 60
    start = min(start, END - 130)
    firm = site.firm(
        WHOLESALE,
        life=True,
        staff=3,
        line=site.dice.below(8),
        trade=True,
        founded=(BEGIN - 6_000, BEGIN - 2_500),
        closed=start + 100,
    )
    code = int(MADE[site.spec(firm).line])
    buyers = site.ordinaries(site.dice.between(15, 25), RETAIL, WHOLESALE)
    facts: list[Fact] = []
    cents = site.sum(20_000, 300_000)
    count = site.dice.between(25, 45)
    makers = site.some_of_line(3, MAKER, site.spec(firm).line)
    for maker, part in zip(makers, site.dice.split(int(cents * count), len(makers)), strict=True):
        day = BEGIN + 3 + site.dice.below(50)
        bill = site.book.invoice(maker, firm, part, code, day)
        facts += [bill, *site.paid(bill, maker, firm, part, day + 20)]
    facts += _burst(site, firm, start, 40, buyers, code, count, cents, 0.95, 0.02)
    site.plant("invoice_burst", companies([firm]), facts, [], "liquidation")


BURSTS: tuple[Planter, ...] = (
    invoice_burst,
    seasonal,
    large_project,
    liquidation,
)
