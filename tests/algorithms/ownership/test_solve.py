"""Integrated shares of whole small registers against rational referees and published numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from algorithms.ownership import linear
from algorithms.ownership.linear import Clock, Part
from algorithms.ownership.register import Register, components
from algorithms.ownership.solve import Shares, in_company, of_owner
from graph.model import SHARE_UNIT
from tests.referees import ownership as referee

Register_ = dict[tuple[int, int], Fraction]


def register(n: int, holdings: Register_, outside: dict[int, Fraction] | None = None) -> Register:
    owners: list[dict[int, int]] = [{} for _ in range(n)]
    for (u, v), share in holdings.items():
        if share:
            owners[v][u] = int(share * SHARE_UNIT)
    rest = outside or {}
    total = [sum(row.values()) + int(rest.get(v, 0) * SHARE_UNIT) for v, row in enumerate(owners)]
    return Register(owners, total)


def above(holdings: Register_, t: int) -> Register_:
    """The register of everything that stands above t, as `in_company` wants it."""
    turned = {(v, u): w for (u, v), w in holdings.items()}
    kept = referee.reach(turned, t) | {t}
    return {(u, v): w for (u, v), w in holdings.items() if v in kept}


def check(found: Shares, expected: dict[Any, Fraction | None]) -> None:
    assert not found.inaccurate
    assert found.over.keys() == {v for v, x in expected.items() if x is None}
    known = {v: float(x) for v, x in expected.items() if x is not None}
    assert found.value == pytest.approx(known, abs=1e-9)
    assert all(0 <= x <= 1 for x in found.value.values())


# Weights up to 6 of a company's total make closed loops, self-holdings and free float common.
@st.composite
def registers(draw: st.DrawFn, valid: bool = True) -> tuple[int, Register_]:
    n = draw(st.integers(2, 7))
    persons = draw(st.integers(0, 2))
    holdings: Register_ = {}
    for v in range(persons, n):
        weights = draw(st.dictionaries(st.integers(0, n - 1), st.integers(1, 6), max_size=4))
        rest = draw(st.sampled_from([0, 0, 1, 3] if valid else [0, 1, -1, -2]))
        whole = Fraction(max(sum(weights.values()) + rest, 1))
        for u, weight in weights.items():
            share = min(Fraction(1), weight / whole)
            holdings[u, v] = Fraction(int(share * SHARE_UNIT), SHARE_UNIT)
    return n, holdings


LOOP = {(0, 1): Fraction(1), (1, 0): Fraction(1), (1, 2): Fraction(1, 2), (2, 3): Fraction(1, 4)}
NEARLY = {
    (0, 1): Fraction(1, 10**9),
    (2, 1): 1 - Fraction(1, 10**9),
    (1, 2): Fraction(1),
    (2, 3): Fraction(1, 3 * 10**3) * 3,
}


@given(registers())
@example((4, LOOP))
@example((4, NEARLY))
@settings(max_examples=300, deadline=None)
def test_of_owner_is_the_rational_solution(case: tuple[int, Register_]) -> None:
    n, holdings = case
    for s in range(n):
        expected = referee.integrated(holdings, s)
        check(of_owner(register(n, holdings), s, Clock(60)), expected)


@given(registers())
@example((4, LOOP))
@example((4, NEARLY))
@settings(max_examples=300, deadline=None)
def test_in_company_agrees_for_every_owner(case: tuple[int, Register_]) -> None:
    n, holdings = case
    for t in range(n):
        part = above(holdings, t)
        expected = {s: x[t] for s in range(n) if s != t and t in (x := referee.integrated(part, s))}
        check(in_company(register(n, part), t, Clock(60)), expected)


@given(registers(valid=False))
@settings(max_examples=300, deadline=None)
def test_registers_past_one_make_what_depends_on_them_unknown(case: tuple[int, Register_]) -> None:
    n, holdings = case
    for s in range(n):
        check(of_owner(register(n, holdings), s, Clock(60)), referee.integrated(holdings, s))
    for t in range(n):
        part = above(holdings, t)
        expected = {s: x[t] for s in range(n) if s != t and t in (x := referee.integrated(part, s))}
        check(in_company(register(n, part), t, Clock(60)), expected)


@given(registers())
@settings(max_examples=200, deadline=None)
def test_owners_whom_nobody_owns_share_at_most_the_whole(case: tuple[int, Register_]) -> None:
    n, holdings = case
    tops = [s for s in range(n) if not any(v == s for _, v in holdings)]
    total = dict.fromkeys(range(n), 0.0)
    for s in tops:
        for v, x in of_owner(register(n, holdings), s, Clock(60)).value.items():
            total[v] += x
    assert max(total.values()) <= 1 + 1e-12


@given(registers(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_names_do_not_matter(case: tuple[int, Register_], random: Any) -> None:
    n, holdings = case
    other = list(range(n))
    random.shuffle(other)
    renamed = {(other[u], other[v]): w for (u, v), w in holdings.items()}
    for s in range(n):
        found = of_owner(register(n, holdings), s, Clock(60)).value
        again = of_owner(register(n, renamed), other[s], Clock(60)).value
        assert {other[v]: x for v, x in found.items()} == pytest.approx(again, abs=1e-12)


def test_walks_summed_one_by_one_come_to_the_same() -> None:
    holdings = {
        (0, 1): Fraction("0.3"), (1, 2): Fraction("0.6"), (2, 1): Fraction("0.4"),
        (2, 2): Fraction("0.2"), (1, 3): Fraction("0.5"), (3, 2): Fraction("0.1"),
    }  # fmt: skip
    assert of_owner(register(4, holdings), 0, Clock(60)).value == pytest.approx(
        referee.path_sum(holdings, 0, 400), abs=1e-12
    )


def test_a_closed_loop_owns_itself_and_nothing_more() -> None:
    """The naive W (I - W)^-1 does not exist here, and gives 900 % where 10 % is missing."""
    both = register(2, {(0, 1): Fraction(1), (1, 0): Fraction(1)})
    assert of_owner(both, 0, Clock(60)).value == {1: 1.0}
    assert in_company(both, 0, Clock(60)).value == {1: 1.0}
    nine = register(2, {(0, 1): Fraction("0.9"), (1, 0): Fraction("0.9")})
    assert of_owner(nine, 0, Clock(60)).value == {1: pytest.approx(0.9)}


def test_a_self_holding_is_shared_out() -> None:
    own = register(2, {(0, 1): Fraction("0.9"), (1, 1): Fraction("0.1")})
    assert of_owner(own, 0, Clock(60)).value == {1: 1.0}
    assert in_company(own, 1, Clock(60)).value == {0: 1.0}


def test_rounding_of_a_register_is_scaled_and_more_is_unknown() -> None:
    third = Fraction("0.3333333335")
    thirds = {(0, 3): third, (1, 3): third, (2, 3): third, (3, 4): Fraction(1)}
    found = of_owner(register(5, thirds), 0, Clock(60)).value
    assert found[3] == found[4] == pytest.approx(1 / 3, abs=1e-12)
    thirds[2, 3] += Fraction(1, 10**9)
    assert of_owner(register(5, thirds), 0, Clock(60)).over == {3: 3, 4: 3}


def ring(n: int, leak: Fraction) -> Register_:
    """A strongly connected ring with chords whose only outside owner, 0, holds `leak` of 1."""
    holdings = {(0, 1): leak}
    for v in range(1, n):
        rest = 1 - leak if v == 1 else Fraction(1)
        near, far = (v - 2) % (n - 1) + 1, (v * 7 + 3) % (n - 1) + 1
        for u, share in ((near, rest * 3 / 4), (far, rest - rest * 3 / 4)):
            holdings[u, v] = holdings.get((u, v), Fraction(0)) + share
    return holdings


@pytest.mark.parametrize("n", [10, 120, 300])
@pytest.mark.parametrize("leak", [Fraction(1, 4), Fraction(4, 10**6), Fraction(4, 10**13)])
def test_a_loop_that_is_nearly_closed_belongs_to_its_only_outside_owner(
    n: int, leak: Fraction
) -> None:
    """Every walk up ends at 0, however long it goes round: 1 for all, at any condition."""
    part = register(n, ring(n, leak))
    found = of_owner(part, 0, Clock(60)).value
    assert found == {v: pytest.approx(1.0, abs=1e-9) for v in range(1, n)}
    assert in_company(part, n - 1, Clock(60)).value[0] == pytest.approx(1.0, abs=1e-9)


def test_the_ways_to_solve_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    n = 260
    holdings = ring(n, Fraction(1, 5))
    expected = of_owner(register(n, holdings), 5, Clock(60)).value
    column = in_company(register(n, holdings), 9, Clock(60)).value
    for name, value in (("DENSE", 10**6), ("ELIMINATED", 10**6), ("INVERTED", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(linear, name, value)
            again = of_owner(register(n, holdings), 5, Clock(60)).value
            assert again == pytest.approx(expected, abs=1e-12)
            again = in_company(register(n, holdings), 9, Clock(60)).value
            assert again == pytest.approx(column, abs=1e-12)
    for s in rng.choice(n, 12, replace=False).tolist():
        if s != 9:
            assert of_owner(register(n, holdings), s, Clock(60)).value[9] == pytest.approx(
                column[s], abs=1e-12
            )


def test_what_cannot_be_promised_to_nine_places_is_not_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(linear, "RESCUED", 1)
    monkeypatch.setattr(linear, "ELIMINATED", 1)
    n = 60
    closed = ring(n, Fraction(4, SHARE_UNIT))
    found = of_owner(register(n, closed), 0, Clock(60))
    assert found.inaccurate or found.value == {v: pytest.approx(1, abs=1e-9) for v in range(1, n)}


def test_elimination_keeps_every_entry_at_any_condition() -> None:
    leak = 1e-15
    part = Part([{1: 1 - leak}, {0: 1.0}], [leak, 0.0])
    inverse = linear.eliminate(part.dense(), part.leak, np.eye(2))
    expected = np.array([[1, 1 - leak], [1, 1]]) / leak
    assert np.allclose(inverse, expected, rtol=1e-15, atol=0)


def test_components_come_after_what_they_lead_to() -> None:
    graph = {0: [1], 1: [2], 2: [1, 3], 3: [3], 4: [0, 3], 5: []}
    assert components(graph, graph.__getitem__) == [[3], [1, 2], [0], [4], [5]]


def test_a_chain_of_any_depth_is_walked() -> None:
    n = 5000
    chain = register(n, {(v, v + 1): Fraction(1) for v in range(n - 1)})
    assert of_owner(chain, 0, Clock(60)).value[n - 1] == 1.0
    assert in_company(chain, n - 1, Clock(60)).value[0] == 1.0
