"""Companies that sell what they did not make or buy, and what looks like them."""

from __future__ import annotations

from ingest.generate.schemes.book import Fact
from ingest.generate.schemes.goods import IT, MADE, RAW
from ingest.generate.schemes.plant.shells import past
from ingest.generate.schemes.site import Planter, Site, companies
from ingest.generate.schemes.town import (
    BEGIN,
    MAKER,
    PRODUCER,
    RETAIL,
    SERVICE,
    WHOLESALE,
)


def invoice_pass_through(site: Site) -> None:
    """Bought and sold within days at next to nothing, by a company that lives on nothing."""
    span = int(90 * site.level.stretch)
    start = site.day(span)
    line = site.dice.below(8)
    shell = site.firm(WHOLESALE, founded=past(site, start), line=line)
    sellers = [site.of_line(site.dice.pick((MAKER, WHOLESALE)), line) for _ in range(4)]
    buyers = site.ordinaries(5, RETAIL, WHOLESALE)
    facts: list[Fact] = []
    for _ in range(site.dice.between(8, 20)):
        day, cents = start + site.dice.below(span - 10), site.sum(100_000, 2_000_000)
        cost = int(cents * (1 - site.dice.real(0.003, 0.01 if site.level.easy else 0.025)))
        seller, buyer = site.dice.pick(sellers), site.dice.pick(buyers)
        buy = site.book.invoice(seller, shell, cost, int(MADE[line]), day)
        sell = site.book.invoice(
            shell,
            buyer,
            cents,
            int(MADE[line]),
            day + site.dice.below(2 + int(1.5 * site.level.stretch)),
        )
        facts += [buy, sell]
        if site.dice.chance(0.8):
            due = day + site.dice.between(2, 12)
            facts += site.paid(sell, shell, buyer, cents, due)
            facts += site.paid(buy, seller, shell, cost, due + 1)
    if site.level.hard:  # a token of life: one wage, some rent
        site.payroll(shell, [site.person(life=False)], range(4, 14, 3))
    site.plant("invoice_pass_through", companies([shell]), facts, companies([*sellers, *buyers]))


def honest_middleman(site: Site) -> None:
    """A wholesaler of thin margin, with people, a store and carriers to pay."""
    line = site.dice.below(8)
    house = site.firm(
        WHOLESALE, life=True, staff=5, line=line, founded=(BEGIN - 3_000, BEGIN - 500)
    )
    sellers = [site.of_line(MAKER, line) for _ in range(4)]
    buyers = site.ordinaries(6, RETAIL, WHOLESALE)
    margin = (0.004, 0.02) if site.level.hard else (0.01, 0.025)
    facts: list[Fact] = []
    for _ in range(site.dice.between(12, 25)):
        day, cents = site.day(60), site.sum(100_000, 1_000_000)
        cost = int(cents * (1 - site.dice.real(*margin)))
        seller, buyer = site.dice.pick(sellers), site.dice.pick(buyers)
        buy = site.book.invoice(seller, house, cost, int(MADE[line]), day)
        sell = site.book.invoice(house, buyer, cents, int(MADE[line]), day + site.dice.below(6))
        due = day + site.dice.between(5, 30)
        facts += [buy, sell, *site.paid(sell, house, buyer, cents, due)]
        facts += site.paid(buy, seller, house, cost, due + site.dice.below(10))
    site.plant("invoice_pass_through", companies([house]), facts, [], "honest_middleman")


def goods_mismatch(site: Site) -> None:
    """It buys one kind of goods and sells quite another, which it cannot make."""
    bought, sold = site.dice.some([0, 2, 3, 4, 5, 6, 7], 2)
    start = site.day(160)
    days = int(60 * site.level.stretch) if not site.level.hard else 150
    cover = site.covered()
    firm = site.firm(
        WHOLESALE,
        founded=past(site, start),
        line=bought,
        life=cover,
        staff=1,
        trade=site.level.hard and cover,
    )
    sellers = site.some_of_line(4, WHOLESALE, bought)
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
    if site.level.hard:  # a little of what it sells was really bought
        whole = sum(site.book.cents_of(f) for f in facts if f[0] == "invoice") // 2
        seller, cents = site.of_line(WHOLESALE, sold), int(whole * site.dice.real(0.03, 0.12))
        bill = site.book.invoice(seller, firm, cents, int(MADE[sold]), start + 5)
        site.paid(bill, seller, firm, cents, start + 25)
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
    sellers, buyers = site.some_of_line(3, WHOLESALE, 7), site.ordinaries(6, MAKER, RETAIL)
    facts: list[Fact] = []
    for _ in range(site.dice.between(8, 15)):
        day, cents = site.day(60), site.sum(50_000, 600_000)
        seller, buyer = site.dice.pick(sellers), site.dice.pick(buyers)
        buy = site.book.invoice(seller, firm, cents // 4, int(MADE[7]), day)
        sell = site.book.invoice(firm, buyer, cents, IT, day + 10)
        facts += [buy, sell, *site.paid(sell, firm, buyer, cents, day + 40)]
        facts += site.paid(buy, seller, firm, cents // 4, day + 20)
    site.plant("goods_mismatch", companies([firm]), facts, [], "service_firm")


MIDDLEMEN: tuple[Planter, ...] = (
    invoice_pass_through,
    honest_middleman,
    goods_mismatch,
    manufacturer,
    service_firm,
)
