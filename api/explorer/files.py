"""The built page and what it loads, read once, with what a browser is told of each."""

from __future__ import annotations

import gzip
import mimetypes
import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

STATIC: Final = Path(__file__).parent / "static"
PAGE: Final = "index.html"
_HASHED: Final = re.compile(r"-[\w-]{8}\.\w+$")  # the name changes with the content
_TEXT: Final = frozenset({".html", ".js", ".css", ".svg", ".json", ".txt"})
_TYPES: Final = {".js": "text/javascript", ".woff2": "font/woff2"}


class File(NamedTuple):
    """One file as it is served; `packed` is the same by gzip, None where that is no use."""

    body: bytes
    packed: bytes | None
    media_type: str
    kept: str


@cache
def files() -> dict[str, File]:
    """Every file by its name below `static/`. Empty where the page was never built."""
    found = sorted(path for path in STATIC.rglob("*") if path.is_file())
    return {path.relative_to(STATIC).as_posix(): _read(path) for path in found}


def _read(path: Path) -> File:
    body, text = path.read_bytes(), path.suffix in _TEXT
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    forever = _HASHED.search(path.name) is not None
    return File(
        body=body,
        packed=gzip.compress(body, 9, mtime=0) if text else None,
        media_type=(kind or "application/octet-stream") + ("; charset=utf-8" if text else ""),
        kept="public, max-age=31536000, immutable" if forever else "no-cache",
    )
