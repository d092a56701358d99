"""Which ids became which when a store was re-keyed: a file sealed under the new key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson

from graph.closing import Closing
from graph.errors import BadFile, StoreCorrupt
from graph.seal import Seal

_BLOCK: Final = 1_000  # pairs of one line


class Mapping(Closing):
    """Writes pairs of ids, a sealed block a line, into a file that only its owner reads; it is
    there when it is whole."""

    def __init__(self, path: Path, id_key: bytes) -> None:
        self._path, self._part = path, path.with_name(path.name + ".partial")
        self._file = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                               "w", encoding="ascii")  # fmt: skip
        self._seal = Seal(id_key)
        self._pairs: dict[str, str] = {}
        self._last: tuple[str, str] | None = None
        self._count = 0

    def put(self, old: str, new: str) -> None:
        """Take in a pair."""
        self._pairs[old] = new
        if len(self._pairs) >= _BLOCK:
            self._flush()

    def _flush(self) -> None:
        if self._pairs:
            self._file.write(self._seal.close(orjson.dumps(self._pairs).decode()) + "\n")
            self._count += len(self._pairs)
            self._pairs = {}

    def finish(self) -> int:
        """Put the file in its place; how many pairs it has."""
        self._flush()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._part.rename(self._path)
        return self._count

    def close(self) -> None:
        """Let go of the file; one that was not finished is removed."""
        self._file.close()
        self._part.unlink(missing_ok=True)


def pairs(path: Path, id_key: bytes) -> Iterator[tuple[str, str]]:
    """The pairs (old, new) of such a file; raises BadFile where the key is another."""
    seal = Seal(id_key)
    try:
        with path.open(encoding="ascii") as file:
            for line in file:
                yield from orjson.loads(seal.open(line.strip())).items()
    except (OSError, ValueError, StoreCorrupt) as error:
        raise BadFile(f"{path}: {error}") from None
