"""Whether probabilities hold: Brier's score with its interval, and the bins of the diagram beside
what chance alone would make of them."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from algorithms.evaluation.calibration import BINS
from algorithms.scoring.metrics import CONFIDENCE, F64, Figure, Truth, told

Said = npt.NDArray[Any]


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Subjects of a tenth of probability: how many, what was said on average, what was so."""

    subjects: int
    said: float
    so: float


def _tenth(said: Said) -> npt.NDArray[np.int64]:
    return np.minimum((said * BINS).astype(np.int64), BINS - 1)


def bins(truth: Truth, said: Said) -> list[Bin]:
    """The reliability diagram: ten equal bins of probability, those that have anybody."""
    of = _tenth(said)
    return [
        Bin(subjects=int(here.sum()), said=float(said[here].mean()), so=float(truth[here].mean()))
        for b in range(BINS)
        if (here := of == b).any()
    ]


def brier(truth: Truth, said: Said, weights: list[F64]) -> Figure:
    """The mean square of probability less truth, with the percentile interval of these draws."""
    off = (said - truth) ** 2
    drawn = np.array([float(weight @ off) / float(weight.sum()) for weight in weights])
    return told(float(off.mean()), drawn)


def by_chance(said: Said, seed: int, draws: int) -> float:
    """The expected calibration error below which probabilities that hold exactly stay in 95 % of
    draws: what is above it is no chance.

    An interval by bootstrap would not say so: the error is a sum of distances, so that drawing
    subjects again adds to it, and a perfect 0 is never within. Truths are drawn from the
    probabilities instead (consistency resampling: Bröcker and Smith 2007, doi:10.1175/WAF993.1).
    O(subjects) a draw.
    """
    random = np.random.default_rng(seed)
    of = _tenth(said)
    expected = np.bincount(of, said, BINS)
    found = [
        np.abs(np.bincount(of[random.random(len(said)) < said], minlength=BINS) - expected).sum()
        for _ in range(draws)
    ]
    return float(np.quantile(found, CONFIDENCE)) / len(said)
