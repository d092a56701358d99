"""Text columns: UTF-8 in one buffer with offsets, mapped from disk, plus a growing list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]
_MANY: Final = 32  # from so many texts on it is quicker to gather their bytes first


class Texts:
    """Immutable texts 0..n-1: those of a buffer, then those appended since."""

    def __init__(self, offsets: Offsets, data: npt.NDArray[np.uint8]) -> None:
        self.offsets = offsets
        self.data = data
        self.count = len(offsets) - 1
        self._added: list[str] = []  # shared with what was made longer from this
        self._used = 0

    def __len__(self) -> int:
        return self.count + self._used

    def __getitem__(self, position: int) -> str:
        if position >= self.count:
            return self._added[position - self.count]
        low, high = int(self.offsets[position]), int(self.offsets[position + 1])
        return self.data[low:high].tobytes().decode()

    @property
    def added(self) -> list[str]:
        """The texts that were appended."""
        return self._added[: self._used]

    def many(self, positions: Sequence[int]) -> list[str]:
        """The texts at these positions; quicker than one by one."""
        where = np.array(positions, np.int64)
        if self._used and len(where) and int(where.max()) >= self.count:
            return [self[position] for position in positions]
        lows, highs = self.offsets[where], self.offsets[where + 1]
        if len(where) >= _MANY and (found := self._gathered(lows, highs)) is not None:
            return found
        data = self.data.data  # slices of a memory view are cheaper than of an array
        ends = zip(lows.tolist(), highs.tolist(), strict=True)
        return [str(data[low:high], "utf-8") for low, high in ends]

    def _gathered(self, lows: Offsets, highs: Offsets) -> list[str] | None:
        """Texts decoded as one, where each is ASCII: half the cost of one by one for hundreds."""
        if not self.data[lows[0] : highs[0]].tobytes().isascii():
            return None  # Chinese mostly comes with Chinese
        sizes = highs - lows
        ends = np.cumsum(sizes)
        at = np.arange(int(ends[-1])) + np.repeat(lows - (ends - sizes), sizes)
        whole = self.data[at].tobytes()
        if not whole.isascii():
            return None
        text, cuts = whole.decode(), [0, *ends.tolist()]
        return [text[low:high] for low, high in pairwise(cuts)]

    def holding(self, part: bytes) -> Offsets:
        """Positions, ascending, of the texts of the buffer that hold these bytes. One pass."""
        hits = [found.start() for found in re.finditer(re.escape(part), self.data.data)]
        places = np.searchsorted(self.offsets, np.array(hits, np.int64), side="right") - 1
        return np.unique(places)

    def longer(self, texts: Iterable[str]) -> Texts:
        """These texts and more; linear in the new ones. Of several made from one, only the last may
        be used: they share a list."""
        longer = Texts(self.offsets, self.data)
        longer._added = self._added
        del longer._added[self._used :]  # what was made longer and then given up
        longer._added += texts
        longer._used = len(longer._added)
        return longer


def arrow(texts: Sequence[str | None]) -> Any:
    """Texts as an Arrow array, which is joined, reordered and compared without Python objects."""
    import pyarrow as pa

    return pa.array(texts, pa.large_string())


def joined(parts: list[Any]) -> Any:
    """Arrow arrays end to end."""
    import pyarrow as pa

    return pa.concat_arrays(parts) if parts else pa.array([], pa.large_string())


def pack(texts: Any) -> tuple[Offsets, npt.NDArray[np.uint8]]:
    """Offsets and bytes of an Arrow array of texts without nulls."""
    import pyarrow as pa

    if len(texts) == 0:
        return np.zeros(1, np.int64), np.empty(0, np.uint8)
    texts = pa.concat_arrays([texts])  # at offset 0
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64, len(texts) + 1)
    size = int(ends[-1])
    return ends, np.frombuffer(data, np.uint8, size) if size else np.empty(0, np.uint8)


def _whole(texts: Texts) -> Any:
    """All texts as one Arrow array."""
    import pyarrow as pa

    whole = pa.LargeStringArray.from_buffers(
        texts.count, pa.py_buffer(texts.offsets), pa.py_buffer(texts.data)
    )
    if added := texts.added:
        whole = pa.concat_arrays([whole, pa.array(added, pa.large_string())])
    return whole


def matching(texts: Texts, pattern: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Positions of the texts in which a regular expression (RE2) is found, and their bytes."""
    import pyarrow.compute as pc

    whole = _whole(texts)
    hits = pc.match_substring_regex(whole, pattern).to_numpy(zero_copy_only=False)
    sizes = pc.binary_length(whole).to_numpy(zero_copy_only=False)
    at = np.flatnonzero(hits)
    return at, sizes[at]


def same_text(texts: Texts, at: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """A number for each of the texts at these positions; equal texts have equal numbers, and
    empty ones -1."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = _whole(texts)
    chosen = whole.take(pa.array(at, pa.int64()))
    codes: npt.NDArray[np.int32] = (
        chosen.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int32)
    )
    empty = pc.equal(pc.binary_length(chosen), 0).to_numpy(zero_copy_only=False)
    codes[empty] = -1
    return codes
