"""The ordinary business of companies: goods through a chain of trades, services, and payment.

Demand runs upwards: what a shop sells sets what it buys of wholesalers, theirs what they buy of
makers, and so on, so that every company buys about what it sells less its margin. A tie between
two companies is a row of `Ties`; each makes some invoices over the period, paid a term later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ingest.generate.draws import Flags, Ints, span
from ingest.generate.schemes import goods
from ingest.generate.schemes.book import CHANNEL, ISSUED, RED, VOID, Book
from ingest.generate.schemes.town import (
    BEGIN,
    CARRIER,
    DAY,
    END,
    FOREIGN,
    LANDLORD,
    MAKER,
    POWER,
    PRODUCER,
    RETAIL,
    SERVICE,
    WHOLESALE,
    Census,
    Town,
)

UNIT: Final = 40_000_00  # what a company of size 1 sells in a month, in cents
PERIOD: Final = END - BEGIN


@dataclass
class Ties:
    """Who sells what to whom: so many invoices of so much in all, paid so many days later."""

    seller: Ints
    buyer: Ints
    goods: Ints
    count: Ints
    total: Ints
    term: Ints
    even: bool = False  # whether its invoices are of like amount, as rent is
    export: bool = False


def business(town: Town, census: Census, book: Book) -> None:
    """All ordinary invoices and what is paid for them."""
    for number, ties in enumerate((*_goods(town, census), *_costs(town, census))):
        _bill(town, census, book, f"tie.{number}", ties)


def _suppliers(
    town: Town, census: Census, stream: str, buyers: Ints, sellers: Ints, line: Ints, most: int
) -> tuple[Ints, Ints]:
    """For each buyer 1..most sellers of a line: (index of the buyer, seller), few of them great."""
    draws = town.draws
    ordered = sellers[np.argsort(census.line[sellers], kind="stable")]
    ends = np.searchsorted(census.line[ordered], span(0, 9))
    count = 1 + draws.below(f"{stream}.count", buyers, most)
    which = np.repeat(span(0, len(buyers)), count)
    at = buyers[which] * 16 + span(0, len(which)) - np.repeat(np.cumsum(count) - count, count)
    first, size = ends[line[which]], np.diff(ends)[line[which]]
    found = ordered[first + draws.head(f"{stream}.who", at, size, 2)]
    apart = np.unique(np.stack((which, found)), axis=1)
    apart = apart[:, found.size and buyers[apart[0]] != apart[1]]
    return apart[0], apart[1]


def _tier(
    town: Town,
    census: Census,
    stream: str,
    buyers: Ints,
    worth: Ints,
    sellers: Ints,
    line: Ints,
    code: Ints,
    most: int = 3,
) -> Ties:
    """Ties through which buyers spend what is given for the whole period."""
    draws = town.draws
    which, seller = _suppliers(town, census, stream, buyers, sellers, line, most)
    weight = 0.4 + draws.unit(f"{stream}.weight", buyers[which] * 16 + seller % 16)
    whole = np.zeros(len(buyers))
    np.add.at(whole, which, weight)
    total = (worth[which] * weight / whole[which]).astype(np.int64)
    at = seller * 1_000_003 + buyers[which]
    return Ties(
        seller,
        buyers[which],
        code[line[which]],
        2 + draws.below(f"{stream}.often", at, 6),
        total,
        np.array([3, 7, 15, 30, 45, 60])[draws.below(f"{stream}.term", at, 6)],
    )


def _sold(census: Census, *ties: Ties) -> Ints:
    """What each company sells in all."""
    out = np.zeros(len(census.role))
    for tie in ties:
        np.add.at(out, tie.seller, tie.total)
    return out.astype(np.int64)


def _goods(town: Town, census: Census) -> list[Ties]:
    draws = town.draws
    shops, traders = census.of(RETAIL), census.of(WHOLESALE)
    makers, growers = census.of(MAKER), census.of(PRODUCER)
    line = census.line
    worth = (census.size[shops] * UNIT * 18 * 0.75).astype(np.int64)
    shop = _tier(town, census, "shop", shops, worth, traders, line[shops], goods.MADE)
    abroad = np.flatnonzero(census.role == FOREIGN)
    exporters = traders[draws.chance("exports", traders, 0.06)]
    export = Ties(
        exporters,
        abroad[draws.below("customer", exporters, len(abroad))],
        goods.MADE[line[exporters]],
        4 + draws.below("shipments", exporters, 8),
        census.size[exporters] * UNIT * 12,
        np.full(len(exporters), 40),
        export=True,
    )
    sold = _sold(census, shop, export)
    thin = draws.chance("thin", traders, 0.15)
    cost = np.where(thin, 0.975, 0.78 + 0.15 * draws.unit("margin", traders))
    worth = (np.maximum(sold[traders], UNIT) * cost).astype(np.int64)
    whole = _tier(town, census, "trader", traders, worth, makers, line[traders], goods.MADE)
    sold = _sold(census, whole)
    worth = (np.maximum(sold[makers], UNIT) * 0.55).astype(np.int64)
    make = _tier(town, census, "maker", makers, worth, growers, line[makers], goods.RAW)
    # Smelters, pulp mills and makers of parts buy raw goods of other lines.
    second = growers[np.isin(line[growers], (1, 5, 7))]
    sold = _sold(census, make)
    worth = (np.maximum(sold[second], UNIT) * 0.5).astype(np.int64)
    from_line = np.array([0, 0, 0, 0, 0, 4, 0, 6])[line[second]]
    raw = _tier(town, census, "smelter", second, worth, growers, from_line, goods.RAW)
    parts = growers[draws.chance("inputs", growers, 0.6)]
    worth = (np.maximum(sold[parts], UNIT) * 0.2).astype(np.int64)
    inputs = _tier(town, census, "input", parts, worth, makers, np.full_like(parts, 6), goods.MADE)
    return [shop, export, whole, make, raw, inputs]


def _flat(
    town: Town,
    stream: str,
    buyers: Ints,
    sellers: Ints,
    code: Ints,
    count: int,
    total: Ints,
    term: int,
    even: bool = True,
) -> Ties:
    who = sellers[town.draws.head(f"{stream}.who", buyers, len(sellers), 2)]
    apart = who != buyers
    return Ties(
        who[apart],
        buyers[apart],
        code[apart],
        np.full(int(apart.sum()), count),
        total[apart],
        np.full(int(apart.sum()), term),
        even,
    )


def _costs(town: Town, census: Census) -> list[Ties]:
    """Rent, power, carriage and services of all who keep a business."""
    draws = town.draws
    firms = np.flatnonzero(census.upkeep)
    size, role = census.size[firms], census.role[firms]
    code = np.zeros_like(firms)
    tenants = draws.chance("rents", firms, 0.75) & (role != LANDLORD)
    rent = (3_000_00 + size * 1_500_00) * 18 * (80 + draws.below("rent", firms, 40)) // 100
    burning = (role == MAKER) | (role == PRODUCER)
    power = np.where(burning, size * 4_000_00 + 5_000_00, size * 300_00 + 500_00) * 18
    moving = np.isin(role, (MAKER, WHOLESALE, PRODUCER))
    carriage = (size * 2_500_00 + 3_000_00) * 18
    served = draws.chance("served", firms, 0.35)
    services = census.of(SERVICE)
    spent = (size * 2_000_00 + 4_000_00) * 18 * (50 + draws.below("spent", firms, 100)) // 100
    kind = goods.SERVICES[census.line[services] % len(goods.SERVICES)]
    help_ = _flat(
        town, "service", firms[served], services, code[served], 6, spent[served], 15, False
    )
    help_.goods = kind[np.searchsorted(services, help_.seller)]
    clients = services[draws.chance("clients", services, 0.9)]
    other = _flat(
        town,
        "client",
        draws.below("client.of", clients, len(firms)),
        clients,
        code[: len(clients)],
        5,
        census.size[clients] * UNIT * 6,
        20,
        False,
    )
    other.buyer = firms[other.buyer]
    other.goods = kind[np.searchsorted(services, other.seller)]
    keep = other.buyer != other.seller
    other = Ties(
        *(
            getattr(other, name)[keep]
            for name in ("seller", "buyer", "goods", "count", "total", "term")
        )
    )
    utility = np.flatnonzero(census.role == POWER)
    return [
        _flat(
            town,
            "rent",
            firms[tenants],
            census.of(LANDLORD),
            (code + goods.LEASE)[tenants],
            6,
            rent[tenants],
            5,
        ),
        _flat(
            town,
            "power.big",
            firms[burning],
            utility,
            (code + goods.ELECTRICITY)[burning],
            9,
            power[burning],
            10,
        ),
        _flat(
            town,
            "power",
            firms[~burning],
            utility,
            (code + goods.ELECTRICITY)[~burning],
            6,
            power[~burning],
            10,
        ),
        _flat(
            town,
            "carriage",
            firms[moving],
            census.of(CARRIER),
            (code + goods.CARRIAGE)[moving],
            6,
            carriage[moving],
            20,
            False,
        ),
        help_,
        other,
    ]


def alive(census: Census, days: Ints, *companies: Ints) -> Flags:
    """Whether all of the companies of each row exist on a day."""
    out = np.ones(len(days), dtype=np.bool_)
    for firms in companies:
        closed = census.closed[firms]
        out &= (census.founded[firms] + 15 < days) & ((closed == 0) | (days < closed))
    return out


def _bill(town: Town, census: Census, book: Book, stream: str, ties: Ties) -> None:
    """The invoices of ties and the transfers that pay for them."""
    draws = town.draws
    which = np.repeat(span(0, len(ties.seller)), ties.count)
    nth = span(0, len(which)) - np.repeat(np.cumsum(ties.count) - ties.count, ties.count)
    at = (ties.seller[which] * 1_000_003 + ties.buyer[which]) * 64 + nth
    step = PERIOD / ties.count[which]
    days = BEGIN + ((nth + draws.unit(f"{stream}.day", at)) * step).astype(np.int64)
    spread = 0.03 if ties.even else 0.4
    factor = 1.0 - spread + 2 * spread * draws.unit(f"{stream}.amount", at)
    cents = (ties.total[which] / ties.count[which] * factor).astype(np.int64)
    unit = np.where(draws.chance(f"{stream}.round", at, 0.15), 100_000, 1)
    cents = np.maximum(cents // unit, 1) * unit
    seller, buyer, code = ties.seller[which], ties.buyer[which], ties.goods[which]
    keep = alive(census, days, seller, buyer)
    which, at, days, cents, seller, buyer, code = (
        column[keep] for column in (which, at, days, cents, seller, buyer, code)
    )
    void = draws.chance(f"{stream}.void", at, 0.01)
    red = draws.chance(f"{stream}.red", at, 0.01) & ~void & (days < END - 40)
    rate = np.zeros_like(code) if ties.export else goods.RATE[code]
    tax = cents * rate // (100 + rate)
    none = np.zeros_like(code)
    rows = book.add(
        "invoice",
        **{"from": seller, "to": buyer},
        cents=cents,
        tax=tax,
        goods=code,
        at=days,
        status=np.where(void, VOID, ISSUED),
        red_of=none - 1,
        export=none + ties.export,
    )
    back = np.flatnonzero(red)
    later = days[back] + 3 + draws.below(f"{stream}.red.day", at[back], 30)
    book.add(
        "invoice",
        **{"from": seller[back], "to": buyer[back]},
        cents=-cents[back],
        tax=-tax[back],
        goods=code[back],
        at=later,
        status=none[back] + RED,
        red_of=rows[back],
        export=none[back] + ties.export,
    )
    _settle(
        town,
        book,
        stream,
        at,
        ~void & ~red & ~draws.chance(f"{stream}.bad", at, 0.03),
        (seller, buyer, cents, days + ties.term[which]),
    )


def _settle(
    town: Town, book: Book, stream: str, at: Ints, paid: Flags, owed: tuple[Ints, Ints, Ints, Ints]
) -> None:
    """Pay what is owed: mostly at once and in full, at times in two parts."""
    draws = town.draws
    seller, buyer, cents, due = owed
    late = draws.below(f"{stream}.late", at, 9)
    when = (due + late) * DAY + 9 * 3_600 + draws.below(f"{stream}.hour", at, 8 * 3_600)
    two = draws.chance(f"{stream}.parts", at, 0.08)
    part = np.where(two, cents * 3 // 10 // 10_000 * 10_000, cents)
    channel = draws.choose(f"{stream}.channel", at, CHANNEL)
    source, target = town.mains(buyer), town.mains(seller)
    paid = paid & (source >= 0) & (target >= 0)
    for rows, amount, moment in (
        (paid & (part > 0), part, when),
        (paid & two, cents - part, when + 12 * DAY),
    ):
        chosen = np.flatnonzero(rows & (moment < END * DAY))
        book.add(
            "transfer",
            **{"from": source[chosen], "to": target[chosen]},
            cents=amount[chosen],
            at=moment[chosen],
            channel=channel[chosen],
        )
