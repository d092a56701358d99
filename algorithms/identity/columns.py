"""What records say, in the forms that are compared: names in parts, dates, places.

Columns added to a table of `algorithms.identity.records` (null or empty where nothing is said):

- `full`: the whole name folded, variants of characters made one (喆 as 哲, 闫 as 阎); `others`: the
  other names so (list).
- people: `family`, `given`; `family_sound`, `given_sound`: pinyin without tones; `sound`: both,
  surname first, of a name in letters too where it is pinyin; `sounds`: every reading of all its
  names (list), so that a character of several readings and 'Wei Zhang' are found.
- companies: `brand`, `brand_sound`, `trade`, `form`, `branch`; `region`: the code of its place (two
  digits of a province or four of a city) where the name says just one; `brands`: of former names
  too (list). `ids` are replaced by what they say, however written: `org:` and the organisation
  code (of a USCC, too), `reg:` and the registration number; `id_sorts`: which sorts these are.
- `birth`: a date, or its year or month; `birth_year`; `birth_turned`: day and month the other way
  round, where that is a date.
- of the newest address: `province`, `city`, `district` (codes of GB/T 2260 with 2, 4, 6 digits, or
  as written where there is none) and `street`: road, number and room. Of all addresses: `doors`
  (city, road, number) and `rooms` (the room, too), lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from algorithms.identity.person_columns import PersonName, person_names
from algorithms.identity.places import Place, parse

if TYPE_CHECKING:
    import pyarrow as pa

_DATE: Final = re.compile(r"(\d{4})(?:[-/.年]?(\d{1,2})(?:[-/.月]?(\d{1,2}))?)?", re.ASCII)
_MONTH: Final = 12


def comparison_columns(table: pa.Table, kind: str = "person") -> pa.Table:
    """The same rows with these columns, of one kind: `person` or `company`. Linear; each different
    name and address is taken apart once."""
    texts = _each_once(table, ("name", "names"))
    if kind == "company":
        from algorithms.identity.company_columns import added

        columns = added(table, texts)
    else:
        columns = _people(table, texts)
    for name, values in (columns | _born(table) | _places(table)).items():
        at = table.schema.get_field_index(name)
        table = (
            table.append_column(name, _array(values))
            if at < 0
            else (table.set_column(at, name, _array(values)))
        )
    sorts = [list(dict.fromkeys(map(_sort, ids or ()))) for ids in table["ids"].to_pylist()]
    return table.append_column("id_sorts", _array(sorts))


def _sort(number: str) -> str:
    """Which sort of number this is: two numbers of one sort differ, of others they say nothing."""
    sort, colon, _ = number.partition(":")
    return sort if colon else "other"


def _array(values: list[Any]) -> pa.Array:
    import pyarrow as pa

    many = bool(values) and isinstance(values[0], list)
    return pa.array(values, pa.list_(pa.string()) if many else pa.string())


def _each_once(table: pa.Table, columns: Iterable[str]) -> list[str]:
    """The different texts of these columns, of lists and others."""
    found: dict[str, None] = {}
    for column in columns:
        for said in table[column].to_pylist():
            for each in said if isinstance(said, list) else (said,):
                if each:
                    found[each] = None
    return list(found)


def _people(table: pa.Table, texts: list[str]) -> dict[str, list[Any]]:
    known = dict(zip(texts, person_names(texts), strict=True))
    none = PersonName("", "", "", "", (), False)
    names = [known.get(name or "", none) for name in table["name"].to_pylist()]
    others = [[known[each] for each in many or ()] for many in table["names"].to_pylist()]
    sounds = [_sound_parts(name) for name in names]
    return {
        "full": [name.key or None for name in names],
        "others": [[each.key for each in many if each.key] for many in others],
        "family": [name.surname or None for name in names],
        "given": [name.given or None for name in names],
        "family_sound": [family or None for family, _ in sounds],
        "given_sound": [given or None for _, given in sounds],
        "sound": [name.sound or None for name in names],
        "sounds": [
            list(dict.fromkeys(sound for each in (name, *many) for sound in each.sounds))
            for name, many in zip(names, others, strict=True)
        ],
    }


def _sound_parts(name: PersonName) -> tuple[str, str]:
    """How surname and given name sound; of letters that are no pinyin, as they are written."""
    if not name.sound:
        return name.surname, name.given
    size = 1 if name.latin else len(name.surname)
    said = name.sound.split(" ")
    return " ".join(said[:size]), " ".join(said[size:])


def _born(table: pa.Table) -> dict[str, list[Any]]:
    dates: list[str | None] = []
    years: list[str | None] = []
    turned: list[str | None] = []
    for text in table["birth_date"].to_pylist():
        found = _DATE.match(text or "")
        year, month, day = found.groups() if found else (None, None, None)
        parts = [year, *(each.zfill(2) for each in (month, day) if each)] if year else []
        dates.append("-".join(filter(None, parts)) or None)
        years.append(year)
        swaps = month and day and month != day and int(day) <= _MONTH
        turned.append(f"{year}-{parts[2]}-{parts[1]}" if swaps else None)
    return {"birth": dates, "birth_year": years, "birth_turned": turned}


def _places(table: pa.Table) -> dict[str, list[Any]]:
    texts = _each_once(table, ("addresses",))
    known = dict(zip(texts, parse(texts), strict=True))
    told = [[known[each] for each in many or () if each] for many in table["addresses"].to_pylist()]

    def newest(of: Callable[[Place], str]) -> list[str | None]:
        return [(of(places[0]) or None) if places else None for places in told]

    return {
        "province": newest(lambda place: place.province),
        "city": newest(lambda place: place.city),
        "district": newest(lambda place: place.county),
        "street": newest(_street),
        "doors": [_marks(places, _door) for places in told],
        "rooms": [_marks(places, _room) for places in told],
    }


def _marks(places: Sequence[Place], of: Callable[[Place], str]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(of, places))))


def _street(place: Place) -> str:
    """Road, number and room; an address of another shape as it is written."""
    if not (place.road and place.number):
        return place.rest
    return f"{place.road}{place.number}" + (f"-{place.room}" if place.room else "")


def _door(place: Place) -> str:
    """City, road and number, without the district, which many leave out."""
    if not (place.city and place.road and place.number):
        return ""
    return f"{place.city}|{place.road}|{place.number}"


def _room(place: Place) -> str:
    door = _door(place)
    return f"{door}|{place.room}" if door and place.room else ""
