"""Measuring pairs, against a worked example."""

from __future__ import annotations

import pytest

from bench._corpus import lost, measure, without_keys

TRUTH = [["a1", "a2", "a3"], ["b1", "b2"], ["c1"]]
FOUND = {"a1": 0, "a2": 0, "a3": 3, "b1": 3, "b2": 4, "c1": 0}  # a1 a2 c1 | a3 b1 | b2
KEYS = {"a1": "x", "a2": "x", "a3": "x", "b1": "y"}


def test_pairs() -> None:
    """4 true pairs; told a1-a2, a1-c1, a2-c1, a3-b1; right a1-a2. a3 and b1 bear two keys."""
    found = measure(TRUTH, FOUND, KEYS)
    assert found == (4, 4, 1, 1)
    assert found.precision == found.recall == found.f1 == 0.25


def test_pairs_that_no_key_decides() -> None:
    """Of a1-a2, a1-a3, a2-a3 keys decide; b1-b2 is left. Told and open: a1-c1, a2-c1, a3-b1."""
    found = without_keys(TRUTH, FOUND, KEYS)
    assert (found.true, found.told, found.right) == (1, 3, 0)
    assert found.f1 == 0


def test_which_errors_are_lost() -> None:
    truth = {"clusters": TRUTH, "errors": {"a3": ["pinyin"], "b2": ["pinyin", "moved"]}}
    assert lost(truth, FOUND) == [("pinyin", 3, 3), ("moved", 1, 1), ("none", 1, 0)]


def test_nothing_to_find() -> None:
    assert measure([["a"]], {"a": 0}, {}).f1 == pytest.approx(1.0)
