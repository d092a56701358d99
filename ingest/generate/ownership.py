"""Who holds what share of each company: chains, pyramids, loops, a web, and plain founders.

Shares are whole basis points, and those of one company that are true on one day never sum to more
than 10,000: a holding that ended hands its share to the one that follows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from ingest.generate.days import PRESENT, YEAR, dates, ends
from ingest.generate.draws import Ints, span
from ingest.generate.entities import blocks
from ingest.generate.world import (
    BLOCK,
    CHAIN,
    CORE,
    CROSS,
    LOOSE,
    PARTNERSHIP,
    PYRAMID,
    STOCK,
    WEB,
    World,
)

WHOLE: Final = 10_000
_EQUAL: Final = WHOLE + 1  # one of three equal parts, written 0.333333
_MAJOR: Final = np.array([5100, 5100, 5500, 6000, 6700, 7000, 8000, 9000, 10000, 10000])
_PARTS: Final = np.array([1000, 2000, 3000, 3500, 4000, 4900, 5100, 6000, 6700, 7000, 8000, 10000])
_HOLDERS: Final = np.array([1] * 45 + [2] * 33 + [3] * 12 + [4] * 6 + [5, 6, 7, 8], dtype=np.int64)


@dataclass
class Corporate:
    """Two holders at most that are companies, of each of some companies; -1 where none."""

    holder: Ints  # (2, n) slots
    share: Ints  # (2, n) basis points


@cache
def _texts() -> list[str]:
    table = [f',"share":{points / WHOLE!r}' for points in range(WHOLE + 1)]
    table[0] = ""  # unknown: absent, never zero
    return [*table, ',"share":0.333333']


def corporate(world: World, slots: Ints) -> Corporate:
    """The companies that hold shares of the companies in `slots`, by what their block is."""
    draws, kind = world.draws, world.block_kind(slots)
    place, first = slots % BLOCK, slots // BLOCK * BLOCK
    block = slots // BLOCK
    holder = np.full((2, len(slots)), -1, dtype=np.int64)
    share = np.zeros((2, len(slots)), dtype=np.int64)
    major = _MAJOR[draws.below("share.major", slots, len(_MAJOR))]

    # A parent in an older block: some firms hold hundreds.
    older = draws.head("holder.block", slots, np.maximum(block, 1)) * BLOCK
    older += draws.below("holder.core", slots, CORE)
    outside = (kind == LOOSE) & (block > 0) & draws.chance("holder.older", slots, 0.11)
    holder[0, outside] = older[outside]
    share[0, outside] = _PARTS[draws.below("share.part", slots[outside], len(_PARTS))]

    width = 2 + draws.below("pyramid.width", block, 3)
    inside = (kind == PYRAMID) & (place > 0)
    holder[0, inside] = (first + (place - 1) // width)[inside]
    share[0, inside] = major[inside]

    length = 13 + draws.below("chain.length", block, 18)
    above = np.where(place < length, place - 1, draws.below("chain.side", slots, length))
    inside = (kind == CHAIN) & (place > 0)
    holder[0, inside] = (first + above)[inside]
    share[0, inside] = major[inside]
    second = inside & (major <= 7000) & (block > 0) & draws.chance("chain.second", slots, 0.15)
    holder[1, second] = older[second]
    share[1, second] = 500 + 100 * draws.below("share.second", slots[second], 16)

    top = ((kind == PYRAMID) | (kind == CHAIN)) & (place == 0)
    state = top & draws.chance("holder.state", slots, 0.15)
    holder[0, state] = world.organ("holder.organ", slots[state])
    share[0, state] = major[state]

    _loops(world, slots, holder, share)
    return Corporate(holder, share)


def _loops(world: World, slots: Ints, holder: Ints, share: Ints) -> None:
    """Rings of companies that hold one another and themselves, and the web."""
    draws, kind = world.draws, world.block_kind(slots)
    place, first = slots % BLOCK, slots // BLOCK * BLOCK
    size = 2 + draws.below("ring.size", slots // BLOCK, 5)
    ring = place // size * size
    inside = (kind == CROSS) & (ring + size <= BLOCK)
    holder[0, inside] = (first + ring + (place - ring - 1) % size)[inside]
    share[0, inside] = 500 + 100 * draws.below("share.ring", slots[inside], 41)
    own = inside & draws.chance("own.shares", slots, 0.15)
    holder[1, own] = slots[own]
    share[1, own] = 100 + 100 * draws.below("share.own", slots[own], 10)

    low, high = world.web
    inside = kind == WEB
    for k in range(2):
        holder[k, inside] = low + draws.below(f"web.{k}", slots[inside], high - low)
        share[k, inside] = 500 + 100 * draws.below(f"share.web.{k}", slots[inside], 31)


@dataclass
class Holdings:
    """Rows of holdings, those of one company together."""

    owned: Ints  # slots
    by_company: Ints  # 1 where the holder is a company, else 0
    holder: Ints  # slots of companies or persons
    points: Ints  # basis points, or _EQUAL
    votes: Ints  # basis points; 0 where votes follow the share
    start: Ints
    end: Ints


def people(world: World, owned: Ints, rank: Ints) -> Ints:
    """The persons who hold: first the principal, then a spouse, strangers, agents, a few minors."""
    draws = world.draws
    at = owned * 256 + rank
    who = world.anyone("holder.any", at)
    crowd = draws.chance("holder.busy", at, 0.12)
    who[crowd] = world.busy("holder.who", at[crowd])
    minor = (rank > 0) & draws.chance("holder.minor", at, 0.015)
    who[minor] = world.adults + draws.below("holder.child", at[minor], world.persons - world.adults)
    principal = world.principal(owned)
    spouse = (rank == 1) & draws.chance("holder.spouse", at, 0.25)
    who[spouse] = np.minimum(principal[spouse] ^ 1, world.adults - 1)
    first = (rank == 0) & draws.chance("holder.principal", at, 0.85)
    who[first] = principal[first]
    return who


def _persons(world: World, slots: Ints, rest: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Index into `slots`, rank, points and votes of the persons who share the rest."""
    draws = world.draws
    count = _HOLDERS[draws.below("holders", slots, len(_HOLDERS))]
    form = world.form[slots]
    count[form == PARTNERSHIP] = np.maximum(count[form == PARTNERSHIP], 2)
    large = (form == STOCK) & draws.chance("holders.large", slots, 0.05)
    count[large] = 50 + draws.below("holders.count", slots[large], 150)  # the law's 200 at most
    count[rest == 0] = 0
    which = np.repeat(span(0, len(slots)), count)
    rank = span(0, len(which)) - np.repeat(np.cumsum(count) - count, count)
    weight = 1 + draws.below("share.weight", slots[which] * 256 + rank, 20)
    total = np.zeros(len(slots), dtype=np.int64)
    np.add.at(total, which, weight)
    step = np.where(draws.chance("share.fine", slots, 0.2) | (count > 20), 1, 100)[which]
    points = rest[which] * weight // total[which] // step * step
    given = np.zeros(len(slots), dtype=np.int64)
    np.add.at(given, which, points)
    points[rank == 0] += (rest - given)[which[rank == 0]]
    votes = np.zeros(len(which), dtype=np.int64)
    two = (count == 2) & (rest == WHOLE) & draws.chance("votes", slots, 0.03)
    votes[two[which]] = np.where(rank == 0, 7_000, 3_000)[two[which]]
    equal = (count == 3) & (rest == WHOLE) & draws.chance("share.equal", slots, 0.3)
    points[equal[which]] = _EQUAL
    return which, rank, points, votes


def holdings(world: World, block: Ints) -> Holdings:
    """All holdings in the companies of `block` (slots), ended ones included."""
    draws = world.draws
    slots = block[world.form[block] <= PARTNERSHIP]
    firms = corporate(world, slots)
    rest = WHOLE - firms.share.sum(0)
    gap = draws.chance("share.gap", slots, 0.04)  # the register does not say who holds it
    rest[gap] = rest[gap] * draws.below("share.known", slots[gap], 10) // 10
    which, rank, points, votes = _persons(world, slots, rest)
    pair = [np.flatnonzero(firms.holder[k] >= 0) for k in range(2)]
    index = np.concatenate((*pair, which))
    order = np.argsort(index, kind="stable")
    by_company = np.concatenate((np.ones(sum(map(len, pair)), np.int64), np.zeros_like(which)))
    holder = np.concatenate(
        (*(firms.holder[k, pair[k]] for k in range(2)), people(world, slots[which], rank))
    )
    points = np.concatenate((*(firms.share[k, pair[k]] for k in range(2)), points))
    votes = np.concatenate((np.zeros(sum(map(len, pair)), np.int64), votes))
    keep = order[points[order] > 0]
    owned, by_company, holder = slots[index[keep]], by_company[keep], holder[keep]
    start = np.maximum(world.founded[owned], _from(world, by_company, holder))
    rows = Holdings(
        owned, by_company, holder, points[keep], votes[keep], start, np.zeros_like(owned)
    )
    return _with_former(world, rows)


def _from(world: World, by_company: Ints, holder: Ints) -> Ints:
    """The first day on which a holder may hold: founded, of working age, or born."""
    start = np.zeros_like(holder)
    firm = by_company == 1
    start[firm] = world.founded[holder[firm]]
    person = holder[~firm]
    start[~firm] = world.born[person] + np.where(person < world.adults, int(18 * YEAR), 30)
    return start


def _with_former(world: World, rows: Holdings) -> Holdings:
    """Some persons bought their share from someone who held it before them."""
    draws = world.draws
    at = rows.owned * 256 + rows.holder % 256
    sold = (rows.by_company == 0) & draws.chance("sold", at, 0.1)
    room = PRESENT - rows.start
    sold &= room > 400
    k = np.flatnonzero(sold)
    day = rows.start[k] + 200 + draws.below("sold.day", at[k], room[k] - 300)
    seller = world.anyone("seller", at[k])
    begin = np.maximum(rows.start[k], world.born[seller] + int(18 * YEAR))
    early = begin < day
    k, day, seller, begin = k[early], day[early], seller[early], begin[early]
    start = rows.start.copy()
    start[k] = day
    order = np.argsort(np.concatenate((span(0, len(start)), k)), kind="stable")

    def joined(column: Ints, former: Ints) -> Ints:
        both: Ints = np.concatenate((column, former))[order]
        return both

    return Holdings(
        joined(rows.owned, rows.owned[k]),
        joined(rows.by_company, np.zeros_like(k)),
        joined(rows.holder, seller),
        joined(rows.points, rows.points[k]),
        joined(rows.votes, rows.votes[k]),
        joined(start, begin),
        joined(rows.end, day),
    )


def shareholders(world: World) -> Iterator[list[str]]:
    """Lines of all holdings: share, subscribed amount, and the votes where they differ."""
    number, shares, ends_ = 0, _texts(), ("p", "c")
    for block in blocks(world.companies):
        rows = holdings(world, block)
        points = np.minimum(rows.points, 3_333 + (rows.points != _EQUAL) * WHOLE)
        amount = (world.capital(rows.owned) * points).tolist()
        unknown = world.draws.chance("share.unknown", rows.owned * 256 + rows.holder % 256, 0.015)
        shown = np.where(unknown, 0, rows.points).tolist()
        holder = np.where(
            rows.by_company == 1,
            world.company_number[np.where(rows.by_company == 1, rows.holder, 0)],
            world.person_number[np.where(rows.by_company == 1, 0, rows.holder)],
        )
        yield [
            f'{{"kind":"shareholder","id":"sh{n}","from":"{ends_[c]}{h}","to":"c{o}"{shares[s]}'
            + (f',"votes":{v / WHOLE!r}' if v else "")
            + f',"amount":"{a}.00","valid_from":"{start}"{end}}}'
            for n, c, h, o, s, v, a, start, end in zip(
                range(number + 1, number + 1 + len(shown)),
                rows.by_company.tolist(),
                (holder + 1).tolist(),
                (world.company_number[rows.owned] + 1).tolist(),
                shown,
                rows.votes.tolist(),
                amount,
                dates(rows.start),
                ends(rows.end),
                strict=True,
            )
        ]
        number += len(shown)
