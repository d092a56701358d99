"""The Parquet tables that `linkrisk export --format parquet` writes, or others like them, as facts.

A folder with `entities.parquet`, `relations.parquet`, `listings.parquet` (one is enough). Columns
are those of `ingest.writers.parquet.columns`; `dataset`, `id` and `kind` must be there, others may
lack. A Parquet file of any other shape is a table, read by a mapping.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph.errors import BadFact, BadFile
from graph.model import KEYS, LISTING_FIELDS, RELATIONS
from graph.money import exponent
from graph.times import format_time
from ingest.readers.item import Format, Item

if TYPE_CHECKING:
    import pyarrow as pa

    from ingest.mapping.model import Mapping

_TABLES: Final = ("entities", "relations", "listings")
_ROWS: Final = 10_000
_NEEDED: Final = ("dataset", "id", "kind")
_GONE: Final = "retracted: when something was known is the store's own to say / 已撤回的版本"
Fact = dict[str, Any]


def read(path: Path, dataset: str, mapping: Mapping | None = None) -> Iterator[Item]:  # noqa: ARG001  # every Reader has it
    """The facts of a folder of tables, entities first; a row is a line, numbered from 1.

    A row that is no fact, and a version that was retracted, is one rejected item. Raises BadFile
    for a file that is no Parquet or lacks a column that must be there.
    """
    for table in _TABLES:
        file = path / f"{table}.parquet"
        if file.is_file():
            yield from _read(file, table)


def _read(file: Path, table: str) -> Iterator[Item]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as source:
            lacking = [name for name in _NEEDED if name not in source.schema_arrow.names]
            if lacking:
                raise BadFile(f"{file}: no column {', '.join(lacking)}")
            line = 0
            for batch in source.iter_batches(_ROWS):
                for row in _rows(batch):
                    line += 1
                    try:
                        yield Item(line, _fact(row, table), file=file.name)
                    except BadFact as error:
                        yield Item(line, None, error.reason, error.column, file=file.name)
    except (pa.ArrowException, OSError) as error:
        raise BadFile(f"{file}: not a readable Parquet file: {str(error)[:120]}") from None


def _rows(batch: pa.RecordBatch) -> Iterator[Fact]:
    """Rows as dictionaries; moments as integers, so that none is out of a calendar's range."""
    import pyarrow as pa

    columns = {}
    for field, column in zip(batch.schema, batch.columns, strict=True):
        moments = pa.types.is_timestamp(field.type)
        given = (
            column.cast(pa.timestamp("us", tz=field.type.tz)).cast(pa.int64())
            if moments
            else column
        )
        columns[field.name] = given.to_pylist()
    for values in zip(*columns.values(), strict=True):
        yield {n: v for n, v in zip(columns, values, strict=True) if v is not None}


def _fact(row: Fact, table: str) -> Fact:
    if row.get("retracted_at") is not None:
        raise BadFact(_GONE, "retracted_at")
    fact: Fact = {"kind": row.get("kind"), "id": row.get("id")}
    fact["source"] = {
        name: str(row[name]) for name in ("dataset", "file", "record", "version") if name in row
    }
    if table == "entities":
        fact |= {new: row[old] for old, new in (("label", "name"), ("text", "text")) if old in row}
        if keys := {name: row[name] for name in KEYS if name in row}:
            fact["keys"] = keys
    elif table == "listings":
        fact["subject"] = row.get("subject")
        fact |= {name: _value(row, name, s) for name, s in LISTING_FIELDS.items() if name in row}
    else:
        fact |= {name: row[name] for name in ("from", "to") if name in row}
        kind = RELATIONS.get(str(row.get("kind")))
        for name, sort in (kind.fields if kind else {}).items():
            if name in row:
                fact[name] = _value(row, name, sort)
    for name in ("valid_from", "valid_to"):
        if name in row:
            fact[name] = _value(row, name, "time")
    if "attrs" in row:
        fact["attrs"] = _attrs(row["attrs"])
    return fact


def _value(row: Fact, name: str, sort: str) -> Any:
    """A cell in the native form: what the type of its column alone does not say."""
    value = row[name]
    if sort == "share":
        return row.get(f"{name}_text", value)
    if sort == "time" and isinstance(value, int):
        return format_time(value)
    if sort == "money" and isinstance(value, Decimal):
        text = format(value, "f")
        places = exponent(str(row.get("currency") or "CNY"))
        whole, _, fine = text.partition(".")
        fine = fine[:places] + fine[places:].rstrip("0")
        return f"{whole}.{fine}" if fine else whole
    return value


def _attrs(text: Any) -> Any:
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, TypeError):
        raise BadFact("not JSON", "attrs") from None


def _accepts(path: Path, head: bytes) -> int:  # noqa: ARG001  # told by the names in the folder
    return 9 if path.is_dir() and any((path / f"{t}.parquet").is_file() for t in _TABLES) else 0


FORMAT = Format("parquet", read, _accepts)
