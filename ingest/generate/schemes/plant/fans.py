"""Cycles and fans of transfers, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.plant.groups import group
from ingest.generate.schemes.site import HOUR, Planter, Site, accounts, companies, persons
from ingest.generate.schemes.town import (
    BANK,
    BEGIN,
    DAY,
    INSTITUTION,
    MAKER,
    OTHER,
    RETAIL,
    SOCIAL,
)


def _ring(site: Site, ring: list[int], cents: int, start: int) -> list[Fact]:
    """Money once around accounts, less a fee at each."""
    at, facts = site.moment(start), []
    for source, target in zip(ring, ring[1:] + ring[:1], strict=True):
        facts += site.send(source, target, cents, at)
        cents, at = site.kept(cents), site.after(at + 2 * HOUR)
    return facts


def transfer_cycle(site: Site) -> None:
    """Money back at its start through accounts of people who have nothing else in common."""
    size = site.dice.between(3, 5 if site.level.easy else 8)
    ring = site.cards(site.people(size))
    for k in range(size):
        if site.dice.chance(0.3):
            ring[k] = site.town.main(site.firm(life=site.covered()))
    facts = _ring(site, ring, site.sum(50_000, 3_000_000), site.day(40))
    site.chatter(ring)
    site.plant("transfer_cycle", accounts(ring), facts)


def group_settlement(site: Site) -> None:
    """Companies of one declared group settle what they owe each other, in a circle."""
    head, made = group(site, site.dice.between(2, 5))
    ring = [site.town.main(c) for c in [head, *made]]
    facts = []
    for _ in range(site.dice.between(1, 3)):
        facts += _ring(site, ring, site.sum(200_000, 5_000_000), site.day(40))
    site.plant(
        "transfer_cycle", accounts(ring), facts, companies([head, *made]), "group_settlement"
    )


def own_accounts(site: Site) -> None:
    """One owner moves money around accounts of their own."""
    person = site.person(life=True)
    ring = [site.town.card(person)]
    ring += [
        site.town.account(("p", person), "card", BEGIN - site.dice.between(100, 2_000))
        for _ in range(site.dice.between(2, 3))
    ]
    facts = _ring(site, ring, site.sum(10_000, 500_000), site.day(40))
    site.plant("transfer_cycle", accounts(ring), facts, persons([person]), "own_accounts")


def fan_in(site: Site) -> None:
    """Many pay the account of one stranger within days; it is drawn as cash at once."""
    count = site.dice.between(12, 30) if not site.level.hard else site.dice.between(9, 20)
    hub = site.town.card(site.person())
    spokes = site.cards(site.crowd(count) if not site.level.easy else site.people(count))
    start, typical, facts, got = site.day(25), site.sum(5_000, 60_000), [], 0
    last = start * DAY
    for spoke in spokes:
        cents, at = site.near(typical, site.level.jitter * 2), site.within(start, 2)
        facts += site.send(spoke, hub, cents, at)
        got, last = got + cents, max(last, at)
    cash = site.town.main(site.dice.pick(site.town.special(BANK)))
    left = site.kept(got)
    for part in site.dice.split(left, site.dice.between(2, 5)):
        facts.append(site.book.withdraw(hub, cash, part, last + site.dice.between(HOUR, 40 * HOUR)))
    site.chatter([hub])
    site.plant("fan_in", accounts([hub, *spokes]), facts)


def fan_out(site: Site) -> None:
    """What came to one account goes to many strangers within days."""
    count = site.dice.between(12, 30) if not site.level.hard else site.dice.between(9, 20)
    hub = site.town.card(site.person())
    spokes = site.cards(site.people(count))
    start, typical = site.day(25), site.sum(5_000, 50_000)
    amounts = [site.near(typical, site.level.jitter * 2) for _ in spokes]
    source = site.town.main(site.firm(life=site.level.hard))
    facts = site.send(source, hub, int(sum(amounts) * 1.01), site.moment(start - 1))
    for spoke, cents in zip(spokes, amounts, strict=True):
        facts += site.send(hub, spoke, cents, site.within(start, 2))
    site.chatter([hub])
    site.plant("fan_out", accounts([hub, *spokes]), facts, accounts([source]))


def charity(site: Site) -> None:
    """A foundation collects gifts of many, most of them in the days of an appeal."""
    house = site.firm(OTHER, life=True, staff=3, form=SOCIAL, word="慈善基金会")
    hub, start, facts = site.town.main(house), site.day(60), []
    givers = site.crowd(site.dice.between(25, 60))
    for giver in givers:
        at = site.within(start, 3) if site.dice.chance(0.7) else site.moment(site.day())
        facts.append(site.book.pay(site.town.card(giver), hub, site.sum(50, 20_000), at, 0))
    site.plant("fan_in", accounts([hub, *site.cards(givers)]), facts, companies([house]), "charity")


def school_fees(site: Site) -> None:
    """A school collects the same fee of many at the start of each term."""
    house = site.firm(OTHER, life=True, staff=4, form=INSTITUTION, word="实验学校")
    hub, facts = site.town.main(house), []
    fee = site.dice.between(30, 200) * 100_00
    parents = site.crowd(site.dice.between(20, 40))
    for term in (BEGIN + 45, BEGIN + 240, BEGIN + 410):
        for parent in parents:
            at = site.moment(term + site.dice.below(4))
            facts.append(site.book.pay(site.town.card(parent), hub, fee, at, 0))
    site.plant(
        "fan_in", accounts([hub, *site.cards(parents)]), facts, companies([house]), "school_fees"
    )


def shop(site: Site) -> None:
    """A shop in the days of a sale: many buy, all through the year some do."""
    house = site.firm(RETAIL, life=True, staff=3, trade=True)
    hub, start, facts = site.town.main(house), site.day(30), []
    buyers = site.crowd(site.dice.between(25, 60))
    for buyer in buyers:
        for _ in range(site.dice.between(1, 3)):
            at = site.within(start, 3) if site.dice.chance(0.5) else site.moment(site.day())
            facts.append(site.book.pay(site.town.card(buyer), hub, site.sum(80, 8_000), at, 3))
    site.plant("fan_in", accounts([hub, *site.cards(buyers)]), facts, companies([house]), "shop")


def payroll(site: Site) -> None:
    """An employer pays its people every month."""
    house = site.firm(MAKER, life=True, staff=0, trade=True, word="制造")
    site.spec(house).staff = 0
    staff = site.people(site.dice.between(12, 30), life=False)
    facts = site.payroll(house, staff)
    site.plant(
        "fan_out",
        accounts([site.town.main(house), *site.cards(staff)]),
        facts,
        companies([house]),
        "payroll",
    )


def dividends(site: Site) -> None:
    """A company pays its many shareholders once a year, by their shares."""
    house = site.firm(
        MAKER,
        life=True,
        staff=3,
        trade=True,
        register=False,
        founded=(BEGIN - 4_000, BEGIN - 1_500),
    )
    holders = site.people(site.dice.between(10, 20), life=True)
    site.signs(holders[0], house)
    parts = site.dice.split(10_000, len(holders), 0.2)
    for holder, points in zip(holders, parts, strict=True):
        site.holds(("p", holder), house, points)
    facts, profit = [], site.sum(300_000, 5_000_000)
    for year in (BEGIN + 110, BEGIN + 470):
        for holder, points in zip(holders, parts, strict=True):
            at = site.moment(year + site.dice.below(2))
            facts.append(
                site.book.pay(
                    site.town.main(house), site.town.card(holder), profit * points // 10_000, at, 4
                )
            )
    site.plant(
        "fan_out",
        accounts([site.town.main(house), *site.cards(holders)]),
        facts,
        companies([house]),
        "dividends",
    )


FANS: tuple[Planter, ...] = (
    transfer_cycle,
    group_settlement,
    own_accounts,
    fan_in,
    fan_out,
    charity,
    school_fees,
    shop,
    payroll,
    dividends,
)
