"""The file of a base: a header, then aligned columns, mapped privately when it is opened."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from graph.base import Arrays, Base
from graph.columns import NODES, ROWS, VERSIONS

_MAGIC: Final = b"LRSNAP06"
_ALIGN: Final = 64
# Room for later rows, so that following the store appends in place; holes take no disk.
_ROOM: Final = 65_536
# By what they count, those that grow.
_GROWS: Final = {
    name: count
    for count, names in (("rows", ROWS), ("nodes", NODES), ("versions", VERSIONS))
    for name in names
}


def save(base: Base, path: Path) -> None:
    """Write the base beside its place and rename it there: readers see the old or the new one."""
    plan: dict[str, list[Any]] = {}
    offset = 0
    for name, array in base.arrays.items():
        room = len(array) + (max(_ROOM, len(array) // 8) if name in _GROWS else 0)
        plan[name] = [array.dtype.str, len(array), room, offset]
        offset += -(-room * array.itemsize // _ALIGN) * _ALIGN
    header = json.dumps(
        {"batch": base.batch, "name": base.name, "counts": base.counts, "arrays": plan}
    ).encode()
    begin = _begin(len(header))
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(_MAGIC + len(header).to_bytes(8, "little") + header)
            for name, array in base.arrays.items():
                file.seek(begin + plan[name][3])
                file.write(np.ascontiguousarray(array).data)
            file.truncate(begin + offset)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _begin(size: int) -> int:
    """Where the arrays begin behind a header of so many bytes."""
    return -(-(16 + size) // 4096) * 4096


def header_of(file: BinaryIO) -> tuple[int, dict[str, Any]] | None:
    """Where a saved base's arrays begin, and its header; None where it is not one of this version.
    Raises OSError, ValueError."""
    if file.read(8) != _MAGIC:
        return None
    size = int.from_bytes(file.read(8), "little")
    return _begin(size), json.loads(file.read(size))


def load(path: Path) -> Base | None:
    """Map a saved base; None where there is none or it is not one of this version.

    The mapping is private: what is appended or changed in memory never reaches the file. A file
    that is shorter than it says (its disk filled, or lost power) is none.
    """
    try:
        with path.open("rb") as file:
            if (read := header_of(file)) is None:
                return None
            begin, header = read
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        arrays: Arrays = {}
        for name, (kind, _, room, offset) in header["arrays"].items():
            arrays[name] = np.frombuffer(whole, np.dtype(kind), room, begin + offset)
        return Base(header["batch"], header["name"], header["counts"], arrays)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def used_bytes(base: Base, names: Iterable[str]) -> int:
    """Bytes that arrays take for what is in them, room for later rows left out."""
    total = 0
    for name in names:
        array = base.arrays[name]
        length = base.counts[_GROWS[name]] if name in _GROWS else len(array)
        total += length * array.itemsize
    return total
