"""Text columns: UTF-8 in one buffer with offsets, mapped from disk, plus a growing list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]


class Texts:
    """Immutable texts 0..n-1, then those appended since."""

    def __init__(self, offsets: Offsets, data: npt.NDArray[np.uint8]) -> None:
        self.offsets = offsets
        self.data = data
        self.count = len(offsets) - 1
        self.added: list[str] = []

    def __len__(self) -> int:
        return self.count + len(self.added)

    def __getitem__(self, position: int) -> str:
        if position >= self.count:
            return self.added[position - self.count]
        low, high = int(self.offsets[position]), int(self.offsets[position + 1])
        return self.data[low:high].tobytes().decode()

    def extend(self, texts: Iterable[str]) -> None:
        """Append texts in memory."""
        self.added.extend(texts)


def pack(texts: Sequence[str]) -> tuple[Offsets, npt.NDArray[np.uint8]]:
    """Offsets and bytes of a list of texts."""
    joined = "".join(texts)
    offsets = np.zeros(len(texts) + 1, np.int64)
    data = joined.encode()
    if len(data) == len(joined):  # ASCII: characters are bytes
        lengths: Any = np.fromiter(map(len, texts), np.int64, len(texts))
    else:
        lengths = np.fromiter((len(text.encode()) for text in texts), np.int64, len(texts))
    np.cumsum(lengths, out=offsets[1:])
    return offsets, np.frombuffer(data, np.uint8)
