"""ETags: an answer is known by its question and the snapshot that it was given on.

The tags are strong: the same question on the same snapshot gives the same bytes. Answers are for
no cache (`no-store`: they name people), so nothing is stored on the way or by a browser; a program
that holds an answer of its own asks again with `If-None-Match`, and 304 says that it holds still.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING

from starlette.responses import Response

from api.caller import caller_of
from api.serving import KEPT

if TYPE_CHECKING:
    from starlette.requests import Request


@cache
def _version() -> str:
    return version("linkrisk")


def tag_of(request: Request, *parts: str | bytes) -> str:
    """The tag of what these parts decide; whose data the caller may see is one of them."""
    seen = ",".join(sorted(caller_of(request).domains))
    digest = sha256()
    for part in (_version(), seen, *parts):
        whole = part.encode() if isinstance(part, str) else part
        digest.update(len(whole).to_bytes(8) + whole)
    return f'"{digest.hexdigest()[:32]}"'


def asks_whether(request: Request) -> bool:
    """Whether the caller holds an answer and asks if it is still the one."""
    return request.method in ("GET", "HEAD") and "if-none-match" in request.headers


def holds(request: Request, tag: str) -> bool:
    """Whether the answer of this tag is one that the caller holds (RFC 9110, 13.1.2)."""
    if not asks_whether(request):
        return False
    held = [each.strip() for each in request.headers["if-none-match"].split(",")]
    return "*" in held or tag in [each.removeprefix("W/") for each in held]


def unchanged(tag: str) -> Response:
    """304: what the caller holds is the answer."""
    return Response(status_code=304, headers={**KEPT, "ETag": tag})
