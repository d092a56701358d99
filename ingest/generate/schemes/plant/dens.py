"""Phones that call strangers, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.site import Planter, Site, accounts, persons
from ingest.generate.schemes.town import (
    BEGIN,
    END,
    SERVICE,
)


def _dial(
    site: Site, phones: list[int], when: tuple[int, int], each: int, seconds: tuple[int, int]
) -> tuple[list[Fact], list[int]]:
    """Each phone calls so many ordinary phones, each mostly once; who was called (persons)."""
    facts: list[Fact] = []
    many = site.town.plan.phones
    called = site.dice.apart(min(each * len(phones), many * 3 // 4), 0, many - 1)
    for k, other in enumerate(site.dice.shuffled(called)):
        for _ in range(1 if site.dice.chance(0.93) else 2):
            at = site.moment(when[0] + site.dice.below(when[1]))
            phone = phones[k % len(phones)]
            facts.append(site.book.call(phone, other, site.dice.between(*seconds), at))
    return facts, called


def call_den(site: Site) -> None:
    """Phones on one device calling hundreds of strangers briefly, cards opened for the takings."""
    start, days = site.day(60), int(10 * site.level.stretch)
    keepers = site.people(site.dice.between(1, 3))
    phones = [site.town.phone() for _ in range(site.dice.between(4, 8))]
    device, address = site.town.device(), site.town.address()
    facts: list[Fact] = []
    since = start - site.dice.between(2, 10)
    for keeper in keepers:
        facts.append(site.book.state("uses_device", ("p", keeper), ("d", device), since))
        facts.append(site.book.state("located_at", ("p", keeper), ("ad", address), since))
    for phone in phones:
        keeper = site.dice.pick(keepers)
        facts.append(site.book.state("uses_phone", ("p", keeper), ("ph", phone), since))
    top = 60 if site.level.hard else 40
    calls, called = _dial(site, phones, (start, days), site.dice.between(40, 90), (5, top))
    facts += calls
    cards = []
    for k in range(site.dice.between(3, 6)):
        owner = site.town.person(card=False)
        card = site.town.account(
            ("p", owner), "card", start - site.dice.between(1, int(8 * site.level.stretch))
        )
        cards.append(card)
        phone = phones[k % len(phones)]
        facts.append(site.book.state("uses_phone", ("a", card), ("ph", phone), since))
        if not site.dice.chance(site.level.missing * 2):
            facts.append(site.book.state("uses_device", ("a", card), ("d", device), since))
    able = [p for p in dict.fromkeys(called) if p < site.town.plan.cardholders]
    for victim in site.dice.some(able, site.dice.between(6, 15)):
        at = site.moment(min(END - 2, start + days + site.dice.below(6)))
        card = site.dice.pick(cards)
        cents = site.sum(5_000, 100_000)
        facts += site.send(site.town.card(victim), card, cents, at)
    site.plant(
        "call_den",
        [("ph", p) for p in phones],
        facts,
        [("d", device), ("ad", address), *persons(keepers)],
        tools=accounts(cards),
    )


def _lines(site: Site, word: str, name: str, seconds: tuple[int, int], back: float) -> None:
    """A company whose lines call many, for years, and are called by them."""
    house = site.firm(SERVICE, life=True, staff=6, word=word, office=False, trade=True)
    address, device = site.town.address(), site.town.device()
    phones = [site.town.phone() for _ in range(site.dice.between(4, 8))]
    facts = [
        site.book.state("located_at", ("c", house), ("ad", address), site.spec(house).founded),
        site.book.state("uses_device", ("c", house), ("d", device), BEGIN - 900),
    ]
    for phone in phones:
        since = BEGIN - site.dice.below(1_000)
        facts.append(site.book.state("uses_phone", ("c", house), ("ph", phone), since))
    days = END - BEGIN - 20 if not site.level.hard else 120
    calls, called = _dial(site, phones, (site.day(days), days), site.dice.between(40, 90), seconds)
    facts += calls
    for other in called:
        if site.dice.chance(back):
            at = site.moment(site.day())
            facts.append(
                site.book.call(other, site.dice.pick(phones), site.dice.between(20, 400), at)
            )
        if other < site.town.plan.cardholders and site.dice.chance(0.08):
            at = site.moment(site.day())
            facts.append(
                site.book.pay(
                    site.town.card(other), site.town.main(house), site.sum(20, 2_000), at, 3
                )
            )
    site.plant(
        "call_den",
        [("ph", p) for p in phones],
        facts,
        [("d", device), ("ad", address), ("c", house)],
        name,
    )


def customer_service(site: Site) -> None:
    """The service lines of a company."""
    _lines(site, "客户服务", "customer_service", (30, 600), 0.4)


def delivery_hub(site: Site) -> None:
    """The couriers of a delivery station: many short calls to whoever gets a parcel."""
    _lines(site, "快递服务", "delivery_hub", (8, 60), 0.15)


DENS: tuple[Planter, ...] = (
    call_den,
    customer_service,
    delivery_hub,
)
