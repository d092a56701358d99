"""Trees and a logistic regression as one margin: how much of each is settled on held-out rows.

Where positives are many, or come of a few schemes that a later day has not, trees learn what does
not come again, and the plain regression ranks better; where patterns matter, trees do. Which it is
shows on rows that grew neither: there a logistic curve of both margins, neither of which may count
against itself (stacking: Wolpert 1992; Breiman 1996), is fitted, and its slopes are the weights.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.scoring.linear import ARRAYS, Linear
from algorithms.scoring.trees import Forest

F64 = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]

# How strongly weights are held together: as much as some twenty positives say apart. Settled on
# worlds of their own seeds, where from 0 to 30 made little difference.
TOGETHER: Final = 5.0


class Mix(NamedTuple):
    """The margin of trees plus that of a regression, each times its weight already. `trees`: the
    share that trees have in it, by how far each spread the rows that the weights were settled on.
    """

    forest: Forest
    linear: Linear
    trees: float

    @property
    def expected(self) -> float:
        """The margin of nobody in particular: what contributions add up from."""
        return self.forest.expected + self.linear.base

    def margin(self, matrix: npt.NDArray[Any]) -> F64:
        """The log-odds of each row, before calibration."""
        return self.forest.margin(matrix) + self.linear.margin(matrix)

    def contributions(self, matrix: npt.NDArray[Any]) -> F64:
        """What each feature adds to each row's margin: rows x features, exact; with `expected` a
        row of it sums to the margin. Shapley values of a sum are the sums of Shapley values."""
        return self.forest.contributions(matrix) + self.linear.contributions(matrix)


def alone(forest: Forest, width: int) -> Mix:
    """Trees of rows so wide, and a regression that adds nothing."""
    return Mix(forest, Linear(0.0, {name: np.zeros(width) for name in ARRAYS}), 1.0)


def mixed(
    forest: Forest, linear: Linear, matrix: npt.NDArray[Any], truth: Truth
) -> tuple[Mix, F64]:
    """Both with the weights that suit rows which grew neither, and the margin of these rows by the
    two; at least one positive and one other are there. Linear in the rows."""
    margins = np.array([forest.margin(matrix), linear.margin(matrix)])
    (a, b), trees = weighed(margins, truth)
    return Mix(forest.times(a), linear.times(b), trees), a * margins[0] + b * margins[1]


def weighed(margins: F64, truth: Truth) -> tuple[list[float], float]:
    """The weights (none negative, not all 0) of margins (a row each), and the share of the first.

    Least is the loss of a logistic curve of all margins at unit spread, with Platt's targets (1999)
    and a penalty on how far the weights are from their mean.
    """
    from scipy.optimize import minimize

    spread = margins.std(axis=1)
    spread[spread < 1e-12] = 1.0
    design = ((margins.T - margins.mean(axis=1)) / spread).astype(np.float64)
    yes = int(truth.sum())
    no = len(truth) - yes
    target = np.where(truth, (yes + 1) / (yes + 2), 1 / (no + 2))

    def loss(at: F64) -> tuple[float, F64]:
        z = at[0] + design @ at[1:]
        apart = at[1:] - at[1:].mean()
        off = 1 / (1 + np.exp(-np.clip(z, -500, 500))) - target
        value = (np.logaddexp(0, z) - target * z).sum() + TOGETHER / 2 * apart @ apart
        return float(value), np.append(off.sum(), design.T @ off + TOGETHER * apart)

    begin = np.append(np.log(yes / no), np.full(len(margins), 0.5))
    bounds = [(None, None), *[(0, None)] * len(margins)]
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds).x[1:]
    if found.sum() < 1e-6:  # neither says anything here: the trees, as they are
        return [1.0, *[0.0] * (len(margins) - 1)], 1.0
    return (found / spread).tolist(), float(found[0] / found.sum())
