"""Cards that others work, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.plant.mules import through
from ingest.generate.schemes.site import HOUR, Planter, Site, accounts, persons
from ingest.generate.schemes.town import (
    BEGIN,
    RETAIL,
    SERVICE,
    WHOLESALE,
    Whose,
)


def rented_account(site: Site) -> None:
    """Cards of unrelated people, all worked from one device or phone from some day on."""
    holders = site.people(site.dice.between(5, 10))
    cards = site.cards(holders)
    start = site.day(60)
    device, phone = site.town.device(), site.town.phone()
    facts: list[Fact] = []
    by_phone = site.dice.chance(0.5)
    for k, card in enumerate(cards):
        since = start - site.dice.below(1 + int(5 * site.level.stretch))
        if k > 2 and site.dice.chance(site.level.missing * 2):
            continue
        if not by_phone or site.dice.chance(0.4):
            facts.append(site.book.state("uses_device", ("a", card), ("d", device), since))
        if by_phone:
            facts.append(site.book.state("uses_phone", ("a", card), ("ph", phone), since))
    for card in cards:
        facts += through(
            site,
            card,
            start,
            int(12 * site.level.stretch),
            site.dice.between(5, 12),
            site.sum(10_000, 80_000),
        )
    via: list[Whose] = [("d", device), ("ph", phone)] if by_phone else [("d", device)]
    site.plant("rented_account", accounts(cards), facts, [*via, *persons(holders)])


def family_phone(site: Site) -> None:
    """The cards of a household on one phone, with the small payments of a household."""
    head = site.person(life=True)
    others = [site.person(life=True, family=head) for _ in range(site.dice.between(2, 4))]
    phone, device = site.town.phone(), site.town.device()
    roles = ("配偶", "父亲", "母亲", "亲属")
    facts = [site.kin(head, other, site.dice.pick(roles)) for other in others]
    cards = site.cards([head, *others])
    for person, card in zip([head, *others], cards, strict=True):
        since = BEGIN - site.dice.below(1_500)
        facts.append(site.book.state("uses_phone", ("a", card), ("ph", phone), since))
        if site.dice.chance(0.5):
            facts.append(site.book.state("uses_device", ("a", card), ("d", device), since))
        if person == head:
            site.book.state("uses_phone", ("p", head), ("ph", phone), since)
        for _ in range(site.dice.between(1, 4)):
            other = site.dice.pick([c for c in cards if c != card])
            cents = site.dice.between(1, 50) * 100_00
            facts.append(site.book.pay(card, other, cents, site.moment(site.day()), 0))
    site.plant(
        "rented_account",
        accounts(cards),
        facts,
        [("ph", phone), ("d", device), *persons([head, *others])],
        "family_phone",
    )


def bookkeeper_device(site: Site) -> None:
    """A bookkeeping firm works its clients' accounts for wages and taxes from its own device."""
    house = site.firm(SERVICE, life=True, staff=4, line=2, trade=True, word="代理记账")
    device = site.town.device()
    clients = site.ordinaries(site.dice.between(6, 15), RETAIL, SERVICE, WHOLESALE)
    facts = [site.book.state("uses_device", ("c", house), ("d", device), BEGIN - 700)]
    for client in clients:
        since = BEGIN - site.dice.below(600)
        main = site.town.main(client)
        facts.append(site.book.state("uses_device", ("a", main), ("d", device), since))
        fee = site.dice.between(6, 20) * 100_00
        for quarter in range(6):
            day = BEGIN + 20 + quarter * 91 + site.dice.below(5)
            bill = site.book.invoice(house, client, fee, 21, day)
            facts += [bill, *site.paid(bill, house, client, fee, day + 3)]
    site.plant(
        "rented_account",
        accounts(map(site.town.main, clients)),
        facts,
        [("d", device), ("c", house)],
        "bookkeeper_device",
    )


def counter_device(site: Site) -> None:
    """The till of a shop, at which the cards of its keeper and its staff take payments."""
    house = site.firm(RETAIL, life=True, staff=0, trade=True, register=False)
    site.spec(house).staff = 0
    keeper, *staff = site.people(site.dice.between(3, 6), life=False)
    site.signs(keeper, house)
    site.holds(("p", keeper), house, 10_000)
    device = site.town.device()
    facts = [site.book.state("uses_device", ("c", house), ("d", device), BEGIN - 500)]
    facts += site.payroll(house, staff)
    cards = site.cards([keeper, *staff])
    for card in cards:
        since = BEGIN - site.dice.below(400)
        facts.append(site.book.state("uses_device", ("a", card), ("d", device), since))
        for buyer in site.cards(site.crowd(site.dice.between(8, 20))):
            at = site.moment(site.day())
            cents = site.sum(20, 2_000)
            facts.append(site.book.pay(buyer, card, cents, at, 3))
            if site.dice.chance(0.3):
                later = at + site.dice.between(HOUR, 60 * HOUR)
                facts.append(site.book.pay(card, site.town.main(house), cents, later, 0))
    site.plant(
        "rented_account",
        accounts(cards),
        facts,
        [("d", device), ("c", house), *persons([keeper, *staff])],
        "counter_device",
    )


RENTED: tuple[Planter, ...] = (
    rented_account,
    family_phone,
    bookkeeper_device,
    counter_device,
)
