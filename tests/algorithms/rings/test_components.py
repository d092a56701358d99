"""Components through the real store, against networkx."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.rings.connected import components
from graph import compiled
from graph.errors import UnknownSubject, WrongUsage
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.algorithms.rings.worlds import KINDS, World, asked, rows, views, worlds


def parts(graph: nx.MultiDiGraph, least: int) -> dict[frozenset[str], set[str]]:
    """Members to relations of the components of at least a size."""
    return {
        frozenset(part): {fact for *_, fact in graph.subgraph(part).edges(keys=True)}
        for part in nx.weakly_connected_components(graph)
        if len(part) >= least
    }


@settings(max_examples=40, deadline=None)
@given(worlds(), KINDS, st.integers(1, 3))
def test_they_are_those_of_networkx(made: World, kinds: list[str] | None, least: int) -> None:
    asks: dict[str, Any] = {"min_size": least} | ({"kinds": kinds} if kinds else {})
    with views(*made.batches) as seen:
        for batch, snapshot in enumerate(seen):
            graph = made.network(batch, kinds)
            expected = parts(graph, least)
            found = rows(snapshot, "components", **asks)
            assert len(found) == len(expected)
            for row in found:
                facts = expected[frozenset(row["members"])]
                assert len(set(row["members"])) == len(row["members"]) == row["size"]
                assert set(row["facts"]) <= facts
                assert row.get("facts_total", len(row["facts"])) == len(facts)
                assert len(row["facts"]) == min(len(facts), 20)
                assert row["score"] == row["size"]
                ends = [graph.degree(name) for name in row["members"]]
                assert ends == sorted(ends, reverse=True)
            assert len({row["id"] for row in found}) == len(found)
            order = [(-row["size"], -len(expected[frozenset(row["members"])])) for row in found]
            assert order == sorted(order)
            for name in made.entities:
                own = [row for row in found if name in row["members"]]
                assert rows(snapshot, "components", subject=name, **asks) == own


EXAMPLE: list[Fact] = [
    *map(company, ("c1", "c2", "c3", "c4", "c5", "c6")),
    *map(person, ("p1", "p2")),
    relation("shareholder", "s1", "p1", "c1", valid_from="2019-05-01"),
    relation("shareholder", "s2", "p1", "c2", valid_from="2020-05-01"),
    relation("branch", "b1", "c3", "c2", valid_from="2018-05-01"),
    relation("branch", "b2", "c3", "c3", valid_from="2021-05-01"),
    relation("kin", "k1", "p2", "p2"),
    relation("guarantee", "g1", "c5", "c4"),
]


def test_worked_example() -> None:
    with world(EXAMPLE) as snapshot:
        first, second = rows(snapshot, "components")
        every = rows(snapshot, "components", min_size=1)
        branches = rows(snapshot, "components", kinds="branch")
        (held,) = rows(snapshot, "components", kinds="shareholder")
    # p1, c2 and c3 have two, one and four ends: c3's loop has both.
    assert first["members"] == ["d:c3", "d:c2", "d:p1", "d:c1"]
    assert first["facts"] == ["d:b2", "d:s2", "d:s1", "d:b1"]
    assert (first["begins"], first["ends"]) == ("2018-05-01", "2021-05-01")
    assert (first["pattern"], first["amount"], first["score"]) == ("component", None, 4.0)
    assert "4 个主体 (企业 3、自然人 1) 由 4 条关系相连" in first["why"]
    assert "4 subjects (company 3, person 1) hang together by 4 relations" in first["why"]
    assert second["members"] == ["d:c4", "d:c5"]
    assert (second["begins"], second["ends"]) == (None, None)
    assert [row["members"] for row in every[2:]] == [["d:p2"], ["d:c6"]]
    assert [row["facts"] for row in every[2:]] == [["d:k1"], []]
    assert [sorted(row["members"]) for row in branches] == [["d:c2", "d:c3"]]
    # c1 is what both are called by, but over other relations it is another component.
    assert sorted(held["members"]) == ["d:c1", "d:c2", "d:p1"]
    assert first["id"] != held["id"]


def test_of_one_subject() -> None:
    facts = [*EXAMPLE, company("gone", valid_to="2020-01-01")]
    with world(facts) as snapshot:
        whole = rows(snapshot, "components", min_size=1)
        assert rows(snapshot, "components", subject="c1") == whole[:1]
        assert rows(snapshot, "components", subject="c6") == []
        assert rows(snapshot, "components", subject="c6", min_size=1) == whole[3:]
        assert rows(snapshot, "components", subject="c1", kinds="guarantee") == []
        assert rows(snapshot, "components", subject="gone", min_size=1) == []
        with pytest.raises(UnknownSubject):
            rows(snapshot, "components", subject="c9")
        with pytest.raises(WrongUsage):
            rows(snapshot, "components", kinds="branches")


def test_the_id_stays_while_its_company_does() -> None:
    with world(EXAMPLE) as snapshot:
        before = rows(snapshot, "components", subject="c1")
    grown = [*EXAMPLE, person("a0"), relation("employs", "e", "c3", "a0")]
    with world(grown) as snapshot:
        after = rows(snapshot, "components", subject="c1")
        joined = rows(snapshot, "components", subject="c1", as_of="2018-06-01", min_size=1)
    assert before[0]["id"] == after[0]["id"]
    assert before[0]["members"] != after[0]["members"]
    assert joined[0]["id"] == before[0]["id"]


def pairs(n: int) -> list[Fact]:
    """Pairs that only their names tell apart."""
    ends = [(f"c{i:02d}", f"e{i:02d}") for i in range(n)]
    return [
        *(company(name) for pair in ends for name in pair),
        *(relation("branch", f"r{a}", a, b) for a, b in ends),
    ]


def test_rows_left_out_are_said() -> None:
    facts = [*pairs(30), relation("branch", "twice", "c17", "e17")]
    with world(facts[::-1]) as snapshot:
        whole = asked(snapshot, "components")
        some = asked(snapshot, "components", max_rows=3)
        just = asked(snapshot, "components", max_rows=30)
    assert whole["truncated"] is None is just["truncated"]
    assert some["results"] == whole["results"][:3]
    assert [row["members"][0] for row in some["results"]] == ["d:c17", "d:c00", "d:c01"]
    assert some["truncated"]["reason"].startswith("max_rows: 30 components found")
    assert (some["truncated"]["limit"], some["truncated"]["explored"]) == (3, 31)


def test_members_and_facts_left_out_are_counted() -> None:
    spokes = [f"s{i:02d}" for i in range(40)]
    facts = [company("hub"), *map(company, spokes)]
    for i, name in enumerate(spokes):
        day = f"2020-01-{i // 2 + 1:02d}"
        facts.append(relation("branch", f"r{name}", name, "hub", valid_from=day))
    with world(facts) as snapshot:
        (row,) = rows(snapshot, "components", max_members=3)
    assert row["members"] == ["d:hub", "d:s00", "d:s01"]
    assert (row["members_total"], row["size"], row["facts_total"]) == (41, 41, 40)
    # Two began each day: the later days first, within a day by id.
    expected = [f"d:rs{i + j:02d}" for i in range(38, 18, -2) for j in (0, 1)]
    assert row["facts"] == expected


@settings(max_examples=15, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_loading_does_not_show(made: World, chance: Any) -> None:
    asks: dict[str, Any] = {"min_size": 1, "max_rows": 2, "max_members": 2}
    facts = made.batches[0]
    moved = list(facts)
    chance.shuffle(moved)
    ends = [fact for fact in moved if "from" not in fact]
    rest = [fact for fact in moved if "from" in fact]
    with world(facts) as one, views(ends, rest) as two:
        assert rows(one, "components", **asks) == rows(two[-1], "components", **asks)


def test_compiled_code_joins_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(7)
    n, m = 3000, 2500
    src, dst = (chance.integers(0, n, m).astype(np.int32) for _ in range(2))
    plain = components(n, src, dst)
    graph = nx.Graph(zip(src.tolist(), dst.tolist(), strict=True))
    graph.add_nodes_from(range(n))
    expected = {v: min(part) for part in nx.connected_components(graph) for v in part}
    assert plain.tolist() == [expected[v] for v in range(n)]
    monkeypatch.setattr(compiled, "_warm", True)
    assert components(n, src, dst).tolist() == plain.tolist()
    # A long chain joined from its far end, for which roots change all the time.
    chain = np.arange(5000, dtype=np.int32)[::-1].copy()
    assert not components(5000, chain[1:].copy(), chain[:-1].copy()).any()
