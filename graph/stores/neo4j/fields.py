"""A relation's payload as properties: what can be had back exactly from them is stored no second
time, and neither are the carried fields, which follow from them.

A text, a share or a sum is its own property, for Cypher and for people. What a property would not
give back to the letter (a share of 20 digits, `1.50`), and every other field, stays in `payload`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

from graph.fields import canonical_json, carried_again
from graph.model import NAMES, RELATIONS, RelationKind
from graph.money import decimal_text
from graph.stores.neo4j.names import camel

_SORTED: Final = orjson.OPT_SORT_KEYS
ABSENT: Final = -1e300  # no share and no sum
_MOST: Final = 1e13  # up to here a sum of two decimals is its float's own text


@lru_cache(maxsize=64)
def shown_fields(code: int) -> tuple[str, ...]:
    """The fields of a kind of relation that are properties of their own."""
    return tuple(f for f, sort in RELATIONS[NAMES[code]].fields.items() if sort != "time")


@lru_cache(maxsize=64)
def shown_text(code: int) -> str:
    """The same as a list of properties in Cypher."""
    return ", ".join(f"r.{camel(field)}" for field in shown_fields(code))


@lru_cache(maxsize=64)
def carried_columns(code: int) -> tuple[str, ...]:
    """The carried fields of a kind, in the order of `carried_text`."""
    return tuple(field for field in RELATIONS[NAMES[code]].carried if field in shown_fields(code))


@lru_cache(maxsize=64)
def carried_text(code: int) -> str:
    """Columns of the carried fields in Cypher; absent ones are "" or ABSENT."""
    kind = RELATIONS[NAMES[code]]
    parts = []
    for field in carried_columns(code):
        absent = "''" if kind.fields[field] == "text" else str(ABSENT)
        parts.append(f", collect(coalesce(p.{camel(field)}, {absent}))")
    return "".join(parts)


def _again(sort: str, shown: Any) -> Any:
    """A field's text from its property."""
    if sort == "share":
        return repr(shown).removesuffix(".0")
    return f"{shown:.2f}" if sort == "money" else shown


def _exact(sort: str, text: str, number: float) -> bool:
    """Whether a number's property says as much as its text; a share also of its whole units."""
    return len(text) <= 17 and "e" not in text if sort == "share" else abs(number) < _MOST


def to_properties(code: int, payload: str, value: int | None) -> tuple[list[Any], str | None]:
    """The values of `shown_fields`, and what of the payload stays."""
    kind = RELATIONS[NAMES[code]]
    said: dict[str, Any] = orjson.loads(payload) if payload != "{}" else {}
    currency = said.get("currency") or "CNY"
    shown: list[Any] = []
    for field in shown_fields(code):
        sort = kind.fields[field]
        given = said.get(field)
        if field == kind.value and sort != "share":  # in the payload it is not
            if value is not None and sort == "money":
                shown.append(float(decimal_text(value, currency)))
            else:
                shown.append(value)
        elif given is None:
            shown.append(None)
        elif sort == "text":
            shown.append(given)
            del said[field]
        else:
            number = float(given)
            shown.append(number)
            if _again(sort, number) == given and _exact(sort, given, number):
                del said[field]
    return shown, canonical_json(said) if said else None


def payload_again(code: int, shown: Sequence[Any], rest: str | None) -> str:
    """The payload, from what `to_properties` made of it."""
    kind = RELATIONS[NAMES[code]]
    said: dict[str, Any] = {}
    for field, value in zip(shown_fields(code), shown, strict=True):
        sort = kind.fields[field]
        if value is not None and (field != kind.value or sort == "share"):
            said[field] = _again(sort, value)
    if rest is not None:
        said |= orjson.loads(rest)
    return canonical_json(said)


def extra_again(code: int, value: int | None, payload: str) -> str | None:
    """The carried fields of a payload, as they were recorded beside it."""
    found = carried_again(RELATIONS[NAMES[code]], value, orjson.loads(payload))
    return orjson.dumps(found, option=_SORTED).decode() if found else None


def extras_again(
    code: int, columns: Sequence[Sequence[Any]], values: Sequence[int], rests: Sequence[str]
) -> list[str | None]:
    """The same for many relations, from columns of `carried_text`."""
    kind, names = RELATIONS[NAMES[code]], carried_columns(code)
    if not names and not any(rests):
        return [None] * len(rests)
    found: list[str | None] = []
    for place, rest in enumerate(rests):
        said = {
            name: _again(kind.fields[name], column[place])
            for name, column in zip(names, columns, strict=True)
            if column[place] not in ("", ABSENT)
        }
        found.append(_carried(kind, values[place], said, rest))
    return found


def _carried(kind: RelationKind, value: int, said: dict[str, Any], rest: str) -> str | None:
    if rest:
        said = carried_again(kind, value, said | orjson.loads(rest))
    elif said.get("currency") == "CNY":
        del said["currency"]
    return orjson.dumps(said, option=_SORTED).decode() if said else None
