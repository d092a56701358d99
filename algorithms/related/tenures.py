"""The states of a subject over all valid time: who held what, from when until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from graph.model import CODES, NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.columns import I32, I64, Index
    from graph.snapshot import Snapshot

OFFICES: Final = ("legal_representative", "officer", "controller")
ROLES: Final = (*OFFICES, "shareholder")  # roles in a company, from its holder to it
_NOTHING: Final = np.empty(0, np.int64)


class Tenure(NamedTuple):
    """A state that held over `begins`..`ends` (µs, half open): while it and both its ends were
    valid. `share` in 1e-15, below 0 unknown."""

    row: int
    kind: str
    other: int  # the subject at the other end
    begins: int
    ends: int
    share: int


def tenures(
    snapshot: Snapshot, subject: int, kinds: Iterable[str], at: int, *, out: bool
) -> list[Tenure]:
    """The states of these kinds out of (`out`) or into a subject that are known and had begun by
    `at` (µs), ended or not. A state of a subject with itself is none, nor one that never held: its
    ends were not valid together in its time. No order; time linear in the subject's states."""
    rows = _rows(snapshot, subject, kinds, out)
    cols, nodes = snapshot.columns, snapshot.nodes
    rows = rows[(cols.rec[rows] <= snapshot.batch) & (cols.ret[rows] > snapshot.batch)]
    a, b = cols.src[rows], cols.dst[rows]
    begins = np.maximum(cols.vf[rows], np.maximum(nodes.vf[a], nodes.vf[b]))
    ends = np.minimum(cols.vt[rows], np.minimum(nodes.vt[a], nodes.vt[b]))
    others = nodes.rep[b if out else a]
    keep = (begins < ends) & (begins <= at) & (others != nodes.rep[subject])
    rows = rows[keep]
    names = [NAMES[code] for code in snapshot.codes(rows).tolist()]
    return [
        Tenure(*made)
        for made in zip(
            rows.tolist(),
            names,
            others[keep].tolist(),
            begins[keep].tolist(),
            ends[keep].tolist(),
            cols.value[rows].tolist(),
            strict=True,
        )
    ]


def _rows(snapshot: Snapshot, subject: int, kinds: Iterable[str], out: bool) -> I64:
    """The rows of all records of a subject, of any time and knowledge."""
    codes = [CODES[kind] for kind in kinds]
    indexes = snapshot.out if out else snapshot.into
    parts = [
        found
        for node in snapshot.members(subject)
        for index in indexes
        if len(index.nodes)
        for code in codes
        if len(found := _span(index, code, node))
    ]
    return np.concatenate(parts) if parts else _NOTHING


def _span(index: Index, code: int, node: int) -> I64 | I32:
    """The rows of one record of one kind in one index."""
    first, last = int(index.start[code]), int(index.start[code + 1])
    at = first + int(np.searchsorted(index.nodes[first:last], np.int32(node)))
    if at == last or int(index.nodes[at]) != node:
        return _NOTHING
    low, high = int(index.ptr[at]), int(index.ptr[at + 1])
    return index.order[low:high] if len(index.order) else np.arange(low, high, dtype=np.int64)
