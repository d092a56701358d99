"""A search from two ends until they meet: its scratch and its kernels; `search` runs them.

It is over subjects, bounded, and can be paused and gone on with; subjects may be barred from it,
and so may first steps, as Yen's algorithm asks.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.compiled import inline_kernel, kernel
from graph.reach import (
    BUFFER_FULL,
    DONE,
    EXPLORED,
    NODES_FULL,
    PAUSED,
    Seen,
    place_of,
    probe,
)
from graph.traverse import BOTH, IN, OUT, Ask, Buffer, buffer, gather, gather_each, weight

Ints = npt.NDArray[np.int32]
LONGER: Final = 8  # no path within the length; there may be a longer one

_BARRED: Final = -2
_UNLIMITED: Final = 1 << 40
_TOGETHER: Final = 256
(
    STAMP,
    COUNT,
    _READY,
    _SIDE,
    _AT,
    _UPTO,
    _FRONT,
    _BACK,
    _NEAR,
    _FAR,
    _MET,
    LENGTH,
    SEEN,
    NEED,
    _MARKED,
    _TURN,
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
def _place(room: Any, stamp: int, node: int) -> Any:
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
def _within(values: Any, value: Any) -> bool:
    for i in range(len(values)):  # noqa: SIM110  (numba has no generators here)
        if values[i] == value:
            return True
    return False


@inline_kernel
def _begin(room: Any, stamp: int) -> None:
    """Put the ends and the barred, which stand in `node`, into the table."""
    state = room.state
    given = state[COUNT]
    state[COUNT] = 0
    for i in range(given):
        where = _place(room, stamp, room.node[i])
        if i >= 2:
            room.near[where] = _BARRED
            room.far[where] = _BARRED
    room.near[0] = 0
    room.far[1] = 0
    room.front[0] = 0
    room.back[0] = 1
    room.front_node[0] = room.node[0]
    room.back_node[0] = room.node[1]
    state[_FRONT] = 1
    state[_BACK] = 1
    state[LENGTH] = -1
    state[_READY] = 1


@inline_kernel
def _label(  # noqa: PLR0915  (one loop: a call in it would count references to every array)
    g: Any, asks: Any, first: Any, bounds: Any, room: Any, stopped: int, side: int
) -> None:
    """Label from one side the neighbours of subjects up to `stopped`, which are in the buffer.

    A hub is barred when it would be expanded, or when the sides meet in it; ends never are.
    """
    state, table, slot = room.state, room.seen.table, room.seen.slot
    node: Any = room.node
    mark, turn = room.mark, room.turn
    met, meets, upto, other_of = state[_MET], room.meets, room.upto, room.buf.others
    forward = side == 1
    queue, queued = (room.front, room.front_node) if forward else (room.back, room.back_node)
    mine, theirs = (room.near, room.far) if forward else (room.far, room.near)
    end = state[_FRONT] if forward else state[_BACK]
    level = (state[_NEAR] if forward else state[_FAR]) + 1
    stamp, count, hub = state[STAMP], state[COUNT], bounds.hub
    mask = len(table) - 1
    refusing = len(first) > 0
    n = 0
    for i in range(state[_AT], stopped):
        where = queue[i]
        crowded = upto[i] < 0
        if hub > 0 and i > 0 and not crowded and asks.any.way != asks.fwd.way:
            crowded = gather(g, asks.any, node[where], room.none, hub) > hub
        if crowded:
            mine[where] = theirs[where] = _BARRED
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
                (where == 0 and _within(first, other))
                if forward
                else (place == 0 and _within(first, node[where]))
            ):
                continue
            if (
                hub > 0
                and theirs[place] >= 0
                and place > 1
                and gather(g, asks.any, node[place], room.none, hub) > hub
            ):
                mine[place] = theirs[place] = _BARRED
                continue
            mine[place] = level
            queue[end] = place
            queued[end] = other
            end += 1
            if theirs[place] >= 0:
                meets[met] = place
                met += 1
    state[COUNT] = count
    state[_MET] = met
    state[_FRONT if forward else _BACK] = end
    state[SEEN] += n


@inline_kernel
def _turn_side(room: Any, bounds: Any, tails: Any) -> int:
    """Choose the smaller frontier to expand; DONE or LONGER where there is nothing to do."""
    state = room.state
    if state[_MET] > 0:
        state[LENGTH] = state[_NEAR] + state[_FAR]
        return DONE
    ahead = state[_FRONT] - tails[0]
    behind = state[_BACK] - tails[1]
    if ahead == 0 or behind == 0:
        return DONE
    if state[_NEAR] + state[_FAR] >= bounds.length:
        return LONGER
    if ahead <= behind:
        state[_SIDE] = 1
        state[_AT] = tails[0]
        state[_UPTO] = state[_FRONT]
        tails[0] = state[_FRONT]
    else:
        state[_SIDE] = 2
        state[_AT] = tails[1]
        state[_UPTO] = state[_BACK]
        tails[1] = state[_BACK]
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
    if state[_READY] == 0:
        _begin(room, state[STAMP])
    spent = 0
    while True:
        if state[_SIDE] == 0:
            status = _turn_side(room, bounds, tails)
            if status != PAUSED:
                return status
        side = state[_SIDE]
        ask = asks.fwd if side == 1 else asks.bwd
        queued = room.front_node if side == 1 else room.back_node
        while state[_AT] < state[_UPTO]:
            if state[SEEN] >= bounds.explore:
                return EXPLORED
            if spent >= budget:
                return PAUSED
            lo = state[_AT]
            hi = min(state[_UPTO], lo + _TOGETHER)
            most = min(bounds.explore - state[SEEN], budget - spent)
            limit = _UNLIMITED if force else budget
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
            _label(g, asks, first, bounds, room, stopped, side)
            spent += n + 4 * len(ask.kinds) * (stopped - lo)
            state[_AT] = stopped
        if side == 1:
            state[_NEAR] += 1
        else:
            state[_FAR] += 1
        state[_SIDE] = 0


@kernel
def mark_back(g: Any, asks: Any, first: Any, room: Any) -> int:
    """Mark what lies on a shortest path between the first end and where the sides met."""
    state = room.state
    stamp = state[STAMP]
    if state[_MARKED] == 0:
        for i in range(state[_MET]):
            room.mark[room.meets[i]] = 1
    while state[_MARKED] < state[_MET]:
        where = room.meets[state[_MARKED]]
        level = room.near[where]
        if level > 0:
            node = room.node[where]
            n = gather(g, asks.bwd, node, room.buf, _UNLIMITED)
            if n > len(room.buf.rows):
                state[NEED] = n
                return BUFFER_FULL
            for i in range(n):
                at = probe(room.seen, stamp, room.buf.others[i])
                if room.seen.table[at] >> 32 != stamp >> 32:
                    continue
                other = room.seen.slot[at]
                if room.near[other] != level - 1 or room.mark[other]:
                    continue
                if other == 0 and _within(first, node):
                    continue
                room.mark[other] = 1
                room.meets[state[_MET]] = other
                state[_MET] += 1
        state[_MARKED] += 1
    return DONE


@kernel
def follow(g: Any, asks: Any, first: Any, where: int, taken: int, room: Any) -> int:
    """Put into `picks` the positions that may follow `where`, `taken` steps along shortest paths.

    Returns how many they are, or -1 where the buffer is full.
    """
    state = room.state
    stamp = state[STAMP]
    n = gather(g, asks.fwd, room.node[where], room.buf, _UNLIMITED)
    if n > len(room.buf.rows):
        state[NEED] = n
        return -1
    state[_TURN] += 1
    found = 0
    for i in range(n):
        at = probe(room.seen, stamp, room.buf.others[i])
        if room.seen.table[at] >> 32 != stamp >> 32:
            continue
        other = room.seen.slot[at]
        if room.turn[other] == state[_TURN] or (where == 0 and _within(first, room.buf.others[i])):
            continue
        if taken + 1 <= state[_NEAR]:
            good = room.mark[other] == 1 and room.near[other] == taken + 1
        else:
            good = room.far[other] == state[LENGTH] - taken - 1
        if good:
            room.turn[other] = state[_TURN]
            room.picks[found] = other
            found += 1
    return found


@kernel
def between(g: Any, asks: Any, a: int, b: int, buf: Any) -> Any:
    """Put the relations that lead from `a` to `b` into `buf`, tagged as seen from `a`.

    Looks at whichever has the fewer. Returns how many; minus the room needed where it was full.
    """
    ahead = weight(g, asks.fwd, a) <= weight(g, asks.bwd, b)
    if ahead:
        n = gather(g, asks.fwd, a, buf, _UNLIMITED)
    else:
        n = gather(g, asks.bwd, b, buf, _UNLIMITED)
    if n > len(buf.rows):
        return -n
    kept = 0
    wanted = b if ahead else a
    for i in range(n):
        if buf.others[i] == wanted:
            buf.rows[kept] = buf.rows[i]
            buf.tags[kept] = buf.tags[i] if ahead else buf.tags[i] ^ 3
            kept += 1
    return kept


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
