"""Detectors as a score: those that can name a kind of subject say of it what all of them say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from algorithms.cases import asking
from algorithms.cases.cases import CaseParams
from algorithms.features.table import KINDS
from algorithms.registry import Result
from algorithms.scoring.rules import NAMED, families, rules, together
from graph import deadline
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import world
from tests.algorithms.small_world import entities, relations

DAY = "2021-12-31"


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with world(entities() + relations()) as view:
        yield view


def test_the_families_of_a_kind_say_what_all_say(snapshot: Snapshot) -> None:
    every = rules(snapshot, DAY)
    parts = {each: rules(snapshot, DAY, family=each) for kind in KINDS for each in families(kind)}
    assert {*NAMED} < {*parts} and all(parts[each].by for each in NAMED)
    for kind in KINDS:
        found = together([parts[each] for each in families(kind)])
        mine = snapshot.subjects(kind)
        assert np.array_equal(found.score[mine], every.score[mine])
        for subject in mine.tolist():
            said, whole = (of.by.get(subject, []) for of in (found, every))
            assert [row for row, _ in said] == [row for row, _ in whole]
    assert [*map(families, KINDS)] == [["flows", "rings"], ["invoices", "rings"], *[["rings"]] * 2]


def test_all_detectors_together_take_no_longer_than_they_may(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes all the time it is given, but for the first; the clock stands otherwise."""
    clock, given = [0.0], []

    def put(*asked: object) -> Result[object]:
        wanted = asked[2]
        assert isinstance(wanted, dict)
        given.append(wanted["time_limit"])
        clock[0] += given[-1] if len(given) > 1 else 4.0
        return Result(results=[])

    monkeypatch.setattr(deadline, "monotonic", lambda: clock[0])
    monkeypatch.setattr(asking, "put", put)
    names = ["fan_patterns", "fund_pools", "layered_flow", "pass_through"]
    asking.ask_all(snapshot, CaseParams(algorithms=names), 100.0)
    assert given == [50.0, 48.0, 24.0, 24.0] and clock[0] == 100.0
    given.clear()
    asking.ask_all(snapshot, CaseParams(algorithms=names, time_limit=7.0))
    assert given == [7.0] * 4
