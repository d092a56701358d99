"""Rings of invoices against brute force, by both tiers and through pauses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.invoices import circle_search, circles
from algorithms.invoices.circle_search import Box
from algorithms.invoices.ledgers import books
from graph.deadline import Deadline
from graph.times import DAY, day_end
from tests.algorithms.invoices.worlds import as_facts, ledgers
from tests.algorithms.related.worlds import world
from tests.referees.invoices import Invoice
from tests.referees.invoices import circles as expected

AT = day_end("2022-12-31")


def found(made: list[Invoice], box: Box, parts: int) -> dict[tuple[str, ...], set[str]]:
    with world(as_facts(made)) as snapshot:
        kept = books(snapshot, AT)
        rings = circles.rings(
            kept.invoices, kept.n, box, parts=parts, explore=10**9, deadline=Deadline(60)
        )
        assert rings.ended is None
        names = snapshot.canonicals(kept.company.tolist())
        facts = snapshot.fact_ids(kept.invoices.row[rings.place].tolist())
    shown = []
    for ring in rings.companies.tolist():
        chain = [names[c] for c in ring if c >= 0]
        begin = chain.index(min(chain))
        shown.append((*chain[begin:], *chain[:begin]))
    assert len(set(shown)) == len(shown)
    sets: dict[tuple[str, ...], set[str]] = {ring: set() for ring in shown}
    for number, fact in zip(rings.ring.tolist(), facts, strict=True):
        assert fact not in sets[shown[number]]
        sets[shown[number]].add(fact)
    return sets


@settings(max_examples=80, deadline=None)
@given(
    ledgers(most=24),
    st.integers(2, 4),
    st.integers(0, 2),
    st.sampled_from([0.0, 0.05, 0.6]),
    st.sampled_from([1, 5, 40]),
    st.integers(1, 3),
)
def test_rings_are_those_of_the_referee(made, least, more, tolerance, window, parts) -> None:
    box = Box(least, least + more, window * DAY, tolerance)
    referee = expected(made, least, least + more, window, tolerance, parts)
    assert found(made, box, parts) == referee


@pytest.mark.parametrize("few", [0, 1, 2])
@settings(max_examples=40, deadline=None)
@given(ledgers(firms=5, most=36), st.integers(2, 5))
def test_hubs_are_gone_round_another_way_to_the_same_rings(few, made, most) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(circle_search, "FEW", few)
        box = Box(2, most, 40 * DAY, 0.6)
        assert found(made, box, 2) == expected(made, 2, most, 40, 0.6, 2)


@settings(max_examples=25, deadline=None)
@given(ledgers(firms=5, most=30))
def test_pauses_and_little_room_change_nothing(made) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("_EASY", 3), ("_HEAVY", 5), ("_RINGS", 1)):
            patch.setattr(circle_search, name, value)
        patch.setattr(circles, "_ROOM", 1)
        box = Box(2, 5, 40 * DAY, 0.6)
        assert found(made, box, 2) == expected(made, 2, 5, 40, 0.6, 2)
