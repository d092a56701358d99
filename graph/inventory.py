"""What a view holds by dataset: how many facts of each kind, of what time, by which batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.columns import I64
from graph.model import LISTING_CODE, NAMES
from graph.times import INF, NEG

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_CODES: Final = 256


class Holding(NamedTuple):
    """A dataset's facts that are known: counts by kind; the first and last instant (µs) at which
    one of them begins, happens or ends, None where none says; the batches that recorded them."""

    dataset: str
    counts: dict[str, int]
    first: int | None
    last: int | None
    batches: list[int]


class _Facts(NamedTuple):
    """Facts as columns: number of the dataset, kind, valid from and to, batch."""

    dataset: I64
    code: npt.NDArray[Any]
    begins: I64
    ends: I64
    batch: npt.NDArray[Any]


def inventory(snapshot: Snapshot) -> list[Holding]:
    """Each dataset of which a fact is known, by name. Linear in relations, records and listings."""
    parts = [_relations(snapshot), _records(snapshot), _listings(snapshot)]
    found = _Facts(*(np.concatenate(each) for each in zip(*parts, strict=True)))
    order = np.argsort(found.dataset.astype(np.uint16), kind="stable")  # by counting
    cuts = np.searchsorted(found.dataset[order], np.arange(len(snapshot.datasets) + 1)).tolist()
    held = [
        _holding(name, _Facts(*(each[order[low:high]] for each in found)))
        for name, low, high in zip(snapshot.datasets, cuts, cuts[1:], strict=False)
        if high > low
    ]
    return sorted(held, key=lambda each: each.dataset)


def _relations(snapshot: Snapshot) -> _Facts:
    cols = snapshot.columns
    rows = np.flatnonzero((cols.rec <= snapshot.batch) & (cols.ret > snapshot.batch))
    of = snapshot.in_datasets(rows=rows)
    return _Facts(of, snapshot.codes(rows), cols.vf[rows], cols.vt[rows], cols.rec[rows])


def _records(snapshot: Snapshot) -> _Facts:
    node, begins, ends, came, lost = (
        snapshot.versions(name) for name in ("node", "vf", "vt", "rec", "ret")
    )
    at = np.flatnonzero((came <= snapshot.batch) & (lost > snapshot.batch))
    kinds = snapshot.nodes.kind[node[at]]
    of = snapshot.in_datasets(nodes=node[at])
    return _Facts(of, kinds, begins[at], ends[at], came[at])


def _listings(snapshot: Snapshot) -> _Facts:
    told = [(each.dataset, each.vf, each.vt, each.rec) for _, _, each in snapshot.listings_known()]
    of, begins, ends, came = np.array(told, np.int64).reshape(-1, 4).T
    return _Facts(of, np.full(len(told), LISTING_CODE, np.uint8), begins, ends, came)


def _holding(name: str, facts: _Facts) -> Holding:
    counts = np.bincount(facts.code, minlength=_CODES)
    when = np.concatenate([facts.begins, facts.ends])
    when = when[(when != NEG) & (when != INF)]
    return Holding(
        name,
        {NAMES[code]: int(counts[code]) for code in np.flatnonzero(counts).tolist()},
        int(when.min()) if len(when) else None,
        int(when.max()) if len(when) else None,
        np.unique(facts.batch).tolist(),
    )
