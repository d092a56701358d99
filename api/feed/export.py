"""`/v1/export`: all facts as JSON Lines, a piece at a time and no faster than the caller reads.

No statement and no thread is held between two pieces: a caller that reads slowly keeps nothing of
the store's. All pieces show the store as it was known when the first was made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from api.export import canonical_of
from api.look import was_known
from api.native import native
from graph.model import is_entity
from graph.times import parse_time

if TYPE_CHECKING:
    from api.engine import Engine
    from api.session import Session
    from graph.snapshot import Snapshot

_TOGETHER: Final = 10_000  # facts of a piece
_BYTES: Final = 1 << 18  # of a piece in a format of other programs


class Piece(NamedTuple):
    """Some lines, and the version behind which the next piece begins; None: this was the last."""

    body: bytes
    behind: int | None


def piece(session: Session, view: Snapshot, behind: int) -> Piece:
    """The next lines of an export as known in a view, personal identifiers masked."""
    moment = parse_time(view.known_at)
    lines: list[bytes] = []
    for fact in session.store.facts(behind):
        if fact.batch > view.batch:
            break
        behind = fact.seq
        if was_known(fact, moment):
            shown = native(fact, masked=True)
            if is_entity(fact.code):
                shown["canonical"] = canonical_of(view, fact.name)
            lines.append(orjson.dumps(shown, option=orjson.OPT_APPEND_NEWLINE))
            if len(lines) == _TOGETHER:
                return Piece(b"".join(lines), behind)
    return Piece(b"".join(lines), None)


async def export(engine: Engine, view: Snapshot) -> AsyncIterator[bytes]:
    """All pieces, each made once the one before was taken."""
    behind: int | None = 0
    while behind is not None:
        body, behind = await engine.run(piece, engine.session, view, behind)
        if body:
            yield body


async def export_as(engine: Engine, source: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes of a format of other programs, each piece made once the one before was taken."""
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
