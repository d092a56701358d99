"""Boosting that can be called off, and is scikit-learn's all the same."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from algorithms.scoring.fitting import _BOOSTING, boosted
from algorithms.scoring.linear import finite
from algorithms.scoring.trees import ARRAYS, forest_of
from graph.deadline import bounded
from graph.errors import Cancelled


class Third(threading.Event):
    """Somebody calls the work off once it has been looked at twice."""

    looks = 0

    def is_set(self) -> bool:
        self.looks += 1
        return self.looks > 2


@pytest.fixture(scope="module")
def rows() -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(400, 6))
    truth = matrix[:, 0] + random.normal(0, 1, 400) > 0
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    return matrix, truth


def test_boosting_ends_when_it_is_called_off(rows: tuple[Any, Any]) -> None:
    gone = Third()
    with pytest.raises(Cancelled), bounded(cancelled=gone):  # looks once
        boosted(*rows, 0, max_iter=50)
    assert gone.looks == 3  # before the second of fifty trees


def test_its_trees_are_those_that_scikit_learn_grows(rows: tuple[Any, Any]) -> None:
    matrix, truth = rows
    plain = HistGradientBoostingClassifier(**_BOOSTING | {"max_iter": 50}, random_state=7)
    expected, found = forest_of(plain.fit(finite(matrix), truth)), boosted(*rows, 7, max_iter=50)
    assert found.base == expected.base and len(found.start) == 50
    for name in ARRAYS:
        assert found.arrays[name].tobytes() == expected.arrays[name].tobytes()
