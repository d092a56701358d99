"""Rows of CSV, TSV, XLSX and Parquet files, one at a time, each with its line.

Lines count from 1 and are physical lines of a text file, rows of a sheet; in Parquet the names of
the columns are line 1. A row that cannot be read is told with its reason and reading goes on.
"""

from __future__ import annotations

import csv
import zipfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from graph.errors import BadFile
from ingest.mapping.model import Table
from ingest.readers.encoding import Line, lines, recognise, undecoded

_DELIMITERS: Final = ",\t;|"
_MOST_LINES: Final = 200  # physical lines of one record; past it a quote was never closed
_MOST_UNPACKED: Final = 1 << 31  # bytes of an XLSX archive, unpacked
_MOST_RATIO: Final = 300  # unpacked to packed, above 64 MiB: what real sheets do not reach
_BATCH: Final = 4096
SPREADSHEETS: Final = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})


class SheetRow(NamedTuple):
    """One row: its cells, or why it cannot be read."""

    line: int
    cells: list[Any]
    reason: str | None = None


def tables(path: Path, table: Table) -> Iterator[tuple[str | None, Iterator[SheetRow]]]:
    """The tables of a file with their sheets' names: all sheets, or the one the mapping names.

    A file of text or Parquet is one table without a name. Titles and header are among the rows,
    blank rows are not. Raises BadFile where the file cannot be read as a table at all.
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        yield None, _parquet(path)
    elif suffix in SPREADSHEETS:
        yield from _sheets(path, table)
    else:
        yield None, _csv(path, table)


def _csv(path: Path, table: Table) -> Iterator[SheetRow]:
    codec = table.encoding or recognise(path)
    try:
        delimiter = table.delimiter or _sniff(path, codec)
        yield from _Records(lines(path, codec), delimiter)
    except LookupError:
        raise BadFile(f"{path}: unknown encoding {codec!r}") from None


def _sniff(path: Path, codec: str) -> str:
    """Of comma, tab, semicolon and bar, the one that parts the first lines most evenly."""
    sample = [line.text for _, line in zip(range(20), lines(path, codec), strict=False)]
    best, score = ",", (0, 0)
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        wide = max(widths, default=1)
        found = (widths.count(wide) if wide > 1 else 0, wide)
        if found > score:
            best, score = delimiter, found
    return best


class _Records:
    """CSV records with their first physical line; a quote never closed costs one line only."""

    def __init__(self, source: Iterator[Line], delimiter: str) -> None:
        self.source, self.delimiter = source, delimiter
        self.ahead: deque[Line] = deque()

    def _line(self) -> Line | None:
        return self.ahead.popleft() if self.ahead else next(self.source, None)

    def __iter__(self) -> Iterator[SheetRow]:
        while (line := self._line()) is not None:
            if not line.whole:
                yield SheetRow(line.number, [], "absurdly long line")
                continue
            if "\x00" in line.text:
                yield SheetRow(line.number, [], "holds a NUL character")
                continue
            text = line.text
            if '"' not in text:
                cells = text.rstrip("\r\n").split(self.delimiter)
                if undecoded(text):
                    yield SheetRow(line.number, cells, "bytes in no known encoding")
                elif any(map(str.strip, cells)):
                    yield SheetRow(line.number, cells)
                continue
            yield from self._quoted(line)

    def _quoted(self, line: Line) -> Iterator[SheetRow]:
        """A record with quotes; it goes on over lines while a quote is open."""
        taken = [line]
        open_quote = _open(line.text, self.delimiter, inside=False)
        while open_quote and len(taken) < _MOST_LINES and (more := self._line()) is not None:
            taken.append(more)
            open_quote = _open(more.text, self.delimiter, inside=True)
        if open_quote:
            self.ahead.extendleft(reversed(taken[1:]))
            yield SheetRow(line.number, [], "a quote is opened and never closed")
            return
        try:
            found = next(csv.reader([part.text for part in taken], delimiter=self.delimiter))
        except (csv.Error, StopIteration) as error:
            yield SheetRow(line.number, [], f"not CSV: {error}")
            return
        if any(undecoded(part.text) for part in taken):
            yield SheetRow(line.number, found, "bytes in no known encoding")
        elif any(map(str.strip, found)):
            yield SheetRow(line.number, found)


def _open(text: str, delimiter: str, *, inside: bool) -> bool:
    """Whether a quoted field is still open at the end of a line.

    A quote opens a field only where the field begins, as the csv module reads it.
    """
    at, size = 0, len(text)
    begins = not inside
    while at < size:
        char = text[at]
        if inside:
            end = text.find('"', at)
            if end < 0:
                return True
            if text[end + 1 : end + 2] == '"':
                at = end + 2
                continue
            inside, begins, at = False, False, end + 1
            continue
        if begins and char == '"':
            inside, at = True, at + 1
            continue
        step = text.find(delimiter, at)
        if step < 0:
            return False
        begins, at = True, step + 1
    return inside


def _sheets(path: Path, table: Table) -> Iterator[tuple[str, Iterator[SheetRow]]]:
    import python_calamine

    _guard(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        names = list(book.sheet_names)
        if table.sheet is None:
            wanted = names
        elif table.sheet in names:
            wanted = [table.sheet]
        elif table.sheet.isdigit() and 0 < int(table.sheet) <= len(names):
            wanted = [names[int(table.sheet) - 1]]
        else:
            raise BadFile(f"{path}: no sheet {table.sheet!r} (has {', '.join(names)})")
        for name in wanted:
            yield name, _sheet(book.get_sheet_by_name(name))
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise BadFile(f"{path}: not a spreadsheet that can be read: {error}") from None


def _sheet(sheet: Any) -> Iterator[SheetRow]:
    above, left = sheet.start or (0, 0)
    for line, cells in enumerate(sheet.iter_rows(), above + 1):
        if any(cell not in {None, ""} for cell in cells):
            yield SheetRow(line, [None] * left + list(cells))


def _guard(path: Path) -> None:
    """Refuses an archive that unpacks to absurd sizes, before anything unpacks it."""
    if path.suffix.lower() == ".xls":
        return
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadFile(f"{path}: not a spreadsheet that can be read: {error}") from None
    unpacked = sum(info.file_size for info in infos)
    packed = max(1, path.stat().st_size)
    if unpacked > _MOST_UNPACKED or (unpacked > 1 << 26 and unpacked / packed > _MOST_RATIO):
        raise BadFile(f"{path}: unpacks to {unpacked:,} bytes, {unpacked // packed} times its size")


def _parquet(path: Path) -> Iterator[SheetRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield SheetRow(1, list(file.schema_arrow.names))
            line = 1
            for batch in file.iter_batches(batch_size=_BATCH):
                for cells in zip(*map(_column, batch.columns), strict=True):
                    line += 1
                    yield SheetRow(line, list(cells))
    except (pa.ArrowException, OSError) as error:
        raise BadFile(f"{path}: not a Parquet file that can be read: {error}") from None


def _column(column: Any) -> list[Any]:
    """The cells of a column; nested ones as JSON text."""
    import orjson
    import pyarrow as pa

    found: list[Any] = column.to_pylist()
    if not pa.types.is_nested(column.type):
        return found
    return [None if v is None else orjson.dumps(v, default=str).decode() for v in found]
