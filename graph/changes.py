"""What two batches of one store know otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from graph.columns import I32

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


def changed(snapshot: Snapshot, since: int) -> list[str]:
    """`dataset:id` of all that came to be known otherwise after batch `since`, sorted: every
    relation, record and listing that was retracted or replaced, and every record to which a
    relation or listing came or was lost. Linear in all of them."""
    cols, batch, nxt = snapshot.columns, snapshot.batch, snapshot.nodes.nxt
    gone = _ended(cols.rec, cols.ret, since, batch)
    found = set(snapshot.fact_ids(np.flatnonzero(gone).tolist()))
    moved = gone | _came(cols.rec, since, batch)
    nodes = set(np.unique(np.concatenate([cols.src[moved], cols.dst[moved]])).tolist())
    owner, rec, ret = (snapshot.versions(name) for name in ("node", "rec", "ret"))
    nodes.update(owner[_ended(rec, ret, since, batch)].tolist())
    fresh = owner[_came(rec, since, batch)]
    joined = fresh[nxt[fresh] != fresh]  # a key may have joined it with others
    nodes.update(member for node in joined.tolist() for member in snapshot.members(node))
    for node, name, ended in snapshot.listings_moved(since):
        nodes.add(node)
        if ended:
            found.add(name)
    return sorted(found | {snapshot.record_name(node) for node in nodes})


def _came(rec: I32, since: int, upto: int) -> npt.NDArray[np.bool_]:
    """What was recorded after batch `since` and until `upto`."""
    came: npt.NDArray[np.bool_] = (rec > since) & (rec <= upto)
    return came


def _ended(rec: I32, ret: I32, since: int, upto: int) -> npt.NDArray[np.bool_]:
    """What was known in batch `since` and no longer is in `upto`."""
    ended: npt.NDArray[np.bool_] = (ret > since) & (ret <= upto) & (rec <= since)
    return ended
