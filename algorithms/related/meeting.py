"""A search from two ends until they meet; `search` runs it.

It is over subjects, bounded, and can be paused and gone on with; subjects may be barred from it,
and so may first steps, as Yen's algorithm asks.
"""

from __future__ import annotations

from typing import Any

from algorithms.related.labelling import label
from algorithms.related.scratch import (
    AT,
    BACK,
    BARRED,
    COUNT,
    FAR,
    FRONT,
    LENGTH,
    LONGER,
    MET,
    NEAR,
    NEED,
    READY,
    SEEN,
    SIDE,
    STAMP,
    UPTO,
    position_of,
)
from graph.compiled import inline_kernel, kernel
from graph.neighbours import gather_each
from graph.searching import BUFFER_FULL, DONE, EXPLORED, NODES_FULL, PAUSED, TOGETHER, UNLIMITED


@inline_kernel
def begin(room: Any, stamp: int) -> None:
    """Put the ends and the barred, which stand in `node`, into the table."""
    state = room.state
    given = state[COUNT]
    state[COUNT] = 0
    for i in range(given):
        where = position_of(room, stamp, room.node[i])
        if i >= 2:
            room.near[where] = BARRED
            room.far[where] = BARRED
    room.near[0] = 0
    room.far[1] = 0
    room.front[0] = 0
    room.back[0] = 1
    room.front_node[0] = room.node[0]
    room.back_node[0] = room.node[1]
    state[FRONT] = 1
    state[BACK] = 1
    state[LENGTH] = -1
    state[READY] = 1


@inline_kernel
def _turn_side(room: Any, bounds: Any, tails: Any) -> int:
    """Choose the smaller frontier to expand; DONE or LONGER where there is nothing to do."""
    state = room.state
    if state[MET] > 0:
        state[LENGTH] = state[NEAR] + state[FAR]
        return DONE
    ahead = state[FRONT] - tails[0]
    behind = state[BACK] - tails[1]
    if ahead == 0 or behind == 0:
        return DONE
    if state[NEAR] + state[FAR] >= bounds.length:
        return LONGER
    if ahead <= behind:
        state[SIDE] = 1
        state[AT] = tails[0]
        state[UPTO] = state[FRONT]
        tails[0] = state[FRONT]
    else:
        state[SIDE] = 2
        state[AT] = tails[1]
        state[UPTO] = state[BACK]
        tails[1] = state[BACK]
    return PAUSED


@inline_kernel
def _before_heavy(upto: Any, lo: int, stopped: int) -> int:
    """Up to where no subject was left out for its many relations."""
    for i in range(lo, stopped):
        if upto[i] < 0:
            return i
    return stopped


@kernel
def meet(  # noqa: PLR0912
    g: Any, asks: Any, first: Any, bounds: Any, tails: Any, budget: int, force: bool, room: Any
) -> int:
    """Go on with a search until the two sides meet, are exhausted, bounded, full or paused.

    Levels are finished, so that every shortest path is among the labels when it is done. `first`
    are subjects that may not follow the first end; `tails` are where the frontiers begin.
    """
    state = room.state
    if state[READY] == 0:
        begin(room, state[STAMP])
    spent = 0
    while True:
        if state[SIDE] == 0:
            status = _turn_side(room, bounds, tails)
            if status != PAUSED:
                return status
        side = state[SIDE]
        ask = asks.fwd if side == 1 else asks.bwd
        queued = room.front_node if side == 1 else room.back_node
        while state[AT] < state[UPTO]:
            if state[SEEN] >= bounds.explore:
                return EXPLORED
            if spent >= budget:
                return PAUSED
            lo = state[AT]
            hi = min(state[UPTO], lo + TOGETHER)
            most = min(bounds.explore - state[SEEN], budget - spent)
            limit = UNLIMITED if force else budget
            avoid = lo > 0 and 0 < bounds.hub <= limit
            limit = bounds.hub if avoid else limit
            stopped = gather_each(g, ask, queued, lo, hi, limit, most, room.buf, room.upto)
            if not avoid:
                stopped = _before_heavy(room.upto, lo, stopped)
            if stopped == lo:
                state[NEED] = room.upto[lo]
                return BUFFER_FULL if state[NEED] >= 0 else PAUSED
            n = 0
            for i in range(lo, stopped):
                n = max(n, room.upto[i])
            if (state[COUNT] + n) * 2 > len(room.seen.table):
                state[NEED] = n
                return NODES_FULL
            label(g, asks, first, bounds, room, stopped, side)
            spent += n + 4 * len(ask.kinds) * (stopped - lo)
            state[AT] = stopped
        if side == 1:
            state[NEAR] += 1
        else:
            state[FAR] += 1
        state[SIDE] = 0
