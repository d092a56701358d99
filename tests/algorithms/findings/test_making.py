"""From what was found to rows: order, bounds, ids, evidence and words."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from algorithms.findings.finding import FindingParams
from algorithms.findings.making import MEMBERS_LIMIT, Cut, Found, answer
from algorithms.findings.scoring import Sign
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import relation, world

ACCOUNTS = [{"kind": "account", "id": f"a{n}"} for n in range(30)]


def transfer(number: int) -> dict[str, object]:
    at = f"2021-01-{number % 28 + 1:02d}"
    return relation("transfer", f"t{number:02d}", f"a{number}", "a0", amount="5.00", at=at)


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with world([*ACCOUNTS, *(transfer(n) for n in range(1, 30))]) as made:
        yield made


def found(snapshot: Snapshot, p: float, count: int = 1, *signs: Sign, start: int = 0) -> Found:
    rows = snapshot.rows("transfer").tolist()[start : start + count]
    members = [int(snapshot.columns.src[row]) for row in rows]
    return Found(
        pattern="try", members=members, rows=rows, p=p, zh="试", en="tried", signs=signs, amount=500
    )


FOR = Sign("sudden", 2.0, "突然", "sudden")
AGAINST = Sign("payroll", -3.0, "发工资", "a payroll")


def test_rows_are_ranked_and_say_what_they_stand_on(snapshot: Snapshot) -> None:
    weak, strong = found(snapshot, 0.01), found(snapshot, 1e-5, 2, FOR, AGAINST, start=1)
    result = answer(snapshot, [weak, strong], FindingParams(), tests=100)
    first, second = result.results
    assert (first.p, second.p) == (1e-5, 0.01)
    assert first.q == pytest.approx(1e-3)
    assert second.q == pytest.approx(0.5)  # 0.01 of 100 tests, two are as small
    assert first.evidence == pytest.approx(-math.log(1e-5) + 2 - 3)
    assert first.score == pytest.approx(1 / (1 + math.exp(6 - first.evidence)))
    assert first.signs == {"sudden": 2.0, "payroll": -3.0}
    assert first.why == (
        "试; 偶然出现的概率 1e-05 (错误发现率 0.001); 另有: 突然; 可能的正当解释: 发工资"
        " / tried; by chance 1e-05 (false discovery rate 0.001); also: sudden;"
        " innocent explanations: a payroll"
    )
    assert "未见" in second.why and "none seen" in second.why
    assert (first.amount, first.currency) == ("5.00", "CNY")
    assert first.facts == ["d:t02", "d:t03"]
    assert (first.begins, first.ends) == ("2021-01-03", "2021-01-04")
    assert result.truncated is None


def test_limits_are_said(snapshot: Snapshot) -> None:
    several = [found(snapshot, 10.0**-n, start=n) for n in range(1, 6)]
    cut = Cut("time_limit: not all was looked at / 超时", 7)
    result = answer(snapshot, several, FindingParams(max_rows=2), tests=5, cuts=[cut])
    assert [row.p for row in result.results] == [1e-5, 1e-4]
    assert result.truncated is not None
    assert result.truncated.reason.startswith("max_rows: 5 findings")
    assert "time_limit" in result.truncated.reason
    assert (result.truncated.limit, result.truncated.explored) == (2, 7)
    few = answer(snapshot, several, FindingParams(max_false_discovery=1e-3), tests=5)
    assert [row.p for row in few.results] == [1e-5, 1e-4]
    strong = answer(snapshot, several, FindingParams(min_score=0.9), tests=5)
    assert [row.p for row in strong.results] == [1e-5, 1e-4]


def test_equal_findings_are_kept_by_id_whatever_their_order(snapshot: Snapshot) -> None:
    equal = [found(snapshot, 0.5, start=n) for n in range(8)]
    kept = [
        [row.id for row in answer(snapshot, order, FindingParams(max_rows=3), tests=8).results]
        for order in (equal, equal[::-1])
    ]
    assert kept[0] == kept[1]
    assert len(set(kept[0])) == 3


def test_an_id_is_of_the_facts_in_any_order_or_of_who_it_is_called_by(snapshot: Snapshot) -> None:
    def ids(*several: Found) -> list[str]:
        rows = answer(snapshot, several, FindingParams(), tests=1).results
        return [row.id for row in rows]

    one = found(snapshot, 0.5, 5)
    turned = Found(
        pattern="try", members=one.members, rows=list(one.rows)[::-1], p=0.5, zh="试", en="tried"
    )
    assert ids(one) == ids(turned)
    assert ids(one) != ids(found(snapshot, 0.5, 4))
    called = [one.members[0]]
    grown = [
        Found(pattern="try", members=m.members, rows=m.rows, p=0.5, zh="", en="", called=called)
        for m in (one, found(snapshot, 0.5, 9))
    ]
    assert ids(grown[0]) == ids(grown[1])


def test_long_lists_are_cut_and_counted(snapshot: Snapshot) -> None:
    large = found(snapshot, 0.5, 25)
    many = Found(
        pattern="try", members=[1] * (MEMBERS_LIMIT + 1), rows=large.rows, p=0.5, zh="", en="",
        circle=[2] * (MEMBERS_LIMIT + 2),
    )  # fmt: skip
    (row,) = answer(snapshot, [many], FindingParams(), tests=1).results
    assert (len(row.facts), row.facts_total) == (20, 25)
    assert (len(row.members), row.members_total) == (MEMBERS_LIMIT, MEMBERS_LIMIT + 1)
    assert isinstance(row.attrs, dict)
    assert (len(row.attrs["circle"]), row.attrs["circle_total"]) == (
        MEMBERS_LIMIT,
        MEMBERS_LIMIT + 2,
    )


def test_what_was_not_made_counts_all_the_same(snapshot: Snapshot) -> None:
    many = [found(snapshot, 1e-5, start=n) for n in range(3)]
    result = answer(snapshot, many, FindingParams(max_rows=2), tests=10, weaker=[0.5, 1e-6])
    assert result.truncated is not None
    assert result.truncated.reason.startswith("max_rows: 5 findings")
    assert result.results[0].q == pytest.approx(1e-5 * 10 / 4)  # 1e-6 is smaller
    filtered = FindingParams(max_rows=2, min_score=0.1)
    assert answer(snapshot, many, filtered, tests=10, weaker=[0.5]).truncated.explored == 3
