"""The SQLite store's side of deciding a batch: what is asked of the tables, what goes into them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import orjson

from graph.erasure import Erased
from graph.facts import Keys
from graph.store import BatchInfo
from graph.stores.deciding.books import Changes, Known, Retired, Standing, Version
from graph.stores.sqlite import erasing, read, schema
from graph.stores.sqlite.connection import Db
from graph.stores.sqlite.read import scalar
from graph.stores.sqlite.schema import INDEXES
from graph.stores.sqlite.sealing import Sealing, opened
from graph.times import INF, NEG

_INSERT: Final = "INSERT INTO fact VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_VERSION: Final = (  # only constants are put in
    f"SELECT kind, dataset, id, a, b, ifnull(vf, {NEG}), ifnull(vt, {INF}), value,"
    f" {opened('extra')}, {opened('payload')} FROM fact WHERE seq = ?"
)


class SqliteBooks:
    """See `graph.stores.deciding.books.Books`; lives within one transaction."""

    def __init__(self, db: Db) -> None:
        self.db = db

    def datasets(self) -> dict[str, int]:
        """See the protocol."""
        return dict(self.db.execute("SELECT name, no FROM dataset"))

    def add_dataset(self, name: str, number: int) -> None:
        """See the protocol."""
        self.db.execute("INSERT INTO dataset VALUES (?, ?)", (number, name))

    def last_seq(self) -> int:
        """See the protocol."""
        return int(scalar(self.db, "SELECT ifnull(max(seq), 0) FROM fact"))

    def records(self, names: Sequence[str]) -> Iterable[Known]:
        """See the protocol; one query, along the tree."""
        return self.db.execute(
            "SELECT r.id, r.dataset, r.first, r.current, r.kind FROM json_each(?) j"
            " CROSS JOIN record r ON r.id = j.value",
            (orjson.dumps(names).decode(),),
        )

    def bearers(self, canonical: str) -> Iterable[Known]:
        """See the protocol."""
        self.db.execute(INDEXES["identifier_canonical"])  # a bulk load has put it off
        return self.db.execute(
            "SELECT f.id, f.dataset, r.first, r.current, r.kind FROM identifier i"
            " JOIN fact f ON f.seq = i.seq JOIN record r ON r.id = f.id AND r.dataset = f.dataset"
            " WHERE i.canonical = ? AND r.current = i.seq",
            (canonical,),
        )

    def standing(self, seq: int) -> Standing:
        """See the protocol."""
        found = self.db.execute(
            "SELECT f.digest, f.batch, f.version, b.file FROM fact f"
            " JOIN batch b ON b.no = f.batch WHERE f.seq = ?",
            (seq,),
        )
        return Standing._make(found.fetchone())

    def version(self, seq: int) -> Version:
        """See the protocol."""
        return Version._make(self.db.execute(_VERSION, (seq,)).fetchone())

    def id_key(self) -> bytes:
        """See the protocol."""
        return schema.id_key(self.db)

    def erased(self) -> Erased:
        """See the protocol."""
        return erasing.erased(self.db)

    def keys(self, seq: int) -> Keys:
        """See the protocol."""
        return read.identifiers(self.db, seq)

    def said_before(self, file: int, seq: int, digest: bytes) -> bool:
        """See the protocol."""
        return self._one_of_versions(
            "JOIN batch b ON b.no = f.batch WHERE b.file = ?2 AND f.digest = ?3 AND b.undone = 0",
            seq, file, digest,
        )  # fmt: skip

    def ended_before(self, file: int, seq: int, until: int) -> bool:
        """See the protocol."""
        return self._one_of_versions(
            "JOIN batch b ON b.no = f.batch WHERE b.file = ?2 AND f.vt = ?3 AND b.undone = 0"
            " AND EXISTS (SELECT 1 FROM fact p WHERE p.seq = f.prior"
            f" AND {opened('p.payload')} = {opened('f.payload')}"
            " AND p.vf IS f.vf AND p.vt IS NOT f.vt)", seq, file, until,
        )  # fmt: skip

    def retracted_before(self, file: int, seq: int) -> bool:
        """See the protocol."""
        return self._one_of_versions(
            "JOIN retraction t ON t.seq = f.seq JOIN batch b ON b.no = t.batch"
            " WHERE b.file = ?2 AND b.undone = 0 AND ?3 IS NULL AND NOT EXISTS (SELECT 1"
            " FROM version w JOIN fact n ON n.seq = w.seq WHERE n.prior = f.seq"
            " AND n.batch = t.batch)", seq, file, None,
        )  # fmt: skip

    def _one_of_versions(self, condition: str, seq: int, file: int, value: object) -> bool:
        """Whether a version `f`, `seq` or one before it, meets one of the conditions above."""
        found = self.db.execute(
            "WITH RECURSIVE version(seq) AS (SELECT ?1 UNION ALL SELECT f.prior FROM fact f"
            " JOIN version v ON f.seq = v.seq WHERE f.prior IS NOT NULL)"
            f" SELECT 1 FROM version v JOIN fact f ON f.seq = v.seq {condition}",
            (seq, file, value),
        )
        return found.fetchone() is not None

    def made_by(self, batch: int) -> Iterable[Known]:
        """See the protocol."""
        return self.db.execute(
            "SELECT r.id, r.dataset, r.first, r.current, r.kind FROM fact f"
            " JOIN record r ON r.id = f.id AND r.dataset = f.dataset"
            " WHERE f.batch = ? AND r.current = f.seq",
            (batch,),
        )

    def retired_by(self, batch: int) -> Iterable[Retired]:
        """See the protocol."""
        found = self.db.execute(
            "SELECT f.seq, f.dataset, f.id, f.first, f.digest, f.file, f.record, f.version"
            " FROM retraction t JOIN fact f ON f.seq = t.seq"
            " WHERE t.batch = ? AND f.batch <> t.batch",
            (batch,),
        )
        return map(Retired._make, found)

    def built_upon(self, target: BatchInfo) -> tuple[int, int, int]:
        """See the protocol."""
        changed = scalar(
            self.db,
            "SELECT count(*) FROM fact f JOIN retraction t ON t.seq = f.seq"
            " WHERE f.batch = ?1 AND t.batch > ?1",
            (target.no,),
        )
        anew = scalar(
            self.db,
            "SELECT count(*) FROM retraction t JOIN fact f ON f.seq = t.seq"
            " JOIN record r ON r.id = f.id AND r.dataset = f.dataset"
            " JOIN fact c ON c.seq = abs(r.current)"
            " WHERE t.batch = ?1 AND c.batch > ?1",
            (target.no,),
        )
        used = scalar(
            self.db,
            "SELECT count(*) FROM fact f LEFT JOIN retraction t ON t.seq = f.seq"
            " WHERE f.batch > ?1 AND t.seq IS NULL AND"
            " ((f.a > ?2 AND f.a <= ?3) OR (f.b > ?2 AND f.b <= ?3))",
            (target.no, target.last_seq - target.facts, target.last_seq),
        )
        return changed, anew, used

    def advance(self, changes: Changes) -> None:
        """See the protocol; here everything is inserted at the end, in the order of the trees."""

    def insert(self, changes: Changes, info: BatchInfo, undoes: int | None) -> None:
        """See the protocol."""
        db = self.db
        sealing = Sealing(db)
        db.executemany(_INSERT, sealing.facts(changes.facts))
        # In the order of the tree that they go into.
        db.executemany("INSERT INTO record VALUES (?,?,?,?,?)", sorted(changes.fresh))
        db.executemany(
            "UPDATE record SET current = ? WHERE id = ? AND dataset = ?",
            ((current, *key) for key, current in changes.moved.items()),
        )
        identifiers = sealing.identifiers(changes.identifiers)
        db.executemany("INSERT INTO identifier VALUES (?,?,?,?,?)", identifiers)
        db.executemany(
            "INSERT INTO retraction (seq, batch) VALUES (?, ?)",
            ((seq, info.no) for seq in changes.retracted),
        )
        db.execute(
            "INSERT INTO batch VALUES (?,?,?,?,?,?,?,?,?,?,0)",
            (
                info.no, info.id, info.recorded_at, changes.file, info.facts, info.retractions,
                info.last_seq, info.name, int(info.settled), undoes,
            ),
        )  # fmt: skip
