"""The relations at one subject by kind and direction, however many: spans of the indexes, and what
of them counts, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graph.columns import I64
from graph.model import CODES
from graph.traverse import OUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.columns import Index
    from graph.snapshot import Snapshot


def recorded(snapshot: Snapshot, subject: int, kind: str, way: int) -> int:
    """How many relations of a kind were ever recorded at a subject in one direction (`traverse.OUT`
    or `IN`) by this view, true or not, retracted or not: no fewer than count. O(log n) a record of
    it; in a view of the past linear in them."""
    if not snapshot.newest:
        return len(rows_at(snapshot, subject, kind, way))
    return sum(high - low for _, low, high in _spans(snapshot, subject, kind, way))


def rows_at(snapshot: Snapshot, subject: int, kind: str, way: int) -> I64:
    """The rows of all these relations that were recorded by this view. Linear in them."""
    parts = [
        index.order[low:high].astype(np.int64) if len(index.order) else np.arange(low, high)
        for index, low, high in _spans(snapshot, subject, kind, way)
    ]
    if not parts:
        return np.empty(0, np.int64)
    rows: I64 = np.concatenate(parts)
    return rows[snapshot.columns.rec[rows] <= snapshot.batch]


def true_at(snapshot: Snapshot, subject: int, kind: str, way: int, at: int) -> list[int]:
    """The rows of those of them that are known and true at an instant (µs), ascending."""
    found = snapshot.counting(rows_at(snapshot, subject, kind, way), kind, at)
    rows: list[int] = np.sort(found).tolist()
    return rows


def _spans(
    snapshot: Snapshot, subject: int, kind: str, way: int
) -> Iterator[tuple[Index, int, int]]:
    code = CODES[kind]
    members = np.array(snapshot.members(subject), np.int32)
    for index in snapshot.out if way == OUT else snapshot.into:
        first, last = int(index.start[code]), int(index.start[code + 1])
        listed = index.nodes[first:last]
        places = np.searchsorted(listed, members)
        for place, member in zip(places.tolist(), members.tolist(), strict=True):
            if place < len(listed) and listed[place] == member:
                yield index, int(index.ptr[first + place]), int(index.ptr[first + place + 1])
