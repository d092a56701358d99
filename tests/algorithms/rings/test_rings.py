"""One list of rings is what each detector says by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from algorithms.cases.asking import detectors
from algorithms.registry import ALGORITHMS, ask
from graph.errors import UnknownSubject, WrongUsage
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import world
from tests.algorithms.small_world import entities, relations

AS_OF = "2021-12-31"
OWN = ["call_dens", "dense_blocks", "event_gangs", "shared_identifier_rings"]


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with world(entities() + relations()) as made:
        yield made


def rows(snapshot: Snapshot, name: str = "rings", **more: Any) -> list[Any]:
    found: list[Any] = ask(snapshot, name, {"as_of": AS_OF, **more})["results"]
    return found


def test_all_that_the_detectors_find_in_one_order(snapshot: Snapshot) -> None:
    apart = [row for name in OWN for row in rows(snapshot, name)]
    found = rows(snapshot)
    assert len({row.pattern for row in found}) > 1
    assert sorted(found, key=lambda r: r.id) == sorted(apart, key=lambda r: r.id)
    assert [r.score for r in found] == sorted((r.score for r in found), reverse=True)


def test_detectors_patterns_and_bounds_choose(snapshot: Snapshot) -> None:
    whole = rows(snapshot)
    assert rows(snapshot, algorithms=["transfer-cycles"]) == rows(snapshot, "transfer_cycles")
    only = whole[-1].pattern
    assert rows(snapshot, patterns=[only]) == [r for r in whole if r.pattern == only]
    least = whole[0].score
    assert rows(snapshot, min_score=least) == [r for r in whole if r.score >= least]
    cut = ask(snapshot, "rings", {"as_of": AS_OF, "max_rows": 1})
    assert cut["results"] == whole[:1]
    assert "max_rows" in cut["truncated"].reason


def test_about_one_subject(snapshot: Snapshot) -> None:
    apart = [row for name in OWN for row in rows(snapshot, name, subject="c1")]
    assert apart
    assert {r.id for r in rows(snapshot, subject="c1")} == {r.id for r in apart}
    with pytest.raises(UnknownSubject):
        rows(snapshot, subject="nobody")
    with pytest.raises(WrongUsage, match="takes no subject"):
        rows(snapshot, subject="c1", algorithms=["transfer_cycles"])
    with pytest.raises(WrongUsage, match="yields no findings"):
        rows(snapshot, algorithms=["components"])


def test_no_detector_is_asked_twice_by_what_puts_findings_together() -> None:
    assert "rings" in ALGORITHMS
    assert {each.name for each in detectors(None)}.isdisjoint({"rings", "invoice_schemes"})
