"""The book of the monitor: its runs, the lines of clusters, what was told of them, and alerts.

A run is written in one transaction when it is whole, and clusters of earlier runs are told anew
from the store's own history: so a run that was killed leaves nothing behind, and the next one does
it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from algorithms.findings.material import Version
from algorithms.scoring.priority import unscored
from api.casework.keeping import mask, names
from api.kept import Kept, one, private_folder
from api.monitor.entries import (
    ALERT,
    KINDS,
    LINE,
    RUN,
    Alert,
    Line,
    Outcome,
    Run,
    Standing,
    State,
    Step,
    UnknownAlert,
    UnknownLine,
    alert_of,
    line_of,
)
from api.ranking import UNRANKED, Rank, rank_of, sees_scores
from graph import times
from graph.closing import Closing
from graph.domains import DOMAINS
from graph.errors import Conflict, LinkriskError

if TYPE_CHECKING:
    import apsw

    from algorithms.scoring.priority import Priority

TABLES: Final = """
CREATE TABLE run (no INTEGER PRIMARY KEY AUTOINCREMENT, as_of TEXT NOT NULL, known_at TEXT NOT NULL,
    batch INTEGER NOT NULL, snapshot TEXT NOT NULL, started INTEGER NOT NULL,
    finished INTEGER NOT NULL, told TEXT NOT NULL) STRICT;
CREATE TABLE line (id TEXT PRIMARY KEY, cluster TEXT NOT NULL, alive INTEGER NOT NULL,
    born INTEGER NOT NULL, changed INTEGER NOT NULL, domains INTEGER NOT NULL, told BLOB NOT NULL,
    event TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE INDEX line_alive ON line (alive, id);
CREATE TABLE step (no INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, line TEXT NOT NULL,
    event TEXT NOT NULL, domains INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE INDEX step_line ON step (line, no);
CREATE INDEX step_run ON step (run);
CREATE TABLE judged (key TEXT PRIMARY KEY, run INTEGER NOT NULL, version BLOB NOT NULL)
    WITHOUT ROWID, STRICT;
CREATE TABLE alert (no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    run INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, of TEXT NOT NULL,
    state TEXT NOT NULL, domains INTEGER NOT NULL, body BLOB NOT NULL,
    score REAL NOT NULL, rank REAL NOT NULL, standing BLOB, by TEXT, acted INTEGER, note TEXT)
    STRICT;
CREATE INDEX alert_rank ON alert (rank, score, no);
CREATE INDEX alert_state ON alert (state, no);
CREATE INDEX alert_of ON alert (of, no);
CREATE INDEX alert_run ON alert (run);
CREATE TABLE count (name TEXT PRIMARY KEY, value INTEGER NOT NULL, text TEXT)
    WITHOUT ROWID, STRICT;
"""
VERSION: Final = 3
# Alerts had no order but that of time.
_RANKS: Final = """
ALTER TABLE alert ADD COLUMN score REAL NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN rank REAL NOT NULL DEFAULT -1.0;
UPDATE alert SET score = coalesce(json_extract(CAST(body AS TEXT), '$.score'), 0);
CREATE INDEX alert_rank ON alert (rank, score, no);
"""
# They kept the order that they were raised in.
_STANDS: Final = "ALTER TABLE alert ADD COLUMN standing BLOB"
UPGRADES: Final = {1: _RANKS, 2: _STANDS}
NAME: Final = "monitor.db"
_CHANGE, _FAILED, _STANDING = "changes", "failed", "standing"
_NUMBER = "SELECT value, text FROM count WHERE name = ?"
_json = msgspec.json.encode
_RUNS: Final = f"SELECT {', '.join(RUN)} FROM run WHERE no < ? ORDER BY no DESC LIMIT ?"  # noqa: S608 names of fields
# Of all that is listed what rests on no domain but these.
_ALERTS: Final = f"SELECT {', '.join(ALERT)} FROM alert"  # noqa: S608 names of fields
_SOME_ALERTS: Final = (
    f"{_ALERTS} WHERE domains & ~?1 = 0 AND (?2 IS NULL OR state = ?2)"
    " AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR of = ?4) AND (?5 IS NULL OR run > ?5)"
    " AND no < ?6 ORDER BY no DESC LIMIT ?7"
)
# Who is not granted every domain sees no risk scores: all are as if they had none.
_RANKED: Final = (
    f"{_ALERTS} WHERE domains & ~?1 = 0 AND (?2 IS NULL OR state = ?2)"
    " AND (?3 IS NULL OR kind = ?3) AND ({rank}, score, no) < (?4, ?5, ?6)"
    " ORDER BY {rank} DESC, score DESC, no DESC LIMIT ?7"
)
_BY_RANK: Final = _RANKED.format(rank="rank")
_BY_SCORE: Final = _RANKED.format(rank=UNRANKED)
_FIRST: Final = (2.0, 2.0, 2**62)
_ONE_ALERT: Final = f"{_ALERTS} WHERE domains & ~?1 = 0 AND id = ?2"
_LINES: Final = f"SELECT {', '.join(LINE)} FROM line"  # noqa: S608 names of fields
_SOME_LINES: Final = (
    f"{_LINES} WHERE domains & ~?1 = 0 AND (?2 IS NULL OR alive = ?2) AND id > ?3 ORDER BY id"
    " LIMIT ?4"
)
_ONE_LINE: Final = (
    f"{_LINES} WHERE domains & ~?1 = 0 AND (id = ?2 OR cluster = ?2)"
    " ORDER BY id <> ?2, alive DESC, id LIMIT 1"
)
_STEPS: Final = (
    "SELECT line, event, domains, body, run FROM step WHERE domains & ~?1 = 0"
    " AND (?2 IS NULL OR line = ?2) AND (?3 IS NULL OR run > ?3) ORDER BY no DESC LIMIT ?4"
)
_OPEN: Final = (
    "SELECT kind, count(*) FROM alert WHERE state = 'open' AND domains & ~? = 0 GROUP BY kind"
)
_STATES: Final = (
    "SELECT event, count(*) FROM line WHERE domains & ~? = 0 GROUP BY event ORDER BY event"
)
_EVENTS: Final = (
    "SELECT event, count(*) FROM step WHERE domains & ~? = 0 AND run > ? GROUP BY event ORDER BY 1"
)
# By somebody's score: those that stand by it now, and those that were raised with it.
_UNSCORED: Final = (
    "UPDATE alert SET standing = ?1, rank = ?2"
    " WHERE json_extract(CAST(standing AS TEXT), '$.subject') = ?3",
    "UPDATE alert SET body = CAST(json_remove(CAST(body AS TEXT), '$.priority') AS BLOB),"
    " rank = iif(standing IS NULL, ?2, rank)"
    " WHERE ?1 IS NOT NULL AND json_extract(CAST(body AS TEXT), '$.priority.subject') = ?3",
)
_RESTRICTED: Final = unscored("the use of whose score it was is restricted / 该主体限制处理")
_ORDERED: Final = "SELECT 1 FROM alert WHERE rank > ? AND state = 'open' LIMIT 1"
_OPENED: Final = (
    "SELECT no, json_extract(CAST(body AS TEXT), '$.members'),"
    " json_extract(CAST(body AS TEXT), '$.members_total') FROM alert"
    " WHERE state = 'open' AND run <> ? ORDER BY no DESC LIMIT ?"
)
# What may name somebody, and how that is taken out.
_NAMING: Final = (
    (
        "SELECT no, CAST(CAST(body AS TEXT) || coalesce(CAST(standing AS TEXT), '') AS BLOB)"
        " FROM alert",
        "DELETE FROM alert WHERE no = ?",
    ),
    ("SELECT no, body FROM step", "DELETE FROM step WHERE no = ?"),
    ("SELECT id, body FROM line", "UPDATE line SET body = CAST('{}' AS BLOB) WHERE id = ?"),
)


class Book(Closing):
    """See the module. Every call is one short transaction. What is listed is what a caller of some
    domains may see: nothing that rests on facts of another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept = Kept(folder / NAME, TABLES, VERSION, UPGRADES)

    @property
    def is_there(self) -> bool:
        """Whether the monitor ever ran."""
        return self._kept.is_there

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Within it, no other process runs the monitor of this store; raises Conflict where one
        does. The lock goes with its process, however that ends."""
        import fcntl

        path = private_folder(self.folder) / "monitor.lock"
        with path.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                words = "the monitor of this store is running already / 监测正在运行"
                raise Conflict(words) from None
            yield

    def _rows(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        """Rows, none where the monitor never ran: who looks makes no file."""
        return self._kept.rows(text, values) if self.is_there else []

    # -- what a run reads and writes -------------------------------------------------------------

    def last(self) -> Run | None:
        """The last run; None before the first."""
        found = self.runs(None, 1)
        return found[0] if found else None

    def runs(self, before: int | None, limit: int) -> list[Run]:
        """Runs, the newest first, behind number `before`."""
        return [
            Run(**dict(zip(RUN, [*row[:-1], msgspec.json.decode(row[-1])], strict=True)))
            for row in self._rows(_RUNS, (2**62 if before is None else before, limit))
        ]

    def lines(self) -> list[Line]:
        """All lines, of whatever domains."""
        return [line_of(row) for row in self._rows(_LINES)]

    def judged(self) -> dict[str, Version]:
        """By key, the versions of cases as they were told last."""
        rows = self._rows("SELECT key, version FROM judged ORDER BY key")
        return {key: msgspec.json.decode(body, type=Version) for key, body in rows}

    def put(self, run: Run, outcome: Outcome, kept_runs: int) -> tuple[Run, list[Alert]]:
        """Write a run: whole, or not at all. Its number and the alerts that are new."""
        with self._kept.writing() as db:
            db.execute(
                "INSERT INTO run (as_of, known_at, batch, snapshot, started, finished, told)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run.as_of, run.known_at, run.batch, run.snapshot, run.started, run.finished,
                 _json(run.told).decode()),
            )  # fmt: skip
            no = db.last_insert_rowid()
            _put_lines(db, no, outcome)
            before = one(db, "SELECT max(no) FROM alert")[0] or 0
            db.executemany(
                "INSERT OR IGNORE INTO alert (id, run, at, kind, of, state, domains, body, score,"
                " rank) VALUES (?, ?, ?, ?, ?, 'open', ?, ?, ?, ?)",
                [(each.id, no, run.finished, each.kind, each.of, mask(each.domains),
                  _json(each.said), each.body["score"], each.rank) for each in outcome.alerts],
            )  # fmt: skip
            db.executemany(
                "INSERT OR REPLACE INTO judged VALUES (?, ?, ?)",
                [(key, no, _json(version)) for key, version in outcome.judged.items()],
            )
            db.executemany("UPDATE judged SET run = ? WHERE key = ?",
                           [(no, key) for key in outcome.met])  # fmt: skip
            _forget_before(db, no - kept_runs)
            _count(db, _CHANGE)
            made = db.execute(f"{_ALERTS} WHERE no > ? ORDER BY no", (before,)).fetchall()
        return msgspec.structs.replace(run, no=no), [alert_of(row) for row in made]

    def failed(self, why: str) -> None:
        """Note that a run, or a part of one, failed."""
        with self._kept.writing() as db:
            _count(db, _FAILED, why[:300])
            _count(db, _CHANGE)

    # -- where open alerts stand -----------------------------------------------------------------

    def standing(self) -> Standing | None:
        """What open alerts are ordered by; None where none was ever told anew."""
        text = self._number(_STANDING)[1]
        return None if text is None else msgspec.json.decode(text, type=Standing)

    def ordered(self) -> bool:
        """Whether an open alert has a risk score."""
        return bool(self._rows(_ORDERED, (UNRANKED,)))

    def opened(self, but: int, limit: int) -> Iterator[tuple[int, list[str], int]]:
        """Of the newest open alerts that are not of run `but`: the number, the members that it
        shows, and how many there are."""
        for no, text, total in self._rows(_OPENED, (but, limit)):
            members = msgspec.json.decode(text or "[]", type=list[str])
            yield no, members, total or len(members)

    def stand(self, told: Mapping[int, Priority], by: Standing, change: int) -> bool:
        """Order open alerts, by number, by what is told of them now; what they were raised with
        stays. Nothing is written where the book is no longer what it was at this `change`: somebody
        whose scores were taken out meanwhile would be told of again."""
        with self._kept.writing() as db:
            if change != next(iter(db.execute(_NUMBER, (_CHANGE,))), (0,))[0]:
                return False
            db.executemany(
                "UPDATE alert SET rank = ?, standing = ? WHERE no = ? AND state = 'open'",
                [(rank_of(each), _json(each), no) for no, each in told.items()],
            )
            _count(db, _STANDING, _json(by).decode())
            _count(db, _CHANGE)
        return True

    def await_standing(self) -> None:
        """Say that the order is by what is not so any more, and will be told anew."""
        if self.is_there:
            with self._kept.writing() as db:
                _pending(db)
                _count(db, _CHANGE)

    # -- what is looked at -----------------------------------------------------------------------

    def change(self) -> int:
        """A number that is another once anything in the book is."""
        return self._number(_CHANGE)[0]

    def failures(self) -> tuple[int, str | None]:
        """How many runs failed, and why the last of these did."""
        return self._number(_FAILED)

    def _number(self, name: str) -> tuple[int, str | None]:
        rows = self._rows(_NUMBER, (name,))
        return rows[0] if rows else (0, None)

    def open_by_kind(self, seen: Collection[str] = DOMAINS) -> dict[str, int]:
        """Open alerts by kind."""
        return dict.fromkeys(KINDS, 0) | dict(self._rows(_OPEN, (mask(seen),)))

    def lines_by_state(self, seen: Collection[str] = DOMAINS) -> dict[str, int]:
        """Lines by what was seen of them last: those that are there, those that dissolved or went
        into others."""
        return dict(self._rows(_STATES, (mask(seen),)))

    def events(self, seen: Collection[str], since: int) -> dict[str, int]:
        """How many of each event there were after a run."""
        return dict(self._rows(_EVENTS, (mask(seen), since)))

    def listed(
        self, seen: Collection[str], alive: bool | None, after: str | None, limit: int
    ) -> list[Line]:
        """Lines by name, behind one."""
        asked = (mask(seen), None if alive is None else int(alive), after or "", limit)
        return [line_of(row) for row in self._rows(_SOME_LINES, asked)]

    def line(self, name: str, seen: Collection[str]) -> Line:
        """A line, by its name or that of its cluster now; raises UnknownLine."""
        for row in self._rows(_ONE_LINE, (mask(seen), name)):
            return line_of(row)
        raise UnknownLine(f"no line of clusters is named {name[:80]!r} / 无此群组")

    def steps(
        self, seen: Collection[str], *, line: str | None = None, since: int | None = None,
        limit: int = 1000,
    ) -> list[Step]:  # fmt: skip
        """What was seen of a line, the newest first; or of all after a run."""
        return [
            Step(line=a, event=b, domains=frozenset(names(c)), body=msgspec.json.decode(d), run=e)
            for a, b, c, d, e in self._rows(_STEPS, (mask(seen), line, since, limit))
        ]

    def alerts(
        self, seen: Collection[str], *, state: str | None = None, kind: str | None = None,
        of: str | None = None, since: int | None = None, before: int | None = None,
        limit: int = 100,
    ) -> list[Alert]:  # fmt: skip
        """Alerts, the newest first, behind number `before`; of runs after `since`."""
        top = 2**62 if before is None else before
        asked = (mask(seen), state, kind, of, since, top, limit)
        return [alert_of(row) for row in self._rows(_SOME_ALERTS, asked)]

    def ranked(
        self, seen: Collection[str], *, state: str | None = None, kind: str | None = None,
        after: Rank | None = None, limit: int = 100,
    ) -> list[Alert]:  # fmt: skip
        """Alerts of the highest risk score first, then of the highest score of their own, then the
        newest; behind a place. Who is not granted every domain has them by their own alone."""
        text = _BY_RANK if sees_scores(seen) else _BY_SCORE
        asked = (mask(seen), state, kind, *(after or _FIRST), limit)
        return [alert_of(row) for row in self._rows(text, asked)]

    def after(self, no: int, limit: int) -> list[Alert]:
        """Alerts of a higher number, in their order; of whatever domains."""
        text = f"{_ALERTS} WHERE no > ? ORDER BY no LIMIT ?"
        return [alert_of(row) for row in self._rows(text, (no, limit))]

    def top(self) -> int:
        """The number of the newest alert; 0 before the first."""
        rows = self._rows("SELECT max(no) FROM alert")
        return (rows[0][0] or 0) if rows else 0

    def alert(self, ident: str, seen: Collection[str]) -> Alert:
        """One alert; raises UnknownAlert."""
        for row in self._rows(_ONE_ALERT, (mask(seen), ident)):
            return alert_of(row)
        raise UnknownAlert(f"no alert {ident[:40]!r} / 无此预警")

    def judge(
        self, ident: str, seen: Collection[str], state: State, by: str, note: str | None
    ) -> Alert:
        """Say what an alert comes to: `accepted`, `dismissed`, or `open` again. Raises
        UnknownAlert."""
        known, standing = self.alert(ident, seen), self.standing()
        with self._kept.writing() as db:
            db.execute("UPDATE alert SET state = ?, by = ?, acted = ?, note = ? WHERE id = ?",
                       (state, by, times.now(), note, ident))  # fmt: skip
            if state == "open" and standing is not None and not standing.has(known.priority):
                _pending(db)  # it missed what others were ordered by meanwhile
            _count(db, _CHANGE)
        return self.alert(ident, seen)

    def forget(self, named: Callable[[bytes], bool]) -> int:
        """Delete what says this of somebody: alerts, steps; rows of lines are emptied, and of cases
        it is taken out. How many were found. What was told stays told: of clusters by the ids of
        listings, of cases by those who are left in them."""
        if not self.is_there:
            return 0
        count = 0
        with self._kept.writing() as db:
            for asked, gone in _NAMING:
                rows: list[Any] = db.execute(asked).fetchall()
                found = [(key,) for key, body in rows if named(bytes(body))]
                db.executemany(gone, found)
                count += len(found)
            count += _without(db, named)
            if count:
                _count(db, _CHANGE)
        self._kept.cleansed()
        return count

    def unscored(self, subject: str) -> None:
        """Let no alert be ordered by the score of somebody, by canonical id: it is kept of nobody
        whose use is restricted."""
        if not self.is_there:
            return
        with self._kept.writing() as db:
            for text in _UNSCORED:
                db.execute(text, (_json(_RESTRICTED), UNRANKED, subject))
            _pending(db)
            _count(db, _CHANGE)
        self._kept.cleansed()

    def close(self) -> None:
        """Let go of the file."""
        self._kept.close()


def _without(db: apsw.Connection, named: Callable[[bytes], bool]) -> int:
    """Take somebody out of the versions of cases; how many had to do with it."""
    from api.casework.rewriting import changed

    rows: list[Any] = db.execute("SELECT key, version FROM judged").fetchall()
    found = [(key, msgspec.json.decode(body)) for key, body in rows if named(bytes(body))]
    for key, said in found:
        left = changed(said, lambda text: None if named(text.encode()) else text)
        db.execute("UPDATE judged SET version = ? WHERE key = ?", (_json(left), key))
    return len(found)


def _forget_before(db: apsw.Connection, no: int) -> None:
    """Delete runs up to a number, and what was over by then: the ends of lines, cases that no run
    met since, alerts that are settled since before the first run that is left."""
    for text in (
        "DELETE FROM run WHERE no <= ?",
        "DELETE FROM step WHERE run <= ?",
        "DELETE FROM judged WHERE run <= ?",
        "DELETE FROM line WHERE NOT alive AND changed <= ?",
        "DELETE FROM alert WHERE state <> 'open' AND run <= ?"
        " AND acted < (SELECT min(started) FROM run)",
    ):
        db.execute(text, (no,))


def _put_lines(db: apsw.Connection, no: int, outcome: Outcome) -> None:
    db.executemany(
        "INSERT INTO line VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE"
        " SET cluster = ?2, alive = ?3, changed = CASE WHEN body = ?8 THEN changed ELSE ?4 END,"
        " domains = ?5, told = ?6, event = ?7, body = ?8",
        [(each.id, each.cluster, int(each.alive), no, mask(each.domains), _json(each.told),
          each.event, _json(each.body)) for each in outcome.lines],
    )  # fmt: skip
    gone = [(no, event, name) for name, event in outcome.over.items()]
    db.executemany("UPDATE line SET alive = 0, changed = ?, event = ? WHERE id = ?", gone)
    db.executemany(
        "UPDATE alert SET state = 'over', acted = ? WHERE kind = 'cluster' AND of = ?"
        " AND state = 'open'", [(times.now(), name) for name in outcome.over],
    )  # fmt: skip
    db.executemany(
        "INSERT INTO step (run, line, event, domains, body) VALUES (?, ?, ?, ?, ?)",
        [(no, each.line, each.event, mask(each.domains), _json(each.body))
         for each in outcome.steps],
    )  # fmt: skip


def words_of(error: Exception) -> str:
    """What is kept of an error: one of our own says what may be read; any other may say what it was
    at."""
    known = f": {error}" if isinstance(error, LinkriskError) else ""
    return f"{type(error).__name__}{known}"


def _pending(db: apsw.Connection) -> None:
    db.execute("UPDATE count SET text = json_set(text, '$.pending', json('true')) WHERE name = ?",
               (_STANDING,))  # fmt: skip


def _count(db: apsw.Connection, name: str, text: str | None = None) -> None:
    db.execute(
        "INSERT INTO count VALUES (?1, 1, ?2) ON CONFLICT (name) DO UPDATE SET value = value + 1,"
        " text = ?2", (name, text),
    )  # fmt: skip
