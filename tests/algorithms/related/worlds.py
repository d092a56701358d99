"""Small worlds in a real store, and plain edges for the referees."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from graph.facts import Normaliser
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store
from tests.referees.related import Edge

Fact = dict[str, Any]
USCCS = ("91110000MA0000001L", "91110000MA0000002P", "91110000MA0000003T")


@contextmanager
def world(facts: Iterable[Fact]) -> Iterator[Snapshot]:
    """A snapshot of facts of dataset `d`."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/s.db", create=True)
        normaliser = Normaliser("d", store.id_key)
        written = store.write("b", [normaliser.row(fact) for fact in facts])
        assert not written.rejected, written.rejected
        yield open_snapshot(store)
        store.close()


def company(name: str, **more: Any) -> Fact:
    return {"kind": "company", "id": name, **more}


def person(name: str, **more: Any) -> Fact:
    return {"kind": "person", "id": name, **more}


def relation(kind: str, name: str, start: str, end: str, **more: Any) -> Fact:
    return {"kind": kind, "id": name, "from": start, "to": end, **more}


KINDS = ("shareholder", "officer", "guarantee", "acts_in_concert")


@st.composite
def facts_and_edges(draw: st.DrawFn) -> tuple[list[Fact], list[Edge], list[str]]:
    """Companies, some of them two records of one subject, and relations between them.

    The edges are what should count: ends by canonical id.
    """
    n = draw(st.integers(2, 9))
    keys = [draw(st.sampled_from([None, None, None, *USCCS])) for _ in range(n)]
    facts = [
        company(f"c{i}", **({"keys": {"uscc": key}} if key else {})) for i, key in enumerate(keys)
    ]
    names = [f"cn:uscc:{key}" if key else f"d:c{i}" for i, key in enumerate(keys)]
    edges = []
    ends = st.integers(0, n - 1)
    for i in range(draw(st.integers(0, 24))):
        kind = draw(st.sampled_from(KINDS))
        a, b = draw(ends), draw(ends)
        share = draw(st.sampled_from([None, "0.25", "0.17", "0.1"])) if kind == KINDS[0] else None
        fact = relation(kind, f"r{i}", f"c{a}", f"c{b}")
        facts.append(fact | ({"share": share} if share else {}))
        edges.append(Edge(f"d:r{i}", kind, names[a], names[b], share))
    order = draw(st.randoms(use_true_random=False))
    assert isinstance(order, random.Random)
    order.shuffle(facts)
    return facts, edges, names
