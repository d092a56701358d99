"""Source formats: one module each, found by walking this package.

`FORMATS` maps a format's name to it; `detect` says which one a path is in.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from graph.errors import BadFile
from ingest.found import found
from ingest.readers.item import Format, Item

__all__ = ["Format", "Item", "default_dataset", "detect", "formats"]

_HEAD = 65536


@cache
def formats() -> dict[str, Format]:
    """Every format by name; the modules import nothing heavy until they read."""
    return found(__name__, "FORMAT", Format)


def detect(path: Path) -> str:
    """The name of the format of a file or folder, from its name and its first 64 KiB.

    Raises BadFile when there is no such path or no format knows it.
    """
    try:
        head = b""
        if not path.is_dir():
            with path.open("rb") as stream:
                head = stream.read(_HEAD)
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}") from None
    sure, name = max((f.accepts(path, head), f.name) for f in formats().values())
    if not sure:
        raise BadFile(f"{path}: no known format ({', '.join(formats())}); name one by --format")
    return name


def default_dataset(path: Path, name: str) -> str:
    """The dataset's name where the caller gives none: the format's own, or the file's name."""
    return formats()[name].dataset or path.name.split(".")[0].replace(":", "_") or name
