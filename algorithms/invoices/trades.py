"""Who trades with whom: the invoices of a day summed by seller and buyer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from graph.columns import I32, I64

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class Trades(NamedTuple):
    """Pairs of companies by seller, then buyer: places in `company`, ascending subjects.

    The invoices of pair i are `row[ptr[i]:ptr[i + 1]]` in order of time; `net` is what they come
    to, in minor units.
    """

    company: I32
    seller: I64
    buyer: I64
    net: I64
    first: I64
    last: I64
    ptr: I64
    row: I64


def _standing(snapshot: Snapshot, rows: I64) -> I64:
    extra = snapshot.extras_of(rows)
    gone = [row for row, said in extra.items() if said.get("status") == "void"]
    return np.setdiff1d(rows, np.array(gone, np.int64), assume_unique=True)


def trades(snapshot: Snapshot, at: int) -> Trades:
    """The pairs that trade: whose invoices come to more than nothing. Linear, and sorting."""
    rep, cols = snapshot.nodes.rep, snapshot.columns
    rows = _standing(snapshot, snapshot.rows("invoice", at))
    a, b = rep[cols.src[rows]], rep[cols.dst[rows]]
    rows, a, b = rows[a != b], a[a != b], b[a != b]
    order = np.lexsort((rows, cols.vf[rows], b, a))
    rows, a, b = rows[order], a[order], b[order]
    fresh = np.ones(len(rows), np.bool_)
    fresh[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    begins = np.flatnonzero(fresh)
    if not len(rows):
        none = np.empty(0, np.int64)
        return Trades(
            np.empty(0, np.int32), none, none, none, none, none, np.zeros(1, np.int64), none
        )
    net = np.add.reduceat(np.maximum(cols.value[rows], -(2**62)), begins)
    ends = np.append(begins[1:], len(rows))
    keep = net > 0
    sizes = (ends - begins)[keep]
    rows = rows[np.repeat(keep, ends - begins)]
    begins, a, b = begins[keep], a[begins][keep], b[begins][keep]
    ptr = np.concatenate([[0], np.cumsum(sizes)])
    when = cols.vf[rows]
    company, ends = np.unique(np.concatenate([a, b]), return_inverse=True)
    return Trades(
        company.astype(np.int32), ends[: len(a)], ends[len(a) :], net[keep],
        when[ptr[:-1]], when[ptr[1:] - 1], ptr, rows,
    )  # fmt: skip
