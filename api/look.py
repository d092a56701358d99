"""Looking things up: one subject with its records, subjects by kind.

Personal identifiers are shown masked (138****0001), a company's credit code in full.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.native import native
from graph.errors import WrongUsage
from graph.model import ENTITIES
from graph.times import format_instant, parse_time

if TYPE_CHECKING:
    from api.session import Session
    from graph.snapshot import Snapshot
    from graph.store import StoredFact

_MOST: Final = 1000  # rows of one list
_PLACE: Final = re.compile(r"\d{1,18}", re.ASCII)
FRACTION: Final = r"\d(?:\.\d{1,20})?(?:e-\d{1,3})?"  # a score as a place in a list has it
_DIGITS: Final = 10  # numbers of so many or more are none that is asked for


def number_of(name: str, text: str | None, default: int, low: int, high: int) -> int:
    """A number from a query or the command line; raises WrongUsage naming it."""
    if text is None:
        return default
    plain = text.isascii() and text.isdecimal() and len(text) < _DIGITS
    if not (plain and low <= int(text) <= high):
        raise WrongUsage(f"{name}: a number from {low} to {high}, not {text[:20]!r}")
    return int(text)


def limit_of(text: str | None, default: int = 20) -> int:
    """The number of rows asked for, 1 to 1000; raises WrongUsage."""
    return number_of("limit", text, default, 1, _MOST)


def check_kind(kind: str | None) -> None:
    """Raises WrongUsage for what is no kind of entity."""
    if kind is not None and kind not in ENTITIES:
        raise WrongUsage(f"kind: one of {', '.join(ENTITIES)}, not {kind[:40]!r}")


def place_of(text: str | None, name: str = "before") -> int | None:
    """The `next` of a page as it is given back; raises WrongUsage."""
    if text is not None and not _PLACE.fullmatch(text):
        raise WrongUsage(f"{name}: the `next` of a page, not {text[:20]!r}")
    return None if text is None else int(text)


def subject(session: Session, text: str, known_at: str | None = None) -> dict[str, Any]:
    """A subject: its records side by side, contradictions between them, its listings.

    `text` is `dataset:id`, a bare id, a canonical id or an official key. Of one whose use is
    restricted no more is shown than that it is. Raises UnknownSubject.
    """
    snapshot = session.snapshot(known_at)
    node = snapshot.resolve(text)
    moment = parse_time(snapshot.known_at)
    limited = snapshot.restricted(node)
    names = [] if limited else snapshot.records(node)
    versions = (session.store.history(name) for name in names)
    current = [fact for history in versions for fact in history if was_known(fact, moment)]
    current.sort(key=lambda fact: fact.seq)
    return {
        "id": snapshot.canonical(node),
        "kind": snapshot.kind_name(node),
        "label": snapshot.label(node),
        "records": [_record(fact) for fact in current],
        "contradictions": _contradictions(current),
        "listings": [] if limited else snapshot.listings(node),
        "known_at": snapshot.known_at,
        "snapshot": snapshot.name,
        **noted(snapshot),
    }


def noted(snapshot: Snapshot) -> dict[str, list[str]]:
    """What an answer says of what its caller is not shown; nothing where it is shown everything."""
    return {"notes": snapshot.notes} if snapshot.notes else {}


def was_known(fact: StoredFact, moment: int) -> bool:
    """Whether this version was the current one at a moment (µs)."""
    until = fact.retracted_at
    return fact.recorded_at <= moment and (until is None or moment < until)


def _record(fact: StoredFact) -> dict[str, Any]:
    shown = native(fact, masked=True)
    invalid = {name: reason for name, _, reason, _ in fact.keys if reason}
    if invalid:
        shown["invalid_keys"] = invalid
    return shown | {"recorded_at": format_instant(fact.recorded_at)}


def _contradictions(records: list[StoredFact]) -> list[dict[str, Any]]:
    """Properties that records of one subject state differently, each with who says what."""
    said: dict[str, dict[str, list[str]]] = {}
    for fact in records:
        values = {k: v for k, v in fact.payload.items() if isinstance(v, str)}
        values |= {k: v for k, v in fact.payload.get("attrs", {}).items() if isinstance(v, str)}
        for name, value in values.items():
            said.setdefault(name, {}).setdefault(value, []).append(fact.name)
    return [
        {"property": name, "values": [{"value": v, "records": r} for v, r in values.items()]}
        for name, values in said.items()
        if len(values) > 1
    ]


def brief(snapshot: Snapshot, node: int) -> dict[str, Any]:
    """A subject in one line; of one whose use is restricted, no records."""
    return {
        "id": snapshot.canonical(node),
        "kind": snapshot.kind_name(node),
        "label": snapshot.label(node),
        "records": [] if snapshot.restricted(node) else snapshot.records(node),
    }


def listing(session: Session, kind: str | None, limit: int) -> dict[str, Any]:
    """Counts of what is stored, or the first subjects of a kind in the order of recording."""
    if kind is None:
        return session.store.stats()
    check_kind(kind)
    snapshot = session.snapshot()
    found = snapshot.subjects(kind)
    results = [brief(snapshot, node) for node in found[:limit].tolist()]
    return {"kind": kind, "results": results, "total": len(found), **noted(snapshot)}


def subject_bytes(session: Session, text: str, known_at: str | None = None) -> bytes:
    """`subject` as both transports answer it."""
    return msgspec.json.encode(subject(session, text, known_at))
