"""Accounts that strangers' money runs through, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.goods import MADE
from ingest.generate.schemes.site import HOUR, Planter, Site, accounts, companies
from ingest.generate.schemes.town import (
    BEGIN,
    MAKER,
    OTHER,
    RETAIL,
    WHOLESALE,
)


def through(
    site: Site, account: int, start: int, days: int, rounds: int, typical: int
) -> list[Fact]:
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
    facts = through(
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
    site.plant(
        "pass_through",
        accounts([site.town.main(house)]),
        facts,
        companies([house]),
        "thin_wholesaler",
    )


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


MULES: tuple[Planter, ...] = (
    pass_through,
    escrow,
    payment_agent,
    client_account,
    thin_wholesaler,
)
