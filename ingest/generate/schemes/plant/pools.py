"""Pools of money raised from many, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.site import HOUR, Planter, Site, accounts, companies, persons
from ingest.generate.schemes.town import (
    BEGIN,
    DAY,
    END,
    MAKER,
    OTHER,
    SERVICE,
)


def fund_pool(site: Site) -> None:
    """Money of many unrelated people; 'returns' out of newer money, the rest to those behind."""
    days = site.dice.between(90, 300)
    start = site.day(days + 20)
    boss = site.town.person(life=True)
    if site.dice.chance(0.6):
        house = site.firm(
            staff=0,
            life=site.level.hard,
            word=site.dice.pick(("财富管理", "投资咨询", "养老服务")),
            founded=(start - 300, start - 40),
            register=False,
        )
        site.signs(boss, house)
        site.holds(("p", boss), house, 10_000)
        pool, behind = site.town.main(house), [("c", house), ("p", boss)]
    else:
        pool, behind = site.town.card(boss), [("p", boss)]
    friends = [site.person(life=True) for _ in range(2)]
    for friend in friends:
        site.kin(boss, friend)
    outlets = site.cards([*friends, boss])
    payers = site.crowd(site.dice.between(40, 80))
    monthly = site.dice.real(0.01, 0.03)
    facts: list[Fact] = []
    joined: list[tuple[int, int, int]] = []
    for payer in payers:
        cents = site.sum(10_000, 300_000) // 1_000_00 * 1_000_00
        day = start + site.dice.below(days - 30)
        joined.append((day, payer, cents))
    moves: list[tuple[int, int, int]] = []  # when, account (negative: pays in), cents
    for day, payer, cents in joined:
        moves.append((site.moment(day), -site.town.card(payer) - 1, cents))
        for month in range(1, 12):
            when = day + 30 * month
            if when < start + days and not site.dice.chance(0.05 + site.level.missing):
                moves.append((site.moment(when), site.town.card(payer), int(cents * monthly)))
    balance = 0
    for at, account, cents in sorted(moves):
        if account < 0:
            facts.append(site.book.pay(-account - 1, pool, cents, at, 0))
            balance += cents
        elif balance > cents:
            facts.append(site.book.pay(pool, account, cents, at, 0))
            balance -= cents
        if balance > 300_000_00 and site.dice.chance(0.25):
            taken = int(balance * site.dice.real(0.4, 0.7)) // 100_00 * 100_00
            outlet = site.dice.pick([a for a in outlets if a != pool])
            facts += site.send(pool, outlet, taken, at + site.dice.between(HOUR, 20 * HOUR))
            balance -= taken
    site.plant(
        "fund_pool",
        accounts([pool]),
        facts,
        [*behind, *persons(friends), *accounts(site.cards(payers))],
        tools=accounts(outlets),
    )


def real_fund(site: Site) -> None:
    """A registered fund: it buys stakes of companies and hands on what they pay it."""
    house = site.firm(OTHER, life=True, staff=4, word="私募基金管理")
    pool = site.town.account(("c", house), "corporate", site.spec(house).founded + 60)
    payers = site.crowd(site.dice.between(30, 50))
    firms = site.ordinaries(3, MAKER, SERVICE)
    facts: list[Fact] = []
    paid = [(payer, site.sum(50_000, 300_000)) for payer in payers]
    for payer, cents in paid:
        at = site.moment(BEGIN + 20 + site.dice.below(60))
        facts.append(site.book.pay(site.town.card(payer), pool, cents, at, 1))
    total = sum(cents for _, cents in paid)
    for firm, part in zip(firms, site.dice.split(total, 3), strict=True):
        facts.append(site.book.pay(pool, site.town.main(firm), part, site.moment(BEGIN + 90), 1))
    for quarter in range(1, 5):
        gain = site.dice.real(0.008, 0.025)
        when = BEGIN + 90 + quarter * 91
        for firm in firms:
            cents = int(total * gain / 3 * 1.1)
            facts.append(site.book.pay(site.town.main(firm), pool, cents, site.moment(when), 4))
        for payer, cents in paid:
            at = site.moment(when + 3 + site.dice.below(2))
            facts.append(site.book.pay(pool, site.town.card(payer), int(cents * gain), at, 4))
    site.plant(
        "fund_pool",
        accounts([pool]),
        facts,
        [("c", house), *accounts(site.cards(payers)), *companies(firms)],
        "real_fund",
    )


def mutual_aid(site: Site) -> None:
    """Members pay the same small sum each month; who falls ill is paid once."""
    house = site.firm(OTHER, life=True, staff=2, form=5, word="职工互助会")
    pool, facts = site.town.main(house), []
    members = site.crowd(site.dice.between(40, 70))
    due = site.dice.between(1, 5) * 100_00
    for month in range(18):
        for member in members:
            at = site.moment(min(END - 1, int(BEGIN + month * 30.4) + 3 + site.dice.below(5)))
            facts.append(site.book.pay(site.town.card(member), pool, due, at, 0))
        if site.dice.chance(0.6):
            ill = site.town.card(site.dice.pick(members))
            at = site.moment(min(END - 1, int(BEGIN + month * 30.4) + 15))
            facts.append(site.book.pay(pool, ill, due * len(members) * 9 // 10, at, 4))
    site.plant(
        "fund_pool",
        accounts([pool]),
        facts,
        [("c", house), *accounts(site.cards(members))],
        "mutual_aid",
    )


def property_fee(site: Site) -> None:
    """Residents pay their fees; the manager pays cleaners, lifts and power, and refunds some."""
    house = site.firm(OTHER, life=True, staff=0, word="物业管理")
    site.spec(house).staff = 0
    pool = site.town.main(house)
    facts = site.payroll(house, site.people(5, life=False))
    residents = site.crowd(site.dice.between(40, 70))
    fee = site.dice.between(6, 20) * 100_00
    fixers = site.ordinaries(3, SERVICE)
    for quarter in range(6):
        when = BEGIN + 5 + quarter * 91
        for resident in residents:
            card = site.town.card(resident)
            facts.append(site.book.pay(card, pool, fee, site.moment(when + site.dice.below(20)), 0))
            if site.dice.chance(0.05):
                facts.append(site.book.pay(pool, card, fee // 3, site.moment(when + 40), 0))
        for fixer in fixers:
            cents = fee * len(residents) // 8
            bill = site.book.invoice(fixer, house, cents, 25, when + 30)
            facts += [bill, *site.paid(bill, fixer, house, cents, when + 45)]
    site.plant(
        "fund_pool",
        accounts([pool]),
        facts,
        [("c", house), *accounts(site.cards(residents))],
        "property_fee",
    )


def wealth_product(site: Site) -> None:
    """A bank's product: all pay in at one time, and have it back whole with interest at its end."""
    house = site.firm(
        OTHER, life=True, staff=4, word="理财", founded=(BEGIN - 5_000, BEGIN - 2_000)
    )
    pool = site.town.account(("c", house), "corporate", BEGIN - 700)
    treasury = site.town.main(house)
    payers, facts = site.crowd(site.dice.between(40, 70)), []
    start, term = site.day(260), site.dice.between(90, 240)
    rate = site.dice.real(0.02, 0.035) * term / 365
    total = 0
    for payer in payers:
        cents = site.sum(10_000, 300_000) // 1_000_00 * 1_000_00
        total += cents
        card = site.town.card(payer)
        facts.append(site.book.pay(card, pool, cents, site.moment(start + site.dice.below(7)), 1))
        back = site.moment(start + 8 + term)
        facts.append(site.book.pay(pool, card, int(cents * (1 + rate)), back, 4))
    borrower = site.town.main(site.ordinary(MAKER))
    facts.append(site.book.pay(pool, borrower, total, site.moment(start + 8), 4))
    due = int(total * (1 + rate * 1.3))
    facts.append(site.book.pay(borrower, pool, due, (start + 7 + term) * DAY + 9 * HOUR, 4))
    facts.append(
        site.book.pay(
            pool, treasury, due - int(total * (1 + rate)), site.moment(start + 9 + term), 4
        )
    )
    site.plant(
        "fund_pool",
        accounts([pool]),
        facts,
        [("c", house), *accounts(site.cards(payers))],
        "wealth_product",
    )


POOLS: tuple[Planter, ...] = (
    fund_pool,
    real_fund,
    mutual_aid,
    property_fee,
    wealth_product,
)
