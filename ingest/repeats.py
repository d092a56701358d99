"""What was seen before, in bounded memory."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from typing import Any, Final

import orjson

from graph.closing import Closing

_IN_MEMORY: Final = 500_000


class Scratch(Closing):
    """A dictionary of JSON values that is forgotten on `close`.

    The first `in_memory` keys stay in memory; later ones go to a temporary SQLite file with a
    cache of 64 MiB.
    """

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        self._limit = in_memory
        self._near: dict[str | bytes, Any] = {}
        self._far: sqlite3.Connection | None = None
        self._file: tempfile.TemporaryDirectory[str] | None = None

    def get(self, key: str | bytes) -> Any:
        """The value last put at `key`, or None."""
        if (value := self._near.get(key)) is not None or self._far is None:
            return value
        row = self._far.execute("SELECT value FROM seen WHERE key = ?", (key,)).fetchone()
        return None if row is None else orjson.loads(row[0])

    def put(self, key: str | bytes, value: Any) -> None:
        """Keeps a value, which is not None, at `key`."""
        if key in self._near or len(self._near) < self._limit:
            self._near[key] = value
            return
        if self._far is None:
            self._file = tempfile.TemporaryDirectory(prefix="linkrisk-")
            self._far = sqlite3.connect(  # one thread after the other, where a service streams
                f"{self._file.name}/seen", isolation_level=None, check_same_thread=False
            )
            self._far.executescript(
                "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;"
                "CREATE TABLE seen(key PRIMARY KEY, value BLOB) WITHOUT ROWID; BEGIN"
            )
        self._far.execute("INSERT OR REPLACE INTO seen VALUES(?, ?)", (key, orjson.dumps(value)))

    def close(self) -> None:
        """Forgets everything and removes the temporary file."""
        if self._far is not None:
            self._far.close()
        if self._file is not None:
            self._file.cleanup()
        self._near.clear()


class Repeats(Scratch):
    """Counts the occurrences of texts."""

    def count(self, text: str) -> int:
        """1 for the first occurrence of `text`, 2 for the second, and so on."""
        key = _digest(text)
        n = (self.get(key) or 0) + 1
        self.put(key, n)
        return int(n)

    def nth(self, text: str, variant: str) -> int:
        """Which of the different variants of `text` this one is, by first occurrence, from 1."""
        key = _digest(f"{text}\x1e{variant}")
        if (n := self.get(key)) is None:
            n = self.count(text)
            self.put(key, n)
        return int(n)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
