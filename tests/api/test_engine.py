"""How questions are run: where, for how long, how many; and that the rehearsal asks them all."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from algorithms.registry import ALGORITHMS, Algorithm, Params, Result, prepare
from api import rehearsal
from api.engine import Busy, Engine, Pace, shape_of
from api.session import Session
from api.settings import read
from graph import compiled
from graph.store import Store


@pytest.fixture
def session(filled: str) -> Any:
    with Session(filled) as opened:
        yield opened


def record_of(function: Callable[..., Result[Any]], *, quick: bool = False) -> Algorithm:
    return replace(ALGORITHMS["control"], name="toy", function=function, params=Params, quick=quick)


def asked(engine: Engine, record: Algorithm, times: int = 1, *, close: bool = True) -> list[bytes]:
    async def ask() -> list[bytes]:
        found = await asyncio.gather(*(engine.ask(record, {}) for _ in range(times)))
        return [body for body, _ in found]

    try:
        return asyncio.run(ask())
    finally:
        if close:
            engine.close()


def threads(seen: list[str]) -> Callable[..., Result[Any]]:
    def function(*_: object) -> Result[Any]:
        seen.append(threading.current_thread().name)
        return Result(results=[])

    return function


def held(release: threading.Event) -> Callable[..., Result[Any]]:
    """An algorithm that takes until it is released, and never asks how long it may take."""

    def function(*_: object) -> Result[Any]:
        release.wait(10)
        return Result(results=[])

    return function


@pytest.mark.parametrize(
    ("quick", "is_compiled", "is_open", "spent", "inline"),
    [
        (True, True, True, [0.001] * 3, True),
        (True, True, True, [0.001] * 2, False),  # not known well enough
        (True, True, True, [0.001] * 20 + [0.02], True),  # one of many may cost more
        (True, True, True, [0.003] * 3, False),  # not cheap
        (True, True, True, [0.0001] * 60 + [0.06], False),  # too dear a one among them
        (True, True, False, [0.001] * 3, False),  # opening a snapshot is not quick
        (True, False, True, [0.001] * 3, False),  # nor is compiling
        (False, True, True, [0.001] * 3, False),
    ],
)
def test_only_what_is_cheap_by_now_runs_on_the_event_loop(
    session: Session,
    quick: bool,
    is_compiled: bool,
    is_open: bool,
    spent: list[float],
    inline: bool,
) -> None:
    seen: list[str] = []
    engine = Engine(session, seconds=5)
    record = record_of(threads(seen), quick=quick)
    for seconds in spent:
        engine.pace.note(shape_of(record, Params()), seconds)
    if is_compiled:
        engine.compiled.set()
    if is_open:
        session.snapshot()
    asked(engine, record)
    assert [name.startswith("question") for name in seen] == [not inline]


def test_a_shape_is_everything_but_whom_and_when() -> None:
    record = ALGORITHMS["related_parties"]

    def shape(**given: Any) -> Any:
        return shape_of(record, prepare(record, {"subject": "c1", "as_of": "2022-01-05", **given}))

    assert shape() == shape(subject="c2", as_of="2021-01-01")
    assert len({shape(), shape(depth=2), shape(direction="in"), shape(kinds=["kin"])}) == 4


def test_a_dear_question_is_forgotten_after_many_cheap_ones() -> None:
    pace = Pace()
    for seconds in [1.0] + [0.001] * 63:
        pace.note(("toy",), seconds)
    assert not pace.is_quick(("toy",))
    pace.note(("toy",), 0.001)
    assert pace.is_quick(("toy",))


def test_a_question_that_takes_too_long_is_given_up(session: Session) -> None:
    release = threading.Event()
    engine = Engine(session, seconds=0.2)
    started = time.perf_counter()
    try:
        with pytest.raises(Busy, match=r"not answered within 0\.2 s"):
            asked(engine, record_of(held(release)), close=False)
        assert time.perf_counter() - started < 5
    finally:
        release.set()
        engine.close()


def test_too_many_questions_are_turned_away(session: Session) -> None:
    few = read(environment={"LINKRISK_SERVER_WAITING": "3"})
    release = threading.Event()
    engine = Engine(session, seconds=5, settings=few)
    try:
        with pytest.raises(Busy, match="3 questions are waiting"):
            asked(engine, record_of(held(release)), times=4, close=False)
    finally:
        release.set()
        engine.close()


def test_concurrent_questions_get_the_same_bytes(session: Session) -> None:
    engine = Engine(session, seconds=30)
    record = ALGORITHMS["integrated_ownership"]
    assert len(set(asked(engine, record, times=16))) == 1


def test_a_session_follows_writes_and_keeps_earlier_views(
    session: Session, write: Callable[..., Store]
) -> None:
    before = session.snapshot()
    assert session.snapshot() is before
    write([{"kind": "company", "id": "c3"}], dataset="reg")
    assert session.current() is None
    after = session.snapshot()
    assert after.name != before.name
    assert session.snapshot(before.known_at).name == before.name
    assert session.snapshot() is after


def test_the_rehearsal_asks_every_algorithm(monkeypatch: pytest.MonkeyPatch) -> None:
    answered: set[str] = set()
    ask = Session.ask

    def noted(self: Session, name: str, params: Any) -> dict[str, Any]:
        envelope = ask(self, name, params)
        answered.add(name)
        return envelope

    monkeypatch.setattr(Session, "ask", noted)
    monkeypatch.setattr(compiled, "warm", lambda: None)
    rehearsal.rehearse()
    assert answered == set(ALGORITHMS)
