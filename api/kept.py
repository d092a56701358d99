"""What the service keeps beside the facts: small SQLite files in one folder, the state folder.

Several processes work on them at once. Everything in the folder is its owner's alone, for results
and requests may name persons.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import apsw

from graph.beside import beside
from graph.closing import Closing
from graph.errors import Conflict, SchemaVersion, StoreCorrupt, StoreError, StoreFull
from graph.stores.sqlite.connection import connect

PLACE: Final = "LINKRISK_STATE"
_TRIES: Final = 200
_PAUSE: Final = 0.01  # seconds
_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
    " PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 16777216"
)


def state_folder(url: str) -> Path:
    """Where the service of a store keeps its state: LINKRISK_STATE, else beside an embedded store's
    file, else in the user's state folder under a digest of the address. Nothing is made."""
    if given := os.environ.get(PLACE):
        return Path(given)
    if (path := beside(url, ".state")) is not None:
        return path
    scheme, shown = url.partition("://")[0], url.rpartition("@")[2]  # whatever the password
    home = os.environ.get("XDG_STATE_HOME")
    base = Path(home) if home else Path.home() / ".local" / "state"
    return base / "linkrisk" / hashlib.sha256(f"{scheme}://{shown}".encode()).hexdigest()[:16]


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner may enter; raises StoreError."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"the state folder {path} cannot be made: {error.strerror}") from None
    return path


class Kept(Closing):
    """One such file. Safe to use from several threads and processes; a process that was forked
    opens it anew."""

    def __init__(
        self,
        path: Path,
        tables: str,
        version: int = 1,
        upgrades: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        """`upgrades` lead on from earlier versions, each to the next."""
        self.path = path
        self._tables = tables
        self._version = version
        self._upgrades = upgrades
        self._lock = threading.RLock()
        self._db: apsw.Connection | None = None
        self._pid = 0

    def _open(self) -> apsw.Connection:
        if self._db is not None and self._pid == os.getpid():
            return self._db
        private_folder(self.path.parent)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        db = connect(self.path)
        _settle(db)
        db.execute("BEGIN IMMEDIATE")
        try:
            self._shape(db)
            db.execute("COMMIT")
        except BaseException:
            db.close()
            raise
        self._db, self._pid = db, os.getpid()
        return db

    def _shape(self, db: apsw.Connection) -> None:
        (found,) = one(db, "PRAGMA user_version")
        if found == self._version:
            return
        if found == 0:
            db.execute(self._tables).fetchall()
        else:
            while found in self._upgrades:
                db.execute(self._upgrades[found]).fetchall()
                found += 1
            if found != self._version:
                raise SchemaVersion(f"{self.path} was written by another version of the program")
        db.execute(f"PRAGMA user_version = {self._version}")

    @property
    def is_there(self) -> bool:
        """Whether anything was ever kept: who only looks need not make the file."""
        return self._db is not None or self.path.exists()

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """The connection, for statements that each stand by themselves."""
        with self._lock, _translated(self.path):
            yield self._open()

    @contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """One transaction, durable when the block ends; undone where it raises."""
        with self._lock, _translated(self.path):
            db = self._open()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a question."""
        with self.reading() as db:
            return db.execute(text, values).fetchall()

    def cleansed(self) -> None:
        """What was deleted is not left in the write-ahead log either, unless somebody reads."""
        with self.reading() as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._db is not None and self._pid == os.getpid():
                self._db.close()
            self._db = None


def _settle(db: apsw.Connection) -> None:
    """The settings of a connection. Turning a new file to WAL takes it alone, and SQLite does not
    wait for that where another process is at the same."""
    for _ in range(_TRIES):
        try:
            db.execute(_SETTINGS).fetchall()
            return
        except apsw.BusyError:
            time.sleep(_PAUSE)
    db.execute(_SETTINGS).fetchall()


def one(db: apsw.Connection, text: str, *values: Any) -> Any:
    """The first row of a question, None where there is none."""
    return db.execute(text, values).fetchone()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (apsw.FullError, apsw.IOError) as error:
        raise StoreFull(f"{path} cannot be written: {error}") from error
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise StoreCorrupt(f"{path} is damaged: {error}") from error
    except apsw.Error as error:
        raise StoreError(f"{path}: {error}") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def copied(
    name: str, tables: str, source: str, target: str, version: int = 1,
    upgrades: Mapping[int, str] = MappingProxyType({}),
) -> Path | None:  # fmt: skip
    """Copy a file of one store's state folder to that of another (both by their addresses); where
    it is then, None where there is none. Raises Conflict where there is something already."""
    here = state_folder(source) / name
    if not here.exists():
        return None
    there = state_folder(target) / name
    if there == here:  # one folder for every store: the copy waits beside it
        there = here.with_name(f"{name}.rekeyed")
    private_folder(there.parent)
    try:
        os.close(os.open(there, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise Conflict(f"{there} is already there / 已存在") from None
    with Kept(here, tables, version, upgrades) as kept, kept.reading() as db:
        db.execute("VACUUM INTO ?", (str(there),)).fetchall()
    return there


def write_whole(path: Path, body: bytes) -> None:
    """Write a file for its owner alone, durable on return, seen by others whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        partial.rename(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreFull(f"{path} cannot be written: {error.strerror}") from error
