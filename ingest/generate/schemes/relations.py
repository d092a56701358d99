"""The ordinary ties of a world: who signs for, owns and works for whom, and who uses what."""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.generate.days import YEAR, day
from ingest.generate.draws import Ints, span
from ingest.generate.schemes.book import Book, ref
from ingest.generate.schemes.town import (
    ABROAD,
    BEGIN,
    END,
    ORGAN,
    QUIET,
    RETAIL,
    SOLE,
    STATE,
    Census,
    Town,
)

WHOLE: Final = 10_000


def _states(
    book: Book,
    kind: str,
    source: Ints,
    target: Ints,
    start: Ints,
    *,
    end: Ints | None = None,
    text: str = "",
    value: Ints | None = None,
) -> None:
    none = np.zeros(len(source), dtype=np.int64)
    book.add(
        kind,
        **{"from": source, "to": target},
        start=start,
        end=none if end is None else end,
        text=none + book.text(text),
        value=none if value is None else value,
    )


def ties(town: Town, census: Census, book: Book) -> None:
    """All ordinary states."""
    _offices(town, census, book)
    _groups(town, census, book)
    _families(town, book)
    _accounts(town, census, book)
    _phones(town, census, book)
    _devices(town, census, book)
    _places(town, census, book)


def principal(town: Town, slots: Ints) -> Ints:
    """The person behind a company; one in twenty is one of a few who stand behind many.

    Most are of households of whose kin no register tells: two companies of one family are rare.
    """
    draws, size, listed = town.draws, town.plan.persons, 3 * town.plan.homes
    who = draws.below("principal", slots, size)
    elsewhere = (who < listed) & draws.chance("principal.elsewhere", slots, 0.85)
    other = listed + draws.below("principal.other", slots, size - listed)
    who = np.where(elsewhere, other, who)
    crowd = draws.chance("principal.busy", slots, 0.05)
    who[crowd] = draws.head("principal.who", slots[crowd], size, 3)
    return who


def _offices(town: Town, census: Census, book: Book) -> None:
    draws = town.draws
    firms = census.slots[census.register & (census.form != ABROAD)]
    who, start = principal(town, firms), census.founded[firms]
    other = draws.chance("sign.other", firms, 0.15)
    signer = np.where(other, draws.below("sign.who", firms, town.plan.persons), who)
    changed = draws.chance("sign.changed", firms, 0.12) & (start < BEGIN - 400)
    day_of = BEGIN - 300 + draws.below("sign.day", firms, END - BEGIN + 200)
    before = draws.below("sign.before", firms, town.plan.persons)
    _states(
        book,
        "legal_representative",
        ref("p", signer),
        ref("c", firms),
        np.where(changed, day_of, start),
        text="法定代表人",
    )
    old = np.flatnonzero(changed)
    _states(
        book,
        "legal_representative",
        ref("p", before[old]),
        ref("c", firms[old]),
        start[old],
        end=day_of[old],
        text="法定代表人",
    )
    private = firms[census.form[firms] != ORGAN]
    who, start = principal(town, private), census.founded[private]
    several = draws.chance("several", private, 0.5) & (census.form[private] != SOLE)
    major = np.array([5100, 6000, 6700, 7000, 8000, 9000])[draws.below("major", private, 6)]
    share = np.where(several, major, WHOLE)
    _states(book, "shareholder", ref("p", who), ref("c", private), start, value=share)
    second = draws.below("second", private, town.plan.persons)
    more = np.flatnonzero(several & (second != who))
    _states(
        book,
        "shareholder",
        ref("p", second[more]),
        ref("c", private[more]),
        start[more],
        value=WHOLE - share[more],
    )
    board = private[draws.chance("officer", private, 0.6)]
    _states(
        book,
        "officer",
        ref("p", draws.below("officer.who", board, town.plan.persons)),
        ref("c", board),
        census.founded[board],
        text="监事",
    )


def _groups(town: Town, census: Census, book: Book) -> None:
    """Ordinary groups: a parent holds some companies near it beside their other holders."""
    draws = town.draws
    parents = span(200, town.plan.companies - 8)[::40]
    for turn in range(4):
        child = parents + 1 + turn + draws.below("group.child", parents, 3)
        fits = census.founded[parents] < census.founded[child]
        held = draws.chance(f"group.{turn}", parents, 0.5) & fits
        _states(
            book,
            "controller",
            ref("c", parents[held]),
            ref("c", child[held]),
            census.founded[child[held]],
            text="协议控制",
        )


def _families(town: Town, book: Book) -> None:
    """Households of three: a couple, and one who is child, parent or sibling of the first.

    Of those whose home is known their kin is too; of a few others as well.
    """
    draws = town.draws
    first = span(0, town.plan.persons - 2)[::3]
    listed = first < 3 * town.plan.homes
    pair = first[draws.chance("couple", first, 0.1) | (listed & draws.chance("wed", first, 0.95))]
    wedding = day(1995) + draws.below("wedding", pair, int(28 * YEAR))
    _states(book, "kin", ref("p", pair), ref("p", pair + 1), wedding, text="配偶")
    other = first[
        draws.chance("relative", first, 0.1) | (listed & draws.chance("child", first, 0.95))
    ]
    _states(
        book,
        "kin",
        ref("p", other),
        ref("p", other + 2),
        np.full_like(other, day(1990)),
        text="亲属",
    )


def _accounts(town: Town, census: Census, book: Book) -> None:
    draws, plan = town.draws, town.plan
    firms = span(0, plan.companies)
    _states(
        book,
        "holds_account",
        ref("c", firms),
        ref("a", firms),
        np.maximum(census.founded[firms] + 10, day(2008)),
    )
    more = span(plan.companies, town.first_card)
    who = draws.below("second.holder", more, plan.companies)
    _states(
        book,
        "holds_account",
        ref("c", who),
        ref("a", more),
        np.maximum(census.founded[who] + 200, day(2012)),
    )
    cards = span(0, plan.cardholders)
    _states(
        book,
        "holds_account",
        ref("p", cards),
        ref("a", cards + town.first_card),
        day(2008) + draws.below("opened", cards, BEGIN - day(2008)),
    )
    seconds = span(0, plan.second_cards)
    _states(
        book,
        "holds_account",
        ref("p", draws.below("second.card", seconds, plan.cardholders)),
        ref("a", seconds + town.first_card + plan.cardholders),
        day(2014) + draws.below("second.opened", seconds, END - day(2014) - 30),
    )
    if not town.holders:
        return
    made = span(town.plain_accounts, town.accounts)
    holders = np.array([int(ref(whose[0], whose[1])) for whose, _, _ in town.holders])
    opened = np.array([opened for _, _, opened in town.holders], dtype=np.int64)
    _states(book, "holds_account", holders, ref("a", made), opened)


def _phones(town: Town, census: Census, book: Book) -> None:
    """A phone of each person who has one, on which the cards are used; phones of companies."""
    draws, plan = town.draws, town.plan
    users = span(0, plan.phones)
    since = day(2010) + draws.below("phone.since", users, BEGIN - day(2010))
    _states(book, "uses_phone", ref("p", users), ref("ph", users), since)
    cards = users[(users < plan.cardholders) & draws.chance("phone.card", users, 0.6)]
    _states(book, "uses_phone", ref("a", cards + town.first_card), ref("ph", cards), since[cards])
    lines = span(0, plan.office_phones)
    firm = draws.permuted("office.phone", lines, plan.companies)
    _states(
        book, "uses_phone", ref("c", firm), ref("ph", lines + plan.phones), census.founded[firm]
    )
    # The others are reached at the phone of the person behind them.
    slots = census.slots[census.register & (census.form != ABROAD)]
    own = slots[draws.chance("phone.owner", slots, 0.5)]
    who = principal(town, own)
    fits = who < plan.phones
    _states(
        book, "uses_phone", ref("c", own[fits]), ref("ph", who[fits]), census.founded[own[fits]]
    )


def _devices(town: Town, census: Census, book: Book) -> None:
    draws, plan = town.draws, town.plan
    users = span(0, plan.devices)
    since = day(2019) + draws.below("device.since", users, BEGIN - day(2019))
    _states(book, "uses_device", ref("p", users), ref("d", users), since)
    cards = users[users < plan.cardholders]
    _states(book, "uses_device", ref("a", cards + town.first_card), ref("d", cards), since[cards])
    # One in twelve is lent within the household.
    lent = cards[draws.chance("device.lent", cards, 0.08) & (cards % 3 < 2)] + 1
    lent = lent[lent < plan.cardholders]
    _states(
        book,
        "uses_device",
        ref("a", lent + town.first_card),
        ref("d", lent - 1),
        np.full_like(lent, day(2022)),
    )
    shops = np.flatnonzero((census.role == RETAIL)[: plan.companies])[: plan.tills]
    _states(
        book,
        "uses_device",
        ref("c", shops),
        ref("d", plan.devices + span(0, len(shops))),
        np.maximum(census.founded[shops], day(2019)),
    )


def _places(town: Town, census: Census, book: Book) -> None:
    """Offices, of which the first house many companies, and homes."""
    draws, plan = town.draws, town.plan
    firms = census.slots[census.office & (census.form != ABROAD)]
    where = draws.permuted("office", firms, max(plan.offices, len(census.role)))
    housed = where < plan.offices  # one each ...
    firms, where = firms[housed], where[housed]
    crowd = draws.chance("office.busy", firms, 0.1)  # ... but for those in the houses of many
    where[crowd] = draws.head("office.hub", firms[crowd], plan.offices, 3)
    _states(
        book, "located_at", ref("c", firms), ref("ad", where + plan.homes), census.founded[firms]
    )
    people = span(0, min(plan.persons, 3 * plan.homes))  # every household a home of its own
    people = people[draws.chance("resident", people, 0.7)]
    _states(
        book,
        "located_at",
        ref("p", people),
        ref("ad", people // 3),
        np.full_like(people, day(2012)),
    )


__all__ = ["QUIET", "STATE", "principal", "ties"]
