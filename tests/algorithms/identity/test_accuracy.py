"""Accuracy on labelled corpora, beside the model of Splink's tutorial on the same records."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench._linkage import fake_1000, febrl4, measured, resolved, tutorial

ACCEPT = 0.95  # as `ResolveParams` has it


def test_on_fake_1000_it_finds_more_than_splinks_tutorial(data_dir: Path) -> None:
    corpus = fake_1000(data_dir / "splink")
    assert (len(corpus.table), len(corpus.truth)) == (1000, 2031)
    ours, likely = (measured(resolved(corpus, ACCEPT, likely=by), corpus) for by in (False, True))
    predicted, clustered = (measured(each, corpus) for each in tutorial(corpus, ACCEPT))
    assert ours.f1 >= max(predicted.f1, clustered.f1)
    assert ours.precision >= 0.99  # what waits for a person costs what is found, not what is right
    assert min(likely.precision, likely.recall) >= 0.8


@pytest.mark.full
def test_on_febrl_4() -> None:
    corpus = febrl4()
    assert len(corpus.truth) == 5000
    assert measured(resolved(corpus, ACCEPT), corpus).f1 >= 0.99
