"""What bounded searches share: how they end, how long they run, and the table of who was met.

The table is small and its entries carry the number of the search, so that nothing is allocated or
cleared per question.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.compiled import inline_kernel

# How a search ended.
DONE: Final = 0
PAUSED: Final = 1
NODES_FULL: Final = 2
STEPS_FULL: Final = 3
BUFFER_FULL: Final = 4
ROWS: Final = 5  # enough rows at the end of a level
EXPLORED: Final = 6
TIME: Final = 7

EASY: Final = 200_000  # work done interpreted before a question is worth compiled code
HEAVY: Final = 4_000_000  # work between two looks at the clock, compiled
UNLIMITED: Final = 1 << 40
TOGETHER: Final = 256  # subjects expanded in one go, between two looks at the bounds


class Seen(NamedTuple):
    """Open addressing: an entry is number * 2**32 + node; one of another search is empty."""

    table: npt.NDArray[np.int64]
    slot: npt.NDArray[np.int32]


@inline_kernel
def place_of(node: Any, mask: int) -> Any:
    """Where in a table to look for a node first; no overflow, for a node is below 2**31."""
    return ((node * 2654435761) >> 12) & mask


@inline_kernel
def probe(seen: Any, stamp: int, node: int) -> Any:
    """The table position of a node: where it is, or where it would be put."""
    mask = len(seen.table) - 1
    wide = np.int64(node)
    key = stamp + wide
    at = place_of(wide, mask)
    while True:
        entry = seen.table[at]
        if entry == key or (entry >> 32) != (stamp >> 32):
            return at
        at = (at + 1) & mask
