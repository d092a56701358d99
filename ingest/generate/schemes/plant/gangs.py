"""Gangs that meet at claims, tenders and exams, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.site import Planter, Site, companies, persons
from ingest.generate.schemes.town import (
    BEGIN,
    END,
    SERVICE,
    Whose,
)


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
    ring = [
        site.firm(
            SERVICE,
            life=site.covered(),
            staff=1,
            line=3,
            trade=site.level.hard,
            word="建设工程",
            register=False,
        )
        for _ in range(site.dice.between(4, 6))
    ]
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
            facts.append(
                site.kin(boss, signer)
                if site.level.hard and site.dice.chance(0.6)
                else site.book.state("uses_phone", ("c", company), ("ph", phone), BEGIN - 300)
            )
        if site.dice.chance(0.4) or (k < 2 and not site.level.hard):
            since = BEGIN - site.dice.below(300)
            facts.append(site.book.state("located_at", ("c", company), ("ad", address), since))
    if not site.level.hard:
        facts.append(site.book.state("uses_phone", ("c", ring[0]), ("ph", phone), BEGIN - 300))
    turn = site.dice.below(len(ring))
    for number in range(site.dice.between(8, 14)):
        if site.level.hard and site.dice.chance(0.15):  # at times another is let in
            guest = site.ordinary(SERVICE)
            facts += _tender(
                site, [guest, *ring[:-1]], guest, site.day(), site.sum(300_000, 3_000_000)
            )
            continue
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
    device, clients = site.town.device(), []
    facts = [
        site.book.state("uses_device", ("p", helper), ("d", device), BEGIN - 100)
        for helper in helpers
    ]
    for _ in range(site.dice.between(6, 12)):
        day = site.day(10) + 5
        event = site.town.event(sort, day)
        present = site.dice.some(helpers, site.dice.between(2, max(2, len(helpers))))
        facts += [_part(site, ("p", helper), event, day, "registrant") for helper in present]
        for client in site.crowd(site.dice.between(3, 6)):
            facts.append(_part(site, ("p", client), event, day, "candidate"))
            clients.append(client)
            at = site.moment(day - site.dice.between(1, int(3 * site.level.stretch)))
            cents = site.near(site.sum(2_000, 15_000))
            payee = site.town.card(site.dice.pick(present))
            facts += site.send(site.town.card(client), payee, cents, at)
            if site.dice.chance(0.5 - site.level.missing):
                since = day - site.dice.below(5)
                facts.append(
                    site.book.state("uses_device", ("p", client), ("d", device), since, end=day + 2)
                )
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
        facts += [
            _part(site, ("p", p), event, day, "candidate")
            for p in pupils
            if not site.dice.chance(0.05)
        ]
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


GANGS: tuple[Planter, ...] = (
    claim_gang,
    family_accident,
    district_garage,
    bid_rigging,
    narrow_market,
    exam_gang,
    classmates,
    training_school,
)
