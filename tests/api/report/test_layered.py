"""Places in the pyramid: layers against networkx, spacing against scipy's isotonic regression."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from api.report.layered import arrange, spread

NAMES = [f"n{i}" for i in range(9)]
PAIRS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=24, unique=True
)


@given(
    st.lists(
        st.tuples(st.floats(-500, 500), st.floats(5, 90), st.floats(0.5, 20)),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=60, deadline=None)
def test_places_are_the_closest_that_keep_order_and_gap(
    items: list[tuple[float, float, float]],
) -> None:
    wanted, half, weight = map(list, zip(*items, strict=True))
    found = spread(wanted, half, 10.0, weight)
    offset = np.concatenate(([0.0], np.cumsum([a + b + 10.0 for a, b in pairwise(half)])))
    flat = isotonic_regression(np.array(wanted) - offset, weights=np.array(weight)).x
    assert found == pytest.approx(list(flat + offset), abs=1e-6)


@given(PAIRS, st.booleans())
@settings(max_examples=120, deadline=None)
def test_who_holds_stands_above(pairs: list[tuple[str, str]], hang: bool) -> None:
    half = {name: 40.0 for pair in pairs for name in pair}
    layers = arrange(pairs, half, hang=hang)
    row = {name: i for i, names in enumerate(layers.rows) for name in names}
    straight = [p for p in pairs if p not in layers.closing]
    assert all(row[a] < row[b] for a, b in straight)
    graph = nx.DiGraph(straight)
    assert nx.is_directed_acyclic_graph(graph)
    for name in graph:  # as high or as low as the longest way allows
        near = nx.ancestors(graph, name) if hang else nx.descendants(graph, name)
        longest = nx.dag_longest_path_length(graph.subgraph({name, *near}))
        assert longest == (row[name] if hang else len(layers.rows) - 1 - row[name])
    if nx.is_directed_acyclic_graph(nx.DiGraph(pairs)):
        assert not layers.closing
    for names in layers.rows:
        places = [layers.x[name] for name in names]
        assert places == sorted(places)
        for a, b in pairwise(names):
            wide = half.get(a, 8.0) + half.get(b, 8.0) + 26.0
            assert layers.x[b] - layers.x[a] >= wide - 1e-6


def test_a_long_line_has_a_place_in_every_layer_it_crosses() -> None:
    layers = arrange([("a", "b"), ("b", "c"), ("a", "c")], dict.fromkeys("abc", 40.0))
    assert layers.rows[0] == ["a"]
    assert len(layers.bends["a", "c"]) == 1
    assert layers.bends["a", "b"] == []
    assert set(layers.rows[1]) == {"b", *layers.bends["a", "c"]}


def test_mutual_and_own_holdings_close_a_loop() -> None:
    layers = arrange([("a", "b"), ("b", "a"), ("a", "a")], dict.fromkeys("ab", 40.0))
    assert set(layers.closing) == {("b", "a"), ("a", "a")}
    assert layers.rows == [["a"], ["b"]]


@given(st.lists(st.integers(0, 30), max_size=14))
@settings(max_examples=60, deadline=None)
def test_no_lines_of_a_tree_cross(parents: list[int]) -> None:
    pairs = [(f"n{parent % (i + 1)}", f"n{i + 1}") for i, parent in enumerate(parents)]
    names = dict.fromkeys([f"n{i}" for i in range(len(parents) + 1)], 30.0)
    layers = arrange(pairs, names, hang=True)
    row = {name: i for i, line in enumerate(layers.rows) for name in line}
    for a, b in pairs:
        for c, d in pairs:
            if row[a] == row[c] and layers.x[a] < layers.x[c]:
                assert layers.x[b] < layers.x[d]
