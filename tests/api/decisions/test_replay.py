"""Replay: what an earlier engine answered comes out again, or is told where it differs."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from algorithms import registry
from algorithms.extension import proving
from api.decisions import proposing as proposals
from api.decisions import views
from api.decisions.cascade import Cascade
from api.decisions.replay import replay
from api.decisions.work import Work
from api.session import Session
from graph.facts import Normaliser
from graph.proof.shape import ENGINE, ENGINES
from tests.api.decisions.conftest import proposing

EARLIER = ENGINES[0]


@pytest.fixture
def earlier(work: Work, monkeypatch: pytest.MonkeyPatch) -> str:
    """A decision that an earlier engine prepared."""
    with monkeypatch.context() as then:
        for module in (proving, proposals):
            then.setattr(module, "ENGINE", EARLIER)
        made = work.propose(proposing())
    said = work.proposal(made.id)
    assert (said["engine"], said["row"]["proof"]["claim"]["engine"]) == (EARLIER, EARLIER)
    return made.id


def test_the_same_answer_of_a_later_engine_is_identical(work: Work, earlier: str) -> None:
    """The number of the engine is told; by itself it makes no other answer."""
    again = replay(work, earlier)
    assert again.identical
    assert again.answer == again.now
    assert (again.engine, again.engine_now) == (EARLIER, ENGINE)
    assert again.differs == [f"engine {EARLIER}, now {ENGINE}"]
    assert views.replays(work, None, 10)["differ"] == 0


def test_a_later_engine_that_answers_otherwise_is_told(
    work: Work, earlier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The party is not reached any more, by an engine that reads the same facts otherwise."""
    ask = registry.answer

    def otherwise(*given: Any) -> dict[str, Any]:
        told = ask(*given)
        return {**told, "results": [row for row in told["results"] if row.party != "d:p1"]}

    monkeypatch.setattr(registry, "answer", otherwise)
    again = replay(work, earlier)
    assert not again.identical
    assert again.answer != again.now
    assert again.differs == [
        f"engine {EARLIER}, now {ENGINE}", "the party's row: extend (rule), now none",
    ]  # fmt: skip
    assert views.replays(work, None, 10)["differ"] == 1


def test_another_reason_for_the_same_outcome_says_in_what(
    work: Work, earlier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = registry.answer

    def otherwise(*given: Any) -> dict[str, Any]:
        told = ask(*given)
        rows = [replace(row, why="else", share=0.5) for row in told["results"]]
        return {**told, "results": rows}

    monkeypatch.setattr(registry, "answer", otherwise)
    again = replay(work, earlier)
    assert not again.identical
    assert again.differs[1:] == ["the party's row: extend (rule) as it was, but for share, why"]


def test_what_is_not_the_party_s_own_row_is_told_too(
    work: Work, earlier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = registry.answer
    monkeypatch.setattr(registry, "answer", lambda *given: {**ask(*given), "notes": ["other"]})
    again = replay(work, earlier)
    assert not again.identical
    assert again.differs[1:] == ["the bytes of the whole answer, in what is not this party's row"]


def test_a_decision_of_an_earlier_engine_stands_while_its_proof_holds(
    session: Session, work: Work, earlier: str
) -> None:
    """Facts fall beside it: its own proof is judged, by what it says."""
    normaliser = Normaliser("d", session.store.id_key)
    before = session.store.last_batch()
    changed = {"kind": "person", "id": "p1", "name": "p1", "attrs": {"birth_date": "1980-01-01"}}
    beside = {"kind": "shareholder", "id": "s9", "from": "p1", "to": "c1", "share": "0.01"}
    session.store.write("more", [normaliser.row(fact) for fact in (changed, beside)])
    (fallout,) = Cascade(work).since(before)
    assert (fallout.decision, fallout.outcome) == (earlier, "stands")
