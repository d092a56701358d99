"""Tables (CSV, TSV, XLSX, Parquet) as facts, by a mapping."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from graph.errors import BadFact
from ingest.readers.item import Format, Item
from ingest.readers.sheets import SPREADSHEETS, SheetRow, tables
from ingest.repeats import Repeats

if TYPE_CHECKING:
    from ingest.mapping.model import Mapping
    from ingest.mapping.rows import RowFacts

LOOK: Final = 20  # rows in which the header is looked for
_SAMPLE: Final = 200  # rows by which shares are judged to be percentages or fractions
_SUFFIXES: Final = frozenset({".csv", ".tsv", ".txt", ".parquet"}) | SPREADSHEETS


def read(path: Path, dataset: str, mapping: Mapping | None = None) -> Iterator[Item]:
    """The facts of a table. Without a mapping the shipped one that fits its header is used.

    A row gives all of its facts or is rejected whole; an entity that many rows name is told
    once. `source.record` is the row's line, after its sheet's name where there are several. A
    sheet without the mapping's header is one rejected item. Raises BadFile where no table of the
    file has the header.
    """
    from ingest.mapping.draft import choose
    from ingest.mapping.header import no_header

    mapping = mapping or choose(path)
    passed: list[Item] = []
    found = False
    with Repeats() as repeats:
        for sheet, source in tables(path, mapping.table):
            head = list(islice(source, max(LOOK, mapping.table.header or 0) + _SAMPLE))
            made = _bind(mapping, head, repeats)
            if made is not None:
                found = True
                header, facts = made
                where = _Where(dataset, path.name, sheet)
                # what could not be read above the header is no title; it is told as well
                above = (r for r in head if r.line < header.line and r.reason)
                below = (r for r in head if r.line > header.line)
                for row in chain(above, below, source):
                    yield from _items(row, facts, where)
            elif sheet is None:
                readable = [row.cells for row in head if row.reason is None]
                raise no_header(mapping, path, readable)
            elif head:
                reason = f"sheet {sheet!r} has no header that mapping {mapping.name!r} knows"
                passed.append(Item(head[0].line, None, reason))
    if not found:
        raise no_header(mapping, path, [])
    yield from passed


class _Where(NamedTuple):
    dataset: str
    file: str
    sheet: str | None


def _bind(
    mapping: Mapping, head: list[SheetRow], repeats: Repeats
) -> tuple[SheetRow, RowFacts] | None:
    from ingest.mapping.header import find_header
    from ingest.mapping.rows import RowFacts
    from ingest.mapping.values import judge_percents

    readable = [row for row in head if row.reason is None]
    header = find_header(mapping, [row.cells for row in readable])
    if header is None:
        return None
    sample = [row.cells for row in readable[header.row + 1 :]]
    percents = judge_percents(mapping, header, sample)
    return readable[header.row], RowFacts(mapping, header, percents, repeats)


def _items(row: SheetRow, facts: RowFacts, where: _Where) -> Iterator[Item]:
    cells = row.cells
    reason, column = row.reason, None
    if reason is None and len(cells) != facts.width:
        extra = cells[facts.width :]
        if len(cells) < facts.width or any(cell not in {None, ""} for cell in extra):
            reason = f"{len(cells)} cells where the header has {facts.width}"
    if reason is None:
        try:
            found = facts.facts(cells)
        except BadFact as error:
            reason, column = error.reason, error.column
        else:
            record = str(row.line) if where.sheet is None else f"{where.sheet}!{row.line}"
            source = {"dataset": where.dataset, "file": where.file, "record": record}
            for fact in found:
                fact["source"] = source
                yield Item(row.line, fact)
            return
    yield Item(row.line, None, reason, column)


def _accepts(path: Path, head: bytes) -> int:
    return 3 if head and not path.is_dir() and path.suffix.lower() in _SUFFIXES else 0


FORMAT = Format("csv", read, _accepts)
