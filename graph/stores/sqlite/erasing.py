"""Erasure in a SQLite store: what is updated, and how the file is freed of what it held."""

from __future__ import annotations

import time
from typing import Final

import apsw

from graph.erasure import ABOUT, GONE, Erased, Plan, fold
from graph.stores.sqlite import ledger, schema
from graph.stores.sqlite.connection import Db

_TRIES: Final = 100
_PAUSE: Final = 0.05  # seconds
_VERSIONS: Final = (
    "WITH RECURSIVE version(seq) AS (SELECT abs(r.current) FROM record r WHERE r.id = ?1"
    " AND r.dataset = ?2 UNION ALL SELECT f.prior FROM fact f JOIN version v ON f.seq = v.seq"
    " WHERE f.prior IS NOT NULL) "
)


def upto(db: Db) -> int:
    """The number of the newest entry about privacy; one step of a B-tree."""
    found = db.execute("SELECT max(no) FROM ledger WHERE about = ?", (ABOUT,)).fetchone()
    return int(found[0] or 0)


def erased(db: Db) -> Erased:
    """All that was erased; one step of a B-tree where nothing was."""
    return fold(ledger.entries(db, 0, ABOUT), lambda: schema.id_key(db))


def apply(db: Db, plan: Plan) -> None:
    """Take out what a plan names, within a transaction. Done twice it is as done once."""
    seqs = [(seq,) for seq in plan.erased]
    db.executemany(f"UPDATE fact SET payload = '{GONE}', extra = NULL WHERE seq = ?", seqs)
    db.executemany("UPDATE identifier SET value = '' WHERE seq = ?", seqs)
    rows = [(each.payload, each.extra, each.seq) for each in plan.cut]
    db.executemany("UPDATE fact SET payload = ?, extra = ? WHERE seq = ?", rows)
    for first, _, new in plan.renamed:
        found = db.execute("SELECT id, dataset FROM fact WHERE seq = ?", (first,)).fetchone()
        if found is not None and found[0] != new:
            within = "UPDATE fact SET id = ?3 WHERE seq IN (SELECT seq FROM version)"
            db.execute(_VERSIONS + within, (*found, new))
            db.execute("UPDATE record SET id = ?3 WHERE id = ?1 AND dataset = ?2", (*found, new))


def purge(db: apsw.Connection) -> list[str]:
    """Write the file anew and empty its log: pages that were split hold copies of what stood in
    them. Takes the file's size again on the disk while it lasts. Others may read meanwhile."""
    db.execute("PRAGMA secure_delete = ON").fetchall()
    db.execute("VACUUM")
    for _ in range(_TRIES):
        busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy is not None and not busy[0]:
            return []
        time.sleep(_PAUSE)
    return [
        "somebody reads the store, so its log could not be emptied: run `privacy purge` again"
        " / 有读者占用, 日志未清空, 请稍后再运行 privacy purge"
    ]
