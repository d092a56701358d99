"""The book of identities: the runs, the trained models, the pairs that wait for a person, and what
was refused. Judgements themselves are facts (`api.identity.facts`); here is what led to them.

One file in the state folder. Whoever writes judgements holds its lock, so that they take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from algorithms.identity.shape import Conflict as Refused
from algorithms.identity.shape import Model, Pair
from api.casework.keeping import text
from api.identity.facts import pair_id
from api.kept import Kept, one, state_folder
from graph import times
from graph.closing import Closing
from graph.errors import InputError

if TYPE_CHECKING:
    import apsw

State = Literal["open", "accepted", "rejected"]
STATES: Final[tuple[State, ...]] = ("open", "accepted", "rejected")
NAME: Final = "identity.db"
TABLES: Final = """
CREATE TABLE run (no INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL,
    kinds TEXT NOT NULL, accept REAL NOT NULL, review REAL NOT NULL, upto INTEGER NOT NULL,
    told TEXT NOT NULL) STRICT;
CREATE TABLE model (kind TEXT PRIMARY KEY, body TEXT NOT NULL, at INTEGER NOT NULL)
    WITHOUT ROWID, STRICT;
CREATE TABLE pair (no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL, score REAL NOT NULL, said TEXT NOT NULL,
    state TEXT NOT NULL, held INTEGER NOT NULL, met INTEGER NOT NULL, changed INTEGER NOT NULL,
    note TEXT) STRICT;
CREATE INDEX pair_likeliest ON pair (state, score DESC, no);
CREATE INDEX pair_a ON pair (a);
CREATE INDEX pair_b ON pair (b);
CREATE TABLE refused (no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, said TEXT NOT NULL) STRICT;
"""


class UnknownPair(InputError):
    """No pair that was ever put before a person, or judged, has this id."""

    status = 404


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A pair in the queue. `held`: joined once, and taken back by a person; `note`: why it was
    judged as it was last."""

    no: int
    id: str
    state: State
    held: bool
    pair: Pair
    met: int
    changed: int
    note: str | None = None


class LastRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run: whose, of what, at which thresholds, up to which batch, and what it told."""

    no: int
    at: int
    who: str
    kinds: list[str]
    accept: float
    review: float
    upto: int
    told: dict[str, Any]


class Book(Closing):
    """See the module."""

    def __init__(self, url: str) -> None:
        self.kept = Kept(state_folder(url) / NAME, TABLES)

    @contextmanager
    def turn(self) -> Iterator[apsw.Connection]:
        """One at a time, of all processes: what is judged within is judged on what stands."""
        with self.kept.writing() as db:
            yield db

    # -- runs -------------------------------------------------------------------------------------

    def last(self) -> LastRun | None:
        """The last run that wrote; None: there was none."""
        if not self.kept.is_there:
            return None
        rows = self.kept.rows(
            "SELECT no, at, who, kinds, accept, review, upto, told FROM run"
            " ORDER BY no DESC LIMIT 1"
        )
        return _run(rows[0]) if rows else None

    def models(self) -> list[Model]:
        """The models that scores go by, one a kind."""
        if not self.kept.is_there:
            return []
        rows = self.kept.rows("SELECT body FROM model ORDER BY kind")
        return [msgspec.json.decode(row[0], type=Model) for row in rows]

    def ran(self, db: apsw.Connection, run: LastRun, models: Iterable[Model]) -> None:
        """Keep a run and the models that it went by."""
        db.execute(
            "INSERT INTO run (at, who, kinds, accept, review, upto, told)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (run.at, run.who, text(run.kinds), run.accept, run.review, run.upto, text(run.told)),
        )
        db.executemany(
            "INSERT OR REPLACE INTO model VALUES (?, ?, ?)",
            [(each.kind, text(each), run.at) for each in models],
        )

    # -- the queue --------------------------------------------------------------------------------

    def put(self, db: apsw.Connection, found: Iterable[tuple[Pair, bool]]) -> int:
        """Put pairs (each with whether it is held) before a person; how many are new or open again.
        What a person judged stays judged: facts say so, and no run finds it again but undone."""
        now, fresh = times.now(), 0
        for pair, held in found:
            ident = pair_id(pair.a, pair.b)
            before = one(db, "SELECT state FROM pair WHERE id = ?", ident)
            db.execute(
                "INSERT INTO pair (id, kind, a, b, score, said, state, held, met, changed)"
                " VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " score = excluded.score, said = excluded.said, held = excluded.held,"
                " met = excluded.met, state = 'open',"
                " changed = iif(state = 'open', changed, excluded.changed)",
                (ident, pair.kind, pair.a, pair.b, pair.score, text(pair), held, now, now),
            )
            fresh += before is None or before[0] != "open"
        return fresh

    def drop(
        self, db: apsw.Connection, kinds: Sequence[str], gone: Callable[[str, str, str], bool]
    ) -> int:
        """Take open pairs (id, a, b) of these kinds out of the queue of which this is true; how
        many."""
        open_ = "SELECT id, a, b FROM pair WHERE state = 'open' AND kind IN"
        those = f"{open_} (SELECT value FROM json_each(?))"  # noqa: S608 of constants
        rows: list[Any] = db.execute(those, (text(kinds),)).fetchall()
        idents = [(row[0],) for row in rows if gone(*row)]
        db.executemany("DELETE FROM pair WHERE id = ?", idents)
        return len(idents)

    def state(
        self, db: apsw.Connection, ident: str, pair: Pair | None, state: State, note: str | None
    ) -> None:
        """Note how a pair stands after a judgement; `pair` where it was not in the book."""
        now = times.now()
        if one(db, "SELECT 1 FROM pair WHERE id = ?", ident) is None:
            if pair is None:
                return
            self.put(db, [(pair, False)])
        db.execute(
            "UPDATE pair SET state = ?, changed = ?, held = ?, note = ? WHERE id = ?",
            (state, now, state == "open", note, ident),
        )

    def get(self, ident: str) -> Waiting | None:
        """A pair of the book."""
        if not self.kept.is_there:
            return None
        rows = self.kept.rows(f"{_SELECT} WHERE id = ?", (ident,))
        return _waiting(rows[0]) if rows else None

    def page(
        self, state: str, kind: str | None, records: Sequence[str] | None, limit: int,
        after: tuple[float, int] | None,
    ) -> tuple[list[Waiting], str | None]:  # fmt: skip
        """Pairs by score, the likeliest first; of one kind, about some records; what leads on."""
        if not self.kept.is_there:
            return [], None
        where, values = "state = ?", [state, *([kind] if kind else [])]
        where += " AND kind = ?" if kind else ""
        given: list[Any] = [*values]
        if records is not None:
            those = "(SELECT value FROM json_each(?))"
            where += f" AND (a IN {those} OR b IN {those})"
            given += [text(records)] * 2
        if after is not None:
            where += " AND (score < ? OR (score = ? AND no > ?))"
            given += [after[0], after[0], after[1]]
        rows = self.kept.rows(
            f"{_SELECT} WHERE {where} ORDER BY score DESC, no LIMIT ?", (*given, limit + 1)
        )
        found = [_waiting(row) for row in rows[:limit]]
        more = len(rows) > limit
        return found, f"{found[-1].pair.score!r}:{found[-1].no}" if more else None

    def between(self, one: Sequence[str], other: Sequence[str]) -> list[Waiting]:
        """Pairs of a record of one and a record of another, the likeliest first."""
        if not self.kept.is_there:
            return []
        one_, two = ("(SELECT value FROM json_each(?))",) * 2
        where = f"(a IN {one_} AND b IN {two}) OR (b IN {one_} AND a IN {two})"
        given = [text(one), text(other)] * 2
        rows = self.kept.rows(f"{_SELECT} WHERE {where} ORDER BY score DESC, no LIMIT 20", given)
        return [_waiting(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many pairs are in each state."""
        found: dict[str, int] = dict.fromkeys(STATES, 0)
        if self.kept.is_there:
            found.update(self.kept.rows("SELECT state, count(*) FROM pair GROUP BY state"))
        return found

    # -- what was refused -----------------------------------------------------------------------

    def refuse(
        self, db: apsw.Connection, found: Iterable[Refused], whole: Iterable[str] = ()
    ) -> None:
        """Keep what a run refused; of the kinds that it looked at as a `whole`, nothing else any
        more."""
        db.executemany("DELETE FROM refused WHERE kind = ?", [(kind,) for kind in whole])
        db.executemany(
            "INSERT OR REPLACE INTO refused (id, kind, said) VALUES (?, ?, ?)",
            [(pair_id(e.pair.a, e.pair.b), e.pair.kind, text(e)) for e in found],
        )

    def refused(
        self, limit: int, after: int | None
    ) -> tuple[list[tuple[str, Refused]], str | None]:
        """What was refused, in the order in which it was told; a page."""
        if not self.kept.is_there:
            return [], None
        asked = "SELECT no, id, said FROM refused WHERE no > ? ORDER BY no LIMIT ?"
        rows = self.kept.rows(asked, (after or 0, limit + 1))
        found = [(row[1], msgspec.json.decode(row[2], type=Refused)) for row in rows[:limit]]
        return found, str(rows[limit - 1][0]) if len(rows) > limit else None

    def forget(self, named: Callable[[bytes], bool]) -> int:
        """Delete pairs, refusals and runs of which this is true; how many."""
        if not self.kept.is_there:
            return 0
        count = 0
        with self.kept.writing() as db:
            for table, column in (
                ("pair", "said || ifnull(note, '')"),
                ("refused", "said"),
                ("run", "told"),
            ):
                every = f"SELECT no, {column} FROM {table}"  # noqa: S608 of constants
                rows: list[Any] = db.execute(every).fetchall()
                gone = [(no,) for no, said in rows if named(said.encode())]
                db.executemany(f"DELETE FROM {table} WHERE no = ?", gone)  # noqa: S608 of constants
                count += len(gone)
        self.kept.cleansed()
        return count

    def close(self) -> None:
        """Let go of the file."""
        self.kept.close()


_SELECT: Final = "SELECT no, id, state, held, said, met, changed, note FROM pair"


def _waiting(row: Sequence[Any]) -> Waiting:
    no, ident, state, held, said, met, changed, note = row
    pair = msgspec.json.decode(said, type=Pair)
    return Waiting(no=no, id=ident, state=state, held=bool(held), pair=pair, met=met,
                   changed=changed, note=note)  # fmt: skip


def _run(row: Sequence[Any]) -> LastRun:
    no, at, who, kinds, accept, review, upto, told = row
    return LastRun(no=no, at=at, who=who, kinds=msgspec.json.decode(kinds), accept=accept,
                   review=review, upto=upto, told=msgspec.json.decode(told))  # fmt: skip
