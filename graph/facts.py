"""From a native-shaped fact (a JSON object) to the row that a store keeps.

`Normaliser` checks one object against `graph.model`, turns times, shares and money into integers,
keeps the exact texts, separates raw identifiers from the rest, and takes a digest of the content.
It never looks at a store: ends stay references until the store resolves them.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

from graph import keys as official
from graph.errors import BadFact
from graph.fields import (
    canonical_json,
    identifier,
    interval_of,
    optional_text,
    relation_fields,
    rest_of,
    time_of,
)
from graph.model import (
    CODES,
    ENTITIES,
    LISTING,
    LISTING_FIELDS,
    RELATIONS,
    RelationKind,
    is_entity,
)
from graph.times import INF, NEG, format_time

RETRACT: Final = 0  # operations that are not facts of their own
CLOSE: Final = 255


Keys = tuple[tuple[str, str, str | None, str | None], ...]  # kind, value, reason, canonical


class Source(NamedTuple):
    """Where a fact stood."""

    dataset: str
    file: str | None
    record: str | None
    version: str | None


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
    keys: Keys


def content_digest(  # one place says what a fact's content is
    code: int,
    name: str,
    a: str | None,
    b: str | None,
    vf: int,
    vt: int,
    value: int | None,
    payload: str,
    keys: Keys,
) -> bytes:
    """BLAKE2b-128 of what a fact says; sources and recorded times are not part of it.

    Valid identifiers enter by their keyed canonical ids, invalid ones by an unkeyed digest: it is
    kept beside the identifiers themselves and goes no further than the sum that names a batch.
    """
    text = f"{code}\x1f{name}\x1f{a}\x1f{b}\x1f{vf}\x1f{vt}\x1f{value}"
    for kind, raw, _, canonical in keys:
        text += f"\x1f{kind}={canonical or hashlib.sha256(raw.encode()).hexdigest()}"
    return hashlib.blake2b((text + payload).encode(), digest_size=16).digest()


class Normaliser:
    """Turns facts of one dataset and file into rows; `id_key` is the store's secret."""

    def __init__(self, dataset: str, id_key: bytes, file: str | None = None) -> None:
        self.dataset = dataset
        self.id_key = id_key
        self.file = file

    def row(self, obj: object, line: int | None = None) -> Row:
        """One row of one object; raises BadFact with the column that is wrong."""
        try:
            return self._row(obj, line)
        except UnicodeEncodeError:  # a lone surrogate: bytes that were in no encoding
            raise BadFact("holds half a character") from None

    def _row(self, obj: object, line: int | None) -> Row:
        if not isinstance(obj, dict):
            raise BadFact("not an object")
        kind = obj.get("kind")
        if not isinstance(kind, str):
            raise BadFact("missing or not text", "kind")
        source = self._source(obj.get("source"), line)
        if kind in {"retract", "close"}:
            return self._operation(kind, obj, source)
        code = CODES.get(kind)
        if code is None:
            raise BadFact(f"unknown kind {kind[:40]!r}", "kind")
        if is_entity(code):
            return self._entity(code, kind, obj, source)
        if kind == LISTING:
            return self._listing(code, obj, source)
        return self._relation(code, RELATIONS[kind], obj, source)

    def _source(self, source: object, line: int | None) -> Source:
        record = None if line is None else str(line)
        if source is None:
            return Source(self.dataset, self.file, record, None)
        if not isinstance(source, dict):
            raise BadFact("not an object", "source")
        dataset = source.get("dataset", self.dataset)
        if not isinstance(dataset, str) or not 0 < len(dataset) <= 128:
            raise BadFact("not a dataset's name", "source.dataset")
        if ":" in dataset or "\x1f" in dataset or "\x00" in dataset:
            raise BadFact("a dataset's name has no colon or control character", "source.dataset")
        return Source(
            dataset,
            optional_text(source.get("file"), "source.file") or self.file,
            optional_text(source.get("record"), "source.record") or record,
            optional_text(source.get("version"), "source.version"),
        )

    def _operation(
        self,
        kind: str,
        obj: dict[str, Any],
        source: Source,
    ) -> Row:
        name = identifier(obj.get("id"))
        until = INF
        if kind == "close":
            until = time_of(obj.get("valid_to"), "valid_to", INF)
            if until == INF:
                raise BadFact("missing", "valid_to")
        code = RETRACT if kind == "retract" else CLOSE
        dataset, file, record, version = source
        return Row(
            code, dataset, name, None, None, NEG, until, None, None, "{}", b"", file, record,
            version, (),
        )  # fmt: skip

    def _entity(
        self,
        code: int,
        kind: str,
        obj: dict[str, Any],
        source: Source,
    ) -> Row:
        given = self._keys(kind, obj)
        name = obj.get("id")
        if name is None and given:
            name = self.derived_id(kind, given[0][0], given[0][1])
        ident = self._named(kind, name)
        vf, vt = interval_of(obj, "valid_from", "valid_to")
        rest = rest_of(obj, {"name", "keys", "text"})
        for field in ("name", "text"):
            if (text := optional_text(obj.get(field), field)) is not None:
                rest[field] = text
        return _made(code, ident, source, (None, None), (vf, vt), (None, None), rest, given)

    def _keys(self, kind: str, obj: dict[str, Any]) -> Keys:
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
                value = str(value)  # noqa: PLW2901  # the same key as text
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
            return identifier(value, column)
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
        return identifier(given, column)

    def _relation(
        self,
        code: int,
        kind: RelationKind,
        obj: dict[str, Any],
        source: Source,
    ) -> Row:
        ident = self._named(kind.name, obj.get("id"))
        a, b = self._end(obj, "from"), self._end(obj, "to")
        fields = kind.fields
        rest = rest_of(obj, {"from", "to", *fields})
        vf, vt = interval_of(obj, "valid_from", "valid_to")
        if kind.event:
            at = obj.get("at") or obj.get("valid_from")
            if not at:
                raise BadFact("missing", "at")
            vf, vt = time_of(at, "at", NEG), INF
        said = relation_fields(kind, obj, rest)
        return _made(code, ident, source, (a, b), (vf, vt), said, rest, ())

    def _listing(
        self,
        code: int,
        obj: dict[str, Any],
        source: Source,
    ) -> Row:
        ident = self._named(LISTING, obj.get("id"))
        a = self._end(obj, "subject")
        rest = rest_of(obj, {"subject", *LISTING_FIELDS})
        for field, sort in LISTING_FIELDS.items():
            if sort == "text" and (text := optional_text(obj.get(field), field)) is not None:
                rest[field] = text
        if "list" not in rest:
            raise BadFact("missing", "list")
        start = "valid_from" if obj.get("valid_from") is not None else "decided_on"
        end = "valid_to" if obj.get("valid_to") is not None else "until"
        vf, vt = interval_of(obj, start, end)
        for field in ("decided_on", "until"):  # kept where an interval of their own was given
            if obj.get(field) is not None:
                rest[field] = format_time(time_of(obj[field], field, NEG))
        return _made(code, ident, source, (a, None), (vf, vt), (None, None), rest, ())


def _made(
    code: int,
    ident: str,
    source: Source,
    ends: tuple[str | None, str | None],
    times: tuple[int, int],
    said: tuple[int | None, str | None],
    rest: dict[str, Any],
    keys: Keys,
) -> Row:
    """The row of checked parts, with its digest; `said` is its value and carried fields."""
    dataset, file, record, version = source
    (a, b), (vf, vt), (value, extra) = ends, times, said
    payload = canonical_json(rest)
    digest = content_digest(
        code, f"{dataset}:{ident}", assumed(dataset, a), assumed(dataset, b), vf, vt, value,
        payload, keys,
    )  # fmt: skip
    return Row(
        code, dataset, ident, a, b, vf, vt, value, extra, payload, digest, file, record, version,
        keys,
    )  # fmt: skip


def assumed(dataset: str, reference: str | None) -> str | None:
    """The record a reference means while nothing else is known: one of its own dataset."""
    return None if reference is None else f"{dataset}:{reference}"
