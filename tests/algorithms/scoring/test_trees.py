"""Trees as arrays: the margin is scikit-learn's, contributions are Shapley's by brute force."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from algorithms.scoring.fitting import boosted
from algorithms.scoring.trees import Forest, forest_of


@pytest.fixture(scope="module")
def example() -> tuple[Any, Any, HistGradientBoostingClassifier]:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(300, 5)).round(1)
    matrix[random.random(matrix.shape) < 0.15] = np.nan
    truth = np.nan_to_num(matrix[:, 0] * matrix[:, 1]) + np.nan_to_num(matrix[:, 2]) > 0.3
    model = HistGradientBoostingClassifier(
        max_iter=4, max_leaf_nodes=7, min_samples_leaf=5, early_stopping=False, random_state=0
    )
    return matrix, truth, model.fit(matrix, truth)


def test_the_margin_is_that_of_scikit_learn(example: Any) -> None:
    matrix, _, model = example
    strange = np.vstack([matrix, np.full((1, 5), np.nan), np.full((1, 5), 1e30)])
    assert forest_of(model).margin(strange) == pytest.approx(model.decision_function(strange))


def _worth(forest: Forest, row: Any, coalition: frozenset[int]) -> float:
    """The value of a coalition by algorithm 1 of Lundberg et al.: both ways by the shares of
    training rows, where a feature is not in it."""

    def walk(node: int) -> float:
        feature = int(forest.feature[node])
        if feature < 0:
            return float(forest.value[node])
        left, right = int(forest.left[node]), int(forest.right[node])
        if feature not in coalition:
            return float(forest.share[left] * walk(left) + forest.share[right] * walk(right))
        x = row[feature]
        goes_left = forest.missing_left[node] if np.isnan(x) else x <= forest.threshold[node]
        return walk(left if goes_left else right)

    return forest.base + sum(walk(root) for root in forest.start.tolist())


def test_contributions_are_shapley_values(example: Any) -> None:
    matrix, _, model = example
    forest = forest_of(model)
    rows = np.vstack([matrix[:6], np.full((1, 5), np.nan)])
    added = forest.contributions(rows)
    players, n = range(5), 5
    for row, told in zip(rows, added, strict=True):
        worth = {
            frozenset(c): _worth(forest, row, frozenset(c))
            for size in range(n + 1)
            for c in combinations(players, size)
        }
        for player in players:
            expected = sum(
                factorial(len(c)) * factorial(n - 1 - len(c)) / factorial(n)
                * (worth[c | {player}] - worth[c])
                for c in worth
                if player not in c
            )  # fmt: skip
            assert told[player] == pytest.approx(expected, abs=1e-12)
        assert forest.expected == pytest.approx(worth[frozenset()])


def test_contributions_add_up_to_the_margin(example: Any) -> None:
    matrix, _, model = example
    forest = forest_of(model)
    whole = forest.contributions(matrix).sum(axis=1) + forest.expected
    assert whole == pytest.approx(forest.margin(matrix))


def test_the_same_seed_grows_the_same_trees_and_nobodys_column_is_no_split(example: Any) -> None:
    matrix, truth, _ = example
    wide = np.column_stack([matrix, np.full(len(matrix), np.nan)]).astype(np.float32)
    one, other = (boosted(wide, truth, seed=3, max_iter=5) for _ in range(2))
    for name, array in one.arrays.items():
        assert array.tobytes() == other.arrays[name].tobytes()
    assert 5 not in one.feature


def test_arrays_that_are_no_trees_are_refused(example: Any) -> None:
    good = forest_of(example[2]).arrays
    inner = good["feature"] >= 0
    for name, array in (
        ("left", np.zeros_like(good["left"])),  # a child before its parent: a walk without end
        ("left", np.where(inner, good["right"], 0)),  # two ways to one node
        ("right", good["right"] + 10**6),
        ("start", good["start"] - 1),
        ("value", np.full_like(good["value"], np.nan)),
        ("share", np.full_like(good["share"], np.nan)),
        ("share", good["share"][:-1]),
        ("threshold", np.where(inner, np.nan, 0.0)),
        ("feature", good["feature"][:, None]),
    ):
        with pytest.raises(ValueError, match="not trees"):
            Forest(0.0, {**good, name: array})
