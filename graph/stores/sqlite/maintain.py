"""Looking after a store's file: statistics, the check of file and facts, backup."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any, Final

import apsw

from graph.deadline import current
from graph.erasure import Erased
from graph.errors import Conflict, StoreFull
from graph.ledger import Kept
from graph.ledger import problems as ledger_problems
from graph.model import NAMES, is_entity
from graph.naming import add_events
from graph.stores.deciding.sound import Content, stands
from graph.stores.sqlite import erasing, ledger, read, schema
from graph.stores.sqlite.connection import Db, connect
from graph.stores.sqlite.sealing import opened
from graph.times import format_instant

_MOST: Final = 20  # problems named before the rest is counted
_OFTEN: Final = 10_000  # facts between two reports of how far the check is


def stats(db: Db, path: Path) -> dict[str, Any]:
    """Current facts by kind, versions, batches, bytes."""
    kinds = db.execute(
        "SELECT kind, count(*), sum(current > 0) FROM record GROUP BY kind ORDER BY kind"
    )
    newest = db.execute(
        "SELECT count(*), max(no), max(recorded_at), ifnull(sum(facts), 0),"
        " ifnull(sum(retractions), 0) FROM batch"
    ).fetchone()
    return {
        "kinds": {NAMES[kind]: current for kind, _, current in kinds},
        "batches": newest[0],
        "versions": newest[3],
        "retractions": newest[4],
        "ledger": ledger.head(db)[0].no,
        "newest": format_instant(newest[2]) if newest[0] else None,
        "bytes": path.stat().st_size,
    }


def check(db: Db, kept: Kept) -> list[str]:
    """Problems in words. Reads everything: a few seconds per million facts."""
    problems = [
        f"file: {row[0]}" for row in db.execute("PRAGMA integrity_check(20)") if row[0] != "ok"
    ]
    if problems:
        return problems
    db.execute(schema.INDEXES["identifier_canonical"])  # put off by a load that was cut short
    db.execute("BEGIN")  # one consistent view while others write
    try:
        problems += _references(db)
        problems += _contents(db)
    finally:
        db.execute("COMMIT")
    gone = ledger.guards_gone(db)
    problems += [f"ledger: the guard {name} is missing or was changed" for name in gone]
    problems += ledger_problems(kept)
    if len(problems) > _MOST:
        problems = [*problems[:_MOST], f"and {len(problems) - _MOST} more"]
    return problems


_QUESTIONS: Final = {
    "a relation's end is no record": "SELECT seq FROM fact f WHERE (a IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM fact e WHERE e.seq = f.a)) OR (b IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM fact e WHERE e.seq = f.b))",
    "a record's current version is missing or retracted": "SELECT r.first FROM record r"
    " LEFT JOIN fact f ON f.seq = r.current LEFT JOIN retraction t ON t.seq = r.current"
    " WHERE r.current > 0 AND (f.seq IS NULL OR t.seq IS NOT NULL)",
    "a version is neither current nor retracted": "SELECT f.seq FROM fact f"
    " LEFT JOIN retraction t ON t.seq = f.seq WHERE t.seq IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM record r WHERE r.id = f.id AND r.dataset = f.dataset AND r.current = f.seq)",
    "a record is not what its version says": "SELECT r.first FROM record r"
    " JOIN fact f ON f.seq = abs(r.current) WHERE f.first <> r.first OR f.kind <> r.kind"
    " OR f.id <> r.id OR f.dataset <> r.dataset",
    "a version follows one of another record": "SELECT f.seq FROM fact f"
    " JOIN fact p ON p.seq = f.prior"
    " WHERE f.first <> p.first OR f.id <> p.id OR f.dataset <> p.dataset",
    "a retraction names no fact": "SELECT t.no FROM retraction t LEFT JOIN fact f"
    " ON f.seq = t.seq WHERE f.seq IS NULL",
}


def _references(db: Db) -> list[str]:
    return [
        f"facts: {words} ({row[0]})"
        for words, query in _QUESTIONS.items()
        for row in db.execute(f"{query} LIMIT 5")
    ]


def _contents(db: Db) -> list[str]:
    """Every fact's digest against its content, and every batch's name against its facts."""
    problems = []
    key = schema.id_key(db) if schema.has_key(db) else None
    erased = erasing.erased(db)
    names = {row[0]: row[1] for row in db.execute("SELECT no, name FROM dataset")}
    rows = db.execute(
        "SELECT f.seq, f.kind, f.dataset, f.id, ea.dataset, ea.id, eb.dataset, eb.id, f.vf, f.vt,"
        f" f.value, {opened('f.payload')}, f.digest, f.batch, {opened('f.extra')} FROM fact f"
        " LEFT JOIN fact ea ON ea.seq = f.a LEFT JOIN fact eb ON eb.seq = f.b ORDER BY f.seq"
    )
    name = bytes(32)
    by_batch = groupby(rows, key=lambda row: row[13])
    pending = next(by_batch, None)
    batches = db.execute(
        "SELECT no, recorded_at, facts, retractions, name FROM batch ORDER BY no"
    ).fetchall()
    deadline, done, total = current(), 0, sum(batch[2] for batch in batches)
    for no, recorded_at, facts, retractions, expected in batches:
        digests = []
        if pending is not None and pending[0] == no:
            for row in pending[1]:
                digests.append(row[12])
                if not _sound(db, row, names, key, erased):
                    problems.append(f"facts: {names.get(row[2], row[2])}:{row[3]} was altered")
                done += 1
                if not done % _OFTEN:
                    deadline.report(done, total, "facts / 事实")
            pending = next(by_batch, None)
        gone = [
            row[0]
            for row in db.execute(
                "SELECT f.digest FROM retraction t JOIN fact f ON f.seq = t.seq WHERE t.batch = ?",
                (no,),
            )
        ]
        name = add_events(name, recorded_at, digests, gone)
        if name != expected or len(digests) != facts or len(gone) != retractions:
            problems.append(f"batch {no}: its facts are not those that were committed")
            name = expected
    if pending is not None:
        problems.append(f"batch {pending[0]}: facts of a batch that is not recorded")
    return problems


def _sound(
    db: Db, row: tuple[Any, ...], names: dict[int, str], id_key: bytes | None, gone: Erased
) -> bool:
    a = None if row[4] is None else f"{names.get(row[4])}:{row[5]}"
    b = None if row[6] is None else f"{names.get(row[6])}:{row[7]}"
    name = f"{names.get(row[2])}:{row[3]}"
    keys = read.identifiers(db, row[0]) if is_entity(row[1]) else ()
    content = Content(row[1], name, a, b, row[8], row[9], row[10], row[14], row[11], row[12], keys)
    return stands(row[0], content, id_key, gone)


def backup(db: apsw.Connection, destination: Path) -> None:
    """Copy through SQLite's online backup; the copy appears whole or not at all.

    In one step: between steps a writer would make it begin again, and a busy one for ever.
    """
    if destination.exists():
        raise Conflict(f"{destination} is already there")
    partial = destination.with_name(destination.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        target = connect(partial)
        try:
            with target.backup("main", db, "main") as copying:
                copying.step()
            if (found := read.scalar(target, "PRAGMA quick_check")) != "ok":
                raise StoreFull(f"the copy is not sound: {found}")
            target.execute("PRAGMA journal_mode = DELETE")
        finally:
            target.close()
        partial.rename(destination)
    except (OSError, apsw.Error) as error:
        partial.unlink(missing_ok=True)
        raise StoreFull(f"the backup could not be written: {error}") from error
