"""Three Parquet tables of facts: entities, relations, listings; typed, with both axes of time.

Source: https://parquet.apache.org/docs/file-format/. Money is decimal128(22, 3), which holds every
amount exactly; a share is a float beside its exact text; moments are UTC microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph.model import ENTITIES, KEYS, LISTING, LISTING_FIELDS, RELATIONS
from graph.times import INF, NEG, parse_time
from ingest.writers.item import Around, Fact, Given, Tally, Writing

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS: Final = 50_000  # of a row group: what is held in memory
FIELDS: Final = {
    name: sort for kind in RELATIONS.values() for name, sort in kind.fields.items() if name != "at"
}
_COMMON: Final = ("name", "dataset", "id", "kind")
_SOURCE: Final = ("file", "record", "version")
_TIMES: Final = ("valid_from", "valid_to", "recorded_at", "retracted_at")


def _sort(name: str, table: str) -> str:
    """What a column holds: text, share, money, number, time or words (few different texts)."""
    if name in _TIMES or name in {"at", "decided_on", "until"}:
        return "time"
    if name in {"dataset", "kind", "file", "from_kind", "to_kind", "list", "domain", "status"}:
        return "words"
    if table == "relations" and name in FIELDS:
        return FIELDS[name]
    return "text"


def columns(table: str) -> dict[str, str]:
    """The columns of a table and what each holds."""
    middle = {
        "entities": ("canonical", "label", "text", *KEYS),
        "relations": ("from", "to", "from_canonical", "to_canonical", "at", *FIELDS),
        "listings": ("subject", "subject_canonical", *LISTING_FIELDS),
    }[table]
    found: dict[str, str] = {}
    for name in (*_COMMON, *middle, "attrs", *_TIMES, *_SOURCE):
        sort = _sort(name, table)
        found[name] = "float" if sort == "share" else sort
        if sort == "share":
            found[f"{name}_text"] = "text"
    return found


def _schema(table: str) -> pa.Schema:
    import pyarrow as pa

    types = {
        "text": pa.string(), "words": pa.dictionary(pa.int32(), pa.string()),
        "float": pa.float64(), "money": pa.decimal128(22, 3), "number": pa.int64(),
        "time": pa.timestamp("us", tz="UTC"),
    }  # fmt: skip
    return pa.schema([(name, types[sort]) for name, sort in columns(table).items()])


class _Table:
    """One table: rows are kept until they are worth a row group."""

    def __init__(self, path: Path, table: str) -> None:
        import pyarrow.parquet as pq

        self._schema = _schema(table)
        self._file = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Fact] = []

    def put(self, row: Fact) -> None:
        self._rows.append(row)
        if len(self._rows) >= _ROWS:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        self._file.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows.clear()

    def close(self, *, whole: bool) -> None:
        if whole and self._rows:
            self._write()
        self._file.close()


def _moment(micros: int) -> int | None:
    return None if micros in (NEG, INF) else micros


def _row(given: Given, around: Around) -> tuple[str, Fact]:
    """A fact's table and its row there; every field of the model has a column."""
    fact = given.fact
    source = fact["source"]
    row: Fact = {
        "name": given.name, "dataset": source["dataset"], "id": fact["id"], "kind": fact["kind"],
        "attrs": orjson.dumps(fact["attrs"]).decode() if fact.get("attrs") else None,
        "recorded_at": given.recorded_at, "retracted_at": given.retracted_at,
    }  # fmt: skip
    row |= {name: source.get(name) for name in _SOURCE}
    if (kind := RELATIONS.get(fact["kind"])) and kind.event:
        row["at"] = _moment(given.begins)
    else:
        row["valid_from"], row["valid_to"] = _moment(given.begins), _moment(given.ends)
    if fact["kind"] in ENTITIES:
        row |= fact.get("keys") or {}
        row |= {"label": fact.get("name"), "text": fact.get("text")}
        return "entities", row | {"canonical": around.canonical(given.name)}
    if fact["kind"] == LISTING:
        assert given.a is not None
        row |= {name: _value(fact.get(name), sort) for name, sort in LISTING_FIELDS.items()}
        return "listings", row | {
            "subject": given.a, "subject_canonical": around.canonical(given.a),
        }  # fmt: skip
    assert given.a is not None
    assert given.b is not None
    row |= {
        "from": given.a, "to": given.b,
        "from_canonical": around.canonical(given.a), "to_canonical": around.canonical(given.b),
    }  # fmt: skip
    for name, sort in FIELDS.items():
        if (value := fact.get(name)) is not None:
            row[name] = _value(value, sort)
            if sort == "share":
                row[f"{name}_text"] = str(value)
    return "relations", row


def _value(value: Any, sort: str) -> Any:
    if value is None or sort == "text":
        return value
    if sort == "money":
        return Decimal(value)
    if sort == "time":
        return parse_time(value)
    return float(value) if sort == "share" else int(value)


def write(facts: Iterable[Given], around: Around, tally: Tally, folder: Path) -> None:
    """Write `entities.parquet`, `relations.parquet` and `listings.parquet` into a folder.

    Nothing is dropped. Holds one row group of each table in memory. O(facts).
    """
    tables = {name: _Table(folder / f"{name}.parquet", name)
              for name in ("entities", "relations", "listings")}  # fmt: skip
    whole = False
    try:
        for given in facts:
            table, row = _row(given, around)
            tables[table].put(row)
            tally.written[given.fact["kind"]] += 1
        whole = True
    finally:
        for each in tables.values():
            each.close(whole=whole)


WRITING = Writing("parquet", "application/vnd.apache.parquet", folder=write)
