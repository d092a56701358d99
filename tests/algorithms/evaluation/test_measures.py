"""Measures by hand, and average precision by its definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.evaluation.matching import Claim, Scheme, judge
from algorithms.evaluation.measures import average_precision, measure, precision_at


def test_measures_of_a_worked_example() -> None:
    """Four schemes, two look-alikes; of six findings above the threshold two are hits."""
    schemes = [
        *(Scheme(f"s{k}", "ring", frozenset({f"{k}a", f"{k}b"})) for k in range(4)),
        Scheme("k1", "ring", frozenset({"k", "l"}), look_alike="family"),
        Scheme("k2", "ring", frozenset({"m", "n"}), look_alike="school"),
        Scheme("f1", "fan", frozenset({"x", "y"})),
    ]

    def found(score: float, *members: str) -> Claim:
        return Claim("ring", score, frozenset(members))

    claims = [
        found(0.95, "0a", "0b"),  # hit
        found(0.90, "q", "r"),  # false
        found(0.80, "1a", "1b"),  # hit
        found(0.70, "0a", "0b", "q"),  # again
        found(0.60, "k", "l"),  # innocent
        found(0.60, "x", "y"),  # of another pattern
        found(0.40, "2a", "2b"),  # a hit, below the threshold
        found(0.30, "m", "n"),  # innocent, below the threshold
    ]
    own = [s for s in schemes if s.pattern == "ring"]
    got = measure("ring", judge(claims, schemes), own, 0.5)
    assert (got.schemes, got.found, got.recall) == (4, 2, 0.5)
    assert got.precision == 2 / 4
    assert got.precision_at_k == 2 / 4  # of 0.95, 0.90, 0.80, 0.60
    # Found at places 1, 3 and 5 of those that count; one of the four never.
    assert got.average_precision == pytest.approx((1 / 1 + 2 / 3 + 3 / 5) / 4)
    assert (got.look_alikes, got.accused) == (2, 0.5)
    assert (got.false, got.again, got.other, got.part) == (2, 1, 1, 0)
    assert got.accused_by_name == {"family": "1/1", "school": "0/1"}


def test_nothing_found_and_nothing_to_find() -> None:
    got = measure("ring", [], [], 0.5)
    assert (got.recall, got.precision, got.average_precision, got.accused) == (None,) * 4


def test_precision_at_k_shares_a_tie() -> None:
    ranked = [(0.9, True), (0.5, True), (0.5, False), (0.5, False), (0.5, False)]
    # One place is left for four, one of which is true.
    assert precision_at(ranked, 2) == pytest.approx((1 + 1 / 4) / 2)
    assert precision_at(ranked, 9) == 2 / 5
    assert precision_at([], 2) is None


ranks = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.7, 0.9]), st.booleans()), max_size=12)


@given(ranks, st.integers(0, 4))
def test_average_precision_by_its_definition(ranked: list[tuple[float, bool]], more: int) -> None:
    """The sum over thresholds of (recall gained) x (precision), each counted anew."""
    positives = sum(hit for _, hit in ranked) + more
    if not positives:
        assert average_precision(ranked, positives) is None
        return
    expected, before = 0.0, 0.0
    for threshold in sorted({score for score, _ in ranked}, reverse=True):
        shown = [hit for score, hit in ranked if score >= threshold]
        recall = sum(shown) / positives
        expected += (recall - before) * (sum(shown) / len(shown))
        before = recall
    assert average_precision(ranked, positives) == pytest.approx(expected)
    assert average_precision(ranked[::-1], positives) == pytest.approx(expected)
