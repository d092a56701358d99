"""Evidence paths through the real store, against networkx."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph import compiled
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import company, facts_and_edges, person, relation, world
from tests.referees.paths import shortest


def asked(snapshot: Snapshot, a: str, b: str, **params: Any) -> dict[str, Any]:
    answer = ask(snapshot, "paths", {"from": a, "to": b, **params})
    plain: dict[str, Any] = msgspec.to_builtins(answer)
    return plain


def members(snapshot: Snapshot, a: str, b: str, **params: Any) -> list[list[str]]:
    return [row["members"] for row in asked(snapshot, a, b, **params)["results"]]


@settings(max_examples=80, deadline=None)
@given(
    facts_and_edges(),
    st.integers(0, 8),
    st.integers(0, 8),
    st.integers(1, 8),
    st.booleans(),
    st.sampled_from([None, 1, 2, 3, 5]),
    st.sampled_from([None, None, 1, 2, 4]),
)
def test_paths_are_those_of_the_referee(made, a, b, k, directed, longest, avoid) -> None:
    facts, edges, names = made
    a, b = a % len(names), b % len(names)
    limits = {"max_length": longest, "avoid_hubs": avoid}
    given_limits = {name: value for name, value in limits.items() if value is not None}
    with world(facts) as snapshot:
        found = asked(snapshot, f"c{a}", f"c{b}", k=k, directed=directed, **given_limits)
    if names[a] == names[b]:
        assert [row["length"] for row in found["results"]] == [0]
        return
    expected = shortest(
        edges, names[a], names[b], k, directed=directed, longest=longest or 12, avoid=avoid
    )
    assert [row["members"] for row in found["results"]] == expected
    if not expected:  # what was clipped never reads as "no link"
        linked = shortest(edges, names[a], names[b], 1, directed=directed, longest=99, avoid=avoid)
        assert not linked or found["truncated"] is not None
    for row in found["results"]:
        check_evidence(row, edges, directed)


def check_evidence(row: dict[str, Any], edges: list[Any], directed: bool) -> None:
    """Every relation of each step is there, and says how it points."""
    said: list[str] = []
    for step, a, b in zip(row["steps"], row["members"], row["members"][1:], strict=False):
        along = {e for e in edges if (e.src, e.dst) == (a, b)}
        against = {e for e in edges if (e.src, e.dst) == (b, a)} if not directed else set()
        assert (step["from"], step["to"]) == (a, b)
        assert step["facts"] == sorted(e.id for e in along | against)
        assert step["kinds"] == sorted({e.kind for e in along | against})
        way = "both" if along and against else "out" if along else "in"
        assert step["direction"] == way
        said += step["facts"]
    assert len(row["steps"]) == row["length"]
    assert row["facts"] == said[:20]


HOUSE = [
    person("p"),
    company("a"),
    company("b"),
    company("c"),
    {"kind": "phone", "id": "ph"},
    {"kind": "account", "id": "x"},
    {"kind": "account", "id": "y"},
    relation("legal_representative", "l", "p", "a"),
    relation("officer", "o", "p", "a"),
    relation("uses_phone", "u1", "a", "ph"),
    relation("uses_phone", "u2", "b", "ph"),
    relation("holds_account", "h1", "a", "x"),
    relation("holds_account", "h2", "b", "y"),
    relation("transfer", "t", "x", "y", amount="5.00", at="2021-01-01"),
]


def test_all_kinds_link_and_each_step_has_all_its_facts() -> None:
    with world(HOUSE) as snapshot:
        found = asked(snapshot, "p", "b")
        alone = members(snapshot, "p", "b", kinds="holds_account,transfer,officer")
        early = members(snapshot, "p", "b", as_of="2020-12-31")
    assert [row["members"] for row in found["results"]] == [
        ["d:p", "d:a", "d:ph", "d:b"],
        ["d:p", "d:a", "d:x", "d:y", "d:b"],
    ]
    assert found["truncated"] is None
    assert found["results"][0]["facts"] == ["d:l", "d:o", "d:u1", "d:u2"]
    assert found["results"][0]["steps"][0]["kinds"] == ["legal_representative", "officer"]
    assert alone == [["d:p", "d:a", "d:x", "d:y", "d:b"]]
    assert len(early) == 1


def test_no_link_and_not_found_yet_are_told_apart() -> None:
    with world(HOUSE) as snapshot:
        assert asked(snapshot, "p", "c")["results"] == []
        assert asked(snapshot, "p", "c")["truncated"] is None
        near = asked(snapshot, "p", "b", max_length=2)
        stopped = asked(snapshot, "p", "b", max_explored=1)
    assert near["results"] == []
    assert near["truncated"]["reason"].startswith("max_length")
    assert near["truncated"]["limit"] == 2
    assert stopped["results"] == []
    assert stopped["truncated"]["reason"].startswith("max_explored")
    assert stopped["truncated"]["explored"] >= 1


def test_only_along_direction() -> None:
    with world(HOUSE) as snapshot:
        assert members(snapshot, "a", "p", directed=True) == []
        assert members(snapshot, "p", "a", directed=True) == [["d:p", "d:a"]]


def hubs() -> list[dict[str, Any]]:
    """Two companies at one crowded address, and otherwise far apart."""
    crowd = [f"n{i}" for i in range(60)]
    return [
        {"kind": "address", "id": "spot"},
        *map(company, [*crowd, "m1", "m2"]),
        *(relation("located_at", f"r{i}", name, "spot") for i, name in enumerate(crowd)),
        relation("shareholder", "s1", "n0", "m1"),
        relation("shareholder", "s2", "m1", "m2"),
        relation("shareholder", "s3", "n1", "m2"),
    ]


def test_hubs_are_avoided_only_where_asked() -> None:
    with world(hubs()) as snapshot:
        assert members(snapshot, "n0", "n1", k=1) == [["d:n0", "d:spot", "d:n1"]]
        assert members(snapshot, "n0", "n1", k=1, avoid_hubs=59) == [
            ["d:n0", "d:m1", "d:m2", "d:n1"]
        ]
        assert members(snapshot, "n0", "spot", avoid_hubs=59, k=1) == [["d:n0", "d:spot"]]


def test_compiled_code_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with world([*HOUSE, *hubs()]) as snapshot:
        ends = [("p", "b"), ("p", "c"), ("n0", "n1"), ("n7", "m2")]
        plain = [asked(snapshot, a, b, k=4) for a, b in ends]
        monkeypatch.setattr(compiled, "_warm", True)
        assert [asked(snapshot, a, b, k=4) for a, b in ends] == plain


def test_a_large_question_in_a_fresh_process_goes_on_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("algorithms.related.search.EASY", 100)
    crowd = [f"n{i}" for i in range(3000)]
    facts = [
        *map(company, [*crowd, "a", "b"]),
        *(relation("shareholder", f"x{i}", "a", name) for i, name in enumerate(crowd)),
        *(relation("shareholder", f"y{i}", name, "b") for i, name in enumerate(crowd)),
    ]
    with world(facts) as snapshot:
        found = asked(snapshot, "a", "b", k=2)
    assert [row["members"][1] for row in found["results"]] == ["d:n0", "d:n1"]
    assert found["truncated"] is None
