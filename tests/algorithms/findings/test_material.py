"""What is materially new in a finding: worked examples, and hidden evidence tried in every way."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.findings.listed import listed_among
from algorithms.findings.material import (
    Rules,
    Version,
    least_new,
    matched,
    material,
    overlapping,
    same,
    version,
)
from algorithms.registry import ask
from graph.times import day_end
from tests.algorithms.related.worlds import company, relation, world
from tests.referees import material as referee


def row(**given: Any) -> dict[str, Any]:
    """A row of an answer."""
    plain = {
        "id": "transfer_cycle:1", "pattern": "transfer_cycle", "members": ["a", "b", "c"],
        "facts": ["bank:t1", "bank:t2", "bank:t3"], "amount": "100.00", "currency": "CNY",
        "score": 0.6,
    }  # fmt: skip
    return plain | given


BEFORE = version(row(), {"a": ["lists:l1"]})


def kinds(later: Version, before: Version = BEFORE, **rules: Any) -> list[str]:
    return [each.kind for each in material(before, later, Rules(**rules))]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"facts": ["bank:t3", "bank:t1", "bank:t2"]}, []),  # in another order
        ({"facts": ["bank:t1"]}, []),  # fewer
        ({"members": ["c", "b"]}, []),
        ({"amount": "90.00", "score": 0.5}, []),
        ({"amount": "120.00"}, []),  # by a fifth, and not by more
        ({"amount": "120.01"}, ["amount"]),
        ({"amount": "900.00", "currency": "USD"}, []),  # not the same money
        ({"amount": None, "currency": None}, []),
        ({"score": 0.79}, []),
        ({"score": 0.8}, ["score"]),
        ({"score": 0.99}, ["score"]),
        ({"facts": ["bank:t1", "bank:t4"]}, ["facts"]),
        ({"members": ["a", "b", "d"]}, ["members"]),
        ({"members": ["a", "b", "d"], "facts": ["bank:t9"], "amount": "200.00", "score": 0.9},
         ["members", "facts", "amount", "score"]),
    ],
)  # fmt: skip
def test_what_is_material(change: dict[str, Any], expected: list[str]) -> None:
    assert kinds(version(row(**change), {"a": ["lists:l1"]})) == expected


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ({}, []),  # lifted
        ({"a": ["lists:l1"]}, []),
        ({"b": ["lists:l2"]}, ["listed"]),
        ({"a": ["lists:l1", "lists:l2"]}, ["listed"]),  # a second listing of the same
        ({"z": ["lists:l3"]}, []),  # not of the core
    ],
)
def test_a_member_newly_listed_is_material(
    listed: dict[str, list[str]], expected: list[str]
) -> None:
    assert kinds(version(row(), listed)) == expected


def test_what_is_new_is_named_and_counted() -> None:
    later = version(row(members=["a", "b", "c", "d"], facts=["bank:t9", "bank:t1"]))
    members, facts = material(BEFORE, later)
    assert (members.count, members.items, members.cut) == (1, ["d"], False)
    assert (facts.count, facts.items, facts.cut) == (1, ["bank:t9"], False)
    assert facts.why == "新增事实 1 / 1 new facts"


def test_more_than_one_can_be_asked_for() -> None:
    one = version(row(facts=["bank:t1", "bank:t4"]))
    two = version(row(facts=["bank:t5", "bank:t4"]))
    assert kinds(one, facts=2) == []
    assert kinds(two, facts=2) == ["facts"]
    assert kinds(version(row(amount="149.00")), amount_share=0.5) == []
    assert kinds(version(row(score=0.7)), bands=(0.65,)) == ["score"]


def test_growth_in_small_steps_is_told_against_what_was_judged() -> None:
    steps = [version(row(amount=f"{100 + 10 * n}.00")) for n in range(4)]  # 100 to 130
    assert [kinds(each) for each in steps] == [[], [], [], ["amount"]]


def test_cut_evidence_counts() -> None:
    shown = [f"bank:t{n}" for n in range(20)]
    other = [f"bank:u{n}" for n in range(20)]
    before = version(row(facts=shown, facts_total=50))
    again = version(row(facts=other, facts_total=50))  # the other thirty may be these
    more = version(row(facts=other, facts_total=53))
    assert kinds(again, before) == []
    (news,) = material(before, more)
    assert (news.kind, news.count, news.cut, news.items) == ("facts", 3, True, [])
    assert "at least 3" in news.why and "至少 3" in news.why
    far = version(row(facts=[*other, *(f"bank:v{n}" for n in range(20))]))
    assert [each.count for each in material(before, far)] == [10]  # of forty thirty were hidden


NAMES = st.lists(st.sampled_from("abcde"), unique=True, max_size=3)


@given(before=NAMES, more=st.integers(0, 2), now=NAMES, yet=st.integers(0, 2))
def test_the_least_that_is_new_is_that_of_all_ways_it_can_be(
    before: list[str], more: int, now: list[str], yet: int
) -> None:
    totals = len(before) + more, len(now) + yet
    expected = referee.least_new(before, totals[0], now, totals[1])
    assert least_new(before, totals[0], now, totals[1]) == expected


@given(st.sets(st.integers(0, 6), min_size=1), st.sets(st.integers(0, 6), min_size=1))
def test_the_same_finding_is_told_by_half_of_the_smaller_core(a: set[int], b: set[int]) -> None:
    one, other = (
        version(row(id=name, members=[str(n) for n in members]))
        for name, members in (("x", a), ("y", b))
    )
    both, least = a & b, min(len(a), len(b))
    expected = 2 * len(both) >= least and bool(both) and (len(both) > 1 or a == both or b == both)
    assert same(one, other) is same(other, one) is expected
    assert overlapping(least, len(both)) is expected


def test_another_pattern_is_another_finding_and_a_former_name_is_the_same() -> None:
    assert not same(BEFORE, version(row(pattern="fan_in")))
    named = row(id="case:2", members=["x", "y"], attrs={"was": ["transfer_cycle:1"]})
    assert same(BEFORE, version(named))
    assert not same(version(named), BEFORE)


def listing(name: str, subject: str, **more: Any) -> dict[str, Any]:
    plain = {"kind": "listing", "id": name, "subject": subject, "list": "black", "domain": "tax",
             "status": "active", "decided_on": "2021-01-05", "valid_from": None}  # fmt: skip
    return plain | more


def plain(name: str, members: str, facts: str) -> Version:
    return version(row(id=name, members=list(members), facts=list(facts)))


def test_a_run_is_matched_one_to_one_where_there_is_news() -> None:
    before = [plain("1", "abc", "rst"), plain("2", "xyz", "uv")]
    now = [
        plain("3", "abc", "rstw"),  # the first, grown
        plain("4", "abd", "klm"),  # like the first, which is taken: a new one
        plain("2", "xyz", "uv"),
        plain("5", "xy", "u"),  # a part of the second, nothing new in it: no new one
        plain("6", "pq", "n"),
    ]
    assert matched(before, now) == [0, None, 1, 1, None]


def test_a_name_comes_before_likeness() -> None:
    before = [plain("1", "abc", "r"), plain("2", "abcd", "s")]
    now = [plain("8", "abcd", "t"), plain("2", "ab", "u")]
    assert matched(before, now) == [0, 1]


WORDS = st.lists(st.text("abcde", min_size=1, max_size=3), max_size=5)


@given(WORDS, WORDS, st.randoms())
def test_matching_is_as_comparing_all_with_all(
    old: list[str], new: list[str], chance: random.Random
) -> None:
    before = [plain(f"o{n}", "".join(sorted(set(w))), w) for n, w in enumerate(old)]
    now = [plain(f"n{n}", "".join(sorted(set(w))), w[::-1]) for n, w in enumerate(new)]
    found = matched(before, now)
    for later, place in zip(now, found, strict=True):
        alike = [at for at, each in enumerate(before) if same(each, later)]
        assert place is None or place in alike
        quiet = [at for at in alike if not material(before[at], later)]
        if quiet:  # what has nothing new is never a new one
            assert place in quiet
        elif place is None:  # all that it could be are taken by others
            assert set(alike) <= set(found)
    loud = [p for p, v in zip(found, now, strict=True) if p is not None and material(before[p], v)]
    assert len(loud) == len(set(loud))


def test_rows_of_real_answers_are_versions() -> None:
    facts = [company("c1"), company("c2"), listing("l1", "c1"),
             listing("l2", "c2", valid_to="2023-01-01"), listing("l3", "c2", list="red"),
             listing("l4", "c2", status="revoked"),
             relation("shareholder", "s", "c1", "c2", share=0.6)]  # fmt: skip
    with world(facts) as snapshot:
        answer = ask(snapshot, "clusters", {"as_of": "2022-06-01"})
        (found,) = msgspec.to_builtins(answer["results"])
        listed = listed_among(snapshot, [*found["core"], "nobody"], day_end("2022-06-01"))
        later = listed_among(snapshot, found["core"], day_end("2023-06-01"))
    assert listed == {"d:c1": ["d:l1"], "d:c2": ["d:l2"]}
    assert later == {"d:c1": ["d:l1"]}  # lifted, ended
    told = version(found, listed)
    assert (sorted(told.core), told.core_total, told.listed) == (["d:c1", "d:c2"], 2, listed)
    assert material(told, version(found, later)) == []
    assert [each.kind for each in material(version(found, later), told)] == ["listed"]
