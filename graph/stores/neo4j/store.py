"""The Neo4j store: facts as nodes and relationships, every batch one managed transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from neo4j import exceptions

from graph.erasure import ABOUT, Erased, Plan
from graph.errors import Conflict, SchemaVersion, StoreAway
from graph.facts import Row
from graph.ledger import Draft, Entry, Head, again, chain, expected
from graph.store import BatchInfo, Capabilities, Delta, StoredFact, Written
from graph.stores.copying import Copied, continues, follows
from graph.stores.deciding import undo
from graph.stores.deciding.pending import Pending
from graph.stores.deciding.resolve import Resolver
from graph.stores.deciding.write import BatchWriter
from graph.stores.neo4j import books, copies, erasing, ledger, maintain, read, schema
from graph.stores.neo4j.address import Address, parse
from graph.stores.neo4j.applied import whole
from graph.stores.neo4j.books import NeoBooks
from graph.stores.neo4j.connection import Server, Transaction
from graph.stores.neo4j.veil import Veil
from graph.times import now

T = TypeVar("T")
_PAST: Final = -(2**63)


class NeoStore:
    """See `graph.store.Store`. Writes take turns at one node, which they all change first."""

    # The server holds a transaction in its heap, about 10 KB a fact, and is not quicker with more.
    capabilities = Capabilities(
        online_backup=True, readers_while_writing=True, knows_size=False, batch_rows=20_000
    )

    def __init__(self, address: Address, server: Server, opened: schema.Opened) -> None:
        self.url = address.url
        self.shown = address.shown
        self.uuid = opened.uuid
        self._server = server
        self._id_key = opened.id_key
        self._veil = Veil(opened.id_key, plain=opened.plain)
        self._numbers: dict[str, int] = {}

    @classmethod
    def open(cls, url: str, *, create: bool = False, id_key: bytes | None = None) -> NeoStore:
        """Open the store in a database; with `create`, make it where there is none."""
        address = parse(url)
        server = Server(address)
        try:
            return cls(address, server, schema.open_or_create(server, create=create, id_key=id_key))
        except BaseException:
            server.close()
            raise

    @property
    def id_key(self) -> bytes:
        """The secret of keyed ids; it is not in the database, see `secret`."""
        return self._id_key

    # -- writing ----------------------------------------------------------------------------

    def write(
        self,
        batch_id: str,
        rows: Sequence[Row],
        *,
        file: tuple[str, str] | None = None,
        defer: bool = False,
        settled: bool = True,
        recorded_at: int | None = None,
    ) -> Written:
        """See the protocol. Cost: linear in the rows, and a look-up for names that may be known."""

        def decide(pending: Pending) -> Written:
            return BatchWriter(pending).run(rows, defer)

        return self._batch(batch_id, decide, len(rows), file, settled, recorded_at)

    def _batch(
        self,
        batch_id: str,
        decide: Callable[[Pending], Written],
        count: int,
        file: tuple[str, str] | None,
        settled: bool,
        recorded_at: int | None,
    ) -> Written:
        """One batch, decided anew in every attempt. An attempt whose acknowledgement was lost is
        known again by its mark, and what it decided is what is answered."""
        decided: dict[str, Written] = {}

        def attempt(tx: Transaction) -> Written:
            head = self._head(tx)
            if found := tx.rows("batch_by_id", {"id": batch_id}):
                mark = found[0][9]
                if mark in decided:
                    return decided[mark]
                return Written(found[0][0], 0, count, repeated=True)
            mark = uuid.uuid4().hex
            moment = max(now() if recorded_at is None else recorded_at, head.moment)
            with self._pending(tx, head, moment, mark, file) as pending:
                result = decide(pending)
                if pending:
                    clean = settled and not (result.deferred or result.rejected)
                    pending.insert(batch_id, moment, head.name, clean, None)
                    result.batch = pending.number
            decided[mark] = result
            return result

        return self._surely(attempt)

    def _surely(self, attempt: Callable[[Transaction], T]) -> T:
        """Run an attempt that knows what earlier ones have done; again where nobody can say whether
        the last one was committed. Raises StoreAway where the server stays away."""
        for _ in range(20):
            try:
                return self._server.write(attempt)
            except StoreAway as error:
                if not isinstance(error.__cause__, exceptions.IncompleteCommit):
                    raise
        raise StoreAway(f"the Neo4j server at {self.shown} lost one acknowledgement after another")

    def _head(self, tx: Transaction) -> books.Head:
        """Take the turn to write, and where the store stands."""
        name, version, number, seq, last, moment = tx.one("store_lock")
        if version != schema.VERSION or name != self.uuid:
            raise SchemaVersion("the store was changed by another program meanwhile: open it anew")
        return books.Head(number, seq, bytes.fromhex(last), _PAST if moment is None else moment)

    @contextmanager
    def _pending(
        self,
        tx: Transaction,
        head: books.Head,
        moment: int,
        mark: str,
        file: tuple[str, str] | None,
    ) -> Iterator[Pending]:
        number = None
        if file is not None:
            number = tx.one("file_merge", {"name": file[0], "sha256": file[1]})[0]
        own = NeoBooks(tx, self._veil, head, moment, mark)
        try:
            yield Pending(Resolver(own), head.number + 1, number)
        finally:
            own.close()

    def settle(self, batch_ids: Sequence[str]) -> None:
        """See the protocol."""
        if batch_ids:
            self._surely(lambda tx: tx.rows("batch_settle", {"ids": list(batch_ids)}))

    def undo(self, batch_id: str) -> Written:
        """See the protocol."""
        decided: dict[str, Written] = {}

        def attempt(tx: Transaction) -> Written:
            head = self._head(tx)
            rows = tx.rows("batch_by_id", {"id": batch_id})
            if not rows:
                if decided and (done := tx.rows("batches_since", {"since": head.number - 1})):
                    mark = tx.rows("batch_by_id", {"id": done[0][1]})[0][9]
                    if mark in decided:
                        return decided[mark]
                raise Conflict(f"no batch is named {batch_id[:80]!r}")
            target = read.batch_info(rows[0])
            mark = uuid.uuid4().hex
            moment = max(now(), head.moment)
            with self._pending(tx, head, moment, mark, None) as pending:
                result = Written(loaded=undo.plan(pending, target))
                tx.rows("batch_undone", {"no": target.no})
                if pending:
                    pending.insert(f"undo:{target.no}", moment, head.name, True, target.no)
                    result.batch = pending.number
            decided[mark] = result
            return result

        return self._surely(attempt)

    def append(
        self,
        drafts: Sequence[Draft],
        expect: Head | None = None,
        *,
        key: str | None = None,
        recorded_at: int | None = None,
    ) -> Head:
        """See the protocol. The key is asked for in every attempt, so one whose acknowledgement was
        lost is not done twice."""
        name = uuid.uuid4().hex if key is None else key

        def attempt(tx: Transaction) -> Head:
            head, last = ledger.lock(tx, self.uuid)
            if found := ledger.by_key(tx, name):
                return again(drafts, found)
            expected(expect, head)
            moment = max(now() if recorded_at is None else recorded_at, last)
            if not (new := chain(drafts, name, head, moment)):
                return head
            ledger.insert(tx, new)
            return Head(new[-1].no, new[-1].hash)

        return self._surely(attempt)

    def erase(self, plan: Plan, draft: Draft, *, key: str) -> Head:
        """See the protocol."""

        def attempt(tx: Transaction) -> Head:
            self._head(tx)  # batches decide by what is there
            head, last = ledger.lock(tx, self.uuid)
            if found := ledger.by_key(tx, key):
                return again([draft], found)
            (new,) = chain([draft], key, head, max(now(), last))
            erasing.apply(tx, plan)
            ledger.insert(tx, [new])
            return Head(new.no, new.hash)

        return self._surely(attempt)

    def scrub(self, plan: Plan) -> None:
        """See the protocol."""

        def attempt(tx: Transaction) -> None:
            self._head(tx)
            erasing.apply(tx, plan)

        self._surely(attempt)

    def purge(self) -> list[str]:
        """See the protocol: the server does that by itself, in time."""
        return [erasing.NOTE]

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """See the protocol; here every index is needed while loading, so nothing is put off."""
        yield

    # -- reading ----------------------------------------------------------------------------

    def batch(self, batch_id: str) -> BatchInfo | None:
        """See the protocol. A load asks this between its writes, so it waits as they do."""
        rows = self._server.read(lambda tx: tx.rows("batch_by_id", {"id": batch_id}), patient=True)
        return read.batch_info(rows[0]) if rows else None

    def batches(self, since: int = 0) -> list[BatchInfo]:
        """See the protocol. Raises StoreCorrupt where one is missing."""
        count, asked = self.last_batch() - since, {"since": since}
        rows = whole(
            lambda: self._server.rows("batches_since", asked), lambda rows: len(rows) >= count
        )
        return [read.batch_info(row) for row in rows]

    def last_batch(self) -> int:
        """See the protocol; one question to the server, a look-up of one node there."""
        return int(self._server.glance("last_batch"))

    def changes(self, since: int = 0, upto: int | None = None) -> Iterator[Delta]:
        """See the protocol."""
        last = self.last_batch() if upto is None else upto
        yield from read.changes(self._server, self._veil, since, last)

    def datasets(self) -> list[str]:
        """See the protocol; number 0 is nobody's. Raises StoreCorrupt where one before the
        last is missing."""
        rows = whole(
            lambda: self._server.rows("datasets"),
            lambda rows: [row[0] for row in rows] == list(range(1, 1 + len(rows))),
        )
        return ["", *(row[1] for row in rows)]

    def history(self, name: str) -> list[StoredFact]:
        """See the protocol."""
        last = self.last_batch()
        return self._server.read(lambda tx: read.history(tx, self._veil, name, last))

    def versions(self, seqs: Sequence[int]) -> list[StoredFact]:
        """See the protocol."""
        last = self.last_batch()
        return self._server.read(lambda tx: read.versions(tx, self._veil, seqs, last))

    def facts(self, since_seq: int = 0) -> Iterator[StoredFact]:
        """See the protocol."""
        yield from read.facts(self._server, self._veil, since_seq, self.last_batch())

    def bearers(self, canonical: str) -> list[str]:
        """See the protocol."""
        return self._server.read(lambda tx: read.bearers(tx, self._veil, canonical))

    def batch_at(self, moment: int) -> BatchInfo | None:
        """See the protocol."""
        return self._server.read(lambda tx: read.batch_at(tx, moment))

    def ledger(self, since: int = 0, about: str | None = None) -> Iterator[Entry]:
        """See the protocol."""
        yield from ledger.entries(self._server, since, about)

    def ledger_head(self) -> Head:
        """See the protocol; a look-up of one node."""
        return self._server.read(ledger.head)

    def erased_upto(self) -> int:
        """See the protocol; a look-up in an index."""
        return int(self._server.read(lambda tx: tx.one("ledger_upto", {"about": ABOUT})[0]))

    def erased(self) -> Erased:
        """See the protocol."""
        return self._server.read(lambda tx: erasing.erased(tx, self._id_key))

    def stats(self) -> dict[str, Any]:
        """See the protocol; `bytes` is None, for the server does not tell."""
        return self._server.read(maintain.stats)

    def check(self) -> list[str]:
        """See the protocol."""
        return maintain.check(self._server, self._veil, self._id_key, self)

    def backup(self, destination: Path) -> None:
        """See the protocol. The copy is an embedded store, made of all batches there were when it
        began; `linkrisk migrate` brings it back. Raises Conflict where the destination exists."""
        maintain.backup(self, destination)

    # -- copying ----------------------------------------------------------------------------

    def copies(self, since: int, upto: int) -> Iterator[Copied]:
        """See `graph.stores.copying.Copying`."""
        yield from copies.copies(self._server, self._veil, since, upto)

    def receive(self, copied: Copied, before: bytes) -> None:
        """See `graph.stores.copying.Copying`."""

        def attempt(tx: Transaction) -> None:
            head = self._head(tx)
            if head.number >= copied.info.no:
                return
            follows(copied.info, before, head.number, head.name)
            moment = copied.info.recorded_at
            with self._pending(tx, head, moment, uuid.uuid4().hex, copied.file) as pending:
                own = pending.books
                assert isinstance(own, NeoBooks)
                copied.changes.file = pending.file
                own.receive(copied)

        self._surely(attempt)

    def receive_ledger(self, entries: Sequence[Entry]) -> None:
        """See `graph.stores.copying.Copying`."""

        def attempt(tx: Transaction) -> None:
            head, _ = ledger.lock(tx, self.uuid)
            if head.no < entries[-1].no:
                continues(entries, head)
                ledger.insert(tx, entries)

        self._surely(attempt)

    def heads(self) -> list[tuple[int, str, bool, bool]]:
        """See `graph.stores.copying.Copying`."""
        return [tuple(row) for row in self._server.rows("batch_heads")]

    def restate(self, heads: Sequence[tuple[int, str, bool, bool]]) -> None:
        """See `graph.stores.copying.Copying`."""
        rows = [list(head) for head in heads]
        self._surely(lambda tx: tx.rows("batch_restate", {"rows": rows}))

    def close(self) -> None:
        """See the protocol. What other threads still ask of it ends with a StoreError."""
        self._server.close()
