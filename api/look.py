"""Looking things up: one subject with its records, subjects by text, subjects by kind.

Personal identifiers are shown masked (138****0001), a company's credit code in full.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.native import native
from graph.errors import UnknownSubject, WrongUsage
from graph.model import CODES, ENTITIES
from graph.times import format_instant

if TYPE_CHECKING:
    from api.session import Session
    from graph.snapshot import Snapshot
    from graph.store import StoredFact

_MOST: Final = 1000  # rows of one list


def limit_of(text: str | None, default: int = 20) -> int:
    """The number of rows asked for, 1 to 1000; raises WrongUsage."""
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise WrongUsage(f"limit: a number from 1 to {_MOST}, not {text[:20]!r}")
    return int(text)


def subject(session: Session, text: str, known_at: str | None = None) -> dict[str, Any]:
    """A subject: its records side by side, contradictions between them, its listings.

    `text` is `dataset:id`, a bare id, a canonical id or an official key. Raises UnknownSubject.
    """
    snapshot = session.snapshot(known_at)
    node = snapshot.resolve(text)
    versions = [session.store.history(name) for name in snapshot.records(node)]
    current = [found for v in versions if (found := _known(v, known_at)) is not None]
    current.sort(key=lambda fact: fact.seq)
    return {
        "id": snapshot.canonical(node),
        "kind": snapshot.kind_name(node),
        "label": snapshot.label(node),
        "records": [_record(fact) for fact in current],
        "contradictions": _contradictions(current),
        "listings": snapshot.listings(node),
        "known_at": snapshot.known_at,
        "snapshot": snapshot.name,
    }


def _known(versions: list[StoredFact], known_at: str | None) -> StoredFact | None:
    """The version that was current at a time; the newest unretracted one by default."""
    if known_at is None:
        return next((v for v in reversed(versions) if v.retracted_at is None), None)
    from graph.times import parse_time

    at = parse_time(known_at)
    held = (
        v
        for v in reversed(versions)
        if v.recorded_at <= at and (v.retracted_at is None or at < v.retracted_at)
    )
    return next(held, None)


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
    """A subject in one line."""
    return {
        "id": snapshot.canonical(node),
        "kind": snapshot.kind_name(node),
        "label": snapshot.label(node),
        "records": snapshot.records(node),
    }


def search(session: Session, text: str, kind: str | None, limit: int) -> dict[str, Any]:
    """Subjects whose id or official key is `text`, then those whose name contains it.

    Reads names one after the other: O(subjects).
    """
    wanted = text.strip().casefold()
    if not wanted:
        raise WrongUsage("nothing to search for")
    snapshot = session.snapshot()
    exact: list[int] = []
    with contextlib.suppress(UnknownSubject):
        exact.append(snapshot.resolve(text.strip()))
    named = (n for n in _subjects(snapshot, kind) if wanted in snapshot.label(n).casefold())
    found = [n for n in exact if kind in (None, snapshot.kind_name(n))]
    more = False
    for node in named:
        if node in exact:
            continue
        if len(found) == limit:
            more = True
            break
        found.append(node)
    return {"query": text, "results": [brief(snapshot, n) for n in found], "more": more}


def _subjects(snapshot: Snapshot, kind: str | None) -> Iterator[int]:
    if kind is not None and kind not in ENTITIES:
        raise WrongUsage(f"kind: one of {', '.join(ENTITIES)}, not {kind[:40]!r}")
    return (int(node) for node in snapshot.subjects(kind))


def listing(session: Session, kind: str | None, limit: int) -> dict[str, Any]:
    """Counts of what is stored, or the first subjects of a kind in the order of recording."""
    if kind is None:
        return session.store.stats()
    if kind not in CODES:
        raise WrongUsage(f"kind: one of {', '.join(ENTITIES)}, not {kind[:40]!r}")
    snapshot = session.snapshot()
    found: list[int] = []
    for node in _subjects(snapshot, kind):
        if len(found) == limit:
            break
        found.append(node)
    total = len(snapshot.subjects(kind))
    return {"kind": kind, "results": [brief(snapshot, n) for n in found], "total": total}


def subject_bytes(session: Session, text: str, known_at: str | None = None) -> bytes:
    """`subject` as both transports answer it."""
    return msgspec.json.encode(subject(session, text, known_at))


def search_bytes(session: Session, text: str, kind: str | None, limit: int) -> bytes:
    """`search` as both transports answer it."""
    return msgspec.json.encode(search(session, text, kind, limit))
