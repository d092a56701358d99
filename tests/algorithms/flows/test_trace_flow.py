"""Traces of money through the real store, against balances, queues and walks by brute force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph import compiled
from graph.errors import UnknownSubject, WrongUsage
from graph.facts import Normaliser
from graph.live import open_live
from graph.snapshot import Snapshot, open_snapshot, snapshot_of
from graph.store import Store
from tests.algorithms.flows.test_transfer_cycles import (
    DAY_ONE,
    account,
    finbench,
    payments,
    transfer,
)
from tests.algorithms.related.worlds import Fact, relation, world
from tests.referees.tracing import Paid, Traced, every_walk, fifo, proportional


def asked(snapshot: Snapshot, start: str, **params: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(
        ask(snapshot, "trace_flow", {"from": start, **params})
    )
    return plain


def rows(snapshot: Snapshot, start: str, **params: Any) -> dict[str, dict[str, Any]]:
    answer = asked(snapshot, start, **params)
    assert answer["truncated"] is None
    return {row["account"]: row for row in answer["results"]}


def facts_of(paid: list[Paid]) -> list[Fact]:
    ends = sorted({"d:a0"} | {end for p in paid for end in (p.src, p.dst)})
    return [
        *(account(end[2:]) for end in ends),
        *(
            transfer(p.name[2:], p.src[2:], p.dst[2:], p.time, f"{p.amount / 100:.2f}")
            for p in paid
        ),
    ]


@st.composite
def statements(draw: st.DrawFn) -> list[Paid]:
    """Few accounts, small amounts: mixed balances, cycles, equal moments and amounts are common."""
    n = draw(st.integers(2, 5))
    days = draw(st.sampled_from([0, 3, 12]))
    end = st.integers(0, n - 1)
    made = draw(st.lists(st.tuples(end, end, st.integers(0, days), st.integers(1, 6)), max_size=14))
    return [Paid(f"d:t{i:02d}", f"d:a{a}", f"d:a{b}", t, x) for i, (a, b, t, x) in enumerate(made)]


CASES = (
    statements(), st.integers(1, 5), st.booleans(), st.sampled_from([None, 1, 4]),
)  # fmt: skip


def question(depth: int, back: bool, window: int | None) -> dict[str, Any]:
    asks: dict[str, Any] = {"max_depth": depth, "backward": back}
    return asks if window is None else {**asks, "window": window}


@settings(max_examples=120, deadline=None)
@given(*CASES)
def test_proportional_is_the_referees(made, depth, back, window) -> None:
    with world(facts_of(made)) as snapshot:
        found = rows(snapshot, "a0", **question(depth, back, window))
    agree(found, proportional(made, "d:a0", depth, back, window), made, back, exact=False)


@settings(max_examples=120, deadline=None)
@given(*CASES)
def test_fifo_is_the_referees_to_the_unit(made, depth, back, window) -> None:
    with world(facts_of(made)) as snapshot:
        found = rows(snapshot, "a0", **question(depth, back, window), attribution="fifo")
    agree(found, fifo(made, "d:a0", depth, back, window), made, back, exact=True)


def agree(
    found: dict[str, dict[str, Any]], expected: Traced, made: list[Paid], back: bool, exact: bool
) -> None:
    """Same accounts, depths, amounts and rests; what rests in all is what is traced."""
    assert {name: row["depth"] for name, row in found.items()} == expected.depth
    whole = sum(p.amount for p in made if (p.dst if back else p.src) == "d:a0" and p.src != p.dst)
    assert sum(expected.rests.values()) == whole
    for name, row in found.items():
        for field, much in (("amount", expected.amount), ("rests", expected.rests)):
            if exact:
                assert Fraction(row[field]) * 100 == much[name]
            else:
                assert abs(Fraction(row[field]) * 100 - much[name]) <= Fraction(1, 2) + 1e-9
        assert row["share"] == pytest.approx(float(expected.amount[name] / whole), rel=1e-9)
    walk_in_order(found, made, back)


def walk_in_order(found: dict[str, dict[str, Any]], made: list[Paid], back: bool) -> None:
    """Paths lead from the start to their account, in order of time; facts bring the money."""
    by_name = {p.name: p for p in made}
    for name, row in found.items():
        at, before = "d:a0", None
        assert len(row["path"]) == row["depth"]
        for step in row["path"]:
            p = by_name[step]
            assert (p.dst if back else p.src) == at
            assert before is None or (p.time <= before if back else p.time >= before)
            at, before = (p.src if back else p.dst), p.time
        assert at == name
        assert row["path"][-1] in row["facts"]
        assert all((by_name[f].src if back else by_name[f].dst) == name for f in row["facts"])


@settings(max_examples=80, deadline=None)
@given(*CASES, st.booleans())
def test_any_is_every_walk(made, depth, back, window, later) -> None:
    asks = {**question(depth, back, window), "attribution": "any", "later": later}
    with world(facts_of(made)) as snapshot:
        found = rows(snapshot, "a0", **asks)
        traces = asked(snapshot, "a0", **asks, by="trace", max_rows=10_000)["results"]
    walks = every_walk(made, "d:a0", depth, back, window, int(later))
    used: dict[str, set[Paid]] = {}
    for walk in walks:
        for p in walk:
            used.setdefault(p.src if back else p.dst, set()).add(p)
    assert set(found) == set(used)
    for name, row in found.items():
        assert Fraction(row["amount"]) * 100 == sum(p.amount for p in used[name])
        assert row["depth"] == min(
            len(walk) for walk in walks if (walk[-1].src if back else walk[-1].dst) == name
        )
        assert set(row["facts"]) == {p.name for p in used[name]}
    walk_in_order(found, made, back)
    simple = [
        [p.name for p in walk] for walk in walks
        if len({"d:a0", *(p.src if back else p.dst for p in walk)}) == len(walk) + 1
    ]  # fmt: skip
    assert sorted(row["path"] for row in traces) == sorted(simple)
    assert [row["depth"] for row in traces] == sorted(map(len, simple), reverse=True)


def mixed() -> list[Fact]:
    """`a` pays 100 to `b`, which gets as much from `e` and pays on to `c` and `d`."""
    return [
        *map(account, "abcde"),
        transfer("t1", "a", "b", 0, "100.00"),
        transfer("t2", "e", "b", 1, "100.00"),
        transfer("t3", "b", "c", 2, "80.00"),
        transfer("t4", "b", "d", 3, "60.00"),
    ]


def test_worked_example() -> None:
    with world(mixed()) as snapshot:
        fair = rows(snapshot, "a")
        first = rows(snapshot, "a", attribution="fifo")
        whole = rows(snapshot, "a", attribution="any")
        back = rows(snapshot, "d", backward=True)
        oldest = rows(snapshot, "d", backward=True, attribution="fifo")
    assert {k: v["amount"] for k, v in fair.items()} == {
        "d:b": "100.00", "d:c": "40.00", "d:d": "30.00",
    }  # fmt: skip
    assert (fair["d:b"]["rests"], fair["d:c"]["rests"]) == ("30.00", "40.00")
    assert (fair["d:c"]["share"], fair["d:c"]["arrives"]) == (0.4, "2021-01-03")
    assert fair["d:c"]["path"] == ["d:t1", "d:t3"]
    # First in, first out: the 80 to `c` and 20 of the 60 to `d` are the 100 from `a`.
    assert {k: v["amount"] for k, v in first.items()} == {
        "d:b": "100.00", "d:c": "80.00", "d:d": "20.00",
    }  # fmt: skip
    assert {k: v["amount"] for k, v in whole.items()} == {
        "d:b": "100.00", "d:c": "80.00", "d:d": "60.00",
    }  # fmt: skip
    assert {k: v["amount"] for k, v in back.items()} == {
        "d:b": "60.00", "d:a": "30.00", "d:e": "30.00",
    }  # fmt: skip
    assert {k: v["amount"] for k, v in oldest.items()} == {
        "d:b": "60.00", "d:a": "20.00", "d:e": "40.00",
    }  # fmt: skip


def test_what_was_there_before_is_the_least_that_pays() -> None:
    facts = [
        *map(account, "abc"),
        transfer("t1", "b", "c", 0, "50.00"),
        transfer("t2", "a", "b", 1, "100.00"),
        transfer("t3", "b", "c", 2, "150.00"),
    ]
    with world(facts) as snapshot:
        fair, oldest = rows(snapshot, "a"), rows(snapshot, "a", attribution="fifo")
    # 50 left before anything came, and 150 on 100: the account must have begun with 100.
    assert fair["d:c"]["amount"] == "100.00"
    assert oldest["d:c"]["amount"] == "100.00"
    assert oldest["d:c"]["facts"] == ["d:t3"]


def test_money_does_not_leave_before_it_came() -> None:
    facts = [
        *map(account, "abc"),
        transfer("t1", "b", "c", 0),
        transfer("t2", "a", "b", 1),
    ]
    with world(facts) as snapshot:
        assert set(rows(snapshot, "a")) == {"d:b"}
        assert set(rows(snapshot, "a", attribution="any", any_order=True)) == {"d:b", "d:c"}
        assert rows(snapshot, "a", as_of="2021-01-01") == {}


def test_back_at_its_start_it_rests() -> None:
    facts = [
        *map(account, "ab"),
        transfer("t1", "a", "b", 0, "10.00"),
        transfer("t2", "b", "a", 1, "10.00"),
        transfer("t3", "a", "b", 2, "10.00"),
    ]
    with world(facts) as snapshot:
        found = rows(snapshot, "a")
        one = rows(snapshot, "a", transfers="d:t1")
        with pytest.raises(WrongUsage):
            rows(snapshot, "a", transfers="d:t2")
    assert (found["d:a"]["amount"], found["d:a"]["rests"]) == ("10.00", "10.00")
    assert found["d:b"]["amount"] == "20.00"
    assert one["d:a"]["rests"] == "0.00"
    assert one["d:b"]["facts"] == ["d:t1", "d:t3"]


def test_filters() -> None:
    with world(mixed()) as snapshot:
        assert set(rows(snapshot, "a", min_amount=35)) == {"d:b", "d:c"}
        assert set(rows(snapshot, "a", window=2)) == {"d:b", "d:c"}
        assert set(rows(snapshot, "a", until="2021-01-04")) == {"d:b", "d:c"}
        assert rows(snapshot, "a", since="2021-01-02") == {}
        assert set(rows(snapshot, "a", max_depth=1)) == {"d:b"}
        loose: dict[str, Any] = {"attribution": "any"}
        assert set(rows(snapshot, "a", min_ratio=0.7, **loose)) == {"d:b", "d:c"}
        assert set(rows(snapshot, "a", min_ratio=0.8, **loose)) == {"d:b"}
        for wrong in ({"min_ratio": 1}, {"any_order": True}, {"by": "trace"}, {"later": True}):
            with pytest.raises(WrongUsage):
                rows(snapshot, "a", **wrong)
        with pytest.raises(WrongUsage):
            rows(snapshot, "a", kinds="invoice")
        with pytest.raises(UnknownSubject):
            rows(snapshot, "nobody")


def test_a_withdrawal_leaves_the_balance_but_is_followed_only_where_asked() -> None:
    facts = [
        *map(account, "abcd"),
        transfer("t1", "a", "b", 0, "100.00"),
        {**transfer("w1", "b", "c", 1, "60.00"), "kind": "withdrawal"},
        transfer("t2", "b", "d", 2, "40.00"),
    ]
    with world(facts) as snapshot:
        found = rows(snapshot, "a")
        both = rows(snapshot, "a", kinds="transfer,withdrawal")
    assert (found["d:d"]["amount"], found["d:b"]["rests"]) == ("40.00", "60.00")
    assert both["d:c"]["amount"] == "60.00"


def test_currencies_are_kept_apart() -> None:
    facts = [
        *map(account, "abc"),
        transfer("t1", "a", "b", 0, "100.00", currency="USD"),
        transfer("t2", "b", "c", 1, "100.00"),
        transfer("t3", "a", "b", 2, "700", currency="JPY"),
        transfer("t4", "b", "c", 3, "350", currency="JPY"),
    ]
    with world(facts) as snapshot:
        found = asked(snapshot, "a")["results"]
    assert [(r["account"], r["currency"], r["amount"], r["rests"]) for r in found] == [
        ("d:b", "USD", "100.00", "100.00"),
        ("d:b", "JPY", "700", "350"),
        ("d:c", "JPY", "350", "350"),
    ]


def test_from_a_loan_and_from_its_holder() -> None:
    facts = [
        *map(account, "abc"),
        {"kind": "loan", "id": "n"},
        {"kind": "person", "id": "p"},
        relation("holds_account", "h1", "p", "a"),
        relation("holds_account", "h2", "p", "b"),
        {**transfer("l1", "n", "a", 0, "90.00"), "kind": "deposit"},
        transfer("t1", "a", "b", 1, "90.00"),
        transfer("t2", "b", "c", 2, "60.00"),
        {**transfer("r1", "c", "n", 3, "30.00"), "kind": "repay"},
    ]
    with world(facts) as snapshot:
        lent = rows(snapshot, "n")
        held = rows(snapshot, "p")
        repaid = rows(snapshot, "n", backward=True)
    assert {k: (v["depth"], v["amount"]) for k, v in lent.items()} == {
        "d:a": (1, "90.00"), "d:b": (2, "90.00"), "d:c": (3, "60.00"),
    }  # fmt: skip
    assert lent["d:c"]["share"] == pytest.approx(2 / 3)
    assert list(held) == ["d:c"]
    assert repaid["d:a"]["amount"] == "30.00"


def test_bounds_are_said() -> None:
    wide = [transfer(f"o{i}", "b", f"x{i}", 2 + i, "1.00") for i in range(30)]
    facts = [
        *map(account, "abc"), *(account(f"x{i}") for i in range(30)),
        transfer("t1", "a", "b", 0, "30.00"), transfer("t2", "a", "c", 0, "20.00"),
        transfer("t3", "c", "x0", 1, "20.00"), *wide,
    ]  # fmt: skip
    with world(facts) as snapshot:
        hub = asked(snapshot, "a", max_fan_out=30)
        few = asked(snapshot, "a", max_rows=2)
        stop = asked(snapshot, "a", max_explored=10)
        whole = asked(snapshot, "b", max_fan_out=1)
    assert hub["truncated"]["reason"].startswith("max_fan_out: 1 hubs were not followed, d:b first")
    assert [row["hub"] for row in hub["results"]] == [True, False, False]
    assert [row["account"] for row in few["results"]] == ["d:b", "d:x0"]
    assert few["truncated"]["reason"].startswith("max_rows: 32 rows")
    assert stop["truncated"]["reason"].startswith("max_explored: 1 accounts were not followed")
    assert [row["account"] for row in stop["results"]] == ["d:b", "d:c", "d:x0"]
    assert len(whole["results"]) == 30


def test_a_subject_of_two_records_is_one_account() -> None:
    facts = [
        *map(account, "abcd"),
        transfer("t1", "a", "b", 0, "5.00"),
        transfer("t2", "c", "d", 1, "5.00"),
        relation("same_as", "s", "b", "c"),
    ]
    with world(facts) as snapshot:
        assert rows(snapshot, "a")["d:d"]["path"] == ["d:t1", "d:t2"]


def test_compiled_code_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [
        Paid(f"d:t{i:02d}", f"d:a{i % 7}", f"d:a{i * 3 % 5}", i * 5 % 11, 1 + i % 6)
        for i in range(40)
    ]
    with world(facts_of(made)) as snapshot:
        questions: list[dict[str, Any]] = [
            {}, {"window": 4}, {"backward": True}, {"attribution": "any"}, {"attribution": "fifo"},
            {"backward": True, "window": 2},
        ]  # fmt: skip
        for asks in questions:
            asks["time_limit"] = 600  # compiling takes its time, too
        plain = [asked(snapshot, "a0", **q) for q in questions]
        assert plain[0]["results"]
        monkeypatch.setattr(compiled, "_warm", True)
        assert [asked(snapshot, "a0", **q) for q in questions] == plain


def test_finbench_traces_of_three_transfers(data_dir: Path) -> None:
    """FinBench's complex read 5: up to three transfers, later and later, over other accounts."""
    made = finbench(data_dir)
    first, last = "2020-06-01", "2021-06-01"
    low, high = (
        (datetime.fromisoformat(day).replace(tzinfo=DAY_ONE.tzinfo) - DAY_ONE) / timedelta(days=1)
        for day in (first, last)
    )
    leaving: dict[str, list[tuple[str, str, float]]] = {}
    for name, a, b, day in made:
        if low <= day < high:
            leaving.setdefault(a, []).append((f"d:{name}", b, day))
    starts = sorted(leaving, key=lambda a: len(leaving[a]))[::20]
    with world(payments(made)) as snapshot:
        for start in starts:
            asks: dict[str, Any] = {"attribution": "any", "by": "trace", "later": True}
            bounds = {"max_depth": 3, "max_explored": 10_000_000, "max_rows": 1_000_000}
            span = {"since": first, "until": last, "as_of": "2030-01-01"}
            found = asked(snapshot, start, **asks, **bounds, **span)
            assert found["truncated"] is None
            expected = []
            for e1, b, t1 in leaving[start]:
                if b == start:
                    continue
                expected.append([e1])
                for e2, c, t2 in leaving.get(b, ()):
                    if t2 > t1 and c not in (start, b):
                        expected.append([e1, e2])
                        expected += [
                            [e1, e2, e3]
                            for e3, d, t3 in leaving.get(c, ())
                            if t3 > t2 and d not in (start, b, c)
                        ]
            assert sorted(row["path"] for row in found["results"]) == sorted(expected)


def test_finbench_trace_after_a_loan() -> None:
    """FinBench's complex read 8: each payment more than a part of all that came before it, its
    ratio what came of the loan, by the distance from it."""
    facts = [
        *map(account, "abcde"),
        {"kind": "loan", "id": "n"},
        {**transfer("l1", "n", "a", 0, "100.00"), "kind": "deposit"},
        transfer("t1", "a", "b", 1, "60.00"),
        transfer("t2", "a", "b", 2, "30.00"),
        transfer("t3", "a", "c", 2, "9.00"),
        {**transfer("w1", "b", "d", 3, "50.00"), "kind": "withdrawal"},
        transfer("t4", "b", "e", 0.5, "80.00"),
    ]
    asks: dict[str, Any] = {
        "attribution": "any", "kinds": "deposit,transfer,withdrawal", "max_depth": 4,
        "min_ratio": 0.1, "any_order": True,
    }  # fmt: skip
    with world(facts) as snapshot:
        found = rows(snapshot, "n", **asks)
        less = rows(snapshot, "n", **{**asks, "min_ratio": 0.6})
    assert {k: (v["share"], v["depth"]) for k, v in found.items()} == {
        "d:a": (1.0, 1), "d:b": (0.9, 2), "d:d": (0.5, 3), "d:e": (0.8, 3),
    }  # fmt: skip
    assert set(less) == {"d:a"}


def test_what_came_since_the_base_was_made_is_followed(write: Callable[..., Store]) -> None:
    live = open_live(write(mixed()[:-2]))
    before = rows(snapshot_of(live), "a")
    store = write([*mixed()[-2:], account("f"), transfer("t5", "c", "f", 4, "80.00")])
    after = rows(snapshot_of(live), "a")
    fresh = rows(open_snapshot(store), "a")
    assert set(before) == {"d:b"}
    assert set(after) == {"d:b", "d:c", "d:d", "d:f"}
    assert after == fresh
    store.write("gone", [Normaliser("d", store.id_key).row({"kind": "retract", "id": "t3"})])
    assert set(rows(snapshot_of(live), "a")) == {"d:b", "d:d"}


def test_the_accounts_of_a_company_that_is_no_more() -> None:
    """What it did before it was deregistered stays visible, not what it had given up."""
    facts = [
        {"kind": "company", "id": "c", "valid_to": "2021-06-01"},
        account("a0"), account("a1"), account("old"), account("b"),
        relation("holds_account", "h0", "c", "a0"),
        relation("holds_account", "h1", "c", "a1", valid_to="2021-06-01"),
        relation("holds_account", "h2", "c", "old", valid_to="2021-03-01"),
        *(
            transfer(f"t{start}", start, "b", 0, "5.00")
            for start in ("a0", "a1", "old")
        ),
    ]  # fmt: skip
    with world(facts) as snapshot:
        for day in ("2021-05-31", "2021-06-01", "2026-01-01"):
            found = rows(snapshot, "d:c", as_of=day)
            assert [row["amount"] for row in found.values()] == ["10.00"], day


def test_sums_past_64_bits_are_followed_all_the_same() -> None:
    huge = "40000000000000000.00"
    facts = [*map(account, "abcd")]
    facts += [transfer(f"i{i}", "a", "b", 0, huge) for i in range(5)]
    facts += [transfer(f"j{i}", "d", "b", 0, huge) for i in range(5)]
    facts += [transfer(f"o{i}", "b", "c", 1, huge) for i in range(4)]
    with world(facts) as snapshot:
        fair, first = rows(snapshot, "a"), rows(snapshot, "a", attribution="fifo")
    assert fair["d:c"]["share"] == pytest.approx(0.4)
    assert first["d:c"]["share"] == pytest.approx(0.8)
