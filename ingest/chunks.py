"""A file as named chunks of rows: parsed by worker processes where the format can be cut."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from graph.errors import BadFact
from graph.facts import Normaliser, Row
from ingest.mapping.model import Mapping
from ingest.readers import formats
from ingest.readers.encoding import recognise
from ingest.readers.native import BOM, Parsed, Piece, Reject, parse, pieces
from ingest.worker import Start, Worker

_ITEMS: Final = 20_000  # facts of a chunk where a format is read as a stream
_WORKERS_FROM: Final = 32 << 20  # bytes: smaller files are parsed sooner than a worker starts


class Source(NamedTuple):
    """One file to load."""

    path: Path
    format: str
    dataset: str
    mapping: Mapping | None
    name: str  # as it is cited


class Chunk(NamedTuple):
    """Rows of one position of a file; `done` is how many bytes of it lie behind them."""

    position: int
    rows: list[Row]
    lines: list[int]
    rejects: list[Reject]
    done: int


def chunks(source: Source, id_key: bytes, skip: Callable[[int], bool]) -> Iterator[Chunk]:
    """The chunks of a file in order. Where `skip(position)`, rows may be left empty and only
    counted by `lines`: that chunk is in the store already."""
    normaliser = Normaliser(source.dataset, id_key, None)
    if source.format == "native" and not (codec := recognise(source.path)).startswith("utf-16"):
        yield from _native(source, normaliser, codec, skip)
    else:
        yield from _streamed(source, normaliser)


# -- native: pieces in worker processes ---------------------------------------------------------


def _count(piece: Piece) -> list[int]:
    """Numbers of the lines of a piece that are not blank."""
    with piece.path.open("rb") as file:
        file.seek(piece.offset)
        whole = file.read(piece.length).split(b"\n")
    if piece.line == 1:
        whole[0] = whole[0].removeprefix(BOM)
    return [n for n, raw in enumerate(whole, piece.line) if raw and not raw.isspace()]


def _native(
    source: Source, normaliser: Normaliser, codec: str, skip: Callable[[int], bool]
) -> Iterator[Chunk]:
    if source.path.stat().st_size < _WORKERS_FROM:
        for position, piece in enumerate(pieces(source.path)):
            done = piece.offset + piece.length
            if skip(position):
                yield Chunk(position, [], _count(piece), [], done)
            else:
                yield Chunk(position, *parse(piece, codec, normaliser), done)
        return
    start = Start(source.dataset, normaliser.id_key, codec)
    workers = [Worker(start) for _ in range(max(1, min(4, (os.cpu_count() or 2) - 1)))]
    idle = cycle(workers)
    waiting: deque[tuple[int, Piece, Worker | None]] = deque()
    try:
        for position, piece in enumerate(pieces(source.path)):
            worker = None if skip(position) else next(idle)
            if worker is not None:
                worker.ask(piece)
            waiting.append((position, piece, worker))
            if len(waiting) > len(workers) + 1:
                yield _settled(*waiting.popleft())
        while waiting:
            yield _settled(*waiting.popleft())
    finally:
        for worker in workers:
            worker.close()


def _settled(position: int, piece: Piece, worker: Worker | None) -> Chunk:
    done = piece.offset + piece.length
    if worker is None:
        return Chunk(position, [], _count(piece), [], done)
    return Chunk(position, *worker.answer(), done)


# -- every other format: a stream of items ------------------------------------------------------


def _shown(fact: dict[str, Any]) -> str:
    try:
        return orjson.dumps(fact, default=str).decode()[:300]
    except orjson.JSONEncodeError:  # nested too deep, or with numbers too large
        return repr(fact)[:300]


def _streamed(source: Source, normaliser: Normaliser) -> Iterator[Chunk]:
    found = Parsed([], [], [])
    position = 0
    size = source.path.stat().st_size
    for item in formats()[source.format].read(source.path, source.dataset, source.mapping):
        if item.fact is None:
            found.rejects.append(
                Reject(item.line, item.column, item.reason or "no fact", "", item.file)
            )
        else:
            try:
                row = normaliser.row(item.fact, item.line)
                found.rows.append(
                    row if row.file or not item.file else row._replace(file=item.file)
                )
                found.lines.append(item.line)
            except BadFact as error:
                found.rejects.append(
                    Reject(item.line, error.column, error.reason, _shown(item.fact), item.file)
                )
        if len(found.rows) + len(found.rejects) >= _ITEMS:
            yield Chunk(position, *found, 0)
            found, position = Parsed([], [], []), position + 1
    yield Chunk(position, *found, size)
