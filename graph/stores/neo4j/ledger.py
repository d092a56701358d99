"""The ledger of a Neo4j store: a node an entry, each with FOLLOWS to the one before, and a node for
the head, which whoever appends changes first.

The server has no guard of its own against a change: what is altered is found by the walk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from graph.errors import SchemaVersion, StoreCorrupt
from graph.ledger import Entry, Head
from graph.stores.neo4j import schema
from graph.stores.neo4j.connection import Server, Transaction

_PAST: Final = -(2**63)
_PAGE: Final = 2_000  # entries of one question
_TRIES: Final = 3


def lock(tx: Transaction, store: str) -> tuple[Head, int]:
    """Take the turn to append: the head and its moment. Raises SchemaVersion, StoreCorrupt."""
    rows = tx.rows("ledger_lock")
    if not rows:
        raise StoreCorrupt("the ledger's head is missing from the graph")
    name, version, no, digest, at = rows[0]
    if version != schema.VERSION or name != store:
        raise SchemaVersion("the store was changed by another program meanwhile: open it anew")
    return _head(no, digest), _PAST if at is None else at


def head(tx: Transaction) -> Head:
    """The newest entry's number and hash; a look-up of one node."""
    rows = tx.rows("ledger_head")
    if not rows:
        raise StoreCorrupt("the ledger's head is missing from the graph")
    return _head(*rows[0])


def _head(no: Any, digest: Any) -> Head:
    try:
        return Head(int(no), bytes.fromhex(digest))
    except (TypeError, ValueError):
        raise StoreCorrupt("the ledger's head in the graph is no number and hash") from None


def by_key(tx: Transaction, key: str) -> list[Entry]:
    """What an append recorded, in order; empty where there was none of this key."""
    return [_entry(row) for row in tx.rows("ledger_by_key", {"key": key})]


def entries(server: Server, since: int, about: str | None) -> Iterator[Entry]:
    """See `graph.store.Store.ledger`; page by page, each a transaction of its own."""

    def ask(name: str, asked: dict[str, Any]) -> list[Any]:
        for _ in range(_TRIES):
            columns: list[Any] = server.rows(name, asked)[0]
            numbers = range(asked["begin"], asked["begin"] + len(columns[0]))
            # Entries of one append come into the index one after the other. A gap that stays is
            # not of that kind, and is for the walk to find.
            if about is not None or columns[0] == list(numbers):
                break
        return columns

    return _entries(ask, since, about)


def about(tx: Transaction, what: str) -> Iterator[Entry]:
    """Entries about one thing, within a transaction."""
    return _entries(tx.one, 0, what)


def _entries(
    ask: Callable[[str, dict[str, Any]], Sequence[Any]], since: int, about: str | None
) -> Iterator[Entry]:
    name = "ledger_since" if about is None else "ledger_about"
    asked: dict[str, Any] = {"most": _PAGE} | ({} if about is None else {"about": about})
    begin = since + 1
    while True:
        columns = ask(name, asked | {"begin": begin})
        rows = list(zip(*columns, strict=True))
        if len(rows) < _PAGE:
            yield from map(_entry, rows)
            return
        # More may bear the last number, where somebody has put them there: the next page has all.
        last = rows[-1][0]
        page = [row for row in rows if row[0] != last] or rows
        yield from map(_entry, page)
        begin = last if len(page) < len(rows) else last + 1


def _entry(row: Sequence[Any]) -> Entry:
    """Hashes as bytes; what is none stays what it is, for the walk to find."""
    *fields, prior, digest = row
    return Entry._make([*fields, _bytes(prior), _bytes(digest)])


def _bytes(text: Any) -> bytes:
    try:
        found = bytes.fromhex(text)
    except (TypeError, ValueError):
        return b""
    return found if found.hex() == text else b""  # it reads capitals and blanks too


def row_of(entry: Entry) -> list[Any]:
    """An entry as the texts take it."""
    *fields, prior, digest = entry
    return [*fields, prior.hex(), digest.hex(), entry.no - 1 or None]


def insert(tx: Transaction, new: Sequence[Entry]) -> None:
    """Record entries and move the head, within the transaction that has locked it."""
    tx.rows("ledger_append", {"rows": [row_of(entry) for entry in new]})
    last = new[-1]
    tx.rows("ledger_advance", {"no": last.no, "hash": last.hash.hex(), "at": last.at})
