"""The Leiden algorithm (Traag, Waltman and van Eck 2019), as graspologic-native has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.rings.bipartite import starts
from algorithms.rings.connected import components
from algorithms.rings.partition import partition
from graph.columns import I32, I64
from graph.deadline import Deadline


def leiden(
    place: I64,
    src: npt.NDArray[Any],
    dst: npt.NDArray[Any],
    weight: npt.NDArray[np.float64],
    *,
    resolution: float,
    seed: int,
    iterations: int,
    deadline: Deadline,
) -> I32 | None:
    """For each of the nodes 0..n-1 its community, called by one of its nodes; None where the time
    was over before: there is no half of a partition.

    Edges are without direction, each pair at most once and none of a node with itself. The library
    is handed node v as number `place[v]`, so that its draws depend on nothing but that. A node
    without an edge is alone. Should a community not hang together, its parts are communities: that
    makes no quality worse.
    """
    n = len(place)
    label = np.arange(n, dtype=np.int32)
    if not len(src):
        return label
    a, b = place[src], place[dst]
    used = np.zeros(n, np.bool_)
    used[a] = used[b] = True
    number = np.cumsum(used) - 1  # the library does not take nodes without edges
    a, b = number[a], number[b]
    owner, to = np.concatenate([a, b]), np.concatenate([b, a])
    deadline.check()
    sort = np.argsort(to, kind="stable")  # two sorts of one column each are faster than lexsort
    deadline.check()
    sort = sort[np.argsort(owner[sort], kind="stable")]
    deadline.check()
    of = partition(
        starts(owner, int(used.sum())),
        to[sort].astype(np.int32),
        np.concatenate([weight, weight])[sort],
        resolution=resolution,
        iterations=iterations,
        seed=seed,
        deadline=deadline,
    )
    if of is None:
        return None
    inside = of[a] == of[b]
    return components(n, src[inside].astype(np.int32), dst[inside].astype(np.int32))
