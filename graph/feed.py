"""What batches recorded and retracted, record by record: a feed that can be read on from any place.

A place is a batch and the number of a record in it (the store's own, which never changes); behind
it come the records of that batch with higher numbers, then the batches after it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.columns import I32
from graph.model import CODES, LISTING_CODE, NAMES

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_RELATION, _RECORD, _LISTING = range(3)
WHOLE: Final = 2**62  # a place behind every record of its batch
_SHOWN: Final = 20


class Place(NamedTuple):
    """Up to where the feed was read."""

    batch: int
    record: int = WHOLE


@dataclass(frozen=True, slots=True)
class Touched:
    """A record that a batch touched: of its own versions, listings and relations how many came and
    went, by kind, and the names of the first of them. A correction counts as both."""

    place: Place
    node: int
    recorded: dict[str, int]
    retracted: dict[str, int]
    facts: list[str]
    facts_total: int


_Column = npt.NDArray[Any]  # whole numbers, but for `came`


class _Events(NamedTuple):
    batch: _Column
    node: _Column
    code: _Column
    came: _Column
    sort: _Column
    ref: _Column

    def where(self, chosen: _Column) -> _Events:
        return _Events(*(column[chosen] for column in self))


def touched(
    snapshot: Snapshot,
    behind: Place,
    upto: int,
    limit: int,
    only: I32 | None = None,
) -> list[Touched]:
    """The first `limit` records that batches touched behind a place and until batch `upto`, in
    order of place; of `only` these nodes, where given. What a view withholds is not in it.

    A relation touches the records at both its ends. One pass over the columns of the snapshot, and
    O(n log n) in what those batches recorded and retracted.
    """
    listings: list[str] = []
    events = _all(snapshot, behind, upto, listings)
    if only is not None:
        events = events.where(np.isin(events.node, only))
    if codes := [CODES[name] for name in snapshot.withheld]:
        kinds = snapshot.nodes.kind[events.node]
        events = events.where(~np.isin(events.code, codes) & ~np.isin(kinds, codes))
    first = snapshot.firsts(events.node.astype(np.int32))
    late = (events.batch > behind.batch) | (first > behind.record)
    events, first = events.where(late), first[late]
    order = np.lexsort((events.ref, events.sort, first, events.batch))
    events, first = events.where(order), first[order]
    step = np.ones(len(first), np.bool_)
    step[1:] = (first[1:] != first[:-1]) | (events.batch[1:] != events.batch[:-1])
    begins = np.append(np.flatnonzero(step), len(first))[: limit + 1]
    return [
        _one(snapshot, events.where(np.arange(low, high)), int(first[low]), listings)
        for low, high in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True)
    ]


def _all(snapshot: Snapshot, behind: Place, upto: int, listings: list[str]) -> _Events:
    """Everything that came or went in the batches from that of the place on."""
    low = behind.batch - 1 if behind.record < WHOLE else behind.batch
    cols = snapshot.columns
    owner, rec, ret = (snapshot.versions(name) for name in ("node", "rec", "ret"))
    parts = []
    for came, batches in ((True, cols.rec), (False, cols.ret)):
        seen = (batches > low) & (batches <= upto) & (cols.ret >= cols.rec)  # not withheld
        rows = np.flatnonzero(seen)
        parts.append(_of_rows(snapshot, batches, rows, cols.src, came))
        rows = rows[cols.src[rows] != cols.dst[rows]]
        parts.append(_of_rows(snapshot, batches, rows, cols.dst, came))
    for came, batches in ((True, rec), (False, ret)):
        at = np.flatnonzero((batches > low) & (batches <= upto))
        node = owner[at]
        parts.append(_part(batches[at], node, snapshot.nodes.kind[node], came, _RECORD, node))
    for came in (True, False):
        moved = [each for each in snapshot.listing_events(low, upto) if each.came == came]
        numbers = np.arange(len(listings), len(listings) + len(moved))
        listings += [each.fact for each in moved]
        batch, node = (np.array([getattr(e, n) for e in moved], int) for n in ("batch", "node"))
        code = np.full(len(moved), LISTING_CODE)
        parts.append(_part(batch, node, code, came, _LISTING, numbers))
    return _Events(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _of_rows(
    snapshot: Snapshot,
    batches: _Column,
    rows: _Column,
    ends: _Column,
    came: bool,
) -> _Events:
    return _part(batches[rows], ends[rows], snapshot.codes(rows), came, _RELATION, rows)


def _part(
    batch: _Column,
    node: _Column,
    code: _Column,
    came: bool,
    sort: int,
    ref: _Column,
) -> _Events:
    size = len(batch)
    batch, node, code, ref = (each.astype(np.int64) for each in (batch, node, code, ref))
    return _Events(batch, node, code, np.full(size, came), np.full(size, sort), ref)


def _one(snapshot: Snapshot, events: _Events, first: int, listings: list[str]) -> Touched:
    node, batch = int(events.node[0]), int(events.batch[0])
    counts = Counter(zip(events.code.tolist(), events.came.tolist(), strict=True))
    names: dict[str, None] = {}
    for sort, ref in zip(events.sort.tolist(), events.ref.tolist(), strict=True):
        if sort == _RELATION:
            names[snapshot.fact_id(ref)] = None
        else:
            names[listings[ref] if sort == _LISTING else snapshot.record_name(ref)] = None
    return Touched(
        Place(batch, first),
        node,
        {NAMES[code]: n for (code, came), n in sorted(counts.items()) if came},
        {NAMES[code]: n for (code, came), n in sorted(counts.items()) if not came},
        list(names)[:_SHOWN],
        len(names),
    )
