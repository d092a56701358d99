"""What happened to a subject, moment by moment, on both axes of time: in the world, and in what was
known of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from graph.adjacency import recorded, rows_at
from graph.columns import I64
from graph.model import LISTING, RELATIONS
from graph.times import INF, NEG
from graph.traverse import IN, OUT

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

VALID: Final = ("begins", "happens", "ends")
RECORDED: Final = ("recorded", "retracted")
WORDS: Final = (*VALID, *RECORDED)  # of one moment, in this order
_WAYS: Final = ((OUT, "out"), (IN, "in"))


class Moment(NamedTuple):
    """`what` came at an instant (µs) to a fact; `other` is the subject at its other end, where it
    is a relation and this one stands at the end that `direction` says."""

    at: int
    what: str
    fact: str
    kind: str
    other: int | None = None
    direction: str | None = None


class Window(NamedTuple):
    """Which moments: from `low` on and before `high` (µs), of these words and kinds."""

    low: int
    high: int
    words: frozenset[str]
    kinds: frozenset[str]


class _Rows(NamedTuple):
    """The moments of relations as arrays, not named yet."""

    at: I64
    what: I64
    row: I64
    way: I64


def over_most(snapshot: Snapshot, subject: int, kinds: Iterable[str], most: int) -> list[str]:
    """Kinds of which more relations were ever recorded at a subject, in one direction."""
    return [
        kind
        for kind in kinds
        if any(recorded(snapshot, subject, kind, way) > most for way, _ in _WAYS)
    ]


def of_relations(
    snapshot: Snapshot, subject: int, window: Window, when: I64, limit: int
) -> list[Moment]:
    """The first moments of a subject's relations in a window, `limit` of them and all that equal
    the last in time, in no order.

    `when` are the instants of batches by their number. What was retracted has no valid time any
    more. Linear in the relations ever recorded; only what is answered is named.
    """
    parts = [
        part
        for kind in sorted(window.kinds & RELATIONS.keys())
        for way, _ in _WAYS
        for part in _of_kind(snapshot, subject, kind, way, window, when)
    ]
    if not parts:
        return []
    found = _Rows(*(np.concatenate(each) for each in zip(*parts, strict=True)))
    if len(found.at) > limit:
        last = np.partition(found.at, limit - 1)[limit - 1]
        kept = found.at <= last
        found = _Rows(*(each[kept] for each in found))
    return list(_named(snapshot, found))


def _of_kind(
    snapshot: Snapshot, subject: int, kind: str, way: int, window: Window, when: I64
) -> Iterator[_Rows]:
    rows = rows_at(snapshot, subject, kind, way)
    if not len(rows):
        return
    cols = snapshot.columns
    if way == IN:  # of a relation with itself the other end has told already
        rep = snapshot.nodes.rep
        rows = rows[rep[cols.src[rows]] != rep[cols.dst[rows]]]
    gone = cols.ret[rows] <= snapshot.batch
    known = rows[~gone]
    begins = "happens" if RELATIONS[kind].event else "begins"
    came = [(begins, cols.vf[known], known)]
    if not RELATIONS[kind].event:
        came.append(("ends", cols.vt[known], known))
    came.append(("recorded", when[cols.rec[rows]], rows))
    came.append(("retracted", when[cols.ret[rows[gone]]], rows[gone]))
    for what, at, of in came:
        if what in window.words:
            keep = (at >= window.low) & (at < window.high) & (at != NEG) & (at != INF)
            count = int(keep.sum())
            word = np.full(count, WORDS.index(what), np.int64)
            yield _Rows(at[keep], word, of[keep], np.full(count, way, np.int64))


def _named(snapshot: Snapshot, found: _Rows) -> Iterator[Moment]:
    cols, rep = snapshot.columns, snapshot.nodes.rep
    ids = snapshot.fact_ids(found.row.tolist())
    others = rep[np.where(found.way == OUT, cols.dst[found.row], cols.src[found.row])]
    lists = (each.tolist() for each in (found.at, found.what, found.row, found.way, others))
    for at, what, row, way, other, fact in zip(*lists, ids, strict=True):
        kind, word = snapshot.kind_of_row(row), "out" if way == OUT else "in"
        yield Moment(at, WORDS[what], fact, kind, other, word)


def of_records(snapshot: Snapshot, subject: int, window: Window, when: I64) -> Iterator[Moment]:
    """The moments of a subject's records and of the listings of these, in no order."""
    kind = snapshot.kind_name(subject)
    told = []
    if kind in window.kinds:
        for member in snapshot.members(subject):
            name = snapshot.record_name(member)
            for begins, ends, came, lost in snapshot.record_versions(member):
                told.append((name, kind, begins, ends, came, lost))
    if LISTING in window.kinds:
        for name, each in snapshot.listings_ever(subject):
            told.append((name, LISTING, each.vf, each.vt, each.rec, each.ret))
    for name, what, begins, ends, came, lost in told:
        gone = lost <= snapshot.batch
        moments = [("recorded", int(when[came]))]
        if gone:
            moments.append(("retracted", int(when[lost])))
        else:
            moments += [("begins", begins), ("ends", ends)]
        for word, at in moments:
            inside = window.low <= at < window.high and at not in (NEG, INF)
            if inside and word in window.words:
                yield Moment(at, word, name, what)
