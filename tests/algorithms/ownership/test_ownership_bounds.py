"""Bounds against the enumeration of all extreme registers, and of a grid of those between."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graph.snapshot import Snapshot
from tests.algorithms.ownership.worlds import answer, holding, plain, world
from tests.referees import ownership as referee
from tests.referees.completions import Range, Register, extreme, grid

DAY = "2026-01-01"
NAMES = ["p1", "p2", "c1", "c2", "c3"]
COMPANIES = ["c1", "c2", "c3"]
KNOWN = st.sampled_from(["0.5", "0.51", "0.25", "0.3", "0.1", "0.6", "0.05"])
SPANS = st.sampled_from(
    [("0.05", "0.1"), ("0.4", "0.6"), (None, None), ("0.3", None), (None, "0.5"), ("0", "0.25")]
)
Drawn = list[tuple[str, str, Any]]


def ranges_of(drawn: Drawn) -> list[Range]:
    found = []
    for u, v, share in drawn:
        low, high = (share, share) if isinstance(share, str) else share
        found.append((u, v, Fraction(low or 0), Fraction(1 if high is None else high)))
    return found


def snapshot_of(folder: Path, drawn: Drawn) -> Snapshot:
    facts = []
    for u, v, share in drawn:
        if isinstance(share, str):
            facts.append(holding(u, v, share))
        else:
            span = {"share_min": share[0], "share_max": share[1]}
            facts.append(holding(u, v, None, **{k: x for k, x in span.items() if x is not None}))
    ends = [{"kind": "person" if n[0] == "p" else "company", "id": n} for n in NAMES]
    return world(folder, facts, ends)


def bounds(snapshot: Snapshot, target: str, **asked: Any) -> dict[str, dict[str, Any]]:
    rows = answer(snapshot, "ownership_bounds", as_of=DAY, target=target, **asked)["results"]
    return {plain(r["owner"]): r for r in rows}


def values(
    registers: Iterable[Register],
) -> dict[tuple[str, str], tuple[list[Fraction], set[bool]]]:
    """Of each pair: its integrated shares and whether there is control, in all these registers."""
    found: dict[tuple[str, str], tuple[list[Fraction], set[bool]]] = {
        (u, v): ([], set()) for u in NAMES for v in COMPANIES if u != v
    }
    for register in registers:
        for u in NAMES:
            shares = referee.integrated(register, u)
            controlled = referee.controlled(register, u)
            for v in COMPANIES:
                if u != v:
                    share = shares.get(v, Fraction(0))
                    assert share is not None
                    found[u, v][0].append(share)
                    found[u, v][1].add(v in controlled)
    return found


@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(COMPANIES), st.one_of(KNOWN, SPANS)),
        max_size=9,
    )
)
@settings(max_examples=120, deadline=None)
def test_are_what_the_extreme_registers_attain(drawn: Drawn) -> None:
    """Loops, self-holdings and parallel holdings among them."""
    ranges = ranges_of(drawn)
    assume(sum(low < high for _, _, low, high in ranges) <= 4)
    assume(all(sum(r[2] for r in ranges if r[1] == v) <= 1 for v in COMPANIES))
    at_corners, between = values(extreme(ranges)), values(grid(ranges, 2))
    with tempfile.TemporaryDirectory() as folder:
        snapshot = snapshot_of(Path(folder), drawn)
        for v in COMPANIES:
            rows = bounds(snapshot, v)
            for u in NAMES:
                if u == v:
                    continue
                shares, control = at_corners[u, v]
                row = rows.get(u)
                if row is None:
                    assert max(shares) == 0
                    assert control == {False}
                    continue
                assert row["integrated_min"] == pytest.approx(float(min(shares)), abs=1e-9)
                assert row["integrated_max"] == pytest.approx(float(max(shares)), abs=1e-9)
                said = "impossible" if True not in control else "possible"
                assert row["control"] == ("certain" if control == {True} else said)
                assert all(min(shares) <= x <= max(shares) for x in between[u, v][0])
                assert between[u, v][1] <= control
                assert bounds(snapshot, v, owner=u) == {u: row}


def test_a_range_is_carried_through_a_chain(tmp_path: Path) -> None:
    snapshot = snapshot_of(
        tmp_path,
        [("p1", "c1", ("0.05", "0.1")), ("c1", "c2", "0.5"), ("p2", "c2", (None, None))],
    )
    rows = bounds(snapshot, "c2")
    found = {u: (r["integrated_min"], r["integrated_max"], r["control"]) for u, r in rows.items()}
    assert found == {
        "p2": (0.0, 0.5, "impossible"),
        "c1": (0.5, 0.5, "impossible"),
        "p1": (pytest.approx(0.025), pytest.approx(0.05), "impossible"),
    }
    assert rows["p1"]["facts"] == ["d:h0", "d:h1"]
    assert rows["p1"]["unknown"] == ["d:h0"]
    assert (rows["p2"]["votes_min"], rows["p2"]["votes_max"]) == (0.0, 0.5)


def test_what_others_surely_hold_is_not_left(tmp_path: Path) -> None:
    """An unknown share beside 0.49 may be a majority, beside 0.5 it cannot."""
    snapshot = snapshot_of(
        tmp_path,
        [
            ("p1", "c1", (None, None)), ("p2", "c1", "0.49"),
            ("p1", "c2", (None, None)), ("p2", "c2", "0.5"),
        ],
    )  # fmt: skip
    assert bounds(snapshot, "c1")["p1"]["control"] == "possible"
    assert bounds(snapshot, "c2")["p1"]["control"] == "impossible"


def test_two_unknown_holdings_share_what_is_left(tmp_path: Path) -> None:
    """p1 may have all of c1 or all of c2, through two shares of 0..1; never more than the whole."""
    snapshot = snapshot_of(
        tmp_path,
        [
            ("p1", "c1", (None, None)), ("c2", "c1", (None, None)),
            ("p1", "c2", "0.4"), ("p2", "c2", "0.6"),
        ],
    )  # fmt: skip
    rows = bounds(snapshot, "c1")
    assert {u: r["integrated_max"] for u, r in rows.items()} == {
        "p1": 1.0, "c2": 1.0, "p2": pytest.approx(0.6),
    }  # fmt: skip
    assert {r["integrated_min"] for r in rows.values()} == {0.0}


def test_registers_past_one_have_no_bounds(tmp_path: Path) -> None:
    snapshot = snapshot_of(
        tmp_path, [("p1", "c1", "0.6"), ("p2", "c1", "0.6"), ("p1", "c2", (None, None))]
    )
    rows = bounds(snapshot, "c1")
    assert {r["integrated_max"] for r in rows.values()} == {None}
    assert all("past 1" in r["reason"] for r in rows.values())
    assert {r["control"] for r in rows.values()} == {"certain"}


def test_a_bounded_search_calls_nothing_impossible(tmp_path: Path) -> None:
    chain = [holding(f"c{i:02}", f"c{i + 1:02}", "0.4") for i in range(10)]
    snapshot = world(tmp_path, chain)
    cut = answer(snapshot, "ownership_bounds", as_of=DAY, target="c10", max_nodes=2)
    assert cut["truncated"]["reason"] == "max_nodes"
    assert {(r["control"], r["integrated_max"]) for r in cut["results"]} == {("possible", None)}
    assert max(r["integrated_min"] for r in cut["results"]) == pytest.approx(0.4)
