"""Holdings that are each over half of a company's capital."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.columns import I64
from graph.model import SHARE_UNIT

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


def over_half(snapshot: Snapshot, rows: I64) -> I64:
    """Those of these holdings that are each over half; a share that nobody knows is none of them.

    Leads for telling groups: control adds up parallel holdings and votes (`control`).
    """
    found: I64 = rows[snapshot.columns.value[rows] > SHARE_UNIT // 2]
    return found
