"""Rings around what is shared, dense blocks, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.goods import MADE
from ingest.generate.schemes.site import Planter, Site, accounts, companies, persons
from ingest.generate.schemes.town import (
    BEGIN,
    MAKER,
    OTHER,
    RETAIL,
    SERVICE,
    SOCIAL,
    WHOLESALE,
    Whose,
)


def shared_identifiers(site: Site) -> None:
    """Companies with different people that are reached at one phone and sit at one address."""
    size = site.dice.between(5, 9)
    start = site.day(100) - 200
    span = int(20 * site.level.stretch)
    ring = [
        site.firm(
            office=False,
            life=site.level.hard and site.covered(),
            staff=1,
            founded=(start, start + span),
        )
        for _ in range(size)
    ]
    via: list[tuple[str, Whose]] = [
        ("uses_phone", ("ph", site.town.phone())),
        ("located_at", ("ad", site.town.address())),
        ("uses_device", ("d", site.town.device())),
    ]
    if site.dice.chance(0.5):
        via.pop()
    facts: list[Fact] = []
    for k, company in enumerate(ring):
        for j, (kind, target) in enumerate(via):
            # In the hard case nobody has all, but each shares something with the one before.
            if site.level.hard and j == k % (len(via) + 1):
                continue
            since = site.spec(company).founded + site.dice.below(40)
            facts.append(site.book.state(kind, ("c", company), target, since))
    site.plant("shared_identifiers", companies(ring), facts, [target for _, target in via])


def _tenants(site: Site, count: int) -> list[int]:
    return site.ordinaries(count, RETAIL, WHOLESALE, SERVICE, MAKER)


def incubator(site: Site) -> None:
    """One address of a business park at which a great many companies are registered."""
    address = site.town.address()
    manager = site.firm(OTHER, life=True, staff=3, word="孵化器管理", office=False)
    facts = [site.book.state("located_at", ("c", manager), ("ad", address), BEGIN - 2_000)]
    tenants = _tenants(site, site.dice.between(60, 120))
    for tenant in tenants:
        since = max(int(site.town.plain.founded[tenant]), BEGIN - site.dice.below(1_500))
        facts.append(site.book.state("located_at", ("c", tenant), ("ad", address), since))
    site.plant(
        "shared_identifiers",
        companies(tenants),
        facts,
        [("c", manager), ("ad", address)],
        "incubator",
    )


def bookkeeper_phone(site: Site) -> None:
    """Companies that gave the phone of their bookkeeper, whom they pay."""
    house = site.firm(SERVICE, life=True, staff=3, line=2, trade=True, word="代理记账")
    phone = site.town.phone()
    facts = [site.book.state("uses_phone", ("c", house), ("ph", phone), BEGIN - 1_500)]
    clients = _tenants(
        site, site.dice.between(20, 50) if not site.level.hard else site.dice.between(8, 20)
    )
    for client in clients:
        since = max(int(site.town.plain.founded[client]), BEGIN - site.dice.below(1_500))
        facts.append(site.book.state("uses_phone", ("c", client), ("ph", phone), since))
        day = site.day(20)
        fee = site.dice.between(10, 40) * 100_00
        bill = site.book.invoice(house, client, fee, 21, day)
        facts += [bill, *site.paid(bill, house, client, fee, day + 4)]
    site.plant(
        "shared_identifiers",
        companies(clients),
        facts,
        [("c", house), ("ph", phone)],
        "bookkeeper_phone",
    )


def family_business(site: Site) -> None:
    """Kin who live at one address with one phone, and the shops they keep there."""
    head = site.person(life=True)
    people = [head, *(site.person(life=True, family=head) for _ in range(site.dice.between(2, 3)))]
    phone, address = site.town.phone(), site.town.address()
    facts = [
        site.kin(head, other, "配偶" if k == 0 else "亲属") for k, other in enumerate(people[1:])
    ]
    shops = []
    for person in people:
        facts.append(site.book.state("located_at", ("p", person), ("ad", address), BEGIN - 3_000))
        facts.append(site.book.state("uses_phone", ("p", person), ("ph", phone), BEGIN - 2_000))
        if person != people[-1]:
            shop = site.firm(
                RETAIL, life=True, staff=1, trade=True, register=False, office=False, form=1
            )
            site.signs(person, shop)
            site.holds(("p", person), shop, 10_000)
            since = site.spec(shop).founded
            facts.append(site.book.state("located_at", ("c", shop), ("ad", address), since))
            facts.append(site.book.state("uses_phone", ("c", shop), ("ph", phone), since))
            shops.append(shop)
    site.plant(
        "shared_identifiers",
        [*persons(people), *companies(shops)],
        facts,
        [("ph", phone), ("ad", address)],
        "family_business",
    )


def dense_block(site: Site) -> None:
    """False orders: a block of buyers pay a block of sellers again and again."""
    buyers = site.people(site.dice.between(8, 14))
    sellers = [
        site.firm(
            RETAIL,
            life=site.level.hard,
            staff=1,
            trade=site.level.hard,
            founded=(BEGIN - 900, BEGIN - 60),
        )
        for _ in range(site.dice.between(4, 7))
    ]
    start, days = site.day(150), 30 * site.level.stretch
    facts: list[Fact] = []
    rate = 0.9 if site.level.easy else 0.75 if not site.level.hard else 0.55
    for k, buyer in enumerate(buyers):
        for j, seller in enumerate(sellers):
            if k % len(sellers) != j and not site.dice.chance(rate):
                continue
            for _ in range(site.dice.between(2, 5)):
                cents = site.sum(100, 5_000)
                at = site.moment(start + site.dice.below(int(days)))
                facts.append(
                    site.book.pay(site.town.card(buyer), site.town.main(seller), cents, at, 3)
                )
    cards = site.cards(buyers)
    shops = site.ordinaries(8, RETAIL)
    for card in cards:  # camouflage: they buy in well-known shops too
        for _ in range(int(4 * site.level.noise)):
            other = site.town.main(site.dice.pick(shops))
            site.book.pay(card, other, site.sum(50, 3_000), site.moment(site.day()), 3)
    site.plant(
        "dense_block",
        accounts([*cards, *map(site.town.main, sellers)]),
        facts,
        [*persons(buyers), *companies(sellers)],
    )


def trade_association(site: Site) -> None:
    """Members of an association who trade with one another and pay its dues."""
    house = site.firm(OTHER, life=True, staff=2, form=SOCIAL, word="行业协会")
    line = site.dice.below(8)
    members = site.traders(WHOLESALE, line, site.dice.between(7, 11))
    facts: list[Fact] = []
    main = site.town.main
    for a in members:
        facts += [
            site.book.pay(main(a), main(house), 5_000_00, site.moment(year), 1)
            for year in (BEGIN + 60, BEGIN + 425)
        ]
        for b in members:
            if a != b and site.dice.chance(0.45):
                for _ in range(site.dice.between(1, 3)):
                    day, cents = site.day(60), site.sum(10_000, 200_000)
                    bill = site.book.invoice(a, b, cents, int(MADE[line]), day)
                    facts += [bill, *site.paid(bill, a, b, cents, day + site.dice.between(5, 30))]
    site.plant(
        "dense_block",
        accounts([*map(main, members), main(house)]),
        facts,
        companies([*members, house]),
        "trade_association",
    )


def supermarket_suppliers(site: Site) -> None:
    """The supermarkets of a town and their common suppliers, month by month on invoices."""
    line = 3
    markets = [
        site.firm(RETAIL, life=True, staff=6, line=line, size=60, word="连锁超市", trade=True)
        for _ in range(site.dice.between(3, 4))
    ]
    suppliers = site.traders(WHOLESALE, line, site.dice.between(8, 12))
    facts: list[Fact] = []
    for market in markets:
        for supplier in suppliers:
            if site.dice.chance(0.1):
                continue
            typical = site.sum(5_000, 80_000)
            for month in range(0, 17, site.dice.between(2, 4)):
                cents = site.near(typical, 0.3)
                day = int(BEGIN + month * 30.4) + site.dice.below(20)
                bill = site.book.invoice(supplier, market, cents, int(MADE[line]), day)
                facts += [bill, *site.paid(bill, supplier, market, cents, day + 25)]
    main = site.town.main
    site.plant(
        "dense_block",
        accounts([*map(main, markets), *map(main, suppliers)]),
        facts,
        companies([*markets, *suppliers]),
        "supermarket_suppliers",
    )


SHARED: tuple[Planter, ...] = (
    shared_identifiers,
    incubator,
    bookkeeper_phone,
    family_business,
    dense_block,
    trade_association,
    supermarket_suppliers,
)
