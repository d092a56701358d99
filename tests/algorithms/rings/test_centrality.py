"""Centrality through the real store and on arrays, against networkx and published figures."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.rings.ranking import pagerank
from algorithms.rings.simple import cores, simple, triangles
from graph import compiled
from graph.columns import I32
from graph.errors import UnknownSubject, WrongUsage
from tests.algorithms.related.worlds import Fact, company, relation, world
from tests.algorithms.rings.worlds import KINDS, World, asked, rows, views, worlds

MEASURES = ("pagerank", "core", "triangles", "in", "out")


def referee(graph: nx.MultiDiGraph, damping: float = 0.85) -> dict[str, dict[str, float]]:
    """Every measure of every node."""
    flat = nx.Graph((a, b) for a, b in graph.edges() if a != b)
    flat.add_nodes_from(graph)
    core, closed = nx.core_number(flat), nx.triangles(flat)
    ranks = nx.pagerank(graph, damping, tol=1e-13 / len(graph), max_iter=2000) if graph else {}
    return {
        v: {
            "pagerank": ranks[v],
            "core": core[v],
            "triangles": closed[v],
            "in": graph.in_degree(v),
            "out": graph.out_degree(v),
        }
        for v in graph
    }


@settings(max_examples=40, deadline=None)
@given(worlds(), KINDS, st.sampled_from(MEASURES), st.sampled_from([0.85, 0.5, 0.0]))
def test_it_is_that_of_networkx(
    made: World, kinds: list[str] | None, by: str, damping: float
) -> None:
    asks: dict[str, Any] = {"by": by, "damping": damping, "tolerance": 1e-12}
    asks |= {"kinds": kinds} if kinds else {}
    with views(*made.batches) as seen:
        for batch, snapshot in enumerate(seen):
            graph = made.network(batch, kinds)
            expected = referee(graph, damping)
            answer = asked(snapshot, "centrality", **asks)
            assert answer["truncated"] is None
            found = {row["subject"]: row for row in answer["results"]}
            assert len(found) == len(answer["results"])
            measures = {v: {name: row[name] for name in MEASURES} for v, row in found.items()}
            assert measures.keys() == expected.keys()
            for v, values in expected.items():
                assert measures[v] == pytest.approx(values, abs=1e-10), v
                edges = {*graph.in_edges(v, keys=True), *graph.out_edges(v, keys=True)}
                facts = {fact for *_, fact in edges}
                assert set(found[v]["facts"]) <= facts
                assert len(found[v]["facts"]) == min(20, len(facts))
                assert found[v].get("facts_total", len(facts)) == len(facts)
                higher = sum(row[by] > found[v][by] for row in answer["results"])
                assert found[v]["rank"] == higher + 1
                assert rows(snapshot, "centrality", subject=v, **asks) == [found[v]]
            order = [(-r[by], -r["pagerank"], r["subject"]) for r in answer["results"]]
            assert order == sorted(order)


# "PageRank" in Wikipedia, its picture: percentages of eleven pages.
LINKS = "BC CB DA DB EB ED EF FB FE GB GE HB HE IB IE JE KE"
PERCENT = {"A": 3.3, "B": 38.4, "C": 34.3, "D": 3.9, "E": 8.1, "F": 3.9} | dict.fromkeys(
    "GHIJK", 1.6
)


def network(links: str) -> list[Fact]:
    """Companies of one letter, and a guarantee for each pair of letters."""
    names = sorted({letter for link in links.split() for letter in link})
    made = [relation("guarantee", f"r{i}", *link) for i, link in enumerate(links.split())]
    return [*map(company, names), *made]


def test_published_ranks() -> None:
    with world(network(LINKS)) as snapshot:
        found = rows(snapshot, "centrality")
    shown = {row["subject"][2:]: round(100 * row["pagerank"], 1) for row in found}
    assert shown == PERCENT
    assert [row["subject"][2:] for row in found] == list("BCEDFAGHIJK")
    assert [row["rank"] for row in found] == [1, 2, 3, 4, 4, 6, 7, 7, 7, 7, 7]
    assert sum(row["pagerank"] for row in found) == pytest.approx(1, abs=1e-12)


def test_worked_example() -> None:
    """Four that all know each other, a fifth that hangs on one of them, twice, and a loop."""
    with world(network("AB AC AD BC BD CD DE ED EE")) as snapshot:
        found = {row["subject"][2:]: row for row in rows(snapshot, "centrality", by="core")}
        (alone,) = rows(snapshot, "centrality", subject="E", by="triangles")
    told = {v: tuple(r[n] for n in MEASURES[1:]) for v, r in found.items()}
    assert told == {
        "A": (3, 3, 0, 3),
        "B": (3, 3, 1, 2),
        "C": (3, 3, 2, 1),
        "D": (3, 3, 4, 1),
        "E": (1, 0, 2, 2),
    }
    assert found["E"]["facts"] == ["d:r6", "d:r7", "d:r8"]
    assert (alone["rank"], found["E"]["rank"], found["A"]["rank"]) == (5, 5, 1)


def test_bounds_are_said() -> None:
    facts = network(LINKS)
    with world([*facts, company("gone", valid_to="2020-01-01")]) as snapshot:
        whole = asked(snapshot, "centrality")
        some = asked(snapshot, "centrality", top=8)
        early = asked(snapshot, "centrality", max_iterations=3)
        gone = asked(snapshot, "centrality", subject="gone")
        with pytest.raises(UnknownSubject):
            asked(snapshot, "centrality", subject="L")
        with pytest.raises(WrongUsage, match="did you mean branch"):
            asked(snapshot, "centrality", kinds="branche")
        with pytest.raises(WrongUsage, match="damping"):
            asked(snapshot, "centrality", damping=1)
    assert "notes" not in whole
    assert some["results"] == whole["results"][:8]
    assert some["notes"] == ["8 of 11 subjects are shown / 只列出前 8 个主体"]
    assert some["truncated"] is None
    cut = early["truncated"]
    assert cut["reason"].startswith("max_iterations: PageRank still changed by 0.")
    assert (cut["explored"], cut["limit"]) == (3, 3)
    assert (gone["results"], gone["truncated"]) == ([], None)
    assert gone["notes"] == ["d:gone is no part of this network / 不在此网络中"]


def test_facts_left_out_are_counted() -> None:
    links = [relation("guarantee", f"r{i:02d}", "b", "a") for i in range(25)]
    links[7]["valid_from"] = "2020-01-01"
    with world([company("a"), company("b"), *links]) as snapshot:
        first, second = rows(snapshot, "centrality", by="in")
    kept = ["d:r07", *(f"d:r{i:02d}" for i in range(20) if i != 7)]
    assert (first["facts"], first["facts_total"], first["in"], first["core"]) == (kept, 25, 25, 1)
    assert (second["facts"], second["out"]) == (kept, 25)


@settings(max_examples=15, deadline=None)
@given(worlds(), st.randoms(use_true_random=False), st.sampled_from(MEASURES))
def test_the_order_of_loading_does_not_show(made: World, chance: Any, by: str) -> None:
    """Not in a bit: equal subjects are equal, and names alone decide among them."""
    facts = made.batches[0]
    moved = list(facts)
    chance.shuffle(moved)
    ends = [fact for fact in moved if "from" not in fact]
    rest = [fact for fact in moved if "from" in fact]
    with world(facts) as one, views(ends, rest) as two:
        for top in (1, 3):
            found = rows(one, "centrality", by=by, top=top)
            assert rows(two[-1], "centrality", by=by, top=top) == found


def crowd(seed: int) -> tuple[int, I32, I32]:
    """Nodes with a few hubs, a dense part, parallel edges, loops and some that are alone."""
    chance = np.random.default_rng(seed)
    n = 800
    ends = [chance.integers(0, n - 20, 2500), (chance.pareto(1.0, 2500) * 3).astype(int) % 700]
    dense = chance.integers(100, 140, (2, 900))
    src, dst = np.concatenate([ends, dense], axis=1).astype(np.int32)
    return n, np.append(src, src[:50]), np.append(dst, dst[:50])


def measured(n: int, src: I32, dst: I32) -> list[list[float]]:
    graph = simple(n, src, dst)
    peeled = cores(graph)
    ranks = pagerank(n, src, dst, 0.85, 1e-12, 1000)
    closed = triangles(graph, peeled)
    return [ranks.rank.tolist(), peeled.core.tolist(), closed.tolist()]


def test_a_crowd_interpreted_and_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    n, src, dst = crowd(3)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(zip(src.tolist(), dst.tolist(), strict=True))
    told = referee(graph)
    ranks, core, closed = measured(n, src, dst)
    assert ranks == pytest.approx([told[v]["pagerank"] for v in range(n)], abs=1e-11)
    assert core == [told[v]["core"] for v in range(n)]
    assert closed == [told[v]["triangles"] for v in range(n)]
    assert max(closed) > 100
    assert max(core) > 10
    monkeypatch.setattr(compiled, "_warm", True)
    assert measured(n, src, dst) == [ranks, core, closed]
    # Under other numbers and in another order: the same, to the bit.
    chance = np.random.default_rng(4)
    number = chance.permutation(n).astype(np.int32)
    order = chance.permutation(len(src))
    moved = measured(n, number[src][order], number[dst][order])
    assert [[values[v] for v in number.tolist()] for values in moved] == [ranks, core, closed]


def test_pagerank_ends_where_it_says() -> None:
    n, src, dst = crowd(5)
    exact = pagerank(n, src, dst, 0.85, 1e-12, 1000).rank
    for tolerance in (1e-3, 1e-6):
        found = pagerank(n, src, dst, 0.85, tolerance, 1000)
        before = pagerank(n, src, dst, 0.85, tolerance, found.steps - 1)
        assert found.change < tolerance <= before.change
        error = np.abs(found.rank - exact).sum()
        assert error <= tolerance * 0.85 / 0.15
    nobody = np.empty(0, np.int32)
    assert pagerank(0, nobody, nobody, 0.85, 1e-9, 10).rank.tolist() == []
    assert pagerank(2, nobody, nobody, 0.85, 1e-9, 10).rank.tolist() == [0.5, 0.5]
