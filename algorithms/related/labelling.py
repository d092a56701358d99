"""What one side of a search from two ends does with the neighbours it met."""

from __future__ import annotations

from typing import Any

import numpy as np

from algorithms.related.scratch import (
    AT,
    BACK,
    BARRED,
    COUNT,
    FAR,
    FRONT,
    MET,
    NEAR,
    SEEN,
    STAMP,
    within,
)
from graph.compiled import inline_kernel
from graph.neighbours import gather
from graph.searching import place_of


@inline_kernel
def label(  # noqa: PLR0915  (one loop: a call in it would count references to every array)
    g: Any, asks: Any, first: Any, bounds: Any, room: Any, stopped: int, side: int
) -> None:
    """Label from one side the neighbours of subjects up to `stopped`, which are in the buffer.

    A hub is barred when it would be expanded, or when the sides meet in it; ends never are.
    """
    state, table, slot = room.state, room.seen.table, room.seen.slot
    node: Any = room.node
    mark, turn = room.mark, room.turn
    met, meets, upto, other_of = state[MET], room.meets, room.upto, room.buf.others
    forward = side == 1
    queue, queued = (room.front, room.front_node) if forward else (room.back, room.back_node)
    mine, theirs = (room.near, room.far) if forward else (room.far, room.near)
    end = state[FRONT] if forward else state[BACK]
    level = (state[NEAR] if forward else state[FAR]) + 1
    stamp, count, hub = state[STAMP], state[COUNT], bounds.hub
    mask = len(table) - 1
    refusing = len(first) > 0
    n = 0
    for i in range(state[AT], stopped):
        where = queue[i]
        crowded = upto[i] < 0
        if hub > 0 and i > 0 and not crowded and asks.any.way != asks.fwd.way:
            crowded = gather(g, asks.any, node[where], room.none, hub) > hub
        if crowded:
            mine[where] = theirs[where] = BARRED
            n = max(n, upto[i])
            continue
        while n < upto[i]:
            other = np.int64(other_of[n])
            n += 1
            at = place_of(other, mask)
            while table[at] >> 32 == stamp >> 32 and table[at] != stamp + other:
                at = (at + 1) & mask
            place = slot[at]
            if table[at] != stamp + other:
                table[at] = stamp + other
                slot[at] = place = count
                node[place] = other
                mine[place] = theirs[place] = -1
                mark[place] = turn[place] = 0
                count += 1
            if mine[place] != -1:
                continue
            if refusing and (
                (where == 0 and within(first, other))
                if forward
                else (place == 0 and within(first, node[where]))
            ):
                continue
            if (
                hub > 0
                and theirs[place] >= 0
                and place > 1
                and gather(g, asks.any, node[place], room.none, hub) > hub
            ):
                mine[place] = theirs[place] = BARRED
                continue
            mine[place] = level
            queue[end] = place
            queued[end] = other
            end += 1
            if theirs[place] >= 0:
                meets[met] = place
                met += 1
    state[COUNT] = count
    state[MET] = met
    state[FRONT if forward else BACK] = end
    state[SEEN] += n
