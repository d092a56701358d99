"""Choosing a mixture of learners and columns on rows that are not tested (`bench.sichuan`)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, Final, NamedTuple

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer
from sklearn.svm import SVC

from algorithms.scoring.metrics import Ranked

FOLDS: Final = 3  # of the rows that train, to choose on
Matrix = Any
Asked = tuple[str, str]  # a learner and a set of columns


class Chosen(NamedTuple):
    """A mixture: learners on one set of columns, and what they reached where it was chosen."""

    columns: str
    learners: tuple[str, ...]
    auc: float

    @property
    def said(self) -> str:
        """In words."""
        return f"{' + '.join(self.learners)} on {self.columns}"


def filled(*steps: Any) -> Any:
    """Steps after medians in place of what is not known, and a column that says so."""
    fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return make_pipeline(fill, *steps)


def normal() -> Any:
    """Values made normal by rank."""
    return QuantileTransformer(n_quantiles=300, output_distribution="normal", random_state=0)


def plain_forest() -> Any:
    """What is to be beaten: a random forest as it comes."""
    return filled(RandomForestClassifier(300, random_state=0, n_jobs=2))


def learners() -> dict[str, Any]:
    """Those that are chosen among."""
    return {
        "extremely randomised trees": filled(
            ExtraTreesClassifier(
                200, max_features=0.5, min_samples_leaf=2, random_state=0, n_jobs=2
            )
        ),
        "boosted trees": HistGradientBoostingClassifier(
            max_iter=250, learning_rate=0.05, max_leaf_nodes=12, min_samples_leaf=15,
            l2_regularization=3, max_features=0.3, random_state=0,
        ),
        "logistic regression": filled(normal(), LogisticRegression(C=0.05, max_iter=2000)),
        "support vectors": filled(normal(), SVC(C=1.0, gamma=0.004)),
    }  # fmt: skip


def margin(model: Any, matrix: Matrix) -> Any:
    """What a fitted learner says of each row: log-odds, or how far it is from the border."""
    if hasattr(model, "decision_function"):
        return model.decision_function(matrix)
    said = np.clip(model.predict_proba(matrix)[:, 1], 1e-3, 1 - 1e-3)
    return np.log(said / (1 - said))


def fitted(sets: Mapping[str, Matrix], truth: Any, train: Any, rows: Any) -> dict[Asked, Any]:
    """What each learner, grown on some rows of each set, says of others."""
    return {
        (name, columns): margin(model.fit(matrix[train], truth[train]), matrix[rows])
        for columns, matrix in sets.items()
        for name, model in learners().items()
    }


def within(sets: Mapping[str, Matrix], truth: Any, train: Any) -> dict[Asked, Any]:
    """What each says of the rows that train, by learners grown on the other folds of them."""
    out: dict[Asked, Any] = {}
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=1)
    for grown, held in folds.split(train, truth[train]):
        for asked, said in fitted(sets, truth, train[grown], train[held]).items():
            out.setdefault(asked, np.zeros(len(train)))[held] = said
    return out


def mixture(said: Mapping[Asked, Any], scale: Mapping[Asked, Any], which: Chosen) -> Any:
    """The mean of what the members say, each at unit spread of where the choice was made."""
    parts = []
    for name in which.learners:
        one = scale[name, which.columns]
        parts.append((said[name, which.columns] - one.mean()) / one.std())
    return np.mean(parts, axis=0)


def choose(said: Mapping[Asked, Any], truth: Any, sets: tuple[str, ...]) -> Chosen:
    """The mixture of the highest ROC AUC on these rows, of all of learners on one set."""
    names = tuple(learners())
    best = Chosen("", (), -1.0)
    for columns in sets:
        for size in range(1, len(names) + 1):
            for members in combinations(names, size):
                each = Chosen(columns, members, 0.0)
                auc = Ranked(truth, mixture(said, said, each)).roc_auc()
                if auc > best.auc:
                    best = each._replace(auc=auc)
    return best
