"""JSON lines of many facts at once: columns joined as Arrow texts, written as one buffer."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
DAY = 86_400
BLOCK = 500_000
_CLOCK = pa.array([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(DAY)])
_CENTS = pa.array([f".{c:02}" for c in range(100)])


def numbers(prefix: str, values: Ints, suffix: str = "") -> pa.Array:
    """A whole number between two texts."""
    return join(prefix, pa.array(values).cast(pa.string()), suffix)


def money(cents: Ints) -> pa.Array:
    """Decimal text of minor units, negative ones too."""
    whole = np.abs(cents)
    sign = pa.array(["", "-"]).take(pa.array((cents < 0).astype(np.int8)))
    units = pa.array(whole // 100).cast(pa.string())
    return join(sign, units, _CENTS.take(pa.array(whole % 100)))


def days(values: Ints) -> pa.Array:
    """ISO dates of days since 1970."""
    first = int(values.min()) if len(values) else 0
    last = int(values.max()) if len(values) else 0
    named = pa.array(np.arange(first, last + 1).astype("datetime64[D]").astype(str).tolist())
    return named.take(pa.array(values - first))


def moments(seconds: Ints) -> pa.Array:
    """ISO times at +08:00 of local seconds since 1970."""
    return join(days(seconds // DAY), "T", _CLOCK.take(pa.array(seconds % DAY)), "+08:00")


def chosen(words: list[str], values: npt.NDArray[np.integer]) -> pa.Array:
    """Words by their numbers."""
    return pa.array(words).take(pa.array(values))


def join(*parts: object) -> pa.Array:
    """Texts and columns of texts end to end."""
    return pc.binary_join_element_wise(*parts, "")


def write(out: BinaryIO, *parts: object) -> None:
    """Write one line a row."""
    lines = join(*parts, "\n").cast(pa.large_string())
    _, offsets, data = lines.buffers()
    if data is not None:
        ends = np.frombuffer(offsets, np.int64)[lines.offset : lines.offset + len(lines) + 1]
        out.write(memoryview(data)[int(ends[0]) : int(ends[-1])])


def blocks(count: int) -> list[slice]:
    """Slices of at most BLOCK rows."""
    return [slice(begin, min(begin + BLOCK, count)) for begin in range(0, count, BLOCK)]


def lines_of(path: Path) -> int:
    """How many lines a file has."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 24), b""))
