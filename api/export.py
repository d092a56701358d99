"""The facts of a store as JSON Lines, the newest version of each or as known at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import orjson

from api.look import was_known
from api.native import native
from graph.errors import UnknownSubject
from graph.model import is_entity
from graph.times import parse_time

if TYPE_CHECKING:
    from api.session import Session
    from graph.snapshot import Snapshot


def lines(session: Session, known_at: str | None = None, *, masked: bool) -> Iterator[bytes]:
    """One line a fact, in the order of recording: entities stand before what names them.

    `canonical` is the id that answers use; on an entity, of the subject it belongs to. Streams:
    memory does not grow with the store, the snapshot aside.
    """
    snapshot = session.snapshot(known_at)
    moment = parse_time(snapshot.known_at)
    for fact in session.store.facts():
        if not was_known(fact, moment):
            continue
        shown = native(fact, masked=masked)
        if is_entity(fact.code):
            shown["canonical"] = _canonical(snapshot, fact.name)
        yield orjson.dumps(shown, option=orjson.OPT_APPEND_NEWLINE)


def _canonical(snapshot: Snapshot, name: str) -> str:
    try:
        return snapshot.canonical(snapshot.resolve(name))
    except UnknownSubject:  # written after the snapshot was opened
        return name
