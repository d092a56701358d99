"""Common links through the real store, against every chain of a plain list of relations."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph import compiled
from graph.errors import UnknownSubject, WrongUsage
from graph.snapshot import Snapshot
from tests.algorithms.related.lives import EVERYBODY, crowds, days, lived
from tests.algorithms.related.worlds import (
    Fact,
    company,
    facts_and_edges,
    person,
    relation,
    world,
)
from tests.referees.common import common
from tests.referees.related import Edge


def asked(snapshot: Snapshot, *subjects: str, **params: Any) -> dict[str, Any]:
    answer = ask(snapshot, "common_links", {"subjects": list(subjects), **params})
    found: dict[str, Any] = msgspec.to_builtins(answer)
    return found


def shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with no more evidence than is shown."""
    for row in rows:
        if len(row["facts"]) > 20:
            row |= {"facts": row["facts"][:20], "facts_total": len(row["facts"])}
    return rows


@settings(max_examples=50, deadline=None)
@given(
    facts_and_edges(),
    st.lists(st.integers(0, 8), min_size=2, max_size=4, unique=True),
    st.integers(1, 2),
    st.sampled_from([1, 3, 1000]),
)
def test_rows_are_those_of_the_referee(
    made: tuple[list[Fact], list[Edge], list[str]], places: list[int], depth: int, fanout: int
) -> None:
    facts, edges, names = made
    subjects = [f"c{place % len(names)}" for place in places]
    canonical = sorted({names[place % len(names)] for place in places})
    with world(facts) as snapshot:
        if len(canonical) < 2:
            with pytest.raises(WrongUsage, match="two different"):
                asked(snapshot, *subjects)
            return
        answer = asked(snapshot, *subjects, depth=depth, max_fanout=fanout)
    expected = shown(common(edges, canonical, depth, fanout))
    assert answer["results"] == expected
    if any(row["hub"] for row in expected):
        assert answer["truncated"]["reason"].startswith("max_fanout")
    elif fanout == 1000:
        assert answer["truncated"] is None


@settings(max_examples=25, deadline=None)
@given(crowds, days, st.integers(1, 2))
def test_at_every_batch_and_day(made: list[list[Fact]], day: str, depth: int) -> None:
    with lived(made) as (history, views):
        for view, batch in views:
            subjects = history.subjects(batch)
            living = [name for name in EVERYBODY if history.living(name, batch)]
            chosen = [living[0], living[-1], *living[1:2]]
            canonical = sorted({subjects[name].canonical for name in chosen})
            if len(canonical) > 1:
                rows = asked(view, *chosen, as_of=day, depth=depth)["results"]
                assert rows == shown(common(history.edges(day, batch), canonical, depth, 1000))


@settings(max_examples=25, deadline=None)
@given(facts_and_edges(), st.integers(0, 8), st.integers(0, 8))
def test_the_weights_of_two_are_the_resource_allocation_index_of_networkx(
    made: tuple[list[Fact], list[Edge], list[str]], a: int, b: int
) -> None:
    facts, edges, names = made
    a, b = a % len(names), b % len(names)
    if names[a] == names[b]:
        return
    graph = networkx.Graph((e.src, e.dst) for e in edges if e.src != e.dst)
    graph.add_nodes_from(names)
    ((_, _, index),) = networkx.resource_allocation_index(graph, [(names[a], names[b])])
    with world(facts) as snapshot:
        rows = asked(snapshot, f"c{a}", f"c{b}")["results"]
    assert math.isclose(sum(row["weight"] for row in rows), index, rel_tol=1e-9, abs_tol=1e-12)


# Two people, one phone of the two alone, and an agent's address where 40 firms are.
SHARING = [
    person("p1"), person("p2"), person("p3"), company("c1"),
    {"kind": "phone", "id": "t"}, {"kind": "address", "id": "d"}, {"kind": "account", "id": "a"},
    {"kind": "event", "id": "e"},
    relation("uses_phone", "u1", "p1", "t"),
    relation("uses_phone", "u2", "p2", "t", valid_to="2021-06-01"),
    relation("legal_representative", "l1", "p1", "c1"),
    relation("shareholder", "s1", "p1", "c1", share="0.5"),
    relation("officer", "o1", "p2", "c1"),
    relation("officer", "o2", "p3", "c1"),
    relation("holds_account", "h1", "c1", "a"),
    relation("located_at", "d1", "p1", "d"),
    relation("located_at", "d2", "p2", "d"),
    relation("participated", "e1", "p1", "e"),
    *(company(f"f{i}") for i in range(38)),
    *(relation("located_at", f"df{i}", f"f{i}", "d") for i in range(38)),
]  # fmt: skip


def test_worked_example() -> None:
    with world(SHARING) as snapshot:
        rows = asked(snapshot, "p2", "p1", as_of="2021-05-31")["results"]
        later = asked(snapshot, "p2", "p1", as_of="2021-06-01")["results"]
    assert rows == [
        {"via": "d:t", "kinds": ["uses_phone"], "subjects": ["d:p1", "d:p2"], "weight": 0.5,
         "facts": ["d:u1", "d:u2"], "depth": 1, "degree": 2, "hub": False},
        {"via": "d:c1", "kinds": ["legal_representative", "officer", "shareholder"],
         "subjects": ["d:p1", "d:p2"], "weight": 0.25, "facts": ["d:l1", "d:o1", "d:s1"],
         "depth": 1, "degree": 4, "hub": False},
        {"via": "d:d", "kinds": ["located_at"], "subjects": ["d:p1", "d:p2"], "weight": 0.025,
         "facts": ["d:d1", "d:d2"], "depth": 1, "degree": 40, "hub": False},
    ]  # fmt: skip
    assert [row["via"] for row in later] == ["d:c1", "d:d"]


def test_three_subjects_and_two_steps() -> None:
    with world(SHARING) as snapshot:
        three = asked(snapshot, "p1", "p2", "p3", as_of="2021-05-31")["results"]
        far = asked(snapshot, "p1", "p3", as_of="2021-05-31", depth=2)["results"]
    assert [(r["via"], r["subjects"], r["weight"]) for r in three] == [
        ("d:c1", ["d:p1", "d:p2", "d:p3"], 0.75),  # three pairs, a quarter each
        ("d:t", ["d:p1", "d:p2"], 0.5),
        ("d:d", ["d:p1", "d:p2"], 0.025),
    ]
    # p1 reaches p2 by phone, firm and address, p3 by the firm; p2 has three neighbours.
    by_hand = (1 / 2 + 1 / 4 + 1 / 40) * (1 / 4) / 3
    assert [(r["via"], r["depth"], r["degree"]) for r in far] == [
        ("d:c1", 1, 4), ("d:p2", 2, 3), ("d:a", 2, 1),
    ]  # fmt: skip
    assert far[1]["weight"] == float(f"{by_hand:.12g}")
    assert far[1]["facts"] == ["d:d1", "d:d2", "d:l1", "d:o1", "d:o2", "d:s1", "d:u1", "d:u2"]
    assert far[2]["weight"] == 1 / 16


def test_no_chain_leads_through_another_of_the_subjects() -> None:
    facts = [person("p1"), person("p2"), {"kind": "phone", "id": "t"}]
    facts += [relation("kin", "k", "p1", "p2"), relation("uses_phone", "u", "p2", "t")]
    with world(facts) as snapshot:
        assert asked(snapshot, "p1", "p2", depth=2)["results"] == []


def test_a_hub_is_named_and_weighs_nothing() -> None:
    with world(SHARING) as snapshot:
        answer = asked(snapshot, "p1", "p2", as_of="2021-05-31", max_fanout=39)
        far = asked(snapshot, "p1", "f1", as_of="2021-05-31", max_fanout=39, depth=2)
    last = answer["results"][-1]
    assert (last["via"], last["weight"], last["degree"], last["hub"]) == ("d:d", 0.0, None, True)
    assert "max_fanout: 1 hubs weigh nothing, d:d first" in answer["truncated"]["reason"]
    assert [row["via"] for row in far["results"]] == ["d:d"]  # nobody is met through it


def test_bounds_are_said() -> None:
    with world(SHARING) as snapshot:
        whole = asked(snapshot, "p1", "p2", as_of="2021-05-31")
        few = asked(snapshot, "p1", "p2", as_of="2021-05-31", max_rows=1, depth=9)
        short = asked(snapshot, "p1", "p2", as_of="2021-05-31", max_explored=1)
        kinds = asked(snapshot, "p1", "p2", as_of="2021-05-31", kinds="officer,shareholder")
    assert whole["truncated"] is None
    assert few["truncated"]["reason"].startswith("depth: cut to 2")
    assert "max_rows: the weightiest 1 of" in few["truncated"]["reason"]
    assert len(few["results"]) == 1
    assert short["truncated"]["reason"].startswith("max_explored")
    assert short["results"] == []
    assert [(r["via"], r["degree"]) for r in kinds["results"]] == [("d:c1", 3)]


def test_wrong_questions() -> None:
    with world(SHARING) as snapshot:
        with pytest.raises(UnknownSubject):
            asked(snapshot, "p1", "nobody")
        with pytest.raises(WrongUsage):
            asked(snapshot, "p1")
        with pytest.raises(WrongUsage, match="two different"):
            asked(snapshot, "p1", "d:p1")
        with pytest.raises(WrongUsage, match="did you mean uses_phone"):
            asked(snapshot, "p1", "p2", kinds="uses_phones")


def test_compiled_code_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(SHARING) as snapshot:
        asks = [{"depth": d, "max_fanout": f} for d in (1, 2) for f in (39, 1000)]
        plain = [asked(snapshot, "p1", "p2", "f1", **q) for q in asks]
        monkeypatch.setattr(compiled, "_warm", True)
        assert [asked(snapshot, "p1", "p2", "f1", **q) for q in asks] == plain
