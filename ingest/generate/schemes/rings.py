"""Rings of people and companies around what they share, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.goods import MADE
from ingest.generate.schemes.site import HOUR, Planter, Site, accounts, companies, persons
from ingest.generate.schemes.town import (
    BEGIN,
    DAY,
    END,
    MAKER,
    OTHER,
    RETAIL,
    SERVICE,
    SOCIAL,
    WHOLESALE,
    Whose,
)  # fmt: skip


def shared_identifiers(site: Site) -> None:
    """Companies with different people that are reached at one phone and sit at one address."""
    size = site.dice.between(5, 9)
    start = site.day(100) - 200
    span = int(20 * site.level.stretch)
    ring = [
        site.firm(office=False, life=site.level.hard and site.covered(), staff=1,
                  founded=(start, start + span))
        for _ in range(size)
    ]  # fmt: skip
    via: list[tuple[str, Whose]] = [
        ("uses_phone", ("ph", site.town.phone())), ("located_at", ("ad", site.town.address())),
        ("uses_device", ("d", site.town.device())),
    ]  # fmt: skip
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
    site.plant("shared_identifiers", companies(tenants), facts, [("c", manager), ("ad", address)],
               "incubator")  # fmt: skip


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
    site.plant("shared_identifiers", companies(clients), facts, [("c", house), ("ph", phone)],
               "bookkeeper_phone")  # fmt: skip


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
    site.plant("shared_identifiers", [*persons(people), *companies(shops)], facts,
               [("ph", phone), ("ad", address)], "family_business")  # fmt: skip


def dense_block(site: Site) -> None:
    """False orders: a block of buyers pay a block of sellers again and again."""
    buyers = site.people(site.dice.between(8, 14))
    sellers = [site.firm(RETAIL, life=site.level.hard, staff=1, trade=site.level.hard,
                         founded=(BEGIN - 900, BEGIN - 60))
               for _ in range(site.dice.between(4, 7))]  # fmt: skip
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
    site.plant("dense_block", accounts([*cards, *map(site.town.main, sellers)]), facts,
               [*persons(buyers), *companies(sellers)])  # fmt: skip


def trade_association(site: Site) -> None:
    """Members of an association who trade with one another and pay its dues."""
    house = site.firm(OTHER, life=True, staff=2, form=SOCIAL, word="行业协会")
    line = site.dice.below(8)
    members = site.traders(WHOLESALE, line, site.dice.between(7, 11))
    facts: list[Fact] = []
    main = site.town.main
    for a in members:
        for year in (BEGIN + 60, BEGIN + 425):
            facts.append(site.book.pay(main(a), main(house), 5_000_00, site.moment(year), 1))
        for b in members:
            if a != b and site.dice.chance(0.45):
                for _ in range(site.dice.between(1, 3)):
                    day, cents = site.day(60), site.sum(10_000, 200_000)
                    bill = site.book.invoice(a, b, cents, int(MADE[line]), day)
                    facts += [bill, *site.paid(bill, a, b, cents, day + site.dice.between(5, 30))]
    site.plant("dense_block", accounts([*map(main, members), main(house)]), facts,
               companies([*members, house]), "trade_association")  # fmt: skip


def supermarket_suppliers(site: Site) -> None:
    """The supermarkets of a town and their common suppliers, month by month on invoices."""
    line = 3
    markets = [site.firm(RETAIL, life=True, staff=6, line=line, size=60, word="连锁超市", trade=True)
               for _ in range(site.dice.between(3, 4))]  # fmt: skip
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
    site.plant("dense_block", accounts([*map(main, markets), *map(main, suppliers)]), facts,
               companies([*markets, *suppliers]), "supermarket_suppliers")  # fmt: skip


def _part(site: Site, who: Whose, event: int, day: int, role: str, cents: int = 0) -> Fact:
    return site.book.state("participated", who, ("ev", event), day, text=role, value=cents)


def claim_gang(site: Site) -> None:
    """The same people, in turns driver, claimant and witness, and the same garage."""
    people = site.people(site.dice.between(7, 11))
    garage = site.firm(SERVICE, life=site.level.hard, staff=1, word="汽车维修")
    facts: list[Fact] = []
    start = site.day(250)
    length = int(80 * site.level.stretch)
    order = site.dice.shuffled(people)
    for number in range(site.dice.between(8, 14)):
        day = min(END - 5, start + site.dice.below(min(length, 230)))
        event = site.town.event("claim", day)
        # All of them come in turn; the others are drawn.
        chosen = [order[number % len(order)]]
        chosen += site.dice.some([p for p in people if p not in chosen], site.dice.between(2, 3))
        cents = site.sum(8_000, 60_000)
        for person, role in zip(chosen, ("claimant", "driver", "witness", "witness"), strict=False):
            facts.append(
                _part(site, ("p", person), event, day, role, cents if role == "claimant" else 0)
            )
        if not site.dice.chance(site.level.missing):
            facts.append(_part(site, ("c", garage), event, day, "garage", cents * 9 // 10))
        if site.level.hard and site.dice.chance(0.4):
            _part(site, ("p", site.anyone()), event, day, "witness")
    site.plant("claim_gang", persons(people), facts, companies([garage]))


def family_accident(site: Site) -> None:
    """A family's one accident, or two."""
    head = site.person(life=True)
    people = [head, *(site.person(life=True, family=head) for _ in range(3))]
    facts = [site.kin(head, other) for other in people[1:]]
    for _ in range(site.dice.between(1, 2)):
        day = site.day(20)
        event = site.town.event("claim", day)
        cents = site.sum(3_000, 60_000)
        for person, role in zip(
            people, ("claimant", "driver", "passenger", "passenger"), strict=True
        ):
            facts.append(
                _part(site, ("p", person), event, day, role, cents if role == "claimant" else 0)
            )
        facts.append(_part(site, ("c", site.ordinary(SERVICE)), event, day, "garage", cents))
    site.plant("claim_gang", persons(people), facts, [], "family_accident")


def district_garage(site: Site) -> None:
    """The garage of a district: many accidents, of people who have each one."""
    garage = site.firm(SERVICE, life=True, staff=5, word="汽车维修", trade=True)
    facts: list[Fact] = []
    customers = site.crowd(site.dice.between(40, 80))
    while customers:
        day = site.day(5)
        event = site.town.event("claim", day)
        cents = site.sum(2_000, 50_000)
        for role in ("claimant", "driver")[: site.dice.between(1, 2)]:
            if customers:
                person = customers.pop()
                facts.append(
                    _part(site, ("p", person), event, day, role, cents if role == "claimant" else 0)
                )
        facts.append(_part(site, ("c", garage), event, day, "garage", cents))
    site.plant("claim_gang", companies([garage]), facts, [], "district_garage")


def _tender(site: Site, bidders: list[int], winner: int, day: int, cents: int) -> list[Fact]:
    event = site.town.event("tender", day)
    facts = []
    for bidder in bidders:
        bid = cents if bidder == winner else int(cents * site.dice.real(1.01, 1.12))
        role = "winner" if bidder == winner else "bidder"
        facts.append(_part(site, ("c", bidder), event, day, role, bid))
    return facts


def bid_rigging(site: Site) -> None:
    """Bidders that take turns to win and have an owner, a phone or an address in common."""
    ring = [site.firm(SERVICE, life=site.covered(), staff=1, line=3, trade=site.level.hard,
                      word="建设工程", register=False)
            for _ in range(site.dice.between(4, 6))]  # fmt: skip
    boss = site.person(life=True)
    phone, address = site.town.phone(), site.town.address()
    facts: list[Fact] = []
    for k, company in enumerate(ring):
        signer = site.person(life=True)
        site.signs(signer, company)
        if k % 2 == 0 or (site.level.easy and site.dice.chance(0.5)):
            facts.append(site.holds(("p", boss), company, 3_000))
            site.holds(("p", signer), company, 7_000)
        else:
            site.holds(("p", signer), company, 10_000)
            facts.append(site.kin(boss, signer) if site.level.hard and site.dice.chance(0.6)
                         else site.book.state("uses_phone", ("c", company), ("ph", phone), BEGIN - 300))  # fmt: skip
        if site.dice.chance(0.4) or (k < 2 and not site.level.hard):
            since = BEGIN - site.dice.below(300)
            facts.append(site.book.state("located_at", ("c", company), ("ad", address), since))
    if not site.level.hard:
        facts.append(site.book.state("uses_phone", ("c", ring[0]), ("ph", phone), BEGIN - 300))
    turn = site.dice.below(len(ring))
    for number in range(site.dice.between(8, 14)):
        winner = ring[(turn + number) % len(ring)]
        others = [c for c in ring if c != winner and not site.dice.chance(site.level.missing * 1.5)]
        outsiders = site.ordinaries(site.dice.between(0, 2), SERVICE) if site.level.hard else []
        facts += _tender(
            site, [winner, *others, *outsiders], winner, site.day(), site.sum(300_000, 9_000_000)
        )
    site.plant("bid_rigging", companies(ring), facts, [("p", boss), ("ph", phone), ("ad", address)])


def narrow_market(site: Site) -> None:
    """A few specialised firms that meet at every tender of their trade; the best mostly wins."""
    firms = site.traders(SERVICE, 3, site.dice.between(4, 6))
    facts: list[Fact] = []
    for _ in range(site.dice.between(8, 14)):
        bidders = [c for c in firms if site.dice.chance(0.85)]
        bidders += site.ordinaries(site.dice.between(0, 1), SERVICE)
        if len(bidders) < 2:
            continue
        winner = bidders[min(site.dice.below(len(bidders)), site.dice.below(len(bidders)))]
        facts += _tender(site, bidders, winner, site.day(), site.sum(300_000, 9_000_000))
    site.plant("bid_rigging", companies(firms), facts, [], "narrow_market")


def exam_gang(site: Site) -> None:
    """Helpers who turn up at sitting after sitting, paid by the candidates, on one device."""
    sort = site.dice.pick(("exam", "exam", "ticket"))
    helpers = site.people(site.dice.between(2, 4))
    device, facts, clients = site.town.device(), [], []
    for helper in helpers:
        facts.append(site.book.state("uses_device", ("p", helper), ("d", device), BEGIN - 100))
    for _ in range(site.dice.between(6, 12)):
        day = site.day(10) + 5
        event = site.town.event(sort, day)
        present = site.dice.some(helpers, site.dice.between(2, max(2, len(helpers))))
        for helper in present:
            facts.append(_part(site, ("p", helper), event, day, "registrant"))
        for client in site.crowd(site.dice.between(3, 6)):
            facts.append(_part(site, ("p", client), event, day, "candidate"))
            clients.append(client)
            at = site.moment(day - site.dice.between(1, int(3 * site.level.stretch)))
            cents = site.near(site.sum(2_000, 15_000))
            payee = site.town.card(site.dice.pick(present))
            facts += site.send(site.town.card(client), payee, cents, at)
            if site.dice.chance(0.5 - site.level.missing):
                since = day - site.dice.below(5)
                facts.append(site.book.state(
                    "uses_device", ("p", client), ("d", device), since, end=day + 2
                ))  # fmt: skip
        for stranger in site.crowd(int(4 * site.level.noise)):
            _part(site, ("p", stranger), event, day, "candidate")
    site.plant("exam_gang", persons(helpers), facts, [*persons(clients), ("d", device)])


def classmates(site: Site) -> None:
    """A class that sits its exams together."""
    pupils = site.crowd(site.dice.between(15, 30))
    facts: list[Fact] = []
    for _ in range(site.dice.between(3, 6)):
        day = site.day(10)
        event = site.town.event("exam", day)
        facts += [_part(site, ("p", p), event, day, "candidate") for p in pupils
                  if not site.dice.chance(0.05)]  # fmt: skip
    site.plant("exam_gang", persons(pupils), facts, [], "classmates")


def training_school(site: Site) -> None:
    """A school whose teachers register its pupils; the fees go to the school."""
    house = site.firm(SERVICE, life=True, staff=0, word="职业培训学校", trade=True)
    site.spec(house).staff = 0
    teachers = site.people(site.dice.between(2, 4), life=False)
    facts = site.payroll(house, teachers)
    pupils: list[int] = []
    for _ in range(site.dice.between(6, 12)):
        day = site.day(40) + 30
        event = site.town.event("exam", day)
        for teacher in site.dice.some(teachers, 2):
            facts.append(_part(site, ("p", teacher), event, day, "registrant"))
        for pupil in site.crowd(site.dice.between(4, 10)):
            pupils.append(pupil)
            facts.append(_part(site, ("p", pupil), event, day, "candidate"))
            at = site.moment(day - site.dice.between(5, 30))
            cents = site.dice.between(10, 80) * 100_00
            facts.append(site.book.pay(site.town.card(pupil), site.town.main(house), cents, at, 0))
    site.plant(
        "exam_gang", persons(teachers), facts, [("c", house), *persons(pupils)], "training_school"
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
    site.plant("call_den", [("ph", p) for p in phones], facts,
               [("d", device), ("ad", address), *persons(keepers), *accounts(cards)])  # fmt: skip


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
    site.plant("call_den", [("ph", p) for p in phones], facts,
               [("d", device), ("ad", address), ("c", house)], name)  # fmt: skip


def customer_service(site: Site) -> None:
    """The service lines of a company."""
    _lines(site, "客户服务", "customer_service", (30, 600), 0.4)


def delivery_hub(site: Site) -> None:
    """The couriers of a delivery station: many short calls to whoever gets a parcel."""
    _lines(site, "快递服务", "delivery_hub", (8, 60), 0.15)


RINGS: tuple[Planter, ...] = (
    shared_identifiers, incubator, bookkeeper_phone, family_business, dense_block,
    trade_association, supermarket_suppliers, claim_gang, family_accident, district_garage,
    bid_rigging, narrow_market, exam_gang, classmates, training_school, call_den,
    customer_service, delivery_hub,
)  # fmt: skip
__all__ = ["DAY", "HOUR", "RINGS"]
