"""Shortest path between two subjects: a search from both ends, then the least path among equals.

The least of all shortest paths by canonical ids is what makes the k-th path well defined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np

from algorithms.related.meeting import meet
from algorithms.related.retracing import between, follow, mark_back
from algorithms.related.scratch import (
    COUNT,
    LENGTH,
    LONGER,
    NEED,
    SEEN,
    STAMP,
    Bounds,
    Ints,
    asks_of,
    make_room,
)
from graph.compiled import Kernel
from graph.deadline import within
from graph.neighbours import buffer
from graph.searching import BUFFER_FULL, EXPLORED, HEAVY, NODES_FULL, PAUSED, TIME
from graph.traverse import Ask, Graph

P = ParamSpec("P")
R = TypeVar("R")

# Work done interpreted, half a second, before a question is worth compiled code, which takes almost
# one to load. Of the default questions about any two of a million subjects 24 in 25 need less.
EASY: Final = 600_000


class Searcher:
    """Shortest paths of one question; keeps its scratch, its clock and what it explored."""

    def __init__(
        self,
        g: Graph,
        ask: Ask,
        bounds: Bounds,
        seconds: float,
        name: Callable[[int], str],
    ) -> None:
        self.g = g
        self.asks = asks_of(ask)
        self.bounds = bounds
        self.deadline = within(seconds)
        self.name = name
        self.explored = 0
        self.longer = False
        self.cut: int | None = None  # EXPLORED or TIME, once a search was clipped
        self._room = make_room(2048, 1024)
        self._walks = 0
        self._easy = EASY

    def shortest(
        self, source: int, target: int, barred: Sequence[int], first: Sequence[int], length: int
    ) -> list[int] | None:
        """The least shortest path of at most `length` steps; None where none was found."""
        refused = np.array(first, np.int32)
        bounds = self.bounds._replace(length=length, explore=self.bounds.explore - self.explored)
        status = self._meet(source, target, barred, refused, bounds)
        self.explored += int(self._room.state[SEEN])
        if status in (EXPLORED, TIME):
            self.cut = status
            return None
        self.longer |= status == LONGER
        if self._room.state[LENGTH] < 0:
            return None
        return self._least(refused)

    def _meet(
        self, source: int, target: int, barred: Sequence[int], first: Ints, bounds: Bounds
    ) -> int:
        while True:
            self._reset(source, target, barred)
            tails = np.zeros(2, np.int64)
            status = self._run(first, bounds, tails)
            if status != NODES_FULL:
                return status
            old = self._room
            need = int(old.state[COUNT] + old.state[NEED])
            self._room = make_room(_power(max(len(old.node) * 4, need)), len(old.buf.rows))

    def _run(self, first: Ints, bounds: Bounds, tails: Any) -> int:
        while True:
            args = (self.g, self.asks, first, bounds, tails)
            if self._easy > 0:
                status = meet(*args, self._easy, False, self._room)
                self._easy -= int(self._room.state[SEEN]) + int(self._room.state[COUNT]) * 16
                self._easy = 0 if status == PAUSED else self._easy
            else:
                status = meet.hot(*args, HEAVY, True, self._room)
            if status == BUFFER_FULL:
                self._widen()
            elif status != PAUSED:
                return status
            elif self.deadline.expired():
                return TIME

    def _tier(self, code: Kernel[P, R]) -> Callable[P, R]:
        """Compiled code once the question turned out to be a large one."""
        return code if self._easy > 0 else code.hot

    def _reset(self, source: int, target: int, barred: Sequence[int]) -> None:
        while len(self._room.node) < len(barred) + 2:
            self._room = make_room(len(self._room.node) * 4, len(self._room.buf.rows))
        room = self._room
        self._walks += 1
        room.state[:] = 0
        room.state[STAMP] = self._walks << 32
        room.state[COUNT] = 2 + len(barred)
        room.node[: 2 + len(barred)] = [source, target, *barred]

    def _widen(self) -> None:
        """A larger buffer; the search goes on where it was."""
        self._room = self._room._replace(buf=buffer(_power(int(self._room.state[NEED]))))

    def _least(self, first: Ints) -> list[int]:
        """Walk from the first end, each time to the least canonical id that still leads there."""
        while self._tier(mark_back)(self.g, self.asks, first, self._room) == BUFFER_FULL:
            self._widen()
        where, path = 0, [int(self._room.node[0])]
        for taken in range(int(self._room.state[LENGTH])):
            while (n := self._tier(follow)(self.g, self.asks, first, where, taken, self._room)) < 0:
                self._widen()
            picks = self._room.picks[:n].tolist()
            nodes = self._room.node[picks].tolist()
            where = picks[0]
            if n > 1:
                where = min(zip(map(self.name, nodes), picks, strict=True))[1]
            path.append(int(self._room.node[where]))
        return path

    def steps(self, a: int, b: int) -> list[tuple[int, int]]:
        """The relations that lead from `a` to `b`: (row, kind code * 4 + way)."""
        while (n := self._tier(between)(self.g, self.asks, a, b, self._room.buf)) < 0:
            self._room = self._room._replace(buf=buffer(_power(-n)))
        buf = self._room.buf
        return list(zip(buf.rows[:n].tolist(), buf.tags[:n].tolist(), strict=True))


def _power(size: int) -> int:
    return 1 << max(10, size - 1).bit_length()
