"""Single fields of a fact: numbers, shares, times, identifiers, and what is kept of the rest."""

from __future__ import annotations

import math
import unicodedata
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Final

import orjson

from graph.errors import BadFact
from graph.model import SHARE_UNIT, RelationKind
from graph.money import decimal_text, minor_units
from graph.times import INF, NEG, parse_time

_UNIT: Final = Decimal(SHARE_UNIT)
_WIDE: Final = Context(prec=300)  # at the default of 28 digits a fine share would lose its end
_MAX_ID: Final = 512
_COMMON: Final = frozenset({"kind", "id", "source", "valid_from", "valid_to", "attrs", "canonical"})
_CANONICAL: Final = orjson.OPT_SORT_KEYS


def number_text(value: object, column: str) -> str:
    """The decimal text of a number given as text or JSON number; full-width digits are read."""
    if isinstance(value, str):
        text = value if value.isascii() else unicodedata.normalize("NFKC", value)
        return text.strip()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadFact("not a number", column)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadFact("not a finite number", column)
    return repr(value)


def _decimal(text: str, column: str) -> Decimal:
    try:
        if "_" in text:  # Decimal would read 0_5
            raise InvalidOperation
        return Decimal(text)
    except InvalidOperation:
        raise BadFact(f"not a number: {text[:40]!r}", column) from None


def share_units(value: object, column: str) -> tuple[int, str, bool]:
    """A fraction in 0..1 as units of 1e-15, its exact text, and whether the units are exact."""
    text = number_text(value, column)
    number = _decimal(text, column)
    if not number.is_finite() or not 0 <= number <= 1:
        raise BadFact(f"outside 0..1: {text[:40]}", column)
    if len(text) > 128 or number.adjusted() < -128:
        raise BadFact("absurdly long number", column)
    scaled = _WIDE.multiply(number, _UNIT)
    units = int(scaled.to_integral_value())
    return units, text, units == scaled


def relation_fields(  # noqa: PLR0912  # one branch a type of field
    kind: RelationKind, obj: dict[str, Any], rest: dict[str, Any]
) -> tuple[int | None, str | None]:
    """A relation's value column and carried fields; texts go into `rest`."""
    value: int | None = None
    carried: dict[str, Any] = {}
    currency = optional_text(obj.get("currency"), "currency") or "CNY"
    for field, sort in kind.fields.items():
        given = obj.get(field)
        if given is None or sort == "time":
            continue
        if sort == "text":
            shown: object = optional_text(given, field)
            rest[field] = shown
        elif sort == "share":
            units, text, exact = share_units(given, field)
            shown = rest[field] = text
            if field == kind.value:
                value = units
                if not exact:
                    carried["exact"] = text
        elif sort == "money":
            try:
                minor = minor_units(
                    given if type(given) is str and given.isascii() else number_text(given, field),
                    currency,
                )
            except BadFact as error:
                raise BadFact(error.reason, field) from None
            shown = decimal_text(minor, currency)
            if field == kind.value:
                value = minor
            else:
                rest[field] = shown
        else:
            value = whole_number(given, field)
            shown = value
        if field in kind.carried and shown not in (None, ""):
            carried[field] = shown
    if carried.get("currency") == "CNY":
        del carried["currency"]
    if kind.name == "invoice" and (attrs := rest.get("attrs")):
        carried |= _of_invoice(attrs)
    if (
        "share_min" in carried
        and "share_max" in carried
        and (Decimal(carried["share_min"]) > Decimal(carried["share_max"]))
    ):
        raise BadFact("share_min is above share_max", "share_min")
    return value, orjson.dumps(carried, option=_CANONICAL).decode() if carried else None


def carried_again(kind: RelationKind, value: int | None, payload: dict[str, Any]) -> dict[str, Any]:
    """The carried fields that `relation_fields` made, from what is kept of the relation."""
    found = {name: payload[name] for name in kind.carried if payload.get(name) not in (None, "")}
    if found.get("currency") == "CNY":
        del found["currency"]
    if kind.value is not None and kind.fields[kind.value] == "share" and kind.value in payload:
        text = payload[kind.value]
        if _WIDE.multiply(Decimal(text), _UNIT) != value:
            found["exact"] = text
    if kind.name == "invoice" and (attrs := payload.get("attrs")):
        found |= _of_invoice(attrs)
    return found


def _of_invoice(attrs: dict[str, Any]) -> dict[str, Any]:
    """What is carried of an invoice's `attrs`: whether it is an export, and what a red letter takes
    back."""
    found: dict[str, Any] = {"export": True} if attrs.get("export") else {}
    of = attrs.get("red_of")
    if isinstance(of, str) and 0 < len(of) <= _MAX_ID:
        found["red_of"] = of
    return found


def whole_number(given: object, column: str) -> int:
    """A whole number of at least 0, from text or JSON number."""
    text = number_text(given, column)
    number = _decimal(text, column)
    if not number.is_finite() or not 0 <= number < 2**62:
        raise BadFact(f"out of range: {text[:40]}", column)
    return int(number)


def rest_of(obj: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """`attrs`, with every field that the model does not know folded into it: nothing is lost."""
    attrs = obj.get("attrs")
    if attrs is not None and not isinstance(attrs, dict):
        raise BadFact("not an object", "attrs")
    unknown = obj.keys() - _COMMON - known
    if unknown:
        attrs = {**(attrs or {}), **{name: obj[name] for name in unknown}}
    return {"attrs": attrs} if attrs else {}


def canonical_json(rest: dict[str, Any]) -> str:
    """JSON with sorted keys, so that equal content is equal text."""
    if not rest:
        return "{}"
    try:
        # As text: the bytes that the library returns hold on to 4 KiB each.
        return orjson.dumps(rest, option=_CANONICAL).decode()
    except (TypeError, orjson.JSONEncodeError) as error:
        raise BadFact(f"cannot be kept: {error}", "attrs") from None


def identifier(value: object, column: str = "id") -> str:
    """An id as text: 1 to 512 characters without control characters."""
    if type(value) is str:
        if not value or len(value) > _MAX_ID:
            raise BadFact("empty or absurdly long", column)
        if "\x1f" in value or "\x00" in value:
            raise BadFact("holds a control character", column)
        return value
    if value is None:
        raise BadFact("missing", column)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise BadFact("not text", column)


def optional_text(value: object, column: str) -> str | None:
    """Text, or a number as text, or None."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise BadFact("not text", column)


def time_of(value: object, column: str, unbounded: int) -> int:
    """Microseconds of a date or time; `unbounded` where nothing is given."""
    if value is None or value == "":
        return unbounded
    if not isinstance(value, str):
        raise BadFact("not a date or time", column)
    try:
        return parse_time(value)
    except BadFact as error:
        raise BadFact(error.reason, column) from None


def interval_of(obj: dict[str, Any], start: str, end: str) -> tuple[int, int]:
    """The half-open interval between two fields."""
    vf, vt = time_of(obj.get(start), start, NEG), time_of(obj.get(end), end, INF)
    if vt < vf:
        raise BadFact(f"ends before it begins ({obj.get(start)})", end)
    return vf, vt
