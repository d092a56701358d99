"""The file that reads are recorded in: a chain of its own beside the store, apart from decisions.

Its entries are those of `graph.ledger` (same hash, same guards of SQLite), kept in a file of their
own so that reads, of which there are hundreds a second, neither wait for a load of facts nor make
the ledger of decisions long. Beside the chain stands an index of whom an entry is about: 64 bits
of a hash for each subject, so that 'who read about me' is answered without walking everything.

Reads are appended by groups: whatever waits goes into one transaction with one flush to disk.
Processes append to one chain: SQLite lets one write at a time.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import apsw

from graph.closing import Closing
from graph.errors import StoreCorrupt, StoreError
from graph.ledger import Draft, Entry, Head, chain
from graph.stores.sqlite import ledger, schema
from graph.stores.sqlite.connection import Db, close, connect
from graph.times import now

if TYPE_CHECKING:
    from graph.store import Store

SHOWN: Final = 50  # subjects that an entry lists; of the rest it keeps count and digest
INDEXED: Final = 1_000  # subjects of one entry that can be looked up
READ: Final = "read"
BEGUN: Final = "reads.begun"
STATE: Final = "LINKRISK_STATE"  # the folder of what a service keeps for a store on a server
_APPLICATION: Final = 0x4C525231  # "LRR1"
_VERSION: Final = 1
_INDEX: Final = (
    "CREATE TABLE shown (subject INTEGER NOT NULL, no INTEGER NOT NULL,"
    " PRIMARY KEY (subject, no)) WITHOUT ROWID, STRICT"
)
_SETTINGS: Final = (
    "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4096;"
    " PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF;"
)
_UNRECORDED: Final = "a read could not be recorded, so nothing is shown / 读取未能留痕, 不予显示"
_PAUSE: Final = 0.0005  # seconds between tries while another process writes
_TRIES: Final = 20_000


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
    """Where a store's reads are recorded: beside an embedded store's file; else in the folder
    LINKRISK_STATE, by default the user's own for state, under what the store is known by."""
    scheme, _, rest = store.url.partition("://")
    if scheme == "sqlite":
        return Path(rest[1:] + ".reads")
    given = os.environ.get(STATE)
    home = os.environ.get("XDG_STATE_HOME")
    base = Path(home) if home else Path.home() / ".local" / "state"
    return (Path(given) if given else base / "linkrisk") / f"{_mark(store)[:32]}.reads"


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
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                path.touch(mode=0o600)
            opened = connect(path)
            opened.set_busy_handler(_wait)
            self._opened, self._db = opened, cast(Db, opened)
            self._prepare()
        except (OSError, apsw.Error) as error:
            raise ReadsAway(f"the reads at {path} cannot be recorded: {error}") from error

    @classmethod
    def of(cls, store: Store) -> Chain:
        """The chain of a store; its first entry, and one after each change of the store that lies
        there, says which store it is of."""
        found = cls(path_of(store))
        mark = _mark(store)
        begun = [entry.content.get("store") for entry in found.ledger(about="reads")]
        if begun[-1:] != [mark]:
            found.append([Draft("linkrisk", BEGUN, "reads", {"store": mark})])
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
                for statement in (*schema.LEDGER, _INDEX):
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

    def append(
        self, drafts: Sequence[Draft], subjects: Iterable[tuple[int, Sequence[str]]] = ()
    ) -> Head:
        """Append entries, all or none; durable on return. `subjects` are those of drafts, by their
        place. Raises ReadsAway. Cost: a hash and a few steps of B-trees each, one flush."""
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            try:
                head, last = ledger.head(db)
                new = chain(drafts, uuid.uuid4().hex, head, max(now(), last))
                ledger.insert(db, new)
                rows = {
                    (number_of(subject), head.no + 1 + place)
                    for place, named in subjects
                    for subject in named[:INDEXED]
                }
                db.executemany("INSERT INTO shown VALUES (?, ?)", sorted(rows))
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
        except (apsw.Error, StoreCorrupt) as error:
            raise ReadsAway(f"{_UNRECORDED}: {error}") from error
        return Head(new[-1].no, new[-1].hash) if new else head

    def record(self, reads: Sequence[Read]) -> Head:
        """Append reads; see `append`."""
        return self.append([r.draft() for r in reads], enumerate(r.subjects for r in reads))

    def ledger(self, since: int = 0, about: str | None = None) -> Iterator[Entry]:
        """Entries after a number, in order; with `about`, those by that route."""
        yield from ledger.entries(self._db, since, about)

    def ledger_head(self) -> Head:
        """The newest entry's number and hash."""
        return ledger.head(self._db)[0]

    def about(self, subject: str, since: int = 0) -> Iterator[Entry]:
        """Entries after a number that show this subject (canonical id), in order. Costs a look-up
        for each; entries that show more than INDEXED subjects are found by those alone."""
        numbers = self._db.execute(
            "SELECT no FROM shown WHERE subject = ? AND no > ? ORDER BY no",
            (number_of(subject), since),
        ).fetchall()
        for (no,) in numbers:
            entry = next(ledger.entries(self._db, no - 1, None), None)
            if entry is not None and entry.no == no and _shows(entry, subject):
                yield entry

    def indexes(self, entry: Entry) -> bool:
        """Whether an entry is found by each subject that it lists; also where it cannot be read."""
        try:
            listed = entry.content.get("subjects", ())
            probes = [(number_of(subject), entry.no) for subject in listed]
        except (ValueError, AttributeError, TypeError):
            return True  # its hash says so already
        ask = "SELECT 1 FROM shown WHERE subject = ? AND no = ?"
        return all(self._db.execute(ask, probe).fetchone() for probe in probes)

    def problems(self) -> list[str]:
        """Guards that are missing, in words; `graph.ledger.audit` walks the entries."""
        return [f"the guard {name} is missing or was changed" for name in ledger.guards_gone(
            self._db)]  # fmt: skip

    def close(self) -> None:
        """Let go of the file."""
        close(self._opened)


def _shows(entry: Entry, subject: str) -> bool:
    """Whether an entry lists a subject, or may mean it by the digest of those it does not list."""
    body = entry.content
    return subject in body.get("subjects", ()) or "digest" in body


def _wait(tries: int) -> bool:
    """SQLite's own waiting grows to 0.1 s a turn; another process is done within milliseconds."""
    time.sleep(_PAUSE)
    return tries < _TRIES
