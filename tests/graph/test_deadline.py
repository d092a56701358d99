"""Deadlines: who ends when, who hears of it, and how far work is."""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from math import inf

import pytest

from graph.deadline import Deadline, bounded, current, stage, within
from graph.errors import Cancelled

Told = list[tuple[float, float, str]]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr("graph.deadline.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_it_passes_only_once_somebody_was_told(clock: Clock) -> None:
    deadline = Deadline(5)
    clock.now += 5
    assert not deadline.expired()
    assert deadline.left() == 0
    clock.now += 1
    assert not deadline.passed
    assert deadline.expired()
    clock.now -= 6
    assert deadline.expired()
    assert deadline.passed


def test_none_was_set(clock: Clock) -> None:
    clock.now += 1e9
    assert not current().expired()
    assert current().left() == inf
    current().report(1, 2, "x")


@pytest.mark.parametrize(("outer", "inner", "ends"), [(10, 3, 3), (3, 10, 3), (inf, 4, 4)])
def test_the_sooner_of_two_holds(clock: Clock, outer: float, inner: float, ends: float) -> None:
    with bounded(outer):
        one = within(inner)
        with bounded(inner) as other:
            assert current() is other
    for deadline in (one, other):
        assert deadline.left() == ends
    assert current().left() == inf


def test_what_is_inside_leaves_the_outer_one_as_it_was(clock: Clock) -> None:
    with bounded(10) as outer:
        inner = within(1)
        clock.now += 2
        assert inner.expired()
        assert not outer.expired()


def test_called_off_is_an_error_everywhere_inside() -> None:
    gone = threading.Event()
    with bounded(60, cancelled=gone), bounded(30), stage(0, 2, "x"):
        deadline = within(1)
        deadline.check()
        gone.set()
        for ask in (deadline.check, deadline.expired, lambda: deadline.report(1, 1, "x")):
            with pytest.raises(Cancelled):
                ask()
        with pytest.raises(Cancelled):
            list(deadline.through([1], "x"))
        with pytest.raises(Cancelled), bounded(1):
            pytest.fail("work that was called off has begun")
    current().check()


def test_another_thread_hears_of_it_by_its_context() -> None:
    gone = threading.Event()
    with ThreadPoolExecutor(1) as pool, bounded(cancelled=gone):
        gone.set()
        pool.submit(lambda: current().check()).result()  # a thread begins with none
        with pytest.raises(Cancelled):
            pool.submit(contextvars.copy_context().run, lambda: current().check()).result()


def test_items_are_gone_through_until_the_time_is_over(clock: Clock) -> None:
    told: Told = []
    deadline = Deadline(2.5, progress=lambda *how: told.append(how))
    seen = []
    for item in deadline.through("abcdef", "letters / 字母"):
        seen.append(item)
        clock.now += 1
    assert seen == ["a", "b", "c"]
    assert deadline.passed
    assert told == [(n, 6, "letters / 字母") for n in range(3)]
    whole = Deadline(100)
    assert list(whole.through("ab", "x")) == ["a", "b"]
    assert not whole.passed


def test_parts_count_towards_the_whole() -> None:
    told: Told = []
    with bounded(progress=lambda *how: told.append(how)):
        for at in range(2):
            with stage(at, 2, "detectors"):
                current().report(1, 4, "companies")
                with stage(1, 2, "sides"):
                    within(9).report(1, 2, "companies")
                current().report(3, 0, "companies")  # of how many is not known
    first = [(0, 2), (0.25, 2), (0.5, 2), (0.75, 2), (0, 2)]
    assert told == [(at + done, of, "detectors") for at in range(2) for done, of in first]


def test_nobody_to_tell() -> None:
    with stage(0, 1, "x"):
        current().report(1, 2, "y")
