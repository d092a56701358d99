"""The whole graph as arrays holds just what counts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from algorithms.rings.whole import Whole, edges
from graph.errors import WrongUsage
from graph.snapshot import Snapshot
from graph.times import day_end
from tests.algorithms.related.worlds import company, relation, world
from tests.algorithms.rings.worlds import AS_OF, KINDS, World, views, worlds

AT = day_end(AS_OF)


def told(snapshot: Snapshot, whole: Whole) -> tuple[set[str], set[tuple[str, str, str]]]:
    """Subjects, and relations with their ends, by name."""
    nodes, src, dst, rows = whole
    names = [snapshot.canonical(node) for node in nodes.tolist()]
    assert len(set(names)) == len(names)
    assert nodes.tolist() == sorted(nodes.tolist())
    ends = [(names[a], names[b]) for a, b in zip(src.tolist(), dst.tolist(), strict=True)]
    facts = snapshot.fact_ids(rows.tolist())
    assert len(set(facts)) == len(facts)
    return set(names), {(a, b, fact) for (a, b), fact in zip(ends, facts, strict=True)}


@settings(max_examples=40, deadline=None)
@given(worlds(), KINDS)
def test_it_is_what_was_true_and_known(made: World, kinds: list[str] | None) -> None:
    with views(*made.batches) as seen:
        for batch, snapshot in enumerate(seen):
            graph = made.network(batch, kinds)
            found = told(snapshot, edges(snapshot, kinds, AT))
            assert found == (set(graph), set(graph.edges(keys=True)))


def test_an_event_outlives_its_ends_and_a_state_does_not() -> None:
    facts = [
        company("a", valid_to="2021-06-01"),
        company("b"),
        relation("invoice", "i", "a", "b", amount="1.00", at="2021-03-01"),
        relation("guarantee", "g", "a", "b"),
    ]
    with world(facts) as snapshot:
        assert told(snapshot, edges(snapshot, None, AT)) == (
            {"d:a", "d:b"},
            {("d:a", "d:b", "d:i")},
        )
        assert told(snapshot, edges(snapshot, ["guarantee"], AT)) == ({"d:b"}, set())
        assert edges(snapshot, ["guarantee"], AT).place(snapshot.resolve("a")) is None
        before = told(snapshot, edges(snapshot, ["guarantee"], day_end("2021-05-31")))
        assert before == ({"d:a", "d:b"}, {("d:a", "d:b", "d:g")})


def test_judgements_count_only_where_asked() -> None:
    facts = [*map(company, "abc"), relation("not_same_as", "n", "a", "b")]
    facts.append(relation("same_as", "s", "b", "c"))
    with world(facts) as snapshot:
        assert told(snapshot, edges(snapshot, None, AT)) == ({"d:a", "d:b"}, set())
        kinds = ["same_as", "not_same_as"]
        assert told(snapshot, edges(snapshot, kinds, AT))[1] == {
            ("d:a", "d:b", "d:n"),
            ("d:b", "d:b", "d:s"),
        }


def test_a_kind_that_is_none_is_refused() -> None:
    with world([company("a")]) as snapshot:
        with pytest.raises(WrongUsage, match="did you mean guarantee"):
            edges(snapshot, ["guarante"], AT)
        assert told(snapshot, edges(snapshot, [], AT)) == (set(), set())
