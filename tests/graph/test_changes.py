"""What batches know otherwise, against every version of every fact as the store tells it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from graph.base import build
from graph.changes import changed
from graph.live import Live, open_live
from graph.model import NAMES, RELATIONS
from graph.snapshot import Snapshot, snapshot_of
from graph.store import Store, open_store
from graph.times import format_instant
from tests.graph.views import life, write

SECOND = 1_000_000
START = 1_600_000_000 * SECOND


def told(store: Store, view: Snapshot, since: int) -> list[str]:
    """The same by one pass over the store."""
    found: set[str] = set()
    numbers = {info.recorded_at: info.no for info in store.batches()}
    for fact in store.facts():
        ret = view.batch + 1 if fact.retracted_at is None else numbers[fact.retracted_at]
        ended = fact.batch <= since < ret <= view.batch
        came = since < fact.batch <= view.batch
        if NAMES[fact.code] not in (*RELATIONS, "listing"):
            found.update([fact.name] if ended else [])
            members = view.members(view.node_of(fact.name)) if came else []
            found.update(map(view.record_name, members) if len(members) > 1 else [])
        elif ended or came:
            found.update(end for end in (fact.a, fact.b) if end is not None)
            found.update([fact.name] if ended else [])
    return sorted(found)


@pytest.mark.parametrize("seed", range(12))
def test_what_changed_between_any_two_batches(tmp_path: Path, seed: int) -> None:
    """Of a graph that followed the store, of one whose base holds a part, and of one whose base
    holds all of it."""
    store = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=True)
    chance = random.Random(seed)
    batches = life(chance, 6, 14)
    followed, part = open_live(store), None
    for number, facts in enumerate(batches, 1):
        write(store, facts, START + number * SECOND)
        snapshot_of(followed)
        if number == 3:
            part = build(store)
    assert part is not None
    several = 0
    for live in (followed, Live(store, part), Live(store, build(store))):
        live.follow()
        for info in store.batches():
            view = snapshot_of(live, format_instant(info.recorded_at))
            assert view.batch == info.no
            for since in range(info.no):
                expected = told(store, view, since)
                assert changed(view, since) == expected
                several += len(expected) > 1
    assert several > 20
    store.close()
