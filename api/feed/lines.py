"""Long answers as JSON Lines: `Accept: application/x-ndjson`.

The first line is the answer's envelope without its rows and with how many there are (`rows`); then
one row a line. A reader that counts fewer rows than the head tells has not got them all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse

from api.serving import KEPT

if TYPE_CHECKING:
    from starlette.requests import Request

MEDIA_TYPE: Final = "application/x-ndjson"
PIECE: Final = 1 << 16  # bytes that are sent together


def wants_lines(request: Request) -> bool:
    """Whether a caller asks for lines."""
    accept = request.headers.get("accept")
    return accept is not None and MEDIA_TYPE in accept


def lines_of(body: bytes) -> Iterator[bytes]:
    """The lines of an answer with `results`, its rows byte for byte as they are in it."""
    head: dict[str, msgspec.Raw] = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    rows = msgspec.json.decode(head.pop("results"), type=list[msgspec.Raw])
    yield msgspec.json.encode({**head, "rows": len(rows)})
    yield from map(bytes, rows)


def pieces(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines put together to pieces of some size."""
    held, size = [], 0
    for line in lines:
        held.append(line)
        size += len(line) + 1
        if size >= PIECE:
            yield b"\n".join(held) + b"\n"
            held, size = [], 0
    if held:
        yield b"\n".join(held) + b"\n"


def line_response(body: bytes, headers: dict[str, str] | None = None) -> Response:
    """An answer by lines, no faster than the caller reads."""

    async def sent() -> AsyncIterator[bytes]:
        for piece in pieces(lines_of(body)):
            yield piece

    told: dict[str, Any] = {**KEPT, "Vary": "Accept", **(headers or {})}
    return StreamingResponse(sent(), headers=told, media_type=MEDIA_TYPE)
