"""The feed against every version of every fact as the store tells it."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from graph.base import build
from graph.domains import DOMAINS, OF_KIND, of_fact
from graph.feed import Place, touched
from graph.live import Live, open_live
from graph.model import LISTING_CODE, NAMES, is_entity
from graph.snapshot import Snapshot, snapshot_of
from graph.store import Store, open_store
from tests.graph.views import life, write

SECOND = 1_000_000
START = 1_600_000_000 * SECOND
START_PLACE = Place(0)
Row = tuple[int, str, dict[str, int], dict[str, int], frozenset[str]]


def told(store: Store, granted: frozenset[str] | None = None) -> list[Row]:
    """The same by one pass over the store, in the order of batch and record; of some domains."""
    kept = frozenset(DOMAINS) if granted is None else granted
    numbers = {info.recorded_at: info.no for info in store.batches()}
    counts: dict[tuple[int, str], tuple[Counter[str], Counter[str], set[str]]] = {}
    firsts, kinds = {}, {}
    for fact in store.facts():
        kind = NAMES[fact.code]
        if is_entity(fact.code):
            firsts[fact.name], kinds[fact.name] = fact.first, kind
        if not of_fact(fact, kinds.get) <= kept:
            continue
        ends = {fact.name} if is_entity(fact.code) else {fact.a, fact.b} - {None}
        moments = [(fact.batch, 0)]
        if fact.retracted_at is not None:
            moments.append((numbers[fact.retracted_at], 1))
        for batch, side in moments:
            for end in ends:
                entry = counts.setdefault((batch, str(end)), (Counter(), Counter(), set()))
                entry[side][kind] += 1
                entry[2].add(fact.name)
    rows = [
        (batch, name, dict(came), dict(went), frozenset(facts))
        for (batch, name), (came, went, facts) in counts.items()
        if OF_KIND[kinds[name]] in {*kept, None}
    ]
    return sorted(rows, key=lambda row: (row[0], firsts[row[1]]))


def read(view: Snapshot, limit: int, behind: Place = START_PLACE) -> list[Row]:
    """The whole feed, page by page."""
    rows: list[Row] = []
    while page := touched(view, behind, view.batch, limit):
        assert len(page) <= limit
        for each in page:
            assert each.facts_total == len(each.facts)
            rows.append((each.place.batch, view.record_name(each.node), each.recorded,
                         each.retracted, frozenset(each.facts)))  # fmt: skip
        behind = page[-1].place
    return rows


@pytest.mark.parametrize("seed", range(8))
def test_page_by_page_it_is_what_the_store_recorded(tmp_path: Path, seed: int) -> None:
    """Of a graph that followed the store, of one whose base holds a part, and of one whose base
    holds all of it; from every batch on."""
    store = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=True)
    followed, part = open_live(store), None
    for number, facts in enumerate(life(random.Random(seed), 6, 14), 1):
        write(store, facts, START + number * SECOND)
        snapshot_of(followed)
        if number == 3:
            part = build(store)
    assert part is not None
    expected = told(store)
    assert len(expected) >= 10
    for live in (followed, Live(store, part), Live(store, build(store))):
        live.follow()
        view = snapshot_of(live)
        for limit in (1, 3, 1000):
            assert read(view, limit) == expected
        for since in range(view.batch + 1):
            after = [row for row in expected if row[0] > since]
            assert read(view, 1000, Place(since)) == after
        for granted in (frozenset({"tax", "bank"}), frozenset({"registry"}), frozenset[str]()):
            assert read(view.within(granted), 2) == told(store, granted)
    store.close()


def test_a_relation_from_a_record_to_itself_counts_once(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=True)
    facts = [{"kind": "company", "id": "c"},
             {"kind": "shareholder", "id": "s", "from": "c", "to": "c", "share": "0.1"},
             {"kind": "listing", "id": "l", "subject": "c", "list": "black"}]  # fmt: skip
    write(store, facts, START)
    (one,) = touched(snapshot_of(open_live(store)), Place(0), 1, 10)
    assert one.recorded == {"company": 1, "shareholder": 1, NAMES[LISTING_CODE]: 1}
    assert one.facts_total == 3
    store.close()
