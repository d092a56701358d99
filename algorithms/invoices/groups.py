"""Groups that say of themselves that they are one: firms and the firm that holds most of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from algorithms.ownership.majority import over_half
from algorithms.rings.connected import components
from graph.columns import I32
from graph.model import CODES

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


def declared_groups(snapshot: Snapshot, at: int) -> I32:
    """Of every node the number of its declared group; a firm in none is alone in its number.

    Two firms are of one group where one holds over half of the other's shares, is registered as
    its controller, or is what it is a branch of, or where others lie so between them (a common
    owner, be it the state, among them). Such relations stand in the register for all to see.
    Which numbers there are depends on loading; which firms share one does not. Linear in the
    holdings.
    """
    rep, cols, kind = snapshot.nodes.rep, snapshot.columns, snapshot.nodes.kind
    held = over_half(snapshot, snapshot.rows("shareholder", at))
    rows = np.concatenate([held, snapshot.rows(("controller", "branch"), at)])
    a, b = rep[cols.src[rows]], rep[cols.dst[rows]]
    firms = (kind[a] == CODES["company"]) & (kind[b] == CODES["company"])
    a, b = a[firms], b[firms]
    nodes, ends = np.unique(np.concatenate([a, b]), return_inverse=True)
    place: I32 = ends.astype(np.int32)
    label = components(len(nodes), place[: len(a)], place[len(a) :])
    found = np.arange(snapshot.n, dtype=np.int32)
    found[nodes] = nodes[label]
    return found[rep]
