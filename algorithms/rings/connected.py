"""Weakly connected components by disjoint sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from graph.columns import I32
from graph.compiled import kernel
from graph.searching import EASY


@kernel
def _join(src: Any, dst: Any, label: Any) -> None:
    """Leave in `label` the least node of each node's component; it starts as each node itself.

    The smaller of two roots becomes the root, and every look-up halves the way to it.
    """
    for i in range(len(src)):
        a = src[i]
        while label[a] != a:
            label[a] = label[label[a]]
            a = label[a]
        b = dst[i]
        while label[b] != b:
            label[b] = label[label[b]]
            b = label[b]
        if a < b:
            label[b] = a
        else:
            label[a] = b
    for i in range(len(label)):
        # A node's label is never above it, so that of its label is final by now.
        label[i] = label[label[i]]


def components(n: int, src: I32, dst: I32) -> I32:
    """For each of the nodes 0..n-1 the least node that it is connected with, whatever the
    direction of the edges. O(n + m log n)."""
    label = np.arange(n, dtype=np.int32)
    run = _join.hot if n + len(src) > EASY else _join
    run(src, dst, label)
    return label
