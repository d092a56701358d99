"""Models whose every answer can be told by hand: stumps over one feature."""

from __future__ import annotations

import math

import numpy as np

from algorithms.features.making import dictionary
from algorithms.features.table import VERSION
from algorithms.scoring.mixing import alone
from algorithms.scoring.model import QUANTILES, About, Calibration, Lineage, Model
from algorithms.scoring.trees import Forest

LEARNT = "2023-06-30"


def logistic(margin: float) -> float:
    return 1 / (1 + math.exp(-margin))


def stumps(kind: str, feature: str, base: float, steps: dict[float, float], learnt: str = LEARNT,
           version: int = VERSION) -> Model:  # fmt: skip
    """Of each subject the log-odds `base`, and more by each step whose threshold its feature is
    above; nothing more where it is not known. Probabilities are the logistic of it."""
    groups, windows = ["entity"], [30]
    names = [each.name for each in dictionary(kind, groups, windows)]
    many = len(steps)
    place = names.index(feature)
    trees = {
        "start": [3 * n for n in range(many)],
        "feature": [place, -1, -1] * many,
        "threshold": [each for bound in steps for each in (bound, 0.0, 0.0)],
        "missing_left": [True] * 3 * many,
        "left": [each for n in range(many) for each in (3 * n + 1, 0, 0)],
        "right": [each for n in range(many) for each in (3 * n + 2, 0, 0)],
        "value": [each for more in steps.values() for each in (0.0, 0.0, more)],
        "share": [1.0, 0.5, 0.5] * many,
    }
    lineage = Lineage(
        snapshot="s", known_at="k", days=["2023-01-01", "2023-03-01", learnt, learnt], labels="l",
        labelled=1, feature_version=version, code="0", seed=0, libraries={},
    )  # fmt: skip
    about = About(kind=kind, groups=groups, windows=windows, features=names, calibration="sigmoid",
                  lineage=lineage)  # fmt: skip
    wide = len(names)
    forest = Forest(base, {name: np.array(values) for name, values in trees.items()})
    return Model(
        about, alone(forest, wide),
        Calibration("sigmoid", np.array([0.0]), np.array([1.0])), np.zeros((wide, QUANTILES)),
        np.zeros(wide), np.zeros(QUANTILES),
    )  # fmt: skip
