"""Communities against networkx, what Leiden promises, and a planted partition."""

from __future__ import annotations

import random
import re
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.rings.structure import order
from graph.errors import UnknownSubject, WrongUsage
from tests.algorithms.related.worlds import Fact, company, relation
from tests.algorithms.rings.worlds import KINDS, World, asked, rows, views, worlds


def parts(network: nx.MultiDiGraph, found: list[dict[str, Any]]) -> list[set[str]]:
    """The communities of a network, those who are alone among them."""
    several = [set(row["members"]) for row in found]
    return several + [{node} for node in network if not any(node in part for part in several)]


def undirected(network: nx.MultiDiGraph) -> nx.Graph:
    """Parallel relations add up; those of a subject with itself are left out."""
    graph = nx.Graph()
    graph.add_nodes_from(network)
    for a, b in network.edges():
        if a != b:
            before = graph.get_edge_data(a, b, {"weight": 0})["weight"]
            graph.add_edge(a, b, weight=before + 1)
    return graph


@settings(max_examples=80, deadline=None)
@given(worlds(), KINDS, st.integers(0, 3))
def test_what_leiden_promises_and_networkx_says(made: World, kinds, seed) -> None:
    params: dict[str, Any] = {"seed": seed} | ({"kinds": kinds} if kinds else {})
    with views(*made.batches) as seen:
        for batch, snapshot in enumerate(seen):
            network = made.network(batch, kinds)
            graph = undirected(network)
            answer = asked(snapshot, "communities", **params)
            found = answer["results"]
            whole = parts(network, found)
            assert sum(map(len, whole)) == len(graph)
            assert set().union(*whole) == set(graph)
            assert all(nx.is_connected(graph.subgraph(part)) for part in whole)
            if not graph.number_of_edges():
                assert found == []
                continue
            q = nx.community.modularity(graph, whole)
            said, count = re.findall(r"-?[\d.]+", answer["notes"][0])[:2]
            assert float(said) == pytest.approx(q, abs=1e-6)
            assert int(count) == len(found)
            assert q >= nx.community.modularity(graph, [{node} for node in graph])
            alone = sum(
                -((graph.degree(node, "weight") / (2 * graph.size("weight"))) ** 2)
                for part in whole if len(part) == 1 for node in part
            )  # fmt: skip
            assert sum(row["modularity"] for row in found) + alone == pytest.approx(q)
            for row in found:
                members = set(row["members"])
                within = {
                    fact for a, b, fact in network.edges(keys=True) if {a, b} <= members and a != b
                }
                assert row["size"] == len(members)
                assert set(row["facts"]) <= within
                assert row.get("facts_total", len(row["facts"])) == len(within)
                ends = sum(graph.degree(node, "weight") for node in members)
                assert row["score"] == pytest.approx(2 * len(within) / ends)
            asked_again = asked(snapshot, "communities", **params)
            assert asked_again == answer
            if found:
                (mine,) = rows(snapshot, "communities", subject=found[0]["members"][0], **params)
                assert mine == found[0]


def clubs(count: int, size: int, chance: random.Random) -> list[Fact]:
    """Companies in circles that guarantee each other, and a few guarantees between circles."""
    names = [f"c{k}" for k in range(count * size)]
    chance.shuffle(names)
    facts = [company(name) for name in names]
    pairs = []
    for club in range(count):
        inside = names[club * size : (club + 1) * size]
        pairs += [pair for pair in combinations(inside, 2) if chance.random() < 0.7]
        pairs.append((inside[0], names[(club + 1) * size % len(names)]))
    chance.shuffle(pairs)
    return facts + [
        relation("guarantee", f"g{k}", a, b, valid_from="2020-01-01")
        for k, (a, b) in enumerate(pairs)
    ]


@pytest.mark.parametrize("more", [{}, {"weight": "pairs"}, {"seed": 9, "resolution": 1.5}])
def test_planted_circles_are_found(more: dict[str, Any]) -> None:
    facts = clubs(6, 8, random.Random(11))
    names = [fact["id"] for fact in facts if fact["kind"] == "company"]
    planted = {frozenset(f"d:{n}" for n in names[k * 8 : k * 8 + 8]) for k in range(6)}
    with views(facts) as (snapshot,):
        found = rows(snapshot, "communities", **more)
        assert asked(snapshot, "communities", max_rows=2)["truncated"]["limit"] == 2
        (short, *_) = rows(snapshot, "communities", max_members=3)
    assert {frozenset(row["members"]) for row in found} == planted
    assert (len(short["members"]), short["members_total"]) == (3, 8)


def test_the_order_of_loading_changes_nothing() -> None:
    """Where many partitions are as good, too: circles of a ring are cut anywhere."""
    facts = [company(f"c{k:02d}") for k in range(30)]
    facts += [
        relation("guarantee", f"g{k}", f"c{k:02d}", f"c{(k + 1) % 30:02d}", valid_from="2020-01-01")
        for k in range(30)
    ]
    answers = []
    for turn in range(3):
        random.Random(turn).shuffle(facts)
        with views(facts) as (snapshot,):
            answers.append(asked(snapshot, "communities")["results"])
    assert answers[0] == answers[1] == answers[2]


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 2)), max_size=20),
    st.permutations(range(8)),
)
def test_the_order_of_nodes_comes_from_the_network(edges, new) -> None:
    """Renamed, what is told apart keeps its place; what is not stands by name."""
    a, b, said = (np.array([edge[k] for edge in edges], np.int64) for k in range(3))
    number = said.astype(np.uint64)

    def names(places: Any) -> list[str]:
        return [f"{place}" for place in places.tolist()]

    moved = np.array(new)
    asked_of: list[int] = []

    def renamed(places: Any) -> list[str]:
        asked_of.extend(places.tolist())
        return [f"{new.index(place)}" for place in places.tolist()]

    first = order(np.zeros(8), a, b, number, names)
    second = order(np.zeros(8), moved[a], moved[b], number, renamed)
    assert moved[first].tolist() == second.tolist()
    loose = {node for node in range(8) if node not in a and node not in b}
    assert len(loose) < 2 or {new[node] for node in loose} <= set(asked_of)


def test_what_is_refused() -> None:
    with views([company("c1")]) as (snapshot,):
        assert rows(snapshot, "communities") == []
        with pytest.raises(UnknownSubject):
            rows(snapshot, "communities", subject="nobody")
        with pytest.raises(WrongUsage):
            rows(snapshot, "communities", kinds="owns")
        with pytest.raises(WrongUsage):
            rows(snapshot, "communities", resolution=0)
