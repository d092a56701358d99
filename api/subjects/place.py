"""Where a subject stands: at its canonical id. Ids that led elsewhere before are sent on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graph.errors import UnknownSubject

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class Place(NamedTuple):
    """A subject's node and canonical id; `moved` says that the id asked by is no more its own."""

    node: int
    canonical: str
    moved: bool


def place(snapshot: Snapshot, text: str) -> Place:
    """The subject that an id or official key names.

    Moved are: a record that stands with others under one subject (of the same official key, or
    judged the same), another canonical id of such a subject, and one that a record bore before it
    was corrected. The id of a record that stands alone, and an official key, are ways of asking
    that stay. Raises UnknownSubject.
    """
    try:
        node = snapshot.resolve(text)
    except UnknownSubject:
        once = snapshot.bore(text) if ":" in text else set()
        if len(once) != 1:
            raise
        node = once.pop()
        return Place(node, snapshot.canonical(node), True)
    canonical = snapshot.canonical(node)
    if text == canonical:
        return Place(node, canonical, False)
    records = snapshot.records(node)
    if text in records or any(name.partition(":")[2] == text for name in records):
        return Place(node, canonical, len(records) > 1)
    return Place(node, canonical, ":" in text)
