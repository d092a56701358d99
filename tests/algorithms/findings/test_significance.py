"""Tails against exact sums and scipy, false discovery rates against scipy's."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from algorithms.findings.scoring import CAP, Sign, evidence, score
from algorithms.findings.significance import (
    FEW,
    LEAST,
    binomial_tail,
    empirical_tail,
    false_discovery,
    kolmogorov_tail,
    poisson_tail,
)


@given(st.integers(0, 30), st.floats(0.01, 20))
def test_the_poisson_tail_is_what_the_head_leaves(count: int, mean: float) -> None:
    head = math.fsum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(count))
    assert poisson_tail(count, mean) == pytest.approx(1 - head, abs=1e-12)


@given(st.integers(0, 12), st.integers(0, 12), st.fractions(0, 1, max_denominator=50))
def test_the_binomial_tail_is_the_sum_of_its_terms(count: int, trials: int, c: Fraction) -> None:
    terms = [math.comb(trials, k) * c**k * (1 - c) ** (trials - k) for k in range(trials + 1)]
    expected = float(sum(terms[count:]))
    assert binomial_tail(count, trials, float(c)) == pytest.approx(max(expected, LEAST), abs=1e-12)


@given(st.integers(0, 3000), st.floats(0, 3000), st.floats(0, 1))
def test_few_tails_are_summed_as_scipy_has_them(count: int, mean: float, chance: float) -> None:
    poisson = scipy.stats.poisson.sf(count - 1, mean)
    assert poisson_tail(count, mean) == pytest.approx(max(poisson, LEAST), rel=1e-8, abs=LEAST)
    many = poisson_tail([count] * (FEW + 1), mean)
    assert many == pytest.approx(max(poisson, LEAST), rel=1e-8, abs=LEAST)
    binomial = scipy.stats.binom.sf(count - 1, 2000, chance)
    few, many = (binomial_tail([count] * n, 2000, chance) for n in (1, FEW + 1))
    assert few[0] == pytest.approx(max(binomial, LEAST), rel=1e-8, abs=LEAST)
    assert many == pytest.approx(few[0], rel=1e-8, abs=LEAST)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.integers(0, 6))
def test_an_empirical_tail_counts_the_draws_and_the_thing_itself(null: list[int], x: int) -> None:
    expected = (1 + sum(drawn >= x for drawn in null)) / (1 + len(null))
    assert empirical_tail(x, null) == pytest.approx(expected)


@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=30), st.integers(0, 40))
def test_false_discovery_is_scipys_with_the_silent_tests_as_ones(p: list[float], more: int) -> None:
    expected = false_discovery_control(np.array(p + [1.0] * more))[: len(p)]
    assert false_discovery(p, len(p) + more) == pytest.approx(expected)


def test_of_findings_taken_at_a_rate_no_more_are_chance() -> None:
    """Of 2,000 candidates 100 are real: at q <= 0.1 about a tenth of those taken may be chance."""
    draws = np.random.default_rng(7)
    shares = []
    for _ in range(200):
        p = np.concatenate([draws.uniform(size=1900), draws.uniform(size=100) * 1e-4])
        taken = false_discovery(p) <= 0.1
        shares.append(taken[:1900].sum() / max(taken.sum(), 1))
    assert np.mean(shares) == pytest.approx(0.1 * 1900 / 2000, abs=0.01)


def test_evidence_is_capped_chance_and_signs() -> None:
    against = Sign("family", -4.0, "家庭", "a family")
    assert evidence(1e-200, [against]) == CAP - 4.0
    assert evidence(math.exp(-3), []) == pytest.approx(3.0)
    assert evidence(0.0, []) == CAP


def test_a_score_is_a_chance_that_rises_with_evidence() -> None:
    values = [score("no such pattern", nats) for nats in range(-800, 800, 7)]
    assert values == sorted(values)
    assert 0 <= values[0] < 1e-6 and 1 - 1e-6 < values[-1] <= 1
    assert score("no such pattern", 6.0) == 0.5


def test_kolmogorov_against_scipy() -> None:
    height = np.concatenate([np.linspace(0, 4, 401), [7.0, 20.0]])
    assert kolmogorov_tail(height) == pytest.approx(scipy.special.kolmogorov(height), rel=1e-9)
    assert kolmogorov_tail(30.0) == pytest.approx(1e-300)
    assert kolmogorov_tail(1.0).shape == ()
