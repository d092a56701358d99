"""Money through layers of accounts, and what looks like it."""

from __future__ import annotations

from itertools import pairwise

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.goods import LEASE, MADE
from ingest.generate.schemes.plant.groups import group
from ingest.generate.schemes.site import HOUR, Planter, Site, accounts, companies
from ingest.generate.schemes.town import (
    BEGIN,
    END,
    MAKER,
    OTHER,
    RETAIL,
    WHOLESALE,
)


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
        accounts([site.town.main(house), *site.cards(staff), site.town.main(let)]),
        facts,
        companies([house, let]),
        "payroll_canteen",
    )


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
    makers = site.some_of_line(site.dice.between(5, 10), MAKER, line)
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
        "gather_scatter",
        accounts([*map(main, shops), main(house), *map(main, makers)]),
        facts,
        companies([house]),
        "wholesaler_collecting",
    )


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
    site.plant(
        "bipartite",
        accounts([*map(main, buyers), *map(main, sellers)]),
        facts,
        companies([*sellers, *buyers]),
        "wholesale_market",
    )


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
        for later, (buyers, sellers) in enumerate(pairwise(tiers)):
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
    depth = site.dice.between(2, 3)
    layers += [site.cards(site.people(site.dice.between(4, 8))) for _ in range(depth)]
    layers.append(site.cards(site.people(site.dice.between(1, 2))))
    start = site.day(45)
    holds = {account: site.sum(300_000, 3_000_000) for account in layers[0]}
    ready = {account: site.moment(start) for account in layers[0]}
    facts: list[Fact] = []
    used: set[int] = set()
    for this, following in pairwise(layers):
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
                site.dice.some(following, fan),
                site.dice.split(site.kept(holds[account]), fan),
                strict=True,
            ):
                at = site.after(ready[account])
                facts += site.send(account, target, part, at)
                used |= {account, target}
                got[target], last[target] = got[target] + part, max(last[target], at + 3 * HOUR)
        holds, ready = got, last
    every = [a for layer in layers for a in layer if a in used]
    site.chatter(every)
    site.plant("layered_flow", accounts(every), facts)


def franchise(site: Site) -> None:
    """A franchise hands money down to open shops: to regions, to shops, which pay fitters."""
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


LAYERS: tuple[Planter, ...] = (
    scatter_gather,
    payroll_canteen,
    gather_scatter,
    wholesaler_collecting,
    bipartite,
    wholesale_market,
    stack,
    two_tier_trade,
    layered_flow,
    franchise,
)
