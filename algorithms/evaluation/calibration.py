"""From evidence to a probability: the logistic curve of each pattern, and how reliable it is.

Platt 1999, "Probabilistic outputs for support vector machines": a curve 1 / (1 + exp(-(a + b x)))
is fitted to whether findings of evidence x were true, with targets drawn in by one example a side.
A normal prior around the curve used where nothing is fitted (half at 6 nats, slope 1) keeps a and
b finite where the two sides are apart, and stands where there is hardly an example.

The curve holds for the share of true findings in the worlds it was fitted on; where schemes are
rarer, the same evidence means less: add the log of the ratio of the odds to a.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

PRIOR: Final = (-6.0, 1.0)
SPREAD: Final = (6.0, 1.0)
STEPS: Final = 200
LEAST_SLOPE: Final = 0.01
BINS: Final = 10


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """A logistic curve, and how many true and other findings it was fitted on."""

    a: float
    b: float
    true: int
    other: int


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """How far probabilities can be relied on.

    `brier`: the mean square of probability less truth (0 is best; always saying the share of the
    true scores `base`). `expected_calibration_error`: the mean over ten equal bins of probability,
    weighted by their findings, of how far the share of the true is from the mean probability.
    """

    pattern: str
    findings: int
    true: int
    brier: float | None
    base: float | None
    expected_calibration_error: float | None


def logistic(x: float) -> float:
    """1 / (1 + exp(-x)), for any x."""
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    return math.exp(x) / (1 + math.exp(x))


def fit(evidence: Sequence[float], true: Sequence[bool]) -> Curve:
    """The curve of most posterior probability, by Newton's method with halved steps.

    The loss is convex, so what is found is its one minimum. The slope is at least 0.01, so that
    more evidence never means less; where that bounds it, a is the best for it. Raises
    ValueError where the two are not of one length.
    """
    if len(evidence) != len(true):
        raise ValueError("as many truths as findings")
    yes = sum(true)
    no = len(true) - yes
    high, low = (yes + 1) / (yes + 2), 1 / (no + 2)
    pairs = [(x, high if t else low) for x, t in zip(evidence, true, strict=True)]
    a, b = PRIOR
    at = _loss(pairs, a, b)
    for _ in range(STEPS):
        ga, gb = (a - PRIOR[0]) / SPREAD[0] ** 2, (b - PRIOR[1]) / SPREAD[1] ** 2
        haa, hab, hbb = 1 / SPREAD[0] ** 2, 0.0, 1 / SPREAD[1] ** 2
        for x, target in pairs:
            p = logistic(a + b * x)
            weight = p * (1 - p)
            ga, gb = ga + p - target, gb + (p - target) * x
            haa, hab, hbb = haa + weight, hab + weight * x, hbb + weight * x * x
        size = haa * hbb - hab * hab
        da, db = (hbb * ga - hab * gb) / size, (haa * gb - hab * ga) / size
        step = 1.0
        while step > 1e-8 and _loss(pairs, a - step * da, b - step * db) > at:
            step /= 2
        a, b = a - step * da, b - step * db
        now = _loss(pairs, a, b)
        if at - now < 1e-12:
            break
        at = now
    if b < LEAST_SLOPE:  # the loss is convex: its minimum of those allowed has the least slope
        a, b = _level(pairs, LEAST_SLOPE), LEAST_SLOPE
    return Curve(a=a, b=b, true=yes, other=no)


def _level(pairs: Sequence[tuple[float, float]], b: float) -> float:
    """The best a for a slope, by Newton's method with halved steps."""
    a = PRIOR[0]
    at = _loss(pairs, a, b)
    for _ in range(STEPS):
        slope, bend = (a - PRIOR[0]) / SPREAD[0] ** 2, 1 / SPREAD[0] ** 2
        for x, target in pairs:
            p = logistic(a + b * x)
            slope, bend = slope + p - target, bend + p * (1 - p)
        step = slope / bend
        while abs(step) > 1e-8 and _loss(pairs, a - step, b) > at:
            step /= 2
        a -= step
        now = _loss(pairs, a, b)
        if at - now < 1e-12:
            break
        at = now
    return a


def _loss(pairs: Sequence[tuple[float, float]], a: float, b: float) -> float:
    total = (a - PRIOR[0]) ** 2 / (2 * SPREAD[0] ** 2) + (b - PRIOR[1]) ** 2 / (2 * SPREAD[1] ** 2)
    for x, target in pairs:
        z = a + b * x
        # -t log p - (1 - t) log(1 - p) without overflow
        total += max(z, 0.0) - target * z + math.log1p(math.exp(-abs(z)))
    return total


def reliability(pattern: str, probability: Sequence[float], true: Sequence[bool]) -> Reliability:
    """Brier's score and the expected calibration error of probabilities."""
    count = len(probability)
    if not count:
        return Reliability(
            pattern=pattern, findings=0, true=0, brier=None, base=None,
            expected_calibration_error=None,
        )  # fmt: skip
    share = sum(true) / count
    pairs = list(zip(probability, true, strict=True))
    off = 0.0
    for k in range(BINS):
        within = [(p, t) for p, t in pairs if min(int(p * BINS), BINS - 1) == k]
        off += abs(sum(t for _, t in within) - math.fsum(p for p, _ in within))
    return Reliability(
        pattern=pattern, findings=count, true=sum(true),
        brier=math.fsum((p - t) ** 2 for p, t in pairs) / count,
        base=share * (1 - share), expected_calibration_error=off / count,
    )  # fmt: skip
