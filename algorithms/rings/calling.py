"""Who calls whom: pairs of phones, and which of them are cold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.columns import I32, I64

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class Calls(NamedTuple):
    """Pairs of a caller and a callee (subjects), ascending; pair k stands for the calls
    `row[first[k]:first[k + 1]]`, in order of time. `cold`: all of them short, none back."""

    caller: I32
    callee: I32
    first: I64
    row: I64
    cold: npt.NDArray[np.bool_]
    back: npt.NDArray[np.bool_]

    def of(self, phone: int) -> range:
        """The pairs of which a phone is the caller."""
        low = int(np.searchsorted(self.caller, phone))
        return range(low, int(np.searchsorted(self.caller, phone, side="right")))

    def rows_of(self, pairs: list[int]) -> I64:
        """The calls of these pairs."""
        parts = [self.row[int(self.first[k]) : int(self.first[k + 1])] for k in pairs]
        return np.concatenate(parts) if parts else self.row[:0]


def calls(snapshot: Snapshot, at: int, short: int) -> Calls:
    """The calls that happened by an instant (µs); cold are callees with calls of at most `short`
    seconds alone. Time: sorting the calls."""
    rows = snapshot.rows("call", at)
    cols, rep = snapshot.columns, snapshot.nodes.rep
    src, dst = rep[cols.src[rows]].astype(np.int64), rep[cols.dst[rows]].astype(np.int64)
    apart = src != dst
    rows, src, dst = rows[apart], src[apart], dst[apart]
    key = src << 32 | dst
    order = np.lexsort((cols.vf[rows], key))
    rows, key = rows[order], key[order]
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    lasted = cols.value[rows]
    long = (lasted < 0) | (lasted > short)
    some = np.add.reduceat(long, begins) > 0 if len(begins) else np.zeros(0, np.bool_)
    pair = key[begins]
    other = (pair & 0xFFFFFFFF) << 32 | pair >> 32
    at_place = np.minimum(np.searchsorted(pair, other), max(len(pair) - 1, 0))
    back = pair[at_place] == other if len(pair) else np.zeros(0, np.bool_)
    return Calls(
        (pair >> 32).astype(np.int32),
        (pair & 0xFFFFFFFF).astype(np.int32),
        np.append(begins, len(rows)),
        rows,
        ~some & ~back,
        back,
    )


def cold_callers(found: Calls, callees: int, share: float) -> I32:
    """Phones with at least so many callees, of which at least so large a share is cold."""
    phones, begins, count = np.unique(found.caller, return_index=True, return_counts=True)
    if not len(phones):
        return phones
    cold = np.add.reduceat(found.cold.astype(np.int64), begins)
    kept: I32 = phones[(count >= callees) & (cold >= share * count - 1e-9)]
    return kept
