"""Whom a question for findings is asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.errors import UnknownSubject

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


def subject_of(snapshot: Snapshot, text: str, kind: str | None) -> int:
    """The subject that is named, which has to be of this kind (None: of any).

    About one of another kind there is nothing to find, and no rows would read as 'not found'.
    Raises UnknownSubject where nothing, more than one subject, or one of another kind is named.
    """
    found = snapshot.resolve(text)
    if kind is not None and (other := snapshot.kind_name(found)) != kind:
        raise UnknownSubject(f"no {kind} is named {text[:80]!r}: it is a {other}")
    return found
