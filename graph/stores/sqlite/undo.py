"""Undoing a batch: a new one retracts what it recorded and records anew what it retracted."""

from __future__ import annotations

from typing import Any

from graph.errors import Conflict
from graph.facts import Row
from graph.store import BatchInfo
from graph.stores.sqlite.pending import Pending


def plan(pending: Pending, target: BatchInfo) -> int:
    """Fill `pending` with the opposite of `target`; how many records that changes.

    Raises Conflict when a later batch changed one of its facts or refers to one of its records.
    """
    db = pending.db
    _refuse_if_built_upon(pending, target)
    made = db.execute(
        "SELECT r.id, r.dataset, r.first, r.current, r.kind FROM fact f"
        " JOIN record r ON r.id = f.id AND r.dataset = f.dataset"
        " WHERE f.batch = ? AND r.current = f.seq",
        (target.no,),
    ).fetchall()
    for known in made:
        pending.retract(known)
    records = pending.resolver.records
    old = db.execute(
        "SELECT f.seq, f.dataset, f.id, f.first, f.digest, f.file, f.record, f.version"
        " FROM retraction t JOIN fact f ON f.seq = t.seq WHERE t.batch = ? AND f.batch <> t.batch",
        (target.no,),
    ).fetchall()
    for seq, dataset, ident, first, digest, *source in old:
        found = pending.version(seq)
        known = records[dataset].get(ident) or (ident, dataset, first, -seq, found.kind)
        fields: tuple[Any, ...] = (
            found.kind, "", ident, None, None, found.vf, found.vt, found.value, found.extra,
            found.payload, digest, *source, pending.keys(seq),
        )  # fmt: skip
        row = Row(*fields)
        pending.replace(row, known, (found.a, found.b), digest)
    return len(made) + len(old)


def _refuse_if_built_upon(pending: Pending, target: BatchInfo) -> None:
    changed = pending.db.execute(
        "SELECT count(*) FROM fact f JOIN retraction t ON t.seq = f.seq"
        " WHERE f.batch = ? AND t.batch > ?",
        (target.no, target.no),
    ).fetchone()[0]
    if changed:
        raise Conflict(
            f"{changed} facts of this batch were changed by later ones: undo those first"
        )
    anew = pending.db.execute(
        "SELECT count(*) FROM retraction t JOIN fact f ON f.seq = t.seq"
        " JOIN record r ON r.id = f.id AND r.dataset = f.dataset"
        " JOIN fact c ON c.seq = abs(r.current)"
        " WHERE t.batch = ?1 AND c.batch > ?1",
        (target.no,),
    ).fetchone()[0]
    if anew:
        raise Conflict(f"{anew} retracted facts were recorded anew by later ones: undo those first")
    low = target.last_seq - target.facts
    used = pending.db.execute(
        "SELECT count(*) FROM fact f LEFT JOIN retraction t ON t.seq = f.seq"
        " WHERE f.batch > ?1 AND t.seq IS NULL AND"
        " ((f.a > ?2 AND f.a <= ?3) OR (f.b > ?2 AND f.b <= ?3))",
        (target.no, low, target.last_seq),
    ).fetchone()[0]
    if used:
        raise Conflict(f"{used} later facts refer to records of this batch: undo those first")
