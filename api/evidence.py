"""Facts by their ids: what an answer's `facts` say, with both ends named and the source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.look import noted, was_known
from api.native import native
from graph.errors import UnknownSubject, WrongUsage
from graph.model import is_relation
from graph.times import format_instant, parse_time

if TYPE_CHECKING:
    from api.session import Session
    from graph.snapshot import Snapshot
    from graph.store import StoredFact

MOST: Final = 1000  # facts of one call
_ENDS: Final = ("from", "to", "subject")


def facts(session: Session, names: Sequence[str], known_at: str | None = None) -> dict[str, Any]:
    """The facts `dataset:id` as they were known, in the order asked.

    A row is the fact as `export` writes it, with its whole id, each end as
    `{"id","kind","label"}`, and `recorded_at`; personal identifiers are masked, and of whom the use
    is restricted nothing is shown. Raises WrongUsage past 1,000 names, UnknownSubject for one that
    was not known (then).
    """
    if len(names) > MOST:
        raise WrongUsage(f"at most {MOST} facts at once, not {len(names)}")
    snapshot = session.snapshot(known_at)
    about = {"known_at": snapshot.known_at, "snapshot": snapshot.name}
    return {"results": rows(session, snapshot, names), **about, **noted(snapshot)}


def rows(session: Session, snapshot: Snapshot, names: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of `facts`, however many; raises UnknownSubject."""
    there = known(session, snapshot, names)
    for name in names:
        if name not in there:
            said = "".join(f" ({note})" for note in snapshot.notes)
            raise UnknownSubject(f"no fact is named {name[:80]!r}{said}")
    return [row(snapshot, there[name]) for name in names]


def known(session: Session, snapshot: Snapshot, names: Iterable[str]) -> dict[str, StoredFact]:
    """Facts by name as a snapshot knows them; those that it does not know are left out."""
    moment, store = parse_time(snapshot.known_at), session.store
    found = {}
    for name in names:
        for fact in store.history(name):
            if was_known(fact, moment):
                found[name] = fact
    return found


def row(snapshot: Snapshot, fact: StoredFact) -> dict[str, Any]:
    """A fact as `facts` shows it."""
    shown = native(fact, masked=True) | {"id": fact.name}
    if not is_relation(fact.code) and snapshot.restricted(snapshot.node_of(fact.a or fact.name)):
        shown = {name: shown[name] for name in ("kind", "id", "subject") if name in shown}
    records = iter((fact.a, fact.b))
    for end in _ENDS:
        if end in shown:
            shown[end] = _named(snapshot, next(records) or "")
    return shown | {"recorded_at": format_instant(fact.recorded_at)}


def _named(snapshot: Snapshot, record: str) -> dict[str, str]:
    node = snapshot.node_of(record)  # a transfer outlives the record of its account
    return {
        "id": snapshot.canonical(node),
        "kind": snapshot.kind_name(node),
        "label": snapshot.label(node),
    }


def facts_bytes(session: Session, names: Sequence[str], known_at: str | None = None) -> bytes:
    """`facts` as both transports answer it."""
    return msgspec.json.encode(facts(session, names, known_at))
