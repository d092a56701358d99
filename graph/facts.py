"""From a native-shaped fact (a JSON object) to the row that a store keeps.

`Normaliser` checks one object against `graph.model`, turns times, shares and money into integers,
keeps the exact texts, separates raw identifiers from the rest, and takes a digest of the content.
It never looks at a store: ends stay references until the store resolves them.
"""

from __future__ import annotations

import hashlib
import math
import unicodedata
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

import orjson

from graph import keys as official
from graph.errors import BadFact
from graph.model import (
    CODES,
    ENTITIES,
    LISTING,
    LISTING_FIELDS,
    RELATIONS,
    SHARE_UNIT,
    RelationKind,
    is_entity,
)
from graph.money import decimal_text, minor_units
from graph.times import INF, NEG, format_time, parse_time

RETRACT: Final = 0  # operations that are not facts of their own
CLOSE: Final = 255
_UNIT: Final = Decimal(SHARE_UNIT)
_WIDE: Final = Context(prec=300)  # at the default of 28 digits a fine share would lose its end
_MAX_ID: Final = 512
_COMMON: Final = frozenset({"kind", "id", "source", "valid_from", "valid_to", "attrs", "canonical"})
_CANONICAL: Final = orjson.OPT_SORT_KEYS


class Row(NamedTuple):
    """One normalised fact. `a` and `b` are references (`dataset:id`, canonical or bare ids)."""

    code: int
    dataset: str
    id: str
    a: str | None
    b: str | None
    vf: int
    vt: int
    value: int | None
    extra: str | None  # the kind's carried fields, for the snapshot
    payload: str  # everything else that was said, as canonical JSON
    digest: bytes  # of the content, 16 bytes
    file: str | None
    record: str | None
    version: str | None
    keys: tuple[tuple[str, str, str | None, str | None], ...]  # kind, value, reason, canonical


def content_digest(  # one place says what a fact's content is
    code: int,
    name: str,
    a: str | None,
    b: str | None,
    vf: int,
    vt: int,
    value: int | None,
    payload: str,
    keys: tuple[tuple[str, str, str | None, str | None], ...],
) -> bytes:
    """BLAKE2b-128 of what a fact says; sources and recorded times are not part of it.

    Identifiers enter by their keyed canonical ids (or a digest where they are invalid), so that
    a digest discloses nobody.
    """
    text = f"{code}\x1f{name}\x1f{a}\x1f{b}\x1f{vf}\x1f{vt}\x1f{value}"
    for kind, raw, _, canonical in keys:
        text += f"\x1f{kind}={canonical or hashlib.sha256(raw.encode()).hexdigest()}"
    return hashlib.blake2b((text + payload).encode(), digest_size=16).digest()


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


def share_units(value: object, column: str) -> tuple[int, str, bool]:
    """A fraction in 0..1 as units of 1e-15, its exact text, and whether the units are exact."""
    text = number_text(value, column)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadFact(f"not a number: {text[:40]!r}", column) from None
    if not number.is_finite() or not 0 <= number <= 1:
        raise BadFact(f"outside 0..1: {text[:40]}", column)
    if len(text) > 128:
        raise BadFact("absurdly long number", column)
    scaled = _WIDE.multiply(number, _UNIT)
    units = int(scaled.to_integral_value())
    return units, text, units == scaled


class Normaliser:
    """Turns facts of one dataset and file into rows; `id_key` is the store's secret."""

    def __init__(self, dataset: str, id_key: bytes, file: str | None = None) -> None:
        self.dataset = dataset
        self.id_key = id_key
        self.file = file

    def row(self, obj: object, line: int | None = None) -> Row:
        """One row of one object; raises BadFact with the column that is wrong."""
        if not isinstance(obj, dict):
            raise BadFact("not an object")
        kind = obj.get("kind")
        if not isinstance(kind, str):
            raise BadFact("missing or not text", "kind")
        dataset, file, record, version = self._source(obj.get("source"), line)
        if kind in {"retract", "close"}:
            return self._operation(kind, obj, dataset, file, record, version)
        code = CODES.get(kind)
        if code is None:
            raise BadFact(f"unknown kind {kind[:40]!r}", "kind")
        if is_entity(code):
            return self._entity(code, kind, obj, dataset, file, record, version)
        if kind == LISTING:
            return self._listing(code, obj, dataset, file, record, version)
        return self._relation(code, RELATIONS[kind], obj, dataset, file, record, version)

    def _source(
        self, source: object, line: int | None
    ) -> tuple[str, str | None, str | None, str | None]:
        record = None if line is None else str(line)
        if source is None:
            return self.dataset, self.file, record, None
        if not isinstance(source, dict):
            raise BadFact("not an object", "source")
        dataset = source.get("dataset", self.dataset)
        if not isinstance(dataset, str) or not 0 < len(dataset) <= 128:
            raise BadFact("not a dataset's name", "source.dataset")
        if ":" in dataset:
            raise BadFact("a dataset's name has no colon", "source.dataset")
        return (
            dataset,
            _optional_text(source.get("file"), "source.file") or self.file,
            _optional_text(source.get("record"), "source.record") or record,
            _optional_text(source.get("version"), "source.version"),
        )

    def _operation(
        self,
        kind: str,
        obj: dict[str, Any],
        dataset: str,
        file: str | None,
        record: str | None,
        version: str | None,
    ) -> Row:
        name = _identifier(obj.get("id"))
        until = INF
        if kind == "close":
            until = _time(obj.get("valid_to"), "valid_to", INF)
            if until == INF:
                raise BadFact("missing", "valid_to")
        return Row(
            RETRACT if kind == "retract" else CLOSE,
            dataset,
            name,
            None,
            None,
            NEG,
            until,
            None,
            None,
            "{}",
            b"",
            file,
            record,
            version,
            (),
        )

    def _entity(
        self,
        code: int,
        kind: str,
        obj: dict[str, Any],
        dataset: str,
        file: str | None,
        record: str | None,
        version: str | None,
    ) -> Row:
        given = self._keys(kind, obj)
        name = obj.get("id")
        if name is None and given:
            name = self.derived_id(kind, given[0][0], given[0][1])
        ident = self._named(kind, name)
        vf, vt = _interval(obj, "valid_from", "valid_to")
        rest = _rest(obj, {"name", "keys", "text"})
        for field in ("name", "text"):
            if (text := _optional_text(obj.get(field), field)) is not None:
                rest[field] = text
        payload = _dump(rest)
        full = f"{dataset}:{ident}"
        digest = content_digest(code, full, None, None, vf, vt, None, payload, given)
        return Row(
            code,
            dataset,
            ident,
            None,
            None,
            vf,
            vt,
            None,
            None,
            payload,
            digest,
            file,
            record,
            version,
            given,
        )

    def _keys(
        self, kind: str, obj: dict[str, Any]
    ) -> tuple[tuple[str, str, str | None, str | None], ...]:
        given = obj.get("keys")
        if not given:
            return ()
        if not isinstance(given, dict):
            raise BadFact("not an object", "keys")
        allowed = ENTITIES[kind].keys
        attrs = obj.get("attrs")
        card = isinstance(attrs, dict) and attrs.get("type") == "card"
        found = []
        for name, value in sorted(given.items()):
            if value is None or value == "":
                continue
            if isinstance(value, int) and not isinstance(value, bool):
                value = str(value)
            if not isinstance(value, str) or len(value) > 256:
                raise BadFact("not text", f"keys.{name}")
            if name not in allowed:
                raise BadFact(f"a {kind} has no key of this kind", f"keys.{name}")
            key = official.check(name, value, card=card)
            found.append((name, key.value, key.reason, official.canonical(key, self.id_key)))
        return tuple(found)

    def derived_id(self, kind: str, key_kind: str, value: str) -> str:
        """The id of a record that is named by its official key alone."""
        return f"{kind}~{official.keyed_hash(f'{key_kind}:{value}', self.id_key)}"

    def _named(self, kind: str, value: object, column: str = "id") -> str:
        """An id: as given, or the keyed hash of a list of parts, which may hold identifiers."""
        if type(value) is not list:
            return _identifier(value, column)
        if not value or not all(type(part) is str for part in value):
            raise BadFact("not text or a list of texts", column)
        said = "\x1f".join(value)
        return f"{kind}~{official.keyed_hash(said, self.id_key)}"

    def _end(self, obj: dict[str, Any], column: str) -> str:
        given = obj.get(column)
        if isinstance(given, dict):  # {"kind": "account", "keys": {"account": "..."}}
            kind = given.get("kind")
            if not isinstance(kind, str) or kind not in ENTITIES:
                raise BadFact("names no kind of entity", column)
            if given.get("id") is not None:  # {"kind": "person", "id": ["part", "part"]}
                return self._named(kind, given["id"], column)
            keys = self._keys(kind, given)
            if not keys:
                raise BadFact("names no key", column)
            return self.derived_id(kind, keys[0][0], keys[0][1])
        return _identifier(given, column)

    def _relation(
        self,
        code: int,
        kind: RelationKind,
        obj: dict[str, Any],
        dataset: str,
        file: str | None,
        record: str | None,
        version: str | None,
    ) -> Row:
        ident = self._named(kind.name, obj.get("id"))
        a, b = self._end(obj, "from"), self._end(obj, "to")
        fields = kind.fields
        rest = _rest(obj, {"from", "to", *fields})
        vf, vt = _interval(obj, "valid_from", "valid_to")
        if kind.event:
            at = obj.get("at", obj.get("valid_from"))
            if at is None:
                raise BadFact("missing", "at")
            vf, vt = _time(at, "at", NEG), INF
        value, extra = _fields(kind, obj, rest)
        payload = _dump(rest)
        digest = content_digest(
            code,
            f"{dataset}:{ident}",
            assumed(dataset, a),
            assumed(dataset, b),
            vf,
            vt,
            value,
            payload,
            (),
        )
        return Row(
            code,
            dataset,
            ident,
            a,
            b,
            vf,
            vt,
            value,
            extra,
            payload,
            digest,
            file,
            record,
            version,
            (),
        )

    def _listing(
        self,
        code: int,
        obj: dict[str, Any],
        dataset: str,
        file: str | None,
        record: str | None,
        version: str | None,
    ) -> Row:
        ident = self._named(LISTING, obj.get("id"))
        a = self._end(obj, "subject")
        rest = _rest(obj, {"subject", *LISTING_FIELDS})
        for field, sort in LISTING_FIELDS.items():
            if sort == "text" and (text := _optional_text(obj.get(field), field)) is not None:
                rest[field] = text
        if "list" not in rest:
            raise BadFact("missing", "list")
        start = "valid_from" if obj.get("valid_from") is not None else "decided_on"
        end = "valid_to" if obj.get("valid_to") is not None else "until"
        vf, vt = _interval(obj, start, end)
        for field in ("decided_on", "until"):  # kept where an interval of their own was given
            if obj.get(field) is not None:
                rest[field] = format_time(_time(obj[field], field, NEG))
        payload = _dump(rest)
        digest = content_digest(
            code, f"{dataset}:{ident}", assumed(dataset, a), None, vf, vt, None, payload, ()
        )
        return Row(
            code,
            dataset,
            ident,
            a,
            None,
            vf,
            vt,
            None,
            None,
            payload,
            digest,
            file,
            record,
            version,
            (),
        )


def assumed(dataset: str, reference: str) -> str:
    """The record a reference means while nothing else is known: one of its own dataset."""
    return f"{dataset}:{reference}"


def _fields(
    kind: RelationKind, obj: dict[str, Any], rest: dict[str, Any]
) -> tuple[int | None, str | None]:
    """A relation's value column and carried fields; texts go into `rest`."""
    value: int | None = None
    carried: dict[str, Any] = {}
    currency = _optional_text(obj.get("currency"), "currency") or "CNY"
    for field, sort in kind.fields.items():
        given = obj.get(field)
        if given is None or sort == "time":
            continue
        if sort == "text":
            shown: object = _optional_text(given, field)
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
            value = _whole(given, field)
            shown = value
        if field in kind.carried and shown not in (None, ""):
            carried[field] = shown
    if carried.get("currency") == "CNY":
        del carried["currency"]
    if (attrs := rest.get("attrs")) and kind.name == "invoice" and attrs.get("export"):
        carried["export"] = True
    if (
        "share_min" in carried
        and "share_max" in carried
        and (Decimal(carried["share_min"]) > Decimal(carried["share_max"]))
    ):
        raise BadFact("share_min is above share_max", "share_min")
    return value, orjson.dumps(carried, option=_CANONICAL).decode() if carried else None


def _whole(given: object, column: str) -> int:
    text = number_text(given, column)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadFact(f"not a number: {text[:40]!r}", column) from None
    if not number.is_finite() or not 0 <= number < 2**62:
        raise BadFact(f"out of range: {text[:40]}", column)
    return int(number)


def _rest(obj: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """`attrs`, with every field that the model does not know folded into it: nothing is lost."""
    attrs = obj.get("attrs")
    if attrs is not None and not isinstance(attrs, dict):
        raise BadFact("not an object", "attrs")
    unknown = obj.keys() - _COMMON - known
    if unknown:
        attrs = {**(attrs or {}), **{name: obj[name] for name in unknown}}
    return {"attrs": attrs} if attrs else {}


def _dump(rest: dict[str, Any]) -> str:
    if not rest:
        return "{}"
    try:
        # As text: the bytes that the library returns hold on to 4 KiB each.
        return orjson.dumps(rest, option=_CANONICAL).decode()
    except (TypeError, orjson.JSONEncodeError) as error:
        raise BadFact(f"cannot be kept: {error}", "attrs") from None


def _identifier(value: object, column: str = "id") -> str:
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


def _optional_text(value: object, column: str) -> str | None:
    if value is None or type(value) is str:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise BadFact("not text", column)


def _time(value: object, column: str, unbounded: int) -> int:
    if value is None or value == "":
        return unbounded
    if not isinstance(value, str):
        raise BadFact("not a date or time", column)
    try:
        return parse_time(value)
    except BadFact as error:
        raise BadFact(error.reason, column) from None


def _interval(obj: dict[str, Any], start: str, end: str) -> tuple[int, int]:
    vf, vt = _time(obj.get(start), start, NEG), _time(obj.get(end), end, INF)
    if vt < vf:
        raise BadFact(f"ends before it begins ({obj.get(start)})", end)
    return vf, vt
