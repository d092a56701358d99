"""Running a search for cycles to its end or its bounds: interpreted, compiled, on two threads."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Final, Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from algorithms.flows.cycle_search import (
    BALL,
    DONE,
    EDGE,
    EXPLORED,
    FAR,
    FOUND,
    FULL,
    LAST,
    PAUSED,
    ROOT,
    SEEN,
    SPAN,
    Money,
    Rules,
    Scratch,
    search,
)
from algorithms.flows.network import I64, Network
from graph.deadline import Deadline

F64 = npt.NDArray[np.float64]

TIME: Final = 4

_EASY: Final = 50_000
_HEAVY: Final = 20_000_000
_CYCLES: Final = 1 << 14
_THREADS: Final = 2
_BLOCKS: Final = 200
_AHEAD: Final = 8  # blocks under way or waiting for a thread


class Taker(Protocol):
    """Takes in what is found: blocks of cycles, a row each: edges in order, -1 past their end."""

    def take(self, block: I64) -> None:
        """Take in a block."""

    def join(self, other: Any) -> None:
        """Take in what another of these took."""

    def fresh(self) -> Self:
        """Another that has taken in nothing, for what may be left out after all that this took."""

    def need(self) -> F64:
        """What cycles have to keep, see `Scratch`; it may rise with what was taken in."""


T = TypeVar("T", bound=Taker)


class Outcome(NamedTuple, Generic[T]):
    """What was found, how the search ended, how many edges it looked at."""

    taker: T
    status: int
    explored: int


def run(
    net: Network, money: Money, rules: Rules, deadline: Deadline, taker: T, root: int | None = None
) -> Outcome[T]:
    """Search from every root, or from one. What is found goes to the taker.

    Begins interpreted. What is not done soon is compiled, the roots that are left shared between
    threads in blocks, each with a taker of its own; blocks count in their order, up to the first
    that was cut short, so that the answer does not depend on which thread was faster.
    """
    n = len(net.out_ptr) - 1
    s = _scratch(n, rules, taker.need())
    s.state[ROOT], s.state[LAST] = (0, n) if root is None else (root, root + 1)
    _to_root(net, s.state)
    while (status := search(net, money, rules, _EASY, s)) == FULL:
        _hand_over(s, taker)
        if s.state[SEEN] >= _EASY or deadline.expired():
            break
    _hand_over(s, taker)
    if status not in (PAUSED, FULL):
        return Outcome(taker, status, int(s.state[SEEN]))
    first = int(s.state[ROOT]) + 1
    s.state[LAST] = first  # this root to its end; the next ones in blocks
    status = _finish(net, money, rules, s, taker, deadline)
    explored = int(s.state[SEEN])
    if root is None and status == DONE:
        return _in_blocks(net, money, rules, deadline, first, Outcome(taker, DONE, explored))
    return Outcome(taker, status, explored)


def _in_blocks(
    net: Network, money: Money, rules: Rules, deadline: Deadline, first: int, so_far: Outcome[T]
) -> Outcome[T]:
    cuts = _blocks(net, first)
    blocks = list(pairwise(cuts))
    taker, status, explored = so_far
    spare = [_scratch(len(net.out_ptr) - 1, rules, taker.need()) for _ in range(_THREADS)]
    stopped, given_up = threading.Event(), threading.Event()

    def search_in(low: int, high: int, taker: T) -> Outcome[T]:
        if stopped.is_set():
            return Outcome(taker, TIME, 0)
        s = spare.pop()
        s.state[:BALL] = s.state[SEEN] = 0
        s.state[ROOT], s.state[LAST] = low, high
        s.need[:] = taker.need()
        _to_root(net, s.state)
        status = _finish(net, money, rules, s, taker, deadline, given_up)
        if status == DONE:
            spare.append(s)
        else:
            stopped.set()
        return Outcome(taker, status, int(s.state[SEEN]))

    waiting: deque[Future[Outcome[T]]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for number in range(len(blocks) + _AHEAD):
                # What a block can leave out comes from those that are so far behind it.
                if number >= _AHEAD and waiting:
                    part = waiting.popleft().result()
                    taker.join(part.taker)
                    status, explored = part.status, explored + part.explored
                    if status == DONE and explored >= rules.explore:
                        status = EXPLORED
                    if status != DONE:
                        stopped.set()
                        break
                    done = number - _AHEAD + 1
                    deadline.report(done, len(blocks), "parts of the network / 网络分块")
                if number < len(blocks):
                    waiting.append(pool.submit(search_in, *blocks[number], taker.fresh()))
        except BaseException:  # an interrupt, say: the threads end at their next look
            stopped.set()
            given_up.set()
            raise
    return Outcome(taker, status, explored)


def _blocks(net: Network, first: int) -> list[int]:
    """Where blocks of roots begin and end: about as many edges in each, a hub is one by itself."""
    ptr = net.out_ptr
    n = len(ptr) - 1
    edges = np.linspace(ptr[min(first, n)], ptr[n], _BLOCKS + 1)
    at = np.searchsorted(ptr[:-1], edges[:-1])
    cuts: list[int] = np.unique(np.append(at, [min(first, n), n])).tolist()
    return cuts


def _finish(
    net: Network, money: Money, rules: Rules, s: Scratch, taker: Taker, deadline: Deadline,
    given_up: threading.Event | None = None,
) -> int:  # fmt: skip
    """Go on, compiled, to the end of a search or its bounds."""
    while (status := search.hot(net, money, rules, _HEAVY, s)) in (PAUSED, FULL):
        _hand_over(s, taker)
        if given_up is None:  # blocks are told of by who joins them
            deadline.report(float(s.state[SEEN]), 0, "transfers looked at / 已查看的转账")
        if deadline.expired() or (given_up is not None and given_up.is_set()):
            return TIME
    _hand_over(s, taker)
    return int(status)


def _hand_over(s: Scratch, taker: Taker) -> None:
    if s.state[FOUND]:
        taker.take(s.found[: s.state[FOUND]].copy())
        s.state[FOUND] = 0
        s.need[:] = taker.need()


def _to_root(net: Network, state: I64) -> None:
    """Put a search at the beginning of its first root."""
    state[EDGE] = state[SPAN] = net.out_ptr[min(int(state[ROOT]), len(net.out_ptr) - 1)]


def _scratch(n: int, rules: Rules, need: F64) -> Scratch:
    deep = rules.length + 1
    return Scratch(
        steps=np.full(n, FAR, np.int8),
        touched=np.empty(n, np.int32),
        node=np.zeros(deep, np.int64),
        edge=np.zeros(deep, np.int64),
        at=np.zeros(deep, np.int64),
        peak=np.zeros(deep, np.int64),
        span=np.zeros((deep, 2), np.int64),
        paid=np.zeros((deep, 2)),
        need=need.copy(),
        found=np.empty((_CYCLES, rules.length), np.int64),
        state=np.zeros(8, np.int64),
    )
