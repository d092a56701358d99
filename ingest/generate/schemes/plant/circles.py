"""Invoices and payments that go round, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.goods import MADE, PROCESSING, RAW
from ingest.generate.schemes.plant.groups import group
from ingest.generate.schemes.plant.shells import past, shell
from ingest.generate.schemes.site import Planter, Site, accounts, companies
from ingest.generate.schemes.town import (
    MAKER,
    RETAIL,
    WHOLESALE,
)


def invoice_cycle(site: Site) -> None:
    """Invoices around a circle, of like amounts, with hardly a payment."""
    size = site.dice.between(3, 4 if site.level.easy else 6)
    span = int(40 * site.level.stretch)
    start = site.day(span + 20)
    ring = [
        shell(site, past(site, start), cover=site.covered(), line=site.dice.below(8))
        for _ in range(size)
    ]
    facts: list[Fact] = []
    code = int(site.dice.pick([*MADE, *RAW]))
    total = 0
    for _ in range(site.dice.between(1, 3)):
        typical = site.sum(300_000, 5_000_000)
        first = start + site.dice.below(max(1, span // 2))
        for k, (seller, buyer) in enumerate(zip(ring, ring[1:] + ring[:1], strict=True)):
            day = first + (k * span // (2 * size)) + site.dice.below(5)
            whole = site.near(typical, 0.02 + site.level.jitter / 2)
            for cents in site.dice.split(whole, site.dice.between(1, 3)):
                bill = site.book.invoice(seller, buyer, cents, code, day)
                facts.append(bill)
                total += cents
                if site.dice.chance(
                    0.0 if site.level.easy else 0.05 if not site.level.hard else 0.15
                ):
                    part = int(cents * site.dice.real(0.2, 0.6))
                    facts += site.paid(bill, seller, buyer, part, day + site.dice.between(3, 20))
    site.plant("invoice_cycle", companies(ring), facts, amount=total)


def group_processing(site: Site) -> None:
    """A declared group: goods out, worked up at another, packed at a third, and back."""
    _, made = group(site, site.dice.between(3, 4))
    facts: list[Fact] = []
    line = site.dice.below(8)
    codes = [int(RAW[line]), PROCESSING, int(MADE[line]), int(MADE[line])]
    for _ in range(site.dice.between(2, 4)):
        day, cents = site.day(120), site.sum(200_000, 2_000_000)
        for k, (seller, buyer) in enumerate(zip(made, made[1:] + made[:1], strict=True)):
            bill = site.book.invoice(seller, buyer, cents, codes[k % 4], day)
            facts.append(bill)
            # Within the group much is set off rather than paid.
            part = cents if not site.level.hard else int(cents * site.dice.real(0.3, 0.7))
            facts += site.paid(bill, seller, buyer, part, day + site.dice.between(5, 25))
            day += site.dice.between(5, 20)
            cents = int(cents * site.dice.real(1.04, 1.25))
    site.plant("invoice_cycle", companies(made), facts, [], "group_processing")


def goods_returned(site: Site) -> None:
    """Goods that went from maker to trader to shop go back by a sale the other way, all paid."""
    line = site.dice.below(8)
    ring = [
        site.firm(role, life=True, staff=2, line=line, trade=True)
        for role in (MAKER, WHOLESALE, RETAIL)
    ]
    facts: list[Fact] = []
    for turn in range(site.dice.between(2, 5)):
        day, cents = site.day(60), site.sum(50_000, 800_000)
        for k, (seller, buyer) in enumerate(zip(ring, ring[1:] + ring[:1], strict=True)):
            if k == 2:
                if turn and site.dice.chance(0.5):
                    continue
                cents = int(cents * site.dice.real(0.3, 0.9))
            bill = site.book.invoice(seller, buyer, cents, int(MADE[line]), day)
            facts += [bill, *site.paid(bill, seller, buyer, cents, day + site.dice.between(5, 20))]
            day, cents = day + site.dice.between(4, 15), int(cents * 1.1)
    site.plant("invoice_cycle", companies(ring), facts, [], "goods_returned")


def payment_return(site: Site) -> None:
    """The buyer pays, and the money comes back to the buyer's people, less a fee, within days."""
    span = int(60 * site.level.stretch)
    start = site.day(span + 30)
    seller = shell(site, past(site, start), line=site.dice.below(8))
    owner = site.person(life=True)
    buyer = site.firm(
        WHOLESALE,
        life=True,
        staff=3,
        line=site.dice.below(8),
        register=False,
        trade=not site.level.easy,
    )
    site.signs(owner, buyer)
    site.holds(("p", owner), buyer, 10_000)
    middle = site.cards(site.people(site.dice.between(1, 3) if not site.level.easy else 1))
    fee = site.dice.real(0.03, 0.06) if site.level.easy else site.dice.real(0.05, 0.1)
    facts: list[Fact] = []
    total = 0
    for _ in range(site.dice.between(5, 10)):
        day, cents = start + site.dice.below(span), site.sum(100_000, 1_500_000)
        total += cents
        bill = site.book.invoice(seller, buyer, cents, int(MADE[site.spec(seller).line]), day)
        at = site.moment(day + site.dice.between(0, 5))
        facts += [bill, *site.send(site.town.main(buyer), site.town.main(seller), cents, at)]
        left, here = int(cents * (1 - fee)), site.town.main(seller)
        if site.level.hard and site.dice.chance(0.2):
            continue  # not all of it comes back
        for account in site.dice.some(middle, site.dice.between(1, len(middle))):
            at = site.after(at + 7_200)
            facts += site.send(here, account, left, at)
            here = account
        goal = site.town.card(owner) if site.dice.chance(0.7) else site.town.main(buyer)
        facts += site.send(here, goal, left, site.after(at + 7_200))
    site.plant(
        "payment_return",
        companies([seller, buyer]),
        facts,
        [("p", owner)],
        amount=total,
        tools=accounts([*middle, site.town.card(owner)]),
    )


def refunds(site: Site) -> None:
    """A seller takes back part of what it sold, by red-letter bill, and pays the money back."""
    line = site.dice.below(8)
    seller = site.firm(WHOLESALE, life=True, staff=3, line=line, trade=True)
    buyer = site.firm(RETAIL, life=True, staff=2, line=line, trade=True)
    facts: list[Fact] = []
    for _ in range(site.dice.between(6, 12)):
        day, cents = site.day(60), site.sum(20_000, 500_000)
        bill = site.book.invoice(seller, buyer, cents, int(MADE[line]), day)
        facts.append(bill)
        if site.dice.chance(0.6):
            facts.append(site.book.red(bill, day + site.dice.between(8, 20)))
            facts += site.paid(bill, seller, buyer, cents, day + 2)
            at = site.moment(day + site.dice.between(20, 24))
            facts += site.send(site.town.main(seller), site.town.main(buyer), cents, at)
        else:
            facts += site.paid(bill, seller, buyer, cents, day + 20)
    site.plant("payment_return", companies([seller, buyer]), facts, [], "refunds")


def cash_pooling(site: Site) -> None:
    """A declared group: what one pays another goes up to the parent, which lends it down."""
    head, made = group(site, 2)
    line = site.spec(made[0]).line
    for company in made:
        site.spec(company).trade = True
    main, facts = site.town.main, []
    for _ in range(site.dice.between(6, 10)):
        day, cents = site.day(60), site.sum(100_000, 1_500_000)
        bill = site.book.invoice(made[0], made[1], cents, int(MADE[line]), day)
        at = site.moment(day + 5)
        facts += [bill, *site.send(main(made[1]), main(made[0]), cents, at)]
        at = site.after(at + 7_200)
        facts += site.send(main(made[0]), main(head), int(cents * 0.98), at)
        facts += site.send(
            main(head),
            main(made[1]),
            int(cents * site.dice.real(0.9, 0.97)),
            site.after(at + 7_200),
        )
    site.plant(
        "payment_return",
        companies(made),
        facts,
        [("c", head), *accounts([main(head)])],
        "cash_pooling",
    )


CIRCLES: tuple[Planter, ...] = (
    invoice_cycle,
    group_processing,
    goods_returned,
    payment_return,
    refunds,
    cash_pooling,
)
