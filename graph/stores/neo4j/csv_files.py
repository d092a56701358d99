"""Columns of many rows at a time, as the bytes that `neo4j-admin database import` reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from graph.closing import Closing
from graph.store import Ints
from graph.stores.neo4j.csv_tables import SPACES, Made, Table
from graph.times import DAY

BETWEEN: Final = "\x1f"  # the elements of a list; no id has it
LINES: Final = ".lines.csv"  # how files end whose texts have line ends in them

_TYPES: Final = {"long": pa.int64(), "double": pa.float64(), "boolean": pa.bool_()}
_WRITE: Final = pa_csv.WriteOptions(include_header=False)  # texts quoted, nothing for null
_SHIFT: Final = 8 * 3600
_SECOND: Final = 1_000_000
_BETWEEN: Final = 10, 11, "T"  # date and time


def times(seconds: Sequence[int | None] | Ints, micros: Sequence[int | None] | Ints) -> Any:
    """Instants as the texts of their wall clock at +08:00, each as short as it may be: the import
    takes three times as long to read midnight with its zeros as without."""
    wall = pc.multiply(pc.add(pa.array(seconds, pa.int64()), _SHIFT), _SECOND)
    wall = pc.add(wall, pa.array(micros, pa.int64()))
    found = pc.utf8_replace_slice(wall.cast(pa.timestamp("us")).cast(pa.string()), *_BETWEEN)
    numbers = wall.fill_null(0).to_numpy()
    for unit, length in ((_SECOND, 19), (DAY, 10)):
        if (whole := numbers % unit == 0).any():
            short = pc.utf8_slice_codeunits(found, 0, length)
            found = short if whole.all() else pc.if_else(pa.array(whole), short, found)
    return found


def listed(elements: Sequence[Sequence[Any]]) -> list[str | None]:
    """Lists as texts; an empty one cannot be written, the first opening makes it again."""
    return [BETWEEN.join(map(str, each)) if each else None for each in elements]


class Block:
    """Rows, by where a text takes their parts from: `row[3]`, `$kind`."""

    def __init__(self, parts: Mapping[str, Any], count: int) -> None:
        """A part is a sequence of as many values, or one value for all."""
        self._parts = parts
        self._count = count
        self._made: dict[tuple[str, str], Any] = {}

    def __len__(self) -> int:
        return self._count

    def column(self, source: str, sort: str) -> Any:
        """The values of a property."""
        key = source, sort
        if key not in self._made:
            self._made[key] = self._column(source, sort)
        return self._made[key]

    def _column(self, source: str, sort: str) -> Any:
        if source.startswith("'"):
            return pa.repeat(source.strip("'"), self._count)
        if source.startswith("@time("):
            seconds, micros = source[6:-1].split(", ")
            return times(self._parts[seconds], self._parts[micros])
        part = self._parts[source]
        if not isinstance(part, list | tuple):
            return pa.repeat(part, self._count)
        return pa.array(part, _TYPES.get(sort, pa.string()))

    def table(self, made: Made, table: Table, others: Mapping[str, Any]) -> Any:
        """What a text makes of the rows, in the columns of a table; `others` are columns that it
        does not make."""
        found = [
            pc.add(self.column(source, "long"), SPACES[label])
            for label, source in made.ids
            if label != "Identifier"  # numbered when all shares are there
        ]
        for name, sort in table.sorts.items():
            if name in others:
                found.append(others[name])
            elif name in made.properties:
                found.append(self.column(made.properties[name], sort))
            else:
                found.append(pa.nulls(self._count, _TYPES.get(sort, pa.string())))
        return columns_of(found)


def columns_of(columns: Sequence[Any]) -> Any:
    """Columns put together; their names are in the header."""
    return pa.table(list(columns), names=[str(place) for place in range(len(columns))])


class Files(Closing):
    """The files of one writer: one for each table, and one more where texts span lines."""

    def __init__(self, folder: Path, writer: int) -> None:
        self.rows: Counter[str] = Counter()  # by table
        self.widest = 0  # bytes of the longest text
        self._folder = folder
        self._writer = writer
        self._open: dict[str, IO[bytes]] = {}

    def write(self, table: Table, rows: Any) -> None:
        """Append rows to a table."""
        if not len(rows):
            return
        self.rows[table.name] += len(rows)
        raw = _csv(rows)
        # A reader that need not look for ends of lines within texts reads by several threads.
        if raw.count(b"\n") > len(rows) or b"\r" in raw:
            spanning = _spanning(rows)
            self._append(f"{table.stem}.{self._writer}{LINES}", _csv(rows.filter(spanning)))
            raw = _csv(rows.filter(pc.invert(spanning)))
        if raw:
            self._append(f"{table.stem}.{self._writer}.csv", raw)
        self.widest = max(self.widest, *(_widest(column) for column in rows.columns))

    def _append(self, name: str, raw: bytes) -> None:
        if (file := self._open.get(name)) is None:
            file = self._open[name] = (self._folder / name).open("wb", buffering=0)
        view = memoryview(raw)
        while view:
            view = view[file.write(view) :]

    def close(self) -> None:
        """Close them all."""
        while self._open:
            self._open.popitem()[1].close()


def _csv(rows: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(rows, sink, _WRITE)
    raw: bytes = sink.getvalue().to_pybytes()
    return raw


def _texts(rows: Any) -> list[Any]:
    return [column for column in rows.columns if pa.types.is_string(column.type)]


def _spanning(rows: Any) -> Any:
    """Which rows have an end of a line in one of their texts."""
    found = pa.array([False] * len(rows))
    for column in _texts(rows):
        here = pc.match_substring_regex(column, r"[\r\n]").fill_null(False)
        found = pc.or_(found, here)
    return found


def _widest(column: Any) -> int:
    if not pa.types.is_string(column.type):
        return 0
    return pc.max(pc.binary_length(column)).as_py() or 0
