"""Telecom fraud on real labels: how well users are ranked, and whether the call graph helps.

    python -m bench.sichuan [--data FOLDER]

The data (all users of a contest of Sichuan's telecom operators: 6,106 phones, 55 features of their
calls, messages, traffic and bills, a graph of who called whom) are read from LINKRISK_TEST_DATA.

Protocol. Sequential: the first 60 % of the file train, the last 20 % test; the 20 % between train
nothing and choose nothing. 5-fold: stratified, shuffled with seed 0; the figure is the mean of the
folds. Model: the mean of the log-odds of three learners of equal weight (extremely
randomised trees, boosted trees, logistic regression on values made normal by rank; which three was
settled while figures of these folds could be seen, hence the row in which the 20 % between choose),
on the given features, ratios of them, and what each row says. Intervals are of 95 % by bootstrap of
users, and differences are paired. Labels of neighbours, where they are used, are those of the part
that trains, a user's own left out.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from algorithms.scoring.metrics import Difference, Figure, Ranked, difference, draws, figure
from bench._measure import Row, finish

RATIOS: Final = {  # of two given features, the second one more
    "opposite_unique": "opposite_count", "sms_nunique": "sms_count", "sms_count": "opposite_count",
    "arpu_sum": "month_ids", "flow_sum": "busi_count", "calltype_2": "sms_count",
    "voccalltype1": "opposite_count", "opposite_count": "voc_day_nunique",
    "voc_hour_mode_count": "opposite_count", "voc_day_mode_count": "opposite_count",
    "imeis": "month_ids", "city_name_nunique": "opposite_unique",
    "county_name_nunique": "opposite_count", "hour_mode_count": "sms_count",
    "day_mode_count": "sms_count", "call_dur_max": "call_dur_mean",
    "call_dur_median": "call_dur_mean", "phone2opposite_max": "opposite_count",
    "flow_max": "flow_sum", "flow_median": "flow_mean",
}  # fmt: skip
NAMES: Final = ("extremely randomised trees", "boosted trees", "logistic regression")
_PRIOR: Final = 5.0  # neighbours that the share of all counts for
_EDGE: Final = 1e-3
Matrix = Any
Extra = Callable[[Any], Matrix]  # of the rows that train: columns of all users


def _members() -> list[Any]:
    def imputed(*steps: Any) -> Any:
        fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
        return make_pipeline(fill, *steps)

    return [
        imputed(ExtraTreesClassifier(400, max_features=0.3, random_state=0, n_jobs=2)),
        HistGradientBoostingClassifier(
            max_iter=400, learning_rate=0.03, max_leaf_nodes=12, min_samples_leaf=15,
            l2_regularization=3, max_features=0.3, random_state=0,
        ),
        imputed(
            QuantileTransformer(n_quantiles=300, output_distribution="normal", random_state=0),
            LogisticRegression(C=0.05, max_iter=2000),
        ),
    ]  # fmt: skip


def log_odds(matrix: Matrix, truth: Any, train: Any, test: Any) -> Any:
    """What each member says of the rows of a test: members x rows."""
    out = []
    for member in _members():
        said = member.fit(matrix[train], truth[train]).predict_proba(matrix[test])[:, 1]
        said = np.clip(said, _EDGE, 1 - _EDGE)
        out.append(np.log(said / (1 - said)))
    return np.array(out)


def score(matrix: Matrix, truth: Any, train: Any, test: Any) -> Any:
    """The mean of what the members say."""
    return log_odds(matrix, truth, train, test).mean(axis=0)


def nested(matrix: Matrix, truth: Any) -> Row:
    """Sequential, with the members chosen on the 20 % between: of all mixtures of the three that of
    the highest figure there, measured on the last 20 %."""
    n = len(truth)
    a, b = int(0.6 * n), int(0.8 * n)
    said = log_odds(matrix, truth, np.arange(a), np.arange(a, n))
    between, last = np.arange(a, b), np.arange(b, n)

    def auc(which: tuple[int, ...], rows: Any) -> float:
        return Ranked(truth[rows], said[list(which)][:, rows - a].mean(axis=0)).roc_auc()

    mixtures = [c for size in (1, 2, 3) for c in combinations(range(3), size)]
    best = max(mixtures, key=lambda which: auc(which, between))
    names = ", ".join(NAMES[at] for at in best)
    return Row("ROC AUC, sequential, members chosen on the 20 % between", f"{auc(best, last):.4f}",
               note=f"{names}; {auc(best, between):.4f} on the 20 % between")  # fmt: skip


def columns(folder: Path) -> tuple[Any, Matrix, dict[str, Extra]]:
    """Truth, own features, and what the graph adds by name."""
    table = pd.read_csv(folder / "all_feat_with_label.csv")
    truth = table["label"].to_numpy() == 1
    given = table.drop(columns=["phone_no_m", "label"]).astype(float)
    ratios = np.column_stack([given[a] / (given[b] + 1) for a, b in RATIOS.items()])
    own = np.column_stack([given.to_numpy(), ratios, given.isna().sum(axis=1)])
    own[~np.isfinite(own)] = np.nan
    graph = sp.load_npz(folder / "node_adj_sparse.npz").tocsr()
    graph = ((graph + graph.T) > 0).astype(float).tolil()
    graph.setdiag(0)
    graph = graph.tocsr()
    graph.eliminate_zeros()
    return truth, own, _extras(graph, np.nan_to_num(given.to_numpy()), truth)


def _extras(graph: Any, given: Matrix, truth: Any) -> dict[str, Extra]:
    degree = np.asarray(graph.sum(axis=1)).ravel()
    triangles = np.asarray((graph @ graph).multiply(graph).sum(axis=1)).ravel()
    shape = np.column_stack([
        degree, triangles / np.maximum(degree * (degree - 1), 1),
        (graph @ degree) / np.maximum(degree, 1),
    ])  # fmt: skip
    means = (graph @ given) / np.maximum(degree, 1)[:, None]

    def labelled(train: Any) -> Matrix:
        known, fraud = np.zeros(len(truth)), np.zeros(len(truth))
        known[train], fraud[train] = 1, truth[train]
        share, many = truth[train].mean(), graph @ known
        return np.column_stack([(graph @ fraud + _PRIOR * share) / (many + _PRIOR), many])

    return {
        "degree and clustering": lambda _: shape,
        "neighbours' means": lambda _: np.column_stack([shape, means]),
        "neighbours' labels": lambda train: np.column_stack([shape, labelled(train)]),
    }


Split = list[tuple[Any, Any]]


Tests = list[tuple[Ranked, Any]]  # of each test of a split, and which users are in it


def mean_auc(tests: Tests, weight: Any = None) -> float:
    """The mean over the tests of a split of the ROC AUC."""
    found = [one.roc_auc(None if weight is None else weight[test]) for one, test in tests]
    return float(np.mean(found))


def measured(
    scores: Mapping[str, list[Any]], truth: Any, split: Split
) -> tuple[dict[str, Figure], dict[str, Difference]]:
    """The figure of each set of features, and how much each reaches over the first."""
    tests: dict[str, Tests] = {
        name: [(Ranked(truth[test], at), test) for at, (_, test) in zip(own, split, strict=True)]
        for name, own in scores.items()
    }
    weights = draws(truth, 0)
    first, *others = tests
    figures = {name: figure(each, mean_auc, weights) for name, each in tests.items()}
    return figures, {n: difference(tests[n], tests[first], mean_auc, weights) for n in others}


def rows(folder: Path) -> list[Row]:
    """The table."""
    truth, own, extras = columns(folder)
    n = len(truth)
    whole = np.arange(n)
    splits: dict[str, Split] = {
        "sequential 60/20/20": [(whole[: int(0.6 * n)], whole[int(0.8 * n) :])],
        "5-fold": list(StratifiedKFold(5, shuffle=True, random_state=0).split(own, truth)),
    }
    out = []
    for title, target in (("sequential 60/20/20", 0.95), ("5-fold", 0.96)):
        split = splits[title]
        scores: dict[str, list[Any]] = {}
        for train, test in split:
            sets = {"no graph": own}
            sets |= {name: np.column_stack([own, extra(train)]) for name, extra in extras.items()}
            for name, matrix in sets.items():
                scores.setdefault(name, []).append(score(matrix, truth, train, test))
        figures, over = measured(scores, truth, split)
        out += _told(title, target, figures, over)
    out.append(nested(np.column_stack([own, extras[CHOSEN](whole)]), truth))
    return out


CHOSEN: Final = "degree and clustering"


def _told(
    title: str, target: float, figures: dict[str, Figure], over: dict[str, Difference]
) -> list[Row]:
    out = []
    for name, each in figures.items():
        assert each.value is not None
        said = f"95 % {each.low:.4f} to {each.high:.4f}"
        if name in over:
            more = over[name]
            said += f"; {more.value:+.4f} over no graph ({more.low:+.4f} to {more.high:+.4f}, " \
                    f"p {more.p:.3f})"  # fmt: skip
        own = name == CHOSEN
        met = each.value >= target if own else None
        bound = f"≥ {target}" if own else ""
        out.append(Row(f"ROC AUC, {title}, {name}", f"{each.value:.4f}", bound, met, said))
    return out


def main() -> None:
    """Measure and keep the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--entities", type=int, help="taken for the sake of the others")
    given = parser.parse_args()
    base = Path(os.environ.get("LINKRISK_TEST_DATA", "../shared/data"))
    finish("sichuan", rows(given.data or base / "sichuan_telecom"))


if __name__ == "__main__":
    main()
