"""Batches of a SQLite store as they are copied, and a copied batch as it is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from graph.errors import Conflict
from graph.store import BatchInfo
from graph.stores.copying import Copied, changes_of
from graph.stores.sqlite.books import SqliteBooks
from graph.stores.sqlite.connection import Db
from graph.stores.sqlite.sealing import opened

_FACTS: Final = (
    f"SELECT seq, first, kind, dataset, id, a, b, vf, vt, value, {opened('extra')},"
    f" {opened('payload')}, digest, batch, file, record, version, prior"
    " FROM fact WHERE seq > ? AND seq <= ? ORDER BY seq"
)
_IDENTIFIERS: Final = (
    f"SELECT seq, kind, {opened('value')}, reason, canonical"
    " FROM identifier WHERE seq > ? AND seq <= ? ORDER BY seq, kind"
)


def copies(db: Db, infos: list[BatchInfo], names: list[str]) -> Iterator[Copied]:
    """See `graph.stores.copying.Copying`."""
    for info in infos:
        low, high = info.last_seq - info.facts, info.last_seq
        facts = db.execute(_FACTS, (low, high)).fetchall()
        identifiers = db.execute(_IDENTIFIERS, (low, high)).fetchall()
        ended = db.execute(
            "SELECT f.id, f.dataset, f.first, f.seq, f.kind FROM retraction t"
            " JOIN fact f ON f.seq = t.seq WHERE t.batch = ? ORDER BY t.no",
            (info.no,),
        ).fetchall()
        undoes, undone, *file = db.execute(
            "SELECT b.undoes, b.undone, f.name, f.sha256 FROM batch b"
            " LEFT JOIN file f ON f.no = b.file WHERE b.no = ?",
            (info.no,),
        ).fetchone()
        used = max((fact[3] for fact in facts), default=0)
        yield Copied(
            info,
            changes_of(info.no, facts, identifiers, ended),
            ended,
            dict(enumerate(names[1 : used + 1], 1)),  # unused ones too: numbers have no gaps
            None if file[0] is None else (file[0], file[1]),
            undoes,
            bool(undone),
        )


def receive(db: Db, copied: Copied, file: int | None) -> None:
    """Record a copied batch, within a transaction."""
    books = SqliteBooks(db)
    known = books.datasets()
    for number, name in sorted(copied.datasets.items()):
        if known.get(name, number) != number:
            raise Conflict(f"the target numbers the dataset {name!r} otherwise")
        if name not in known:
            books.add_dataset(name, number)
    copied.changes.file = file
    books.insert(copied.changes, copied.info, copied.undoes)
    db.execute("UPDATE batch SET undone = ? WHERE no = ?", (int(copied.undone), copied.info.no))
