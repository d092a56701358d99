"""In which currency payments are: money of one does not add up with, or pass on as, another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from algorithms.ascending import among
from graph.columns import I64
from graph.deadline import check

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

CNY: Final = "CNY"


def currencies(snapshot: Snapshot, rows: I64) -> tuple[list[str], I64]:
    """The currencies of relations: names, ascending, and which of them each is in. What says none
    is in yuan, which is always named."""
    check()
    said = snapshot.currencies(rows)
    check()
    names = sorted({CNY, *said.values()})
    which = np.full(len(rows), names.index(CNY), np.int64)
    if said:
        place = {name: at for at, name in enumerate(names)}
        other = among(rows, np.array(sorted(said), np.int64))
        which[other] = [place[said[row]] for row in rows[other].tolist()]
    return names, which


def in_currency(snapshot: Snapshot, rows: I64, currency: str) -> I64:
    """Those of these relations that are in a currency."""
    names, which = currencies(snapshot, rows)
    return rows[which == names.index(currency)] if currency in names else rows[:0]
