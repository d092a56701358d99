"""A model beside its baselines: one table, under the same draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from algorithms.evaluation.calibration import Reliability, reliability
from algorithms.scoring.metrics import (
    F64,
    Difference,
    Figure,
    Measure,
    NoTruth,
    Ranked,
    Truth,
    differing,
    draws,
    figure,
    measures,
    told,
)
from algorithms.scoring.reliable import Bin, bins, brier, by_chance
from graph.columns import I64

MODEL: Final = "model"
_FEW: Final = 5  # positives of a slice: fewer are counted, and not measured


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One ranking: its measures with intervals."""

    name: str
    measures: dict[str, Figure]


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """How much more the model reaches than a baseline, under the same draws."""

    baseline: str
    measures: dict[str, Difference]


class Part(NamedTuple):
    """A group of subjects, by what it is one, and who is of it."""

    by: str
    group: str
    here: Truth


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """The model among a group of subjects; null where fewer than five are positive."""

    by: str
    group: str
    subjects: int
    positives: int
    average_precision: Figure | None
    roc_auc: Figure | None


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything measured on the day of the test. `brier` is that of `calibration` with its
    interval; `by_chance` the calibration error that probabilities which hold exactly stay below in
    95 % of draws. Both are null in what was measured before they were."""

    subjects: int
    positives: int
    k: int
    precision: float
    resamples: int
    table: list[Measured]
    against: list[Against]
    calibration: Reliability
    bins: list[Bin]
    slices: list[Slice]
    brier: Figure | None = None
    by_chance: float | None = None


def evaluate(
    truth: Truth,
    scores: Mapping[str, npt.NDArray[Any]],
    probability: npt.NDArray[Any],
    *,
    k: int,
    precision: float,
    seed: int,
    groups: I64 | None = None,
    slices: Iterable[Part] = (),
) -> Evaluation:
    """Measure `scores["model"]` and the others; `probability` is the model's, calibrated.

    `k` is for precision at k, `precision` for recall at that precision; `groups` are drawn together
    (`metrics.draws`); the model is measured within each of `slices`, too. Raises NoTruth where all
    or none are positive.
    """
    ranked = {name: Ranked(truth, each) for name, each in scores.items()}
    weights = draws(truth, seed, groups)
    wanted = measures(k, precision)
    drawn = {name: _drawn(each, wanted, weights) for name, each in ranked.items()}
    table = [
        Measured(name=name, measures={m: told(v, d) for m, (v, d) in each.items()})
        for name, each in drawn.items()
    ]
    own = drawn[MODEL]
    against = [
        Against(
            baseline=name,
            measures={m: differing(own[m][0] - v, own[m][1] - d) for m, (v, d) in each.items()},
        )
        for name, each in drawn.items()
        if name != MODEL
    ]
    said = probability.astype(np.float64)
    cut = [_slice(part, truth, scores[MODEL], seed) for part in slices]
    return Evaluation(
        subjects=len(truth), positives=int(truth.sum()), k=k, precision=precision,
        resamples=len(weights), table=table, against=against,
        calibration=reliability(MODEL, said.tolist(), truth.tolist()), bins=bins(truth, said),
        slices=cut, brier=brier(truth, said, weights),
        by_chance=by_chance(said, seed, len(weights)),
    )  # fmt: skip


def _drawn(
    ranked: Ranked, wanted: Mapping[str, Measure], weights: list[F64]
) -> dict[str, tuple[float, F64]]:
    """Each measure, and its draws: a draw's counts are made once for all measures."""
    rows = np.array([[f(ranked, weight) for f in wanted.values()] for weight in weights])
    return {m: (f(ranked, None), rows[:, at]) for at, (m, f) in enumerate(wanted.items())}


def _slice(part: Part, truth: Truth, score: npt.NDArray[Any], seed: int) -> Slice:
    by, name, here = part
    own, count = truth[here], int(truth[here].sum())
    ap = auc = None
    if count >= _FEW:
        try:
            ranked, weights = Ranked(own, score[here]), draws(own, seed)
            ap = figure(ranked, Ranked.average_precision, weights)
            auc = figure(ranked, Ranked.roc_auc, weights)
        except NoTruth:
            ap = auc = None
    return Slice(by=by, group=name, subjects=int(here.sum()), positives=count,
                 average_precision=ap, roc_auc=auc)  # fmt: skip
