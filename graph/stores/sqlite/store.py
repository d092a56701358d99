"""The embedded store: one SQLite file in WAL mode, every acknowledged batch flushed to disk."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import apsw
import orjson

from graph.erasure import Erased, Plan
from graph.errors import (
    Conflict,
    LinkriskError,
    NoStore,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreReadOnly,
)
from graph.facts import Row
from graph.ledger import Draft, Entry, Head, again, chain, expected
from graph.store import BatchInfo, Capabilities, Delta, StoredFact, Written
from graph.stores.copying import Copied, continues, follows
from graph.stores.deciding import undo
from graph.stores.deciding.pending import Pending
from graph.stores.deciding.resolve import Resolver
from graph.stores.deciding.write import BatchWriter
from graph.stores.sqlite import erasing, ledger, maintain, read, schema, sealing
from graph.stores.sqlite.books import SqliteBooks
from graph.stores.sqlite.connection import Db, close, connect
from graph.stores.sqlite.copies import copies, receive
from graph.times import now

P = ParamSpec("P")
T = TypeVar("T")
_EMPTY: Final = bytes(32)
_SMALLEST: Final = 512  # bytes of a page
_BATCH: Final = (
    "SELECT b.no, b.id, b.recorded_at, b.facts, b.retractions, b.last_seq, b.name, b.settled,"
    " f.name FROM batch b LEFT JOIN file f ON f.no = b.file"
)


def translate(error: apsw.Error) -> LinkriskError:
    """SQLite's error as one of our tree."""
    if isinstance(error, (apsw.FullError, apsw.IOError)):
        return StoreFull(f"the store cannot be written: {error}; nothing was half-written"
                         " / 存储无法写入 (磁盘或配额已满), 未写入不完整数据")  # fmt: skip
    if isinstance(error, apsw.ReadOnlyError):
        return StoreReadOnly("the store's file may be read but not written; nothing was written"
                             " / 存储文件只读, 未写入")  # fmt: skip
    if isinstance(error, apsw.CantOpenError):
        return StoreError("the store's file cannot be opened: its folder has to be there and to be"
                          " writable, for a log stands beside the file also while it is read"
                          " / 无法打开存储文件: 其所在文件夹须存在且可写, 读取时也需写入日志"
                          )  # fmt: skip
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return StoreCorrupt(f"the store's file is damaged: {error}")
    if isinstance(error, (apsw.InterruptError, apsw.ConnectionClosedError, apsw.CursorClosedError)):
        return StoreError("the store was closed")
    return StoreError(f"the store answered: {error}")


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise translate(error) from error


def _translated(method: Callable[P, T]) -> Callable[P, T]:
    """The same for a method; without a context manager, which costs as much as a short question."""

    @wraps(method)
    def translated(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except apsw.Error as error:
            raise translate(error) from error

    return translated


class SqliteStore:
    """See `graph.store.Store`. Connections are per thread; writes are serialised by SQLite."""

    capabilities = Capabilities(online_backup=True, readers_while_writing=True, knows_size=True)

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = self.shown = f"sqlite:///{path}"
        self._local = threading.local()
        self._all: list[apsw.Connection] = []
        self._lock = threading.Lock()
        self._bulk = False
        self._closed = False

    @classmethod
    def open(cls, path: Path, *, create: bool = False, id_key: bytes | None = None) -> SqliteStore:
        """Open a store's file; with `create`, make it where there is none, with a given id key."""
        if not path.is_file():
            if not create:
                raise NoStore(f"there is no store at {path}; `linkrisk ingest` makes one")
            path.parent.mkdir(parents=True, exist_ok=True)
        store = cls(path)
        try:
            db = store._connect()
            found = schema.state(db)
            # SQLite takes a few bytes of anything for an empty file. (Its size is asked, and never
            # itself read: closing a second handle would drop this process's locks on it.)
            if found == "foreign" or (found == "empty" and 0 < path.stat().st_size < _SMALLEST):
                raise StoreCorrupt(f"{path} is not a store of this program")
            if found == "empty":  # new, or its making was cut short
                schema.create(db, id_key)
            else:
                schema.prepare(db)
                sealing.check_key(db)
        except apsw.Error as error:
            store.close()
            raise translate(error) from error
        except LinkriskError:
            store.close()
            raise
        return store

    def _connect(self) -> apsw.Connection:
        db = connect(self.path)
        sealing.add_function(db)
        with self._lock:
            if self._closed:
                db.close()
                raise StoreError("the store was closed")
            self._all.append(db)
        self._local.db = db
        return db

    @property
    def db(self) -> apsw.Connection:
        """This thread's connection."""
        db: apsw.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = self._connect()
            schema.prepare(db)
        return db

    @property
    @_translated
    def id_key(self) -> bytes:
        """The secret of keyed ids: LINKRISK_ID_KEY where it was given, else the store's own."""
        return schema.id_key(self.db)

    # -- writing ----------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[Db]:
        with _translating():
            db = self.db
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            finally:
                if db.in_transaction:  # only on the way out of an error
                    db.execute("ROLLBACK")

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
        """See the protocol. Cost: linear in the rows, plus one index descent per name."""
        with self._transaction() as db:
            if (old := self.batch(batch_id)) is not None:
                return Written(old.no, 0, len(rows), repeated=True)
            number, last, name = self._newest(db)
            if not self._bulk:  # an earlier load may have been cut short before it was made
                db.execute(schema.INDEXES["identifier_canonical"])
            pending = Pending(Resolver(SqliteBooks(db)), number + 1, self._file(db, file))
            result = BatchWriter(pending).run(rows, defer)
            if pending:
                moment = max(now() if recorded_at is None else recorded_at, last)
                settled = settled and not (result.deferred or result.rejected)
                pending.insert(batch_id, moment, name, settled, None)
                result.batch = pending.number
        return result

    @staticmethod
    def _newest(db: Db) -> tuple[int, int, bytes]:
        row = db.execute("SELECT no, recorded_at, name FROM batch ORDER BY no DESC LIMIT 1")
        found = row.fetchone()
        return (found[0], found[1], found[2]) if found else (0, -(2**63), _EMPTY)

    @staticmethod
    def _file(db: Db, file: tuple[str, str] | None) -> int | None:
        if file is None:
            return None
        db.execute("INSERT OR IGNORE INTO file (name, sha256) VALUES (?, ?)", file)
        return int(read.scalar(db, "SELECT no FROM file WHERE name = ? AND sha256 = ?", file))

    def settle(self, batch_ids: Sequence[str]) -> None:
        """See the protocol."""
        with self._transaction() as db:
            db.executemany("UPDATE batch SET settled = 1 WHERE id = ?", ((i,) for i in batch_ids))

    def undo(self, batch_id: str) -> Written:
        """See the protocol."""
        with self._transaction() as db:
            target = self.batch(batch_id)
            if target is None:
                raise Conflict(f"no batch is named {batch_id[:80]!r}")
            number, last, name = self._newest(db)
            pending = Pending(Resolver(SqliteBooks(db)), number + 1, None)
            result = Written(loaded=undo.plan(pending, target))
            db.execute(
                "UPDATE batch SET id = id || '#undone-' || no, settled = 0,"
                " undone = 1 WHERE no = ?",
                (target.no,),
            )
            if pending:
                pending.insert(f"undo:{target.no}", max(now(), last), name, True, target.no)
                result.batch = pending.number
        return result

    def append(
        self,
        drafts: Sequence[Draft],
        expect: Head | None = None,
        *,
        key: str | None = None,
        recorded_at: int | None = None,
    ) -> Head:
        """See the protocol. Cost: one hash and three steps of a B-tree an entry, one flush."""
        key = uuid.uuid4().hex if key is None else key
        with self._transaction() as db:
            if found := ledger.by_key(db, key):
                return again(drafts, found)
            head, last = ledger.head(db)
            expected(expect, head)
            moment = max(now() if recorded_at is None else recorded_at, last)
            new = chain(drafts, key, head, moment)
            ledger.insert(db, new)
        return Head(new[-1].no, new[-1].hash) if new else head

    def erase(self, plan: Plan, draft: Draft, *, key: str) -> Head:
        """See the protocol."""
        with self._transaction() as db:
            if found := ledger.by_key(db, key):
                return again([draft], found)
            head, last = ledger.head(db)
            (new,) = chain([draft], key, head, max(now(), last))
            erasing.apply(db, plan)
            ledger.insert(db, [new])
        return Head(new.no, new.hash)

    def scrub(self, plan: Plan) -> None:
        """See the protocol."""
        with self._transaction() as db:
            erasing.apply(db, plan)

    def purge(self) -> list[str]:
        """See the protocol."""
        with _translating():
            return erasing.purge(self.db)

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """See the protocol. After a crash in between, the next write makes the index."""
        with self._transaction() as db:
            db.execute("DROP INDEX IF EXISTS identifier_canonical")
        self._bulk = True
        try:
            yield
        finally:
            self._bulk = False
        with self._transaction() as db:
            db.execute(schema.INDEXES["identifier_canonical"])

    # -- reading ----------------------------------------------------------------------------

    @_translated
    def batch(self, batch_id: str) -> BatchInfo | None:
        """See the protocol."""
        found = self.db.execute(f"{_BATCH} WHERE b.id = ?", (batch_id,)).fetchone()
        return BatchInfo(*found) if found else None

    @_translated
    def batches(self, since: int = 0) -> list[BatchInfo]:
        """See the protocol."""
        rows = self.db.execute(f"{_BATCH} WHERE b.no > ? ORDER BY b.no", (since,))
        return [BatchInfo(*row) for row in rows]

    @_translated
    def last_batch(self) -> int:
        """See the protocol; one step of a B-tree."""
        found = self.db.execute("SELECT no FROM batch ORDER BY no DESC LIMIT 1").fetchone()
        return int(found[0]) if found else 0

    def changes(self, since: int = 0, upto: int | None = None) -> Iterator[Delta]:
        """See the protocol."""
        with _translating():
            yield from read.changes(self.db, since, upto)

    @_translated
    def datasets(self) -> list[str]:
        """See the protocol; number 0 is nobody's."""
        return ["", *(row[0] for row in self.db.execute("SELECT name FROM dataset ORDER BY no"))]

    @_translated
    def history(self, name: str) -> list[StoredFact]:
        """See the protocol."""
        return read.history(self.db, name)

    @_translated
    def versions(self, seqs: Sequence[int]) -> list[StoredFact]:
        """See the protocol."""
        chosen = orjson.dumps(list(seqs)).decode()
        where = "f.seq IN (SELECT value FROM json_each(?)) AND f.kind < 20"
        keys = read.identifiers_of(self.db, chosen)
        return list(read.facts(self.db, where, (chosen,), known=keys))

    def facts(self, since_seq: int = 0) -> Iterator[StoredFact]:
        """See the protocol."""
        with _translating():
            yield from read.facts(self.db, "f.seq > ?", (since_seq,))

    @_translated
    def bearers(self, canonical: str) -> list[str]:
        """See the protocol."""
        return read.bearers(self.db, canonical)

    @_translated
    def batch_at(self, moment: int) -> BatchInfo | None:
        """See the protocol."""
        found = self.db.execute(
            f"{_BATCH} WHERE b.recorded_at <= ? ORDER BY b.recorded_at DESC, b.no DESC LIMIT 1",
            (moment,),
        ).fetchone()
        return BatchInfo(*found) if found else None

    def ledger(self, since: int = 0, about: str | None = None) -> Iterator[Entry]:
        """See the protocol."""
        with _translating():
            yield from ledger.entries(self.db, since, about)

    @_translated
    def ledger_head(self) -> Head:
        """See the protocol; one step of a B-tree."""
        return ledger.head(self.db)[0]

    @_translated
    def erased_upto(self) -> int:
        """See the protocol; one step of a B-tree."""
        return erasing.upto(self.db)

    @_translated
    def erased(self) -> Erased:
        """See the protocol."""
        return erasing.erased(self.db)

    @_translated
    def stats(self) -> dict[str, Any]:
        """See the protocol."""
        return maintain.stats(self.db, self.path)

    def check(self) -> list[str]:
        """See the protocol."""
        try:
            return maintain.check(self.db, self)
        except apsw.Error as error:
            return [str(translate(error))]

    def backup(self, destination: Path) -> None:
        """See the protocol. Raises Conflict where the destination exists."""
        maintain.backup(self.db, destination)

    # -- copying ----------------------------------------------------------------------------

    def copies(self, since: int, upto: int) -> Iterator[Copied]:
        """See `graph.stores.copying.Copying`."""
        with _translating():
            yield from copies(self.db, self.batches(since)[: upto - since], self.datasets())

    def receive(self, copied: Copied, before: bytes) -> None:
        """See `graph.stores.copying.Copying`."""
        with self._transaction() as db:
            number, _, name = self._newest(db)
            if number < copied.info.no:
                follows(copied.info, before, number, name)
                receive(db, copied, self._file(db, copied.file))

    def receive_ledger(self, entries: Sequence[Entry]) -> None:
        """See `graph.stores.copying.Copying`."""
        with self._transaction() as db:
            head, _ = ledger.head(db)
            if head.no < entries[-1].no:
                continues(entries, head)
                ledger.insert(db, entries)

    @_translated
    def heads(self) -> list[tuple[int, str, bool, bool]]:
        """See `graph.stores.copying.Copying`."""
        rows = self.db.execute("SELECT no, id, settled, undone FROM batch ORDER BY no")
        return [(no, name, bool(settled), bool(undone)) for no, name, settled, undone in rows]

    def restate(self, heads: Sequence[tuple[int, str, bool, bool]]) -> None:
        """See `graph.stores.copying.Copying`."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE batch SET id = ?2, settled = ?3, undone = ?4 WHERE no = ?1",
                ((no, name, int(settled), int(undone)) for no, name, settled, undone in heads),
            )

    def fold(self) -> None:
        """Make one plain file of it, as a backup is; nobody else may have it open."""
        with _translating():
            self.db.execute("PRAGMA journal_mode = DELETE")

    def close(self) -> None:
        """See the protocol. What other threads still ask of it ends with a StoreError."""
        with self._lock:
            self._closed = True
            connections, self._all = self._all, []
        for db in connections:
            close(db)
