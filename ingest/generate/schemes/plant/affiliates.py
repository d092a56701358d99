"""Hidden affiliates, chains behind export refunds, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.goods import MADE, RAW
from ingest.generate.schemes.plant.groups import group
from ingest.generate.schemes.plant.shells import past, shell
from ingest.generate.schemes.site import Planter, Site, companies, persons
from ingest.generate.schemes.town import (
    BEGIN,
    FOREIGN,
    MAKER,
    OTHER,
    PRODUCER,
    STATE,
    WHOLESALE,
)


def affiliated_trade(site: Site) -> None:
    """Seller and buyer meet at one hidden antecedent, and trade with each other above all."""
    boss = site.town.person(card=True, life=True)
    relative = site.person(life=True, family=boss)
    line = site.dice.below(8)
    seller, buyer = (
        site.firm(
            WHOLESALE,
            life=True,
            staff=2,
            line=line,
            register=False,
            trade=site.level.hard and site.dice.chance(0.7),
        )
        for _ in range(2)
    )
    facts: list[Fact] = []
    holding = site.firm(
        OTHER, register=False, word="企业管理", founded=(BEGIN - 5_000, BEGIN - 4_200)
    )
    straw = site.person(life=True)
    site.signs(straw, holding)
    facts.append(site.holds(("p", boss), holding, 9_000))
    site.holds(("p", straw), holding, 1_000)
    facts.append(site.holds(("c", holding), seller, 10_000 if site.level.easy else 6_700))
    if not site.level.easy:
        site.holds(("p", site.person(life=True)), seller, 3_300)
    site.signs(straw, seller)
    facts.append(site.kin(boss, relative))
    if site.level.hard:  # the other trail is longer too
        second = site.firm(
            OTHER, register=False, word="投资", founded=(BEGIN - 5_000, BEGIN - 4_200)
        )
        site.signs(relative, second)
        facts.append(site.holds(("p", relative), second, 8_000))
        site.holds(("p", site.person(life=True)), second, 2_000)
        facts.append(site.holds(("c", second), buyer, 7_000))
        site.holds(("p", site.person(life=True)), buyer, 3_000)
        site.signs(site.person(life=True), buyer)
        between = [holding, second]
    else:
        facts.append(site.holds(("p", relative), buyer, 10_000))
        site.signs(relative, buyer)
        between = [holding]
    total = 0
    for _ in range(site.dice.between(8, 16)):
        day, cents = site.day(60), site.sum(200_000, 2_000_000)
        bill = site.book.invoice(seller, buyer, cents, int(MADE[line]), day)
        facts += [bill, *site.paid(bill, seller, buyer, cents, day + site.dice.between(3, 20))]
        total += cents
        # Bought cheap of others: what stays in the family is the difference.
        maker = site.of_line(MAKER, line)
        buy = site.book.invoice(
            maker, seller, int(cents * site.dice.real(0.3, 0.5)), int(MADE[line]), day - 3
        )
        site.paid(buy, maker, seller, int(cents * 0.4), day + 20)
        if site.dice.chance(0.35):
            facts += site.send(
                site.town.main(seller),
                site.town.card(boss),
                int(cents * 0.4),
                site.moment(day + 25),
            )
    site.plant(
        "affiliated_trade",
        companies([seller, buyer]),
        facts,
        [*persons([boss, relative]), *companies(between)],
        amount=total,
    )


def _sales(site: Site, seller: int, buyer: int, line: int) -> list[Fact]:
    facts: list[Fact] = []
    for _ in range(site.dice.between(8, 14)):
        day, cents = site.day(60), site.sum(100_000, 1_000_000)
        bill = site.book.invoice(seller, buyer, cents, int(MADE[line]), day)
        facts += [bill, *site.paid(bill, seller, buyer, cents, day + site.dice.between(5, 30))]
        maker = site.of_line(MAKER, line)
        buy = site.book.invoice(maker, seller, int(cents * 0.9), int(MADE[line]), day - 3)
        site.paid(buy, maker, seller, int(cents * 0.9), day + 20)
    return facts


def declared_group_trade(site: Site) -> None:
    """Two companies of a declared group trade with each other, at the price of others."""
    head, made = group(site, 2)
    for company in made:
        site.spec(company).trade = True
    line = site.spec(made[0]).line
    facts = _sales(site, made[0], made[1], line)
    site.plant(
        "affiliated_trade", companies(made), facts, companies([head]), "declared_group_trade"
    )


def state_owner(site: Site) -> None:
    """Two works that the state holds, each by a holding of its own."""
    organ = site.dice.pick(site.town.special(STATE))
    line, made, between, facts = site.dice.below(8), [], [], []
    for _ in range(2):
        holding = site.firm(
            OTHER,
            life=True,
            staff=3,
            register=False,
            word="国有资本运营",
            founded=(BEGIN - 6_000, BEGIN - 4_500),
        )
        site.signs(site.town.person(card=False), holding)
        facts.append(site.holds(("c", organ), holding, 10_000))
        child = site.firm(WHOLESALE, life=True, staff=4, line=line, register=False, trade=True)
        site.signs(site.town.person(card=False), child)
        facts.append(site.holds(("c", holding), child, 10_000))
        made.append(child)
        between.append(holding)
    facts += _sales(site, made[0], made[1], line)
    site.plant(
        "affiliated_trade", companies(made), facts, companies([*between, organ]), "state_owner"
    )


def rebate_chain(site: Site) -> None:
    """Exports that go back, by traders, to producers that are new and make nothing."""
    start = site.day(170)
    line = site.dice.below(8)
    exporter = site.firm(
        WHOLESALE,
        life=not site.level.easy,
        staff=2,
        line=line,
        word="进出口",
        founded=(BEGIN - 2_000, BEGIN - 300),
    )
    abroad = site.town.special(FOREIGN)
    traders = [shell(site, past(site, start), line=line) for _ in range(site.dice.between(1, 2))]
    fakes = [
        site.firm(
            PRODUCER if site.dice.chance(0.7) else MAKER,
            line=line,
            founded=(start - 150, start - 25),
            closed=start + 165 if site.dice.chance(0.4) else 0,
        )
        for _ in range(site.dice.between(2, 4))
    ]
    facts: list[Fact] = []
    total = 0
    for _ in range(site.dice.between(5, 10)):
        day, cents = (
            start + 25 + site.dice.below(int(35 * site.level.stretch)),
            site.sum(300_000, 3_000_000),
        )
        total += cents
        trader = site.dice.pick(traders)
        out = site.book.invoice(
            exporter, site.dice.pick(abroad), int(cents * 1.05), int(MADE[line]), day, export=True
        )
        facts.append(out)
        buy = site.book.invoice(
            trader, exporter, cents, int(MADE[line]), day - site.dice.between(1, 8)
        )
        facts += [buy, *site.paid(buy, trader, exporter, cents, day + site.dice.between(2, 10))]
        for fake, part in zip(
            site.dice.some(fakes, 2), site.dice.split(int(cents * 0.98), 2), strict=True
        ):
            when = day - site.dice.between(8, 20)
            bill = site.book.invoice(fake, trader, part, int(MADE[line]), when)
            facts.append(bill)
            if site.dice.chance(0.3):
                facts += site.paid(bill, fake, trader, part, day + site.dice.between(3, 12))
    if site.level.hard:  # some of what it exports is real
        for _ in range(4):
            day, cents = site.day(40), site.sum(100_000, 800_000)
            maker = site.of_line(MAKER, line)
            bill = site.book.invoice(maker, exporter, cents, int(MADE[line]), day)
            site.paid(bill, maker, exporter, cents, day + 15)
            site.book.invoice(
                exporter,
                site.dice.pick(abroad),
                int(cents * 1.1),
                int(MADE[line]),
                day + 12,
                export=True,
            )
    site.plant("rebate_chain", companies([exporter, *traders, *fakes]), facts, [], amount=total)


def real_exporter(site: Site) -> None:
    """An exporter whose traders buy of factories that have people, raw goods and power."""
    line = site.dice.below(8)
    exporter = site.firm(WHOLESALE, life=True, staff=4, line=line, word="进出口")
    traders = [
        site.firm(WHOLESALE, life=True, staff=2, line=line) for _ in range(site.dice.between(1, 2))
    ]
    makers = [
        site.firm(
            MAKER, life=True, staff=4, line=line, trade=True, founded=(BEGIN - 3_000, BEGIN - 200)
        )
        for _ in range(site.dice.between(2, 3))
    ]
    abroad = site.town.special(FOREIGN)
    facts: list[Fact] = []
    for _ in range(site.dice.between(6, 12)):
        day, cents = site.day(90) + 30, site.sum(200_000, 2_000_000)
        trader = site.dice.pick(traders)
        facts.append(
            site.book.invoice(
                exporter,
                site.dice.pick(abroad),
                int(cents * 1.15),
                int(MADE[line]),
                day,
                export=True,
            )
        )
        buy = site.book.invoice(
            trader, exporter, cents, int(MADE[line]), day - site.dice.between(3, 12)
        )
        facts += [buy, *site.paid(buy, trader, exporter, cents, day + site.dice.between(5, 25))]
        for maker, part in zip(
            site.dice.some(makers, 2), site.dice.split(int(cents * 0.93), 2), strict=True
        ):
            when = day - site.dice.between(12, 25)
            bill = site.book.invoice(maker, trader, part, int(MADE[line]), when)
            facts += [bill, *site.paid(bill, maker, trader, part, day + site.dice.between(5, 25))]
            grower = site.of_line(PRODUCER, line)
            raw = site.book.invoice(grower, maker, int(part * 0.55), int(RAW[line]), when - 15)
            site.paid(raw, grower, maker, int(part * 0.55), when + 10)
    site.plant("rebate_chain", companies([exporter, *traders, *makers]), facts, [], "real_exporter")


AFFILIATES: tuple[Planter, ...] = (
    affiliated_trade,
    declared_group_trade,
    state_owner,
    rebate_chain,
    real_exporter,
)
