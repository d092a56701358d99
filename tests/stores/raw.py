"""The tables and nodes of a ledger, written past the store: what somebody may do who has the file
or the server in his hands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import apsw

from graph.ledger import Entry
from graph.stores.sqlite.schema import LEDGER
from tests.stores.contract import SERVERS, Ground

_NAMED = {"prior": "priorHash"}
_FIELDS = ", ".join(
    f"{_NAMED.get(name, name)}: row[{place}]" for place, name in enumerate(Entry._fields)
)


class Raw(Protocol):
    """A ledger without guards."""

    def put(self, entries: Sequence[Entry]) -> None:
        """These and no others are in it now; fields may be anything that the store can hold."""

    def before_the_ledger(self) -> None:
        """Make the store what version 1 of the schema made it."""

    def close(self) -> None:
        """Let go of it; what was taken away for tampering comes back."""


class RawSqlite:
    """A table of the same columns, which takes anything."""

    def __init__(self, ground: Ground) -> None:
        self._db = apsw.Connection(ground.url.removeprefix("sqlite:///"))
        self._open = False

    def put(self, entries: Sequence[Entry]) -> None:
        """See the protocol."""
        db = self._db
        with db:
            if not self._open:
                db.execute("CREATE TABLE other AS SELECT * FROM ledger")
                db.execute("DROP TABLE ledger")
                db.execute("ALTER TABLE other RENAME TO ledger")
                self._open = True
            db.execute("DELETE FROM ledger")
            db.executemany("INSERT INTO ledger VALUES (?,?,?,?,?,?,?,?,?,?)", entries)

    def before_the_ledger(self) -> None:
        """See the protocol."""
        self._db.execute("DROP TABLE ledger; PRAGMA user_version = 1")

    def close(self) -> None:
        """See the protocol."""
        self._db.close()


class RawNeo4j:
    """Nodes without constraints; the indexes that questions ask for are there."""

    def __init__(self) -> None:
        self._ask = SERVERS[0].driver.execute_query
        self._open = False

    def put(self, entries: Sequence[Entry]) -> None:
        """See the protocol."""
        if not self._open:
            self._drop()
            self._ask("CREATE INDEX bench_no FOR (n:LedgerEntry) ON (n.no)")
            self._ask("CREATE INDEX bench_key FOR (n:LedgerEntry) ON (n.key, n.part)")
            self._ask("CALL db.awaitIndexes(60)")
            self._open = True
        self._ask("MATCH (n:LedgerEntry) DETACH DELETE n")
        rows: list[list[Any]] = [[_hex(value) for value in entry] for entry in entries]
        self._ask(f"UNWIND $rows AS row CREATE (:LedgerEntry {{{_FIELDS}}})", rows=rows)

    def _drop(self) -> None:
        for name in ("linkrisk_ledger_no", "linkrisk_ledger_key"):
            self._ask(f"DROP CONSTRAINT {name} IF EXISTS")

    def before_the_ledger(self) -> None:
        """See the protocol."""
        self._ask("MATCH (n:LedgerHead) DETACH DELETE n")
        self._drop()
        self._ask("DROP CONSTRAINT linkrisk_ledger IF EXISTS")
        self._ask("DROP INDEX linkrisk_ledger_about IF EXISTS")
        self._ask("MATCH (s:LinkriskStore) SET s.schema = 1")

    def close(self) -> None:
        """See the protocol."""
        if self._open:  # the next store makes the constraints, which these would forbid
            self._ask("MATCH (n:LedgerEntry) DETACH DELETE n")
            self._ask("DROP INDEX bench_no IF EXISTS")
            self._ask("DROP INDEX bench_key IF EXISTS")


def _hex(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def raw_of(ground: Ground) -> Raw:
    """The raw side of a store under test."""
    assert LEDGER[0].startswith("CREATE TABLE ledger ")
    return RawSqlite(ground) if ground.kind.name == "sqlite" else RawNeo4j()
