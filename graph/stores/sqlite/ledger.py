"""The ledger of a SQLite store: one table, which its own guards keep in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from graph.errors import StoreCorrupt
from graph.ledger import GENESIS, Entry, Head
from graph.stores.sqlite import schema
from graph.stores.sqlite.connection import Db

_COLUMNS: Final = "no, at, actor, kind, about, body, key, part, prior, hash"
_SELECT: Final = f"SELECT {_COLUMNS} FROM ledger"


def head(db: Db) -> tuple[Head, int]:
    """The newest entry's number and hash, and its moment; one step of a B-tree. Raises StoreCorrupt
    where they are none, which somebody must have put there."""
    found = db.execute("SELECT no, hash, at FROM ledger ORDER BY no DESC LIMIT 1").fetchone()
    if not found:
        return GENESIS, -(2**63)
    no, digest, at = found
    if not isinstance(no, int) or not isinstance(digest, bytes) or not isinstance(at, int):
        raise StoreCorrupt("the ledger's newest entry has no number, hash and moment")
    return Head(no, digest), at


def by_key(db: Db, key: str) -> list[Entry]:
    """What an append recorded, in order; empty where there was none of this key."""
    return [Entry(*row) for row in db.execute(f"{_SELECT} WHERE key = ? ORDER BY part", (key,))]


def entries(db: Db, since: int, about: str | None) -> Iterator[Entry]:
    """See `graph.store.Store.ledger`. Raises StoreCorrupt where a text is none."""
    if about is None:
        rows = db.execute(f"{_SELECT} WHERE no > ? ORDER BY no", (since,))
    else:
        rows = db.execute(f"{_SELECT} WHERE about = ? AND no > ? ORDER BY no", (about, since))
    try:
        for row in rows:
            yield Entry(*row)
    except UnicodeDecodeError as error:
        raise StoreCorrupt(f"a text of the ledger cannot be read: {error}") from None


def insert(db: Db, new: Sequence[Entry]) -> None:
    """Record entries, within a transaction."""
    db.executemany(f"INSERT INTO ledger ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", new)


def guards_gone(db: Db) -> list[str]:
    """The names of guards that are missing or were changed."""
    there = {row[0] for row in db.execute("SELECT sql FROM sqlite_master WHERE tbl_name='ledger'")}
    return [each.split()[2] for each in schema.LEDGER if each not in there]
