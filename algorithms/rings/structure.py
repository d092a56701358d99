"""An order of the nodes of a network that comes from the network, not from their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from graph.columns import I64

U64 = npt.NDArray[np.uint64]
_ROUNDS: Final = 6
_ODD: Final = tuple(
    np.uint64(x) for x in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)


def mixed(values: npt.NDArray[Any]) -> U64:
    """Numbers spread over 64 bits, equal ones alike (splitmix64, Steele, Lea and Flood 2014)."""
    x = values.astype(np.uint64) + _ODD[0]
    x = (x ^ (x >> np.uint64(30))) * _ODD[1]
    x = (x ^ (x >> np.uint64(27))) * _ODD[2]
    found: U64 = x ^ (x >> np.uint64(31))
    return found


def order(
    node: npt.NDArray[Any],
    src: npt.NDArray[Any],
    dst: npt.NDArray[Any],
    edge: U64,
    names: Callable[[I64], list[str]],
) -> I64:
    """The nodes 0..n-1 in an order that new names for them and another order of edges leave.

    Colours are refined (Weisfeiler and Leman 1968): a node's is made from its own and, summed, from
    those of its edges' far ends, with the edge's number and direction. Nodes that six rounds do not
    tell apart stand in the order of their `names`, which is asked for those alone.
    `node` and `edge` are what is known of each beforehand. O(rounds * m + n log n).
    """
    colour = mixed(node)
    away, towards = mixed(edge), mixed(edge + _ODD[1])
    for _ in range(_ROUNDS):
        met = np.zeros(len(node), np.uint64)
        np.add.at(met, src, mixed(colour[dst] + away))
        np.add.at(met, dst, mixed(colour[src] + towards))
        colour = mixed(colour * _ODD[0] + met)
    found = np.argsort(colour, kind="stable")
    ranked = colour[found]
    same = np.flatnonzero(ranked[1:] == ranked[:-1])
    if len(same):
        alike = np.zeros(len(found), np.bool_)
        alike[same] = alike[same + 1] = True
        places = np.flatnonzero(alike)
        called = names(found[places])
        keys = sorted(zip(ranked[places].tolist(), called, found[places].tolist(), strict=True))
        found[places] = [place for *_, place in keys]
    return found
