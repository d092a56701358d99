"""Writing a batch: resolve ends, find duplicates and corrections, insert, name the batch."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence

import numpy as np
import orjson

from graph.errors import BadFact
from graph.facts import CLOSE, RETRACT, Row, content_digest
from graph.model import JUDGEMENTS, LISTING_CODE, NAMES, RELATIONS, is_entity, is_relation
from graph.store import Written
from graph.times import INF, NEG

Known = list[int]  # first, current, kind of a record
Ends = tuple[int | None, int | None]
_INSERT = "INSERT INTO fact VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_JUDGED = min(RELATIONS[name].code for name in JUDGEMENTS)  # these and later codes go the long way
# An end's kind is checked against these: relation code -> codes allowed at its start, at its end.
_ALLOWED = {
    kind.code: tuple(
        frozenset(code for code, name in NAMES.items() if name in side)
        for side in (kind.sources, kind.targets)
    )
    for kind in RELATIONS.values()
}


class BatchWriter:
    """One write inside one transaction. Lives for that write only."""

    def __init__(self, db: sqlite3.Connection, number: int, file: int | None) -> None:
        self.db = db
        self.number = number
        self.file = file
        top = db.execute("SELECT max(seq) FROM fact").fetchone()[0]
        self.seq = self.start = (top or 0) + 1
        self.datasets: dict[str, int] = dict(db.execute("SELECT name, no FROM dataset"))
        self.dataset_names = {no: name for name, no in self.datasets.items()}
        self.records: dict[str, dict[int, Known]] = {}
        self.facts: list[tuple[object, ...]] = []
        self.digests: list[bytes] = []
        self.identifiers: list[tuple[int, str, str, str | None, str | None]] = []
        self.canonicals: dict[str, int] = {}
        self.fresh: list[tuple[str, int]] = []
        self.moved: dict[tuple[str, int], Known] = {}
        self.retracted: list[int] = []
        self.result = Written()

    def run(self, rows: Sequence[Row], defer: bool) -> Written:
        """Decide every row; nothing is inserted yet."""
        self._look_up(rows)
        # Entities first, so that order within a batch does not matter; operations last.
        later: list[int] = []
        operations: list[int] = []
        for index, row in enumerate(rows):
            if row.code == RETRACT or row.code == CLOSE:
                operations.append(index)
            elif is_entity(row.code):
                self._guarded(index, row, defer)
            else:
                later.append(index)
        for index in later:
            self._guarded(index, rows[index], defer)
        for index in operations:
            if defer:
                self.result.deferred.append(index)
            else:
                self._guarded(index, rows[index], defer)
        self.result.deferred.sort()
        self.result.rejected.sort(key=lambda pair: pair[0])
        return self.result

    def _guarded(self, index: int, row: Row, defer: bool) -> None:
        try:
            self._one(index, row, defer)
        except BadFact as error:
            self.result.rejected.append((index, error))

    # -- looking up -------------------------------------------------------------------------

    def _look_up(self, rows: Sequence[Row]) -> None:
        """Every record that a row is, or may refer to, in one sorted query."""
        names = {row.id for row in rows}
        for row in rows:
            if row.a is not None:
                names.add(row.a)
                if row.b is not None:
                    names.add(row.b)
        names.update([name.partition(":")[2] for name in names if ":" in name])
        self._fetch(names)

    def _fetch(self, names: set[str]) -> None:
        records = self.records
        found = self.db.execute(
            "SELECT r.id, r.dataset, r.first, r.current, r.kind FROM json_each(?) j"
            " CROSS JOIN record r ON r.id = j.value",
            (orjson.dumps(sorted(names)).decode(),),
        )
        for ident, dataset, first, current, kind in found:
            records.setdefault(ident, {})[dataset] = [first, current, kind]

    def _dataset(self, name: str) -> int:
        number = self.datasets.get(name)
        if number is None:
            number = self.datasets[name] = len(self.datasets) + 1
            self.dataset_names[number] = name
            self.db.execute("INSERT INTO dataset VALUES (?, ?)", (number, name))
        return number

    def _end(self, reference: str, dataset: int, defer: bool) -> tuple[Known, str] | None:
        """The record a reference means, with its name; None: not settled before the call ends."""
        bearers = self.records.get(reference)
        if bearers is not None:
            own = bearers.get(dataset)
            if own is not None and own[1] > 0 and is_entity(own[2]):
                return own, f"{self.dataset_names[dataset]}:{reference}"
        prefix, colon, rest = reference.partition(":")
        if colon:
            number = self.datasets.get(prefix)
            named = self.records.get(rest, {}).get(number) if number else None
            if named is not None and named[1] > 0 and is_entity(named[2]):
                return named, reference
            if (known := self._by_canonical(reference)) is not None:
                return known
        if defer:
            return None
        living = [
            (known, f"{self.dataset_names[number]}:{reference}")
            for number, known in sorted((bearers or {}).items())
            if known[1] > 0 and is_entity(known[2])
        ]
        if len(living) == 1:
            return living[0]
        if living:
            raise BadFact(f"{len(living)} datasets have {reference[:80]!r}: write dataset:id")
        raise BadFact(f"no record is named {reference[:80]!r}")

    def _by_canonical(self, canonical: str) -> tuple[Known, str] | None:
        if (seq := self.canonicals.get(canonical)) is not None:  # of this very batch
            return self._record_of(seq)
        found = self.db.execute(
            "SELECT f.id, f.dataset, r.first, r.current, r.kind FROM identifier i"
            " JOIN fact f ON f.seq = i.seq JOIN record r ON r.id = f.id AND r.dataset = f.dataset"
            " WHERE i.canonical = ? AND r.current = i.seq ORDER BY r.first LIMIT 1",
            (canonical,),
        ).fetchone()
        if found is None:
            return None
        return [found[2], found[3], found[4]], f"{self.dataset_names[found[1]]}:{found[0]}"

    def _record_of(self, seq: int) -> tuple[Known, str]:
        fact = self.facts[seq - self.start]
        ident, dataset = str(fact[4]), int(str(fact[3]))
        return self.records[ident][dataset], f"{self.dataset_names[dataset]}:{ident}"

    # -- deciding ---------------------------------------------------------------------------

    def _one(self, index: int, row: Row, defer: bool) -> None:
        dataset = self.datasets.get(row.dataset) or self._dataset(row.dataset)
        if row.code in (RETRACT, CLOSE):
            self._operate(row, dataset)
            return
        a = b = None
        digest = row.digest
        if (own := self._own_ends(row, dataset)) is not None:
            a, b = own
        elif row.a is not None:
            ends = self._ends(row, dataset, defer)
            if ends is None:
                self.result.deferred.append(index)
                return
            (a, a_name), (b, b_name) = ends
            if a_name != f"{row.dataset}:{row.a}" or (
                row.b is not None and b_name != f"{row.dataset}:{row.b}"
            ):
                digest = content_digest(
                    row.code,
                    f"{row.dataset}:{row.id}",
                    a_name,
                    b_name,
                    row.vf,
                    row.vt,
                    row.value,
                    row.payload,
                    row.keys,
                )
        known = self.records.setdefault(row.id, {}).get(dataset)
        if known is None:
            seq = self.append(row, dataset, None, (a, b), digest)
            self.records[row.id][dataset] = [seq, seq, row.code]
            self.fresh.append((row.id, dataset))
            self.result.loaded += 1
            return
        self._again(row, dataset, known, (a, b), digest)

    def _own_ends(self, row: Row, dataset: int) -> tuple[int, int] | None:
        """The ends of a relation between two living records of its own dataset: the common case,
        in which the digest that was taken while parsing stands."""
        bearers_a, bearers_b = self.records.get(row[3]), self.records.get(row[4])  # type: ignore[arg-type]
        if bearers_a is None or bearers_b is None:
            return None
        a, b = bearers_a.get(dataset), bearers_b.get(dataset)
        if a is None or b is None or a[1] < 0 or b[1] < 0 or row[0] >= _JUDGED:
            return None
        sources, targets = _ALLOWED[row[0]]
        return (a[0], b[0]) if a[2] in sources and b[2] in targets else None

    def _ends(
        self, row: Row, dataset: int, defer: bool
    ) -> tuple[tuple[int, str], tuple[int | None, str | None]] | None:
        column = "subject" if row.code == LISTING_CODE else "from"
        try:
            found = self._end(row.a or "", dataset, defer)
            column = "to" if row.b is not None else column
            other = None if row.b is None else self._end(row.b, dataset, defer)
        except BadFact as error:
            raise BadFact(error.reason, column) from None
        if found is None or (row.b is not None and other is None):
            return None
        if is_relation(row.code):
            assert other is not None
            allowed = _ALLOWED[row.code]
            for known, codes, name in (
                (found[0], allowed[0], "from"),
                (other[0], allowed[1], "to"),
            ):
                if known[2] not in codes:
                    kind = NAMES[row.code]
                    raise BadFact(f"{kind} cannot have a {NAMES[known[2]]} here", name)
            if NAMES[row.code].endswith("same_as") and found[0][2] != other[0][2]:
                raise BadFact("joins two kinds", "to")
        return (found[0][0], found[1]), (other[0][0], other[1]) if other else (None, None)

    def _again(self, row: Row, dataset: int, known: Known, ends: Ends, digest: bytes) -> None:
        """A record that is already there: a duplicate, a correction, or a contradiction."""
        _, current, kind = known
        if kind != row.code:
            raise BadFact(f"already names a {NAMES[kind]} of this dataset", "id")
        if current > 0:
            old_digest, old_batch, old_version, old_file = self._current(current)
            if old_digest == digest:
                self.result.duplicates += 1
                return
            newer = compare_versions(row.version, old_version)
            if newer < 0 or (newer == 0 and row.version is not None and old_version is not None):
                self.result.duplicates += 1
                return
            same_file = self.file is not None and old_file == self.file
            if newer <= 0 and (old_batch == self.number or same_file):
                raise BadFact("the same id with other content in one file", "id")
        if self._said_before(current, digest):
            self.result.duplicates += 1
            return
        if current > 0:
            self._retract(current)
        known[1] = self.append(row, dataset, known, ends, digest)
        self.moved[row.id, dataset] = known
        self.result.loaded += 1

    def _said_before(self, current: int, digest: bytes) -> bool:
        """Whether this very file already recorded this content: what was corrected or retracted
        since must not come back because the file is sent again."""
        if self.file is None or abs(current) >= self.start:
            return False
        return (
            self.db.execute(
                "WITH RECURSIVE version(seq) AS (SELECT ?1 UNION ALL SELECT f.prior FROM fact f"
                " JOIN version v ON f.seq = v.seq WHERE f.prior IS NOT NULL)"
                " SELECT 1 FROM version v JOIN fact f ON f.seq = v.seq JOIN batch b ON b.no = f.batch"
                " WHERE b.file = ?2 AND f.digest = ?3 AND b.undone = 0",
                (abs(current), self.file, digest),
            ).fetchone()
            is not None
        )

    def _current(self, seq: int) -> tuple[bytes, int, str | None, int | None]:
        if seq >= self.start:
            fact = self.facts[seq - self.start]
            version = fact[16]
            return (
                self.digests[seq - self.start],
                self.number,
                None if version is None else str(version),
                self.file,
            )
        found = self.db.execute(
            "SELECT f.digest, f.batch, f.version, b.file FROM fact f"
            " JOIN batch b ON b.no = f.batch WHERE f.seq = ?",
            (seq,),
        ).fetchone()
        return found[0], found[1], found[2], found[3]

    def _operate(self, row: Row, dataset: int) -> None:
        known = self.records.get(row.id, {}).get(dataset)
        ident = row.id
        if known is None and ":" in row.id:
            prefix, _, ident = row.id.partition(":")
            dataset = self.datasets.get(prefix, 0)
            known = self.records.get(ident, {}).get(dataset)
        if known is None:
            raise BadFact(f"no fact is named {row.id[:80]!r}", "id")
        if known[1] < 0:
            self.result.duplicates += 1
        elif row.code == RETRACT:
            self._retract(known[1])
            known[1] = -known[1]
            self.moved[ident, dataset] = known
            self.result.loaded += 1
        else:
            self._close(row, ident, dataset, known)

    def _close(self, row: Row, ident: str, dataset: int, known: Known) -> None:
        """Record the current version anew with an end."""
        old = self._version(known[1])
        if old[8] == row.vt:
            self.result.duplicates += 1
            return
        vf = old[7]
        if vf > row.vt:
            raise BadFact("ends before it begins", "valid_to")
        keys = (
            tuple(
                self.db.execute(
                    "SELECT kind, value, reason, canonical FROM identifier WHERE seq = ? ORDER BY kind",
                    (known[1],),
                )
            )
            if known[1] < self.start
            else tuple((i[1], i[2], i[3], i[4]) for i in self.identifiers if i[0] == known[1])
        )
        a_name, b_name = (None if end is None else self._name_of(end) for end in (old[5], old[6]))
        ended = Row(
            old[2],
            row.dataset,
            ident,
            None,
            None,
            vf,
            row.vt,
            old[9],
            old[10],
            old[11],
            b"",
            row.file,
            row.record,
            row.version,
            keys,
        )
        digest = content_digest(
            old[2],
            f"{self.dataset_names[dataset]}:{ident}",
            a_name,
            b_name,
            vf,
            row.vt,
            old[9],
            old[11],
            keys,
        )
        self._retract(known[1])
        known[1] = self.append(ended, dataset, known, (old[5], old[6]), digest)
        self.moved[ident, dataset] = known
        self.result.loaded += 1

    def _version(self, seq: int) -> tuple:  # type: ignore[type-arg]  # the columns of `fact`
        if seq >= self.start:
            fact = self.facts[seq - self.start]
            return (
                *fact[:7],
                NEG if fact[7] is None else fact[7],
                INF if fact[8] is None else fact[8],
                *fact[9:],
            )
        return self.db.execute(  # type: ignore[no-any-return]
            f"SELECT seq, first, kind, dataset, id, a, b, ifnull(vf, {NEG}), ifnull(vt, {INF}),"
            " value, extra, payload FROM fact WHERE seq = ?",
            (seq,),
        ).fetchone()

    def _name_of(self, first: int) -> str:
        fact = self._version(first)
        return f"{self.dataset_names[fact[3]]}:{fact[4]}"

    # -- collecting -------------------------------------------------------------------------

    def append(self, row: Row, dataset: int, known: Known | None, ends: Ends, digest: bytes) -> int:
        """Take up a version; its number."""
        seq = self.seq
        self.seq += 1
        code, _, ident, _, _, vf, vt, value, extra, payload, _, file, record, version, keys = row
        self.facts.append(
            (
                seq,
                known[0] if known else seq,
                code,
                dataset,
                ident,
                ends[0],
                ends[1],
                None if vf == NEG else vf,
                None if vt == INF else vt,
                value,
                extra,
                payload,
                digest,
                self.number,
                file,
                record,
                version,
                abs(known[1]) if known else None,
            )
        )
        self.digests.append(digest)
        for kind, raw, reason, canonical in keys:
            self.identifiers.append((seq, kind, raw, reason, canonical))
            if canonical is not None:
                self.canonicals.setdefault(canonical, seq)
        return seq

    def _retract(self, seq: int) -> None:
        self.retracted.append(seq)

    @property
    def changed(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self.facts or self.retracted)

    def insert(
        self,
        batch_id: str,
        recorded_at: int,
        previous: bytes,
        settled: bool,
        undoes: int | None = None,
    ) -> None:
        """Put everything that was decided into the tables."""
        db = self.db
        db.executemany(_INSERT, self.facts)
        fresh = sorted(self.fresh)
        records = self.records
        db.executemany(
            "INSERT INTO record VALUES (?,?,?,?,?)",
            ((ident, no, *records[ident][no]) for ident, no in fresh),
        )
        db.executemany(
            "UPDATE record SET current = ? WHERE id = ? AND dataset = ?",
            ((known[1], *key) for key, known in self.moved.items()),
        )
        db.executemany("INSERT INTO identifier VALUES (?,?,?,?,?)", self.identifiers)
        gone = self._gone()
        db.executemany(
            "INSERT INTO retraction (seq, batch) VALUES (?, ?)",
            ((seq, self.number) for seq in self.retracted),
        )
        name = add_events(previous, recorded_at, self.digests, gone)
        db.execute(
            "INSERT INTO batch VALUES (?,?,?,?,?,?,?,?,?,?,0)",
            (
                self.number,
                batch_id,
                recorded_at,
                self.file,
                len(self.facts),
                len(self.retracted),
                self.seq - 1,
                name,
                int(settled),
                undoes,
            ),
        )

    def _gone(self) -> list[bytes]:
        return [self._current(seq)[0] for seq in self.retracted]


def compare_versions(new: str | None, old: str | None) -> int:
    """-1, 0 or 1 as `new` is older, equal or incomparable, or newer; numbers compare as numbers."""
    if new is None or old is None or new == old:
        return 0
    if new.isdigit() and old.isdigit():
        return 1 if int(new) > int(old) else -1
    return 1 if new > old else -1


def add_events(
    previous: bytes, recorded_at: int, asserted: Sequence[bytes], retracted: Sequence[bytes]
) -> bytes:
    """The store's name after a batch: the name before plus a digest of its events, mod 2**256.

    Digests of one batch are summed lane by lane (as LtHash does), so neither the order of facts
    in a batch nor the order of batches changes the name.
    """
    total = int.from_bytes(previous, "big")
    for sign, digests in (("+", asserted), ("-", retracted)):
        if digests:
            lanes = np.frombuffer(b"".join(digests), dtype="<u8").reshape(-1, 2)
            body = f"{recorded_at}{sign}{len(digests)}".encode()
            body += lanes.sum(axis=0, dtype=np.uint64).tobytes()
            total += int.from_bytes(hashlib.blake2b(body, digest_size=32).digest(), "big")
    return (total % 2**256).to_bytes(32, "big")
