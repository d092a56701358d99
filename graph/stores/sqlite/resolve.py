"""What a reference means: the records that a batch names, looked up once, and the rules of ends."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from graph.errors import BadFact
from graph.facts import Row
from graph.model import is_entity
from graph.stores.sqlite.connection import Db
from graph.stores.sqlite.schema import INDEXES

Known = list[int]  # first, current (negative once retracted), kind of a record


class Resolver:
    """The records that one batch touches, kept up to date while it is decided."""

    def __init__(self, db: Db) -> None:
        self.db = db
        self.datasets: dict[str, int] = dict(db.execute("SELECT name, no FROM dataset"))
        self.dataset_names = {no: name for name, no in self.datasets.items()}
        self.records: dict[str, dict[int, Known]] = {}
        # Of versions of this batch: canonical id -> (id, dataset) of the record -> version.
        self.canonicals: dict[str, dict[tuple[str, int], int]] = {}

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

    def end(
        self, reference: str, dataset: int, defer: bool, before: int | None
    ) -> tuple[Known, str] | None:
        """The record a reference means, with its name; None: not settled before the call ends.

        `before` is what it meant when this fact was recorded: it still does where it can, whoever
        else has come to bear the same name, and also after it was retracted.
        """
        own = self.records.get(reference, {}).get(dataset)
        if own is not None and own[1] > 0 and is_entity(own[2]):
            return own, f"{self.dataset_names[dataset]}:{reference}"
        prefix, colon, rest = reference.partition(":")
        named = None
        if colon:
            number = self.datasets.get(prefix)
            named = self.records.get(rest, {}).get(number) if number else None
            if named is not None and named[1] > 0 and is_entity(named[2]):
                return named, reference
        if defer:
            return None
        if before is not None:
            if named is not None and named[0] == before:
                return named, reference
            for number, known in self.records.get(reference, {}).items():
                if known[0] == before:
                    return known, f"{self.dataset_names[number]}:{reference}"
        if own is not None and is_entity(own[2]):
            raise BadFact(f"{reference[:80]!r} was retracted")  # and is nobody else's
        living = self._living(reference)
        if len(living) > 1:
            raise BadFact(f"{len(living)} datasets have {reference[:80]!r}: write dataset:id")
        if not living and colon:  # any record of that subject will do
            living = self._by_canonical(reference)
        if not living:
            raise BadFact(f"no record is named {reference[:80]!r}")
        return next((found for found in living if found[0][0] == before), living[0])

    def meant(self, reference: str, dataset: int) -> tuple[str, int, Known]:
        """The fact of any kind that an operation names: id, dataset, record.

        Its own dataset is looked in first, then `dataset:id`, then the only dataset that has it.
        """
        bearers = self.records.get(reference, {})
        if (known := bearers.get(dataset)) is not None:
            return reference, dataset, known
        prefix, _, ident = reference.partition(":")
        number = self.datasets.get(prefix, 0)
        if (known := self.records.get(ident, {}).get(number)) is not None:
            return ident, number, known
        found = {no: known for no, known in bearers.items() if known[1] > 0} or bearers
        if len(found) > 1:
            raise BadFact(f"{len(found)} datasets have {reference[:80]!r}: write dataset:id", "id")
        for number, known in found.items():
            return reference, number, known
        raise BadFact(f"no fact is named {reference[:80]!r}", "id")

    def _living(self, ident: str) -> list[tuple[Known, str]]:
        """Entities of any dataset with this id, by name."""
        return sorted(
            (
                (known, f"{self.dataset_names[number]}:{ident}")
                for number, known in self.records.get(ident, {}).items()
                if known[1] > 0 and is_entity(known[2])
            ),
            key=lambda found: found[1],
        )

    def _by_canonical(self, canonical: str) -> list[tuple[Known, str]]:
        """Records that bear a canonical id, by name."""
        self.db.execute(INDEXES["identifier_canonical"])  # a bulk load has put it off
        found = self.db.execute(
            "SELECT f.id, f.dataset, r.first, r.current, r.kind FROM identifier i"
            " JOIN fact f ON f.seq = i.seq JOIN record r ON r.id = f.id AND r.dataset = f.dataset"
            " WHERE i.canonical = ? AND r.current = i.seq",
            (canonical,),
        )
        bearers: dict[tuple[str, int], Known] = {}
        for ident, dataset, *known in found:
            here = self.records.get(ident, {}).get(dataset, known)
            if here[1] == known[1]:  # this batch has not changed it
                bearers[ident, dataset] = here
        for (ident, dataset), seq in self.canonicals.get(canonical, {}).items():
            if (here := self.records[ident][dataset])[1] == seq:
                bearers[ident, dataset] = here
        named = [(known, f"{self.dataset_names[no]}:{i}") for (i, no), known in bearers.items()]
        return sorted(named, key=lambda found: found[1])
