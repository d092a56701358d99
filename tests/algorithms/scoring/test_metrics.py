"""Measures against scikit-learn and the definition by hand; bootstrap and paired differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from algorithms.evaluation import measures as findings
from algorithms.scoring.metrics import NoTruth, Ranked, difference, draws, figure

CASES = st.lists(
    st.tuples(st.booleans(), st.integers(-3, 3), st.integers(0, 3)), min_size=2, max_size=30
).filter(lambda rows: 0 < sum(t for t, _, w in rows if w) < sum(1 for _, _, w in rows if w))


@settings(deadline=None, max_examples=60)
@given(CASES)
def test_measures_are_those_of_scikit_learn_under_weights(
    rows: list[tuple[bool, int, int]],
) -> None:
    truth = np.array([t for t, _, _ in rows])
    score = np.array([s for _, s, _ in rows], float)
    weight = np.array([w for _, _, w in rows], float)
    ranked = Ranked(truth, score)
    assert ranked.average_precision(weight) == pytest.approx(
        average_precision_score(truth, score, sample_weight=weight)
    )
    assert ranked.roc_auc(weight) == pytest.approx(
        roc_auc_score(truth, score, sample_weight=weight)
    )
    precision, recall, _ = precision_recall_curve(truth, score, sample_weight=weight)
    # The curve's last point, of no score, has a precision of 1 by convention.
    reached = [r for p, r in zip(precision[:-1], recall[:-1], strict=True) if p >= 0.5]
    assert ranked.recall_at_precision(0.5, weight) == pytest.approx(max(reached, default=0.0))


@settings(deadline=None, max_examples=60)
@given(CASES)
def test_weights_are_copies(rows: list[tuple[bool, int, int]]) -> None:
    truth, score, weight = (np.array(each) for each in zip(*rows, strict=True))
    copied = Ranked(np.repeat(truth, weight), np.repeat(score, weight))
    ranked, weights = Ranked(truth, score), weight.astype(float)
    for k in (1, 3, 100):
        assert ranked.precision_at(k, weights) == pytest.approx(copied.precision_at(k))
    assert ranked.average_precision(weights) == pytest.approx(copied.average_precision())


@settings(deadline=None, max_examples=60)
@given(CASES)
def test_the_definitions_are_those_that_findings_are_measured_by(
    rows: list[tuple[bool, int, int]],
) -> None:
    pairs = [(float(s), t) for t, s, _ in rows]
    truth, score = np.array([t for _, t in pairs]), np.array([s for s, _ in pairs])
    ranked = Ranked(truth, score)
    assert ranked.average_precision() == pytest.approx(
        findings.average_precision(pairs, int(truth.sum()))
    )
    for k in (1, 4, 50):
        assert ranked.precision_at(k) == pytest.approx(findings.precision_at(pairs, k))


def test_nothing_to_measure_is_said() -> None:
    for truth in ([True, True], [False, False]):
        with pytest.raises(NoTruth):
            Ranked(np.array(truth), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="no number"):
        Ranked(np.array([True, False]), np.array([np.nan, 1.0]))


def test_a_group_is_drawn_together() -> None:
    truth = np.array([True, True, False, False, False])
    groups = np.array([7, 7, 1, 2, 3])
    for weight in draws(truth, 1, groups)[:200]:
        assert weight[0] == weight[1]
        assert weight[:2].any() and weight[2:].any()


def test_the_interval_holds_what_an_exact_one_would() -> None:
    """Of n flips with share p the percentile interval of the share is about the binomial's."""
    truth = np.arange(400) % 2 == 0
    score = np.zeros(400)  # all equal: precision at k is the share of positives
    found = figure(Ranked(truth, score), lambda r, w: r.precision_at(400, w), draws(truth, 3))
    assert found.value == 0.5
    assert found.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.012)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.012)


def test_paired_differences_see_what_unpaired_intervals_hide() -> None:
    random = np.random.default_rng(5)
    truth = random.random(300) < 0.3
    score = truth + random.normal(0, 1.5, 300)
    weights = draws(truth, 0)
    same, better = Ranked(truth, score), Ranked(truth, score + 0.4 * truth)
    told = difference(better, same, Ranked.roc_auc, weights)
    assert told.low > 0 and told.p < 0.01
    lone, other = (figure(each, Ranked.roc_auc, weights) for each in (better, same))
    assert lone.low is not None and other.high is not None and lone.low < other.high
    nothing = difference(same, same, Ranked.roc_auc, weights)
    assert (nothing.value, nothing.low, nothing.high, nothing.p) == (0.0, 0.0, 0.0, 1.0)
