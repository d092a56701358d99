"""Tables of the SQLite store, its settings, and the steps from older versions of them."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Final, Literal

import apsw

from graph.errors import InputError, SchemaVersion
from graph.idkey import given_key
from graph.stores.sqlite import sealing
from graph.stores.sqlite.connection import Db

VERSION: Final = 2
APPLICATION_ID: Final = 0x4C524B31  # "LRK1", so that another program's file is recognised

# `fact.first` is the record (its first version's seq), `prior` the version before this one;
# `record.current` is its newest version, negative once that was retracted.
TABLES: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE dataset (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE file (no INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL,
    UNIQUE (name, sha256)) STRICT;
CREATE TABLE batch (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, recorded_at INTEGER NOT NULL,
    file INTEGER, facts INTEGER NOT NULL, retractions INTEGER NOT NULL, last_seq INTEGER NOT NULL,
    name BLOB NOT NULL, settled INTEGER NOT NULL, undoes INTEGER,
    undone INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE fact (seq INTEGER PRIMARY KEY, first INTEGER NOT NULL, kind INTEGER NOT NULL,
    dataset INTEGER NOT NULL, id TEXT NOT NULL, a INTEGER, b INTEGER, vf INTEGER, vt INTEGER,
    value INTEGER, extra TEXT, payload TEXT NOT NULL, digest BLOB NOT NULL, batch INTEGER NOT NULL,
    file TEXT, record TEXT, version TEXT, prior INTEGER) STRICT;
CREATE TABLE retraction (no INTEGER PRIMARY KEY, seq INTEGER NOT NULL UNIQUE,
    batch INTEGER NOT NULL) STRICT;
CREATE TABLE record (id TEXT NOT NULL, dataset INTEGER NOT NULL, first INTEGER NOT NULL,
    current INTEGER NOT NULL, kind INTEGER NOT NULL, PRIMARY KEY (id, dataset))
    WITHOUT ROWID, STRICT;
CREATE TABLE identifier (seq INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
    reason TEXT, canonical TEXT, PRIMARY KEY (seq, kind)) WITHOUT ROWID, STRICT;
"""
INDEXES: Final = {
    "identifier_canonical": "CREATE INDEX IF NOT EXISTS identifier_canonical "
    "ON identifier (canonical) WHERE canonical IS NOT NULL",
    "batch_time": "CREATE INDEX IF NOT EXISTS batch_time ON batch (recorded_at)",
    "retraction_batch": "CREATE INDEX IF NOT EXISTS retraction_batch ON retraction (batch)",
}

# The guards keep the ledger in one line whatever statement comes: `OR REPLACE` would delete what
# it replaces without any trigger of deletion, so an insert is looked at first.
LEDGER: Final = (
    "CREATE TABLE ledger (no INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL,"
    " kind TEXT NOT NULL, about TEXT NOT NULL, body TEXT NOT NULL, key TEXT NOT NULL,"
    " part INTEGER NOT NULL, prior BLOB NOT NULL, hash BLOB NOT NULL, UNIQUE (key, part)) STRICT",
    "CREATE INDEX ledger_about ON ledger (about)",
    "CREATE TRIGGER ledger_update BEFORE UPDATE ON ledger"
    " BEGIN SELECT RAISE(ABORT, 'an entry of the ledger is never changed'); END",
    "CREATE TRIGGER ledger_delete BEFORE DELETE ON ledger"
    " BEGIN SELECT RAISE(ABORT, 'an entry of the ledger is never deleted'); END",
    "CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger"
    " WHEN new.no IS NOT (SELECT ifnull(max(no), 0) + 1 FROM ledger)"
    " OR new.prior IS NOT (SELECT ifnull((SELECT hash FROM ledger ORDER BY no DESC LIMIT 1),"
    " zeroblob(32))) OR EXISTS (SELECT 1 FROM ledger WHERE key = new.key AND part = new.part)"
    " BEGIN SELECT RAISE(ABORT, 'an entry of the ledger follows the one before it'); END",
)

# Version n to n + 1; each step runs in one transaction together with the new number.
UPGRADES: Final[dict[int, tuple[str, ...]]] = {1: LEDGER}

_TRIES: Final = 200
_PAUSE: Final = 0.01  # seconds
SETTINGS: Final = """
PRAGMA synchronous = FULL;
PRAGMA cache_size = -262144;
PRAGMA wal_autocheckpoint = 16384;
PRAGMA journal_size_limit = 134217728;
PRAGMA trusted_schema = OFF;
"""


def has_key(db: Db) -> bool:
    """Whether the id key is kept in the store or given by the environment."""
    kept = db.execute("SELECT count(*) FROM meta WHERE key = 'id_key'").fetchone()[0]
    return bool(kept) or given_key() is not None


def id_key(db: Db) -> bytes:
    """The store's id key: kept in it, or given by the environment and checked by its digest.

    Raises InputError when the key is missing or not this store's.
    """
    kept = dict(db.execute("SELECT key, value FROM meta WHERE key LIKE 'id_key%'"))
    given = given_key()
    if (own := kept.get("id_key")) is not None:
        if given is not None and given != own:
            raise InputError("LINKRISK_ID_KEY is not the key that this store was made with")
        return bytes(own)
    if given is None:
        raise InputError("this store keeps no id key: give it as LINKRISK_ID_KEY")
    if hashlib.sha256(given).digest() != kept["id_key_digest"]:
        raise InputError("LINKRISK_ID_KEY is not the key that this store was made with")
    return given


def state(db: Db) -> Literal["empty", "ours", "foreign"]:
    """What kind of file this is: nothing in it yet, a store of any version, another program's."""
    db.execute("BEGIN")  # one view of the file: another process may be making it
    try:
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        mark = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
    if mark == APPLICATION_ID:
        return "ours"
    return "foreign" if mark or version or tables else "empty"


def create(db: Db, id_key: bytes | None = None) -> None:
    """Make an empty store. Its id key, `id_key` or a random one, comes with it, or, where
    LINKRISK_ID_KEY gives one, only a digest of that."""
    given = given_key()
    if given is not None and id_key is not None and given != id_key:
        raise InputError("LINKRISK_ID_KEY is not the key that the store is to be made with")
    # Made in one transaction before WAL is turned on: who looks meanwhile waits, and sees an empty
    # file or a whole store.
    db.execute("PRAGMA page_size = 8192")
    db.execute("BEGIN EXCLUSIVE")
    if db.execute("PRAGMA user_version").fetchone()[0] == 0:  # nobody was faster
        for statement in (*TABLES.split(";"), *INDEXES.values(), *LEDGER):
            if statement.strip():
                db.execute(statement)
        if given is None:
            db.execute(
                "INSERT INTO meta VALUES ('id_key', ?)", (id_key or secrets.token_bytes(32),)
            )
        else:
            digest = hashlib.sha256(given).digest()
            db.execute("INSERT INTO meta VALUES ('id_key_digest', ?)", (digest,))
        sealing.begin(db)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")
    prepare(db)


def _write_ahead(db: Db) -> None:
    """Turn WAL on where it is not: it needs the file alone, and SQLite does not wait for that."""
    for _ in range(_TRIES):
        if db.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except (apsw.BusyError, apsw.LockedError):
            time.sleep(_PAUSE)
        except apsw.Error:
            return  # on a medium that cannot be written


def prepare(db: Db) -> None:
    """Settings of a connection to an existing store, upgraded where it is older.

    Raises SchemaVersion for a store of a newer program.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise SchemaVersion(f"the store has schema {version}, this program knows {VERSION}")
    db.execute(SETTINGS).fetchall()  # one that answers would keep those behind it waiting
    _write_ahead(db)  # a new store, and a backup, are plain files
    while version < VERSION:
        db.execute("BEGIN IMMEDIATE")
        current = db.execute("PRAGMA user_version").fetchone()[0]
        if current == version:
            for statement in UPGRADES[version]:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {version + 1}")
        db.execute("COMMIT")
        version = db.execute("PRAGMA user_version").fetchone()[0]
