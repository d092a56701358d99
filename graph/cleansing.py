"""A snapshot's base without what was erased since it was made.

Labels are overwritten where they stand, which takes no longer for a large store than for a small
one. Where relations or listings were cut down, or an id replaced, the base is made anew when it is
next asked for. A process that has the base mapped sees zeros where names stood; it is made to open
the graph again by `Store.erased_upto`.
"""

from __future__ import annotations

import mmap
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from graph.disk import header_of
from graph.erasure import Erased
from graph.store import Store

UPTO: Final = "erased_upto"  # of a base: `Store.erased_upto` when it was made


def cleanse(path: Path, erased: Erased) -> None:
    """Bring the base at `path`, and what is kept beside it, up to what was erased. Nothing is done
    to one that is up to date already; one that cannot be patched is removed."""
    try:
        with path.open("r+b") as file:
            if (read := header_of(file)) is None:
                return
            begin, header = read
            arrays, counts = header["arrays"], header["counts"]
            whole = mmap.mmap(file.fileno(), 0)
            try:
                known = _array(whole, begin, arrays, UPTO)
                if int(known[0]) == erased.no:
                    return
                _beside(path)
                if erased.reshaped > int(known[0]):
                    raise LookupError
                _blank(whole, begin, arrays, counts, erased)
                known[0] = erased.no
                del known
                whole.flush()
            finally:
                with suppress(BufferError):
                    whole.close()
    except FileNotFoundError:
        return
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        _beside(path)
        path.unlink(missing_ok=True)


def _array(whole: mmap.mmap, begin: int, arrays: dict[str, Any], name: str) -> Any:
    kind, length, _, offset = arrays[name]
    return np.frombuffer(whole, np.dtype(kind), length, begin + offset)


def _blank(
    whole: mmap.mmap, begin: int, arrays: dict[str, Any], counts: dict[str, int], erased: Erased
) -> None:
    """Zeros over the labels of erased versions."""
    seqs = _array(whole, begin, arrays, "version_seq")[: counts["versions"]]
    wanted = np.array(sorted(erased.erased), np.int64)
    places = np.searchsorted(seqs, wanted)
    places = places[(places < len(seqs))]
    places = places[np.isin(seqs[places], wanted)]
    offsets = _array(whole, begin, arrays, "label@")
    data = begin + arrays["label*"][3]
    for low, high in zip(offsets[places].tolist(), offsets[places + 1].tolist(), strict=True):
        whole[data + low : data + high] = bytes(high - low)


def _beside(path: Path) -> None:
    """Remove what is made of the names of a base and kept beside it."""
    for each in path.parent.glob(f"{path.name}.*"):
        each.unlink(missing_ok=True)


def cleansed(store: Store, path: Path) -> int:
    """Bring a store's base up to what was erased; the number up to which it is then."""
    upto = store.erased_upto()
    if upto:
        cleanse(path, store.erased())
    return upto
