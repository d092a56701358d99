"""Curves against an optimiser of another library, and reliability by hand."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from algorithms.evaluation.calibration import fit, logistic, reliability

examples = st.lists(
    st.tuples(st.floats(-30, 60, allow_nan=False, width=32), st.booleans()), min_size=1, max_size=25
)


@settings(deadline=None)
@given(examples)
def test_the_fit_is_the_minimum_of_the_loss(pairs: list[tuple[float, bool]]) -> None:
    x = np.array([p[0] for p in pairs])
    yes = np.array([p[1] for p in pairs])
    # Platt's targets, and a normal prior around half at 6 nats with slope 1.
    target = np.where(yes, (yes.sum() + 1) / (yes.sum() + 2), 1 / ((~yes).sum() + 2))

    def loss(ab: np.ndarray) -> float:
        z = ab[0] + ab[1] * x
        likelihood = np.logaddexp(0, z) - target * z
        return float(likelihood.sum() + (ab[0] + 6) ** 2 / 72 + (ab[1] - 1) ** 2 / 2)

    curve = fit(x.tolist(), yes.tolist())
    best = minimize(loss, np.array([-6.0, 1.0]), method="BFGS")
    assert (curve.true, curve.other) == (int(yes.sum()), int((~yes).sum()))
    assert curve.b >= 0.01
    if best.x[1] > 0.011:
        assert loss(np.array([curve.a, curve.b])) <= best.fun + 1e-6
    if best.x[1] < 0.009:
        level = minimize(lambda a: loss(np.array([a[0], 0.01])), np.array([0.0]), method="BFGS")
        assert curve.b == 0.01
        assert loss(np.array([curve.a, curve.b])) <= level.fun + 1e-6


def test_where_less_evidence_is_truer_the_level_is_that_of_the_least_slope() -> None:
    """Nearly flat, the curve says the share of the true, drawn in by targets and prior."""
    x = [float(n) for n in range(40)]
    curve = fit(x, [value < 20 for value in x])
    assert curve.b == 0.01
    assert sum(logistic(curve.a + curve.b * value) for value in x) / 40 == pytest.approx(
        0.5, abs=0.01
    )


def test_without_examples_the_prior_stands() -> None:
    curve = fit([], [])
    assert (curve.a, curve.b) == pytest.approx((-6.0, 1.0))


def test_a_curve_is_found_again() -> None:
    """Truth drawn from a known curve: the fit comes near it, and its probabilities are reliable."""
    rng = random.Random(1)
    x = [rng.uniform(-5, 15) for _ in range(4_000)]
    true = [rng.random() < logistic(-3 + 0.7 * value) for value in x]
    curve = fit(x, true)
    assert curve.a == pytest.approx(-3, abs=0.3)
    assert curve.b == pytest.approx(0.7, abs=0.07)
    got = reliability("ring", [logistic(curve.a + curve.b * v) for v in x], true)
    assert got.expected_calibration_error is not None
    assert got.expected_calibration_error < 0.03
    assert got.brier is not None
    assert got.base is not None
    assert got.brier < got.base


def test_reliability_by_hand() -> None:
    got = reliability("ring", [0.05, 0.05, 0.95, 1.0], [False, True, True, True])
    assert (got.findings, got.true) == (4, 3)
    assert got.brier == pytest.approx((0.05**2 + 0.95**2 + 0.05**2) / 4)
    assert got.base == pytest.approx(3 / 16)
    # Two bins: 1 true of 0.1 expected; 2 true of 1.95 expected.
    assert got.expected_calibration_error == pytest.approx((0.9 + 0.05) / 4)
    assert reliability("ring", [], []).brier is None


def test_the_curve_is_safe_far_out() -> None:
    assert logistic(1e4) == 1.0
    assert logistic(-1e4) == 0.0
    assert math.isfinite(fit([1e3, -1e3], [True, False]).b)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="as many"):
        fit([1.0], [])
