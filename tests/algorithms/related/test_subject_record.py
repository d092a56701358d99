"""A person's record through the real store, against a replay of plain lists of facts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph.errors import UnknownSubject
from graph.snapshot import Snapshot
from tests.algorithms.related.lives import EVERYBODY, batches, days, lived
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.tenures import record


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(ask(snapshot, "subject_record", params))
    return found


def check(made: list[list[Fact]], day: str) -> None:
    with lived(made) as (history, views):
        for view, batch in views:
            for name in EVERYBODY:
                if not history.living(name, batch):
                    with pytest.raises(UnknownSubject):
                        asked(view, subject=name)
                    continue
                answer = asked(view, subject=name, as_of=day)
                expected = record(history, batch, name, day)
                for row in expected:
                    if len(row["facts"]) > 20:
                        row |= {"facts": row["facts"][:20], "facts_total": len(row["facts"])}
                assert answer["results"] == expected
                assert answer["truncated"] is None


@settings(max_examples=60, deadline=None)
@given(batches, days)
def test_rows_are_those_of_the_replay(made: list[list[Fact]], day: str) -> None:
    check(made, day)


@pytest.mark.full
@settings(max_examples=1500, deadline=None)
@given(batches, st.one_of(days, st.just("2030-01-01")))
def test_rows_are_those_of_the_replay_at_length(made: list[list[Fact]], day: str) -> None:
    check(made, day)


def listing(name: str, subject: str, begins: str, ends: str | None = None, **more: Any) -> Fact:
    times = {"decided_on": begins} | ({"until": ends} if ends else {})
    return {"kind": "listing", "id": name, "subject": subject, "list": "black", **times, **more}


# p1 leads c1 until it is struck off, holds c2 in two spells and works for c3.
LIFE = [
    person("p1"),
    company("c1", valid_from="2010-01-01", valid_to="2020-01-01"),
    company("c2"),
    company("c3"),
    relation("legal_representative", "r1", "p1", "c1", role="董事长", valid_from="2009-05-01"),
    relation("shareholder", "r2", "p1", "c2", share="0.51", valid_from="2015-01-01",
             valid_to="2018-01-01"),
    relation("shareholder", "r3", "p1", "c2", valid_from="2018-01-01", valid_to="2021-07-01"),
    relation("employs", "r4", "c3", "p1", valid_from="2022-01-01"),
    listing("l1", "c1", "2008-01-01", "2009-06-01"),  # over before the firm was there
    listing("l2", "c1", "2019-12-31", domain="tax"),
    listing("l3", "c1", "2020-01-01"),  # the day it ended is no longer in the role
    listing("l4", "c2", "2017-12-31", "2018-01-01"),  # over on the day the second spell began
    listing("l5", "c2", "2021-08-01"),
    listing("l6", "p1", "2021-09-01", authority="法院", basis="第九条", status="active"),
]  # fmt: skip


def groups(row: dict[str, Any]) -> tuple[list[str], list[str]]:
    during, after = row["listings_during"], row["listings_after"]
    return [one["fact"] for one in during], [one["fact"] for one in after]


def test_worked_example() -> None:
    with world(LIFE) as snapshot:
        rows = asked(snapshot, subject="p1", as_of="2023-01-01")["results"]
    assert [
        (r["firm"], r["role"], r["from"], r["to"], r["held_now"], r["share"]) for r in rows
    ] == [
        ("d:p1", "subject", None, None, True, None),
        ("d:c1", "legal_representative", "2010-01-01", "2020-01-01", False, None),
        ("d:c2", "shareholder", "2015-01-01", "2018-01-01", False, 0.51),
        ("d:c2", "shareholder", "2018-01-01", "2021-07-01", False, None),  # unknown, not zero
        ("d:c3", "employs", "2022-01-01", None, True, None),
    ]
    assert [groups(row) for row in rows] == [
        (["d:l6"], []),
        (["d:l2"], ["d:l3"]),
        (["d:l4"], ["d:l5"]),
        ([], ["d:l5"]),
        ([], []),
    ]
    assert rows[1]["title"] == "董事长"
    assert rows[1]["facts"] == ["d:r1", "d:l2", "d:l3"]
    assert rows[0]["listings_during"] == [
        {"fact": "d:l6", "list": "black", "from": "2021-09-01", "to": None, "authority": "法院",
         "basis": "第九条", "status": "active"}
    ]  # fmt: skip


def test_what_begins_after_the_day_is_not_shown() -> None:
    with world(LIFE) as snapshot:
        rows = asked(snapshot, subject="p1", as_of="2017-12-31")["results"]
        day_before = asked(snapshot, subject="p1", as_of="2017-12-30")["results"]
    assert [(r["firm"], r["to"], r["held_now"]) for r in rows] == [
        ("d:c1", "2020-01-01", True),
        ("d:c2", "2018-01-01", True),
    ]
    assert groups(rows[1]) == (["d:l4"], [])
    assert groups(day_before[1]) == ([], [])


def test_bounds_are_said() -> None:
    facts = [person("p")]
    for i in range(30):
        facts += [company(f"c{i:02}"), relation("officer", f"r{i:02}", "p", f"c{i:02}")]
    facts += [listing(f"l{i:02}", "c00", f"2020-01-{i + 1:02}") for i in range(25)]
    with world(facts) as snapshot:
        few = asked(snapshot, subject="p", max_rows=3, max_listings=10)
        whole = asked(snapshot, subject="p")
    assert [row["firm"] for row in few["results"]] == ["d:c00", "d:c01", "d:c02"]
    assert "max_rows: the first 3 of 30 roles" in few["truncated"]["reason"]
    assert "max_listings: 1 groups" in few["truncated"]["reason"]
    assert (few["truncated"]["explored"], few["truncated"]["limit"]) == (30, 3)
    first = few["results"][0]
    assert groups(first)[0] == [f"d:l{i:02}" for i in range(10)]
    assert (len(first["facts"]), first["facts_total"]) == (20, 26)
    assert len(whole["results"]) == 30
    assert whole["truncated"] is None
