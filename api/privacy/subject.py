"""Everything that a store holds of one person: records of any time, leads that are nobody else's,
relations and listings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from graph.errors import UnknownSubject, WrongUsage
from graph.model import CODES, NAMES

if TYPE_CHECKING:
    from api.session import Session
    from graph.snapshot import Snapshot
    from graph.store import StoredFact

KINDS: Final = ("person", "account", "phone", "address", "device")
_LEADS: Final = ("holds_account", "uses_phone", "uses_device", "located_at")
MOST: Final = 200_000  # facts of one subject


class Held(NamedTuple):
    """Of a person, every version of everything: `entities` are records of the person and of leads
    that are nobody else's; `others` the relations and listings of these; `shared` leads that others
    have too, by canonical id."""

    canonical: str
    kind: str
    entities: list[StoredFact]
    others: list[StoredFact]
    shared: list[str]
    persons: tuple[str, ...]  # canonical ids by official keys of the person alone


def held(session: Session, name: str) -> Held:
    """All that is held of whom a name means. Raises UnknownSubject; WrongUsage for a company or
    another kind that is no person's, and past MOST facts. Linear in the relations of the store."""
    snapshot = session.snapshot()
    node = named(snapshot, name)
    kind = snapshot.kind_name(node)
    if kind not in KINDS:
        raise WrongUsage(f"{snapshot.canonical(node)} is a {kind}, not personal data / 非个人信息")
    canonical = snapshot.canonical(node)
    own = {m for n in {node, *snapshot.ever_bore(canonical)} for m in snapshot.members(n)}
    leads, shared = _leads(snapshot, own)
    nodes = np.array(sorted(own | leads), np.int32)
    columns = snapshot.columns
    rows = np.flatnonzero(np.isin(columns.src, nodes) | np.isin(columns.dst, nodes))
    if len(rows) > MOST:
        raise WrongUsage(f"{len(rows):,} relations: more than {MOST:,} of one subject")
    names = snapshot.fact_ids(rows.tolist())
    names += [fact for member in nodes.tolist() for fact, _ in snapshot.listings_ever(member)]
    entities = _history(session, (snapshot.record_name(n) for n in nodes.tolist()))
    mine = {snapshot.record_name(n) for n in own}
    persons = {key[3] for f in entities if f.name in mine for key in f.keys if key[3]}
    return Held(
        canonical, kind, entities, _history(session, dict.fromkeys(names)),
        shared, tuple(sorted(persons)) if kind == "person" else (),
    )  # fmt: skip


def named(snapshot: Snapshot, name: str) -> int:
    """The subject that a name means; a record that was retracted is still held, and still means
    somebody. Raises UnknownSubject."""
    try:
        return snapshot.resolve(name)
    except UnknownSubject:
        return snapshot.node_of(name)


def _history(session: Session, names: Iterable[str]) -> list[StoredFact]:
    return [fact for name in names for fact in session.store.history(name)]


def _leads(snapshot: Snapshot, own: set[int]) -> tuple[set[int], list[str]]:
    """Records of accounts, phones, addresses and devices that nobody else ever had; and those that
    others have too."""
    columns, rep = snapshot.columns, snapshot.nodes.rep
    mine, shared = set[int](), set[str]()
    codes = np.array([CODES[kind] for kind in _LEADS], np.uint8)
    every = np.arange(len(columns.src), dtype=np.int64)
    of_kind = every[np.isin(snapshot.codes(every), codes)]
    src, dst = columns.src[of_kind], columns.dst[of_kind]
    reached = np.unique(rep[dst[np.isin(src, np.array(sorted(own), np.int32))]])
    for lead in reached.tolist():
        members = np.array(snapshot.members(lead), np.int32)
        holders = set(src[np.isin(dst, members)].tolist())
        if holders <= own:
            mine.update(members.tolist())
        else:
            shared.add(snapshot.canonical(lead))
    return mine, sorted(shared)


def told(facts: Iterable[StoredFact]) -> dict[str, int]:
    """How many versions of each kind."""
    counts: dict[str, int] = {}
    for fact in facts:
        counts[NAMES[fact.code]] = counts.get(NAMES[fact.code], 0) + 1
    return dict(sorted(counts.items()))
