"""The book of findings: what runs put in, how it was judged, and what came of it since.

A finding keeps its place from run to run (`algorithms.findings.material`). What was dismissed
stays so until a run finds more than was there when it was: then it is open again and says what is
new. Every step is kept with who took it.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from algorithms.findings.material import News, Version, matched, material
from algorithms.scoring.priority import Priority  # needed when its entries are read
from api.casework.keeping import bump, count, kept_of, names, text
from api.kept import one
from api.look import FRACTION
from api.ranking import UNRANKED, Rank, rank_of, sees_scores, text_of
from graph import times
from graph.closing import Closing
from graph.errors import Conflict, InputError, LinkriskError, WrongUsage
from graph.keys import mask_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import apsw

State = Literal["open", "accepted", "dismissed"]
STATES: Final[tuple[State, ...]] = ("open", "accepted", "dismissed")
MOST: Final = 100_000  # findings kept
_PLACE: Final = re.compile(rf"({FRACTION}):(\d{{1,18}})", re.ASCII)


class UnknownFinding(InputError):
    """No finding that the caller may see has this id."""

    status = 404


class TooManyFindings(LinkriskError):
    """The book is full."""

    status = 429


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as it is kept. Moments are µs; `judged` is the version that was judged or told of
    last, `latest` the last that was met; `domains` are those that its evidence is of, `seen` those
    that whoever found it was shown, as bits; `rank` and `priority`: see `api.ranking`."""

    no: int
    id: str
    algorithm: str
    pattern: str
    score: float
    state: State
    row: dict[str, Any]
    judged: Version
    latest: Version
    news: list[News]
    domains: int
    seen: int
    version: int
    made: int
    met: int
    changed: int
    as_of: str | None
    known_at: str
    snapshot: str
    rank: float
    priority: Priority | None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a finding: found, again (by what is new), accepted, dismissed, open."""

    at: int
    who: str
    what: str
    note: str | None
    news: list[News]


class Put(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found: its row, the version to compare, the domains of its evidence."""

    row: dict[str, Any]
    version: Version
    domains: int


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The run that found: on whose behalf (`who`), seeing which domains, on which facts."""

    algorithm: str
    who: str
    seen: int
    as_of: str | None
    known_at: str
    snapshot: str


class FindingOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row: `new`, `again` (materially new, so told anew), or `known`; and the
    state it is in now."""

    id: str
    name: str
    what: Literal["new", "again", "known"]
    state: State
    news: list[News] = []


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which findings are asked for; `granted` are the caller's domains as bits."""

    granted: int
    state: str | None = None
    pattern: str | None = None
    members: list[str] | None = None
    min_score: float = 0.0


_JSON: Final = frozenset({"row", "judged", "latest", "news", "priority"})
_SELECT: Final = f"SELECT {', '.join(Entry.__struct_fields__)} FROM finding"  # noqa: S608 names of fields


def entry_of(row: Sequence[Any]) -> Entry:
    """A row of the table."""
    said = dict(zip(Entry.__struct_fields__, row, strict=True))
    for name in _JSON:
        said[name] = None if said[name] is None else msgspec.json.decode(said[name])
    return msgspec.convert(said, Entry)


def place_of(text: str | None) -> tuple[float, int] | None:
    """The `next` of a page as it is given back; raises WrongUsage."""
    if text is None:
        return None
    if (found := _PLACE.fullmatch(text)) is None:
        raise WrongUsage(f"after: the `next` of a page, not {text[:40]!r}")
    return float(found[1]), int(found[2])


class Findings(Closing):
    """See the module. Every call is one short transaction."""

    def __init__(self, url: str) -> None:
        self.kept = kept_of(url)

    def revision(self) -> int:
        """A number that changes with every change; 0 where nothing was ever kept."""
        return count(self.kept, "findings") if self.kept.is_there else 0

    # -- what runs put in -----------------------------------------------------------------------

    def put(self, found: Sequence[Put], run: Run) -> list[FindingOutcome]:
        """Take in what a run found; what became of each, in order. Raises TooManyFindings.

        What the run's caller may not see is not compared with. Linear in what is kept of these
        patterns, as `matched` is.
        """
        if not found:
            return []
        with self.kept.writing() as db:
            earlier = self._of_patterns(db, {each.version.pattern for each in found}, run.seen)
            places = matched([e.judged for e in earlier], [e.version for e in found])
            told: list[FindingOutcome] = []
            done: set[int] = set()
            for each, place in zip(found, places, strict=True):
                if place is None:
                    told.append(self._made(db, each, run))
                    continue
                told.append(self._met(db, earlier[place], each, run, first=place not in done))
                done.add(place)
            if one(db, "SELECT count(*) FROM finding")[0] > MOST:
                raise TooManyFindings(f"{MOST} findings are the most that are kept / 线索过多")
            bump(db, "findings")
        return told

    def _of_patterns(self, db: apsw.Connection, patterns: set[str], seen: int) -> list[Entry]:
        where = "domains & ~? = 0 AND pattern IN (SELECT value FROM json_each(?)) ORDER BY no"
        rows = db.execute(f"{_SELECT} WHERE {where}", (seen, text(sorted(patterns))))
        return [entry_of(row) for row in rows]

    def _made(self, db: apsw.Connection, each: Put, run: Run) -> FindingOutcome:
        now, ident = times.now(), "f" + secrets.token_hex(12)
        version = text(each.version)
        no = one(
            db,
            "INSERT INTO finding (id, algorithm, pattern, score, state, row, judged, latest, news,"
            " domains, seen, version, made, met, changed, as_of, known_at, snapshot)"
            " VALUES (?, ?, ?, ?, 'open', ?, ?, ?, '[]', ?, ?, 1, ?, ?, ?, ?, ?, ?) RETURNING no",
            ident, run.algorithm, each.version.pattern, each.version.score, text(each.row), version,
            version, each.domains, run.seen, now, now, now, run.as_of, run.known_at, run.snapshot,
        )[0]  # fmt: skip
        _members(db, no, each.version)
        _step(db, no, run.who, "found")
        return FindingOutcome(id=ident, name=each.version.id, what="new", state="open")

    def _met(
        self, db: apsw.Connection, known: Entry, each: Put, run: Run, *, first: bool
    ) -> FindingOutcome:
        """A finding met again; of several rows that are one finding the first is shown."""
        news = material(known.judged, each.version)
        name = each.version.id
        if not first or (not news and known.seen & ~run.seen):
            # A part of what is shown, or seen by who is shown less: it is there, and no more.
            db.execute("UPDATE finding SET met = ? WHERE no = ?", (times.now(), known.no))
            return FindingOutcome(id=known.id, name=name, what="known", state=known.state)
        state: State = "open" if news and known.state == "dismissed" else known.state
        same = not news and text(each.row) == text(known.row)
        now = times.now()
        db.execute(
            "UPDATE finding SET algorithm = ?, score = ?, state = ?, row = ?, judged = ?,"
            " latest = ?, news = ?, domains = ?, seen = ?, version = version + ?, met = ?,"
            " changed = ?, as_of = ?, known_at = ?, snapshot = ? WHERE no = ?",
            (run.algorithm, each.version.score, state, text(each.row),
             text(each.version if news else known.judged), text(each.version),
             text(news or known.news), each.domains, run.seen, int(not same), now,
             now if news else known.changed, run.as_of, run.known_at, run.snapshot, known.no),
        )  # fmt: skip
        _members(db, known.no, each.version)
        if news:
            _step(db, known.no, run.who, "again", None, news)
        what: Literal["again", "known"] = "again" if news else "known"
        return FindingOutcome(id=known.id, name=name, what=what, state=state, news=news)

    def rank(self, told: Mapping[str, Priority]) -> None:
        """Say of findings, by id, what orders them by risk."""
        if not told:
            return
        with self.kept.writing() as db:
            db.executemany(
                "UPDATE finding SET rank = ?, priority = ? WHERE id = ?",
                [(rank_of(each), text(each), ident) for ident, each in told.items()],
            )
            bump(db, "findings")

    # -- what people do -------------------------------------------------------------------------

    def judge(
        self, ident: str, state: State, who: str, note: str | None, *,
        granted: int, version: int | None = None,
    ) -> Entry:  # fmt: skip
        """Accept, dismiss or open again; what was seen last is what was judged.

        Raises UnknownFinding; Conflict where it is in that state already, or where it has changed
        since the `version` that the judge saw.
        """
        with self.kept.writing() as db:
            known = self._get(db, ident, granted)
            if version is not None and version != known.version:
                raise Conflict(
                    f"the finding has changed since version {version}: look again / 线索已更新"
                )
            if known.state == state and not known.news:
                raise Conflict(f"the finding is {state} already / 状态未变")
            db.execute(
                "UPDATE finding SET state = ?, judged = latest, news = '[]', version = version + 1,"
                " changed = ? WHERE no = ?",
                (state, times.now(), known.no),
            )
            _step(db, known.no, who, state, mask_within(note))
            bump(db, "findings")
            return self._get(db, ident, granted)

    # -- looking --------------------------------------------------------------------------------

    def get(self, ident: str, granted: int) -> tuple[Entry, list[Step]]:
        """A finding and its steps, oldest first; raises UnknownFinding."""
        if not self.kept.is_there:
            raise _unknown(ident)
        with self.kept.reading() as db:
            found = self._get(db, ident, granted)
            rows = db.execute(
                "SELECT at, who, what, note, news FROM step WHERE finding = ? ORDER BY no",
                (found.no,),
            ).fetchall()
        return found, [_told(row) for row in rows]

    def _get(self, db: apsw.Connection, ident: str, granted: int) -> Entry:
        row = one(db, f"{_SELECT} WHERE id = ? AND domains & ~? = 0", ident, granted)
        if row is None:
            raise _unknown(ident)
        return entry_of(row)

    def ranked(
        self, wanted: Wanted, limit: int, after: Rank | None = None
    ) -> tuple[list[Entry], str | None]:
        """Findings by risk score, then by their own, highest first, then oldest; and what leads on.
        Who is not granted every domain has them by their own alone."""
        seen = names(wanted.granted)
        rank = "rank" if sees_scores(seen) else str(UNRANKED)
        where, values = _where(wanted)
        if after is not None:
            where += f" AND ({rank} < ? OR ({rank} = ? AND (score < ? OR (score = ? AND no > ?))))"
            values += [after[0], after[0], after[1], after[1], after[2]]
        order = f"{rank} DESC, score DESC, no"
        found, more = self._page(where, values, order, limit)
        return found, text_of(found[-1], seen) if more else None

    def page(
        self, wanted: Wanted, limit: int, after: tuple[float, int] | None = None
    ) -> tuple[list[Entry], str | None]:
        """Findings by score, worst first, then oldest; and what leads on to the next of them."""
        where, values = _where(wanted)
        if after is not None:
            where += " AND (score < ? OR (score = ? AND no > ?))"
            values += [after[0], after[0], after[1]]
        found, more = self._page(where, values, "score DESC, no", limit)
        return found, f"{found[-1].score!r}:{found[-1].no}" if more else None

    def _page(
        self, where: str, values: list[Any], order: str, limit: int
    ) -> tuple[list[Entry], bool]:
        """Findings in an order, and whether there are more."""
        if not self.kept.is_there:
            return [], False
        rows = self.kept.rows(
            f"{_SELECT} WHERE {where} ORDER BY {order} LIMIT ?", (*values, limit + 1)
        )
        return [entry_of(row) for row in rows[:limit]], len(rows) > limit

    def judged(self, numbers: Sequence[int]) -> dict[int, Step]:
        """The last judgement of each of these findings, by number."""
        if not numbers:
            return {}
        rows = self.kept.rows(
            "SELECT finding, at, who, what, note, news FROM step WHERE no IN (SELECT max(no)"
            " FROM step WHERE finding IN (SELECT value FROM json_each(?))"
            " AND what IN ('open', 'accepted', 'dismissed') GROUP BY finding)",
            (text(numbers),),
        )
        return {row[0]: _told(row[1:]) for row in rows}

    def counts(self, wanted: Wanted) -> dict[str, int]:
        """How many of what is asked for are in each state, whatever state is asked for."""
        found: dict[str, int] = dict.fromkeys(STATES, 0)
        if self.kept.is_there:
            where, values = _where(msgspec.structs.replace(wanted, state=None))
            found.update(self.kept.rows(
                f"SELECT state, count(*) FROM finding WHERE {where} GROUP BY state",  # noqa: S608 made of constants
                values,
            ))  # fmt: skip
        return found

    def close(self) -> None:
        """Let go of the file."""
        self.kept.close()


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    where = "domains & ~? = 0 AND score >= ?"
    values: list[Any] = [wanted.granted, wanted.min_score]
    for column, value in (("state", wanted.state), ("pattern", wanted.pattern)):
        if value is not None:
            where += f" AND {column} = ?"
            values.append(value)
    if wanted.members is not None:
        where += (
            " AND no IN (SELECT finding FROM member WHERE name IN (SELECT value FROM json_each(?)))"
        )
        values.append(text(wanted.members))
    return where, values


def _members(db: apsw.Connection, no: int, version: Version) -> None:
    db.execute("DELETE FROM member WHERE finding = ?", (no,))
    rows = [(name, no) for name in dict.fromkeys(version.core)]
    db.executemany("INSERT INTO member VALUES (?, ?)", rows)


def _step(
    db: apsw.Connection, no: int, who: str, what: str, note: str | None = None,
    news: Sequence[News] = (),
) -> None:  # fmt: skip
    db.execute(
        "INSERT INTO step (finding, at, who, what, note, news) VALUES (?, ?, ?, ?, ?, ?)",
        (no, times.now(), who, what, note, text(news)),
    )


def _told(row: Sequence[Any]) -> Step:
    at, who, what, note, news = row
    return Step(at=at, who=who, what=what, note=note,
                news=msgspec.json.decode(news, type=list[News]))  # fmt: skip


def _unknown(ident: str) -> UnknownFinding:
    return UnknownFinding(f"no finding {ident[:40]!r} / 无此线索")
