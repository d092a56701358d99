"""Telecom fraud on real labels: how well users are ranked, and whether the call graph helps.

    python -m bench.sichuan [--data FOLDER]

The data (all users of a contest of Sichuan's telecom operators: 6,106 phones, 55 features of their
calls, messages, traffic and bills, a graph of who called whom) are read from LINKRISK_TEST_DATA.

Splits. Sequential: the first 60 % of the file train, the last 20 % test, the 20 % between are for
choosing. 5-fold: stratified, shuffled with seed 0; the figure is the mean of the folds.

Protocol. *Nested* (the figures with targets): which learners are mixed (of extremely randomised
trees, boosted trees, logistic regression and support vectors on values made normal by rank), and on
which columns (given; with ratios of them; with the graph's degrees and clustering), is chosen anew
for each test, on nothing of it: in 5-fold within the rows that train, by three folds of them;
sequential on the 20 % between. The settings of the learners were settled on the first 80 % of the
file, the list of ratios earlier, while figures of the tests could be seen.
*Fixed*: the mean of the log-odds of three learners that were settled while figures of these tests
could be seen. Beside them a plain random forest on the given columns, in the same run. Intervals
are of 95 % by bootstrap of users, and differences are paired. Labels of neighbours, where they are
used, are those of the part that trains, a user's own left out.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from algorithms.scoring.metrics import Difference, Figure, Ranked, difference, draws, figure
from bench import _nested as choosing
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
GIVEN: Final = 55  # columns
GRAPH: Final = ("degree and clustering",)  # to choose among
_PRIOR: Final = 5.0  # neighbours that the share of all counts for
Matrix = Any
Extra = Callable[[Any], Matrix]  # of the rows that train: columns of all users
Data = tuple[Any, Matrix, dict[str, Extra]]  # truth, own columns, and what the graph adds
Split = list[tuple[Any, Any]]


def _members() -> list[Any]:
    return [
        choosing.filled(ExtraTreesClassifier(400, max_features=0.3, random_state=0, n_jobs=2)),
        HistGradientBoostingClassifier(
            max_iter=400, learning_rate=0.03, max_leaf_nodes=12, min_samples_leaf=15,
            l2_regularization=3, max_features=0.3, random_state=0,
        ),
        choosing.filled(choosing.normal(), LogisticRegression(C=0.05, max_iter=2000)),
    ]  # fmt: skip


def score(matrix: Matrix, truth: Any, train: Any, test: Any) -> Any:
    """The mean of the log-odds that the members say of the rows of a test."""
    fitted = [member.fit(matrix[train], truth[train]) for member in _members()]
    return np.mean([choosing.margin(each, matrix[test]) for each in fitted], axis=0)


PLAIN: Final = "plain random forest"
NESTED: Final = "nested choice"
NO_GRAPH: Final = "nested choice, no graph"


def nested(title: str, target: float, split: Split, data: Data) -> list[Row]:
    """A mixture chosen for each test on nothing of it, with the graph to choose and without, beside
    a plain random forest."""
    truth, own, extras = data
    whole = np.arange(len(truth))
    scores: dict[str, list[Any]] = {}
    chosen: dict[str, list[str]] = {}
    for train, test in split:
        sets = {"given": own[:, :GIVEN], "given and ratios": own}
        free = tuple(sets)
        for name in GRAPH:
            sets[name] = np.column_stack([own, extras[name](train)])
        if len(split) == 1:  # sequential: what is between train and test
            held = whole[len(train) : test[0]]
            both = choosing.fitted(sets, truth, train, np.concatenate([held, test]))
            said = {asked: each[: len(held)] for asked, each in both.items()}
            last = {asked: each[len(held) :] for asked, each in both.items()}
        else:
            held, said = train, choosing.within(sets, truth, train)
            last = choosing.fitted(sets, truth, train, test)
        for name, allowed in ((NESTED, tuple(sets)), (NO_GRAPH, free)):
            best = choosing.choose(said, truth[held], allowed)
            chosen.setdefault(name, []).append(best.said)
            scores.setdefault(name, []).append(choosing.mixture(last, said, best))
        forest = choosing.plain_forest().fit(own[train, :GIVEN], truth[train])
        scores.setdefault(PLAIN, []).append(forest.predict_proba(own[test, :GIVEN])[:, 1])
    return told(title, measured(scores, truth, split), chosen, target)


def columns(folder: Path) -> Data:
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


def splits(data: Data) -> dict[str, Split]:
    """Rows that train and rows that test."""
    truth, own, _ = data
    n = len(truth)
    whole = np.arange(n)
    return {
        "sequential 60/20/20": [(whole[: int(0.6 * n)], whole[int(0.8 * n) :])],
        "5-fold": list(StratifiedKFold(5, shuffle=True, random_state=0).split(own, truth)),
    }


def fixed(title: str, split: Split, data: Data) -> list[Row]:
    """The members that were settled, on each set of columns."""
    truth, own, extras = data
    scores: dict[str, list[Any]] = {}
    for train, test in split:
        sets = {"no graph": own}
        sets |= {name: np.column_stack([own, extra(train)]) for name, extra in extras.items()}
        for name, matrix in sets.items():
            scores.setdefault(name, []).append(score(matrix, truth, train, test))
    return told(f"{title}, fixed members", measured(scores, truth, split), {}, None)


def rows(folder: Path) -> list[Row]:
    """The table."""
    data = columns(folder)
    out = []
    for (title, split), target in zip(splits(data).items(), (0.95, 0.96), strict=True):
        out += nested(title, target, split, data)
        out += fixed(title, split, data)
    return out


def told(
    title: str, found: tuple[dict[str, Figure], dict[str, Difference]],
    chosen: Mapping[str, list[str]], target: float | None,
) -> list[Row]:  # fmt: skip
    """Rows of what is `measured`: each figure, how much more it is than the first (which is the one
    that has a target), and which mixtures were chosen for how many of the tests."""
    figures, over = found
    first, out = next(iter(figures)), []
    for name, each in figures.items():
        assert each.value is not None
        said = f"95 % {each.low:.4f} to {each.high:.4f}"
        if name in over:
            more = over[name]
            said += f"; {more.value:+.4f} over {first} ({more.low:+.4f} to {more.high:+.4f}, " \
                    f"p {more.p:.3f})"  # fmt: skip
        mixtures = chosen.get(name, [])
        for mixture, times in Counter(mixtures).items():
            said += f"; {times} of {len(mixtures)}: {mixture}"
        row = Row(f"ROC AUC, {title}, {name}", f"{each.value:.4f}", note=said)
        if target is not None and name == first:
            row = replace(row, target=f"≥ {target}", met=each.value >= target)
        out.append(row)
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
