"""Wages, taxes, and what people pay, draw and say to each other."""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.generate.draws import Ints, span, weighted
from ingest.generate.schemes.book import CHANNEL, Book, ref
from ingest.generate.schemes.town import (
    ACQUIRER,
    BANK,
    BEGIN,
    DAY,
    END,
    LANDLORD,
    MONTHS,
    RETAIL,
    SERVICE,
    TREASURY,
    Census,
    Town,
)
from ingest.generate.schemes.trade import UNIT, alive

_HOURS: Final = weighted(
    [1, 1, 1, 1, 1, 1, 3, 6, 12, 20, 22, 18, 12, 14, 18, 18, 16, 12, 10, 12, 14, 10, 6, 3]
)
MONTH: Final = 30.4
MOST_STAFF: Final = 12
_JOBS: Final = ("职员", "会计", "销售", "司机", "工程师")


def seconds(town: Town, stream: str, at: Ints) -> Ints:
    """A second of the day, mostly of the working day."""
    hour = town.draws.choose(f"{stream}.hour", at, _HOURS)
    return hour * 3_600 + town.draws.below(f"{stream}.second", at, 3_600)


def month_day(month: Ints, of_month: Ints) -> Ints:
    """A day in a month of the period, counted from 0."""
    return (BEGIN + (month * MONTH).astype(np.int64) + of_month).astype(np.int64)


def _pay(
    town: Town,
    book: Book,
    stream: str,
    at: Ints,
    ends: tuple[Ints, Ints],
    cents: Ints,
    moment: Ints,
) -> None:
    source, target = ends
    good = np.flatnonzero((source >= 0) & (target >= 0) & (source != target) & (moment < END * DAY))
    book.add(
        "transfer",
        **{"from": source[good], "to": target[good]},
        cents=cents[good],
        at=moment[good],
        channel=town.draws.choose(f"{stream}.channel", at[good], CHANNEL),
    )


def people(town: Town) -> Ints:
    """Persons with a card and an ordinary life."""
    made = [
        town.plan.persons + k
        for k, (account, life) in enumerate(zip(town.person_account, town.person_life, strict=True))
        if life and account >= 0
    ]
    return np.concatenate((span(0, town.plan.cardholders), np.array(made, dtype=np.int64)))


def wages(town: Town, census: Census, book: Book) -> None:
    """Employers, their payrolls, their owners' draws and their taxes."""
    draws = town.draws
    firms = np.flatnonzero(census.upkeep)
    folk = people(town)
    order = folk[np.argsort(draws.bits("employed", folk), kind="stable")]
    staff = np.minimum(census.staff[firms], MOST_STAFF)
    need = np.repeat(firms, staff)
    # Everyone gets one first, and those made for something planted all they ask for; then the
    # larger ones more, as far as there are people.
    rank = span(0, len(need)) - np.repeat(np.cumsum(staff) - staff, staff)
    later = (rank > 0) & (need < town.plan.companies)
    need = need[np.lexsort((draws.bits("vacancy", need * 16 + rank), later))]
    size = min(len(need), len(order) * 85 // 100)
    who, firm = order[:size], need[:size]
    since = np.maximum(census.founded[firm] + 5, BEGIN - draws.below("hired", who, 2_500))
    job = draws.below("job", who, len(_JOBS))
    told = np.flatnonzero(draws.chance("insured", who, 0.85))
    texts = np.array([book.text(job_) for job_ in _JOBS])
    none = np.zeros(len(told), dtype=np.int64)
    book.add(
        "employs",
        **{"from": ref("c", firm[told]), "to": ref("p", who[told])},
        start=since[told],
        end=none,
        text=texts[job[told]],
        value=none,
    )
    salary = draws.tail("salary", who, 4_500.0, 1.5, 60_000) * 100
    month = np.tile(span(0, MONTHS), size)
    at = np.repeat(span(0, size), MONTHS)
    payday = np.array([5, 10, 10, 15, 15, 20])[draws.below("payday", firm, 6)]
    day_of = month_day(month, payday[at])
    rows = at * 32 + month
    moment = day_of * DAY + 10 * 3_600 + draws.below("pay.second", rows, 5 * 3_600)
    cents = salary[at] * (970 + draws.below("pay.amount", rows, 60)) // 1_000 // 100 * 100
    keep = np.flatnonzero(alive(census, day_of, firm[at]) & (day_of > since[at]))
    _pay(
        town,
        book,
        "pay",
        rows[keep],
        (town.mains(firm[at][keep]), town.cards(who[at][keep])),
        cents[keep],
        moment[keep],
    )
    _taxes(town, census, book, firms)


def _taxes(town: Town, census: Census, book: Book, firms: Ints) -> None:
    draws = town.draws
    at = np.repeat(firms, 6)
    quarter = np.tile(span(0, 6), len(firms))
    rows = at * 8 + quarter
    day_of = month_day(quarter * 3, 8 + draws.below("tax.day", rows, 7))
    cents = census.size[at] * UNIT * 3 * (8 + draws.below("tax", rows, 12)) // 1_000
    treasury = int(np.flatnonzero(census.role == TREASURY)[0])
    keep = alive(census, day_of, at)
    moment = day_of * DAY + 9 * 3_600 + draws.below("tax.second", rows, 7 * 3_600)
    _pay(
        town,
        book,
        "tax",
        rows[keep],
        (town.mains(at[keep]), np.full(int(keep.sum()), town.main(treasury))),
        cents[keep],
        moment[keep],
    )


def spending(town: Town, census: Census, book: Book) -> None:
    """Purchases, rent, gifts, loans among friends, and cash of ordinary people."""
    draws, folk = town.draws, people(town)
    shops = np.concatenate((census.of(RETAIL), census.of(SERVICE)[::4]))
    agents = np.flatnonzero(census.role == ACQUIRER)
    at = np.repeat(folk, 9) * 16 + np.tile(span(0, 9), len(folk))
    who = at // 16
    shop = shops[draws.head("shop.who", at, len(shops), 2)]
    through = draws.chance("shop.agent", at, 0.4)
    shop[through] = agents[draws.below("shop.agent.who", at[through], len(agents))]
    days = BEGIN + draws.below("shop.day", at, END - BEGIN)
    keep = alive(census, days, shop)
    cents = draws.tail("shop.amount", at, 3_000.0, 2.1, 3_000_000)
    _pay(
        town,
        book,
        "shop",
        at[keep],
        (town.cards(who[keep]), town.mains(shop[keep])),
        cents[keep],
        days[keep] * DAY + seconds(town, "shop", at[keep]),
    )
    _between(town, book, folk)
    _homes(town, census, book, folk)
    _cash(town, census, book, folk)
    _takings(town, census, book, agents)


def _between(town: Town, book: Book, folk: Ints) -> None:
    """Money among kin and friends, and back at times."""
    draws, plan = town.draws, town.plan
    at = np.repeat(folk, 4) * 8 + np.tile(span(0, 4), len(folk))
    who = at // 8
    near = who // 3 * 3 + draws.below("friend.kin", at, 3)
    friend = (who + 1 + draws.tail("friend.near", at, 1.0, 1.8, 400)) % plan.cardholders
    other = np.where(draws.chance("friend.sort", at, 0.4), near, friend)
    other = np.where(other >= plan.cardholders, friend, other)
    cents = np.maximum(draws.tail("friend.amount", at, 200.0, 2.3, 300_000) // 100, 1) * 10_000
    moment = (BEGIN + draws.below("friend.day", at, END - BEGIN)) * DAY
    moment += seconds(town, "friend", at)
    _pay(town, book, "friend", at, (town.cards(who), town.cards(other)), cents, moment)
    back = np.flatnonzero(draws.chance("friend.back", at, 0.15))
    later = moment[back] + DAY * (5 + draws.below("friend.later", at[back], 120))
    _pay(
        town,
        book,
        "friend.return",
        at[back],
        (town.cards(other[back]), town.cards(who[back])),
        cents[back],
        later,
    )


def _homes(town: Town, census: Census, book: Book, folk: Ints) -> None:
    """A quarter rent their homes by the quarter, of persons or of companies that let."""
    draws, plan = town.draws, town.plan
    tenants = folk[draws.chance("tenant", folk, 0.25)]
    lets = census.of(LANDLORD)
    firm = lets[draws.below("let.firm", tenants, len(lets))]
    person = draws.head("let.person", tenants, plan.cardholders, 2)
    account = np.where(draws.chance("let", tenants, 0.4), town.mains(firm), town.cards(person))
    rent = (900 + draws.below("home.rent", tenants, 3_500)) // 100 * 3 * 10_000
    at = np.repeat(span(0, len(tenants)), 6)
    quarter = np.tile(span(0, 6), len(tenants))
    rows = tenants[at] * 8 + quarter
    day_of = month_day(quarter * 3, 1 + draws.below("home.day", rows, 6))
    _pay(
        town,
        book,
        "home",
        rows,
        (town.cards(tenants[at]), account[at]),
        rent[at],
        day_of * DAY + seconds(town, "home", rows),
    )


def _cash(town: Town, census: Census, book: Book, folk: Ints) -> None:
    draws = town.draws
    bank = np.flatnonzero(census.role == BANK)
    at = np.repeat(folk, 2) * 4 + np.tile(span(0, 2), len(folk))
    cents = (1 + draws.below("cash", at, 100)) * 10_000
    moment = (BEGIN + draws.below("cash.day", at, END - BEGIN)) * DAY + seconds(town, "cash", at)
    book.add(
        "withdrawal",
        **{"from": town.cards(at // 4), "to": town.mains(bank[at % len(bank)])},
        cents=cents,
        at=moment,
        channel=np.full_like(at, 2),
    )


def _takings(town: Town, census: Census, book: Book, agents: Ints) -> None:
    """What payment agents hand to shops every month."""
    draws, shops = town.draws, census.of(RETAIL)
    at = np.repeat(shops, MONTHS) * 32 + np.tile(span(0, MONTHS), len(shops))
    shop = at // 32
    agent = agents[draws.below("takings.agent", shop, len(agents))]
    days = month_day(at % 32, 1 + draws.below("takings.day", at, 4))
    cents = census.size[shop] * UNIT * (40 + draws.below("takings", at, 40)) // 100
    keep = alive(census, days, shop)
    _pay(
        town,
        book,
        "takings",
        at[keep],
        (town.mains(agent[keep]), town.mains(shop[keep])),
        cents[keep],
        days[keep] * DAY + 2 * 3_600 + draws.below("takings.s", at[keep], 3_600),
    )


def talk(town: Town, book: Book) -> None:
    """Calls: mostly within a circle, some to the lines of companies."""
    draws, plan = town.draws, town.plan
    size = plan.phones + plan.office_phones
    callers = np.repeat(span(0, plan.phones), 7)
    at = callers * 8 + np.tile(span(0, 7), plan.phones)
    near = (callers // 3 * 3 + draws.below("callee.kin", at, 3)) % size
    known = (callers + draws.tail("callee.near", at, 1.0, 1.7, 500)) % size
    other = np.where(draws.chance("callee.sort", at, 0.35), near, known)
    line = draws.chance("callee.line", at, 0.12)
    other[line] = plan.phones + draws.head("callee.office", at[line], plan.office_phones, 2)
    fits = np.flatnonzero(other != callers)
    moment = (BEGIN + draws.below("call.day", at, END - BEGIN)) * DAY + seconds(town, "call", at)
    book.add(
        "call",
        **{"from": callers[fits], "to": other[fits]},
        duration=draws.tail("duration", at[fits], 12.0, 1.9, 5_400),
        at=moment[fits],
    )
