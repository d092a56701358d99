"""Which records a batch touched: those that came or changed, and those that share with them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from algorithms.identity.shape import BY
from graph.columns import I32, I64
from graph.model import CODES

if TYPE_CHECKING:
    import pyarrow as pa

    from graph.snapshot import Snapshot

_TELLING: Final = (
    "uses_phone", "located_at", "legal_representative", "officer", "same_as", "not_same_as",
)  # fmt: skip
_HELD: Final = ("phones", "emails")  # how many share these tells whether they say anything


def fresh_rows(
    snapshot: Snapshot, since: int, table: pa.Table, row_of: dict[int, int]
) -> list[int]:
    """Rows of records that came, changed, or whose telling relations did, after batch `since`;
    those that were judged one with a record that is gone; and those that share a phone or mailbox
    with one of these. Linear in records and relations."""
    owner, rec, ret = (snapshot.versions(name) for name in ("node", "rec", "ret"))
    moved = _moved(rec, ret, since, snapshot.batch)
    nodes = set(np.unique(owner[moved]).tolist())
    cols = snapshot.columns
    codes = np.isin(snapshot.codes(np.arange(len(cols.src))), _codes())
    rows = np.flatnonzero(codes & _moved(cols.rec, cols.ret, since, snapshot.batch))
    rows = rows[~_of_the_machine(snapshot, rows)]
    nodes |= set(cols.src[rows].tolist()) | set(cols.dst[rows].tolist())
    same = snapshot.rows("same_as")
    for a, b in zip(cols.src[same].tolist(), cols.dst[same].tolist(), strict=True):
        if not (snapshot.known(a) and snapshot.known(b)):
            nodes |= {a, b}
    found = {row_of[node] for node in nodes if node in row_of}
    return sorted(found | _sharing(table, found))


def _moved(rec: I32, ret: I32, since: int, upto: int) -> npt.NDArray[np.bool_]:
    came = (rec > since) & (rec <= upto)
    return np.asarray(came | ((ret > since) & (ret <= upto)), np.bool_)


def _of_the_machine(snapshot: Snapshot, rows: I64) -> npt.NDArray[np.bool_]:
    """Which relations are judgements of an earlier run: they change nothing of what is compared."""
    same = np.flatnonzero(snapshot.codes(rows) == CODES["same_as"])
    said = snapshot.said(rows[same].tolist(), "by")
    found = np.zeros(len(rows), np.bool_)
    found[same] = [said.get(row, "").startswith(BY) for row in rows[same].tolist()]
    return found


def _codes() -> list[int]:
    return [CODES[kind] for kind in _TELLING]


def _sharing(table: pa.Table, rows: set[int]) -> set[int]:
    found: set[int] = set()
    for column in _HELD:
        holders: dict[str, list[int]] = defaultdict(list)
        values = table[column].to_pylist()
        for row, held in enumerate(values):
            for each in held or ():
                holders[each.rpartition("#")[0] or each].append(row)
        for row in rows:
            for each in values[row] or ():
                found.update(holders[each.rpartition("#")[0] or each])
    return found
