"""Small tables are fitted by one thread: more would wait for each other on a busy machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from threadpoolctl import threadpool_limits

from algorithms.scoring import fitting

TRUTH = np.arange(200) % 5 == 0
MATRIX = np.column_stack([np.arange(200), TRUTH * 3.0 + np.arange(200) % 7]).astype(np.float32)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """By how many threads each fit may go."""
    found: list[int] = []
    fit = HistGradientBoostingClassifier.fit

    def watched(self: Any, *given: Any) -> Any:
        found.append(_openmp_effective_n_threads())
        return fit(self, *given)

    monkeypatch.setattr(HistGradientBoostingClassifier, "fit", watched)
    return found


def test_small_tables_are_fitted_by_one_thread_and_large_ones_by_all(
    threads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with threadpool_limits(limits=2, user_api="openmp"):
        small = fitting.boosted(MATRIX, TRUTH, 0)
        monkeypatch.setattr(fitting, "_EASY", MATRIX.size - 1)
        large = fitting.boosted(MATRIX, TRUTH, 0)
        after = _openmp_effective_n_threads()
    assert threads == [1, after]
    for name, array in small.arrays.items():
        assert np.array_equal(array, large.arrays[name]), name
