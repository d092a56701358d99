"""Finds the header of a table and which of its columns a mapping means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from graph.errors import BadFile
from ingest.mapping import cells
from ingest.mapping.model import Mapping
from ingest.mapping.words import plain, unit_of, words

LOOK: Final = 20  # rows in which the header is looked for


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header is and what its columns are for.

    `columns` holds the position of each column of the mapping that the table has; `units` and
    `percents` what headers say of their cells: 认缴出资额(万元), 持股比例(%).
    """

    row: int  # position among the rows given
    names: tuple[str, ...]
    columns: dict[str, int]
    units: dict[str, Decimal]
    percents: frozenset[str]


def columns_of(mapping: Mapping, names: Sequence[str]) -> Header:
    """Matches a row of headers with a mapping's columns; each header serves one column.

    A label as written goes before the mapping's `also`, that before `words.yaml`; then the same
    with a bracket at the header's end left out, then with what follows a slash: 股东姓名/名称.
    """
    whole = [plain(_simplified(name)) for name in names]
    parted = [unit_of(name) for name in whole]
    found: dict[str, int] = {}
    used: set[int] = set()
    short = [name for name, _ in parted]
    for texts in (whole, short, [name.partition("/")[0] for name in short]):
        for choose in (0, 1, 2):
            for label, column in mapping.columns.items():
                if label in found:
                    continue
                known: Sequence[str] = (
                    (plain(label),),
                    [plain(also) for also in column.also],
                    words().headers.get(label, ()),
                )[choose]
                for word in known:
                    at = next((i for i, t in enumerate(texts) if t == word and i not in used), None)
                    if at is not None:
                        found[label] = at
                        used.add(at)
                        break
    units = {
        label: words().units[unit]
        for label, at in found.items()
        if (unit := parted[at][1]) is not None and unit in words().units
    }
    percents = frozenset(label for label, at in found.items() if parted[at][1] == "%")
    return Header(0, tuple(names), found, units, percents)


def _simplified(name: str) -> str:
    """A header in simplified characters: 統一社會信用代碼 is 统一社会信用代码."""
    if name.isascii():
        return name
    from zhconv_rs_opencc import zhconv

    return str(zhconv(name, "zh-hans"))


def header_names(row: Sequence[Any]) -> list[str]:
    """The texts of a row that may be a header."""
    return [cells.text(cell) or "" for cell in row]


def find_header(mapping: Mapping, rows: Sequence[Sequence[Any]]) -> Header | None:
    """The header among a table's first rows: all required columns, and the most that are known.

    Titles above it are passed over. None where no row has every required column.
    """
    required = {label for label, column in mapping.columns.items() if column.required}
    best: Header | None = None
    fixed = mapping.table.header
    for at, row in enumerate(rows[: fixed or LOOK]):
        if fixed is not None and at != fixed - 1:
            continue
        header = columns_of(mapping, header_names(row))
        if not header.columns or not required <= header.columns.keys():
            continue
        if best is None or len(header.columns) > len(best.columns):
            best = Header(at, header.names, header.columns, header.units, header.percents)
    return best


def no_header(mapping: Mapping, path: object, rows: Sequence[Sequence[Any]]) -> BadFile:
    """The error that says which required columns the nearest header lacks."""
    required = [label for label, column in mapping.columns.items() if column.required]
    lacking = required
    for row in rows[:LOOK]:
        found = columns_of(mapping, header_names(row)).columns
        missing = [label for label in required if label not in found]
        if len(missing) < len(lacking):
            lacking = missing
    what = ", ".join(lacking) or "any of its columns"
    return BadFile(f"{path}: mapping {mapping.name!r} finds no header with {what}")
