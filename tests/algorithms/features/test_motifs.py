"""Patterns in windows against looking at every set of events."""

from __future__ import annotations

import math
from collections import Counter

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.features.bicliques import bicliques
from algorithms.features.making import features
from algorithms.features.motifs import SIZE, SPAN
from tests.algorithms.features.test_money import SPANS, Drawn, value
from tests.algorithms.features.worlds import ACCOUNTS, DAY, END, entities, moment, transfers
from tests.algorithms.related.worlds import Fact, relation, world
from tests.referees import features as referee
from tests.referees.fans import Pay, gather_scatters, scatter_gathers

MICROS = SPAN * referee.DAY


@settings(max_examples=25, deadline=None)
@given(transfers(most=16))
def test_cycles_bicliques_and_fans(drawn: Drawn) -> None:
    facts, events = drawn
    with world([*entities(), *facts]) as snapshot:
        made = features(snapshot, "account", DAY, groups=["motifs"])
        for who in ACCOUNTS:
            for end, days in SPANS.items():

                def told(name: str) -> float | None:
                    return value(snapshot, made, f"d:{who}", f"transfer_{name}_{end}")  # noqa: B023

                found = referee.cycles(who, events, END, days, MICROS)
                assert [told(f"cycle{n}") for n in range(2, 6)] == [found[n] for n in range(2, 6)]
                out, into = referee.bicliques(who, events, END, days)
                assert (told("biclique_out"), told("biclique_in")) == (out, into)
                for way, ends in (("out", (0, 1)), ("in", (1, 0))):
                    spans = referee.fans(who, events, ends, MICROS, SIZE)
                    here = [m for b, m in spans if days is None or b > END - days * referee.DAY]
                    assert told(f"fan_{way}") == len(here)
                    assert told(f"fan_{way}_most") == max(here, default=0)


@settings(max_examples=40, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30))
def test_bicliques_against_squares_of_networkx(drawn: set[tuple[int, int]]) -> None:
    pairs = np.array(sorted(drawn), np.int64).reshape(-1, 2)
    left, right = bicliques(7, pairs[:, 0], pairs[:, 1])
    graph = nx.Graph(((0, a), (1, b)) for a, b in drawn)
    squares: dict[tuple[int, int], int] = {}
    for cycle in nx.simple_cycles(graph, length_bound=4):
        for node in cycle:
            squares[node] = squares.get(node, 0) + 1
    assert left.tolist() == [squares.get((0, a), 0) for a in range(7)]
    assert right.tolist() == [squares.get((1, b), 0) for b in range(7)]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 11)),
                min_size=25, max_size=60))  # fmt: skip
def test_scatter_gather_and_gather_scatter(drawn: list[tuple[int, int, int]]) -> None:
    """Five accounts that pay one another at a few moments, many of them the same, over 22 days."""
    facts, pays = entities()[: len(ACCOUNTS)], []
    for n, (a, b, days) in enumerate(drawn):
        minutes = 2 * days * 60 * 24 + 1
        facts.append(
            relation("transfer", f"t{n}", f"a{a}", f"a{b}", at=moment(minutes), amount="1")
        )
        pays.append(Pay(f"t{n}", f"a{a}", f"a{b}", END + 1 - minutes * 60_000_000))
    scattered = [*scatter_gathers(pays, MICROS, SIZE)]
    gathered = [*gather_scatters(pays, MICROS, SIZE)]
    with world(facts) as snapshot:
        made = features(snapshot, "account", DAY, groups=["motifs"])
        for who in ACCOUNTS:
            for end, days in SPANS.items():
                here = -math.inf if days is None else END - days * referee.DAY
                counts = Counter(
                    name
                    for rows, parts in (
                        (scattered, {"scatter_source": slice(0, 1), "scatter_sink": slice(-1, None),
                                     "scatter_middle": slice(1, -1)}),
                        (gathered, {"gather_scatter": slice(0, 1)}),
                    )
                    for _, core, _, _, last in rows
                    for name, part in parts.items()
                    if last > here and who in core[part]
                )  # fmt: skip
                for name in ("scatter_source", "scatter_sink", "scatter_middle", "gather_scatter"):
                    column = f"transfer_{name}_{end}"
                    assert value(snapshot, made, f"d:{who}", column) == counts[name], column


def test_scatter_gather_and_gather_scatter_are_told_to_each_of_their_parts() -> None:
    middle = [f"m{i}" for i in range(4)]
    facts: list[Fact] = [{"kind": "account", "id": name} for name in (*middle, "s", "t", "u")]
    for i, name in enumerate(middle):
        facts.append(relation("transfer", f"x{i}", "s", name, at=moment(5000 - i), amount="9"))
        facts.append(relation("transfer", f"y{i}", name, "t", at=moment(3000 - i), amount="9"))
        facts.append(relation("transfer", f"z{i}", "t", name, at=moment(1000 - i), amount="9"))
    with world(facts) as snapshot:
        made = features(snapshot, "account", DAY, groups=["motifs"])

        def told(who: str, name: str) -> float | None:
            return value(snapshot, made, f"d:{who}", f"transfer_{name}")

        assert told("s", "scatter_source_7d") == told("t", "scatter_sink_30d") == 1
        assert all(told(name, "scatter_middle_7d") == 1 for name in middle)
        assert told("t", "gather_scatter_7d") == 1
        assert told("s", "gather_scatter_7d") == told("u", "scatter_source_ever") == 0
