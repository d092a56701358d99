"""What a reference means: the records that a batch names, looked up once, and the rules of ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from graph.errors import BadFact
from graph.facts import Row
from graph.model import is_entity
from graph.stores.deciding.books import CURRENT, FIRST, KIND, Books, Known


class Resolver:
    """The records that one batch touches, kept up to date while it is decided."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.datasets = books.datasets()
        self.dataset_names = {no: name for name, no in self.datasets.items()}
        self.records: defaultdict[int, dict[str, Known]] = defaultdict(dict)  # by dataset, id
        # Of versions of this batch: canonical id -> (id, dataset) of the record -> version.
        self.canonicals: dict[str, dict[tuple[str, int], int]] = {}

    def look_up(self, rows: Sequence[Row]) -> None:
        """Every record that a row is, or may refer to, in one sorted question."""
        names = {row.id for row in rows}
        for row in rows:
            if row.a is not None:
                names.add(row.a)
                if row.b is not None:
                    names.add(row.b)
        names.update([name.partition(":")[2] for name in names if ":" in name])
        records = self.records
        for known in self.books.records(sorted(names)):
            records[known[1]][known[0]] = known

    def bearers(self, ident: str) -> dict[int, Known]:
        """The records of any dataset with this id, by dataset."""
        return {
            number: known
            for number, records in self.records.items()
            if (known := records.get(ident)) is not None
        }

    def dataset(self, name: str) -> int:
        """The number of a dataset, given to it when it is first met."""
        number = self.datasets.get(name)
        if number is None:
            number = self.datasets[name] = len(self.datasets) + 1
            self.dataset_names[number] = name
            self.books.add_dataset(name, number)
        return number

    def end(
        self, reference: str, dataset: int, defer: bool, before: int | None
    ) -> tuple[Known, str] | None:
        """The record a reference means, with its name; None: not settled before the call ends.

        `before` is what it meant when this fact was recorded: it still does where it can, whoever
        else has come to bear the same name, and also after it was retracted.
        """
        own = self.records[dataset].get(reference)
        if own is not None and own[CURRENT] > 0 and is_entity(own[KIND]):
            return own, f"{self.dataset_names[dataset]}:{reference}"
        prefix, colon, rest = reference.partition(":")
        named = None
        if colon:
            number = self.datasets.get(prefix)
            named = self.records[number].get(rest) if number else None
            if named is not None and named[CURRENT] > 0 and is_entity(named[KIND]):
                return named, reference
        if defer:
            return None
        if before is not None:
            if named is not None and named[FIRST] == before:
                return named, reference
            for number, known in self.bearers(reference).items():
                if known[FIRST] == before:
                    return known, f"{self.dataset_names[number]}:{reference}"
        if own is not None and is_entity(own[KIND]):
            raise BadFact(f"{reference[:80]!r} was retracted")  # and is nobody else's
        living = self._living(reference)
        if len(living) > 1:
            raise BadFact(f"{len(living)} datasets have {reference[:80]!r}: write dataset:id")
        if not living and colon:  # any record of that subject will do
            living = self._by_canonical(reference)
        if not living:
            raise BadFact(f"no record is named {reference[:80]!r}")
        return next((found for found in living if found[0][FIRST] == before), living[0])

    def meant(self, reference: str, dataset: int) -> Known:
        """The fact of any kind that an operation names.

        Its own dataset is looked in first, then `dataset:id`, then the only dataset that has it.
        """
        if (known := self.records[dataset].get(reference)) is not None:
            return known
        prefix, _, ident = reference.partition(":")
        if (known := self.records[self.datasets.get(prefix, 0)].get(ident)) is not None:
            return known
        bearers = list(self.bearers(reference).values())
        found = [known for known in bearers if known[CURRENT] > 0] or bearers
        if len(found) > 1:
            raise BadFact(f"{len(found)} datasets have {reference[:80]!r}: write dataset:id", "id")
        if found:
            return found[0]
        raise BadFact(f"no fact is named {reference[:80]!r}", "id")

    def _living(self, ident: str) -> list[tuple[Known, str]]:
        """Entities of any dataset with this id, by name."""
        return sorted(
            (
                (known, f"{self.dataset_names[number]}:{ident}")
                for number, known in self.bearers(ident).items()
                if known[CURRENT] > 0 and is_entity(known[KIND])
            ),
            key=lambda found: found[1],
        )

    def _by_canonical(self, canonical: str) -> list[tuple[Known, str]]:
        """Records that bear a canonical id, by name."""
        bearers: dict[str, Known] = {}
        for known in self.books.bearers(canonical):
            here = self.records[known[1]].get(known[0], known)
            if here[CURRENT] == known[CURRENT]:  # this batch has not changed it
                bearers[f"{self.dataset_names[known[1]]}:{known[0]}"] = here
        for (ident, dataset), seq in self.canonicals.get(canonical, {}).items():
            if (here := self.records[dataset][ident])[CURRENT] == seq:
                bearers[f"{self.dataset_names[dataset]}:{ident}"] = here
        return [(bearers[name], name) for name in sorted(bearers)]
