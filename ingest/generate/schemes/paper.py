"""Schemes of invoices between companies, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import VOID, Fact
from ingest.generate.schemes.flows import group
from ingest.generate.schemes.goods import BUILDING, IT, MADE, PROCESSING, RAW
from ingest.generate.schemes.site import Planter, Site, accounts, companies, persons
from ingest.generate.schemes.town import (
    BEGIN,
    END,
    FOREIGN,
    MAKER,
    OTHER,
    PRODUCER,
    RETAIL,
    SERVICE,
    STATE,
    WHOLESALE,
)  # fmt: skip


def _shell(site: Site, founded: tuple[int, int], *, cover: bool = False, line: int = 0) -> int:
    """A company on paper; under cover it has one or two people on its payroll and an ordinary trade."""
    return site.firm(
        WHOLESALE, life=cover, staff=1, trade=cover, founded=founded, line=line, size=1
    )


def _past(site: Site, start: int) -> tuple[int, int]:
    """When a company was founded that is young, or not so young, on a day."""
    return (start - 200, start - 40) if not site.level.hard else (start - 1_200, start - 100)


def invoice_cycle(site: Site) -> None:
    """Invoices around a circle, of like amounts, with hardly a payment."""
    size = site.dice.between(3, 4 if site.level.easy else 6)
    span = int(40 * site.level.stretch)
    start = site.day(span + 20)
    ring = [_shell(site, _past(site, start), cover=site.covered(), line=site.dice.below(8))
            for _ in range(size)]  # fmt: skip
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
    """A declared group: raw goods out, worked up at another, packed at a third, and back, all paid."""
    _, made = group(site, site.dice.between(3, 4))
    facts: list[Fact] = []
    line = site.dice.below(8)
    codes = [int(RAW[line]), PROCESSING, int(MADE[line]), int(MADE[line])]
    for _ in range(site.dice.between(2, 4)):
        day, cents = site.day(120), site.sum(200_000, 2_000_000)
        for k, (seller, buyer) in enumerate(zip(made, made[1:] + made[:1], strict=True)):
            bill = site.book.invoice(seller, buyer, cents, codes[k % 4], day)
            facts += [bill, *site.paid(bill, seller, buyer, cents, day + site.dice.between(5, 25))]
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


def invoice_pass_through(site: Site) -> None:
    """Bought and sold within days at next to nothing, by a company that lives on nothing."""
    span = int(90 * site.level.stretch)
    start = site.day(span)
    line = site.dice.below(8)
    shell = site.firm(WHOLESALE, founded=_past(site, start), line=line)
    sellers = [site.of_line(site.dice.pick((MAKER, WHOLESALE)), line) for _ in range(4)]
    buyers = site.ordinaries(5, RETAIL, WHOLESALE)
    facts: list[Fact] = []
    for _ in range(site.dice.between(8, 20)):
        day, cents = start + site.dice.below(span - 10), site.sum(100_000, 2_000_000)
        cost = int(cents * (1 - site.dice.real(0.003, 0.01 if site.level.easy else 0.025)))
        seller, buyer = site.dice.pick(sellers), site.dice.pick(buyers)
        buy = site.book.invoice(seller, shell, cost, int(MADE[line]), day)
        sell = site.book.invoice(shell, buyer, cents, int(MADE[line]), day + site.dice.below(
            2 + int(1.5 * site.level.stretch)))  # fmt: skip
        facts += [buy, sell]
        if site.dice.chance(0.8):
            due = day + site.dice.between(2, 12)
            facts += site.paid(sell, shell, buyer, cents, due)
            facts += site.paid(buy, seller, shell, cost, due + 1)
    if site.level.hard:  # a token of life: one wage, some rent
        site.payroll(shell, [site.person(life=False)], range(4, 14, 3))
    site.plant("invoice_pass_through", companies([shell]), facts,
               companies([*sellers, *buyers]))  # fmt: skip


def honest_middleman(site: Site) -> None:
    """A wholesaler of thin margin, with people, a store and carriers to pay."""
    line = site.dice.below(8)
    house = site.firm(
        WHOLESALE, life=True, staff=5, line=line, founded=(BEGIN - 3_000, BEGIN - 500)
    )
    sellers = [site.of_line(MAKER, line) for _ in range(4)]
    buyers = site.ordinaries(6, RETAIL, WHOLESALE)
    facts: list[Fact] = []
    for _ in range(site.dice.between(12, 25)):
        day, cents = site.day(60), site.sum(100_000, 1_000_000)
        cost = int(cents * (1 - site.dice.real(0.01, 0.025)))
        seller, buyer = site.dice.pick(sellers), site.dice.pick(buyers)
        buy = site.book.invoice(seller, house, cost, int(MADE[line]), day)
        sell = site.book.invoice(house, buyer, cents, int(MADE[line]), day + site.dice.below(6))
        due = day + site.dice.between(5, 30)
        facts += [buy, sell, *site.paid(sell, house, buyer, cents, due)]
        facts += site.paid(buy, seller, house, cost, due + site.dice.below(10))
    site.plant("invoice_pass_through", companies([house]), facts, [], "honest_middleman")


def _burst(site: Site, firm: int, start: int, days: int, buyers: list[int], code: int, count: int,
           cents: int, paid: float, undone: float) -> list[Fact]:  # fmt: skip
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
        WHOLESALE, founded=founded, register=fresh, line=site.dice.below(8),
        closed=start + days + site.dice.between(35, 70) if site.dice.chance(0.6) else 0,
    )  # fmt: skip
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
            site.book.invoice(firm, site.ordinary(RETAIL), site.sum(5_000, 30_000),
                              int(MADE[site.spec(firm).line]), BEGIN + 2 + site.dice.below(max(1, start - BEGIN - 20)))  # fmt: skip
    buyers = site.ordinaries(site.dice.between(15, 35), RETAIL, WHOLESALE, MAKER, SERVICE)
    code = int(site.dice.pick([*MADE]))
    facts += _burst(site, firm, start, days, buyers, code, site.dice.between(30, 70),
                    site.sum(60_000, 900_000), 0.1 if not site.level.hard else 0.3,
                    0.25 if not site.level.hard else 0.15)  # fmt: skip
    if site.level.hard:  # a few purchases, far less than it sells
        for _ in range(4):
            seller = site.ordinary(MAKER)
            day, cents = start + site.dice.below(days), site.sum(10_000, 60_000)
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
    for start in (BEGIN + 80 + offset, BEGIN + 445 + offset):
        for maker, part in zip(
            site.ordinaries(3, MAKER), site.dice.split(int(cents * count * 0.85), 3), strict=True
        ):
            bill = site.book.invoice(maker, firm, part, int(MADE[3]), start - 15)
            facts += [bill, *site.paid(bill, maker, firm, part, start + 30)]
        facts += _burst(site, firm, start, 30, buyers, int(MADE[3]), count, cents, 0.95, 0.03)
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
    for seller, part in zip(
        site.ordinaries(4, MAKER), site.dice.split(int(cents * count * 0.6), 4), strict=True
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
        WHOLESALE, life=True, staff=3, line=site.dice.below(8), trade=True,
        founded=(BEGIN - 6_000, BEGIN - 2_500), closed=start + 100,
    )  # fmt: skip
    code = int(MADE[site.spec(firm).line])
    buyers = site.ordinaries(site.dice.between(15, 25), RETAIL, WHOLESALE)
    facts: list[Fact] = []
    cents = site.sum(20_000, 300_000)
    count = site.dice.between(25, 45)
    for maker, part in zip(
        site.ordinaries(3, MAKER), site.dice.split(int(cents * count), 3), strict=True
    ):
        day = BEGIN + 3 + site.dice.below(50)
        bill = site.book.invoice(maker, firm, part, code, day)
        facts += [bill, *site.paid(bill, maker, firm, part, day + 20)]
    facts += _burst(site, firm, start, 40, buyers, code, count, cents, 0.95, 0.02)
    site.plant("invoice_burst", companies([firm]), facts, [], "liquidation")


def goods_mismatch(site: Site) -> None:
    """It buys one kind of goods and sells quite another, which it cannot make."""
    bought, sold = site.dice.some([0, 2, 3, 4, 5, 6, 7], 2)
    start = site.day(160)
    days = int(60 * site.level.stretch) if not site.level.hard else 150
    cover = site.covered()
    firm = site.firm(WHOLESALE, founded=_past(site, start), line=bought, life=cover, staff=1,
                     trade=site.level.hard and cover)  # fmt: skip
    sellers = site.ordinaries(4, WHOLESALE, MAKER)
    buyers = site.ordinaries(6, RETAIL, WHOLESALE)
    facts: list[Fact] = []
    for _ in range(site.dice.between(8, 18)):
        day, cents = start + site.dice.below(days), site.sum(50_000, 900_000)
        cost = int(cents * site.dice.real(0.88, 0.99))
        seller, buyer = site.dice.pick(sellers), site.dice.pick(buyers)
        buy = site.book.invoice(seller, firm, cost, int(MADE[bought]), day)
        sell = site.book.invoice(
            firm, buyer, cents, int(MADE[sold]), day + site.dice.between(1, 15)
        )
        facts += [buy, sell]
        if site.dice.chance(0.6):
            facts += site.paid(sell, firm, buyer, cents, day + site.dice.between(10, 30))
        if site.dice.chance(0.6):
            facts += site.paid(buy, seller, firm, cost, day + site.dice.between(10, 30))
    site.plant("goods_mismatch", companies([firm]), facts, [])


def manufacturer(site: Site) -> None:
    """A factory: what goes in is other goods than what comes out; wages, machines and power."""
    line = site.dice.below(8)
    firm = site.firm(MAKER, life=True, staff=6, line=line, trade=False)
    growers = [site.of_line(PRODUCER, line) for _ in range(3)]
    buyers = site.ordinaries(6, WHOLESALE, RETAIL)
    facts: list[Fact] = []
    for _ in range(site.dice.between(10, 20)):
        day, cents = site.day(60), site.sum(50_000, 900_000)
        cost = int(cents * site.dice.real(0.5, 0.75))
        seller, buyer = site.dice.pick(growers), site.dice.pick(buyers)
        buy = site.book.invoice(seller, firm, cost, int(RAW[line]), day)
        sell = site.book.invoice(
            firm, buyer, cents, int(MADE[line]), day + site.dice.between(10, 40)
        )
        facts += [buy, sell, *site.paid(sell, firm, buyer, cents, day + 50)]
        facts += site.paid(buy, seller, firm, cost, day + 30)
    site.plant("goods_mismatch", companies([firm]), facts, [], "manufacturer")


def service_firm(site: Site) -> None:
    """A service firm: it buys machines and paper and sells work."""
    firm = site.firm(SERVICE, life=True, staff=6, line=0, trade=False, word="软件")
    sellers, buyers = site.ordinaries(3, WHOLESALE), site.ordinaries(6, MAKER, RETAIL)
    facts: list[Fact] = []
    for _ in range(site.dice.between(8, 15)):
        day, cents = site.day(60), site.sum(50_000, 600_000)
        seller, buyer = site.dice.pick(sellers), site.dice.pick(buyers)
        buy = site.book.invoice(seller, firm, cents // 4, int(MADE[7]), day)
        sell = site.book.invoice(firm, buyer, cents, IT, day + 10)
        facts += [buy, sell, *site.paid(sell, firm, buyer, cents, day + 40)]
        facts += site.paid(buy, seller, firm, cents // 4, day + 20)
    site.plant("goods_mismatch", companies([firm]), facts, [], "service_firm")


def affiliated_trade(site: Site) -> None:
    """Seller and buyer meet at one hidden antecedent, and trade with each other above all."""
    boss = site.town.person(card=True, life=True)
    relative = site.person(life=True, family=boss)
    line = site.dice.below(8)
    seller, buyer = (
        site.firm(WHOLESALE, life=True, staff=2, line=line, register=False,
                  trade=site.level.hard and site.dice.chance(0.7))
        for _ in range(2)
    )  # fmt: skip
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
            facts += site.send(site.town.main(seller), site.town.card(boss), int(cents * 0.4),
                               site.moment(day + 25))  # fmt: skip
    site.plant("affiliated_trade", companies([seller, buyer]), facts,
               [*persons([boss, relative]), *companies(between)], amount=total)  # fmt: skip


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
    """Exports that go back, by traders, to producers that are new, make nothing, and are soon gone."""
    start = site.day(170)
    line = site.dice.below(8)
    exporter = site.firm(WHOLESALE, life=not site.level.easy, staff=2, line=line, word="进出口",
                         founded=(BEGIN - 2_000, BEGIN - 300))  # fmt: skip
    abroad = site.town.special(FOREIGN)
    traders = [_shell(site, _past(site, start), line=line) for _ in range(site.dice.between(1, 2))]
    fakes = [
        site.firm(PRODUCER if site.dice.chance(0.7) else MAKER, line=line,
                  founded=(start - 150, start - 25),
                  closed=start + 165 if site.dice.chance(0.4) else 0)
        for _ in range(site.dice.between(2, 4))
    ]  # fmt: skip
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
    makers = [site.firm(MAKER, life=True, staff=4, line=line, trade=True, founded=(BEGIN - 3_000, BEGIN - 200))
              for _ in range(site.dice.between(2, 3))]  # fmt: skip
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


def payment_return(site: Site) -> None:
    """The buyer pays, and the money comes back to the buyer's people, less a fee, within days."""
    span = int(60 * site.level.stretch)
    start = site.day(span + 30)
    seller = _shell(site, _past(site, start), line=site.dice.below(8))
    owner = site.person(life=True)
    buyer = site.firm(WHOLESALE, life=True, staff=3, line=site.dice.below(8), register=False,
                      trade=not site.level.easy)  # fmt: skip
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
        for account in site.dice.some(middle, site.dice.between(1, len(middle))):
            at = site.after(at + 7_200)
            facts += site.send(here, account, left, at)
            here = account
        goal = site.town.card(owner) if site.dice.chance(0.7) else site.town.main(buyer)
        facts += site.send(here, goal, left, site.after(at + 7_200))
    site.plant("payment_return", companies([seller, buyer]), facts,
               [("p", owner), *accounts([*middle, site.town.card(owner)])], amount=total)  # fmt: skip


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
    """A declared group: what one company pays another goes up to the parent, which lends it down."""
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


PAPER: tuple[Planter, ...] = (
    invoice_cycle, group_processing, goods_returned, invoice_pass_through, honest_middleman,
    invoice_burst, seasonal, large_project, liquidation, goods_mismatch, manufacturer,
    service_firm, affiliated_trade, declared_group_trade, state_owner, rebate_chain,
    real_exporter, payment_return, refunds, cash_pooling,
)  # fmt: skip
