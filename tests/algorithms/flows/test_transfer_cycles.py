"""Transfer cycles through the real store, against brute force and networkx."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.findings.scoring import CAP
from algorithms.flows import cycle_run
from algorithms.flows.cycle_weights import NEW
from algorithms.registry import ask
from graph import compiled
from graph.errors import WrongUsage
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import Fact, relation, world
from tests.referees.cycles import Payment, timed, untimed, within

DAY_ONE = datetime(2021, 1, 1, tzinfo=timezone(timedelta(hours=8)))


def account(name: str) -> Fact:
    return {"kind": "account", "id": name}


def transfer(name: str, a: str, b: str, day: float, amount: str = "1.00", **more: Any) -> Fact:
    at = (DAY_ONE + timedelta(days=day)).isoformat()
    return relation("transfer", name, a, b, amount=amount, at=at, **more)


def payments(transfers: list[tuple[str, str, str, float]]) -> list[Fact]:
    ends = sorted({end for _, a, b, _ in transfers for end in (a, b)})
    return [*map(account, ends), *(transfer(*t) for t in transfers)]


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    answer = ask(snapshot, "transfer_cycles", params)
    plain: dict[str, Any] = msgspec.to_builtins(answer)
    return plain


def rings(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(snapshot, **params)["results"]
    return found


@st.composite
def networks(draw: st.DrawFn) -> list[Payment]:
    """Few accounts, so that cycles, parallel transfers and equal moments are common."""
    n = draw(st.integers(2, 6))
    days = draw(st.sampled_from([0, 2, 20]))
    end = st.integers(0, n - 1)
    made = draw(st.lists(st.tuples(end, end, st.integers(0, days)), max_size=14))
    return [Payment(f"d:t{i:02d}", f"d:a{a}", f"d:a{b}", t) for i, (a, b, t) in enumerate(made)]


@st.composite
def amounts(draw: st.DrawFn) -> list[Payment]:
    """Payments of amounts near each other, of two currencies."""
    worth = st.sampled_from([Fraction(n) for n in (81, 90, 99, 100, 110, 121)])
    coin = st.sampled_from(["CNY", "CNY", "CNY", "USD"])
    return [p._replace(amount=draw(worth), currency=draw(coin)) for p in draw(networks())]


limits = st.fixed_dictionaries(
    {"max_length": st.integers(2, 6)}, optional={"window": st.sampled_from([1, 3, 10])}
)
first_days = st.one_of(st.none(), st.integers(0, 10))


@settings(max_examples=80, deadline=None)
@given(networks(), limits, st.one_of(st.none(), st.integers(0, 5)), first_days)
def test_cycles_are_those_of_the_referees(made, limit, through, since) -> None:
    facts = payments([(p.id[2:], p.src[2:], p.dst[2:], p.time) for p in made])
    known = {f["id"] for f in facts}
    asks = dict(limit)
    if since is not None:
        asks["since"] = (DAY_ONE + timedelta(days=since)).isoformat()
        made = [p for p in made if p.time >= since]
    if through is not None and f"a{through}" in known:
        asks["through"] = f"a{through}"
    place = f"d:{asks['through']}" if "through" in asks else None
    with world(facts) as snapshot:
        found = rings(snapshot, **asks)
        loose = rings(snapshot, any_order=True, **asks)
    expected = timed(made, limit["max_length"], limit.get("window"), place)
    assert len(found) == len(expected)
    assert {tuple(row["facts"]) for row in found} == expected
    by_id = {p.id: p for p in made}
    for row in found:
        assert row["members"] == [by_id[f].src for f in row["facts"]]
    nodes = {c for c in untimed(made, limit["max_length"]) if place is None or place in c}
    kept = {c: f[:20] for c in nodes if (f := within(made, c, limit.get("window", 1e6)))}
    assert len(loose) == len(kept)
    assert {tuple(row["members"]): row["facts"] for row in loose} == kept


@settings(max_examples=80, deadline=None)
@given(amounts(), limits, st.sampled_from(["0", "0.1", "0.25"]), st.integers(0, 5))
def test_with_a_tolerance_those_that_keep_the_amount(made, limit, part, through) -> None:
    ends = sorted({end for p in made for end in (p.src[2:], p.dst[2:])})
    facts = [
        *map(account, ends),
        *(
            transfer(p.id[2:], p.src[2:], p.dst[2:], p.time, f"{p.amount}.00", currency=p.currency)
            for p in made
        ),
    ]
    place = f"a{through}" if f"a{through}" in ends else None
    with world(facts) as snapshot:
        whole = rings(snapshot, tolerance=float(part), **limit)
        some = rings(snapshot, tolerance=float(part), through=place, **limit) if place else None
    for rows, name in ((whole, None), (some, place)):
        if rows is None:
            continue
        expected = timed(
            made, limit["max_length"], limit.get("window"), name and f"d:{name}", Fraction(part)
        )
        assert len(rows) == len(expected)
        assert {tuple(row["facts"]) for row in rows} == expected


def test_worked_example() -> None:
    facts = [
        *map(account, "abc"),
        transfer("t1", "a", "b", 0, "1000.00", currency="CNY"),
        transfer("t2", "b", "c", 1, "900.00", currency="CNY"),
        transfer("t3", "c", "a", 3, "800.00", currency="CNY"),
        transfer("t4", "a", "a", 1, "5.00", currency="CNY"),
    ]
    with world(facts) as snapshot:
        (ring,) = rings(snapshot)
        assert rings(snapshot, max_length=2) == []
        assert rings(snapshot, window=2) == []
        assert len(rings(snapshot, window=3)) == 1
        assert rings(snapshot, min_amount=800.01) == []
        assert len(rings(snapshot, min_amount=800)) == 1
        assert rings(snapshot, as_of="2021-01-03") == []
        assert len(rings(snapshot, as_of="2021-01-04")) == 1
    assert ring["pattern"] == "transfer_cycle"
    assert ring["members"] == ["d:a", "d:b", "d:c"]
    assert ring["facts"] == ["d:t1", "d:t2", "d:t3"]
    assert (ring["amount"], ring["currency"]) == ("800.00", "CNY")
    assert (ring["begins"], ring["ends"]) == ("2021-01-01", "2021-01-04")
    assert ring["attrs"] == {"kept": 0.8, "days": 3.0}
    assert "3 个账户" in ring["why"]


def test_out_of_order_only_where_asked() -> None:
    facts = payments(
        [("t1", "a", "b", 2), ("t2", "b", "c", 3), ("t3", "c", "a", 1), ("t4", "b", "c", 9)]
    )
    with world(facts) as snapshot:
        through_b = rings(snapshot, through="b")
        loose = rings(snapshot, any_order=True)
    # From t3 on it is in order: 1, 2, 3; and again with t4.
    assert sorted(row["facts"] for row in through_b) == [
        ["d:t3", "d:t1", "d:t2"],
        ["d:t3", "d:t1", "d:t4"],
    ]
    assert [row["facts"] for row in loose] == [["d:t1", "d:t2", "d:t4", "d:t3"]]
    assert loose[0]["pattern"] == "transfer_cycle_any_order"


def test_currencies_are_not_compared() -> None:
    facts = [
        *map(account, "abc"),
        transfer("t1", "a", "b", 0, "100.00", currency="USD"),
        transfer("t2", "b", "c", 0, "700.00", currency="CNY"),
        transfer("t3", "c", "a", 0, "350", currency="CNY"),
    ]
    with world(facts) as snapshot:
        (ring,) = rings(snapshot)
    assert ring["amount"] is None
    assert ring["attrs"]["amounts"] == {"CNY": "350.00", "USD": "100.00"}
    assert ring["attrs"]["kept"] == 0.5


def test_a_subject_of_two_records_is_one_account() -> None:
    facts = payments([("t1", "a", "b", 0), ("t2", "c", "a", 1)])
    facts.append(relation("same_as", "s", "b", "c"))
    with world(facts) as snapshot:
        (ring,) = rings(snapshot)
    assert ring["facts"] == ["d:t1", "d:t2"]
    assert ring["members"] == ["d:a", "d:b"]


def test_withdrawals_only_where_asked() -> None:
    facts = [
        account("a"),
        account("b"),
        transfer("t", "a", "b", 0),
        {**transfer("w", "b", "a", 1), "kind": "withdrawal"},
    ]
    with world(facts) as snapshot:
        assert rings(snapshot) == []
        assert len(rings(snapshot, kinds="transfer,withdrawal")) == 1
        with pytest.raises(WrongUsage):
            rings(snapshot, kinds="transfers")


def parallel(times: int) -> list[Fact]:
    """Every way there, later every way back."""
    there = [(f"o{i:03d}", "a", "b", float(i)) for i in range(times)]
    back = [(f"r{i:03d}", "b", "a", 1000.0 + i) for i in range(times)]
    return payments([*there, *back])


def test_the_best_are_kept_however_many_there_are() -> None:
    with world(parallel(150)) as snapshot:
        answer = asked(snapshot, max_rows=10, as_of="2030-01-01")
        whole = rings(snapshot, max_rows=100_000, as_of="2030-01-01")
        stopped = asked(snapshot, max_explored=500, as_of="2030-01-01")
    assert len(whole) == 150 * 150
    assert [row["id"] for row in answer["results"]] == [row["id"] for row in whole[:10]]
    assert answer["truncated"]["reason"].startswith("max_rows: 22500 cycles found")
    assert answer["results"][0]["facts"] == ["d:o149", "d:r000"]
    assert stopped["truncated"]["reason"].startswith("max_explored")
    assert stopped["truncated"]["explored"] >= 500


@st.composite
def unlike(draw: st.DrawFn) -> list[Fact]:
    """Amounts far apart over more than a year, so that few cycles have much evidence."""
    n, most = draw(st.integers(2, 6)), draw(st.integers(1, 20))
    end, day = st.integers(0, n - 1), st.integers(0, 400)
    worth = st.sampled_from([1, 5, 90, 100, 110, 2000, 100_000])
    made = draw(st.lists(st.tuples(end, end, day, worth), min_size=most, max_size=most))
    ends = [account(f"a{i}") for i in range(n)]
    return ends + [
        transfer(f"t{i:02d}", f"a{a}", f"a{b}", t, f"{amount}.00")
        for i, (a, b, t, amount) in enumerate(made)
    ]


@settings(max_examples=50, deadline=None)
@given(unlike(), st.integers(1, 12), st.sampled_from([{}, {"window": 45}, {"max_length": 3}]),
       st.sampled_from([0.001, 0.2, 0.6]), st.booleans())  # fmt: skip
def test_what_is_left_out_is_not_among_the_best(facts, most, more, least, blocks) -> None:
    every = {"as_of": "2023-01-01", "max_rows": 100_000, **more}
    with world(facts) as snapshot, pytest.MonkeyPatch.context() as patch:
        whole = rings(snapshot, **every)
        if blocks:
            patch.setattr(cycle_run, "_EASY", 3)
            patch.setattr(cycle_run, "_HEAVY", 20)
            patch.setattr(cycle_run, "_CYCLES", 4)
            patch.setattr(cycle_run, "_AHEAD", 2)
        best = rings(snapshot, **(every | {"max_rows": most}))
        strong = rings(snapshot, **every, min_score=least)
    evidence = {row["id"]: row["evidence"] for row in whole}
    assert {row["id"]: row["evidence"] for row in best}.items() <= evidence.items()
    assert [row["evidence"] for row in best] == list(evidence.values())[:most]
    for row in whole:  # nothing but these can speak for a cycle
        known = [row["signs"].get(name, 0.0) for name in ("kept", "days")]
        assert row["evidence"] <= CAP + NEW + sum(known) + 1e-9
    wanted = [row["id"] for row in whole if row["score"] >= least]
    assert [row["id"] for row in strong] == wanted


def test_what_cannot_be_shown_is_not_gone_through() -> None:
    """Between two groups of accounts that pay one another all year at any amount there are millions
    of long cycles; all that come back soon with most of the amount are found nevertheless."""
    worth = ["3.00", "170.00", "9000.00"]
    facts = [account(f"a{i}") for i in range(12)]
    facts += [
        transfer(f"t{i:03d}", f"a{i * 7 % 12}", f"a{i * i % 11}", i * 3.1, worth[i % 3])
        for i in range(120)
    ]
    facts += [transfer(f"x{i}", f"a{i}", f"a{(i + 1) % 3}", 50 + i, "5000.00") for i in range(3)]
    with world(facts) as snapshot:
        ask_: dict[str, Any] = {"as_of": "2023-01-01", "min_score": 0.5}
        answer = asked(snapshot, **ask_)
        some = asked(snapshot, **ask_, window=7)
    assert answer["truncated"] is None
    assert ["d:x0", "d:x1", "d:x2"] in [row["facts"] for row in answer["results"]]
    assert {row["id"] for row in some["results"]} <= {row["id"] for row in answer["results"]}


def test_compiled_code_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [(f"t{i}", f"a{i % 7}", f"a{i * 3 % 5}", float(i * 5 % 11)) for i in range(40)]
    with world(payments(steps)) as snapshot:
        questions: list[dict[str, Any]] = [
            {},
            {"window": 4},
            {"through": "a3"},
            {"any_order": True},
            {"any_order": True, "through": "a2"},
        ]
        plain = [asked(snapshot, **q) for q in questions]
        assert plain[0]["results"]
        monkeypatch.setattr(compiled, "_warm", True)
        assert [asked(snapshot, **q) for q in questions] == plain


def test_blocks_on_two_threads_answer_as_one_search(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [(f"t{i:03d}", f"a{i * 7 % 31}", f"a{i * i % 29}", i * 5 % 23) for i in range(400)]
    with world(payments([(n, a, b, float(t)) for n, a, b, t in steps])) as snapshot:
        ask_: dict[str, Any] = {"max_length": 5, "window": 9, "max_rows": 100_000}
        plain = asked(snapshot, **ask_)
        monkeypatch.setattr(cycle_run, "_EASY", 10)
        threads = asked(snapshot, **ask_)
        cut = asked(snapshot, **ask_, max_explored=5_000)
        monkeypatch.setattr(cycle_run, "_BLOCKS", 7)
        assert asked(snapshot, **ask_) == plain
    assert len(plain["results"]) > 100
    assert threads == plain
    assert cut["truncated"]["reason"].startswith("max_explored")
    assert 0 < len(cut["results"]) < len(plain["results"])
    assert {row["id"] for row in cut["results"]} < {row["id"] for row in plain["results"]}


@pytest.mark.parametrize("explored", [700, 1_500, 3_000])
def test_without_a_window_a_cut_says_what_was_found(explored: int) -> None:
    steps = [(f"t{i:03d}", f"a{i % 5}", f"a{(i * 3 + 1) % 7}", i * 11 % 160) for i in range(90)]
    whole = {"max_rows": 100_000, "as_of": "2025-01-01"}
    with world(payments([(n, a, b, float(t)) for n, a, b, t in steps])) as snapshot:
        cut = asked(snapshot, max_explored=explored, **whole)
        said = re.search(r"all cycles within (\d+) days were found", cut["truncated"]["reason"])
        assert said
        within = rings(snapshot, window=int(said[1]), **whole)
    assert within
    assert {row["id"] for row in within} <= {row["id"] for row in cut["results"]}


def finbench(folder: Path) -> list[tuple[str, str, str, float]]:
    with (folder / "finbench_sf01/snapshot/AccountTransferAccount.csv").open() as file:
        rows = list(csv.DictReader(file, delimiter="|"))
    zone = DAY_ONE.tzinfo
    days = [
        datetime.fromisoformat(row["createTime"]).replace(tzinfo=zone) - DAY_ONE for row in rows
    ]
    return [
        (f"t{i}", f"a{row['fromId']}", f"a{row['toId']}", gone / timedelta(days=1))
        for i, (row, gone) in enumerate(zip(rows, days, strict=True))
    ]


def test_finbench_whole(data_dir: Path) -> None:
    made = finbench(data_dir)
    with world(payments(made)) as snapshot:
        found = asked(snapshot, max_length=4)
    payed = [Payment(f"d:{name}", f"d:{a}", f"d:{b}", day) for name, a, b, day in made]
    assert {tuple(row["facts"]) for row in found["results"]} == timed(payed, 4)
    assert found["truncated"] is None
