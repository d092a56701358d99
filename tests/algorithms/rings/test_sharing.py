"""Pairs that share items, dense groups and densest blocks, against brute force."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.rings.bipartite import Bipartite, starts
from algorithms.rings.peeling import UNIT as MASS
from algorithms.rings.peeling import Network, cut, densest
from algorithms.rings.sharing import UNIT, dense_groups, pairs, shares, weights
from graph.deadline import Deadline
from tests.referees import rings as referee

EDGES = st.sets(st.tuples(st.integers(0, 9), st.integers(0, 6)), max_size=40)
FEW = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=20)


def net(edges: set[tuple[int, int]], n: int = 10, m: int = 7) -> Bipartite:
    user, item = np.array(sorted(edges), np.int64).reshape(-1, 2).T
    back = user[np.argsort(item, kind="stable")].astype(np.int32)
    return Bipartite(
        np.arange(n, dtype=np.int32), np.arange(m, dtype=np.int32), starts(user, n),
        item.astype(np.int32), starts(item, m), back, np.arange(len(user) + 1),
        np.arange(len(user)),
    )  # fmt: skip


def named(edges: set[tuple[int, int]]) -> set[tuple[str, str]]:
    return {(f"u{a}", f"i{b}") for a, b in edges}


@given(EDGES, st.integers(2, 10), st.sampled_from([0.1, 0.25, 0.5, 1.0]), st.sampled_from([0.4, 1]))
def test_pairs_and_dense_groups_are_those_of_the_referee(edges, most, least, dense) -> None:
    made, deadline = net(edges), Deadline(10)
    found = pairs(made, weights(shares(made), most), round(least * UNIT), deadline)
    expected = referee.pair_weights(named(edges), most)
    weighed = {
        frozenset({f"u{a}", f"u{b}"}): Fraction(w, UNIT)
        for a, b, w in zip(found.a.tolist(), found.b.tolist(), found.weight.tolist(), strict=True)
    }
    assert weighed == {pair: w for pair, w in expected.items() if w >= Fraction(str(least))}
    assert not deadline.passed
    label = dense_groups(10, found, dense).tolist()
    groups = {
        frozenset(f"u{k}" for k, other in enumerate(label) if other == group)
        for group in set(label) - {-1}
    }
    assert groups == referee.dense_groups(expected, Fraction(str(least)), Fraction(str(dense)))


def test_a_hub_costs_nothing_and_joins_nobody() -> None:
    made = net({(user, 0) for user in range(200_000)} | {(1, 1), (2, 1)}, 200_000, 2)
    found = pairs(made, weights(shares(made), 50), UNIT // 10, Deadline(10))
    assert (found.a.tolist(), found.b.tolist(), found.explored) == ([1], [2], 1)


def network(edges: set[tuple[int, int]]) -> Network:
    left, right = np.array(sorted(edges), np.int32).reshape(-1, 2).T
    return Network(5, 5, left, right, np.arange(len(left)))


@settings(max_examples=60, deadline=None)
@given(FEW, st.sampled_from([1.5, 5.0]))
def test_a_block_is_the_greedy_one_and_half_as_dense_as_the_densest(edges, c) -> None:
    block = densest(network(edges), c, Deadline(10))
    assert block is not None
    left, right, best = referee.peeled(named(edges), c)
    assert {f"u{a}" for a in block.left.tolist()} == left
    assert {f"i{b}" for b in block.right.tolist()} == right
    assert block.density == pytest.approx(float(best) / MASS)
    assert 2 * best >= referee.densest(named(edges), c)


def test_the_next_block_lies_outside_the_first() -> None:
    one = {(a, b) for a in range(3) for b in range(3)}
    other = {(a, b) for a in (3, 4) for b in (3, 4)}
    first = densest(network(one | other), 5, Deadline(10))
    assert first is not None
    assert (first.left.tolist(), first.right.tolist()) == ([0, 1, 2], [0, 1, 2])
    second = densest(cut(network(one | other), first)[1], 5, Deadline(10))
    assert second is not None
    assert (second.left.tolist(), second.right.tolist()) == ([3, 4], [3, 4])
    edges, left = cut(cut(network(one | other), first)[1], second)
    assert len(edges) == 4
    assert densest(left, 5, Deadline(10)) is None
