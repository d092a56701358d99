"""What a cycle has to keep to be worth looking for, against the weights themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from algorithms.findings.scoring import CAP, least_evidence, score
from algorithms.flows.cycle_weights import DAYS, KEPT, NEW, least_kept


def most(ratio: float, length: int, days: float) -> float:
    """The evidence of a cycle for which all that is not known speaks."""
    kept = ratio ** (1 / (length - 1))
    return CAP + NEW + float(np.interp(kept, *KEPT)) + float(np.interp(days, *DAYS))


@pytest.mark.parametrize("length", [2, 3, 6, 12])
@pytest.mark.parametrize("floor", [-30.0, -3.0, 0.64, 6.94, 12.0, 16.4, 17.0])
def test_it_is_the_least_that_can_reach_the_floor(floor: float, length: int) -> None:
    need = least_kept(floor, length, 400)
    assert len(need) == 401
    assert (np.diff(need) >= 0).all()
    for day in (0, 1, 5, 7, 30, 90, 104, 105, 200, 400):
        for ratio in (0.0, 1e-6, 0.01, 0.2, 0.5, 0.8, 0.95, 1.0):
            if most(ratio, length, day) >= floor:
                assert ratio >= need[day]
        part = float(need[day])
        if 0 < part <= 1:
            assert most(part, length, day) == pytest.approx(floor, abs=1e-4)
        elif part > 1:
            assert most(1.0, length, day) < floor


def test_days_only_weigh_against() -> None:
    """A day's number stands for all cycles of that day and a part."""
    assert (np.diff(DAYS[1]) < 0).all()
    assert (np.diff(KEPT[1]) > 0).all()


@pytest.mark.parametrize("pattern", ["transfer_cycle", "fan_in", "not fitted"])
def test_a_score_has_a_least_evidence(pattern: str) -> None:
    assert least_evidence(pattern, 0) == -math.inf
    assert least_evidence(pattern, 1) == math.inf
    for wanted in (1e-6, 0.3, 0.5, 0.999):
        nats = least_evidence(pattern, wanted)
        assert score(pattern, nats) == pytest.approx(wanted, rel=1e-9)
        assert score(pattern, nats - 1e-3) < wanted
