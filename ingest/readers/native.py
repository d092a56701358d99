"""Native JSON Lines: one fact a line. Cut into chunks at line ends, so that chunks parse apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from graph.errors import BadFact
from graph.facts import Normaliser, Row
from ingest.readers.encoding import LINE_LIMIT, lines, undecoded
from ingest.readers.item import Format, Item

if TYPE_CHECKING:
    from ingest.mapping.model import Mapping

CHUNK: Final = 8 << 20  # bytes; part of what names a batch, so a change makes old files load anew
BOM: Final = b"\xef\xbb\xbf"


class Piece(NamedTuple):
    """A run of whole lines of a file."""

    path: Path
    offset: int
    length: int
    line: int  # number of its first line


class Reject(NamedTuple):
    """A line that is no fact."""

    line: int
    column: str | None
    reason: str
    text: str
    file: str | None = None


class Parsed(NamedTuple):
    """The rows of a piece with their lines, and what was rejected."""

    rows: list[Row]
    lines: list[int]
    rejects: list[Reject]


def pieces(path: Path) -> Iterator[Piece]:
    """Cut a file at line ends into pieces of about CHUNK bytes; holds one piece in memory."""
    with path.open("rb") as file:
        offset, line = 0, 1
        while block := file.read(CHUNK):
            count = block.count(b"\n")
            length = len(block)
            while block[-1:] != b"\n" and (block := file.readline(1 << 20)):
                length += len(block)
                count += block.count(b"\n")
            yield Piece(path, offset, length, line)
            offset += length
            line += count


def parse(piece: Piece, encoding: str, normaliser: Normaliser) -> Parsed:
    """Check every line of a piece. One bad line never touches another."""
    found = Parsed([], [], [])
    with piece.path.open("rb") as file:
        file.seek(piece.offset)
        if piece.length > 4 * CHUNK:  # somewhere in here is one absurdly long line
            source: Iterator[bytes] = _bounded(file, piece.length)
        else:
            source = iter(file.read(piece.length).split(b"\n"))
        for number, line in enumerate(source, piece.line):
            raw = line.removeprefix(BOM) if number == 1 else line
            if raw and not raw.isspace():
                _line(number, raw, encoding, normaliser, found)
    return found


def _bounded(file: object, length: int) -> Iterator[bytes]:
    """Lines of a stretch, each cut just past the limit."""
    left = length
    while left > 0:
        raw = file.readline(min(left, LINE_LIMIT + 2))  # type: ignore[attr-defined]
        left -= len(raw)
        rest = raw
        while left > 0 and not rest.endswith(b"\n"):
            rest = file.readline(min(left, 1 << 20))  # type: ignore[attr-defined]
            left -= len(rest)
        yield raw.removesuffix(b"\n")


def _line(number: int, raw: bytes, encoding: str, normaliser: Normaliser, found: Parsed) -> None:
    try:
        if len(raw) > LINE_LIMIT:
            raise BadFact(f"line is longer than {LINE_LIMIT} bytes")
        if encoding.startswith("utf-8"):
            fact = orjson.loads(raw)
        else:
            fact = orjson.loads(raw.decode(encoding))
        found.rows.append(normaliser.row(fact, number))
        found.lines.append(number)
    except BadFact as error:
        found.rejects.append(Reject(number, error.column, error.reason, _shown(raw, encoding)))
    except UnicodeDecodeError:
        found.rejects.append(
            Reject(number, None, "bytes in no known encoding", _shown(raw, encoding))
        )
    except orjson.JSONDecodeError as error:
        reason = f"not JSON: {error.msg}"
        if "utf-8" in error.msg.lower() or "invalid utf" in error.msg.lower():
            reason = "bytes in no known encoding"
        found.rejects.append(Reject(number, str(error.colno), reason, _shown(raw, encoding)))


def _shown(raw: bytes, encoding: str) -> str:
    return raw[:300].decode(encoding, "replace").rstrip("\r")


def read(path: Path, dataset: str, mapping: Mapping | None = None) -> Iterator[Item]:  # noqa: ARG001  # every Reader has it
    """Facts of a file in any recognised encoding, one by one (the loader parses pieces instead)."""
    for line in lines(path):
        if not line.text.strip():
            continue
        text = line.text.removeprefix("\ufeff") if line.number == 1 else line.text
        if not line.whole or undecoded(text):
            reason = "bytes in no known encoding" if line.whole else "line is too long"
            yield Item(line.number, None, reason)
            continue
        try:
            fact = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            yield Item(line.number, None, f"not JSON: {error.msg}", str(error.colno))
            continue
        if isinstance(fact, dict):
            yield Item(line.number, fact)
        else:
            yield Item(line.number, None, "not an object")


def _accepts(path: Path, head: bytes) -> int:
    if path.is_dir():
        return 0
    if path.suffix in {".jsonl", ".ndjson"}:
        return 5
    return 4 if head.removeprefix(BOM).lstrip()[:1] == b"{" and b'"kind"' in head else 0


FORMAT = Format("native", read, _accepts)
