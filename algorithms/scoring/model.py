"""A trained model: its margin, how margins become probabilities, and what it was trained among."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from algorithms.evaluation.calibration import fit, logistic
from algorithms.scoring.mixing import Mix
from graph.errors import WrongUsage

F64 = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]

ISOTONIC_FROM: Final = 200  # positives: fewer leave steps that are made of noise
QUANTILES: Final = 21  # of the values of each feature, and of the margin
BANDS: Final = (("high", 0.5), ("elevated", 0.2), ("moderate", 0.05), ("low", 0.0))


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """What a model was made from; with these the same command makes the same model. `days`:
    the first that it grew on, of calibration, of the test, and until when labels count; `grown`:
    all that it grew on."""

    snapshot: str
    known_at: str
    days: list[str]
    labels: str
    labelled: int
    feature_version: int
    code: str
    seed: int
    libraries: dict[str, str]
    grown: list[str] = []


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says of itself beside its numbers. `trees`: their share in its margin, the rest
    is the regression's."""

    kind: str
    groups: list[str]
    windows: list[int]
    features: list[str]
    calibration: Literal["isotonic", "sigmoid"]
    lineage: Lineage
    trees: float = 1.0


class Calibration(msgspec.Struct, frozen=True):
    """From margins to probabilities: knots of an increasing line, flat beyond its ends; or, where
    there are but two numbers, the logistic curve of a + b margin."""

    kind: Literal["isotonic", "sigmoid"]
    x: F64
    y: F64

    def __call__(self, margin: F64) -> F64:
        """The probability of each."""
        if self.kind == "isotonic":
            return np.interp(margin, self.x, self.y)
        return np.array([logistic(float(self.x[0] + self.y[0] * each)) for each in margin])


def calibrate(margin: F64, truth: Truth) -> Calibration:
    """Fitted on a slice that trained nothing: isotonic regression (Zadrozny & Elkan 2002) from 200
    positives on, Platt's curve (1999) below."""
    if int(truth.sum()) < ISOTONIC_FROM:
        curve = fit(margin.tolist(), truth.tolist())
        return Calibration("sigmoid", np.array([curve.a]), np.array([curve.b]))
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(out_of_bounds="clip").fit(margin, truth.astype(np.float64))
    return Calibration("isotonic", fitted.X_thresholds_, fitted.y_thresholds_)


class Model:
    """See the module. `reference` are the quantiles (`QUANTILES`) of each feature where it is
    known, a row a feature, and `missing` the shares where it is not, on the day of the test;
    `margins` the same of the margin, against which drift is told."""

    def __init__(
        self, about: About, mix: Mix, calibration: Calibration, reference: F64, missing: F64,
        margins: F64,
    ) -> None:  # fmt: skip
        """Raises ValueError where the parts do not fit each other."""
        width = len(about.features)
        if not mix.forest.width <= width == mix.linear.width == len(reference):
            raise ValueError("trees of other features")
        knots = calibration.x, calibration.y
        if not (len(knots[0]) and knots[0].shape == knots[1].shape == knots[0].shape[:1]):
            raise ValueError("a calibration of no line")
        if not all(np.isfinite(each).all() for each in knots) or (np.diff(knots[0]) < 0).any():
            raise ValueError("a calibration of no line")
        if reference.ndim != 2 or missing.shape != reference.shape[:1] or margins.ndim != 1:
            raise ValueError("quantiles of other features")
        self.about, self.mix, self.calibration = about, mix, calibration
        self.reference, self.missing, self.margins = reference, missing, margins

    def score(self, matrix: npt.NDArray[Any]) -> tuple[F64, F64]:
        """The margin and the calibrated probability of each row."""
        margin = self.mix.margin(matrix)
        return margin, self.calibration(margin)

    def aligned(self, names: tuple[str, ...], matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The model's columns of a table; what the table lacks because the caller may not see it
        is not known. Raises WrongUsage where features mean something else by now."""
        from algorithms.features.table import VERSION

        if self.about.lineage.feature_version != VERSION:
            raise WrongUsage(
                "the model was trained on other definitions of features: train it anew"
                " / 特征定义已变更, 请重新训练模型"
            )
        if names == tuple(self.about.features):
            return matrix
        place = {name: at for at, name in enumerate(names)}
        out = np.full((len(matrix), len(self.about.features)), np.nan, np.float32)
        for at, name in enumerate(self.about.features):
            if name in place:
                out[:, at] = matrix[:, place[name]]
        return out


def band(probability: float) -> str:
    """The word for a probability: high from 0.5, elevated from 0.2, moderate from 0.05, or low."""
    return next(name for name, least in BANDS if probability >= least)


def quantiles(values: npt.NDArray[Any]) -> F64:
    """The quantiles that are kept of known values; NaN where none is."""
    known = values[~np.isnan(values)].astype(np.float64)
    if not len(known):
        return np.full(QUANTILES, np.nan)
    found: F64 = np.quantile(known, np.linspace(0, 1, QUANTILES))
    return found
