"""Answers as of a day and as known at a time, against a replay of the facts from scratch.

Random batches of entities, roles, holdings, events and judgements, corrected and retracted, go
through the real store; questions are asked of a snapshot that followed the store and of fresh ones.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask, encode
from graph.errors import UnknownSubject
from graph.facts import Normaliser
from graph.live import open_live
from graph.snapshot import Snapshot, open_snapshot, snapshot_of
from graph.store import Store, open_store
from graph.times import format_instant, parse_time
from tests.referees.history import History
from tests.referees.related import related

Fact = dict[str, Any]
USCCS = ("91110000MA0000001L", "91110000MA0000002P")
COMPANIES = [f"c{i}" for i in range(5)]
KINDS = ("shareholder", "officer", "guarantee", "invoice")
START = parse_time("2022-01-01T00:00:00+08:00")
MINUTE = 60_000_000

days = st.integers(1, 9).map(lambda d: f"2021-01-0{d}")


@st.composite
def spans(draw: st.DrawFn) -> Fact:
    """An interval, open at either side now and then."""
    a, b = draw(days), draw(days)
    span = {"valid_from": min(a, b), "valid_to": max(a, b)} if a != b else {}
    return {k: v for k, v in span.items() if draw(st.integers(0, 3))}


@st.composite
def entities(draw: st.DrawFn) -> Fact:
    key = draw(st.sampled_from([None, None, *USCCS]))
    name = draw(st.sampled_from(COMPANIES))
    return {
        "kind": "company",
        "id": name,
        **draw(spans()),
        **({"keys": {"uscc": key}} if key else {}),
    }


@st.composite
def relations(draw: st.DrawFn) -> Fact:
    """The kind hangs on the id, so that the same id again is a correction."""
    number = draw(st.integers(0, 11))
    kind = KINDS[number % len(KINDS)]
    ends = {"from": draw(st.sampled_from(COMPANIES)), "to": draw(st.sampled_from(COMPANIES))}
    fact = {"kind": kind, "id": f"r{number}", **ends}
    if kind == "invoice":
        return fact | {"amount": "1.00", "at": draw(days)}
    if kind == "shareholder":
        fact["share"] = draw(st.sampled_from(["0.1", "0.25", "0.17"]))
    return fact | draw(spans())


@st.composite
def judgements(draw: st.DrawFn) -> Fact:
    number = draw(st.integers(0, 2))
    kind = "not_same_as" if number == 2 else "same_as"
    a, b = draw(st.lists(st.sampled_from(COMPANIES), min_size=2, max_size=2, unique=True))
    return {"kind": kind, "id": f"j{number}", "from": a, "to": b}


names = st.sampled_from([*COMPANIES, *(f"r{i}" for i in range(12)), "j0", "j1", "j2"])
retractions = names.map(lambda name: {"kind": "retract", "id": name})
batches = st.lists(
    st.lists(
        st.one_of(entities(), relations(), relations(), judgements(), retractions),
        min_size=1,
        max_size=6,
        unique_by=lambda fact: fact["id"],
    ),
    min_size=1,
    max_size=6,
)
questions = st.fixed_dictionaries(
    {
        "subject": st.sampled_from(COMPANIES),
        "as_of": days,
        "depth": st.integers(1, 3),
        "direction": st.sampled_from(["in", "out", "both"]),
        "kinds": st.lists(st.sampled_from(KINDS), min_size=1, unique=True),
    }
)
FIRST: list[Fact] = [{"kind": "company", "id": name} for name in COMPANIES]


def send(store: Store, history: History, facts: list[Fact], number: int) -> None:
    """Write a batch, and tell the referee what was accepted."""
    normaliser = Normaliser("d", store.id_key)
    rows = [normaliser.row(fact) for fact in facts]
    written = store.write(f"b{number}", rows, recorded_at=START + number * MINUTE)
    refused = {index for index, _ in written.rejected}
    taken = [fact for index, fact in enumerate(facts) if index not in refused]
    # A store takes up entities first and operations last; order within a batch never matters.
    order = {"company": 0, "retract": 2}
    history.record(sorted(taken, key=lambda fact: order.get(fact["kind"], 1)))


def answer(snapshot: Snapshot, question: Fact) -> bytes | None:
    try:
        return encode(ask(snapshot, "related_parties", question))
    except UnknownSubject:
        return None


def check(snapshot: Snapshot, history: History, question: Fact, batch: int) -> None:
    """The rows are those of the replay."""
    subject = history.subjects(batch)[question["subject"]]
    if not history.living(question["subject"], batch):
        with pytest.raises(UnknownSubject):
            ask(snapshot, "related_parties", question)
        return
    edges = [e for e in history.edges(question["as_of"], batch) if e.kind in question["kinds"]]
    expected = related(edges, subject.canonical, question["depth"], question["direction"])
    found = ask(snapshot, "related_parties", question)["results"]
    shown = [
        {
            k: getattr(row, k)
            for k in ("party", "roles", "depth", "share", "facts", "path", "direction")
        }
        for row in found
    ]
    assert shown == [row | {"facts": row["facts"][:20]} for row in expected]


def travel(made: list[list[Fact]], asked: list[Fact]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/s.db", create=True)
        history = History()
        send(store, history, FIRST, 0)
        live = open_live(store)
        then: list[tuple[int, str, list[bytes | None]]] = []
        for number, facts in enumerate(made, 1):
            send(store, history, facts, number)
            follower = snapshot_of(live)
            for question in asked:
                check(follower, history, question, history.batch)
            moment = format_instant(START + number * MINUTE + MINUTE // 2)
            answers = [answer(follower, question) for question in asked]
            then.append((history.batch, moment, answers))
        for batch, moment, answers in then:
            # What was known then is known of then for ever, from this snapshot and from new ones.
            for past in (snapshot_of(live, moment), open_snapshot(store, moment)):
                for question, before in zip(asked, answers, strict=True):
                    check(past, history, question, batch)
                    assert answer(past, question) == before
        assert store.check() == []
        store.close()


@settings(max_examples=60, deadline=None)
@given(batches, st.lists(questions, min_size=1, max_size=3), st.booleans())
def test_time_travel(made: list[list[Fact]], asked: list[Fact], bits: bool) -> None:
    # A process that lives knows which kinds of relation a node has, and looks up no other.
    with patch("graph.traverse.is_warm", return_value=bits):
        travel(made, asked)


@pytest.mark.full
@settings(max_examples=1500, deadline=None)
@given(batches, st.lists(questions, min_size=1, max_size=3), st.booleans())
def test_time_travel_at_length(made: list[list[Fact]], asked: list[Fact], bits: bool) -> None:
    with patch("graph.traverse.is_warm", return_value=bits):
        travel(made, asked)
