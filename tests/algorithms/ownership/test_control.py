"""Control against the brute-force fixpoint in rationals, at and near the threshold."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.snapshot import Snapshot
from tests.algorithms.ownership.worlds import answer, finbench, holding, plain, world
from tests.referees import ownership as referee

Case = list[tuple[str, str, str]]


def pairs(snapshot: Snapshot, **asked: Any) -> dict[tuple[str, str], float | None]:
    rows = answer(snapshot, "control", as_of="2026-01-01", **asked)["results"]
    return {(plain(r["controller"]), plain(r["controlled"])): r["votes"] for r in rows}


def summed(holdings: Case) -> dict[tuple[str, str], Fraction]:
    register: dict[tuple[str, str], Fraction] = {}
    for u, v, share in holdings:
        register[u, v] = register.get((u, v), Fraction(0)) + Fraction(share)
    return register


def expected(register: dict[tuple[str, str], Fraction]) -> dict[tuple[str, str], float | None]:
    total = referee.sums(register)
    return {
        (x, y): None if total[y] > 1 + Fraction(1, 10**9) else float(votes)
        for x in {u for u, _ in register}
        for y, votes in referee.controlled(register, x).items()
    }


SHARES = st.sampled_from(
    ["0.5", "0.17", "0.33", "0.51", "0.25", "0.3", "0.26", "0.1", "0.49999999999999999999",
     "0.50000000000000000000001", "0.33000000000000000000002", "0.249999999999999999", "1", "0.9"]
)  # fmt: skip
NAMES = st.sampled_from(["p1", "p2", "c1", "c2", "c3", "c4", "c5"])
COMPANIES = st.sampled_from(["c1", "c2", "c3", "c4", "c5"])


@given(st.lists(st.tuples(NAMES, COMPANIES, SHARES), max_size=14))
@settings(max_examples=80, deadline=None)
def test_is_the_fixpoint_of_the_rule(holdings: Case) -> None:
    """Self-holdings, parallel holdings, loops and registers over 1 among them."""
    register = summed(holdings)
    with tempfile.TemporaryDirectory() as folder:
        snapshot = world(Path(folder), [holding(*h) for h in holdings])
        found = pairs(snapshot)
        assert found == pytest.approx(expected(register), abs=1e-14)
        for name in {n for h in holdings for n in h[:2]}:
            assert pairs(snapshot, controller=name) == {
                k: v for k, v in found.items() if k[0] == name
            }
            assert pairs(snapshot, target=name) == {k: v for k, v in found.items() if k[1] == name}


@pytest.mark.parametrize(
    ("shares", "controls"),
    [
        (["0.17", "0.33"], False),
        (["0.1", "0.2", "0.2"], False),
        (["0.5"], False),
        (["0.500000000000001"], True),
        (["0.50000000000000000000000000001"], True),
        (["0.49999999999999999999999999999"], False),
        (["0.25", "0.25000000000000000000000000001"], True),
        (["0.2499999999999999999", "0.2500000000000000001"], False),
        (["0.2499999999999999999", "0.2500000000000000002"], True),
    ],
)
def test_over_half_in_exact_decimals(tmp_path: Path, shares: list[str], controls: bool) -> None:
    snapshot = world(tmp_path, [holding("p", "c", share) for share in shares])
    for asked in ({}, {"controller": "p"}, {"target": "c"}):
        assert bool(pairs(snapshot, **asked)) is controls


def test_votes_count_where_they_are_said(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path,
        [
            holding("p1", "c", "0.9", votes="0.4"),
            holding("p2", "c", "0.1", votes="0.6"),
            holding("c", "d", None, votes="0.51"),
            holding("c", "e", None),
        ],
    )
    assert pairs(snapshot) == {("p2", "c"): 0.6, ("p2", "d"): 0.51, ("c", "d"): 0.51}
    said = answer(snapshot, "control", controller="p2")
    assert said["notes"] == ["1 holdings without votes or a share were left out: d:h3"]


def test_facts_are_the_holdings_counted_and_the_chain(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path,
        [
            holding("p", "a", "0.6"),  # h0
            holding("p", "b", "0.3"),  # h1
            holding("a", "b", "0.3"),  # h2
            holding("b", "t", "0.4"),  # h3
            holding("p", "t", "0.2"),  # h4
            holding("q", "t", "0.4"),  # h5
            holding("t", "a", "0.1"),  # h6: counted in a, no part of why t is controlled
        ],
    )
    rows = {
        plain(r["controlled"]): r for r in answer(snapshot, "control", controller="p")["results"]
    }
    assert rows["t"]["facts"] == ["d:h3", "d:h4", "d:h2", "d:h1", "d:h0"]
    assert set(rows["a"]["facts"]) == {"d:h0", "d:h6", "d:h3", "d:h4", "d:h2", "d:h1"}
    assert rows["t"]["votes"] == pytest.approx(0.6)


def test_evidence_stops_at_twenty(tmp_path: Path) -> None:
    many = [holding("p", f"c{i:02}", "0.6") for i in range(30)]
    many += [holding(f"c{i:02}", "t", "0.03") for i in range(30)]
    row = next(
        r
        for r in answer(world(tmp_path, many), "control", controller="p")["results"]
        if r["controlled"] == "d:t"
    )
    assert len(row["facts"]) == 20
    assert row["facts_total"] == 60


def test_bounds_are_said(tmp_path: Path) -> None:
    chain = [holding(f"c{i:03}", f"c{i + 1:03}", "1") for i in range(40)]
    snapshot = world(tmp_path, chain)
    cut = answer(snapshot, "control", max_rows=10)
    assert len(cut["results"]) == 10
    assert cut["truncated"] == {"reason": "max_rows", "explored": 41, "limit": 10}
    assert cut["results"] == answer(snapshot, "control")["results"][:10]
    assert answer(snapshot, "control", max_rows=820)["truncated"] is None
    above = answer(snapshot, "control", target="c040", max_nodes=5)
    assert above["truncated"]["reason"] == "max_nodes"
    assert [(r["controller"], r["votes"], r["at_least"]) for r in above["results"]] == [
        (f"d:c{i:03}", None, 1.0) for i in range(35, 40)
    ]


def test_a_day_counts_the_holdings_of_that_day(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path,
        [
            holding("p1", "c", "0.6", valid_to="2021-06-30"),
            holding("p2", "c", "0.6", valid_from="2021-06-30"),
        ],
    )
    for day, owner in (("2021-06-29", "d:p1"), ("2021-06-30", "d:p2")):
        rows = answer(snapshot, "control", as_of=day)["results"]
        assert [r["controller"] for r in rows] == [owner]


def test_finbench_equals_the_fixpoint(tmp_path: Path) -> None:
    register = finbench()
    holdings = [holding(u, v, str(w.numerator / w.denominator)) for (u, v), w in register.items()]
    snapshot = world(tmp_path, holdings)
    exact = summed([(h["from"], h["to"], h["share"]) for h in holdings])
    answers = expected(exact)
    assert len(answers) > 80
    found = pairs(snapshot)
    assert found == pytest.approx(answers, abs=1e-9)
    for x, y in list(found)[::7]:
        assert pairs(snapshot, controller=x) == {k: v for k, v in found.items() if k[0] == x}
        assert pairs(snapshot, target=y) == {k: v for k, v in found.items() if k[1] == y}


def test_compiled_and_interpreted_count_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain with crossings; what is small stays interpreted of itself."""
    n = 60
    chain = [holding(f"c{i:03}", f"c{i + 1:03}", "0.51") for i in range(n)]
    chain += [holding(f"c{i:03}", f"c{i + 3:03}", "0.3") for i in range(n - 2)]
    snapshot = world(tmp_path, chain)
    found = answer(snapshot, "control")["results"]
    assert len(found) == n * (n + 1) // 2
    monkeypatch.setattr("algorithms.ownership.ask_control._EASY", (50, 20))
    assert answer(snapshot, "control")["results"] == found
    owned = answer(snapshot, "integrated_ownership", owner="c030")["results"]
    monkeypatch.setattr("algorithms.ownership.holdings._EASY", -1)
    assert answer(snapshot, "integrated_ownership", owner="c030")["results"] == owned
