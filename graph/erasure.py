"""Erasure: what of a person's facts goes when the law asks for it, and what stays.

The law is PIPL art. 47. An erased version keeps its number, record, times and digest, so that the
names of views from before stay what they were and the graph keeps its shape; its payload and the
values of its identifiers are gone. What was erased is an entry of the ledger (`ABOUT`, ERASED),
which names numbers and ids, never what was there: so the erasure is in the chain, goes along with
a copy of the store, and a check tells what was erased from what was tampered with.

A person's record stays known by its id, and by the keyed hash that is its canonical id, which
discloses nothing without the store's key: what names it is not recorded again until it is
readmitted (READMITTED). An id that holds an identifier or the name is replaced by a keyed hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from graph import keys
from graph.fields import canonical_json, carried_again
from graph.ledger import Entry
from graph.model import LISTING_FIELDS, NAMES, RELATIONS
from graph.seal import Seal

if TYPE_CHECKING:
    from graph.facts import Row
    from graph.store import StoredFact

ABOUT: Final = "privacy"
ERASED: Final = "privacy.erased"
READMITTED: Final = "privacy.readmitted"
RESTRICTED: Final = "privacy.restricted"
RELEASED: Final = "privacy.released"
REKEYED: Final = "privacy.rekeyed"  # ids that the ledger names became others, see `rekeying`
GONE: Final = canonical_json({"erased": True})  # the payload of an erased version
GONE_LABEL: Final = "\0"  # how the label of an erased record begins, which no text does
SHOWN: Final = "erased / 已删除"
LIMITED: Final = "restricted / 限制处理"
LIMITED_ATTRS: Final = {"restricted": True}  # all that an export says of such a record
_LIMITED: Final = canonical_json({"attrs": LIMITED_ATTRS})
ALIAS: Final = "erased~"
_SORTED: Final = orjson.OPT_SORT_KEYS


class Cut(NamedTuple):
    """What is left of a relation or a listing that named a person beyond what its kind holds."""

    seq: int
    code: int
    value: int | None
    payload: str
    extra: str | None


class Renamed(NamedTuple):
    """A record, by its first version and kind, whose id held what is erased; and its new id."""

    first: int
    code: int
    new: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure does to a store: versions that lose their payload and identifiers, versions
    that are cut down, records that get another id."""

    erased: tuple[int, ...] = ()
    cut: tuple[Cut, ...] = ()
    renamed: tuple[Renamed, ...] = ()


@dataclass(slots=True)
class Erased:
    """All that was erased in a store, by its ledger. `erased` and `cut` are versions; `firsts` are
    records, `canonicals` persons and `aliases` the ids given instead, that are not recorded again;
    `no` is the newest of these entries."""

    no: int = 0
    reshaped: int = 0  # the newest that cut something down or replaced an id
    erased: set[int] = field(default_factory=set)
    cut: set[int] = field(default_factory=set)
    firsts: set[int] = field(default_factory=set)
    canonicals: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    restricted: dict[str, dict[str, Any]] = field(default_factory=dict)

    former: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what ids were before

    def take(self, entry: Entry, id_key: bytes | None = None) -> None:
        """Take in an entry about privacy, in order; `id_key` opens those of re-keying."""
        body = entry.content
        self.no = entry.no
        if entry.kind == ERASED:
            if body["cut"] or body["ids"]:
                self.reshaped = entry.no
            self.erased.update(body["erased"])
            self.cut.update(body["cut"])
            self.firsts.update(body["records"])
            self.canonicals.update(body["persons"])
            self.aliases.update(body["ids"])
            self.restricted.pop(body["subject"], None)
        elif entry.kind == READMITTED:
            self.firsts.difference_update(body["records"])
            self.canonicals.difference_update(body["persons"])
        elif entry.kind == RESTRICTED:
            self.restricted[body["subject"]] = body | {"no": entry.no, "by": entry.actor}
        elif entry.kind == REKEYED and id_key is not None:
            self._rekey(orjson.loads(Seal(id_key).open(body["sealed"])))
        elif entry.kind == RELEASED:
            self.restricted.pop(body["subject"], None)

    def _rekey(self, named: dict[str, str]) -> None:
        """Ids that the entries so far name are others now."""
        former: dict[str, tuple[str, ...]] = {}
        for new, olds in self.former.items():
            former[named.get(new, new)] = olds
        for old, new in named.items():
            former[new] = (*former.get(new, ()), old)
        self.former = former
        self.canonicals = {named.get(each, each) for each in self.canonicals}
        self.restricted = {named.get(name, name): v for name, v in self.restricted.items()}


def fold(entries: Iterable[Entry], id_key: Callable[[], bytes] | None = None) -> Erased:
    """All that was erased, from the entries about privacy; `id_key` is asked for where some were
    sealed under it. Raises StoreCorrupt where that is another key."""
    found = Erased()
    for entry in entries:
        sealed = entry.kind == REKEYED and id_key is not None
        found.take(entry, id_key() if sealed and id_key is not None else None)
    return found


def alias(ident: str, id_key: bytes) -> str:
    """The id that stands for one that may not be kept."""
    return ALIAS + keys.keyed_hash(f"id:{ident}", id_key)


def is_limited(row: Row) -> bool:
    """Whether a row says no more than that its subject's use is restricted, as exports do."""
    return row.payload == _LIMITED and not row.keys


def readdressed(rows: Sequence[Row], aliases: set[str], id_key: bytes) -> Sequence[Row]:
    """Rows by the ids that records have now whose own were erased. A hash for each id."""
    known: dict[str, str] = {}

    def now(text: str) -> str:
        if (found := known.get(text)) is None:
            dataset, colon, rest = text.partition(":")
            found = text
            if (other := alias(text, id_key)) in aliases:
                found = other
            elif colon and (other := alias(rest, id_key)) in aliases:
                found = f"{dataset}:{other}"
            known[text] = found
        return found

    return [
        row._replace(id=now(row.id), a=row.a and now(row.a), b=row.b and now(row.b)) for row in rows
    ]


def texts_of(versions: Iterable[StoredFact]) -> set[str]:
    """What identifies a person in its own records: names and keys, those of any register too."""
    found: set[str] = set()
    for fact in versions:
        found.update(value for _, value, _, _ in fact.keys if value)
        found.update(text for field in ("name", "text") if (text := fact.payload.get(field)))
        attrs = fact.payload.get("attrs") or {}
        found.update(
            str(each["id"])
            for each in attrs.get("identifiers") or ()
            if isinstance(each, dict) and each.get("id")
        )
    for text in [*found]:  # a mobile stands in texts without its country
        if text.startswith("+86"):
            found.add(text[3:])
    return {text for text in found if len(text) > 1}


def holds(text: str, wanted: Iterable[str]) -> bool:
    """Whether a text holds any of these, or a resident id or a mobile."""
    return any(each in text for each in wanted) or (
        keys.may_identify(text) and keys.mask_within(text) != text
    )


def cut(fact: StoredFact, wanted: Sequence[str]) -> Cut | None:
    """What is left of a relation or listing of an erased person: the fields of its kind, but those
    that name somebody; None where all of it stays."""
    kind = NAMES[fact.code]
    fields = RELATIONS[kind].fields if kind in RELATIONS else LISTING_FIELDS
    kept = {
        name: value
        for name, value in fact.payload.items()
        if name in fields and not (isinstance(value, str) and holds(value, wanted))
    }
    return None if kept == fact.payload else _cut(fact, kept)


def _cut(fact: StoredFact, kept: dict[str, Any]) -> Cut:
    kind, extra = NAMES[fact.code], None
    if kind in RELATIONS:
        carried = carried_again(RELATIONS[kind], fact.value, kept)
        extra = orjson.dumps(carried, option=_SORTED).decode() if carried else None
    return Cut(fact.seq, fact.code, fact.value, canonical_json(kept), extra)


def plan_of(entities: Sequence[StoredFact], others: Sequence[StoredFact], id_key: bytes) -> Plan:
    """What erasing does to all versions of a person's records, and of the relations and listings
    that name them. Linear in these."""
    wanted = sorted(texts_of(entities))
    renamed: dict[int, Renamed] = {}
    names: set[str] = set()
    for fact in (*entities, *others):
        if not fact.id.startswith(ALIAS) and holds(fact.id, wanted):
            renamed[fact.first] = Renamed(fact.first, fact.code, alias(fact.id, id_key))
            names.add(fact.name)
    cuts = {fact.seq: found for fact in others if (found := cut(fact, wanted)) is not None}
    for fact in others:  # the digest of a relation is of the names of both ends
        if fact.seq not in cuts and {fact.name, fact.a, fact.b} & names:
            cuts[fact.seq] = _cut(fact, fact.payload)
    return Plan(
        tuple(sorted(fact.seq for fact in entities)),
        tuple(cuts[seq] for seq in sorted(cuts)),
        tuple(renamed[first] for first in sorted(renamed)),
    )
