"""Beneficial owners against rational referees, at the threshold, and by each limb."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.snapshot import Snapshot
from tests.algorithms.ownership.worlds import answer, examples, finbench, holding, plain, world
from tests.referees import ownership as referee

DAY = "2026-01-01"
Rows = list[dict[str, Any]]


def rows(snapshot: Snapshot, **asked: Any) -> Rows:
    found: Rows = answer(snapshot, "beneficial_owners", as_of=DAY, **asked)["results"]
    return found


def limbs(found: Rows) -> dict[tuple[str, str], list[str]]:
    return {(plain(r["owner"]), plain(r["owned"])): r["basis"] for r in found}


def role(kind: str, who: str, company: str, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "id": f"{kind}-{who}-{company}", "from": who, "to": company, **fields}


def person(name: str) -> dict[str, Any]:
    return {"kind": "person", "id": name}


def expected(
    register: dict[tuple[str, str], Fraction], threshold: Fraction
) -> dict[tuple[str, str], list[str]]:
    """Owners and controllers called p…, by the referees."""
    found: dict[tuple[str, str], list[str]] = {}
    for p in sorted({u for u, _ in register if u.startswith("p")}):
        shares = referee.integrated(register, p)
        control = referee.controlled(register, p)
        for company in shares.keys() | control.keys():
            share = shares.get(company)
            limbs = ["ownership"] if share is not None and share >= threshold else []
            limbs += ["control"] if company in control else []
            if limbs:
                found[p, company] = limbs
    return found


@st.composite
def registers(draw: st.DrawFn) -> dict[tuple[str, str], Fraction]:
    """Loops, self-holdings, and registers over 1, in twentieths: many values fall on 0.25."""
    names = ["p1", "p2", "p3", *(f"c{i}" for i in range(5))]
    found: dict[tuple[str, str], Fraction] = {}
    for owned in names[3:]:
        for owner in draw(st.lists(st.sampled_from(names), max_size=4, unique=True)):
            found[owner, owned] = Fraction(draw(st.sampled_from([1, 2, 4, 5, 5, 8, 10, 11])), 20)
    return found


@given(registers(), st.sampled_from([0.25, 0.1, 0.5, 0.0625]))
@settings(max_examples=80, deadline=None)
def test_owners_and_controllers_are_the_referees(
    register: dict[tuple[str, str], Fraction], threshold: float
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        holdings = [holding(u, v, str(float(w))) for (u, v), w in register.items()]
        snapshot = world(Path(folder), holdings, [person(p) for p in ("p1", "p2", "p3")])
        wanted = expected(register, Fraction(str(threshold)))
        found = rows(snapshot, threshold=threshold)
        assert limbs(found) == wanted
        for row in found:
            exact = referee.integrated(register, plain(row["owner"])).get(plain(row["owned"]))
            assert row["integrated"] == pytest.approx(exact and float(exact), abs=1e-12)
            assert ("reason" in row) == (exact is None)
        for company in {v for _, v in register}:
            assert rows(snapshot, target=company, threshold=threshold) == [
                r for r in found if plain(r["owned"]) == company
            ]


@pytest.mark.parametrize(
    ("chains", "owner"),
    [
        ([["0.25"]], True),
        ([["0.2499999999999999999999"]], False),
        ([["0.5", "0.5"]], True),
        ([["0.1"], ["0.3", "0.5"]], True),
        ([["0.05", "0.1"], ["0.35", "0.7"]], True),  # 0.25 as rationals, less in floating point
        ([["0.05", "0.1"], ["0.35", "0.69999999999999999999"]], False),
        ([["0.499999999999999999", "0.5"]], False),
    ],
)
def test_exactly_a_quarter_is_enough(tmp_path: Path, chains: list[list[str]], owner: bool) -> None:
    holdings = []
    for number, chain in enumerate(chains):
        ends = ["p", *(f"c{number}{step}" for step in range(len(chain) - 1)), "t"]
        holdings += [holding(u, v, w) for u, v, w in zip(ends, ends[1:], chain, strict=False)]
    snapshot = world(tmp_path, holdings)
    assert (("p", "t") in limbs(rows(snapshot, target="t"))) is owner
    assert (("p", "t") in limbs(rows(snapshot))) is owner


def test_a_quarter_of_a_loop(tmp_path: Path) -> None:
    """p has 0.2 of a, and a 1/5 of itself through b: 0.2 / (1 - 0.2) is exactly a quarter."""
    snapshot = world(
        tmp_path, [holding("p", "a", "0.2"), holding("b", "a", "0.4"), holding("a", "b", "0.5")]
    )
    (row,) = rows(snapshot, target="a")
    assert (row["owner"], row["basis"]) == ("d:p", ["ownership"])
    assert row["integrated"] == pytest.approx(0.25, abs=1e-15)
    assert rows(snapshot, target="a", threshold=0.2500000001) == []


def test_published_integrated_shares(tmp_path: Path) -> None:
    for number, name in enumerate(("W4_cross", "W5_complex", "W6_matrix")):
        found = examples()[name]
        (folder := tmp_path / str(number)).mkdir()
        snapshot = world(folder, [holding(str(u), str(v), w) for u, v, w in found["own"]])
        shares = {pair.removeprefix("P-"): x for pair, x in found["integrated"].items()}
        for company in {v for _, v, _ in found["own"]}:
            (row,) = rows(snapshot, target=company)
            assert row["owner"] == "d:P"
            assert row["integrated"] == pytest.approx(shares[company], abs=1e-12)


def test_control_of_votes_without_a_quarter(tmp_path: Path) -> None:
    """60 % of 60 % of 60 % is control, and 21.6 %; votes count where they are said."""
    snapshot = world(
        tmp_path,
        [holding("p", "a", "0.6"), holding("a", "b", "0.6"), holding("b", "t", "0.6"),
         holding("q", "t", "0.4"), holding("p2", "s", "0.01", votes="0.51"),
         holding("p3", "s", "0.9", votes="0.1"), holding("p4", "u", None, votes="0.8")],
        [person("q")],
    )  # fmt: skip
    p, q = sorted(rows(snapshot, target="t"), key=lambda r: r["owner"])
    assert (p["basis"], q["basis"]) == (["control"], ["ownership"])
    assert (p["integrated"], p["votes"]) == (pytest.approx(0.216), pytest.approx(0.6))
    assert p["facts"] == ["d:h2", "d:h1", "d:h0"]
    assert "votes" not in q
    assert limbs(rows(snapshot, target="s")) == {
        ("p3", "s"): ["ownership"],
        ("p2", "s"): ["control"],
    }
    (both,) = rows(snapshot, target="a")
    assert both["basis"] == ["ownership", "control"]
    assert (both["facts"], both["control_facts"]) == (["d:h0"], ["d:h0"])
    (unknown,) = rows(snapshot, target="u")
    assert (unknown["basis"], unknown["integrated"], unknown["votes"]) == (["control"], None, 0.8)
    assert (unknown["left_out"], unknown["facts"]) == (["d:h6"], ["d:h6"])


def test_else_the_senior_officer(tmp_path: Path) -> None:
    """A legal representative before a principal, a person only, and no head of finance."""
    people = [person(f"x{i}") for i in range(7)]
    companies = [{"kind": "company", "id": f"c{i}"} for i in range(6)]
    roles = [
        role("legal_representative", "x1", "c1"),
        role("officer", "x2", "c1", role="负责人"),
        role("legal_representative", "c1", "c2"),
        role("officer", "x3", "c2", role="董事、主要负责人"),
        role("officer", "x4", "c2", role="财务负责人"),
        role("officer", "x4", "c3", role="财务负责人"),
        role("legal_representative", "x5", "c4"),
        role("legal_representative", "x6", "c5", valid_to="2025-12-31"),
    ]
    snapshot = world(
        tmp_path,
        [holding("x0", "c4", "0.25"), holding("x0", "c1", "0.2"), holding("c4", "c2", "1"),
         holding("x2", "c0", "0.1")],
        [*people, *companies, *roles],
    )  # fmt: skip
    said = answer(snapshot, "beneficial_owners", as_of=DAY)
    found = said["results"]
    assert limbs(found) == {
        ("x1", "c1"): ["senior_officer"],
        ("x0", "c2"): ["ownership"],
        ("x0", "c4"): ["ownership"],
    }
    assert (found[0]["role"], found[0]["integrated"]) == ("legal_representative", 0.0)
    assert found[0]["facts"] == ["d:legal_representative-x1-c1"]
    (row,) = rows(snapshot, target="c2", threshold=0.3)
    assert (row["owner"], row["role"]) == ("d:x3", "principal")
    assert said["notes"] == [
        "2 companies have no beneficial owner on record, nor a senior officer: d:c0, d:c3"
    ]


def test_companies_are_never_owners(tmp_path: Path) -> None:
    snapshot = world(tmp_path, [holding("a", "b", "1"), holding("b", "c", "1")])
    assert rows(snapshot) == []


def test_unknown_shares_are_said(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path,
        [
            holding("p1", "t", "0.3"),  # h0
            holding("p1", "a", None),  # h1
            holding("a", "t", "0.6"),  # h2
            holding("p2", "b", None),  # h3
        ],
        [role("legal_representative", "p1", "b")],
    )
    said = answer(snapshot, "beneficial_owners", as_of=DAY)
    by_company = {plain(r["owned"]): r for r in said["results"]}
    assert by_company["t"]["integrated"] == pytest.approx(0.3)
    assert by_company["t"]["left_out"] == ["d:h1"]
    assert by_company["b"]["basis"] == ["senior_officer"]
    assert by_company["b"]["left_out"] == ["d:h3"]
    assert said["notes"][0] == "2 holdings without a share were left out: d:h1, d:h3"


def test_a_register_past_one(tmp_path: Path) -> None:
    """Nobody's share is known; votes are counted as they stand; else the officer, with doubt."""
    snapshot = world(
        tmp_path,
        [holding("p1", "a", "0.7"), holding("p2", "a", "0.5"), holding("p1", "b", "0.4"),
         holding("p2", "b", "0.4"), holding("p3", "b", "0.4")],
        [role("legal_representative", "p1", "b")],
    )  # fmt: skip
    a, b = rows(snapshot)
    assert (a["owner"], a["basis"]) == ("d:p1", ["control"])
    assert (a["integrated"], a["votes"]) == (None, None)
    assert a["reason"] == "holdings in d:a sum to 1.2, over 1"
    assert a["control_reason"] == "votes in d:a sum to 1.2, over 1"
    assert (b["basis"], b["integrated"]) == (["senior_officer"], None)
    assert b["reason"] == "holdings in d:b sum to 1.2, over 1"


def test_bounds_are_said(tmp_path: Path) -> None:
    chain = [holding("p", "c00", "0.3"), holding("p", "c09", "0.3")]
    chain += [holding(f"c{i:02}", f"c{i + 1:02}", "0.5") for i in range(9)]
    chain += [holding("c05", "e", "0.5")]
    snapshot = world(tmp_path, chain, [person("q"), role("legal_representative", "q", "e")])
    cut = answer(snapshot, "beneficial_owners", as_of=DAY, target="c09", max_nodes=2)
    assert cut["truncated"]["reason"] == "max_nodes"
    (row,) = cut["results"]
    assert (row["integrated"], row["at_least"]) == (None, pytest.approx(0.3))
    assert row["basis"] == ["ownership"]
    (officer,) = rows(snapshot, target="e", max_nodes=2)
    assert "somebody further up" in officer["reason"]
    (whole,) = rows(snapshot, target="e")
    assert "reason" not in whole
    few = answer(snapshot, "beneficial_owners", as_of=DAY, max_rows=1)
    assert (len(few["results"]), few["truncated"]["reason"]) == (1, "max_rows")


def test_a_day_counts_the_roles_of_that_day(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path,
        [holding("p1", "c", "0.6", valid_to="2021-06-30")],
        [person("p2"), role("legal_representative", "p2", "c", valid_from="2021-01-01")],
    )
    for day, owner in (("2021-06-29", "d:p1"), ("2021-06-30", "d:p2")):
        found = answer(snapshot, "beneficial_owners", target="c", as_of=day)["results"]
        assert [r["owner"] for r in found] == [owner]


def test_finbench_equals_one_inverse_and_the_fixpoint(tmp_path: Path) -> None:
    """Nobody owns a person, so its integrated shares are its row of (I - W)^-1."""
    register = {pair: float(w) for pair, w in finbench().items()}
    names = sorted({name for pair in register for name in pair})
    place = {name: i for i, name in enumerate(names)}
    matrix = np.eye(len(names))
    for (u, v), w in register.items():
        matrix[place[u], place[v]] -= w
    inverse = np.linalg.inv(matrix)
    persons = [name for name in names if name.startswith("p")]
    shares = inverse[[place[p] for p in persons]]
    assert np.abs(shares - 0.25).min() > 1e-9
    wanted = {(persons[i], names[j]): ["ownership"] for i, j in np.argwhere(shares > 0.25).tolist()}
    wanted = {pair: limbs for pair, limbs in wanted.items() if pair[0] != pair[1]}
    exact = {pair: Fraction(str(w)) for pair, w in register.items()}
    for p in persons:
        for company in referee.controlled(exact, p):
            wanted.setdefault((p, company), []).append("control")
    snapshot = world(tmp_path, [holding(u, v, str(w)) for (u, v), w in register.items()])
    companies = sorted({company for _, company in wanted})[::60]
    assert len(companies) > 5
    for company in companies:
        theirs = {pair: basis for pair, basis in wanted.items() if pair[1] == company}
        assert limbs(rows(snapshot, target=company)) == theirs


def test_in_a_large_part_facts_are_the_strongest_path(tmp_path: Path) -> None:
    many = [holding("p", f"c{i:04}", "1") for i in range(4100)]
    many += [holding(f"c{i:04}", "t", "0.0002") for i in range(4100)]
    said = answer(world(tmp_path, many), "beneficial_owners", as_of=DAY, target="t")
    (row,) = said["results"]
    assert row["integrated"] == pytest.approx(0.82)
    assert row["basis"] == ["ownership", "control"]
    assert (row["facts"], row["control_facts_total"]) == (["d:h0", "d:h4100"], 8200)
    assert "strongest path" in said["notes"][0]
