"""Shed roles through the real store, against a referee that asks every day anew."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph.errors import UnknownSubject, WrongUsage
from graph.snapshot import Snapshot
from tests.algorithms.related.lives import COMPANIES, crowds, days, lived
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.shed import shed

ACT = "2021-06-30"
windows = st.fixed_dictionaries(
    {
        "act": days,
        "before": st.sampled_from([0, 4, 40]),
        "after": st.sampled_from([0, 15, 40]),
        "successor_days": st.sampled_from([0, 15, 30]),
        "as_of": st.one_of(days, st.just("2021-12-31")),
    }
)


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(ask(snapshot, "shed_roles", params))
    return found


def check(made: list[list[Fact]], window: dict[str, Any], firms: list[str]) -> None:
    with lived(made) as (history, views):
        for view, batch in views[-2:]:
            for name in firms:
                if not history.living(name, batch):
                    with pytest.raises(UnknownSubject):
                        asked(view, subject=name, **window)
                    continue
                answer = asked(view, subject=name, **window)
                w = window
                expected = shed(
                    history, batch, name, w["act"], w["before"], w["after"], w["successor_days"],
                    w["as_of"],
                )  # fmt: skip
                for row in expected:
                    if len(row["facts"]) > 20:
                        row |= {"facts": row["facts"][:20], "facts_total": len(row["facts"])}
                assert answer["results"] == expected
                assert answer["truncated"] is None


@settings(max_examples=25, deadline=None)
@given(crowds, windows)
def test_rows_are_those_of_the_referee(made: list[list[Fact]], window: dict[str, Any]) -> None:
    check(made, window, COMPANIES[:2])


@pytest.mark.full
@settings(max_examples=500, deadline=None)
@given(crowds, windows)
def test_rows_are_those_of_the_referee_at_length(
    made: list[list[Fact]], window: dict[str, Any]
) -> None:
    check(made, window, COMPANIES[:3])


def until(day: str) -> dict[str, str]:
    return {"valid_from": "2015-01-01", "valid_to": day}


# Twelve days before the act p1 hands c1 to the driver of c9, another firm of p1's.
HANDED = [
    *map(person, ("p1", "p2", "p3", "p4")),
    company("c1"),
    company("c9"),
    relation("legal_representative", "r1", "p1", "c1", **until("2021-06-18")),
    relation("legal_representative", "r2", "p2", "c1", valid_from="2021-06-20"),
    relation("legal_representative", "r3", "p3", "c1", valid_from="2021-06-18",
             valid_to="2021-06-19"),
    relation("officer", "r4", "p1", "c1", role="经理", **until("2021-06-18")),
    relation("officer", "r5", "p1", "c1", role="董事", valid_from="2015-01-01"),
    relation("controller", "r6", "p1", "c9", valid_from="2018-01-01"),
    relation("employs", "r7", "c9", "p2", valid_from="2019-01-01"),
    {"kind": "phone", "id": "t"},
    relation("uses_phone", "r8", "p1", "t"),
    relation("uses_phone", "r9", "p2", "t", valid_to="2021-06-01"),
]  # fmt: skip


def test_worked_example_of_a_role_handed_to_an_employee() -> None:
    with world(HANDED) as snapshot:
        answer = asked(snapshot, subject="c1", act=ACT, as_of="2022-01-01")
    first, second, third = answer["results"]
    assert (first["party"], first["role"], first["days"]) == ("d:p3", "legal_representative", 11)
    assert second == {
        "party": "d:p1", "role": "legal_representative", "left_on": "2021-06-18", "days": 12,
        "direction": "before", "share_before": None, "share_after": None,
        "successor": "d:p2",  # not p3, who was nearer, for p2 works for p1's other firm
        "patterns": ["handed_to_nominee", "successor", "same_address_or_phone"],
        "nominee_by": ["employee"], "remains": ["officer"],
        "facts": ["d:r1", "d:r2", "d:r6", "d:r7", "d:r8", "d:r9"],
    }  # fmt: skip
    assert (third["role"], third["title"], third["successor"], third["patterns"]) == (
        "officer", "经理", None, [],
    )  # fmt: skip
    assert answer["truncated"] is None


@pytest.mark.parametrize(
    ("left", "direction", "distance"),
    [
        ("2021-06-28", None, None),
        ("2021-06-29", "before", 1),
        ("2021-06-30", "before", 0),  # on the day of the act the role was no longer held
        ("2021-07-01", "after", 1),
        ("2021-07-03", "after", 3),
        ("2021-07-04", None, None),
    ],
)
def test_the_window(left: str, direction: str | None, distance: int | None) -> None:
    facts = [person("p"), company("c"), relation("controller", "r", "p", "c", **until(left))]
    with world(facts) as snapshot:
        found = asked(snapshot, subject="c", act=ACT, before=1, after=3, as_of="2022-01-01")
    rows = [(r["direction"], r["days"]) for r in found["results"]]
    assert rows == ([(direction, distance)] if direction else [])


def test_what_is_to_end_has_not_been_left() -> None:
    facts = [person("p"), company("c"), relation("controller", "r", "p", "c", **until(ACT))]
    with world(facts) as snapshot:
        assert asked(snapshot, subject="c", act=ACT, as_of="2021-06-29")["results"] == []
        assert asked(snapshot, subject="c", act=ACT, as_of=ACT)["results"]


def sales(first: str | None, then: str | None) -> list[tuple[Any, ...]]:
    """p has `first` until the act and `then` from then on, beside 0.05 that stay."""
    facts = [person("p"), company("c")]
    shares = [{"share": s} if s else {} for s in (first, then)]
    facts += [relation("shareholder", "kept", "p", "c", share="0.05")]
    facts += [relation("shareholder", "old", "p", "c", **shares[0], **until(ACT))]
    if then != "":
        facts += [relation("shareholder", "new", "p", "c", **shares[1], valid_from=ACT)]
    with world(facts) as snapshot:
        rows = asked(snapshot, subject="c", act=ACT, as_of="2022-01-01")["results"]
    return [(r["share_before"], r["share_after"], r["patterns"], r["remains"]) for r in rows]


def test_holdings_of_one_holder_over_time() -> None:
    kept = ["shareholder"]
    assert sales("0.29", "0.12") == [(0.34, 0.17, [], kept)]
    assert sales("0.29", "0.29") == []  # renewed
    assert sales("0.29", "0.3") == []  # bought
    assert sales("0.29", "") == [(0.34, 0.05, [], kept)]
    assert sales("0.29", None) == [(0.34, None, ["share_unknown"], kept)]
    assert sales(None, "0.29") == [(None, 0.34, ["share_unknown"], kept)]
    assert sales(None, None) == []  # nothing says that it changed
    assert sales(None, "") == [(None, 0.05, [], kept)]  # some were given up, how many is unknown


def test_worked_example_of_shares_sold_to_a_spouse_and_of_a_professional() -> None:
    facts = [
        *map(person, ("p1", "p2", "p3")),
        *map(company, ("c1", "c2", "c3")),
        relation("kin", "k", "p2", "p1", role="配偶"),
        relation("shareholder", "s1", "p1", "c1", share="0.6", **until("2021-07-10")),
        relation("shareholder", "s2", "p1", "c1", share="0.1", valid_from="2021-07-10"),
        relation("shareholder", "s3", "p2", "c1", share="0.5", valid_from="2021-07-15"),
        relation("legal_representative", "l1", "p1", "c1", **until("2021-08-01")),
        *(
            relation("legal_representative", f"l{i + 1}", "p3", f"c{i}", valid_from=day)
            for i, day in ((1, "2021-08-01"), (2, "2021-09-15"), (3, "2021-05-03"))
        ),
    ]
    with world(facts) as snapshot:
        sold, left = asked(snapshot, subject="c1", act=ACT, as_of="2022-01-01")["results"]
    assert (sold["share_before"], sold["share_after"], sold["successor"]) == (0.6, 0.1, "d:p2")
    assert sold["patterns"] == ["handed_to_nominee", "successor", "relative"]
    assert sold["nominee_by"] == ["relative"]
    assert sold["facts"] == ["d:s1", "d:s3", "d:k"]
    assert (sold["direction"], sold["days"], sold["remains"]) == (
        "after", 10, ["legal_representative", "shareholder"],
    )  # fmt: skip
    assert (left["successor"], left["nominee_by"]) == ("d:p3", ["many_firms"])
    assert left["facts"] == ["d:l1", "d:l2", "d:l3", "d:l4"]


@pytest.mark.parametrize(
    ("employer", "ends", "nominee"),
    [
        ("c9", "2021-06-01", ["employee"]),
        ("c9", "2021-05-31", None),  # the month before the leaving begins when the work is over
        ("c1", "2021-12-01", None),  # a colleague of the same company is no sign
    ],
)
def test_the_other_firm_and_the_time_of_its_work(
    employer: str, ends: str, nominee: list[str] | None
) -> None:
    facts = [
        *map(person, ("p1", "p2")),
        *map(company, ("c1", "c9")),
        relation("controller", "r1", "p1", "c1", **until(ACT)),
        relation("controller", "r2", "p2", "c1", valid_from=ACT),
        relation("shareholder", "r3", "p1", "c9"),
        relation("employs", "w", employer, "p2", **until(ends)),
    ]
    with world(facts) as snapshot:
        (row,) = asked(snapshot, subject="c1", act=ACT, as_of="2022-01-01")["results"]
    assert (row["successor"], row.get("nominee_by")) == ("d:p2", nominee)


def test_who_ends_with_the_company_has_not_left_it() -> None:
    facts = [
        person("p"),
        person("dead", valid_to="2021-05-01"),
        company("c", valid_to=ACT),
        relation("legal_representative", "r1", "p", "c"),
        relation("shareholder", "r2", "p", "c", valid_to=ACT),
        relation("officer", "r3", "dead", "c"),
    ]
    with world(facts) as snapshot:
        (row,) = asked(snapshot, subject="c", act=ACT, as_of="2022-01-01")["results"]
    assert (row["party"], row["left_on"], row["patterns"]) == ("d:dead", "2021-05-01", ["ceased"])


def test_bounds_are_said() -> None:
    facts = [company("c"), person("a"), relation("controller", "r", "a", "c", **until(ACT))]
    for i in range(120):
        facts += [person(f"p{i:03}")]
        span = {"valid_from": ACT, "valid_to": "2021-12-01"}
        facts += [relation("controller", f"r{i:03}", f"p{i:03}", "c", **span)]
    with world(facts) as snapshot:
        answer = asked(snapshot, subject="c", act=ACT, as_of="2022-01-01", max_rows=2)
    assert [(r["party"], r["successor"]) for r in answer["results"]] == [
        ("d:a", "d:p000"),
        ("d:p000", None),
    ]
    reason = answer["truncated"]["reason"]
    assert "max_rows: the nearest 2 of 121" in reason
    assert "takers: of more than 100" in reason
    assert answer["truncated"]["explored"] == 121


@pytest.mark.parametrize("act", ["2021-02-30", "yesterday", "2021-1-1", "２０２１-01-01"])
def test_wrong_days(act: str) -> None:
    with world([company("c")]) as snapshot, pytest.raises(WrongUsage, match="act"):
        asked(snapshot, subject="c", act=act)
