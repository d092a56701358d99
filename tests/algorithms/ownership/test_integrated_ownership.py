"""Rows of integrated ownership: evidence, bounds, what is unknown, and days."""

from __future__ import annotations

import random
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.ownership.dominators import immediate_dominators
from graph.snapshot import Snapshot
from tests.algorithms.ownership.worlds import answer, finbench, holding, plain, world

Rows = list[dict[str, Any]]


def rows(snapshot: Snapshot, **asked: Any) -> Rows:
    found: Rows = answer(snapshot, "integrated_ownership", as_of="2026-01-01", **asked)["results"]
    return found


def by_pair(found: Rows) -> dict[tuple[str, str], dict[str, Any]]:
    return {(plain(r["owner"]), plain(r["owned"])): r for r in found}


@st.composite
def worlds(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = ["p0", "p1", *(f"c{i}" for i in range(6))]
    found = []
    for owned in names[2:]:
        owners = draw(st.lists(st.sampled_from(names), max_size=4))
        whole = len(owners) + draw(st.integers(0, 2))
        found += [holding(u, owned, str(Fraction(100 // whole, 100).__float__())) for u in owners]
        if draw(st.integers(0, 5)) == 0:
            found.append(holding(draw(st.sampled_from(names)), owned, None))
    return found


@given(worlds())
@settings(max_examples=50, deadline=None)
def test_one_pair_is_the_same_whatever_was_asked(holdings: list[dict[str, Any]]) -> None:
    """By owner, by company, by both and for all: values to 1e-12, evidence as a set the same."""

    def told(row: dict[str, Any]) -> tuple[Any, ...]:
        return (row["direct"], set(row["facts"]), row.get("reason"))

    with tempfile.TemporaryDirectory() as folder:
        snapshot = world(Path(folder), holdings)
        every = by_pair(rows(snapshot))
        names = {h[end] for h in holdings for end in ("from", "to")}
        asked = [{"owner": n} for n in names] + [{"target": n} for n in names]
        asked += [{"owner": u, "target": v} for u, v in every]
        for one in asked:
            found = by_pair(rows(snapshot, **one))
            kept = {
                pair
                for pair in every
                if one.get("owner", pair[0]) == pair[0] and one.get("target", pair[1]) == pair[1]
            }
            assert found.keys() == kept
            for pair, row in found.items():
                assert told(row) == told(every[pair])
                assert row["integrated"] == pytest.approx(every[pair]["integrated"], abs=1e-12)


@given(worlds())
@settings(max_examples=25, deadline=None)
def test_without_the_facts_there_is_no_share_and_with_them_alone_it_stays(
    holdings: list[dict[str, Any]],
) -> None:
    """The facts of a row are all holdings that matter for it, and each of them does."""
    known = [h for h in holdings if h["share"] is not None]
    with tempfile.TemporaryDirectory() as first:
        every = by_pair(rows(world(Path(first), known)))
    for (owner, owned), row in list(every.items())[:4]:
        facts = {int(plain(fact)[1:]) for fact in row["facts"]}
        lost = [known[i] for i in facts]
        with tempfile.TemporaryDirectory() as second:
            # What is left out of the register is held by somebody else, so that sums stay.
            others = [{**h, "from": "p9"} for i, h in enumerate(known) if i not in facts]
            again = by_pair(rows(world(Path(second), [*lost, *others])))
        assert again[owner, owned]["integrated"] == pytest.approx(row["integrated"], abs=1e-12)
        assert len(again[owner, owned]["facts"]) == len(facts)


def test_facts_begin_with_the_strongest_path(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path,
        [
            holding("p", "a", "0.2"),  # h0
            holding("p", "b", "0.9"),  # h1
            holding("b", "t", "0.5"),  # h2
            holding("b", "t", "0.1"),  # h3
            holding("a", "t", "0.3"),  # h4
            holding("t", "u", "1"),  # h5: leads away
            holding("q", "t", "0.1"),  # h6: another's
        ],
    )
    row = by_pair(rows(snapshot, owner="p"))["p", "t"]
    assert row["facts"] == ["d:h1", "d:h2", "d:h3", "d:h4", "d:h0"]
    assert row["integrated"] == pytest.approx(0.9 * 0.6 + 0.2 * 0.3)
    assert row["direct"] == 0.0
    assert "facts_total" not in row


def test_rows_by_owner_then_the_largest_share(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path,
        [holding("p", "b", "0.3"), holding("p", "a", "0.3"), holding("p", "c", "0.7"),
         holding("c", "a", "0.1"), holding("a", "d", "0.2")],
    )  # fmt: skip
    assert [(plain(r["owner"]), plain(r["owned"])) for r in rows(snapshot)] == [
        ("a", "d"), ("c", "a"), ("c", "d"), ("p", "c"), ("p", "a"), ("p", "b"), ("p", "d")
    ]  # fmt: skip


def test_what_passes_back_through_the_owner_is_no_evidence(tmp_path: Path) -> None:
    """a and b hold each other; b's share in t does not matter to a, whose walk it returns to."""
    snapshot = world(
        tmp_path,
        [holding("a", "b", "0.4"), holding("b", "a", "0.4"), holding("a", "t", "0.5"),
         holding("b", "c", "0.5"), holding("c", "a", "0.2")],
    )  # fmt: skip
    for asked in ({"owner": "a"}, {"target": "t"}, {"owner": "a", "target": "t"}):
        assert by_pair(rows(snapshot, **asked))["a", "t"]["facts"] == ["d:h2"]


def test_more_than_twenty_facts_are_counted(tmp_path: Path) -> None:
    many = [holding("p", f"c{i:02}", "0.5") for i in range(40)]
    many += [holding(f"c{i:02}", "t", "0.02") for i in range(40)]
    snapshot = world(tmp_path, many)
    for asked in ({"owner": "p"}, {"target": "t"}, {"owner": "p", "target": "t"}):
        row = by_pair(rows(snapshot, **asked))["p", "t"]
        assert len(row["facts"]) == 20
        assert row["facts_total"] == 80
        assert row["integrated"] == pytest.approx(0.4)


def test_a_share_that_is_not_known_is_left_out_and_said(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path,
        [
            holding("p", "a", "0.5"),  # h0
            holding("p", "a", None),  # h1
            holding("a", "b", "0.5"),  # h2
            holding("p", "c", None),  # h3
            holding("c", "b", "0.3"),  # h4
            holding("p", "d", "0.1"),  # h5
        ],
    )
    for asked in ({"owner": "p"}, {}):
        said = answer(snapshot, "integrated_ownership", **asked)
        found = by_pair(said["results"])
        assert ("p", "c") not in found
        assert found["p", "a"]["integrated"] == found["p", "a"]["direct"] == 0.5
        assert found["p", "a"]["left_out"] == ["d:h1"]
        assert found["p", "b"]["left_out"] == ["d:h1", "d:h3"]
        assert "left_out" not in found["p", "d"]
        assert said["notes"] == ["2 holdings without a share were left out: d:h1, d:h3"]
    assert by_pair(rows(snapshot, target="b"))["p", "b"]["left_out"] == ["d:h1", "d:h3"]


def test_a_register_past_one_is_unknown_with_its_reason(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path,
        [holding("p", "a", "0.7"), holding("q", "a", "0.5"), holding("a", "b", "0.5"),
         holding("p", "c", "0.5")],
    )  # fmt: skip
    found = by_pair(rows(snapshot))
    reason = "holdings in d:a sum to 1.2, over 1"
    assert found["p", "a"]["integrated"] is None
    assert found["p", "a"]["direct"] == 0.7
    assert found["p", "a"]["reason"] == found["p", "b"]["reason"] == reason
    assert found["p", "c"]["integrated"] == 0.5
    assert found["a", "b"]["integrated"] == 0.5


def test_a_bound_never_makes_a_value_silently_lower(tmp_path: Path) -> None:
    chain = [holding("p", "c00", "0.5"), holding("p", "c05", "0.1")]
    chain += [holding(f"c{i:02}", f"c{i + 1:02}", "0.9") for i in range(9)]
    snapshot = world(tmp_path, chain)
    for asked in ({"owner": "p", "max_depth": 3}, {"owner": "p", "max_nodes": 4}):
        cut = answer(snapshot, "integrated_ownership", **asked)
        assert cut["truncated"]["reason"] == list(asked)[1]
        row = by_pair(cut["results"])["p", "c05"]
        assert row["integrated"] is None
        assert row["at_least"] == pytest.approx(0.1)
        assert "reason" in row
    whole = answer(snapshot, "integrated_ownership", owner="p", max_depth=30)
    assert whole["truncated"] is None
    assert by_pair(whole["results"])["p", "c05"]["integrated"] == pytest.approx(0.1 + 0.5 * 0.9**5)
    few = answer(snapshot, "integrated_ownership", max_rows=3)
    assert few["truncated"] == {"reason": "max_rows", "explored": few["truncated"]["explored"],
                                "limit": 3}  # fmt: skip
    assert len(few["results"]) == 3
    up = answer(snapshot, "integrated_ownership", target="c09", max_depth=2)
    assert [r["integrated"] for r in up["results"]] == [None, None]


def test_records_of_one_subject_hold_together(tmp_path: Path) -> None:
    uscc = "91110000MA0000001L"
    same = [
        {"kind": "company", "id": "a1", "keys": {"uscc": uscc}},
        {"kind": "company", "id": "a2", "keys": {"uscc": uscc}},
    ]
    snapshot = world(
        tmp_path, [holding("p", "a1", "0.5"), holding("a2", "b", "0.5"), holding("p", "b", "0.1")],
        same,
    )  # fmt: skip
    found = {r["owned"]: r["integrated"] for r in rows(snapshot, owner="p")}
    assert found == {f"cn:uscc:{uscc}": 0.5, "d:b": pytest.approx(0.35)}


def test_a_day_counts_the_holdings_of_that_day(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path,
        [
            holding("p", "c", "0.6", valid_to="2021-06-30"),
            holding("p", "c", "0.2", valid_from="2021-06-30"),
        ],
    )
    for day, share in (("2021-06-29", 0.6), ("2021-06-30", 0.2)):
        found = answer(snapshot, "integrated_ownership", owner="p", as_of=day)["results"]
        assert [r["integrated"] for r in found] == [share]


def test_order_of_loading_does_not_show(tmp_path: Path) -> None:
    """The same facts in another order: the same bytes."""
    holdings = [
        {**holding(u, v, str(float(w))), "id": f"{u}-{v}"} for (u, v), w in finbench().items()
    ]
    names = sorted({h[end] for h in holdings for end in ("from", "to")})
    kinds = {"p": "person", "c": "company"}
    entities = [{"kind": kinds[name[0]], "id": name} for name in names]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = world(tmp_path / "a", holdings, entities)
    random.Random(3).shuffle(holdings)
    random.Random(4).shuffle(entities)
    second = world(tmp_path / "b", holdings, entities)
    for asked in ({"owner": "p41"}, {"target": "c599"}):
        assert rows(first, **asked) == rows(second, **asked)


def dense() -> tuple[dict[str, int], Any]:
    register = finbench()
    place = {name: i for i, name in enumerate(sorted({n for pair in register for n in pair}))}
    matrix = np.zeros((len(place), len(place)))
    for (u, v), w in register.items():
        matrix[place[u], place[v]] = float(w)
    return place, matrix


def sampled(count: int) -> list[str]:
    owners = sorted({u for u, _ in finbench()})
    return owners[:: max(1, len(owners) // count)]


@pytest.mark.parametrize(
    "count", [25, pytest.param(10**6, marks=[pytest.mark.full, pytest.mark.slow])]
)
def test_finbench_equals_one_sparse_solve_an_owner(tmp_path: Path, count: int) -> None:
    """Straight from the CSV: incoming holdings of s removed, x (I - W) = w_s, per owner."""
    from scipy.sparse import csc_matrix, identity
    from scipy.sparse.linalg import spsolve

    place, matrix = dense()
    names = sorted(place)
    shares = csc_matrix(matrix)
    keep = identity(len(place), format="csc")
    holdings = [holding(u, v, str(float(w))) for (u, v), w in finbench().items()]
    snapshot = world(tmp_path, holdings)
    for owner in sampled(count):
        s = place[owner]
        without = keep.copy()
        without[s, s] = 0.0
        removed = shares @ without
        x = spsolve((keep - removed.T).tocsc(), removed[[s]].toarray()[0])
        expected = {(owner, names[i]): x[i] for i in np.flatnonzero(x > 0).tolist() if i != s}
        found = by_pair(rows(snapshot, owner=owner))
        assert {k: r["integrated"] for k, r in found.items()} == pytest.approx(expected, abs=1e-9)
        assert all(0 <= r["integrated"] <= 1 for r in found.values())


def test_finbench_by_company_equals_by_owner(tmp_path: Path) -> None:
    place, matrix = dense()
    inverse = np.linalg.inv(np.eye(len(place)) - matrix)
    snapshot = world(tmp_path, [holding(u, v, str(float(w))) for (u, v), w in finbench().items()])
    for target in ("c599", sorted({v for _, v in finbench()})[-1]):
        found = {u: r["integrated"] for (u, _), r in by_pair(rows(snapshot, target=target)).items()}
        t = place[target]
        expected = {u: inverse[i, t] / inverse[i, i] for u, i in place.items() if u != target}
        assert found == pytest.approx({u: x for u, x in expected.items() if x > 0}, abs=1e-9)
        persons = sum(x for u, x in found.items() if u.startswith("p"))
        assert persons <= 1 + 1e-9


@pytest.mark.parametrize("seed", range(8))
def test_dominators_are_those_of_networkx(seed: int) -> None:
    graph = nx.gnp_random_graph(30, 0.07, seed=seed, directed=True)
    expected = dict(nx.immediate_dominators(graph, 0))
    expected.pop(0, None)
    assert immediate_dominators(0, graph.successors) == expected
