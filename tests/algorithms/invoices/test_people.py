"""Declared groups, and who is around companies, against plain sets."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.ascending import distinct
from algorithms.invoices.groups import declared_groups
from algorithms.invoices.people import around, sets, through
from graph.times import day_end
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.returns import around as plainly

AT = day_end("2021-12-31")
FIRMS, PEOPLE = ("c1", "c2", "c3", "c4", "c5"), ("p1", "p2", "p3")


@st.composite
def worlds(draw: st.DrawFn) -> list[Fact]:
    facts = [*map(company, FIRMS), *map(person, PEOPLE)]
    firm, who, body = (st.sampled_from(x) for x in (FIRMS, FIRMS + PEOPLE, PEOPLE))
    for i in range(draw(st.integers(0, 9))):
        kind = draw(st.sampled_from(
            ("shareholder", "controller", "branch", "employs", "kin", "nominee", "officer")
        ))  # fmt: skip
        a, b = {
            "employs": (firm, body), "kin": (body, body), "branch": (firm, firm),
            "nominee": (who, who),
        }.get(kind, (who, firm))  # fmt: skip
        share = {"share": draw(st.sampled_from(("0.5", "0.51", "1")))}
        facts.append(
            relation(kind, f"r{i}", draw(a), draw(b), **(share if kind == "shareholder" else {}))
        )
    return facts


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_a_declared_group_hangs_together_by_majorities_of_firms(facts: list[Fact]) -> None:
    """Half of the shares is no majority, and a person makes no declared group."""
    graph = nx.Graph()
    graph.add_nodes_from(FIRMS)
    for fact in facts:
        held = fact["kind"] == "shareholder" and float(fact["share"]) > 0.5
        if (held or fact["kind"] in {"controller", "branch"}) and fact["from"] in FIRMS:
            graph.add_edge(fact["from"], fact["to"])
    with world(facts) as snapshot:
        label = declared_groups(snapshot, AT)
        number = {name: int(label[snapshot.resolve(name)]) for name in FIRMS}
    for a in FIRMS:
        for b in FIRMS:
            assert (number[a] == number[b]) == nx.has_path(graph, a, b)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_who_is_around_a_company(facts: list[Fact]) -> None:
    with world(facts) as snapshot:
        nodes = np.array([snapshot.resolve(name) for name in FIRMS], np.int64)
        found = around(snapshot, AT, nodes)
        for place, name in enumerate(FIRMS):
            names = snapshot.canonicals(found.of(place).tolist())
            assert {each.removeprefix("d:") for each in names} == plainly(facts, name)


pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=20)


@given(pairs, pairs)
def test_sets_of_sets(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    inner = sets(*_columns(second), 7)
    for key in range(7):
        assert inner.of(key).tolist() == sorted({m for k, m in second if k == key})
    key, member = through(*_columns(first), inner)
    expected = sorted((k, n) for k, m in first for n in {n for j, n in second if j == m})
    assert sorted(zip(key.tolist(), member.tolist(), strict=True)) == expected


def _columns(given: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(given, np.int64).reshape(len(given), 2)
    return table[:, 0], table[:, 1]


@given(st.lists(st.integers(-5, 5)))
def test_distinct(values: list[int]) -> None:
    assert distinct(np.array(values, np.int64)).tolist() == sorted(set(values))
