"""A regression as arrays against scikit-learn; how much of each of two margins, by brute force."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from algorithms.scoring.fitting import boosted
from algorithms.scoring.linear import Linear, logarithms, logistic_regression
from algorithms.scoring.mixing import TOGETHER, mixed, weighed


@pytest.fixture(scope="module")
def example() -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(200, 6)).cumsum(axis=1) * 10
    truth = matrix[:, 0] + random.normal(0, 5, 200) > 0
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    matrix[:, 4], matrix[:, 5] = 3.0, np.nan
    return matrix, truth


def test_the_margin_is_that_of_scikit_learn(example: Any) -> None:
    matrix, truth = example
    reference = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        FunctionTransformer(logarithms), StandardScaler(), LogisticRegression(C=0.05, max_iter=500),
    ).fit(matrix, truth)  # fmt: skip
    found = logistic_regression(matrix, truth, 0)
    assert found.margin(matrix) == pytest.approx(reference.decision_function(matrix))
    # What a feature adds is nothing on average: they are Shapley values of a sum.
    assert found.contributions(matrix).mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-9)


def test_what_is_far_beyond_all_that_was_seen_counts_as_the_farthest_seen(example: Any) -> None:
    found = logistic_regression(*example, 0)
    far, most = np.nan_to_num(example[0][:1]), np.nan_to_num(example[0][:1])
    far[0, 0], most[0, 0] = 1e30, np.nanmax(example[0][:, 0])
    assert found.margin(far) == pytest.approx(found.margin(most))


def test_contributions_of_a_mix_add_up_to_its_margin(example: Any) -> None:
    matrix, truth = example
    forest = boosted(matrix[:100], truth[:100], 0, max_iter=5)
    linear = logistic_regression(matrix[:100], truth[:100], 0)
    mix, margin = mixed(forest, linear, matrix[100:], truth[100:])
    assert 0 < mix.trees < 1
    assert margin == pytest.approx(mix.margin(matrix[100:]))
    whole = mix.contributions(matrix).sum(axis=1) + mix.expected
    assert whole == pytest.approx(mix.margin(matrix))
    one = np.vstack([mix.margin(row[None]) for row in matrix])
    assert one.ravel().tobytes() == mix.margin(matrix).tobytes()  # nobody's depends on the others


def test_weights_are_the_least_of_the_loss() -> None:
    random = np.random.default_rng(1)
    truth = random.random(300) < 0.3
    margins = np.array([truth + random.normal(0, 1.5, 300), 2 * truth + random.normal(0, 5, 300)])
    (a, b), share = weighed(margins, truth)
    spread = margins.std(axis=1)
    target = np.where(truth, (truth.sum() + 1) / (truth.sum() + 2), 1 / ((~truth).sum() + 2))

    def loss(one: float, other: float) -> float:
        z = one * (margins[0] - margins[0].mean()) + other * (margins[1] - margins[1].mean())
        apart = (one * spread[0] - other * spread[1]) ** 2 / 2
        return min(
            (np.logaddexp(0, c + z) - target * (c + z)).sum() for c in np.linspace(-2, 0, 401)
        ) + TOGETHER / 2 * apart  # fmt: skip

    found = loss(a, b)
    for da, db in product((-0.05, 0, 0.05), repeat=2):
        assert found <= loss(max(a + da, 0), max(b + db, 0)) + 1e-3
    assert share == pytest.approx(a * spread[0] / (a * spread[0] + b * spread[1]))


def test_what_ranks_the_wrong_way_has_no_weight() -> None:
    random = np.random.default_rng(1)
    truth = random.random(300) < 0.3
    good = truth + random.normal(0, 1, 300)
    (a, b), share = weighed(np.array([good, -3.0 * truth - good]), truth)
    assert (a > 0, b, share) == (True, 0.0, 1.0)
    assert weighed(np.array([-good, -good]), truth) == ([1.0, 0.0], 1.0)


def test_arrays_that_are_no_regression_are_refused(example: Any) -> None:
    good = logistic_regression(*example, 0).arrays
    for name, array in (("slope", good["slope"][1:]), ("known", good["known"] * np.nan)):
        with pytest.raises(ValueError, match="not a regression"):
            Linear(0.0, {**good, name: array})
