"""How questions are run: where, for how long, how many; and that the rehearsal asks them all."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from algorithms.registry import ALGORITHMS, Algorithm, Params, Result
from api import engine as engines
from api import rehearsal
from api.engine import Busy, Engine
from api.session import Session
from graph import compiled
from graph.store import Store


@pytest.fixture
def session(filled: str) -> Any:
    with Session(filled) as opened:
        yield opened


def record_of(function: Callable[..., Result[Any]], *, quick: bool = False) -> Algorithm:
    return replace(ALGORITHMS["control"], name="toy", function=function, params=Params, quick=quick)


def asked(engine: Engine, record: Algorithm, times: int = 1) -> list[bytes]:
    async def ask() -> list[bytes]:
        found = await asyncio.gather(*(engine.ask(record, {}) for _ in range(times)))
        return [body for body, _ in found]

    try:
        return asyncio.run(ask())
    finally:
        engine.close()


def threads(seen: list[str]) -> Callable[..., Result[Any]]:
    def function(*_: object) -> Result[Any]:
        seen.append(threading.current_thread().name)
        return Result(results=[])

    return function


@pytest.mark.parametrize(
    ("quick", "is_compiled", "is_open", "inline"),
    [
        (True, True, True, True),
        (True, True, False, False),  # opening a snapshot is not quick
        (True, False, True, False),  # nor is compiling
        (False, True, True, False),
    ],
)
def test_only_what_is_quick_by_now_runs_on_the_event_loop(
    session: Session, quick: bool, is_compiled: bool, is_open: bool, inline: bool
) -> None:
    seen: list[str] = []
    engine = Engine(session, seconds=5)
    if is_compiled:
        engine.compiled.set()
    if is_open:
        session.snapshot()
    asked(engine, record_of(threads(seen), quick=quick))
    assert [name.startswith("question") for name in seen] == [not inline]


def test_a_question_that_takes_too_long_is_given_up(session: Session) -> None:
    release = threading.Event()

    def slow(*_: object) -> Result[Any]:
        release.wait(10)
        return Result(results=[])

    started = time.perf_counter()
    try:
        with pytest.raises(Busy, match=r"not answered within 0\.2 s"):
            asked(Engine(session, seconds=0.2), record_of(slow))
        assert time.perf_counter() - started < 5
    finally:
        release.set()


def test_too_many_questions_are_turned_away(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "WAITING", 3)
    with pytest.raises(Busy, match="3 questions are waiting"):
        asked(Engine(session, seconds=5), record_of(threads([])), times=4)


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
