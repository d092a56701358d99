"""What a batch is going to change: versions, identifiers, retractions; read back and inserted."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from graph.facts import Keys, Row
from graph.naming import add_events
from graph.stores.sqlite.connection import Db
from graph.stores.sqlite.read import identifiers
from graph.stores.sqlite.resolve import CURRENT, FIRST, Known, Resolver
from graph.times import INF, NEG

Ends = tuple[int | None, int | None]
_INSERT: Final = "INSERT INTO fact VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_VERSION: Final = (  # only constants are put in
    f"SELECT kind, dataset, id, a, b, ifnull(vf, {NEG}), ifnull(vt, {INF}), value, extra, payload"
    " FROM fact WHERE seq = ?"
)


class Version(NamedTuple):
    """One stored version, as far as deciding needs it."""

    kind: int
    dataset: int
    id: str
    a: int | None
    b: int | None
    vf: int
    vt: int
    value: int | None
    extra: str | None
    payload: str


class Pending:
    """The changes of one batch, until they are inserted."""

    def __init__(self, resolver: Resolver, number: int, file: int | None) -> None:
        self.resolver = resolver
        self.db: Db = resolver.db
        self.number = number
        self.file = file
        top = self.db.execute("SELECT max(seq) FROM fact").fetchone()[0]
        self.seq = self.start = (top or 0) + 1
        self.facts: list[tuple[Any, ...]] = []
        self.digests: list[bytes] = []
        self.identifiers: list[tuple[int, str, str, str | None, str | None]] = []
        self.fresh: list[Known] = []
        self.moved: dict[tuple[str, int], int] = {}  # id and dataset: current version
        self.retracted: list[int] = []

    def __bool__(self) -> bool:
        return bool(self.facts or self.retracted)

    def append(self, row: Row, dataset: int, known: Known | None, ends: Ends, digest: bytes) -> int:
        """Take up a version; its number."""
        seq = self.seq
        self.seq += 1
        code, _, ident, _, _, vf, vt, value, extra, payload, _, file, record, version, keys = row
        first, prior = (known[FIRST], abs(known[CURRENT])) if known else (seq, None)
        start, end = (None if vf == NEG else vf), (None if vt == INF else vt)
        self.facts.append((
            seq, first, code, dataset, ident, ends[0], ends[1], start, end, value, extra, payload,
            digest, self.number, file, record, version, prior,
        ))  # fmt: skip
        self.digests.append(digest)
        for kind, raw, reason, canonical in keys:
            self.identifiers.append((seq, kind, raw, reason, canonical))
            if canonical is not None:
                self.resolver.canonicals.setdefault(canonical, {})[ident, dataset] = seq
        return seq

    def begin(self, row: Row, dataset: int, ends: Ends, digest: bytes) -> None:
        """Take up the first version of a record."""
        seq = self.append(row, dataset, None, ends, digest)
        known = row.id, dataset, seq, seq, row.code
        self.resolver.records[dataset][row.id] = known
        self.fresh.append(known)

    def replace(self, row: Row, known: Known, ends: Ends, digest: bytes) -> None:
        """Retract a record's current version, if it has one, and take up the next."""
        if known[CURRENT] > 0:
            self.retracted.append(known[CURRENT])
        self._move(known, self.append(row, known[1], known, ends, digest))

    def retract(self, known: Known) -> None:
        """Retract a record's current version."""
        self.retracted.append(known[CURRENT])
        self._move(known, -known[CURRENT])

    def _move(self, known: Known, current: int) -> None:
        ident, dataset, first, _, kind = known
        self.resolver.records[dataset][ident] = ident, dataset, first, current, kind
        self.moved[ident, dataset] = current

    def standing(self, seq: int) -> tuple[bytes, int, str | None, int | None]:
        """Digest, batch, source's version and file of a version."""
        if seq >= self.start:
            place = seq - self.start
            return self.digests[place], self.number, self.facts[place][16], self.file
        found = self.db.execute(
            "SELECT f.digest, f.batch, f.version, b.file FROM fact f"
            " JOIN batch b ON b.no = f.batch WHERE f.seq = ?",
            (seq,),
        ).fetchone()
        return found[0], found[1], found[2], found[3]

    def version(self, seq: int) -> Version:
        """A version, of this batch or an earlier one."""
        if seq < self.start:
            return Version._make(self.db.execute(_VERSION, (seq,)).fetchone())
        fact = self.facts[seq - self.start]
        vf, vt = fact[7], fact[8]
        bounds = NEG if vf is None else vf, INF if vt is None else vt
        return Version._make((*fact[2:7], *bounds, *fact[9:12]))

    def keys(self, seq: int) -> Keys:
        """The identifiers of a version."""
        if seq >= self.start:
            return tuple((i[1], i[2], i[3], i[4]) for i in self.identifiers if i[0] == seq)
        return identifiers(self.db, seq)

    def name_of(self, first: int | None) -> str | None:
        """`dataset:id` of a record."""
        if first is None:
            return None
        found = self.version(first)
        return f"{self.resolver.dataset_names[found.dataset]}:{found.id}"

    def said_before(self, seq: int, digest: bytes) -> bool:
        """Whether this very file already recorded this content at `seq` or before: what was
        corrected or retracted since must not come back because the file is sent again."""
        if self.file is None or seq >= self.start:
            return False
        return self._one_of_versions(
            "JOIN batch b ON b.no = f.batch WHERE b.file = ?2 AND f.digest = ?3 AND b.undone = 0",
            seq, digest,
        )  # fmt: skip

    def done_before(self, seq: int, until: int | None) -> bool:
        """Whether this very file already retracted the record (`until` None) or ended it then:
        what others recorded since must not be undone because the file is sent again."""
        if self.file is None or seq >= self.start:
            return False
        if until is not None:
            return self._one_of_versions(
                "JOIN batch b ON b.no = f.batch WHERE b.file = ?2 AND f.vt = ?3 AND b.undone = 0"
                " AND EXISTS (SELECT 1 FROM fact p WHERE p.seq = f.prior AND p.payload = f.payload"
                " AND p.vf IS f.vf AND p.vt IS NOT f.vt)", seq, until,
            )  # fmt: skip
        return self._one_of_versions(
            "JOIN retraction t ON t.seq = f.seq JOIN batch b ON b.no = t.batch"
            " WHERE b.file = ?2 AND b.undone = 0 AND ?3 IS NULL AND NOT EXISTS (SELECT 1"
            " FROM version w JOIN fact n ON n.seq = w.seq WHERE n.prior = f.seq"
            " AND n.batch = t.batch)", seq, None,
        )  # fmt: skip

    def _one_of_versions(self, condition: str, seq: int, value: object) -> bool:
        """Whether a version `f`, `seq` or one before it, meets one of the conditions above."""
        found = self.db.execute(
            "WITH RECURSIVE version(seq) AS (SELECT ?1 UNION ALL SELECT f.prior FROM fact f"
            " JOIN version v ON f.seq = v.seq WHERE f.prior IS NOT NULL)"
            f" SELECT 1 FROM version v JOIN fact f ON f.seq = v.seq {condition}",
            (seq, self.file, value),
        ).fetchone()
        return found is not None

    def insert(
        self, batch_id: str, recorded_at: int, previous: bytes, settled: bool, undoes: int | None
    ) -> None:
        """Put everything into the tables; `previous` is the store's name before this batch."""
        db = self.db
        gone = [self.standing(seq)[0] for seq in self.retracted]
        db.executemany(_INSERT, self.facts)
        self.fresh.sort()  # in the order of the tree that they go into
        db.executemany("INSERT INTO record VALUES (?,?,?,?,?)", self.fresh)
        db.executemany(
            "UPDATE record SET current = ? WHERE id = ? AND dataset = ?",
            ((current, *key) for key, current in self.moved.items()),
        )
        db.executemany("INSERT INTO identifier VALUES (?,?,?,?,?)", self.identifiers)
        db.executemany(
            "INSERT INTO retraction (seq, batch) VALUES (?, ?)",
            ((seq, self.number) for seq in self.retracted),
        )
        name = add_events(previous, recorded_at, self.digests, gone)
        counts = len(self.facts), len(self.retracted), self.seq - 1
        db.execute(
            "INSERT INTO batch VALUES (?,?,?,?,?,?,?,?,?,?,0)",
            (self.number, batch_id, recorded_at, self.file, *counts, name, int(settled), undoes),
        )
