"""What all shares of an export have in common: identifiers, batches, files, datasets, the
ledger, the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from graph.ledger import Entry, Head
from graph.store import BatchInfo
from graph.stores.neo4j import schema
from graph.stores.neo4j.csv_files import Block, Files, columns_of, listed
from graph.stores.neo4j.csv_share import IDENTIFIED, Share, Span, joined
from graph.stores.neo4j.csv_tables import SPACES, Made, made_by, tables
from graph.stores.neo4j.ledger import row_of
from graph.stores.neo4j.shapes import at
from graph.stores.neo4j.spans import Spans

_NO_BATCH: Final = BatchInfo(0, "", 0, 0, 0, 0, bytes(32), True, None)


def identifiers(folder: Path, shares: int, files: Files) -> None:
    """Every identifier once, as the first version says it that carries it, and who carries it."""
    paths = [folder / IDENTIFIED.format(writer) for writer in range(shares)]
    paths = [path for path in paths if path.exists()]
    if not paths:
        return
    whole = pa.concat_tables(pa.ipc.open_stream(pa.memory_map(str(p))).read_all() for p in paths)
    ids = whole.column("Identifier 0").dictionary_encode()
    codes = np.concatenate([each.indices for each in ids.chunks]).astype(np.int64)
    order = np.argsort(whole.column("seq").to_numpy(), kind="stable")
    first = np.unique(codes[order], return_index=True)[1]  # where each is met first
    chosen = np.zeros(len(whole), np.bool_)
    chosen[order[first]] = True
    numbers = np.argsort(np.argsort(first))[codes] + SPACES["Identifier"]
    begin = 0
    for batch in whole.to_batches():
        here = slice(begin, begin + len(batch))
        begin += len(batch)
        ends = pa.array(numbers[here])
        node, carried = (
            [batch.column(name) for name in batch.schema.names if name.startswith(f"{of} ")]
            for of in ("Identifier", "IDENTIFIED_BY")
        )
        rows = columns_of([ends, *node]).filter(pa.array(chosen[here]))
        files.write(tables()["Identifier"], rows)
        files.write(tables()["IDENTIFIED_BY"], columns_of([carried[0], ends, *carried[1:]]))
    for path in paths:
        path.unlink()


def batches(
    heads: Iterable[tuple[int, str, bool, bool]], shares: Sequence[Share], files: Files
) -> None:
    """Batches as they are called and marked now, what they were read from, and the datasets."""
    marks = {no: {"id": i, "settled": s, "undone": u} for no, i, s, u in heads}
    numbers: dict[tuple[str, str], int] = {}
    rows = sorted((each for share in shares for each in share.batches), key=lambda row: row["no"])
    for row in rows:
        row |= marks[row["no"]]  # noqa: PLW2901
        if row["file"] is not None:
            row["file"] = numbers.setdefault(row["file"], len(numbers) + 1)
    node, read_from = made_by("batch_create")
    _put(files, node, rows)
    _put(files, read_from, [row for row in rows if row["file"] is not None])
    read = [{"no": no, "name": name, "sha256": sha} for (name, sha), no in numbers.items()]
    _put(files, _plain("File"), read)
    _put(files, _plain("Dataset"), _datasets(shares))


def _datasets(shares: Sequence[Share]) -> list[dict[str, Any]]:
    names: dict[int, str] = {}
    found: dict[tuple[int, int], Span] = {}
    for share in shares:
        names |= share.datasets
        for key, span in share.spans.items():
            found[key] = joined(found.get(key), span)
    spans = Spans([])
    for (dataset, code), (_, *bounds) in sorted(found.items(), key=lambda item: item[1]):
        spans.widen(dataset, code, bounds)
    lists = {no: rest for no, *rest in spans.changed()}
    empty: list[list[Any]] = [[], [], []]
    return [
        {"no": no, "name": names[no]}
        | dict(zip(("kinds", "least", "most"), lists.get(no, empty), strict=True))
        for no in sorted(names)
    ]


def store(infos: Sequence[BatchInfo], files: Files, **given: Any) -> None:
    """The node of the store itself, which has no indexes yet."""
    last = infos[-1] if infos else _NO_BATCH
    row = {"id": "store", "schema": schema.VERSION, "indexed": False, "writes": len(infos)}
    row |= {"lastBatch": last.no, "lastSeq": last.last_seq, "lastName": last.name.hex(), **given}
    made = _plain("LinkriskStore")
    if infos:
        made.properties["lastAt"] = "@time($s, $us)"
        row |= at(last.recorded_at)
    else:
        del made.properties["lastAt"]
    _put(files, made, [row])


def ledger(runs: Iterable[Sequence[Entry]], head: Head, files: Files) -> None:
    """The ledger's entries, each leading to the one before it, and its head."""
    node, follows = made_by("ledger_append")
    row = {"id": "ledger", "no": head.no, "hash": head.hash.hex(), "writes": 0}
    made = _plain("LedgerHead")
    if not head.no:
        del made.properties["at"]
    for run in runs:
        _put_rows(files, node, [row_of(entry) for entry in run])
        _put_rows(files, follows, [row_of(entry) for entry in run if entry.no > 1])
        row["at"] = run[-1].at
    _put(files, made, [row])


def _put_rows(files: Files, made: Made, rows: Sequence[Sequence[Any]]) -> None:
    """Write rows as the texts of `cypher/` take them."""
    parts = {f"row[{place}]": column for place, column in enumerate(zip(*rows, strict=True))}
    table = tables()[made.name]
    files.write(table, Block(parts, len(rows)).table(made, table, {}))


def _plain(name: str) -> Made:
    """A node whose properties are given under their names."""
    table = tables()[name]
    ids = tuple((label, "$no") for label in table.ids)
    return Made(name, {each: f"${each}" for each in table.sorts}, ids)


def _put(files: Files, made: Made, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows of named values."""
    if not rows:
        return
    parts = {f"${name}": [row[name] for row in rows] for name in rows[0]}
    for name, column in parts.items():
        if isinstance(column[0], list):
            parts[name] = listed(column)
    table = tables()[made.name]
    files.write(table, Block(parts, len(rows)).table(made, table, {}))
