"""Random lives of people and companies in a real store, and the replay that referees them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from graph.facts import Normaliser
from graph.live import open_live
from graph.snapshot import Snapshot, snapshot_of
from graph.store import Store, open_store
from graph.times import format_instant, parse_time
from tests.referees.history import History

Fact = dict[str, Any]
USCCS = ("91110000MA0000001L", "91110000MA0000002P")
COMPANIES = [f"c{i}" for i in range(4)]
PERSONS = [f"p{i}" for i in range(4)]
PLACES = {"phone": ["t0"], "address": ["d0"]}
EVERYBODY = COMPANIES + PERSONS
START = parse_time("2022-01-01T00:00:00+08:00")
MINUTE = 60_000_000
DATES = [f"2021-0{month}-{day}" for month in (1, 2, 3) for day in ("01", "05", "20")]
days = st.sampled_from(DATES)
few = st.sampled_from(DATES[::3])  # so that one holding begins when another ends
HELD = ("shareholder", "shareholder", "officer", "legal_representative", "controller")
BESIDE = ("employs", "kin", "nominee", "uses_phone", "located_at", "guardian")


@st.composite
def spans(draw: st.DrawFn, dates: st.SearchStrategy[str] = days) -> Fact:
    """An interval, open at either side now and then."""
    a, b = draw(dates), draw(dates)
    span = {"valid_from": min(a, b), "valid_to": max(a, b)} if a != b else {}
    return {k: v for k, v in span.items() if draw(st.integers(0, 3))}


@st.composite
def entities(draw: st.DrawFn) -> Fact:
    name = draw(st.sampled_from(EVERYBODY))
    fact = {"kind": "company" if name in COMPANIES else "person", "id": name}
    if draw(st.booleans()):
        fact |= draw(spans())
    key = draw(st.sampled_from([None, None, *USCCS]))
    return fact | ({"keys": {"uscc": key}} if key and name in COMPANIES else {})


@st.composite
def roles(draw: st.DrawFn) -> Fact:
    """The kind hangs on the id, so that the same id again is a correction."""
    number = draw(st.integers(0, 29))
    kind = HELD[number % len(HELD)]
    start = draw(st.sampled_from([*PERSONS, *PERSONS, *COMPANIES]))
    end = draw(st.sampled_from([COMPANIES[0], *COMPANIES[:3]]))
    span = draw(spans(few if kind == "shareholder" else days))
    fact = {"kind": kind, "id": f"r{number}", "from": start, "to": end, **span}
    if kind == "shareholder" and draw(st.integers(0, 3)):
        fact["share"] = draw(st.sampled_from(["0.1", "0.25", "0.17", "0.3"]))
    if kind == "officer":
        title = draw(st.sampled_from(["董事", "经理", None]))
        fact |= {"role": title} if title else {}
    return fact


@st.composite
def ties(draw: st.DrawFn) -> Fact:
    """What else lies between the parties."""
    number = draw(st.integers(0, 17))
    kind = BESIDE[number % len(BESIDE)]
    ends = {
        "employs": (COMPANIES, PERSONS),
        "nominee": (EVERYBODY, EVERYBODY),
        "uses_phone": (EVERYBODY, PLACES["phone"]),
        "located_at": (EVERYBODY, PLACES["address"]),
    }.get(kind, (PERSONS, PERSONS))
    start, end = (draw(st.sampled_from(names)) for names in ends)
    return {"kind": kind, "id": f"b{number}", "from": start, "to": end, **draw(spans())}


@st.composite
def listings(draw: st.DrawFn) -> Fact:
    number = draw(st.integers(0, 4))
    more = draw(st.sampled_from([{}, {"domain": "tax", "status": "active"}]))
    span = draw(spans())
    if draw(st.booleans()):  # an entry is in force from its decision, until its end
        span = {{"valid_from": "decided_on", "valid_to": "until"}[k]: v for k, v in span.items()}
    subject = draw(st.sampled_from(EVERYBODY))
    return (
        {"kind": "listing", "id": f"l{number}", "subject": subject, "list": "black"} | span | more
    )


@st.composite
def judgements(draw: st.DrawFn) -> Fact:
    number = draw(st.integers(0, 2))
    kind = "not_same_as" if number == 2 else "same_as"
    names = draw(st.sampled_from([COMPANIES, PERSONS]))
    a, b = draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
    return {"kind": kind, "id": f"j{number}", "from": a, "to": b}


_names = st.sampled_from(
    [*EVERYBODY, *(f"r{i}" for i in range(30)), *(f"b{i}" for i in range(18)), "l0", "l1", "j0"]
)
retractions = _names.map(lambda name: {"kind": "retract", "id": name})
batches = st.lists(
    st.lists(
        st.one_of(
            entities(), roles(), roles(), roles(), roles(), ties(), ties(), listings(),
            judgements(), retractions,
        ),
        min_size=1,
        max_size=14,
        unique_by=lambda fact: fact["id"],
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip
crowds = st.tuples(
    st.lists(
        st.one_of(roles(), roles(), ties()),
        min_size=15,
        max_size=45,
        unique_by=lambda fact: fact["id"],
    ),
    batches,
).map(lambda made: [made[0], *made[1][:1]])
FIRST: list[Fact] = [
    *({"kind": "company", "id": name} for name in COMPANIES),
    *({"kind": "person", "id": name} for name in PERSONS),
    *({"kind": kind, "id": name} for kind, names in PLACES.items() for name in names),
]


def _send(store: Store, history: History, facts: list[Fact], number: int) -> None:
    """Write a batch, and tell the referee what was accepted."""
    normaliser = Normaliser("d", store.id_key)
    rows = [normaliser.row(fact) for fact in facts]
    written = store.write(f"b{number}", rows, recorded_at=START + number * MINUTE)
    refused = {index for index, _ in written.rejected}
    taken = [fact for index, fact in enumerate(facts) if index not in refused]
    # A store takes up entities first and operations last; order within a batch never matters.
    order = {"retract": 2} | dict.fromkeys(("company", "person", "phone", "address"), 0)
    history.record(sorted(taken, key=lambda fact: order.get(fact["kind"], 1)))


@contextmanager
def lived(made: list[list[Fact]]) -> Iterator[tuple[History, list[tuple[Snapshot, int]]]]:
    """The replay, and a view of every batch with the batch's number in it."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/s.db", create=True)
        history = History()
        _send(store, history, FIRST, 0)
        live = open_live(store)
        known = [(format_instant(START + MINUTE // 2), history.batch)]
        for number, facts in enumerate(made, 1):
            _send(store, history, facts, number)
            moment = format_instant(START + number * MINUTE + MINUTE // 2)
            known.append((moment, history.batch))
        yield history, [(snapshot_of(live, moment), batch) for moment, batch in known]
        store.close()
