"""Modularity against networkx and published figures."""

from __future__ import annotations

import random
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.rings.modularity import modularity

Edges = list[tuple[int, int, float]]


@st.composite
def partitions(draw: st.DrawFn) -> tuple[list[int], Edges]:
    """Labels of nodes, and weighted edges: parallel ones and loops are common."""
    n = draw(st.integers(1, 7))
    labels = draw(st.lists(st.sampled_from([-3, 0, 5, 6]), min_size=n, max_size=n))
    end = st.integers(0, n - 1)
    weight = st.sampled_from([1.0, 2.0, 0.25, 7.0])
    return labels, draw(st.lists(st.tuples(end, end, weight), min_size=1, max_size=20))


def arrays(edges: Edges) -> tuple[Any, Any, Any]:
    src, dst, weight = zip(*edges, strict=True)
    return np.array(src, np.int32), np.array(dst, np.int32), np.array(weight)


def parts(labels: list[int]) -> list[set[int]]:
    return [{v for v, own in enumerate(labels) if own == label} for label in set(labels)]


@given(partitions(), st.sampled_from([1.0, 0.3, 2.5]))
def test_it_is_that_of_networkx(made: tuple[list[int], Edges], resolution: float) -> None:
    labels, edges = made
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(labels)))
    graph.add_weighted_edges_from(edges)
    src, dst, weight = arrays(edges)
    own = np.array(labels)
    for given_weight, named in ((weight, "weight"), (None, None)):
        expected = nx.community.modularity(
            graph, parts(labels), weight=named, resolution=resolution
        )
        found = modularity(own, src, dst, given_weight, resolution)
        assert found == pytest.approx(expected, abs=1e-12)
    # An edge has no direction.
    assert modularity(own, dst, src, weight) == modularity(own, src, dst, weight)


def test_published_figures() -> None:
    """Two triangles and a bridge; the karate club's two sides as its members took them."""
    bridged = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (4, 5)]
    src, dst = np.array(bridged).T
    assert modularity(np.array([0, 0, 0, 1, 1, 1]), src, dst) == pytest.approx(5 / 14)
    assert modularity(np.zeros(6, int), src, dst) == pytest.approx(0)
    club = nx.karate_club_graph()
    sides = np.array([club.nodes[v]["club"] == "Officer" for v in club])
    src, dst = np.array(list(club.edges())).T
    assert modularity(sides, src, dst) == pytest.approx(0.3582, abs=5e-5)


def test_neither_order_nor_labels_show() -> None:
    chance = random.Random(1)
    n, labels = 300, [chance.randrange(40) for _ in range(300)]
    edges = [(chance.randrange(n), chance.randrange(n), chance.randrange(9)) for _ in range(2000)]
    first = modularity(np.array(labels), *arrays(edges))
    for _ in range(5):
        chance.shuffle(edges)
        names = chance.sample(range(1000), 40)
        moved = np.array([names[label] for label in labels])
        assert modularity(moved, *arrays(edges)) == first


def test_edges_of_the_domain() -> None:
    none = np.empty(0, np.int32)
    assert modularity(np.array([1, 2]), none, none) == 0
    assert modularity(none, none, none) == 0
    one, two = np.array([0]), np.array([1])
    assert modularity(np.array([4]), one, one) == 0
    for labels, src, dst, weight in (
        ([1, 2], one, np.array([2]), None),
        ([1, 2], np.array([-1]), two, None),
        ([1, 2], one, none, None),
        ([1, 2], one, two, np.ones(2)),
    ):
        with pytest.raises(ValueError, match=r"differ in length|without a community"):
            modularity(np.array(labels), src, dst, weight)
