"""Modularity: how much more of a network lies within communities than chance would put there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt


def modularity(
    community: npt.NDArray[Any],
    src: npt.NDArray[np.integer[Any]],
    dst: npt.NDArray[np.integer[Any]],
    weight: npt.NDArray[Any] | None = None,
    resolution: float = 1.0,
) -> float:
    """Modularity of a partition of the nodes 0..n-1, as edges without direction.

    The sum over communities c of L_c / m - resolution * (k_c / 2m)^2: `m` is the weight of all
    edges, `L_c` that of the edges within c, `k_c` that of the ends of edges in c. An edge of a node
    to itself lies within, once, and has both its ends there; parallel edges add. 1 is never
    reached; 0 is what chance gives, and what a network without weight is said to have.

    `community[v]` is any label of node v; `weight` of each edge is 1 unless given. Weights that are
    whole numbers give the same bits whatever the order of edges, nodes and labels. Raises
    ValueError where the arrays do not fit together. O(n log n + m).

    Source: Newman, doi:10.1103/PhysRevE.70.056131; resolution: Reichardt and Bornholdt,
    doi:10.1103/PhysRevE.74.016110.
    """
    n, edges = len(community), len(src)
    if len(dst) != edges or (weight is not None and len(weight) != edges):
        raise ValueError("src, dst and weight differ in length")
    if edges and not (min(src.min(), dst.min()) >= 0 and max(src.max(), dst.max()) < n):
        raise ValueError("an edge has an end without a community")
    labels, of = np.unique(community, return_inverse=True)
    a, b = of[src], of[dst]
    w = np.ones(edges) if weight is None else weight.astype(np.float64)
    total = float(w.sum())
    if total == 0:
        return 0.0
    ends = np.bincount(a, w, len(labels)) + np.bincount(b, w, len(labels))
    chance = math.fsum((ends / (2 * total)) ** 2)
    return float(w[a == b].sum()) / total - resolution * chance
