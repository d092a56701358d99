"""Breadth-first walk from one subject, bounded, over the relations that a question asks about.

The work is in proportion to what is met: the set of nodes met is a small hash table whose entries
carry the number of the walk, so nothing is allocated or cleared per question.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.compiled import inline_kernel, kernel
from graph.traverse import Ask, Buffer, Graph, buffer, gather_each

Ints = npt.NDArray[np.int32]

# How a walk ended.
DONE: Final = 0
PAUSED: Final = 1
NODES_FULL: Final = 2
STEPS_FULL: Final = 3
BUFFER_FULL: Final = 4
ROWS: Final = 5  # enough rows at the end of a level
EXPLORED: Final = 6
TIME: Final = 7

_STAMP, _COUNT, _HEAD, _STEPS, _SEEN, _HUBS, _NEED = range(7)

EASY: Final = 200_000  # work done interpreted before a question is worth compiled code
HEAVY: Final = 4_000_000  # work between two looks at the clock, compiled
_KEPT: Final = 1 << 20  # a larger table is let go after its question
_UNLIMITED: Final = 1 << 40
_TOGETHER: Final = 256  # subjects expanded in one go, between two looks at the bounds


class Seen(NamedTuple):
    """Open addressing: entry = walk number * 2**32 + node; an entry of another walk is empty."""

    table: npt.NDArray[np.int64]
    slot: Ints


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


class Reached(NamedTuple):
    """What a walk met. `nodes[0]` is its start; steps go from `parent` to `child`, by position."""

    nodes: list[int]
    levels: list[int]
    child: list[int]
    parent: list[int]
    row: list[int]
    tag: list[int]
    status: int
    explored: int  # relations that counted
    hubs: list[int]  # subjects not passed through, for their many relations


class Bounds(NamedTuple):
    """Where a walk ends: levels, relations of one subject (not of the start), rows, relations."""

    depth: int
    fanout: int
    rows: int
    explore: int


@inline_kernel
def place_of(node: Any, mask: int) -> Any:
    """Where in a table to look for a node first; no overflow, for a node is below 2**31."""
    return ((node * 2654435761) >> 12) & mask


@inline_kernel
def probe(seen: Any, stamp: int, node: int) -> Any:
    """The table position of a node: where it is, or where it would be put."""
    mask = len(seen.table) - 1
    wide = np.int64(node)
    key = stamp + wide
    at = place_of(wide, mask)
    while True:
        entry = seen.table[at]
        if entry == key or (entry >> 32) != (stamp >> 32):
            return at
        at = (at + 1) & mask


@inline_kernel
def _begin(room: Any) -> None:
    """Put the start into the table."""
    state = room.state
    at = probe(room.seen, state[_STAMP], room.order[0])
    room.seen.table[at] = state[_STAMP] + room.order[0]
    room.seen.slot[at] = 0
    room.level[0] = 0
    state[_COUNT] = 1


@inline_kernel
def _ended(room: Any, bounds: Any, head: int) -> int:
    """Why the subject at `head` is not to be expanded; PAUSED where it is."""
    state = room.state
    level = room.level[head]
    if level >= bounds.depth:
        return DONE
    if head > 0 and state[_COUNT] > bounds.rows and level > room.level[head - 1]:
        return ROWS
    if state[_SEEN] >= bounds.explore:
        return EXPLORED
    return PAUSED


@inline_kernel
def _fits(room: Any, n: int) -> int:
    """What there is no room for, with `n` relations in the buffer; DONE where all fits."""
    state = room.state
    if state[_STEPS] + n > len(room.row):
        return STEPS_FULL
    if (state[_COUNT] + n) * 2 > len(room.seen.table):
        return NODES_FULL
    return DONE


@inline_kernel
def _note(room: Any, head: int, stopped: int, every: bool) -> None:
    """Take the neighbours of subjects `head`..`stopped`, which are in the buffer, into the walk."""
    state, table, slot = room.state, room.seen.table, room.seen.slot
    order, levels, upto = room.order, room.level, room.upto
    children, parents, rows, tags = room.child, room.parent, room.row, room.tag
    other_of, row_of, tag_of = room.buf.others, room.buf.rows, room.buf.tags
    stamp, count, steps = state[_STAMP], state[_COUNT], state[_STEPS]
    mask = len(table) - 1
    n = 0
    for i in range(head, stopped):
        if upto[i] < 0:
            room.hubs[state[_HUBS]] = order[i]
            state[_HUBS] += 1
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
    state[_COUNT] = count
    state[_STEPS] = steps
    state[_SEEN] += n


@inline_kernel
def _level_end(room: Any, head: int) -> int:
    """Up to where subjects are expanded together: the start alone, then parts of its level."""
    upto = head + 1
    last = min(room.state[_COUNT], head + _TOGETHER)
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
    if state[_COUNT] == 0:
        _begin(room)
    spent = 0
    while state[_HEAD] < state[_COUNT]:
        head = state[_HEAD]
        status = _ended(room, bounds, head)
        if status != PAUSED:
            return status
        if spent >= budget:
            return PAUSED
        limit = bounds.fanout if head > 0 else _UNLIMITED if force else budget
        most = min(bounds.explore - state[_SEEN], budget - spent)
        upto = _level_end(room, head)
        stopped = gather_each(g, ask, room.order, head, upto, limit, most, room.buf, room.upto)
        if stopped == head:
            state[_NEED] = room.upto[head]
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
        state[_HEAD] = stopped
    return DONE


def _room(nodes: int, steps: int, relations: int) -> Room:
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


class _Rooms(threading.local):
    """One room a thread, grown as questions ask for it."""

    def __init__(self) -> None:
        self.room = _room(4096, 8192, 2048)
        self.walks = 0

    def fresh(self, root: int) -> Room:
        """The room, made ready for a walk from `root`."""
        room, state = self.room, self.room.state
        if self.walks >= 2**31 - 2:
            room.seen.table[:] = 0
            self.walks = 0
        self.walks += 1
        state[:] = 0
        state[_STAMP] = self.walks << 32
        room.order[0] = root
        return room

    def grow(self, status: int) -> None:
        """Make more of what was full."""
        room = self.room
        nodes, steps, relations = len(room.order), len(room.row), len(room.buf.rows)
        if status == NODES_FULL:
            nodes *= 4
        elif status == STEPS_FULL:
            steps *= 4
        else:
            relations = max(relations, int(room.state[_NEED]))
        steps = max(steps, relations)
        while nodes < relations:
            nodes *= 2
        self.room = _room(nodes, steps, relations)

    def tidy(self) -> None:
        """Let go of an unusually large room."""
        if len(self.room.order) > _KEPT or len(self.room.row) > _KEPT:
            self.room = _room(4096, 8192, 2048)


_rooms: Final = _Rooms()


def reach(
    g: Graph, ask: Ask, root: int, bounds: Bounds, seconds: float, *, every: bool = False
) -> Reached:
    """Walk from `root` to what is within the bounds; see `Reached` and the ends above.

    A level is finished before `bounds.rows` ends the walk, so that what is met does not depend on
    the order of loading. The start's own relations are never cut by `bounds.fanout`.
    """
    until = time.monotonic() + seconds
    while True:
        room = _rooms.fresh(root)
        status = walk(g, ask, bounds, every, EASY, False, room)
        while status == PAUSED:
            if time.monotonic() > until:
                status = TIME
                break
            status = walk.hot(g, ask, bounds, every, HEAVY, True, room)
        if status not in (NODES_FULL, STEPS_FULL, BUFFER_FULL):
            break
        _rooms.grow(status)
    reached = _reached(room, status)
    _rooms.tidy()
    return reached


def _reached(room: Room, status: int) -> Reached:
    state = room.state.tolist()
    count, steps = state[_COUNT], state[_STEPS]
    return Reached(
        room.order[:count].tolist(),
        room.level[:count].tolist(),
        room.child[:steps].tolist(),
        room.parent[:steps].tolist(),
        room.row[:steps].tolist(),
        room.tag[:steps].tolist(),
        status,
        state[_SEEN],
        room.hubs[: state[_HUBS]].tolist(),
    )
