"""Breadth-first walk from one subject, bounded, over the relations that a question asks about.

The work is in proportion to what is met.
"""

from __future__ import annotations

import threading
from typing import Final, NamedTuple

from graph.columns import I32
from graph.deadline import check, within
from graph.searching import (
    BUFFER_FULL,
    EASY,
    HEAVY,
    NODES_FULL,
    PAUSED,
    STEPS_FULL,
    TIME,
)
from graph.traverse import Ask, Graph
from graph.walk import COUNT, HUBS, NEED, SEEN, STAMP, STEPS, Bounds, Room, make_room, walk

_KEPT: Final = 1 << 20  # a larger table is let go after its question


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


class Within(NamedTuple):
    """The relations that a walk met, in the order in which it did; one met from both its ends
    stands twice."""

    rows: I32
    status: int
    explored: int


class _Rooms(threading.local):
    """One room a thread, grown as questions ask for it."""

    def __init__(self) -> None:
        self.room = make_room(4096, 8192, 2048)
        self.walks = 0

    def fresh(self, root: int) -> Room:
        """The room, made ready for a walk from `root`."""
        room, state = self.room, self.room.state
        if self.walks >= 2**31 - 2:
            room.seen.table[:] = 0
            self.walks = 0
        self.walks += 1
        state[:] = 0
        state[STAMP] = self.walks << 32
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
            relations = max(relations, int(room.state[NEED]))
        steps = max(steps, relations)
        while nodes < relations:
            nodes *= 2
        self.room = make_room(nodes, steps, relations)

    def tidy(self) -> None:
        """Let go of an unusually large room."""
        if len(self.room.order) > _KEPT or len(self.room.row) > _KEPT:
            self.room = make_room(4096, 8192, 2048)


_rooms: Final = _Rooms()


def reach(
    g: Graph, ask: Ask, root: int, bounds: Bounds, seconds: float, *, every: bool = False
) -> Reached:
    """Walk from `root` to what is within the bounds; see `Reached` and the ends above.

    A level is finished before `bounds.rows` ends the walk, so that what is met does not depend on
    the order of loading. The start's own relations are never cut by `bounds.fanout`.
    """
    room, status = _walked(g, ask, root, bounds, seconds, every=every)
    reached = _reached(room, status)
    _rooms.tidy()
    return reached


def rows_within(g: Graph, ask: Ask, root: int, bounds: Bounds, seconds: float) -> Within:
    """All relations between what is within the bounds, as `reach` walks with `every`: an array, for
    what may be most of the graph. 4 bytes a relation, where `reach` makes seconds of numbers."""
    room, status = _walked(g, ask, root, bounds, seconds, every=True)
    found = Within(room.row[: room.state[STEPS]].copy(), status, int(room.state[SEEN]))
    _rooms.tidy()
    return found


def _walked(
    g: Graph, ask: Ask, root: int, bounds: Bounds, seconds: float, *, every: bool
) -> tuple[Room, int]:
    """The room of a walk, and how that ended."""
    deadline = within(seconds)
    while True:
        room = _rooms.fresh(root)
        status = walk(g, ask, bounds, every, EASY, False, room)
        while status == PAUSED:
            if deadline.expired():
                return room, TIME
            status = walk.hot(g, ask, bounds, every, HEAVY, True, room)
        if status not in (NODES_FULL, STEPS_FULL, BUFFER_FULL):
            return room, status
        check()
        _rooms.grow(status)


def _reached(room: Room, status: int) -> Reached:
    state = room.state.tolist()
    count, steps = state[COUNT], state[STEPS]
    return Reached(
        room.order[:count].tolist(),
        room.level[:count].tolist(),
        room.child[:steps].tolist(),
        room.parent[:steps].tolist(),
        room.row[:steps].tolist(),
        room.tag[:steps].tolist(),
        status,
        state[SEEN],
        room.hubs[: state[HUBS]].tolist(),
    )
