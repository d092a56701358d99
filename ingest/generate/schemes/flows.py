"""Schemes of money between accounts, and what looks like them: cycles, fans, layers."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.goods import LEASE, MADE
from ingest.generate.schemes.site import HOUR, Planter, Site, accounts, companies, persons
from ingest.generate.schemes.town import (
    BANK,
    BEGIN,
    DAY,
    END,
    INSTITUTION,
    MAKER,
    OTHER,
    RETAIL,
    SOCIAL,
    WHOLESALE,
)  # fmt: skip


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


def group(site: Site, size: int, *, declared: bool = True, life: bool = True) -> tuple[int, list[int]]:  # fmt: skip
    """A parent and its companies, whole or nearly wholly held, said so in the register."""
    head = site.firm(
        OTHER, life=life, staff=3, word="控股集团", founded=(BEGIN - 6_000, BEGIN - 3_500)
    )
    made = []
    for _ in range(size):
        child = site.firm(
            WHOLESALE, life=life, staff=2, register=False, founded=(BEGIN - 3_000, BEGIN - 600)
        )
        site.signs(site.town.person(card=False), child)
        site.holds(("c", head), child, 10_000 if site.dice.chance(0.6) else 8_000)
        if declared:
            site.book.state(
                "controller", ("c", head), ("c", child), site.spec(child).founded, text="持股"
            )
        made.append(child)
    return head, made


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
    for _ in range(site.dice.between(2, 3)):
        ring.append(site.town.account(("p", person), "card", BEGIN - site.dice.between(100, 2_000)))
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
    site.plant("fan_out", accounts([site.town.main(house), *site.cards(staff)]), facts,
               companies([house]), "payroll")  # fmt: skip


def dividends(site: Site) -> None:
    """A company pays its many shareholders once a year, by their shares."""
    house = site.firm(MAKER, life=True, staff=3, trade=True, register=False,
                      founded=(BEGIN - 4_000, BEGIN - 1_500))  # fmt: skip
    holders = site.people(site.dice.between(10, 20), life=True)
    site.signs(holders[0], house)
    parts = site.dice.split(10_000, len(holders), 0.2)
    for holder, points in zip(holders, parts, strict=True):
        site.holds(("p", holder), house, points)
    facts, profit = [], site.sum(300_000, 5_000_000)
    for year in (BEGIN + 110, BEGIN + 470):
        for holder, points in zip(holders, parts, strict=True):
            at = site.moment(year + site.dice.below(2))
            facts.append(site.book.pay(
                site.town.main(house), site.town.card(holder), profit * points // 10_000, at, 4
            ))  # fmt: skip
    site.plant("fan_out", accounts([site.town.main(house), *site.cards(holders)]), facts,
               companies([house]), "dividends")  # fmt: skip


def _missing(site: Site) -> bool:
    return site.dice.chance(site.level.missing)


def scatter_gather(site: Site) -> None:
    """One pays many, who all pay one other."""
    middle = site.cards(site.people(site.dice.between(6, 14)))
    source, sink = site.cards(site.people(2))
    start, parts, facts = site.day(25), site.sum(10_000, 200_000), []
    for k, account in enumerate(middle):
        cents, at = site.near(parts), site.within(start, 1)
        facts += site.send(source, account, cents, at)
        if k < 4 or not _missing(site):
            facts += site.send(account, sink, site.kept(cents), site.after(at + 3 * HOUR))
    site.chatter([*middle, source, sink])
    site.plant("scatter_gather", accounts([source, *middle, sink]), facts)


def payroll_canteen(site: Site) -> None:
    """Wages of a factory, of which much goes to the one who lets its dormitory and canteen."""
    house = site.firm(MAKER, life=True, trade=True, word="制造")
    site.spec(house).staff = 0
    staff = site.people(site.dice.between(8, 16), life=False)
    let = site.firm(OTHER, life=True, staff=2, word="后勤服务")
    facts = site.payroll(house, staff)
    share = site.dice.real(0.1, 0.25) if not site.level.hard else site.dice.real(0.3, 0.5)
    for month in range(18):
        for person in staff:
            at = site.moment(min(END - 1, int(BEGIN + month * 30.4) + 21 + site.dice.below(5)))
            cents = int(share * site.dice.between(60, 100)) * 100_00
            facts.append(site.book.pay(site.town.card(person), site.town.main(let), cents, at, 0))
    site.plant(
        "scatter_gather",
        accounts([site.town.main(house), *site.cards(staff), site.town.main(let)]), facts,
        companies([house, let]), "payroll_canteen",
    )  # fmt: skip


def gather_scatter(site: Site) -> None:
    """Many pay one, which pays it all on to many others."""
    payers = site.cards(site.people(site.dice.between(6, 14)))
    payees = site.cards(site.people(site.dice.between(6, 14)))
    hub = site.town.card(site.person())
    start, facts, got, last = site.day(30), [], 0, 0
    typical = site.sum(10_000, 100_000)
    for payer in payers:
        cents, at = site.near(typical), site.within(start, 1)
        facts += site.send(payer, hub, cents, at)
        got, last = got + cents, max(last, at)
    for payee, cents in zip(payees, site.dice.split(site.kept(got), len(payees)), strict=True):
        facts += site.send(hub, payee, cents, site.after(last))
    site.chatter([hub, *payers])
    site.plant("gather_scatter", accounts([*payers, hub, *payees]), facts)


def wholesaler_collecting(site: Site) -> None:
    """A wholesaler collects from its shops at the end of a quarter, then pays its suppliers."""
    house = site.firm(WHOLESALE, life=True, staff=4)
    line = site.spec(house).line
    shops = site.ordinaries(site.dice.between(6, 14), RETAIL)
    makers = site.ordinaries(site.dice.between(5, 10), MAKER)
    facts: list[Fact] = []
    for quarter in range(5):
        when = BEGIN + 40 + quarter * 91
        owed = site.sum(20_000, 200_000)
        got = 0
        for buyer in shops:
            cents = site.near(owed, 0.3)
            bill = site.book.invoice(house, buyer, cents, int(MADE[line]), when - 30)
            facts += [bill, *site.paid(bill, house, buyer, cents, when + site.dice.below(3))]
            got += cents
        for seller, cents in zip(makers, site.dice.split(int(got * 0.9), len(makers)), strict=True):
            bill = site.book.invoice(seller, house, cents, int(MADE[line]), when - 35)
            facts += [bill, *site.paid(bill, seller, house, cents, when + 3 + site.dice.below(3))]
    main = site.town.main
    site.plant(
        "gather_scatter", accounts([*map(main, shops), main(house), *map(main, makers)]), facts,
        companies([house]), "wholesaler_collecting",
    )  # fmt: skip


def bipartite(site: Site) -> None:
    """A set of payers, each of which pays each of a set of receivers within days."""
    payers = site.cards(site.people(site.dice.between(4, 6)))
    payees = site.cards(site.people(site.dice.between(4, 6)))
    start, typical = site.day(25), site.sum(10_000, 100_000)
    facts = _grid(site, payers, payees, typical, start)
    site.chatter([*payers, *payees])
    site.plant("bipartite", accounts([*payers, *payees]), facts)


def _grid(site: Site, payers: list[int], payees: list[int], typical: int, start: int) -> list[Fact]:
    facts: list[Fact] = []
    for k, payer in enumerate(payers):
        for j, payee in enumerate(payees):
            if k % len(payees) == j or j % len(payers) == k or not _missing(site):
                facts += site.send(payer, payee, site.near(typical), site.within(start, 2))
    return facts


def wholesale_market(site: Site) -> None:
    """Shops that each buy of the same few wholesalers, on invoices, all year."""
    line = site.dice.below(8)
    sellers = site.traders(WHOLESALE, line, 4)
    buyers = site.traders(RETAIL, line, site.dice.between(4, 6))
    facts: list[Fact] = []
    for _ in range(site.dice.between(2, 4)):
        start = site.day(60)
        for buyer in buyers:
            for seller in sellers:
                cents = site.near(site.sum(5_000, 60_000), 0.3)
                bill = site.book.invoice(seller, buyer, cents, int(MADE[line]), start)
                facts += [
                    bill,
                    *site.paid(bill, seller, buyer, cents, start + 5 + site.dice.below(4)),
                ]
    main = site.town.main
    site.plant("bipartite", accounts([*map(main, buyers), *map(main, sellers)]), facts,
               companies([*sellers, *buyers]), "wholesale_market")  # fmt: skip


def stack(site: Site) -> None:
    """Two layers of payers and receivers, one after the other."""
    one, two, three = (site.cards(site.people(site.dice.between(3, 5))) for _ in range(3))
    start, typical = site.day(40), site.sum(20_000, 100_000)
    facts = _grid(site, one, two, typical, start)
    each = int(typical * len(one) / len(three) * (1 - site.dice.real(*site.level.fee)))
    facts += _grid(site, two, three, each, start + 2 + int(2 * site.level.stretch))
    site.chatter([*one, *two, *three])
    site.plant("stack", accounts([*one, *two, *three]), facts)


def two_tier_trade(site: Site) -> None:
    """Shops pay wholesalers, and these their makers, on invoices, month by month."""
    line = site.dice.below(8)
    tiers = [
        site.traders(role, line, site.dice.between(3, 4)) for role in (RETAIL, WHOLESALE, MAKER)
    ]
    facts: list[Fact] = []
    typical = site.sum(20_000, 100_000)
    for month in range(2, 17, site.dice.between(2, 4)):
        when = int(BEGIN + month * 30.4)
        for later, (buyers, sellers) in enumerate(zip(tiers, tiers[1:], strict=False)):
            for buyer in buyers:
                for seller in sellers:
                    cents = site.near(typical if later == 0 else int(typical * 0.85), 0.25)
                    bill = site.book.invoice(seller, buyer, cents, int(MADE[line]), when - 15)
                    due = when + 5 * later + site.dice.below(4)
                    facts += [bill, *site.paid(bill, seller, buyer, cents, due)]
    every = [c for tier in tiers for c in tier]
    site.plant(
        "stack", accounts(map(site.town.main, every)), facts, companies(every), "two_tier_trade"
    )


def layered_flow(site: Site) -> None:
    """Money of a few sources through two or three layers of accounts to a few destinations."""
    layers = [site.cards(site.people(site.dice.between(1, 2)))]
    for _ in range(site.dice.between(2, 3)):
        layers.append(site.cards(site.people(site.dice.between(4, 8))))
    layers.append(site.cards(site.people(site.dice.between(1, 2))))
    start = site.day(45)
    holds = {account: site.sum(300_000, 3_000_000) for account in layers[0]}
    ready = {account: site.moment(start) for account in layers[0]}
    facts: list[Fact] = []
    used: set[int] = set()
    for this, following in zip(layers, layers[1:], strict=False):
        got: dict[int, int] = dict.fromkeys(following, 0)
        last: dict[int, int] = dict.fromkeys(following, 0)
        for account in this:
            if not holds.get(account):
                continue
            fan = min(
                len(following), site.dice.between(2, 5) if len(following) > 2 else len(following)
            )
            if len(this) <= 2:
                fan = len(following)
            for target, part in zip(
                site.dice.some(following, fan), site.dice.split(site.kept(holds[account]), fan), strict=True
            ):  # fmt: skip
                at = site.after(ready[account])
                facts += site.send(account, target, part, at)
                used |= {account, target}
                got[target], last[target] = got[target] + part, max(last[target], at + 3 * HOUR)
        holds, ready = got, last
    every = [a for layer in layers for a in layer if a in used]
    site.chatter(every)
    site.plant("layered_flow", accounts(every), facts)


def franchise(site: Site) -> None:
    """A franchise hands down money for opening: to regions, to shops, which pay the same fitters."""
    head, regions = group(site, site.dice.between(3, 5))
    shops: list[tuple[int, int]] = []
    for region in regions:
        for _ in range(site.dice.between(1, 2)):
            store = site.firm(RETAIL, life=True, staff=2, register=False, trade=True)
            site.signs(site.town.person(card=False), store)
            site.holds(("c", region), store, 10_000)
            shops.append((region, store))
    fitters = [site.firm(MAKER, life=True, staff=3, word="装饰工程") for _ in range(2)]
    start, facts, main = site.day(60), [], site.town.main
    each = site.sum(100_000, 600_000)
    for region in regions:
        need = each * sum(1 for r, _ in shops if r == region)
        facts += site.send(main(head), main(region), need, site.moment(start))
    for region, store in shops:
        at = site.after(site.moment(start + 1))
        facts += site.send(main(region), main(store), each, at)
        for fitter, part in zip(fitters, site.dice.split(int(each * 0.97), 2), strict=True):
            day = start + 3 + site.dice.below(4)
            bill = site.book.invoice(fitter, store, part, LEASE + 4, day)
            facts += [bill, *site.paid(bill, fitter, store, part, day + 1)]
    every = [head, *regions, *(s for _, s in shops), *fitters]
    site.plant("layered_flow", accounts(map(main, every)), facts, companies(every), "franchise")


FLOWS: tuple[Planter, ...] = (
    transfer_cycle, group_settlement, own_accounts, fan_in, fan_out, charity, school_fees, shop,
    payroll, dividends, scatter_gather, payroll_canteen, gather_scatter, wholesaler_collecting,
    bipartite, wholesale_market, stack, two_tier_trade, layered_flow, franchise,
)  # fmt: skip
