"""Adjacent: counts and pages against plain edges, hubs in bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from algorithms.related import adjacent_rows
from graph.errors import UnknownSubject, WrongUsage
from graph.facts import Normaliser
from graph.snapshot import Snapshot, open_snapshot
from graph.store import Store
from tests.algorithms.related.worlds import company, facts_and_edges, person, relation, world
from tests.referees.related import Edge

AS_OF = "2022-01-05"


def groups(snapshot: Snapshot, subject: str, **more: Any) -> dict[tuple[str, str], Any]:
    answer = ask(snapshot, "adjacent", {"subject": subject, "as_of": AS_OF, **more})
    return {(row.kind, row.direction): row for row in answer["results"]}


@settings(max_examples=40, deadline=None)
@given(facts_and_edges(), st.integers(1, 3))
def test_counts_and_pages_are_those_of_plain_edges(
    made: tuple[list[Any], list[Edge], list[str]], limit: int
) -> None:
    facts, edges, names = made
    with world(facts) as snapshot:
        for name in sorted(set(names)):
            wanted: dict[tuple[str, str], list[Edge]] = {}
            for edge in edges:
                if edge.src == edge.dst:
                    continue
                if edge.src == name:
                    wanted.setdefault((edge.kind, "out"), []).append(edge)
                if edge.dst == name:
                    wanted.setdefault((edge.kind, "in"), []).append(edge)
            found = groups(snapshot, name)
            assert {key: row.count for key, row in found.items() if row.count} == {
                key: len(each) for key, each in wanted.items()
            }
            for (kind, way), each in wanted.items():
                ends = {edge.dst if way == "out" else edge.src for edge in each}
                assert found[kind, way].parties == len(ends)
                seen = [r for page in pages(snapshot, name, kind, way, limit) for r in page]
                assert sorted(r.facts[0] for r in seen) == sorted(edge.id for edge in each)
                for r in seen:
                    (edge,) = (edge for edge in each if edge.id == r.facts[0])
                    assert r.party == (edge.dst if way == "out" else edge.src)


def pages(snapshot: Snapshot, subject: str, kind: str, way: str, limit: int) -> list[list[Any]]:
    """All pages of one group."""
    found, after = [], None
    while True:
        asked: dict[str, Any] = {"kinds": [kind], "direction": way, "limit": limit, "after": after}
        (row,) = groups(snapshot, subject, **asked).values()
        found.append(row.relations)
        after = row.next
        if after is None:
            return found


def test_what_began_last_comes_first_and_pages_of_one_moment_go_by_fact() -> None:
    facts = [company("c"), *(person(f"p{n}") for n in range(6))]
    begins = ["2020-01-01", "2021-01-01", None, "2020-01-01", "2020-01-01", None]
    for n, day in enumerate(begins):
        facts.append(relation("shareholder", f"s{n}", f"p{n}", "c", share="0.1", valid_from=day))
    with world(facts) as snapshot:
        for limit in (1, 2, 3, 4, 6, 7):
            found = pages(snapshot, "c", "shareholder", "in", limit)
            assert [r.facts[0] for page in found for r in page] == [
                "d:s1", "d:s0", "d:s3", "d:s4", "d:s2", "d:s5",
            ]  # fmt: skip
            assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
            assert found[-1]
        first = found[0][0]
        assert (first.party, first.party_kind, first.share) == ("d:p1", "person", 0.1)
        assert (first.begins, first.ends) == ("2021-01-01", None)


def test_what_is_over_is_recorded_and_not_counted() -> None:
    facts = [
        company("c"), company("e"), person("p", valid_to="2021-01-01"), person("q"),
        relation("officer", "o1", "q", "c", valid_to="2021-06-01"),
        relation("officer", "o2", "p", "c"),
        relation("officer", "o3", "q", "c"),
        relation("invoice", "i1", "c", "e", amount="5.50", currency="USD", at="2021-06-01"),
        relation("invoice", "i2", "c", "e", amount="1", at="2023-06-01"),
    ]  # fmt: skip
    with world(facts) as snapshot:
        found = groups(snapshot, "c")
        officers = found["officer", "in"]
        assert (officers.count, officers.parties, officers.recorded) == (1, 1, 3)
        sold = found["invoice", "out"]
        assert (sold.count, sold.recorded) == (1, 2)
        assert [(r.amount, r.begins, r.ends) for r in sold.relations] == [
            ("5.50", "2021-06-01", None)
        ]
        assert list(found) == [("officer", "in"), ("invoice", "out")]
        assert list(groups(snapshot, "c", direction="in")) == [("officer", "in")]
        assert groups(snapshot, "c", limit=0)["officer", "in"].relations == []


def test_a_hub_past_the_bound_is_counted_by_what_was_recorded() -> None:
    facts = [company("c"), *(person(f"p{n}") for n in range(5))]
    facts += [relation("officer", f"o{n}", f"p{n}", "c") for n in range(5)]
    facts.append(relation("shareholder", "s", "p0", "c"))
    with world(facts) as snapshot:
        asked = {"subject": "c", "as_of": AS_OF, "max_counted": 4}
        answer = ask(snapshot, "adjacent", asked)
        first, second = answer["results"]
        assert (first.kind, first.count, first.recorded) == ("officer", None, 5)
        assert first.relations == []
        assert (second.kind, second.count) == ("shareholder", 1)
        assert "max_counted" in answer["truncated"].reason
        assert answer["truncated"].limit == 4


def test_what_came_since_the_base_was_made_and_retracted_facts(store: Store, write: Any) -> None:
    write([company("c"), person("p"), relation("officer", "o1", "p", "c")])
    before = open_snapshot(store)
    normaliser = Normaliser("d", store.id_key)
    later = [person("q"), relation("officer", "o2", "q", "c"), {"kind": "retract", "id": "o1"}]
    store.write("later", [normaliser.row(fact) for fact in later])
    now, then = open_snapshot(store), open_snapshot(store, before.known_at)
    for snapshot, fact, ever in ((now, "d:o2", 2), (then, "d:o1", 1)):
        row = groups(snapshot, "c")["officer", "in"]
        assert [r.facts[0] for r in row.relations] == [fact]
        assert (row.count, row.recorded) == (1, ever)


def test_wrong_questions_are_refused() -> None:
    with world([company("c"), person("p"), relation("officer", "o", "p", "c")]) as snapshot:
        with pytest.raises(UnknownSubject):
            groups(snapshot, "nobody")
        with pytest.raises(WrongUsage, match="did you mean officer"):
            groups(snapshot, "c", kinds=["oficer"])
        with pytest.raises(WrongUsage, match="one kind and direction"):
            groups(snapshot, "c", after="0~d:o")
        one = {"kinds": ["officer"], "direction": "in"}
        for wrong in ("", "x", "x~y", "1~", "~"):
            with pytest.raises(WrongUsage, match="not the `next` of a page"):
                groups(snapshot, "c", after=wrong, **one)
        assert groups(snapshot, "c", after=f"{-(10**30)}~d:o", **one)["officer", "in"].count == 1


def test_parties_are_counted_alike_few_or_many(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = [company("c"), *(person(f"p{n}") for n in range(4))]
    facts += [relation("officer", f"o{n}", f"p{n % 3}", "c") for n in range(7)]
    with world(facts) as snapshot:
        few = groups(snapshot, "c")["officer", "in"]
        monkeypatch.setattr(adjacent_rows, "_MANY", 1)
        assert groups(snapshot, "c")["officer", "in"] == few
        assert (few.count, few.parties) == (7, 3)
