"""Which of many facts and subjects a row shows, whatever the order of loading."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from msgspec import UNSET, UnsetType

from algorithms.registry import FACTS_LIMIT
from graph.columns import I32, I64

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


def newest(snapshot: Snapshot, rows: I64) -> tuple[list[str], int | UnsetType]:
    """The ids of the relations that began last, equal ones by id, at most 20; their number where
    they are more. Only those that may be shown are named: a hub has a great many."""
    (shown,) = newest_each(snapshot, [rows])
    return shown, len(rows) if len(rows) > FACTS_LIMIT else UNSET


def newest_each(snapshot: Snapshot, parts: Sequence[I64]) -> list[list[str]]:
    """Of each of these sets of relations the ids that `newest` shows, read all at once."""
    cols = snapshot.columns
    kept = [
        rows if len(rows) <= FACTS_LIMIT else rows[_upper(cols.vf[rows], FACTS_LIMIT)]
        for rows in parts
    ]
    every = np.concatenate([np.empty(0, np.int64), *kept])
    each = zip(cols.vf[every].tolist(), snapshot.fact_ids(every.tolist()), strict=True)
    shown = []
    for rows in kept:
        ordered = sorted(islice(each, len(rows)), key=lambda fact: (-fact[0], fact[1]))
        shown.append([name for _, name in ordered[:FACTS_LIMIT]])
    return shown


def leading(snapshot: Snapshot, nodes: I32, weight: npt.NDArray[Any], most: int) -> list[str]:
    """The canonical ids of the subjects of highest weight, equal ones by id, at most `most`."""
    kept = _upper(weight, most)
    names = snapshot.canonicals(nodes[kept].tolist())
    ordered = sorted(
        zip(weight[kept].tolist(), names, strict=True), key=lambda node: (-node[0], node[1])
    )
    return [name for _, name in ordered[:most]]


def _upper(values: npt.NDArray[Any], most: int) -> I64:
    """Positions of the `most` highest values, and of all that equal the least of these."""
    if len(values) <= most:
        return np.arange(len(values))
    least = np.partition(values, len(values) - most)[len(values) - most]
    return np.flatnonzero(values >= least)


def grouped(label: I32, wanted: npt.NDArray[np.bool_]) -> dict[int, I64]:
    """Positions by label, ascending, of the labels that are wanted. Time: sorting these."""
    found = np.flatnonzero(wanted[label])
    order = found[np.argsort(label[found], kind="stable")]
    begins = np.flatnonzero(np.diff(label[order], prepend=-1))
    ends = np.append(begins, len(order))[1:]
    return {
        int(label[order[low]]): order[low:high]
        for low, high in zip(begins.tolist(), ends.tolist(), strict=True)
    }


def oldest(snapshot: Snapshot, rows: I64) -> list[int]:
    """Relations, those that began first at the front, as many as a row shows; equal ones by id. The
    order of the rest is that of the snapshot."""
    began = snapshot.columns.vf[rows]
    front = _upper(-(began // 2), FACTS_LIMIT)  # halves, for the least has no opposite
    when, ids = began[front].tolist(), snapshot.fact_ids(rows[front].tolist())
    order = sorted(range(len(front)), key=lambda k: (when[k], ids[k]))
    rest = np.ones(len(rows), np.bool_)
    rest[front] = False
    return [*rows[front[order]].tolist(), *rows[rest].tolist()]
