"""`/v1/export`: all facts, a piece at a time and no faster than the caller reads.

No statement and no thread is held between two pieces: a caller that reads slowly keeps nothing of
the store's (`api.exporting.World`). All pieces show the store as it was known when it was asked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final

from api.export import native_lines
from api.exporting import World

if TYPE_CHECKING:
    from api.engine import Engine
    from graph.snapshot import Snapshot

_BYTES: Final = 1 << 18  # of a piece


def export(engine: Engine, view: Snapshot) -> AsyncIterator[bytes]:
    """All facts as JSON Lines, as known in a view, personal identifiers masked."""
    return export_as(engine, native_lines(World(engine.session, view, masked=True)))


async def export_as(engine: Engine, source: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes of an export, each piece made once the one before was taken."""
    while body := await engine.run(_some, source):
        yield body


def _some(source: Iterator[bytes]) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in source:
        parts.append(part)
        size += len(part)
        if size >= _BYTES:
            break
    return b"".join(parts)
