"""What is fitted: boosted trees on all features, and the baselines that stand beside them."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.scoring.linear import Linear, finite, logistic_regression
from algorithms.scoring.trees import Forest, forest_of
from graph.deadline import check

F64 = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]

# What is known of a subject without looking at who it deals with: its record, and sums over its own
# statements; not how many others are on them, which is a degree of the graph.
TABULAR: Final = frozenset({"entity", "money", "invoices", "calls"})
PARTNERS: Final = ("partner", "_top_")
MOST_ROWS: Final = 300_000  # of a training table; more others than that are drawn from
_EASY: Final = 10_000_000  # cells of a table that one thread fits in ten seconds
TREES: Final = 200
_BOOSTING: Final[dict[str, Any]] = {
    "max_iter": TREES, "learning_rate": 0.05, "max_leaf_nodes": 15, "min_samples_leaf": 20,
    "l2_regularization": 1.0, "max_features": 0.5, "early_stopping": False,
}  # fmt: skip


def boosted(matrix: npt.NDArray[Any], truth: Truth, seed: int, **settings: Any) -> Forest:
    """Histogram gradient boosting (Ke et al. 2017; scikit-learn's), as plain trees. Finite values
    and NaN for what is not known; the same seed grows the same trees. Raises Cancelled within a
    tree of when the work was called off."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    settings = {**_BOOSTING, **settings, "loss": _stoppable(), "random_state": seed}
    model = HistGradientBoostingClassifier(**settings)
    values = finite(matrix)
    values[:, np.isnan(values).all(axis=0)] = 0.0  # binning takes no column without a value
    with threads(values.size):
        return forest_of(model.fit(values, truth))


def threads(cells: int) -> Any:
    """What bounds the threads that a table of so many cells is fitted by. Boosting waits for all of
    them some ten thousand times: on processors that are busy with other work each wait is for that,
    too, so that two threads take forty times as long as one, and longer only on large tables."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1 if cells <= _EASY else None, user_api="openmp")


def _stoppable() -> Any:
    """The logistic loss, and a look at whether the work was called off each time that boosting asks
    it: once a tree. Nowhere else does boosting hand over to anybody."""
    from sklearn._loss import HalfBinomialLoss

    class Stoppable(HalfBinomialLoss):  # type: ignore[misc]
        def gradient_hessian(self, *given: Any, **named: Any) -> Any:
            check()
            return super().gradient_hessian(*given, **named)

    return Stoppable()


class Grown(NamedTuple):
    """What was fitted on the same rows; `plain` on the columns `tabular` alone."""

    forest: Forest
    linear: Linear
    plain: Forest
    tabular: npt.NDArray[np.int64]

    def margins(self, matrix: npt.NDArray[Any]) -> dict[str, F64]:
        """The baselines' margins, by their names."""
        return {
            "logistic regression": self.linear.margin(matrix),
            "trees alone": self.forest.margin(matrix),
            "tabular only": self.plain.margin(matrix[:, self.tabular]),
        }


def grown(
    matrix: npt.NDArray[Any], truth: Truth, tabular: npt.NDArray[np.int64], seed: int
) -> Grown:
    """Trees and regression on all columns, and trees on those of `tabular`. Raises Cancelled."""
    forest = boosted(matrix, truth, seed)
    check()
    linear = logistic_regression(matrix, truth, seed)
    return Grown(forest, linear, boosted(matrix[:, tabular], truth, seed), tabular)


def drawn(truth: Truth, seed: int, most: int = MOST_ROWS) -> npt.NDArray[np.int64]:
    """The rows to train on: all positives, and of the others as many as fit, drawn once."""
    yes, no = np.flatnonzero(truth), np.flatnonzero(~truth)
    room = max(most - len(yes), 0)
    if len(no) > room:
        no = np.random.default_rng(seed).choice(no, room, replace=False)
    return np.sort(np.concatenate([yes, no]))
