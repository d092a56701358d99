"""Boosted trees as plain arrays: their margin, and what each feature adds to it, exactly.

A model is kept and asked without the library that grew it: the arrays are its whole meaning, and
reading them runs nothing. What a feature adds is its Shapley value (Shapley 1953) of the game that
path-dependent TreeSHAP plays (Lundberg et al. 2020, "From local explanations to global
understanding with explainable AI for trees", algorithm 2): where a feature is not in the coalition,
a tree goes both ways by the share of training rows that did. It is computed leaf by leaf: a leaf
is worth v times a product over the features on its path, each 1 or 0 where it is in and the share
z where it is not; the Shapley value of such a product needs its elementary symmetric sums alone.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from math import factorial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from graph.compiled import kernel
from graph.deadline import check

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

F64 = npt.NDArray[np.float64]
ARRAYS: Final = ("start", "feature", "threshold", "missing_left", "left", "right", "value", "share")
_EASY: Final = (200_000, 20_000)  # ways down a tree, and leaves, not worth compiled code
_CHUNK: Final = 20_000  # subjects between two looks at whether the work was called off


class Forest:
    """Trees one after the other: node `start[t]` is the root of tree t; a `feature` of -1 is a
    leaf, worth its `value`; `share` is the part of its parent's training rows that went there."""

    def __init__(self, base: float, arrays: dict[str, Any]) -> None:
        """Raises ValueError where the arrays are not those of trees."""
        self.base = base
        self.start = np.asarray(arrays["start"], np.int64)
        self.feature = np.asarray(arrays["feature"], np.int64)
        self.threshold = np.asarray(arrays["threshold"], np.float64)
        self.missing_left = np.asarray(arrays["missing_left"], np.bool_)
        self.left = np.asarray(arrays["left"], np.int64)
        self.right = np.asarray(arrays["right"], np.int64)
        self.value = np.asarray(arrays["value"], np.float64)
        self.share = np.asarray(arrays["share"], np.float64)
        self._check()

    def _check(self) -> None:
        """A walk ends: children come after their parent and within the arrays."""
        nodes = np.arange(len(self.feature))
        same = {len(getattr(self, name)) for name in ARRAYS if name != "start"} == {len(nodes)}
        flat = all(getattr(self, name).ndim == 1 for name in ARRAYS)
        if not same or not flat:
            raise ValueError("not trees: arrays of different lengths")
        inner = self.feature >= 0
        for child in (self.left, self.right):
            if not ((child[inner] > nodes[inner]) & (child[inner] < len(nodes))).all():
                raise ValueError("not trees: a child that is none")
        if not ((self.start >= 0) & (self.start < len(nodes))).all():
            raise ValueError("not trees: a root that is none")
        once = np.concatenate([self.start, self.left[inner], self.right[inner]])
        if len(np.unique(once)) < len(once):  # ways through what is shared would double each time
            raise ValueError("not trees: a node of two parents")
        known = np.isfinite(self.share[once]).all() and not np.isnan(self.threshold[inner]).any()
        if not (known and np.isfinite(self.value).all() and np.isfinite(self.base)):
            raise ValueError("not trees: a value that is no number")

    @property
    def arrays(self) -> dict[str, Any]:
        """What is kept."""
        return {name: getattr(self, name) for name in ARRAYS}

    def times(self, weight: float) -> Forest:
        """The same with all that it adds multiplied."""
        return Forest(self.base * weight, {**self.arrays, "value": self.value * weight})

    @property
    def width(self) -> int:
        """How many features a row has at least."""
        return int(self.feature.max(initial=-1)) + 1

    def margin(self, matrix: npt.NDArray[Any]) -> F64:
        """The log-odds of each row, before calibration. O(rows trees depth)."""
        out = np.full(len(matrix), self.base)
        walk = _walk.tier(heavy=len(matrix) * len(self.start) > _EASY[0])
        for at in range(0, len(matrix), _CHUNK):
            check()
            walk(
                np.ascontiguousarray(matrix[at : at + _CHUNK], np.float64), self.start,
                self.feature, self.threshold, self.missing_left, self.left, self.right, self.value,
                out[at : at + _CHUNK],
            )  # fmt: skip
        return out

    @cached_property
    def expected(self) -> float:
        """The margin of nobody in particular: what contributions add up from."""
        first, _, value, _, _, _, share = self._leaves
        parts = [share[a:b].prod() for a, b in pairwise(first.tolist())]
        return self.base + float(value @ np.array(parts))

    def contributions(self, matrix: npt.NDArray[Any]) -> F64:
        """What each feature adds to each row's margin: rows x features, exact; with `expected` a
        row of it sums to the margin. O(rows leaves depth^2)."""
        out = np.zeros((len(matrix), matrix.shape[1]))
        first, feature, value, low, high, missing, share = self._leaves
        deep = int(np.diff(first).max(initial=0))
        weights = np.zeros((deep + 1, deep + 1))
        for d in range(1, deep + 1):
            for k in range(d):
                weights[d, k] = factorial(k) * factorial(d - 1 - k) / factorial(d)
        rows = np.ascontiguousarray(matrix, np.float64)
        run = _shapley.tier(heavy=len(rows) * len(value) > _EASY[1])
        run(rows, first, feature, value, low, high, missing, share, weights, out)
        return out

    @cached_property
    def _leaves(self) -> tuple[Any, ...]:
        """Each leaf with the features on its path, each once: between which bounds the row's value
        has to lie, whether a missing one gets there, and the share of others that do."""
        first, feature, value = [0], [], []
        low, high, missing, share = [], [], [], []
        for root in self.start.tolist():
            stack: list[tuple[int, dict[int, tuple[float, float, bool, float]]]] = [(root, {})]
            while stack:
                node, path = stack.pop()
                if self.feature[node] < 0:
                    for name, (a, b, gone, part) in path.items():
                        feature.append(name)
                        low.append(a)
                        high.append(b)
                        missing.append(gone)
                        share.append(part)
                    value.append(float(self.value[node]))
                    first.append(len(feature))
                    continue
                name, cut = int(self.feature[node]), float(self.threshold[node])
                a, b, gone, part = path.get(name, (-np.inf, np.inf, True, 1.0))
                goes_left = bool(self.missing_left[node])
                left, right = int(self.left[node]), int(self.right[node])
                to_left = (a, min(b, cut), gone and goes_left, part * float(self.share[left]))
                to_right = (max(a, cut), b, gone and not goes_left, part * float(self.share[right]))
                stack.append((left, {**path, name: to_left}))
                stack.append((right, {**path, name: to_right}))
        return (
            np.array(first, np.int64), np.array(feature, np.int64), np.array(value),
            np.array(low), np.array(high), np.array(missing, np.bool_), np.array(share),
        )  # fmt: skip


@kernel
def _walk(
    rows: Any, start: Any, feature: Any, threshold: Any, missing_left: Any, left: Any, right: Any,
    value: Any, out: Any,
) -> None:  # fmt: skip
    for i in range(len(rows)):
        for t in range(len(start)):
            node = start[t]
            while feature[node] >= 0:
                x = rows[i, feature[node]]
                if np.isnan(x):
                    node = left[node] if missing_left[node] else right[node]
                elif x <= threshold[node]:
                    node = left[node]
                else:
                    node = right[node]
            out[i] += value[node]


@kernel
def _shapley(
    rows: Any, first: Any, feature: Any, value: Any, low: Any, high: Any, missing: Any,
    share: Any, weights: Any, out: Any,
) -> None:  # fmt: skip
    deep = weights.shape[0]
    here = np.zeros(deep)
    sums = np.zeros(deep + 1)
    for i in range(len(rows)):
        for leaf in range(len(value)):
            begin = first[leaf]
            d = first[leaf + 1] - begin
            for j in range(d):
                x = rows[i, feature[begin + j]]
                if np.isnan(x):
                    inside = missing[begin + j]
                else:
                    inside = low[begin + j] < x <= high[begin + j]
                here[j] = 1.0 if inside else 0.0
            for j in range(d):
                # Of the others: the sum over coalitions of k of them, of what the leaf keeps.
                for k in range(d):
                    sums[k] = 0.0
                sums[0] = 1.0
                many = 0
                for other in range(d):
                    if other == j:
                        continue
                    many += 1
                    for k in range(many, 0, -1):
                        sums[k] = sums[k] * share[begin + other] + sums[k - 1] * here[other]
                    sums[0] *= share[begin + other]
                total = 0.0
                for k in range(d):
                    total += weights[d, k] * sums[k]
                out[i, feature[begin + j]] += value[leaf] * (here[j] - share[begin + j]) * total


def forest_of(model: HistGradientBoostingClassifier) -> Forest:
    """The trees that scikit-learn grew: two classes, numbers only."""
    parts: dict[str, list[Any]] = {name: [] for name in ARRAYS}
    size = 0
    for (tree,) in model._predictors:
        nodes = tree.nodes
        inner = nodes["is_leaf"] == 0
        if nodes["is_categorical"][inner].any():
            raise ValueError("a split by category")
        count = nodes["count"].astype(np.float64)
        share = np.ones(len(nodes))
        for child in (nodes["left"][inner], nodes["right"][inner]):
            share[child] = count[child] / count[inner]
        parts["start"].append([size])
        parts["feature"].append(np.where(inner, nodes["feature_idx"].astype(np.int64), -1))
        parts["threshold"].append(np.where(inner, nodes["num_threshold"], 0.0))
        parts["missing_left"].append(nodes["missing_go_to_left"].astype(np.bool_))
        parts["left"].append(np.where(inner, nodes["left"].astype(np.int64) + size, 0))
        parts["right"].append(np.where(inner, nodes["right"].astype(np.int64) + size, 0))
        parts["value"].append(np.where(inner, 0.0, nodes["value"]))
        parts["share"].append(share)
        size += len(nodes)
    base = float(model._baseline_prediction.ravel()[0])
    return Forest(base, {name: np.concatenate(each) for name, each in parts.items()})
