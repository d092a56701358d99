"""From evidence to a score that means something: the chance that a finding is what it looks like.

Evidence is in nats. Chance gives at most `CAP` of them (-ln p), since ordinary business is not
chance either: a payroll is as unlikely under any null model as a mule account. What tells them
apart are the signs for and against, each with its weight. A logistic curve turns the sum into a
probability; its two numbers, per pattern, are fitted on generated worlds with known truth (Platt
1999) and kept in `calibration.json`, where they are not fitted the curve is `DEFAULT`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from algorithms.findings.significance import LEAST

CAP: Final = 12.0
DEFAULT: Final = (-6.0, 1.0)  # half at 6 nats: chance alone at p = 0.0025, with nothing against it
_FITTED: Final = Path(__file__).with_name("calibration.json")


class Sign(NamedTuple):
    """Something that speaks for a finding (weight > 0) or an innocent explanation (weight < 0)."""

    name: str
    weight: float
    zh: str
    en: str


def evidence(p: float, signs: Iterable[Sign]) -> float:
    """What speaks for a finding in all, in nats: chance, capped, and the signs."""
    return min(-math.log(max(p, LEAST)), CAP) + math.fsum(sign.weight for sign in signs)


def score(pattern: str, nats: float) -> float:
    """The calibrated chance (0..1) that a finding of this evidence is what its pattern says."""
    a, b = _curves().get(pattern, DEFAULT)
    x = a + b * nats
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def together(scores: Iterable[float]) -> float:
    """Noisy-or: the chance that at least one of several is right, each by itself."""
    return 1.0 - math.prod(1.0 - each for each in scores)


def least_evidence(pattern: str, scored: float) -> float:
    """The evidence (nats) from which on a finding has at least this score (0..1)."""
    a, b = _curves().get(pattern, DEFAULT)
    if scored <= 0 or b <= 0:
        return -math.inf
    return math.inf if scored >= 1 else (math.log(scored / (1 - scored)) - a) / b


@cache
def _curves() -> dict[str, tuple[float, float]]:
    if not _FITTED.exists():
        return {}
    fitted = json.loads(_FITTED.read_text(encoding="utf-8"))["curves"]
    return {name: (float(curve["a"]), float(curve["b"])) for name, curve in fitted.items()}
