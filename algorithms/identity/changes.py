"""Which records a batch touched: those that came or changed, and those that share with them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from graph.columns import I32

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
    nodes |= set(cols.src[rows].tolist()) | set(cols.dst[rows].tolist())
    same = snapshot.rows("same_as")
    for a, b in zip(cols.src[same].tolist(), cols.dst[same].tolist(), strict=True):
        if not (snapshot.known(a) and snapshot.known(b)):
            nodes |= {a, b}
    found = {row_of[node] for node in nodes if node in row_of}
    return sorted(found | _sharing(table, found))


def _moved(rec: I32, ret: I32, since: int, upto: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    came = (rec > since) & (rec <= upto)
    return np.asarray(came | ((ret > since) & (ret <= upto)), np.bool_)


def _codes() -> list[int]:
    from graph.model import CODES

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
