"""What is kept beside a store: files and folders named after an embedded store's own file."""

from __future__ import annotations

from pathlib import Path


def beside(url: str, ending: str = "") -> Path | None:
    """The path of an embedded store's file with an `ending`; None for a store that is a server."""
    scheme, _, rest = url.partition("://")
    return Path(rest[1:] + ending) if scheme == "sqlite" else None
