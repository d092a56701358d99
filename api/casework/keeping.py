"""The file that casework is kept in, in the state folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.caller import DOMAINS
from api.kept import Kept, one, state_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

NAME: Final = "casework.db"
TABLES: Final = """
CREATE TABLE finding (no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    algorithm TEXT NOT NULL, pattern TEXT NOT NULL, score REAL NOT NULL, state TEXT NOT NULL,
    row TEXT NOT NULL, judged TEXT NOT NULL, latest TEXT NOT NULL, news TEXT NOT NULL,
    domains INTEGER NOT NULL, seen INTEGER NOT NULL, version INTEGER NOT NULL,
    made INTEGER NOT NULL, met INTEGER NOT NULL, changed INTEGER NOT NULL,
    as_of TEXT, known_at TEXT NOT NULL, snapshot TEXT NOT NULL, rank REAL NOT NULL DEFAULT -1.0,
    priority TEXT) STRICT;
CREATE INDEX finding_worst ON finding (score DESC, no);
CREATE INDEX finding_rank ON finding (rank DESC, score DESC, no);
CREATE INDEX finding_pattern ON finding (pattern, no);
CREATE TABLE member (name TEXT NOT NULL, finding INTEGER NOT NULL, PRIMARY KEY (name, finding))
    WITHOUT ROWID, STRICT;
CREATE INDEX member_finding ON member (finding);
CREATE TABLE step (no INTEGER PRIMARY KEY AUTOINCREMENT, finding INTEGER NOT NULL,
    at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, note TEXT, news TEXT NOT NULL)
    STRICT;
CREATE INDEX step_finding ON step (finding, no);
CREATE TABLE file (no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL, title TEXT NOT NULL, status TEXT NOT NULL, shared TEXT NOT NULL,
    scene TEXT NOT NULL, domains INTEGER NOT NULL, version INTEGER NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, updated_by TEXT NOT NULL) STRICT;
CREATE INDEX file_owner ON file (owner, no);
CREATE TABLE comment (no INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL,
    at INTEGER NOT NULL, who TEXT NOT NULL, text TEXT NOT NULL) STRICT;
CREATE INDEX comment_file ON comment (file, no);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
INSERT INTO counter VALUES ('findings', 0), ('files', 0);
"""
VERSION: Final = 2
UPGRADES: Final = {
    1: """
ALTER TABLE finding ADD COLUMN rank REAL NOT NULL DEFAULT -1.0;
ALTER TABLE finding ADD COLUMN priority TEXT;
CREATE INDEX finding_rank ON finding (rank DESC, score DESC, no);
"""
}


def kept_of(url: str) -> Kept:
    """The file of a store's casework; nothing is made before it is written to."""
    return Kept(state_folder(url) / NAME, TABLES, VERSION, UPGRADES)


def count(kept: Kept, name: str) -> int:
    """How often findings, or files, were written to: it tells two states of them apart."""
    with kept.reading() as db:
        found: int = one(db, "SELECT value FROM counter WHERE name = ?", name)[0]
        return found


def bump(db: apsw.Connection, name: str) -> None:
    """Count a change."""
    db.execute("UPDATE counter SET value = value + 1 WHERE name = ?", (name,))


def mask(domains: Iterable[str]) -> int:
    """Domains as bits, for a question to compare."""
    return sum(1 << DOMAINS.index(each) for each in set(domains))


def names(bits: int) -> list[str]:
    """The domains of these bits, in their order."""
    return [each for at, each in enumerate(DOMAINS) if bits >> at & 1]


def text(value: Any) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()
