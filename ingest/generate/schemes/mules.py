"""Accounts that others move money through, pools of raised money, and what looks like them."""

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
    WHOLESALE,
    Whose,
)  # fmt: skip


def _through(site: Site, account: int, start: int, days: int, rounds: int, typical: int) -> list[Fact]:  # fmt: skip
    """Money in and, within hours, out again, a number of times."""
    facts: list[Fact] = []
    payers = site.cards(site.crowd(max(4, rounds * 2 // 3)))
    payees = site.cards(site.people(max(3, rounds // 4), life=site.level.hard))
    for _ in range(rounds):
        cents, at = site.near(typical, 0.5), site.moment(start + site.dice.below(days))
        facts += site.send(site.dice.pick(payers), account, cents, at)
        left, at = site.kept(cents), at + 3 * HOUR
        for part in site.dice.split(left, site.dice.between(1, 3)):
            at = site.after(at)
            facts += site.send(account, site.dice.pick(payees), part, at)
    return facts


def pass_through(site: Site) -> None:
    """A new card through which strangers' money runs within hours."""
    start = site.day(50)
    account = site.town.card(site.person(opened=start - site.dice.between(3, 40)))
    if site.dice.chance(0.3):
        shell = site.firm(founded=(start - 90, start - 30))
        account = site.town.main(shell)
    rounds = site.dice.between(10, 25)
    facts = _through(
        site, account, start, int(10 * site.level.stretch), rounds, site.sum(5_000, 80_000)
    )
    site.chatter([account])
    site.plant("pass_through", accounts([account]), facts)


def _agency(site: Site, word: str, name: str, dwell: tuple[int, int], fee: float) -> None:
    """A licensed house that holds money for others and hands it on."""
    house = site.firm(OTHER, life=True, staff=4, word=word)
    account = site.town.account(("c", house), "corporate", site.spec(house).founded + 100)
    facts = []
    for _ in range(site.dice.between(12, 30)):
        payer, payee = site.cards(site.crowd(2))
        cents, at = site.sum(10_000, 2_000_000), site.moment(site.day(40))
        facts.append(site.book.pay(payer, account, cents, at, 1))
        left = int(cents * (1 - fee))
        later = at + site.dice.between(dwell[0] * HOUR, dwell[1] * HOUR)
        facts.append(site.book.pay(account, payee, left, later, 1))
        if fee:
            facts.append(site.book.pay(account, site.town.main(house), cents - left, later + 60, 1))
    site.plant("pass_through", accounts([account]), facts, companies([house]), name)


def escrow(site: Site) -> None:
    """A broker of homes that holds the price until the deed is made."""
    _agency(site, "房产交易担保", "escrow", (24, 400), 0.005)


def payment_agent(site: Site) -> None:
    """A small licensed payment firm: what comes in goes to the shops on the next day."""
    _agency(site, "支付服务", "payment_agent", (4, 30), 0.006)


def client_account(site: Site) -> None:
    """The account in which a law firm keeps clients' money."""
    _agency(site, "律师事务所", "client_account", (10, 200), 0.0)


def thin_wholesaler(site: Site) -> None:
    """A wholesaler of thin margin whose money is out soon after it is in, with wages and rent."""
    house = site.firm(WHOLESALE, life=True, staff=5, founded=(BEGIN - 3_000, BEGIN - 800))
    facts = _trading(site, house, site.dice.between(12, 25), (0.01, 0.025))
    site.plant("pass_through", accounts([site.town.main(house)]), facts, companies([house]),
               "thin_wholesaler")  # fmt: skip


def _trading(site: Site, house: int, rounds: int, margin: tuple[float, float]) -> list[Fact]:
    """Goods bought of makers and sold on with the bills, paid in and then out."""
    line = site.spec(house).line
    buyers = site.ordinaries(6, RETAIL, WHOLESALE)
    makers = [site.of_line(MAKER, line) for _ in range(4)]
    facts: list[Fact] = []
    for _ in range(rounds):
        day, buyer, maker = site.day(60), site.dice.pick(buyers), site.dice.pick(makers)
        cents = site.sum(30_000, 800_000)
        cost = int(cents * (1 - site.dice.real(*margin)))
        buy = site.book.invoice(maker, house, cost, int(MADE[line]), day)
        sell = site.book.invoice(house, buyer, cents, int(MADE[line]), day + site.dice.below(4))
        due = day + site.dice.between(5, 30)
        facts += [buy, sell, *site.paid(sell, house, buyer, cents, due)]
        facts += site.paid(buy, maker, house, cost, due + site.dice.below(2))
    return facts


def fund_pool(site: Site) -> None:
    """Money of many unrelated people; 'returns' out of newer money, the rest to those behind."""
    days = site.dice.between(90, 300)
    start = site.day(days + 20)
    boss = site.town.person(life=True)
    if site.dice.chance(0.6):
        house = site.firm(
            staff=0, life=site.level.hard, word=site.dice.pick(("财富管理", "投资咨询", "养老服务")),
            founded=(start - 300, start - 40), register=False,
        )  # fmt: skip
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
    site.plant("fund_pool", accounts([pool]), facts,
               [*behind, *persons(friends), *accounts(outlets), *accounts(site.cards(payers))])  # fmt: skip


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
    site.plant("fund_pool", accounts([pool]), facts,
               [("c", house), *accounts(site.cards(payers)), *companies(firms)], "real_fund")  # fmt: skip


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
    site.plant("fund_pool", accounts([pool]), facts,
               [("c", house), *accounts(site.cards(members))], "mutual_aid")  # fmt: skip


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
    site.plant("fund_pool", accounts([pool]), facts,
               [("c", house), *accounts(site.cards(residents))], "property_fee")  # fmt: skip


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
    site.plant("fund_pool", accounts([pool]), facts,
               [("c", house), *accounts(site.cards(payers))], "wealth_product")  # fmt: skip


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
        facts += _through(site, card, start, int(12 * site.level.stretch), site.dice.between(5, 12),
                          site.sum(10_000, 80_000))  # fmt: skip
    via: list[Whose] = [("d", device), ("ph", phone)] if by_phone else [("d", device)]
    site.plant("rented_account", accounts(cards), facts, [*via, *persons(holders)])


def family_phone(site: Site) -> None:
    """The cards of a household on one phone, with the small payments of a household."""
    head = site.person(life=True)
    others = [site.person(life=True, family=head) for _ in range(site.dice.between(2, 4))]
    phone, device = site.town.phone(), site.town.device()
    facts: list[Fact] = []
    for other in others:
        facts.append(site.kin(head, other, site.dice.pick(("配偶", "父亲", "母亲", "亲属"))))
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
    site.plant("rented_account", accounts(cards), facts,
               [("ph", phone), ("d", device), *persons([head, *others])], "family_phone")  # fmt: skip


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
    site.plant("rented_account", accounts(map(site.town.main, clients)), facts,
               [("d", device), ("c", house)], "bookkeeper_device")  # fmt: skip


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
    site.plant("rented_account", accounts(cards), facts,
               [("d", device), ("c", house), *persons([keeper, *staff])], "counter_device")  # fmt: skip


MULES: tuple[Planter, ...] = (
    pass_through, escrow, payment_agent, client_account, thin_wholesaler, fund_pool, real_fund,
    mutual_aid, property_fee, wealth_product, rented_account, family_phone, bookkeeper_device,
    counter_device,
)  # fmt: skip
