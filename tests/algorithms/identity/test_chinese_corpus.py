"""Resolving the corpus of Chinese registers, of a seed that nothing was tuned on."""

from __future__ import annotations

from pathlib import Path

import pytest

from algorithms.identity.resolving import resolve
from algorithms.identity.shape import Resolution, ResolveParams
from bench import _corpus
from bench.identity_zh import loaded
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store
from ingest.generate.identities import Corpus, identities

SEED = 77_001
Resolved = tuple[Corpus, Snapshot, Resolution]


def _resolved(folder: Path, people: int) -> Resolved:
    corpus = identities(folder, people, SEED)
    snapshot = open_snapshot(open_store(loaded(folder, corpus)))
    return corpus, snapshot, resolve(snapshot, ResolveParams())


@pytest.fixture(scope="module")
def resolved(tmp_path_factory: pytest.TempPathFactory) -> Resolved:
    return _resolved(tmp_path_factory.mktemp("corpus"), 560)  # 1,400 records


def test_pairs_are_found_and_no_two_official_ids_are_joined(resolved: Resolved) -> None:
    corpus, snapshot, answer = resolved
    clusters = corpus.truth["clusters"]
    found, keys = _corpus.told(snapshot, answer), _corpus.official(snapshot)
    whole = _corpus.measure(clusters, found, keys)
    assert whole.bad == 0
    assert whole.f1 >= 0.97
    assert _corpus.without_keys(clusters, found, keys).f1 >= 0.97


def test_nobody_is_joined_by_a_name_or_a_household(resolved: Resolved) -> None:
    for pair in resolved[2].judgements:
        given = next((each for each in pair.features if each.name == "given"), None)
        said = {each.name for each in pair.features if each.weight > 0}
        assert said - {"family", "given", "name", "region", "trade", "branch"}, pair
        if given is not None and given.says == "differs":
            assert said & {"id_no", "ids"}, pair


@pytest.mark.full
@pytest.mark.parametrize("people", [1_200, 40_000])
def test_pairs_are_found_among_many(tmp_path: Path, people: int) -> None:
    corpus, snapshot, answer = _resolved(tmp_path, people)
    clusters = corpus.truth["clusters"]
    found, keys = _corpus.told(snapshot, answer), _corpus.official(snapshot)
    whole = _corpus.measure(clusters, found, keys)
    assert whole.bad == 0 and whole.f1 >= 0.97
