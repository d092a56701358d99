"""How well a score ranks: one definition of each measure, its interval, and paired differences.

Every measure takes weights, so that a bootstrap (Efron 1979) draws weights and sorts nothing again;
two scores are compared under the same draws, which is what makes their difference paired.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from graph.columns import I64
from graph.errors import InputError

F64 = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]

RESAMPLES: Final = 1000
_WORK: Final = 200_000_000  # weights drawn in all, at most
_LEAST: Final = 100
CONFIDENCE: Final = 0.95


class NoTruth(InputError):
    """There is nothing to measure against: no positive, or nothing else."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A measure and its interval of 95 % by bootstrap; null where it is of nothing."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How much more one score reaches than another, under the same draws. `p` is two-sided: twice
    the smaller share of draws on either side of zero, one added to both counts."""

    value: float
    low: float
    high: float
    p: float


class Ranked:
    """Scores with their truth, sorted once; those of one score are taken together, so that the
    order of equals means nothing."""

    def __init__(self, truth: Truth, score: npt.NDArray[Any]) -> None:
        """Raises NoTruth where all or none are true, ValueError where a score is no number."""
        values = np.asarray(score, np.float64)
        if len(values) != len(truth):
            raise ValueError("as many truths as scores")
        if not np.isfinite(values).all():
            raise ValueError("a score that is no number")
        if truth.all() or not truth.any():
            raise NoTruth("nothing to measure against: all or none are positive / 正负样本缺一")
        self.order = np.argsort(-values, kind="stable")
        ordered = values[self.order]
        self.truth = np.asarray(truth, np.float64)[self.order]
        # Where each run of equal scores begins.
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._counted: tuple[F64 | None, F64, F64] | None = None

    def _counts(self, weight: F64 | None) -> tuple[F64, F64]:
        """Weight of the positives and of the others, by score, highest first."""
        if self._counted is not None and self._counted[0] is weight:
            return self._counted[1], self._counted[2]
        ordered = np.ones(len(self.truth)) if weight is None else weight[self.order]
        yes = np.add.reduceat(ordered * self.truth, self._starts)
        no = np.add.reduceat(ordered, self._starts) - yes
        self._counted = (weight, yes, no)  # all measures are asked of one draw after another
        return yes, no

    def average_precision(self, weight: F64 | None = None) -> float:
        """The sum over scores, highest first, of what recall gains times the precision there."""
        yes, no = self._counts(weight)
        hits, seen = np.cumsum(yes), np.cumsum(yes + no)
        precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
        return float((yes * precision).sum() / hits[-1])

    def roc_auc(self, weight: F64 | None = None) -> float:
        """The chance that a positive has a higher score than another, equals counting half."""
        yes, no = self._counts(weight)
        below = no.sum() - np.cumsum(no)
        return float((yes * (below + no / 2)).sum() / (yes.sum() * no.sum()))

    def precision_at(self, k: int, weight: F64 | None = None) -> float:
        """The share of positives among the k of highest score; equals at the edge count by their
        share. Of fewer than k, the share among those."""
        yes, no = self._counts(weight)
        both = yes + no
        before = np.cumsum(both) - both
        taken = np.clip(k - before, 0, both)
        share = np.divide(yes, both, out=np.zeros_like(yes), where=both > 0)
        return float((taken * share).sum() / min(k, both.sum()))

    def recall_at_precision(self, precision: float, weight: F64 | None = None) -> float:
        """The greatest share of the positives above a score at which the precision is at least
        this; 0 where no score reaches it."""
        yes, no = self._counts(weight)
        hits, seen = np.cumsum(yes), np.cumsum(yes + no)
        enough = (hits >= precision * seen) & (seen > 0)
        return float(hits[enough].max() / hits[-1]) if enough.any() else 0.0


T = TypeVar("T")
Measure = Callable[[Ranked, F64 | None], float]


def measures(k: int, precision: float) -> dict[str, Measure]:
    """The measures of a table, by name."""
    return {
        "average_precision": Ranked.average_precision,
        "roc_auc": Ranked.roc_auc,
        "precision_at_k": lambda ranked, weight: ranked.precision_at(k, weight),
        "recall_at_precision": lambda ranked, weight: ranked.recall_at_precision(precision, weight),
    }


def draws(truth: Truth, seed: int, groups: I64 | None = None) -> list[F64]:
    """Weights of each resample: how often each was drawn, with replacement, as many as there are.

    What belongs to one group (whose members are not independent: the accounts of one scheme) is
    drawn together. Draws that have no positive, or nothing else, are drawn again. Fewer than 1000
    where that would draw more than 200 million weights, never fewer than 100.
    """
    random = np.random.default_rng(seed)
    _, of = np.unique(groups, return_inverse=True) if groups is not None else (None, None)
    size = len(truth) if of is None else int(of.max()) + 1
    found: list[F64] = []
    count = int(np.clip(_WORK // max(len(truth), 1), _LEAST, RESAMPLES))
    tries = 0
    while len(found) < count and tries < 10 * count:
        tries += 1
        drawn = np.bincount(random.integers(0, size, size), minlength=size).astype(np.float64)
        weight = drawn if of is None else drawn[of]
        yes = weight[truth].sum()
        if 0 < yes < weight.sum():
            found.append(weight)
    if len(found) < count:
        raise NoTruth("too few positives, or others, for an interval / 样本过少, 无法给出区间")
    return found


def figure(ranked: T, measure: Callable[[T, F64 | None], float], weights: list[F64]) -> Figure:
    """A measure with its percentile interval."""
    return told(measure(ranked, None), np.array([measure(ranked, each) for each in weights]))


def difference(
    one: T, other: T, measure: Callable[[T, F64 | None], float], weights: list[F64]
) -> Difference:
    """How much more `one` reaches than `other`."""
    drawn = np.array([measure(one, weight) - measure(other, weight) for weight in weights])
    return differing(measure(one, None) - measure(other, None), drawn)


def told(value: float, drawn: F64) -> Figure:
    """A measure with the percentile interval of its draws."""
    low, high = _interval(drawn)
    return Figure(value=value, low=low, high=high)


def differing(value: float, drawn: F64) -> Difference:
    """A difference with the percentile interval of its draws, and how often they are of the other
    sign."""
    low, high = _interval(drawn)
    side = min((drawn <= 0).sum(), (drawn >= 0).sum())
    p = min(1.0, 2 * float(side + 1) / (len(drawn) + 1))
    return Difference(value=value, low=low, high=high, p=p)


def _interval(drawn: F64) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
