"""Files put together: an edition and the layers upon it, and what only shows when they meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TypeVar

from graph.rulebook.read import Part
from graph.rulebook.rules import Basis, Document, Measure, Publication, Rule, Rulebook, near
from graph.rulebook.source import Problem

_Replaceable = TypeVar("_Replaceable", Measure, Rule)


def merge(parts: Sequence[Part]) -> tuple[list[Rulebook], list[Problem]]:
    """One rulebook for each edition among the files, and every problem of their meeting.

    O(n) in rows, and O(k²) in the k rows of one measure and relation.
    """
    before = {id(part): len(part.source.problems) for part in parts}
    _names_once(parts)
    layers = sorted((part for part in parts if part.layer), key=lambda part: part.name)
    editions = {part.name: part for part in parts if not part.layer}
    for layer in layers:
        for name in layer.editions:
            if name not in editions:
                hint = near(name, [*editions])
                layer.top.fail("editions", f"no edition {name[:60]!r}{hint}")
    books = []
    for edition in editions.values():
        upon = [layer for layer in layers if not layer.editions or edition.name in layer.editions]
        books.append(_Merged(edition, upon).book())
    found = [p for part in parts for p in part.source.problems[before[id(part)] :]]
    return books, found


def _names_once(parts: Sequence[Part]) -> None:
    seen: dict[str, Part] = {}
    for part in parts:
        if part.name in seen:
            name = "layer" if part.layer else "edition"
            part.top.fail(
                name, f"{name} {part.name!r} is also that of {seen[part.name].source.name}"
            )
        elif part.name:
            seen[part.name] = part


@dataclass(slots=True)
class _Merged:
    edition: Part
    layers: Sequence[Part]
    # which file each thing comes from, by section and id
    origin: dict[tuple[str, str], Part] = field(default_factory=dict)

    def book(self) -> Rulebook:
        first = self.edition
        documents = self._documents()
        publication = {p.id: p for p in first.publication}
        measures = self._replaceable("measures", [(p, p.measures) for p in self._parts()])
        rows = self._replaceable("rows", [(p, p.rows) for p in self._parts()])
        for p in first.publication:
            self._cited(first, "publication", p.id, (p.basis,), documents)
        for gate in first.gates:
            self._cited(first, "gates", gate.id, gate.basis, documents)
        for measure in measures.values():
            self._measure(measure, documents, publication)
        for row in rows.values():
            self._row(row, documents, measures)
        self._agree(rows.values())
        return Rulebook(
            edition=first.name,
            start=first.start,
            title=first.title,
            note=first.note,
            layers=tuple(layer.name for layer in self.layers),
            documents=tuple(documents[name] for name in sorted(documents)),
            publication=tuple(first.publication),
            measures=tuple(measures[name] for name in sorted(measures)),
            rows=tuple(rows[name] for name in sorted(rows)),
            gates=tuple(first.gates),
        )

    def _parts(self) -> list[Part]:
        return [self.edition, *self.layers]

    def _documents(self) -> dict[str, Document]:
        found: dict[str, Document] = {}
        for part in self._parts():
            for document in part.documents:
                if document.id in found:
                    other = self.origin["documents", document.id].source.name
                    self._fail(part, "documents", document.id, None,
                               f"document {document.id!r} is also in {other}")  # fmt: skip
                else:
                    found[document.id] = document
                    self.origin["documents", document.id] = part
        return found

    def _replaceable(
        self, section: str, given: Iterable[tuple[Part, Sequence[_Replaceable]]]
    ) -> dict[str, _Replaceable]:
        found: dict[str, _Replaceable] = {}
        for part, things in given:
            gone: set[str] = set()
            for thing in things:
                if thing.replaces is None:
                    continue
                old = self.origin.get((section, thing.replaces))
                if old is None or old is part or thing.replaces in gone:
                    self._fail(part, section, thing.id, "replaces",
                               f"there is nothing to replace: {thing.replaces[:60]!r}"
                               f"{near(thing.replaces, [*found])}")  # fmt: skip
                    continue
                gone.add(thing.replaces)
            for name in gone:
                del found[name], self.origin[section, name]
            for thing in things:
                if thing.id in found:
                    other = self.origin[section, thing.id].source.name
                    self._fail(part, section, thing.id, "id",
                               f"id {thing.id!r} is also in {other}; `replaces: {thing.id}` would"
                               " put this in its place")  # fmt: skip
                    continue
                found[thing.id] = thing
                self.origin[section, thing.id] = part
        return found

    def _measure(
        self, measure: Measure, documents: dict[str, Document], publication: dict[str, Publication]
    ) -> None:
        part = self.origin["measures", measure.id]
        self._cited(part, "measures", measure.id, measure.basis, documents)
        if measure.limits:
            self._cited(part, "measures", measure.id, (measure.limits,), documents, "limits")
        if measure.publication is not None and measure.publication not in publication:
            self._fail(part, "measures", measure.id, "publication",
                       f"unknown class of publication {measure.publication!r}"
                       f"{near(measure.publication, [*publication])}")  # fmt: skip

    def _row(self, row: Rule, documents: dict[str, Document], measures: dict[str, Measure]) -> None:
        part = self.origin["rows", row.id]
        if row.basis:
            self._cited(part, "rows", row.id, (row.basis,), documents)
            document = documents.get(row.basis.document)
            if document and not _within(row, document):
                self._fail(part, "rows", row.id, "from",
                           f"{document.id} holds from {document.start or '…'} to"
                           f" {document.end or '…'}, the row from {row.start} to {row.end or '…'}"
                           )  # fmt: skip
        known = [*measures, *(own for kind, own in part.places if kind == "measures")]
        if row.measure not in known:
            self._fail(part, "rows", row.id, "measure",
                       f"unknown measure {row.measure[:60]!r}{near(row.measure, known)}"
                       )  # fmt: skip
        measure = measures.get(row.measure)
        if measure and measure.no_basis and row.outcome == "extend":
            self._fail(part, "rows", row.id, "outcome",
                       f"measure {row.measure} has no_basis: it extends to nobody")  # fmt: skip

    def _agree(self, rows: Iterable[Rule]) -> None:
        """Two rows of one limb may not say different things of one day."""
        together: dict[tuple[str, str], list[Rule]] = {}
        for row in rows:
            together.setdefault((row.measure, row.relation), []).append(row)
        for group in together.values():
            for one, other in combinations(group, 2):
                if one.outcome != other.outcome and _meet(one, other):
                    late, early = (one, other) if self._after(one, other) else (other, one)
                    part = self.origin["rows", late.id]
                    self._fail(part, "rows", late.id, "outcome",
                               f"{late.outcome} where row {early.id!r} says {early.outcome} on"
                               f" the same day, from {max(one.start or '', other.start or '')}"
                               )  # fmt: skip

    def _after(self, one: Rule, other: Rule) -> bool:
        """Whether the first stands after the second, by layer and then by line."""
        parts = self._parts()

        def place(row: Rule) -> tuple[int, int]:
            part = self.origin["rows", row.id]
            return parts.index(part), part.places["rows", row.id].node.start_mark.line

        return place(one) > place(other)

    def _cited(
        self,
        part: Part,
        section: str,
        name: str,
        bases: Iterable[Basis],
        documents: dict[str, Document],
        where: str = "basis",
    ) -> None:
        known = [*documents, *(own for kind, own in part.places if kind == "documents")]
        for basis in bases:
            if basis.document not in known:
                self._fail(part, section, name, where,
                           f"unknown document {basis.document[:60]!r}{near(basis.document, known)}"
                           )  # fmt: skip

    @staticmethod
    def _fail(part: Part, section: str, name: str, at: str | None, reason: str) -> None:
        part.places[section, name].fail(at, reason)


def _within(row: Rule, document: Document) -> bool:
    begins = document.start is None or (row.start or "") >= document.start
    ends = document.end is None or (row.end is not None and row.end <= document.end)
    return begins and ends


def _meet(one: Rule, other: Rule) -> bool:
    """Whether both hold on some day about some subject."""
    begins = (one.end is None or (other.start or "") < one.end) and (
        other.end is None or (one.start or "") < other.end
    )
    return begins and bool({*one.subject} & {*other.subject})
