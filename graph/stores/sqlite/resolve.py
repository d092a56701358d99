"""What a reference means: the records that a batch names, looked up once, and the rules of ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import orjson

from graph.errors import BadFact
from graph.facts import Row
from graph.model import is_entity
from graph.stores.sqlite.schema import INDEXES

Known = list[int]  # first, current (negative once retracted), kind of a record


class Resolver:
    """The records that one batch touches, kept up to date while it is decided."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.datasets: dict[str, int] = dict(db.execute("SELECT name, no FROM dataset"))
        self.dataset_names = {no: name for name, no in self.datasets.items()}
        self.records: dict[str, dict[int, Known]] = {}
        self.canonicals: dict[str, tuple[str, int]] = {}  # of this batch: id and dataset

    def look_up(self, rows: Sequence[Row]) -> None:
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

    def dataset(self, name: str) -> int:
        """The number of a dataset, given to it when it is first met."""
        number = self.datasets.get(name)
        if number is None:
            number = self.datasets[name] = len(self.datasets) + 1
            self.dataset_names[number] = name
            self.db.execute("INSERT INTO dataset VALUES (?, ?)", (number, name))
        return number

    def end(self, reference: str, dataset: int, defer: bool) -> tuple[Known, str] | None:
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
        if (own := self.canonicals.get(canonical)) is not None:  # of this very batch
            ident, dataset = own
            return self.records[ident][dataset], f"{self.dataset_names[dataset]}:{ident}"
        self.db.execute(INDEXES["identifier_canonical"])  # a bulk load has put it off
        found = self.db.execute(
            "SELECT f.id, f.dataset, r.first, r.current, r.kind FROM identifier i"
            " JOIN fact f ON f.seq = i.seq JOIN record r ON r.id = f.id AND r.dataset = f.dataset"
            " WHERE i.canonical = ? AND r.current = i.seq ORDER BY r.first LIMIT 1",
            (canonical,),
        ).fetchone()
        if found is None:
            return None
        return [found[2], found[3], found[4]], f"{self.dataset_names[found[1]]}:{found[0]}"
