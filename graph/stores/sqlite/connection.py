"""One connection to the store's file, and the shape in which the rest of the store uses it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import apsw

_PAUSE: Final = 0.001  # seconds
_WAIT: Final = 30_000  # milliseconds for another process's write


class Rows(Protocol):
    """Rows of an answer; their values are what the tables declare, which no checker can know."""

    def fetchone(self) -> Any:
        """The next row, None behind the last."""

    def fetchall(self) -> list[Any]:
        """All that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Row by row."""


class Db(Protocol):
    """What is used of `apsw.Connection`. Every statement commits by itself outside of BEGIN."""

    def execute(self, statements: str, bindings: Sequence[Any] = ...) -> Rows:
        """Run one or several statements."""

    def executemany(self, statements: str, sequenceofbindings: Iterable[Sequence[Any]]) -> Rows:
        """Run a statement once for each."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def close(self) -> None:
        """Let go of the file."""


def connect(path: Path) -> apsw.Connection:
    """Open a file, which is made when something is written to it."""
    db = apsw.Connection(str(path), statementcachesize=256)
    db.set_busy_timeout(_WAIT)
    return db


def close(db: apsw.Connection) -> None:
    """Close a connection; what another thread is doing with it is interrupted."""
    while True:
        try:
            db.close()
            return
        except apsw.ThreadingViolationError:  # at work there: it notices within microseconds
            db.interrupt()
            time.sleep(_PAUSE)
