"""A logistic regression as plain arrays: its margin, and what each feature adds to it, exactly.

It is a sum of a function of each feature, so what a feature adds is that function less its mean
over those it was trained on: the Shapley value of such a game.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from graph.deadline import check

F64 = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]
ARRAYS: Final = ("slope", "known", "absent", "low", "high")
_CHUNK: Final = 20_000  # rows between two looks at whether the work was called off


class Linear:
    """Where feature j of a row is x, it adds `known[j] + slope[j] l`, l the logarithm of x (of its
    size, with its sign) drawn in to `low[j]`..`high[j]`; where it is not known, `absent[j]`. Over
    those it was trained on what a feature adds is 0 on average, and their margin is `base`."""

    def __init__(self, base: float, arrays: dict[str, Any]) -> None:
        """Raises ValueError where the arrays are not those of one."""
        self.base = base
        parts = [np.asarray(arrays[name], np.float64) for name in ARRAYS]
        self.slope, self.known, self.absent, self.low, self.high = parts
        if len({each.shape for each in parts}) > 1 or self.slope.ndim != 1:
            raise ValueError("not a regression: arrays of different lengths")
        if not all(np.isfinite(each).all() for each in (*parts, np.array(base))):
            raise ValueError("not a regression: a value that is no number")

    @property
    def arrays(self) -> dict[str, Any]:
        """What is kept."""
        return {name: getattr(self, name) for name in ARRAYS}

    @property
    def width(self) -> int:
        """How many features a row has."""
        return len(self.slope)

    def times(self, weight: float) -> Linear:
        """The same with all that it adds multiplied."""
        parts = {name: getattr(self, name) * weight for name in ("slope", "known", "absent")}
        return Linear(self.base * weight, {**self.arrays, **parts})

    def contributions(self, matrix: npt.NDArray[Any]) -> F64:
        """What each feature adds to each row's margin: rows x features; with `base` a row of it
        sums to the margin. O(rows features)."""
        values = finite(np.ascontiguousarray(matrix))
        drawn_in = np.clip(logarithms(values), self.low, self.high)
        found: F64 = np.where(np.isnan(values), self.absent, self.known + self.slope * drawn_in)
        return found

    def margin(self, matrix: npt.NDArray[Any]) -> F64:
        """The log-odds of each row. O(rows features)."""
        out = np.full(len(matrix), self.base)
        for at in range(0, len(matrix), _CHUNK):
            check()
            out[at : at + _CHUNK] += self.contributions(matrix[at : at + _CHUNK]).sum(axis=1)
        return out


def logistic_regression(matrix: npt.NDArray[Any], truth: Truth, seed: int) -> Linear:
    """Fitted by scikit-learn on logarithms, all of the same spread, with the median in place of
    what is not known and a column that says so."""
    from sklearn.linear_model import LogisticRegression

    values = finite(matrix)
    gone = np.isnan(values)
    fill = np.zeros(values.shape[1])
    some = ~gone.all(axis=0)
    fill[some] = np.nanmedian(values[:, some], axis=0)
    logs = logarithms(np.where(gone, fill, values))
    mean, missing = logs.mean(axis=0), gone.mean(axis=0)
    spread, missing_spread = _spread(logs), _spread(gone)
    design = np.column_stack([(logs - mean) / spread, (gone - missing) / missing_spread])
    fitted = LogisticRegression(C=0.05, max_iter=500, random_state=seed).fit(design, truth)
    slope, flag = np.split(fitted.coef_[0] / np.append(spread, missing_spread), 2)
    known = -slope * mean - flag * missing
    return Linear(
        float(fitted.intercept_[0]),
        {"slope": slope, "known": known, "absent": known + slope * logarithms(fill) + flag,
         "low": logs.min(axis=0), "high": logs.max(axis=0)},
    )  # fmt: skip


def _spread(values: npt.NDArray[Any]) -> F64:
    """The standard deviation of each column, 1 of what is always the same."""
    found = values.std(axis=0)
    return np.where(found > 1e-12, found, 1.0)


def finite(matrix: npt.NDArray[Any]) -> F64:
    """Values as both learners take them."""
    with np.errstate(invalid="ignore"):
        out = matrix.astype(np.float64)
        return np.clip(out, -1e30, 1e30)


def logarithms(values: F64) -> F64:
    """The logarithm of one more than each size, with its sign."""
    return np.sign(values) * np.log1p(np.abs(values))
