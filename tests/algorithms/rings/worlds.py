"""Worlds with parallel, looping, ended, coming, retracted and late relations, and what of them
counts, told by plain rules."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import networkx as nx
from hypothesis import strategies as st

from algorithms.registry import ask
from graph.facts import Normaliser
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store
from tests.algorithms.related.worlds import USCCS, Fact, company, relation

AS_OF = "2022-01-01"
HOUR = 3_600_000_000
FIRST = 1_640_000_000_000_000  # when the first batch was recorded: 2021-12-20
STATES = ("guarantee", "branch")
EVENTS = ("invoice", "transfer")
FATES = ("there", "there", "there", "ended", "coming", "retracted", "late")
Edge = tuple[str, str, str, str]  # fact, kind, ends


@dataclass
class World:
    """Facts in two batches, and what counts on AS_OF as known after each: entities and edges."""

    batches: tuple[list[Fact], list[Fact]]
    entities: dict[str, str]  # canonical id of every subject that is true on the day: its kind
    counts: tuple[list[Edge], list[Edge]] = field(default_factory=lambda: ([], []))

    def network(self, batch: int, kinds: Iterable[str] | None) -> nx.MultiDiGraph:
        """The graph that should be looked at; the key of an edge is its fact."""
        asked = set(STATES + EVENTS if kinds is None else kinds)
        joined = {"account"} if asked == {"transfer"} else {"company"}
        if kinds is None or {"transfer"} < asked:
            joined = {"account", "company"}
        graph = nx.MultiDiGraph()
        graph.add_nodes_from(name for name, kind in self.entities.items() if kind in joined)
        graph.add_edges_from(
            (a, b, fact) for fact, kind, a, b in self.counts[batch] if kind in asked
        )
        return graph


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Few subjects, some of two records and some gone, and relations of every fate."""
    names: dict[str, str] = {}  # record: canonical id
    gone: set[str] = set()
    entities: list[Fact] = []
    for i in range(draw(st.integers(1, 8))):
        key = draw(st.sampled_from([None, None, None, *USCCS]))
        more: Fact = {"keys": {"uscc": key}} if key else {}
        if not key and draw(st.integers(0, 5)) == 0:
            more["valid_to"] = "2021-06-01"
            gone.add(f"c{i}")
        entities.append(company(f"c{i}", **more))
        names[f"c{i}"] = f"cn:uscc:{key}" if key else f"d:c{i}"
    for i in range(draw(st.integers(1, 4))):
        entities.append({"kind": "account", "id": f"a{i}"})
        names[f"a{i}"] = f"d:a{i}"
    kinds = {names[r]: e["kind"] for e in entities if (r := e["id"]) not in gone}
    first, second = entities, []
    made = World((first, second), kinds)
    for i in range(draw(st.integers(0, 24))):
        kind = draw(st.sampled_from(STATES + EVENTS))
        letter = "a" if kind == "transfer" else "c"
        ends = st.sampled_from([r for r in names if r[0] == letter])
        a, b, fate = draw(ends), draw(ends), draw(st.sampled_from(FATES))
        fact = relation(kind, f"r{i}", a, b)
        if kind in EVENTS:
            day = "2022-01-02" if fate == "coming" else f"2021-03-0{draw(st.integers(1, 9))}"
            fact |= {"at": day, "amount": "1.00"}
        elif fate in ("ended", "coming"):
            fact["valid_to" if fate == "ended" else "valid_from"] = "2022-01-01"
            if fate == "coming":
                fact["valid_from"] = "2022-01-02"
        (second if fate == "late" else first).append(fact)
        if fate == "retracted":
            second.append({"kind": "retract", "id": f"r{i}"})
        true = fate != "coming" and (kind in EVENTS or (fate != "ended" and not {a, b} & gone))
        edge = (f"d:r{i}", kind, names[a], names[b])
        if true and fate != "late":
            made.counts[0].append(edge)
        if true and fate != "retracted":
            made.counts[1].append(edge)
    return made


@contextmanager
def views(*batches: list[Fact]) -> Iterator[list[Snapshot]]:
    """What was known after each batch, recorded an hour apart."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/s.db", create=True)
        normaliser = Normaliser("d", store.id_key)
        moments = []
        for number, facts in enumerate(batches):
            rows = [normaliser.row(fact) for fact in facts]
            written = store.write(f"b{number}", rows, recorded_at=FIRST + number * HOUR)
            assert not written.rejected, written.rejected
            moments.append(open_snapshot(store).known_at)
        yield [open_snapshot(store, moment) for moment in moments]
        store.close()


def asked(snapshot: Snapshot, name: str, **params: Any) -> dict[str, Any]:
    """The envelope, as plain values."""
    plain: dict[str, Any] = msgspec.to_builtins(ask(snapshot, name, {"as_of": AS_OF, **params}))
    return plain


def rows(snapshot: Snapshot, name: str, **params: Any) -> list[dict[str, Any]]:
    """The rows, as plain values."""
    found: list[dict[str, Any]] = asked(snapshot, name, **params)["results"]
    return found


KINDS = st.sampled_from(
    [None, ["guarantee"], ["branch", "invoice"], ["transfer"], ["transfer", "guarantee"]]
)
