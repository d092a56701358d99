"""Finding subjects by name: one normal form for width, case and traditional characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.heap import Texts


@lru_cache(maxsize=65536)
def normal(text: str) -> str:
    """Half-width, case-folded, simplified characters, single spaces."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if not text.isascii():
        from zhconv_rs_opencc import zhconv

        text = zhconv(text, "zh-hans")
    return " ".join(text.split())


def find(labels: Texts, versions: npt.NDArray[Any], text: str, limit: int) -> list[int]:
    """Nodes whose newest label holds `text`: exact first, then the shortest, at most `limit`."""
    wanted = normal(text)
    if not wanted:
        return []
    owner = {int(v): n for n, v in enumerate(versions.tolist()) if v >= 0}
    found = [
        (len(name), owner[at])
        for at in _holding(labels, wanted, text)
        if at in owner and wanted in (name := normal(labels[at]))
    ]
    return [node for _, node in sorted(found)[:limit]]


def _holding(labels: Texts, wanted: str, text: str) -> Iterable[int]:
    """Positions whose text may hold it: those with all its letters in any of their usual forms."""
    data, offsets = labels.data.tobytes(), labels.offsets
    if wanted.isascii() or text == wanted:
        found: set[int] = set()
        for form in {wanted, text, wanted.upper(), wanted.title(), _traditional(wanted)}:
            raw, at = form.encode(), 0
            while (at := data.find(raw, at)) >= 0:
                found.add(int(np.searchsorted(offsets, at, side="right")) - 1)
                at += 1
        yield from sorted(found)
    else:
        yield from range(labels.count)
    yield from range(labels.count, len(labels))


def _traditional(text: str) -> str:
    from zhconv_rs_opencc import zhconv

    return text if text.isascii() else zhconv(text, "zh-hant")
