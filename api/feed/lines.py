"""Long answers as JSON Lines: `Accept: application/x-ndjson`.

The first line is the answer's envelope without its rows and with how many there are (`rows`); then
one row a line. A reader that counts fewer rows than the head tells has not got them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import Response

from api.serving import KEPT

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

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
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line) + 1
        if size >= PIECE:
            yield b"\n".join(held) + b"\n"
            held, size = [], 0
    if held:
        yield b"\n".join(held) + b"\n"


class LineResponse(Response):
    """An answer by lines, no faster than the caller reads. `body` and `media_type` are those of the
    whole answer, for who looks at what goes out."""

    media_type = "application/json"

    def __init__(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        super().__init__(body, headers={**KEPT, **(headers or {}), "Vary": "Accept"})
        self.headers["Content-Type"] = MEDIA_TYPE
        del self.headers["Content-Length"]

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        """Send head and rows."""
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        for piece in pieces(lines_of(bytes(self.body))):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
