"""A file as named chunks of rows: parsed by worker processes where the format can be cut."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from graph.errors import BadFact
from graph.facts import Normaliser, Row
from ingest.mapping.model import Mapping
from ingest.readers import formats
from ingest.readers.encoding import recognise
from ingest.readers.native import Parsed, Piece, Reject, parse, pieces

_ITEMS: Final = 20_000  # facts of a chunk where a format is read as a stream
_AHEAD: Final = 4  # parsed pieces that wait for the store
_POOL_FROM: Final = 32 << 20  # bytes: smaller files are parsed before a worker would have started


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

_worker: dict[str, Normaliser] = {}


def _start(dataset: str, id_key: bytes) -> None:
    _worker["normaliser"] = Normaliser(dataset, id_key, None)


def _parse(piece: Piece, codec: str) -> tuple[list[tuple[Any, ...]], list[int], list[Reject]]:
    found = parse(piece, codec, _worker["normaliser"])
    return [tuple(row) for row in found.rows], found.lines, found.rejects


def _count(piece: Piece) -> list[int]:
    """Numbers of the lines of a piece that are not blank."""
    with piece.path.open("rb") as file:
        file.seek(piece.offset)
        whole = file.read(piece.length).split(b"\n")
    return [n for n, raw in enumerate(whole, piece.line) if raw and not raw.isspace()]


def _native(
    source: Source, normaliser: Normaliser, codec: str, skip: Callable[[int], bool]
) -> Iterator[Chunk]:
    size = source.path.stat().st_size
    if size < _POOL_FROM or (os.cpu_count() or 1) < 2:
        for position, piece in enumerate(pieces(source.path)):
            if skip(position):
                yield Chunk(position, [], _count(piece), [], piece.offset + piece.length)
            else:
                yield Chunk(position, *parse(piece, codec, normaliser),
                            piece.offset + piece.length)
        return
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    with ProcessPoolExecutor(
        max_workers=max(1, min(4, (os.cpu_count() or 2) - 1)),
        mp_context=multiprocessing.get_context(method),
        initializer=_start, initargs=(source.dataset, normaliser.id_key),
    ) as pool:
        waiting: deque[tuple[int, Piece, Future[Any] | None]] = deque()
        try:
            for position, piece in enumerate(pieces(source.path)):
                future = None if skip(position) else pool.submit(_parse, piece, codec)
                waiting.append((position, piece, future))
                if len(waiting) > _AHEAD:
                    yield _settled(*waiting.popleft())
            while waiting:
                yield _settled(*waiting.popleft())
        finally:
            for _, _, future in waiting:
                if future is not None:
                    future.cancel()


def _settled(position: int, piece: Piece, future: Future[Any] | None) -> Chunk:
    done = piece.offset + piece.length
    if future is None:
        return Chunk(position, [], _count(piece), [], done)
    rows, lines, rejects = future.result()
    return Chunk(position, [Row._make(row) for row in rows], lines, rejects, done)


# -- every other format: a stream of items ------------------------------------------------------


def _streamed(source: Source, normaliser: Normaliser) -> Iterator[Chunk]:
    found = Parsed([], [], [])
    position = 0
    size = source.path.stat().st_size
    for item in formats()[source.format].read(source.path, source.dataset, source.mapping):
        if item.fact is None:
            found.rejects.append(
                Reject(item.line, item.column, item.reason or "no fact", "", item.file))
        else:
            try:
                row = normaliser.row(item.fact, item.line)
                found.rows.append(row if row.file or not item.file else row._replace(file=item.file))
                found.lines.append(item.line)
            except BadFact as error:
                text = orjson.dumps(item.fact, default=str).decode()[:300]
                found.rejects.append(
                    Reject(item.line, error.column, error.reason, text, item.file))
        if len(found.rows) >= _ITEMS:
            yield Chunk(position, *found, 0)
            found, position = Parsed([], [], []), position + 1
    yield Chunk(position, *found, size)
