"""Which places of a text column bear a text: a subject is found by its name without its store.

The places of a base are in the order of their texts' bytes, four bytes each; those appended since
are in a table.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from graph.columns import I32
from graph.heap import Texts

_NONE: Final[tuple[int, ...]] = ()


def text_order(texts: Any) -> I32:
    """The places of an Arrow array's texts in their order, equal ones in theirs; empty ones are
    left out. O(n log n) comparisons."""
    import pyarrow.compute as pc

    order = pc.array_sort_indices(texts).to_numpy().astype(np.int32)
    empty = pc.sum(pc.equal(pc.binary_length(texts), 0)).as_py() or 0
    named: I32 = order[empty:]
    return named


class Named:
    """The places of one column by what is there. What is noted is seen by all who hold it."""

    def __init__(self, texts: Texts, order: I32) -> None:
        self._order = order.data
        self._offsets = texts.offsets.data
        self._data = texts.data.data
        self._added: dict[str, list[int]] = {}

    def note(self, pairs: Iterable[tuple[str, int]]) -> None:
        """Take in texts that were appended, with their places."""
        for text, place in pairs:
            self._added.setdefault(text, []).append(place)

    def places(self, text: str) -> list[int]:
        """All places that bear a text, ascending, those noted at the end. O(log n): 5 to 10 µs of
        a million."""
        wanted = text.encode(errors="surrogatepass")  # what is no text is nowhere
        order, found = self._order, []
        at = bisect_left(order, wanted, key=self._bytes)
        while at < len(order) and self._bytes(order[at]) == wanted:
            found.append(order[at])
            at += 1
        return [*found, *self._added.get(text, _NONE)]

    def _bytes(self, place: int) -> bytes:
        return bytes(self._data[self._offsets[place] : self._offsets[place + 1]])
