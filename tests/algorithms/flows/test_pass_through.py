"""Accounts that money passes through, against a queue of cents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph import compiled
from graph.snapshot import Snapshot
from tests.algorithms.flows.test_transfer_cycles import account, transfer
from tests.algorithms.related.worlds import Fact, relation, world
from tests.referees.dwelling import Move, stay

Made = list[tuple[str, str, int, int]]  # from, to, day, cents


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(ask(snapshot, "pass_through", params))
    return plain


def rows(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(snapshot, **params)["results"]
    return found


def facts_of(made: Made) -> list[Fact]:
    ends = sorted({end for a, b, *_ in made for end in (a, b)})
    return [
        *map(account, ends),
        *(
            transfer(f"t{i:02d}", a, b, day, str(Decimal(cents) / 100))
            for i, (a, b, day, cents) in enumerate(made)
        ),
    ]


@st.composite
def worlds(draw: st.DrawFn) -> Made:
    end = st.sampled_from(["a", "b", "c", "d"])
    days = draw(st.sampled_from([0, 4, 30]))
    step = st.tuples(end, end, st.integers(0, days), st.integers(1, 40))
    return draw(st.lists(step, max_size=20))


@settings(max_examples=120, deadline=None)
@given(worlds(), st.sampled_from([1, 2, 7]))
def test_stays_are_those_of_a_queue_of_cents(made: Made, soon: int) -> None:
    expected = {}
    for name in "abcd":
        moves = [
            Move(b == name, a if b == name else b, day, cents)
            for a, b, day, cents in made
            if a != b and name in (a, b)
        ]
        if (found := stay(moves, soon)) is not None:
            expected[f"d:{name}"] = found, moves
    with world(facts_of(made)) as snapshot:
        got = rows(snapshot, soon=soon)
        one = rows(snapshot, soon=soon, account="b") if any("b" in m[:2] for m in made) else None
    assert {row["account"] for row in got} == set(expected)
    for row in got:
        want, moves = expected[row["account"]]
        assert row["members"] == [row["account"]]
        assert Decimal(row["in"]) * 100 == want.into
        assert Decimal(row["out"]) * 100 == want.out
        assert Decimal(row["amount"]) * 100 == want.passed
        assert row["ratio"] == pytest.approx(want.out / want.into)
        assert row["dwell_days"] == pytest.approx(float(want.days), abs=1e-9)
        assert row["attrs"]["soon"] == pytest.approx(want.soon / want.into)
        assert row["attrs"]["payers"] == len({move.other for move in moves if move.into})
        assert row["attrs"]["receivers"] == len({move.other for move in moves if not move.into})
        assert row.get("facts_total", len(row["facts"])) == len(moves)
    if one is not None:
        assert one == [row | {"q": one[0]["q"], "why": one[0]["why"]} for row in got
                       if row["account"] == "d:b"]  # fmt: skip


def test_worked_example() -> None:
    """100 in, 60 out after half a day; 50 in, 80 out (40 of the first, 40 of the second)."""
    facts = [
        *map(account, "abc"),
        transfer("t1", "a", "b", 0, "100.00"),
        transfer("t2", "b", "c", 0.5, "60.00"),
        transfer("t3", "a", "b", 3, "50.00"),
        transfer("t4", "b", "c", 4, "80.00"),
        transfer("t5", "b", "b", 4, "7.00"),
    ]
    with world(facts) as snapshot:
        (row,) = rows(snapshot)
        assert rows(snapshot, max_dwell=1.4) == []
        assert len(rows(snapshot, max_dwell=1.7)) == 1
        assert rows(snapshot, min_ratio=0.94) == []
        assert len(rows(snapshot, min_ratio=0.93)) == 1
        assert rows(snapshot, account="a") == []
        assert rows(snapshot, as_of="2021-01-01")[0]["out"] == "60.00"
        (large,) = rows(snapshot, min_amount=60)
    assert (row["account"], row["in"], row["out"]) == ("d:b", "150.00", "140.00")
    assert row["ratio"] == pytest.approx(140 / 150)
    assert row["dwell_days"] == pytest.approx((60 * 0.5 + 40 * 4 + 40 * 1) / 140)
    assert row["attrs"]["soon"] == pytest.approx(100 / 150)
    assert row["amount"] == "140.00"
    assert row["facts"] == ["d:t1", "d:t2", "d:t3", "d:t4"]
    assert (large["in"], large["out"], large["amount"]) == ("100.00", "140.00", "100.00")


def test_money_of_one_currency_does_not_pass_as_another() -> None:
    facts = [
        *map(account, "abc"),
        transfer("t1", "a", "b", 0, "100.00", currency="USD"),
        transfer("t2", "b", "c", 1, "700.00", currency="CNY"),
        transfer("t3", "b", "c", 2, "30.00", currency="USD"),
    ]
    with world(facts) as snapshot:
        (row,) = rows(snapshot)
    assert (row["in"], row["out"], row["currency"]) == ("100.00", "30.00", "USD")


def test_withdrawals_only_where_asked() -> None:
    facts = [
        *map(account, "abc"),
        transfer("t1", "a", "b", 0, "100.00"),
        {**transfer("w", "b", "c", 1, "90.00"), "kind": "withdrawal"},
    ]
    with world(facts) as snapshot:
        assert rows(snapshot) == []
        assert rows(snapshot, kinds="transfer,withdrawal")[0]["out"] == "90.00"


def busy(name: str, days: range, ins: int = 1) -> list[Fact]:
    """In the morning money comes from somebody new, in the evening it goes to somebody new."""
    made = []
    for k, day in enumerate(days):
        for n in range(ins):
            i = f"{name}{k}x{n}"
            made += [account(f"p{i}"), account(f"r{i}")]
            made.append(transfer(f"i{i}", f"p{i}", name, day + 0.3, "1000.00"))
            made.append(transfer(f"o{i}", name, f"r{i}", day + 0.6, "990.00"))
    return made


def person(name: str) -> Fact:
    return {"kind": "person", "id": name}


def test_a_mule_is_told_from_an_agent_who_does_it_all_year() -> None:
    facts = [
        account("m"), account("g"), person("pm"), person("pg"),
        {"kind": "company", "id": "cg", "valid_from": "2010-01-01"},
        relation("holds_account", "h1", "pm", "m"), relation("holds_account", "h2", "cg", "g"),
        *busy("m", range(100, 115)), *busy("g", range(0, 360, 8)),
        account("w"), relation("holds_account", "h3", "pg", "w"),
        relation("employs", "e", "cg", "pg"),
        *(transfer(f"s{k}", "g", "w", 30 * k + 0.1, "1.00") for k in range(12)),
    ]  # fmt: skip
    with world(facts) as snapshot:
        by = {row["account"]: row for row in rows(snapshot)}
    mule, agent = by["d:m"], by["d:g"]
    assert mule["score"] > 0.9 > 0.3 > agent["score"]
    assert mule["signs"]["burst"] > 0 > agent["signs"]["burst"]
    assert agent["signs"]["living"] < 0
    assert mule["p"] < 1e-10


def test_compiled_code_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(
        facts_of([("abcd"[i % 4], "abcd"[i * 3 % 4], i % 9, i + 1) for i in range(40)])
    ) as s:
        plain = asked(s)
        assert plain["results"]
        monkeypatch.setattr(compiled, "_warm", True)
        assert asked(s) == plain
