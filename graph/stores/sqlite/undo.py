"""Undoing a batch: a new batch that retracts what it recorded and records anew what it retracted."""

from __future__ import annotations

import sqlite3

from graph.errors import Conflict
from graph.facts import Row
from graph.store import BatchInfo
from graph.stores.sqlite.write import BatchWriter
from graph.times import INF, NEG


def plan(db: sqlite3.Connection, writer: BatchWriter, target: BatchInfo) -> None:
    """Fill `writer` with the opposite of `target`.

    Raises Conflict when a later batch changed one of its facts or refers to one of its records.
    """
    _refuse_if_built_upon(db, target)
    made = db.execute(
        "SELECT f.seq, f.id, f.dataset, r.first, r.current, r.kind FROM fact f"
        " JOIN record r ON r.id = f.id AND r.dataset = f.dataset"
        " WHERE f.batch = ? AND r.current = f.seq",
        (target.no,),
    ).fetchall()
    for seq, ident, dataset, first, _, kind in made:
        writer.retracted.append(seq)
        writer.records.setdefault(ident, {})[dataset] = known = [first, -seq, kind]
        writer.moved[ident, dataset] = known
    old = db.execute(
        "SELECT f.* FROM retraction t JOIN fact f ON f.seq = t.seq WHERE t.batch = ?"
        " AND f.batch <> t.batch",
        (target.no,),
    ).fetchall()
    for fact in old:
        _restore(db, writer, fact)
    writer.result.loaded = len(made) + len(old)


def _refuse_if_built_upon(db: sqlite3.Connection, target: BatchInfo) -> None:
    changed = db.execute(
        "SELECT count(*) FROM fact f JOIN retraction t ON t.seq = f.seq"
        " WHERE f.batch = ? AND t.batch > ?",
        (target.no, target.no),
    ).fetchone()[0]
    if changed:
        raise Conflict(
            f"{changed} facts of this batch were changed by later ones: undo those first"
        )
    low = target.last_seq - target.facts
    used = db.execute(
        "SELECT count(*) FROM fact f LEFT JOIN retraction t ON t.seq = f.seq"
        " WHERE f.batch > ?1 AND t.seq IS NULL AND"
        " ((f.a > ?2 AND f.a <= ?3) OR (f.b > ?2 AND f.b <= ?3))",
        (target.no, low, target.last_seq),
    ).fetchone()[0]
    if used:
        raise Conflict(f"{used} later facts refer to records of this batch: undo those first")


def _restore(db: sqlite3.Connection, writer: BatchWriter, fact: tuple) -> None:  # type: ignore[type-arg]
    (
        seq,
        first,
        kind,
        dataset,
        ident,
        a,
        b,
        vf,
        vt,
        value,
        extra,
        payload,
        digest,
        _,
        file,
        record,
        version,
    ) = fact[:17]
    keys = tuple(
        db.execute(
            "SELECT kind, value, reason, canonical FROM identifier WHERE seq = ? ORDER BY kind",
            (seq,),
        )
    )
    known = writer.records.setdefault(ident, {}).setdefault(dataset, [first, -seq, kind])
    row = Row(
        kind,
        "",
        ident,
        None,
        None,
        NEG if vf is None else vf,
        INF if vt is None else vt,
        value,
        extra,
        payload,
        digest,
        file,
        record,
        version,
        keys,
    )
    known[1] = writer.append(row, dataset, known, (a, b), digest)
    writer.moved[ident, dataset] = known
