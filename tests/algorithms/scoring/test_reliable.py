"""Intervals of calibration against scikit-learn and the binomial distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.metrics import brier_score_loss

from algorithms.evaluation.calibration import reliability
from algorithms.scoring.metrics import draws
from algorithms.scoring.reliable import brier, by_chance


def test_briers_interval_is_that_of_scikit_learns_scores_of_the_draws() -> None:
    random = np.random.default_rng(3)
    said = random.random(80)
    truth = random.random(80) < said
    weights = draws(truth, 0)[:200]
    found = brier(truth, said, weights)
    drawn = [brier_score_loss(truth, said, sample_weight=each) for each in weights]
    assert found.value == pytest.approx(brier_score_loss(truth, said))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))
    assert found.value == pytest.approx(reliability("m", said.tolist(), truth.tolist()).brier)


@pytest.mark.parametrize(("n", "p"), [(400, 0.5), (2000, 0.03)])
def test_of_one_probability_chance_is_the_binomial_distribution(n: int, p: float) -> None:
    error = np.abs(np.arange(n + 1) / n - p)
    order = np.argsort(error)
    below = np.cumsum(binom.pmf(np.arange(n + 1), n, p)[order])
    exact = error[order][np.searchsorted(below, 0.95)]
    assert by_chance(np.full(n, p), 1, 4000) == pytest.approx(exact, abs=1.01 / n)


def test_what_holds_is_within_chance_and_what_does_not_is_beyond() -> None:
    random = np.random.default_rng(5)
    said = 1 / (1 + np.exp(2.5 - 1.5 * random.normal(size=3000)))
    bound = by_chance(said, 0, 400)
    errors = []
    for _ in range(200):
        truth = random.random(3000) < said
        error = reliability("m", said.tolist(), truth.tolist()).expected_calibration_error
        assert error is not None
        errors.append(error)
    assert 0.9 < np.mean(np.array(errors) <= bound) < 0.99
    shifted = reliability("m", said.tolist(), (random.random(3000) < said * 0.7).tolist())
    assert shifted.expected_calibration_error is not None
    assert shifted.expected_calibration_error > bound
    assert by_chance(said, 0, 400) == bound
