"""Related parties through the real store, against levels of plain sets."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph import compiled
from graph.errors import UnknownSubject, WrongUsage
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import KINDS, company, facts_and_edges, person, relation, world
from tests.referees.related import related


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    answer = ask(snapshot, "related_parties", params)
    plain: dict[str, Any] = msgspec.to_builtins(answer)
    return plain


def rows(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(snapshot, **params)["results"]
    return found


@settings(max_examples=60, deadline=None)
@given(
    facts_and_edges(),
    st.integers(0, 8),
    st.integers(1, 5),
    st.sampled_from(["in", "out", "both"]),
    st.lists(st.sampled_from(KINDS), min_size=1, unique=True),
)
def test_rows_are_those_of_the_referee(made, place, depth, direction, kinds) -> None:
    facts, edges, names = made
    place %= len(names)
    with world(facts) as snapshot:
        found = rows(snapshot, subject=f"c{place}", depth=depth, direction=direction, kinds=kinds)
    counted = [edge for edge in edges if edge.kind in kinds]
    expected = related(counted, names[place], depth, direction)
    for row in expected:
        if len(row["facts"]) > 20:
            row["facts_total"] = len(row["facts"])
            row["facts"] = row["facts"][:20]
    assert found == expected


PYRAMID = [
    person("p1"),
    person("p2"),
    company("top"),
    company("mid"),
    company("low"),
    relation("shareholder", "h1", "p1", "top", share="0.17"),
    relation("shareholder", "h2", "p1", "top", share="0.33"),
    relation(
        "shareholder",
        "h3",
        "top",
        "mid",
        share="0.6",
        valid_from="2020-01-01",
        valid_to="2021-01-01",
    ),
    relation("shareholder", "h4", "mid", "low"),
    relation("legal_representative", "l1", "p2", "mid", role="董事长"),
    relation("officer", "o1", "p2", "mid", role="经理"),
]


def test_worked_example_upwards() -> None:
    with world(PYRAMID) as snapshot:
        found = rows(snapshot, subject="low", depth=9, direction="in", as_of="2020-12-31")
        direct = rows(snapshot, subject="top", direction="in")
    assert [(r["party"], r["depth"], r["roles"]) for r in found] == [
        ("d:mid", 1, ["shareholder"]),
        ("d:p2", 2, ["legal_representative", "officer"]),
        ("d:top", 2, ["shareholder"]),
        ("d:p1", 3, ["shareholder"]),
    ]
    assert found[1]["titles"] == ["经理", "董事长"]
    assert found[3]["path"] == ["d:low", "d:mid", "d:top", "d:p1"]
    assert found[3]["facts"] == ["d:h4", "d:h3", "d:h1", "d:h2"]
    assert [r["share"] for r in found] == [None] * 4  # unknown is not zero; deeper has none
    assert direct[0]["share"] == 0.5  # 0.17 + 0.33, exactly


@pytest.mark.parametrize(
    ("day", "holds"),
    [("2019-12-31", False), ("2020-01-01", True), ("2020-12-31", True), ("2021-01-01", False)],
)
def test_the_day_it_ends_is_no_longer_in_it(day: str, holds: bool) -> None:
    with world(PYRAMID) as snapshot:
        found = rows(snapshot, subject="mid", kinds="shareholder", direction="in", as_of=day)
    assert [r["party"] for r in found] == (["d:top"] if holds else [])


def test_a_relation_needs_both_its_ends() -> None:
    facts = [company("a", valid_to="2020-06-01"), company("b"), relation("branch", "r", "a", "b")]
    with world(facts) as snapshot:
        assert rows(snapshot, subject="b", as_of="2020-05-31")
        assert rows(snapshot, subject="b", as_of="2020-06-01") == []


def test_mutual_holdings_show_what_the_party_holds() -> None:
    facts = [
        company("a"),
        company("b"),
        relation("shareholder", "r1", "a", "b", share="0.1"),
        relation("shareholder", "r2", "b", "a", share="0.3"),
    ]
    with world(facts) as snapshot:
        both = rows(snapshot, subject="a")
        out = rows(snapshot, subject="a", direction="out")
    assert (both[0]["share"], both[0]["direction"], both[0]["facts"]) == (
        0.3,
        "both",
        ["d:r1", "d:r2"],
    )
    assert (out[0]["share"], out[0]["direction"]) == (0.1, "out")


def test_events_only_where_asked() -> None:
    facts = [
        company("a"),
        company("b"),
        relation("invoice", "i", "a", "b", amount="1.00", at="2021-03-04T10:00:00+08:00"),
    ]
    with world(facts) as snapshot:
        assert rows(snapshot, subject="a") == []
        assert rows(snapshot, subject="a", kinds="invoice", as_of="2021-03-03") == []
        assert rows(snapshot, subject="a", kinds="invoice", as_of="2021-03-04")


def star(spokes: int) -> list[dict[str, Any]]:
    """A holder of many companies, the first of which has a holding of its own."""
    names = [f"s{i:05d}" for i in range(spokes)]
    return [
        company("hub"),
        company("end"),
        *map(company, names),
        *(relation("shareholder", f"r{i}", "hub", name) for i, name in enumerate(names)),
        relation("shareholder", "last", "end", names[0]),
    ]


def test_the_subject_itself_is_looked_at_whole_and_hubs_on_the_way_are_not_passed() -> None:
    with world(star(5000)) as snapshot:
        whole = asked(snapshot, subject="hub", max_rows=10_000)
        stopped = asked(snapshot, subject="end", depth=10, max_fanout=100)
        passed = asked(snapshot, subject="end", depth=10, max_fanout=5000, max_rows=10_000)
    assert len(whole["results"]) == 5000
    assert whole["truncated"] is None
    assert [r["party"] for r in stopped["results"]] == ["d:s00000", "d:hub"]
    assert "max_fanout: 1 not passed through, d:hub first" in stopped["truncated"]["reason"]
    assert len(passed["results"]) == 5001
    assert passed["truncated"] is None


def test_fewer_rows_are_the_nearest_by_id() -> None:
    with world(star(50)) as snapshot:
        all_rows = rows(snapshot, subject="end", depth=3)
        few = asked(snapshot, subject="end", depth=3, max_rows=7)
    assert few["results"] == all_rows[:7]
    assert few["truncated"]["limit"] == 7
    assert few["truncated"]["reason"].startswith("max_rows")


def test_bounds_are_said() -> None:
    with world(PYRAMID) as snapshot:
        deep = asked(snapshot, subject="low", depth=99)
        short = asked(snapshot, subject="low", depth=5, as_of="2020-06-01", max_explored=1)
    assert deep["truncated"]["reason"].startswith("depth: cut to 10")
    assert deep["truncated"]["limit"] == 10
    assert short["truncated"]["reason"].startswith("max_explored")
    assert short["truncated"]["explored"] == 1
    assert [r["party"] for r in short["results"]] == ["d:mid"]


def test_wrong_questions() -> None:
    with world(PYRAMID) as snapshot:
        with pytest.raises(UnknownSubject):
            rows(snapshot, subject="nobody")
        with pytest.raises(WrongUsage, match="did you mean shareholder"):
            rows(snapshot, subject="low", kinds="shareholders")
        with pytest.raises(WrongUsage):
            rows(snapshot, subject="low", depth=0)


def test_compiled_code_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with world([*PYRAMID, *star(300)]) as snapshot:
        questions = [
            {"subject": s, "depth": 10, "as_of": "2020-06-01"} for s in ("low", "p1", "hub", "end")
        ]
        plain = [asked(snapshot, **q) for q in questions]
        monkeypatch.setattr(compiled, "_warm", True)
        assert [asked(snapshot, **q) for q in questions] == plain


def test_a_large_question_in_a_fresh_process_goes_on_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("graph.reach.EASY", 200)
    with world(star(2500)) as snapshot:
        found = asked(snapshot, subject="end", depth=3, max_fanout=3000, max_rows=5000)
    assert len(found["results"]) == 2501
    assert found["truncated"] is None
