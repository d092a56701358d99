"""The file that reads are recorded in: a chain of its own, apart from the ledger of decisions.

Its entries are those of `graph.ledger` (same hash, same guards of SQLite), kept in a file of their
own so that reads, of which there are hundreds a second, neither wait for a load of facts nor make
the ledger of decisions long. Whom entries show is indexed when somebody asks 'who read about me',
by 64 bits of a hash for each subject: done with each read it would triple what that costs.

Reads are appended by groups: whatever waits goes into one transaction with one flush to disk.
Processes append to one chain: SQLite lets one write at a time.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import apsw

from api.kept import private_folder, state_folder
from graph.closing import Closing
from graph.errors import LinkriskError, StoreCorrupt, StoreError
from graph.ledger import GENESIS, Draft, Entry, Head, chain
from graph.stores.sqlite import ledger
from graph.stores.sqlite.connection import Db, close, connect
from graph.times import now

if TYPE_CHECKING:
    from graph.store import Store

SHOWN: Final = 50  # subjects that an entry lists; of the rest it keeps count and digest
MANY: Final = "+"  # in the index: an entry that shows more than it lists
_RUN: Final = 20_000  # entries that are indexed in one transaction
READ: Final = "read"
BEGUN: Final = "reads.begun"
PRUNED: Final = "reads.pruned"  # entries before this one were kept for as long as they had to be
_APPLICATION: Final = 0x4C525231  # "LRR1"
_VERSION: Final = 1
# As the ledger's of a store (`graph.stores.sqlite.schema`), without what only decisions need: an
# index of what an entry is about, and of the key of its append. Each costs a page a read.
_GUARDS: Final = (
    "CREATE TABLE ledger (no INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL,"
    " kind TEXT NOT NULL, about TEXT NOT NULL, body TEXT NOT NULL, key TEXT NOT NULL,"
    " part INTEGER NOT NULL, prior BLOB NOT NULL, hash BLOB NOT NULL) STRICT",
    "CREATE TRIGGER ledger_update BEFORE UPDATE ON ledger"
    " BEGIN SELECT RAISE(ABORT, 'an entry of the chain is never changed'); END",
    "CREATE TRIGGER ledger_delete BEFORE DELETE ON ledger"
    " BEGIN SELECT RAISE(ABORT, 'an entry of the chain is never deleted'); END",
    "CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger"
    " WHEN new.no IS NOT (SELECT ifnull(max(no), 0) + 1 FROM ledger)"
    " OR new.prior IS NOT (SELECT ifnull((SELECT hash FROM ledger ORDER BY no DESC LIMIT 1),"
    " zeroblob(32)))"
    " BEGIN SELECT RAISE(ABORT, 'an entry of the chain follows the one before it'); END",
)
# Whom entries show, for those up to the highest number in it; made when somebody asks.
_INDEX: Final = (
    "CREATE TABLE shown (subject INTEGER NOT NULL, no INTEGER NOT NULL,"
    " PRIMARY KEY (subject, no)) WITHOUT ROWID, STRICT",
    "CREATE TABLE indexed (one INTEGER PRIMARY KEY CHECK (one = 1), upto INTEGER NOT NULL) STRICT",
    "INSERT INTO indexed VALUES (1, 0)",
    "CREATE TABLE begun (store TEXT NOT NULL) STRICT",
    "CREATE TABLE pruned (no INTEGER NOT NULL, hash BLOB NOT NULL) STRICT",
)
_SETTINGS: Final = (
    "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4096;"
    " PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF;"
)
_UNRECORDED: Final = "a read could not be recorded, so nothing is shown / 读取未能留痕, 不予显示"
PAUSE: Final = 0.0005  # seconds between tries while another process writes
TRIES: Final = 20_000


class ReadsAway(StoreError):
    """The read could not be recorded, so nothing is shown."""


class Read(NamedTuple):
    """One read: who, by which route, for what; whose data (canonical ids) and which fields."""

    actor: str
    route: str
    subjects: tuple[str, ...]
    fields: tuple[str, ...]
    purpose: str | None = None
    case: str | None = None
    unmasked: bool = False

    def draft(self) -> Draft:
        """As an entry of the chain: at most SHOWN subjects by name, of the rest count and digest
        (SHA-256 of their sorted ids, one a line)."""
        body: dict[str, Any] = {"subjects": list(self.subjects[:SHOWN]), "fields": [*self.fields]}
        if rest := self.subjects[SHOWN:]:
            body["more"] = len(rest)
            body["digest"] = hashlib.sha256("\n".join(sorted(rest)).encode()).hexdigest()
        for name in ("purpose", "case"):
            if (said := getattr(self, name)) is not None:
                body[name] = said
        if self.unmasked:
            body["unmasked"] = True
        return Draft(self.actor, READ, self.route, body)


def path_of(store: Store) -> Path:
    """Where a store's reads are recorded: in the state folder, see `api.kept`."""
    return state_folder(store.url) / "reads.db"


def _mark(store: Store) -> str:
    """What the chain calls its store: by the key that is the store's own, which it hides."""
    return hashlib.blake2b(b"linkrisk reads", key=store.id_key, digest_size=32).hexdigest()


def number_of(subject: str) -> int:
    """The 64 bits by which a subject is looked up."""
    digest = hashlib.blake2b(subject.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Chain(Closing):
    """One connection to a chain of reads; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open or make the file at `path`; raises ReadsAway where that cannot be done."""
        self.path = path
        self._key = uuid.uuid4().hex
        self._reach: int | None = None
        try:
            private_folder(path.parent)
            if not path.exists():
                path.touch(mode=0o600)
            opened = connect(path)
            self._opened, self._db = opened, cast(Db, opened)
            self._prepare()
            opened.set_busy_timeout(0)  # who waits for another process does so without a thread
        except (OSError, apsw.Error, StoreError) as error:
            raise ReadsAway(f"the reads at {path} cannot be recorded: {error}") from error

    @classmethod
    def of(cls, store: Store) -> Chain:
        """The chain of a store; its first entry, and one after each change of the store that lies
        there, says which store it is of."""
        found = cls(path_of(store))
        mark = _mark(store)
        known = found._db.execute("SELECT store FROM begun").fetchall()
        if known != [(mark,)]:
            found._begin(mark)
        return found

    @classmethod
    def existing(cls, store: Store) -> Chain | None:
        """The chain of a store whose reads are recorded; None where they are not."""
        return cls.of(store) if path_of(store).is_file() else None

    def _prepare(self) -> None:
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            mark = db.execute("PRAGMA application_id").fetchone()[0]
            tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if not (version or mark or tables):
                for statement in (*_GUARDS, *_INDEX):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {_APPLICATION}")
                db.execute(f"PRAGMA user_version = {_VERSION}")
            elif (mark, version) != (_APPLICATION, _VERSION):
                raise ReadsAway(f"{self.path} is not a chain of reads of this program")
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
        if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            db.execute("PRAGMA journal_mode = WAL")
        db.execute(_SETTINGS).fetchall()

    def _begin(self, mark: str) -> None:
        self.append([Draft("linkrisk", BEGUN, "reads", {"store": mark})])
        self._db.execute("DELETE FROM begun; INSERT INTO begun VALUES (?)", (mark,))

    def _try(self) -> bool:
        """Begin a transaction that writes; False while another process writes. Raises ReadsAway."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except (apsw.BusyError, apsw.LockedError):
            return False
        except apsw.Error as error:
            raise _unrecorded(error) from error
        return True

    def _wait(self) -> None:
        """Begin one once no other process writes; raises ReadsAway. For a thread that may wait."""
        for _ in range(TRIES):
            if self._try():
                return
            time.sleep(PAUSE)
        raise ReadsAway(f"{_UNRECORDED}: another process keeps writing")

    def put(self, drafts: Sequence[Draft]) -> Head | None:
        """Append entries within a transaction that is left open for `commit`; None while another
        process writes. Raises ReadsAway. Cost: a hash and a row at the end of a table each."""
        return self._add(drafts) if self._try() else None

    def _add(self, drafts: Sequence[Draft]) -> Head:
        try:
            head, last = ledger.head(self._db)
            new = chain(drafts, f"{self._key}-{head.no + 1}", head, max(now(), last))
            ledger.insert(self._db, new)
        except (apsw.Error, LinkriskError) as error:
            self.abandon()
            raise _unrecorded(error) from error
        return Head(new[-1].no, new[-1].hash) if new else head

    def commit(self) -> None:
        """Make durable what was put; raises ReadsAway. One flush to disk."""
        try:
            self._db.execute("COMMIT")
        except apsw.Error as error:
            self.abandon()
            raise _unrecorded(error) from error

    def abandon(self) -> None:
        """Undo what was put and not committed."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def append(self, drafts: Sequence[Draft]) -> Head:
        """Append entries, all or none; durable on return. Raises ReadsAway."""
        self._wait()
        head = self._add(drafts)
        self.commit()
        return head

    def record(self, reads: Sequence[Read]) -> Head:
        """Append reads; see `append`."""
        return self.append([read.draft() for read in reads])

    def older(self, moment: int) -> int:
        """How many entries were recorded before a moment (µs), but for the newest. One walk."""
        top = self.ledger_head().no
        count = self._db.execute(
            "SELECT count(*) FROM ledger WHERE at < ? AND no < ?", (moment, top)
        )
        return int(count.fetchone()[0])

    def prune(self, moment: int) -> int:
        """Delete the entries that were recorded before a moment (µs), never the newest; how many.
        The chain goes on behind them: an entry says up to which, and by which hash it is held."""
        count, db = self.older(moment), self._db
        if not count:
            return 0
        last = db.execute(
            "SELECT no, hash FROM ledger WHERE at < ? AND no < ? ORDER BY no DESC LIMIT 1",
            (moment, self.ledger_head().no),
        ).fetchone()
        upto = Head(*last)
        draft = Draft("linkrisk", PRUNED, "reads", {"head": str(upto), "entries": count})
        self._wait()
        self._add([draft])
        guard = next(each for each in _GUARDS if "ledger_delete" in each)
        try:
            db.execute("DROP TRIGGER ledger_delete")
            db.execute("DELETE FROM ledger WHERE no <= ?", (upto.no,))
            db.execute("DELETE FROM shown WHERE no <= ?", (upto.no,))
            db.execute("DELETE FROM pruned")
            db.execute("INSERT INTO pruned VALUES (?, ?)", upto)
            db.execute(guard)
        except apsw.Error as error:
            self.abandon()
            raise _unrecorded(error) from error
        self.commit()
        return count

    def begins(self) -> Head:
        """The head behind which the chain begins: of entries that were pruned, or none. Raises
        StoreCorrupt where no entry says that they were."""
        found = self._db.execute("SELECT no, hash FROM pruned").fetchall()
        if not found:
            return GENESIS
        head = Head(*found[0])
        said = [e.content.get("head") for e in self.ledger(about="reads") if e.kind == PRUNED]
        if said[-1:] != [str(head)]:
            raise StoreCorrupt("entries are missing that nobody says were pruned / 条目缺失")
        return head

    def ledger(self, since: int = 0, about: str | None = None) -> Iterator[Entry]:
        """Entries after a number, in order; with `about`, those by that route."""
        yield from ledger.entries(self._db, since, about)

    def ledger_head(self) -> Head:
        """The newest entry's number and hash."""
        return ledger.head(self._db)[0]

    def about(self, subject: str, since: int = 0) -> Iterator[Entry]:
        """Entries after a number that may show this subject (canonical id), in order: those that
        list it, and those that show more than they list (`digest` in the body).

        Brings the index up to date first, which reads what came since it was last asked: some
        100,000 entries a second. Then a look-up for each.
        """
        self._index()
        wanted = (number_of(subject), number_of(MANY))
        numbers = self._db.execute(
            "SELECT no FROM shown WHERE subject IN (?, ?) AND no > ? GROUP BY no ORDER BY no",
            (*wanted, since),
        ).fetchall()
        for (no,) in numbers:
            entry = next(ledger.entries(self._db, no - 1, None), None)
            if entry is not None and entry.no == no and {subject, MANY} & {*shows(entry)}:
                yield entry

    def _index(self) -> None:
        db = self._db
        (upto,) = db.execute("SELECT upto FROM indexed").fetchone()
        top = self.ledger_head().no
        while upto < top:
            run = list(islice(ledger.entries(db, upto, None), _RUN))
            if not run:
                break
            rows = {(number_of(subject), entry.no) for entry in run for subject in shows(entry)}
            self._whole(rows, upto, run[-1].no)
            upto = run[-1].no

    def _whole(self, rows: set[tuple[int, int]], since: int, upto: int) -> None:
        """Add a run to the index, unless another process has done so."""
        db = self._db
        self._wait()
        try:
            if db.execute("SELECT upto FROM indexed").fetchone()[0] == since:
                db.executemany("INSERT OR IGNORE INTO shown VALUES (?, ?)", sorted(rows))
                db.execute("UPDATE indexed SET upto = ?", (upto,))
            db.execute("COMMIT")
        finally:
            self.abandon()

    def indexes(self, entry: Entry) -> bool:
        """Whether an entry that the index reaches is found by all that it shows."""
        if self._reach is None or entry.no > self._reach:
            self._index()
            (self._reach,) = self._db.execute("SELECT upto FROM indexed").fetchone()
        ask = "SELECT 1 FROM shown WHERE subject = ? AND no = ?"
        probes = ((number_of(subject), entry.no) for subject in shows(entry))
        return all(self._db.execute(ask, probe).fetchone() for probe in probes)

    def problems(self) -> list[str]:
        """Guards that are missing, in words; `graph.ledger.audit` walks the entries."""
        there = {row[0] for row in self._db.execute("SELECT sql FROM sqlite_master")}
        gone = [each.split()[2] for each in _GUARDS if each not in there]
        return [f"the guard {name} is missing or was changed" for name in gone]

    def close(self) -> None:
        """Let go of the file."""
        close(self._opened)


def shows(entry: Entry) -> list[str]:
    """Whom an entry shows, with MANY where that is more than it lists; nobody where it cannot be
    read, which its hash says."""
    try:
        body = entry.content
        listed = [str(subject) for subject in body.get("subjects", ())]
        return [*listed, MANY] if "more" in body else listed
    except (ValueError, AttributeError, TypeError):
        return []


def _unrecorded(error: Exception) -> ReadsAway:
    return ReadsAway(f"{_UNRECORDED}: {error}")
