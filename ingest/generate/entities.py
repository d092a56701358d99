"""Lines of the entities: companies, persons, accounts, phones, addresses, devices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from ingest.generate import numbers
from ingest.generate.days import dates, day, ends
from ingest.generate.draws import Draws, Ints, span
from ingest.generate.entity_lines import (
    account_lines,
    address_lines,
    device_lines,
    person_lines,
    phone_lines,
    place_of,
)
from ingest.generate.names import (
    BRAND_1,
    BRAND_2,
    BRAND_3,
    SHOPS,
    SURNAME,
    SURNAMES,
    TRADE,
    TRADES,
)
from ingest.generate.places import places
from ingest.generate.world import (
    BLOCK,
    BRANCH,
    CORE,
    FORMS,
    ORGAN,
    PARTNERSHIP,
    SOLE,
    Small,
    World,
    birthdays,
    men,
)

Section = Iterator[list[str]]

STEP: Final = 1 << 15
# Registrar and category of the USCC, by form.
_REGISTRAR: Final = np.array([91, 91, 91, 92, 91, 12, 51, 11], dtype=np.int64)
_REFORM: Final = day(2015, 10)


def blocks(count: int) -> Iterator[Ints]:
    """0..count-1 in pieces."""
    for low in range(0, count, STEP):
        yield span(low, min(count, low + STEP))


def _slots(number: Small) -> Small:
    slots = np.empty(len(number), dtype=np.int32)
    slots[number] = np.arange(len(number), dtype=np.int32)
    return slots


def parents(world: World, slots: Ints) -> Ints:
    """The company that a branch belongs to: one of the core of its block."""
    return slots // BLOCK * BLOCK + world.draws.below("branch", slots, CORE)


def trade(draws: Draws, slots: Ints) -> Ints:
    """A company's line of business."""
    return draws.choose("trade", slots, TRADE)


def _firm_names(world: World, slots: Ints, where: Ints) -> list[str]:
    """City, brand, line of business, legal form; as long as the company itself has no shop name."""
    draws, here = world.draws, places()
    first = draws.below("brand.1", slots, len(BRAND_1)).tolist()
    second = draws.below("brand.2", slots, len(BRAND_2)).tolist()
    third = draws.below("brand.3", slots, len(BRAND_3)).tolist()
    endings = ["有限公司", "股份有限公司", "合伙企业（有限合伙）", "", "", "", "", ""]
    return [
        f"{here.cities[w]}{BRAND_1[a]}{BRAND_2[b]}{BRAND_3[c]}{TRADES[t]}{endings[f]}"
        for w, a, b, c, t, f in zip(
            where.tolist(),
            first,
            second,
            third,
            trade(draws, slots).tolist(),
            world.form[slots].tolist(),
            strict=True,
        )
    ]


_INSTITUTIONS: Final = ("人民医院", "中学", "小学", "图书馆", "文化馆", "规划设计院", "幼儿园")
_ORGANS: Final = ("国有资产监督管理委员会", "财政局", "国有资产监督管理委员会", "人民政府")


def company_names(world: World, slots: Ints) -> list[str]:
    """Names of companies, as their registers write them."""
    draws, here = world.draws, places()
    form = world.form[slots].astype(np.int64)
    where = place_of(draws, world.home(slots))
    named = slots.copy()
    branch = np.flatnonzero(form == BRANCH)
    named[branch] = parents(world, slots[branch])
    towns = where.copy()
    towns[branch] = place_of(draws, world.home(named[branch]))
    names = _firm_names(world, named, towns)
    pick = draws.bits("name", slots) >> np.uint64(40)
    for k in np.flatnonzero((form == SOLE) | (form >= BRANCH)).tolist():
        p, city, district = int(pick[k]), here.cities[where[k]], here.districts[where[k]]
        match form[k]:
            case 3:
                shop = SHOPS[int(trade(draws, slots[k : k + 1])[0])]
                person, sort = SURNAMES[int(SURNAME[p & 0xFFFF])], p >> 16 & 3
                brand = BRAND_1[p % len(BRAND_1)] + BRAND_2[p // 97 % len(BRAND_2)]
                word = (brand, brand, f"{person}记", f"老{person}")[sort]
                names[k] = f"{city}{'' if district == city else district}{word}{shop}"
            case 4:
                names[k] += f"{city}{district.removesuffix('区')}分公司"
            case 5:
                names[k] = f"{city}{district}第{'一二三四五六七八九'[p % 9]}{_INSTITUTIONS[p % 7]}"
            case 6:
                names[k] = f"{city}{TRADES[p % len(TRADES)]}行业协会"
            case _:
                names[k] = f"{city}{district}{_ORGANS[p % 4]}"
    return names


def companies(world: World) -> Section:
    """Companies with their USCC (2 % have none), form, capital, and founding and closing days."""
    draws, here, by_number = world.draws, places(), _slots(world.company_number)
    for at in blocks(world.companies):
        slots = by_number[at].astype(np.int64)
        form = world.form[slots].astype(np.int64)
        founded, home = world.founded[slots].astype(np.int64), world.home(slots)
        reformed = (founded >= _REFORM) & (form != ORGAN)
        body = np.where(
            reformed,
            draws.permuted("uscc.new", slots, numbers.NEW_BODIES),
            draws.permuted("uscc.old", slots, numbers.OLD_BODIES),
        )
        codes = numbers.credit_codes(
            _REGISTRAR[form], here.codes[place_of(draws, home)], reformed, body
        )
        for k in np.flatnonzero(draws.chance("uscc.none", slots, 0.02)).tolist():
            codes[k] = ""
        capital = np.where((form <= PARTNERSHIP) | (form == SOLE), world.capital(slots), 0).tolist()
        yield [
            f'{{"kind":"company","id":"c{n}","name":"{name}"'
            + (f',"keys":{{"uscc":"{code}"}}' if code else "")
            + f',"attrs":{{"form":"{FORMS[f]}"'
            + (f',"capital":"{money}0000.00"' if money else "")
            + f'}},"valid_from":"{start}"{end}}}'
            for n, name, code, f, money, start, end in zip(
                (at + 1).tolist(),
                company_names(world, slots),
                codes,
                form.tolist(),
                capital,
                dates(founded),
                ends(world.closed(slots)),
                strict=True,
            )
        ]


def fathers(world: World, minors: Ints) -> Ints:
    """The father (an even slot) of each minor: of four candidates the first whose age fits."""
    found = np.full(len(minors), -1, dtype=np.int64)
    born = world.born[minors].astype(np.int64)
    for turn in range(4):
        open_ = np.flatnonzero(found < 0)
        candidate = world.draws.below(f"father.{turn}", minors[open_], world.adults // 2) * 2
        gap = born[open_] - world.born[candidate]
        fits = (gap > 20 * 365) & (gap < 48 * 365)
        found[open_[fits]] = candidate[fits]
    last = found < 0
    found[last] = world.draws.below("father.3", minors[last], world.adults // 2) * 2
    return found


def persons(world: World) -> Section:
    """Persons with their resident id; 3 % are known by name alone."""
    draws, by_number = world.draws, _slots(world.person_number)
    for at in blocks(world.persons):
        slots = by_number[at].astype(np.int64)
        family = slots.copy()
        minors = np.flatnonzero(slots >= world.adults)
        family[minors] = fathers(world, slots[minors])
        birth = birthdays(draws, slots, world.adults)
        sex = men(draws, slots, world.adults).astype(np.int64)
        yield person_lines(draws, at + 1, slots, birth, sex, family)


def accounts(world: World) -> Section:
    """Cards (Luhn), corporate accounts and wallets; the number alone tells which."""
    for at in blocks(world.accounts):
        yield account_lines(world.draws, at + 1, at, account_type(world.draws, at))


def account_type(draws: Draws, at: Ints) -> Ints:
    """0 card, 1 corporate, 2 wallet."""
    drawn = draws.below("account.type", at, 10)
    return np.where(drawn < 6, 0, np.where(drawn < 9, 1, 2))


def phones(world: World) -> Section:
    """Mainland mobiles."""
    for at in blocks(world.phones):
        yield phone_lines(world.draws, at + 1, at)


def addresses(world: World) -> Section:
    """Addresses: district, road, house, room."""
    by_number = _slots(world.address_number)
    for at in blocks(world.addresses):
        yield address_lines(world.draws, at + 1, by_number[at].astype(np.int64))


def devices(world: World) -> Section:
    """Devices, known by a hardware address."""
    for at in blocks(world.devices):
        yield device_lines(world.draws, at + 1, at)
