"""Which listings stand against the members of findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import orjson

from graph.errors import UnknownSubject
from graph.limbs import in_force

if TYPE_CHECKING:
    from graph.listed import Listing
    from graph.snapshot import Snapshot

LISTS: Final = ("black", "penalty", "abnormal")  # what stands against somebody


def listed_among(snapshot: Snapshot, names: Iterable[str], at: int) -> dict[str, list[str]]:
    """The listings (facts) of each of these subjects that are known and in force at an instant
    (µs), on one of `LISTS`; who has none, or is not in the snapshot, is left out. In proportion
    to the subjects and their listings."""
    found: dict[str, list[str]] = {}
    for name in names:
        try:
            node = snapshot.resolve(name)
        except UnknownSubject:
            continue
        facts = [
            fact
            for fact, each in snapshot.listings_ever(node)
            if each.known(snapshot.batch) and each.vf <= at < each.vt and _stands(each)
        ]
        if facts:
            found[name] = sorted(facts)
    return found


def _stands(each: Listing) -> bool:
    said = orjson.loads(each.payload)
    return said.get("list") in LISTS and in_force(said.get("status"))
