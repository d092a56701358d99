"""A breadth-first walk: its scratch and its kernels; `reach` runs them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.compiled import inline_kernel, kernel
from graph.neighbours import Buffer, buffer, gather_each
from graph.searching import (
    BUFFER_FULL,
    DONE,
    EXPLORED,
    NODES_FULL,
    PAUSED,
    ROWS,
    STEPS_FULL,
    TOGETHER,
    UNLIMITED,
    Seen,
    place_of,
    probe,
)

Ints = npt.NDArray[np.int32]
STAMP, COUNT, HEAD, STEPS, SEEN, HUBS, NEED = range(7)


class Room(NamedTuple):
    """Scratch of a walk: nodes in the order they were met, and the steps between them."""

    seen: Seen
    order: Ints
    level: Ints
    hubs: Ints
    upto: Ints  # where the relations of the subjects that were expanded together end
    child: Ints  # position in `order`
    parent: Ints
    row: Ints
    tag: Ints  # kind code * 4 + way, seen from the parent
    buf: Buffer
    state: npt.NDArray[np.int64]


class Bounds(NamedTuple):
    """Where a walk ends: levels, relations of one subject (not of the start), rows, relations."""

    depth: int
    fanout: int
    rows: int
    explore: int


@inline_kernel
def _begin(room: Any) -> None:
    """Put the start into the table."""
    state = room.state
    at = probe(room.seen, state[STAMP], room.order[0])
    room.seen.table[at] = state[STAMP] + room.order[0]
    room.seen.slot[at] = 0
    room.level[0] = 0
    state[COUNT] = 1


@inline_kernel
def _ended(room: Any, bounds: Any, head: int) -> int:
    """Why the subject at `head` is not to be expanded; PAUSED where it is."""
    state = room.state
    level = room.level[head]
    if level >= bounds.depth:
        return DONE
    if head > 0 and state[COUNT] > bounds.rows and level > room.level[head - 1]:
        return ROWS
    if state[SEEN] >= bounds.explore:
        return EXPLORED
    return PAUSED


@inline_kernel
def _fits(room: Any, n: int) -> int:
    """What there is no room for, with `n` relations in the buffer; DONE where all fits."""
    state = room.state
    if state[STEPS] + n > len(room.row):
        return STEPS_FULL
    if (state[COUNT] + n) * 2 > len(room.seen.table):
        return NODES_FULL
    return DONE


@inline_kernel
def _note(room: Any, head: int, stopped: int, every: bool) -> None:
    """Take the neighbours of subjects `head`..`stopped`, which are in the buffer, into the walk."""
    state, table, slot = room.state, room.seen.table, room.seen.slot
    order, levels, upto = room.order, room.level, room.upto
    children, parents, rows, tags = room.child, room.parent, room.row, room.tag
    other_of, row_of, tag_of = room.buf.others, room.buf.rows, room.buf.tags
    stamp, count, steps = state[STAMP], state[COUNT], state[STEPS]
    mask = len(table) - 1
    n = 0
    for i in range(head, stopped):
        if upto[i] < 0:
            room.hubs[state[HUBS]] = order[i]
            state[HUBS] += 1
            continue
        level = levels[i] + 1
        while n < upto[i]:
            wide = np.int64(other_of[n])
            at = place_of(wide, mask)
            while table[at] >> 32 == stamp >> 32 and table[at] != stamp + wide:
                at = (at + 1) & mask
            if table[at] != stamp + wide:
                table[at] = stamp + wide
                slot[at] = count
                order[count] = wide
                levels[count] = level
                count += 1
            where = slot[at]
            if every or levels[where] == level:
                children[steps] = where
                parents[steps] = i
                rows[steps] = row_of[n]
                tags[steps] = tag_of[n]
                steps += 1
            n += 1
    state[COUNT] = count
    state[STEPS] = steps
    state[SEEN] += n


@inline_kernel
def _level_end(room: Any, head: int) -> int:
    """Up to where subjects are expanded together: the start alone, then parts of its level."""
    upto = head + 1
    last = min(room.state[COUNT], head + TOGETHER)
    while head > 0 and upto < last and room.level[upto] == room.level[head]:
        upto += 1
    return upto


@kernel
def walk(g: Any, ask: Any, bounds: Any, every: bool, budget: int, force: bool, room: Any) -> int:
    """Go on with the walk that `room.state` describes until done, bounded, full or paused.

    Without `every`, only steps that lead one level on are kept. `force` expands the start whatever
    it costs. Time: in proportion to the relations of the subjects expanded.
    """
    state = room.state
    if state[COUNT] == 0:
        _begin(room)
    spent = 0
    while state[HEAD] < state[COUNT]:
        head = state[HEAD]
        status = _ended(room, bounds, head)
        if status != PAUSED:
            return status
        if spent >= budget:
            return PAUSED
        limit = bounds.fanout if head > 0 else UNLIMITED if force else budget
        most = min(bounds.explore - state[SEEN], budget - spent)
        upto = _level_end(room, head)
        stopped = gather_each(g, ask, room.order, head, upto, limit, most, room.buf, room.upto)
        if stopped == head:
            state[NEED] = room.upto[head]
            return BUFFER_FULL
        if head == 0 and room.upto[0] < 0:
            return PAUSED
        n = 0
        for i in range(head, stopped):
            n = max(n, room.upto[i])
        status = _fits(room, n)
        if status != DONE:
            return status
        _note(room, head, stopped, every)
        spent += n + 4 * len(ask.kinds) * (stopped - head)
        state[HEAD] = stopped
    return DONE


def make_room(nodes: int, steps: int, relations: int) -> Room:
    return Room(
        seen=Seen(np.zeros(nodes * 2, np.int64), np.empty(nodes * 2, np.int32)),
        order=np.empty(nodes, np.int32),
        level=np.empty(nodes, np.int32),
        hubs=np.empty(nodes, np.int32),
        upto=np.empty(nodes, np.int32),
        child=np.empty(steps, np.int32),
        parent=np.empty(steps, np.int32),
        row=np.empty(steps, np.int32),
        tag=np.empty(steps, np.int32),
        buf=buffer(relations),
        state=np.zeros(8, np.int64),
    )
