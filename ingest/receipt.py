"""What a load reports, and the file that bad rows go to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import msgspec
import orjson

from graph.closing import Closing
from ingest.readers.native import Reject


class Receipt(msgspec.Struct, kw_only=True):
    """`read = loaded + duplicates + quarantined`; `quarantine` is the file of bad rows."""

    batch: str
    read: int = 0
    loaded: int = 0
    duplicates: int = 0
    quarantined: int = 0
    quarantine: str | None = None
    files: list[Receipt] | msgspec.UnsetType = msgspec.UNSET
    file: str | msgspec.UnsetType = msgspec.UNSET

    def add(self, other: Receipt) -> None:
        """Add another's counts."""
        self.read += other.read
        self.loaded += other.loaded
        self.duplicates += other.duplicates
        self.quarantined += other.quarantined


class Quarantine(Closing):
    """JSON Lines of rejected rows; the file is made with the first, readable by its owner."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def put(self, file: str, rejects: Iterable[Reject]) -> None:
        """Write rows down with file, line, column and reason."""
        for reject in rejects:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                self._file = os.fdopen(handle, "wb")
            entry: dict[str, Any] = {
                "file": reject.file or file,
                "line": reject.line,
                "column": reject.column,
                "reason": reject.reason,
                "text": reject.text,
            }
            clean = {
                k: v.encode(errors="replace").decode() if isinstance(v, str) else v
                for k, v in entry.items()
            }
            self._file.write(orjson.dumps(clean, option=orjson.OPT_APPEND_NEWLINE))

    @property
    def name(self) -> str | None:
        """The file's path, None while nothing was rejected."""
        return str(self.path) if self._file is not None else None

    def close(self) -> None:
        """Close the file where there is one."""
        if self._file is not None:
            self._file.close()
