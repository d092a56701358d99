"""Cases: findings that are about the same thing, under a name that stays as facts come."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.cases.asking import Asked, ask_all, detectors
from algorithms.cases.case_rows import answer
from algorithms.cases.cases import Case, CaseParams
from algorithms.cases.merging import merge
from algorithms.findings.finding import FindingParams
from algorithms.findings.making import Found, kept_whole
from algorithms.findings.making import answer as findings_of
from algorithms.registry import ALGORITHMS, ask
from graph.errors import WrongUsage
from graph.snapshot import Snapshot
from graph.times import day_end
from tests.algorithms.related.worlds import Fact, relation, world
from tests.referees.cases import cases_of

AT = day_end("2026-01-01")
ACCOUNTS = [{"kind": "account", "id": f"a{n:02d}"} for n in range(12)]


def transfer(name: str, start: str, end: str, at: str = "2021-03-01") -> Fact:
    return relation("transfer", name, start, end, amount="100.00", at=at)


class Told:
    """A finding as a test states it: pattern, members and facts by their ids, how strong."""

    def __init__(
        self, pattern: str, members: str, facts: str, p: float = 1e-4, amount: int | None = 100
    ) -> None:
        self.pattern, self.p, self.amount = pattern, p, amount
        self.members, self.facts = members.split(), facts.split()

    def found(self, snapshot: Snapshot) -> Found:
        numbers = {snapshot.fact_id(row): row for row in range(len(snapshot.columns.src))}
        return Found(
            pattern=self.pattern,
            members=[snapshot.resolve(f"d:{name}") for name in self.members],
            rows=[numbers[f"d:{name}"] for name in self.facts],
            p=self.p, zh="试", en="tried", amount=self.amount,
        )  # fmt: skip


def put_together(snapshot: Snapshot, told: Iterable[Told], **params: Any) -> tuple[list[Case], Any]:
    """The cases that these findings make."""
    with kept_whole() as pairs:
        findings_of(snapshot, [each.found(snapshot) for each in told], FindingParams(), tests=9)
    asked = CaseParams(**params)
    groups = merge(snapshot, [found for _, found in pairs], asked.max_fanout, AT)
    result = answer(snapshot, asked, Asked(pairs=list(pairs)), groups)
    return result.results, result.truncated


def named(fact: str) -> str:
    """The id of the case whose earliest fact this is."""
    return f"case:{hashlib.sha256(f'd:{fact}'.encode()).hexdigest()[:16]}"


RING = [
    transfer("t1", "a00", "a01", "2021-03-01"),
    transfer("t2", "a01", "a02", "2021-03-02"),
    transfer("t3", "a02", "a00", "2021-03-03"),
    transfer("t4", "a02", "a03", "2021-03-04"),
    transfer("t5", "a03", "a04", "2021-03-05"),
    transfer("t6", "a05", "a06", "2021-02-01"),
    transfer("t7", "a06", "a07", "2021-02-02"),
]


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with world([*ACCOUNTS, *RING]) as made:
        yield made


CYCLE = Told("transfer_cycle", "a00 a01 a02", "t1 t2 t3", 1e-3, 90)
PASS = Told("pass_through", "a02", "t2 t3 t4", 1e-4, 150)
ELSEWHERE = Told("fan_in", "a05 a06 a07", "t6 t7", 1e-2)


def test_findings_that_share_a_fact_are_one_case(snapshot: Snapshot) -> None:
    (case, other), truncated = put_together(snapshot, [CYCLE, PASS, ELSEWHERE])
    assert truncated is None
    assert (case.pattern, case.patterns) == ("case", ["pass_through", "transfer_cycle"])
    assert case.members == ["d:a02", "d:a00", "d:a01"]  # a02 is in both
    assert case.facts == ["d:t1", "d:t2", "d:t3", "d:t4"]
    assert len(case.findings) == 2
    assert (case.begins, case.ends) == ("2021-03-01", "2021-03-04")
    assert (case.amount, case.currency) == ("1.50", "CNY")
    assert case.id == named("t1")
    assert case.attrs == {"was": [named("t2")]}
    assert case.why == (
        "2 条线索相互重叠 (快进快出 1、资金闭环 1), 涉及 3 个主体、4 项事实,"
        " 2021-03-01 至 2021-03-04"
        " / 2 overlapping findings (pass_through 1, transfer_cycle 1) about 3 subjects on 4 facts,"
        " 2021-03-01 to 2021-03-04"
    )
    assert other.id == named("t6")
    assert not other.attrs


def test_the_score_is_that_one_of_the_patterns_is_right(snapshot: Snapshot) -> None:
    twice = Told("transfer_cycle", "a00 a01 a02", "t1 t2", 1e-2)
    with kept_whole() as pairs:
        told = [CYCLE, PASS, twice]
        findings_of(snapshot, [each.found(snapshot) for each in told], FindingParams(), tests=9)
    best = {row.pattern: row.score for row, _ in reversed(pairs)}
    cycle, passed = best["transfer_cycle"], best["pass_through"]
    assert 0 < cycle < passed < 1
    (case,), _ = put_together(snapshot, told)
    assert case.score == pytest.approx(cycle + passed - cycle * passed)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("a00 a01 a02", "a00 a01 a03 a04 a05", True),  # two of three
        ("a00 a01 a02 a03", "a00 a01 a08 a09", True),  # two of four: half
        ("a00 a01 a02 a03 a04", "a00 a01 a08 a09 a10", False),  # two of five
        ("a00 a01", "a00 a02", False),  # one, and each has another
        ("a00", "a00 a02 a03", True),  # all that one of them has
        ("a00", "a00", True),
        ("a00 a01 a02", "a03 a04 a05", False),
    ],
)
def test_half_of_the_smaller_ones_members_makes_one_case(
    snapshot: Snapshot, one: str, other: str, together: bool
) -> None:
    found, _ = put_together(snapshot, [Told("fan_in", one, "t1"), Told("fan_out", other, "t6")])
    assert len(found) == (1 if together else 2)


def test_a_hub_joins_nothing() -> None:
    busy = [transfer(f"b{n}", "a00", f"a{n:02d}") for n in range(3, 10)]
    told = [Told("pass_through", "a00", "b3"), Told("fan_out", "a00 a04 a05", "b4 b5")]
    with world([*ACCOUNTS, *busy]) as snapshot:
        apart, _ = put_together(snapshot, told, max_fanout=6)
        joined, _ = put_together(snapshot, told, max_fanout=7)
    assert [len(apart), len(joined)] == [2, 1]


def test_what_happened_names_a_case_before_what_lasts() -> None:
    held = relation("holds_account", "h", "p", "a00", valid_from="2001-01-01")
    undated = relation("holds_account", "u", "p", "a01")
    people: list[Fact] = [{"kind": "person", "id": "p"}]
    with world([*ACCOUNTS, *people, held, undated, *RING]) as snapshot:
        for facts, first in (("h u t2 t1", "t1"), ("h u", "h"), ("u", "u")):
            (case,), _ = put_together(snapshot, [Told("fan_in", "a00", facts)])
            assert case.id == named(first)
        assert case.begins is None


def test_later_facts_leave_the_id_and_an_earlier_one_is_remembered() -> None:
    first = [Told("transfer_cycle", "a00 a01 a02", "t1 t2 t3"), ELSEWHERE]
    more = [
        *RING,
        transfer("t0", "a02", "a08", "2024-01-01"),
        transfer("t9", "a08", "a09", "2024-02-01"),
    ]
    with world([*ACCOUNTS, *RING]) as before:
        early, _ = put_together(before, first)
    grown = [*first, Told("pass_through", "a08", "t0 t9"), Told("fan_in", "a02 a08", "t0 t3")]
    with world([*ACCOUNTS, *more]) as after:
        late, _ = put_together(after, grown)
        merged, _ = put_together(after, [*grown, Told("stack", "a00 a05", "t1 t6")])
    assert {case.id for case in early} == {named("t1"), named("t6")}
    assert {case.id for case in late} == {named("t1"), named("t6")}
    kept = next(case for case in late if case.id == named("t1"))
    assert len(kept.findings) == 3
    (one,) = merged
    assert one.id == named("t6")  # of what merged, the earliest
    assert named("t1") in one.attrs["was"]  # type: ignore[index]


def test_currencies_are_not_added_up(snapshot: Snapshot) -> None:
    def found(at: int, currency: str) -> Found:
        return Found(pattern="fan_in", members=[0], rows=[0, at], p=1e-3, zh="试", en="tried",
                     amount=500, currency=currency)  # fmt: skip

    with kept_whole() as pairs:
        several = [found(1, "CNY"), found(2, "USD")]
        findings_of(snapshot, several, FindingParams(), tests=2)
    groups = merge(snapshot, [each for _, each in pairs], 1000, AT)
    (case,) = answer(snapshot, CaseParams(), Asked(pairs=list(pairs)), groups).results
    assert (case.amount, case.currency) == (None, None)
    assert case.attrs["amounts"] == {"CNY": "5.00", "USD": "5.00"}  # type: ignore[index]


def test_cases_are_bounded_and_say_so(snapshot: Snapshot) -> None:
    found, truncated = put_together(snapshot, [CYCLE, ELSEWHERE], max_rows=1)
    assert [case.id for case in found] == [named("t1")]
    assert truncated is not None
    assert truncated.limit == 1
    assert truncated.reason.startswith("max_rows: 2 cases")


# -- against plain sets ---------------------------------------------------------------------------

_FINDINGS = st.lists(
    st.tuples(
        st.sampled_from(["fan_in", "fan_out", "stack"]),
        st.sets(st.integers(0, 9), min_size=1, max_size=6),
        st.sets(st.integers(0, 11), min_size=1, max_size=3),
    ),
    max_size=12,
)


@contextmanager
def _twelve_facts() -> Iterator[Snapshot]:
    facts = [transfer(f"t{n:02d}", f"a{n % 3:02d}", f"a{n:02d}", f"2021-03-{n % 5 + 1:02d}")
             for n in range(12)]  # fmt: skip
    with world([*ACCOUNTS, *facts]) as made:
        yield made


@pytest.fixture(scope="module")
def twelve() -> Iterator[Snapshot]:
    with _twelve_facts() as made:
        yield made


def _told(drawn: Sequence[tuple[str, set[int], set[int]]]) -> list[Told]:
    return [
        Told(pattern, " ".join(f"a{n:02d}" for n in sorted(members)),
             " ".join(f"t{n:02d}" for n in sorted(facts)), 10.0 ** -(1 + n % 7))
        for n, (pattern, members, facts) in enumerate(drawn)
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(drawn=_FINDINGS, seed=st.integers(0, 1000), fanout=st.sampled_from([1, 3, 1000]))
def test_cases_equal_those_put_together_pair_by_pair(
    twelve: Snapshot, drawn: list[tuple[str, set[int], set[int]]], seed: int, fanout: int
) -> None:
    told = _told(drawn)
    degree = {f"a{n:02d}": 0 for n in range(12)}
    for row in range(len(twelve.columns.src)):
        for node in (twelve.columns.src[row], twelve.columns.dst[row]):
            degree[twelve.canonical(int(node))[2:]] += 1
    hubs = {name for name, count in degree.items() if count > fanout}
    whole = {(each.pattern, *sorted(each.facts)): each for each in reversed(told)}
    expected = cases_of(
        [(each.pattern, frozenset(each.members), frozenset(each.facts)) for each in whole.values()],
        hubs,
        {f"t{n:02d}": n % 5 for n in range(12)},
    )
    shuffled = list(whole.values())
    random.Random(seed).shuffle(shuffled)
    found, _ = put_together(twelve, shuffled, max_fanout=fanout)
    ordered, _ = put_together(twelve, list(whole.values()), max_fanout=fanout)
    assert found == ordered
    assert {
        (case.id, frozenset(name[2:] for name in case.members), case.facts_total or len(case.facts),
         frozenset(case.patterns), len(case.findings))
        for case in found
    } == {(named(one.first), one.members, len(one.facts), one.patterns, one.findings)
          for one in expected}  # fmt: skip


# -- asking the detectors -------------------------------------------------------------------------


def test_every_detector_of_the_whole_graph_is_asked() -> None:
    names = {record.name for record in detectors(None)}
    assert "invoice_schemes" not in names
    assert "cases" not in names
    assert all(not any(f.required for f in ALGORITHMS[name].fields.values()) for name in names)


def test_what_yields_no_findings_is_refused(snapshot: Snapshot) -> None:
    for name in ("components", "related_parties"):
        with pytest.raises(WrongUsage, match="yields no findings"):
            ask(snapshot, "cases", {"algorithms": [name]})
    with pytest.raises(WrongUsage, match="unknown algorithm"):
        ask(snapshot, "cases", {"algorithms": ["transfer_circles"]})


def test_patterns_that_are_not_asked_for_are_left_out(snapshot: Snapshot) -> None:
    assert not ask_all(snapshot, CaseParams(as_of="2026-01-01", patterns=["none"])).pairs
