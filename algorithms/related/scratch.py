"""The scratch of a search from two ends, and its question and bounds."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.compiled import inline_kernel
from graph.neighbours import Buffer, buffer
from graph.searching import Seen, probe
from graph.traverse import BOTH, IN, OUT, Ask

Ints = npt.NDArray[np.int32]
LONGER: Final = 8  # no path within the length; there may be a longer one
BARRED: Final = -2
(
    STAMP,
    COUNT,
    READY,
    SIDE,
    AT,
    UPTO,
    FRONT,
    BACK,
    NEAR,
    FAR,
    MET,
    LENGTH,
    SEEN,
    NEED,
    MARKED,
    TURN,
) = range(16)


class Room(NamedTuple):
    """Scratch of a search. Positions 0 and 1 of `node` are its ends, then who is barred."""

    seen: Seen
    node: Ints
    near: Ints  # distance from the first end; -1 not met, -2 barred
    far: Ints  # distance to the second end
    mark: Ints  # leads back to the first end by a shortest path
    turn: Ints
    front: Ints  # positions in the order they were met from either end, and their nodes
    back: Ints
    front_node: Ints
    back_node: Ints
    upto: Ints
    meets: Ints
    picks: Ints
    buf: Buffer
    none: Buffer
    state: npt.NDArray[np.int64]


class Bounds(NamedTuple):
    """Longest path, relations of a subject that is passed through (0: any), relations looked at."""

    length: int
    hub: int
    explore: int


class Asks(NamedTuple):
    """The question seen from the first end, from the second, and from both."""

    fwd: Ask
    bwd: Ask
    any: Ask


def asks_of(ask: Ask) -> Asks:
    """A question and its reverse."""
    back = {OUT: IN, IN: OUT, BOTH: BOTH}[ask.way]
    return Asks(ask, ask._replace(way=back), ask._replace(way=BOTH))


@inline_kernel
def position_of(room: Any, stamp: int, node: int) -> Any:
    """Position of a node, which is new where that is the count."""
    at = probe(room.seen, stamp, node)
    if room.seen.table[at] >> 32 == stamp >> 32:
        return room.seen.slot[at]
    count = room.state[COUNT]
    room.seen.table[at] = stamp + node
    room.seen.slot[at] = count
    room.node[count] = node
    room.near[count] = -1
    room.far[count] = -1
    room.mark[count] = 0
    room.turn[count] = 0
    room.state[COUNT] = count + 1
    return count


@inline_kernel
def within(values: Any, value: Any) -> bool:
    for i in range(len(values)):  # noqa: SIM110  (numba has no generators here)
        if values[i] == value:
            return True
    return False


def make_room(nodes: int, relations: int) -> Room:
    return Room(
        seen=Seen(np.zeros(nodes * 2, np.int64), np.empty(nodes * 2, np.int32)),
        node=np.empty(nodes, np.int32),
        near=np.empty(nodes, np.int32),
        far=np.empty(nodes, np.int32),
        mark=np.empty(nodes, np.int32),
        turn=np.empty(nodes, np.int32),
        front=np.empty(nodes, np.int32),
        back=np.empty(nodes, np.int32),
        front_node=np.empty(nodes, np.int32),
        back_node=np.empty(nodes, np.int32),
        upto=np.empty(nodes, np.int32),
        meets=np.empty(nodes, np.int32),
        picks=np.empty(nodes, np.int32),
        buf=buffer(relations),
        none=buffer(0),
        state=np.zeros(16, np.int64),
    )
