"""Fans and layers through the real store, against windows counted out one by one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph import compiled
from graph.errors import UnknownSubject, WrongUsage
from graph.snapshot import Snapshot
from tests.algorithms.flows.test_transfer_cycles import DAY_ONE, account, payments, transfer
from tests.algorithms.related.worlds import relation, world
from tests.referees.fans import Pay, fans, gather_scatters, layers, scatter_gathers

ALL = ("fan_in", "fan_out", "scatter_gather", "gather_scatter", "bipartite", "stack")


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(
        ask(snapshot, "fan_patterns", {"max_rows": 100_000, **params})
    )
    return plain


def rows(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(snapshot, **params)["results"]
    return found


def sized(window: float, size: int) -> dict[str, Any]:
    asks: dict[str, Any] = {f"{name}_window": window for name in ALL}
    return asks | {f"{name}_size": size for name in ALL}


@st.composite
def worlds(draw: st.DrawFn) -> list[Pay]:
    """Few accounts that pay each other often, several times in a moment too."""
    n = draw(st.integers(3, 7))
    days = draw(st.sampled_from([0, 3, 9, 30, 90]))
    end = st.integers(0, n - 1)
    made = draw(st.lists(st.tuples(end, end, st.integers(0, days)), max_size=40))
    return [Pay(f"d:t{i:02d}", f"d:a{a}", f"d:a{b}", t) for i, (a, b, t) in enumerate(made)]


def facts_of(made: list[Pay]) -> list[dict[str, Any]]:
    return payments([(p.id[2:], p.src[2:], p.dst[2:], p.time) for p in made])


def shown(row: dict[str, Any], first: float = 0) -> tuple[Any, ...]:
    """A row as the referee says it; its facts are compared where all of them are shown."""
    members, pattern = row["members"], row["pattern"]
    if pattern in ("fan_in", "fan_out"):
        core = (members[0], *sorted(members[1:]))
    elif pattern == "scatter_gather":
        core = (members[0], *sorted(members[1:-1]), members[-1])
    else:
        core = tuple(sorted(members))
    return pattern, core, frozenset(row["facts"]) if "facts_total" not in row else None


def compare(found: list[dict[str, Any]], expected: list[tuple[Any, ...]]) -> None:
    """Everything found, nothing invented, nothing twice."""
    wide = [row for row in found if "facts_total" in row]
    whole = [shown(row) for row in found if "facts_total" not in row]
    small = [
        (p, tuple(sorted(core)) if p == "gather_scatter" else core, facts)
        for p, core, facts, *_ in expected
        if len(facts) <= 20
    ]
    assert sorted(map(str_of, whole)) == sorted(map(str_of, small))
    large = [(p, len(facts)) for p, _, facts, *_ in expected if len(facts) > 20]
    assert sorted((row["pattern"], row["facts_total"]) for row in wide) == sorted(large)


def parts(*steps: tuple[str, str, float]) -> list[dict[str, Any]]:
    """Transfers of 100 yuan between accounts, named in order."""
    return payments([(f"t{i:02d}", a, b, day) for i, (a, b, day) in enumerate(steps)])


def str_of(row: tuple[Any, ...]) -> str:
    return f"{row[0]} {row[1]} {sorted(row[2])}"


@settings(max_examples=120, deadline=None)
@given(worlds(), st.sampled_from([1, 3, 7, 40]), st.integers(2, 3), st.booleans())
def test_findings_are_those_of_the_referee(
    made: list[Pay], window: int, size: int, habits: bool
) -> None:
    expected = [
        *fans(made, window, size, inward=True),
        *fans(made, window, size, inward=False),
        *scatter_gathers(made, window, size),
        *gather_scatters(made, window, size),
        *layers(made, window, size, 4, two=False, habits=habits),
        *layers(made, window, size, 4, two=True, habits=habits),
    ]
    with world(facts_of(made)) as snapshot:
        asks = {"max_layer": 4, "habits": habits, **sized(window, size)}
        found = rows(snapshot, **asks)
        compare(found, expected)
        some = rows(snapshot, account="a1", **asks) if any(
            "d:a1" in (p.src, p.dst) for p in made
        ) else None  # fmt: skip
    if some is not None:
        assert sorted(r["id"] for r in some) == sorted(
            r["id"] for r in found if "d:a1" in r["members"]
        )


@settings(max_examples=40, deadline=None)
@given(worlds(), st.sampled_from([2, 5]))
def test_episodes_begin_and_end_as_the_referees_do(made: list[Pay], window: int) -> None:
    def day(time: float) -> str:
        return (DAY_ONE + timedelta(days=time)).date().isoformat()

    expected = [
        (p, tuple(sorted(core)), [day(first), day(last)])
        for p, core, _, first, last in [
            *fans(made, window, 2, inward=True),
            *scatter_gathers(made, window, 2),
            *gather_scatters(made, window, 2),
        ]
    ]
    wanted = "fan_in,scatter_gather,gather_scatter"
    with world(facts_of(made)) as snapshot:
        found = rows(snapshot, patterns=wanted, **sized(window, 2))
    got = [(r["pattern"], tuple(sorted(r["members"])), r["attrs"]["episode"]) for r in found]
    assert sorted(map(str, got)) == sorted(map(str, expected))


def only(snapshot: Snapshot, pattern: str, **params: Any) -> list[dict[str, Any]]:
    return rows(snapshot, patterns=[pattern], **params)


def test_a_fan_is_told_by_its_fullest_window_and_payers_count_once() -> None:
    """Five pay in a week, b twice, so that two windows hold five; f is too late for both."""
    steps = [("b", "a", 0), ("b", "a", 1), ("c", "a", 2), ("d", "a", 3), ("e", "a", 7),
             ("g", "a", 7), ("f", "a", 9.5), ("c", "a", 30)]  # fmt: skip
    with world(parts(*steps)) as snapshot:
        (fan,) = only(snapshot, "fan_in")
        assert only(snapshot, "fan_in", fan_in_size=6) == []
        assert only(snapshot, "fan_in", fan_in_window=5) == []
        assert len(only(snapshot, "fan_in", fan_in_window=8.5, fan_in_size=6)) == 1
        assert only(snapshot, "fan_in", as_of="2021-01-07") == []
        assert only(snapshot, "fan_in", min_amount=1.01) == []
        assert only(snapshot, "fan_out") == []
    assert fan["members"] == ["d:a", "d:b", "d:c", "d:d", "d:e", "d:g"]
    assert fan["facts"] == ["d:t00", "d:t01", "d:t02", "d:t03", "d:t04", "d:t05"]
    assert (fan["amount"], fan["attrs"]["payers"]) == ("6.00", 5)
    assert (fan["begins"], fan["ends"]) == ("2021-01-01", "2021-01-08")
    assert fan["attrs"]["episode"] == ["2021-01-01", "2021-01-02"]
    assert "5 个账户" in fan["why"]


def test_scatter_and_gather_in_order_of_time() -> None:
    """Three middle accounts pass it on, a fourth paid the sink before it was paid."""
    steps = [("s", "m1", 0), ("s", "m2", 0), ("s", "m3", 1), ("s", "m4", 3), ("m4", "z", 2),
             ("m1", "z", 2), ("m2", "z", 3), ("m3", "z", 4), ("m3", "z", 4)]  # fmt: skip
    with world(parts(*steps)) as snapshot:
        (found,) = only(snapshot, "scatter_gather")
        assert only(snapshot, "scatter_gather", scatter_gather_window=3) == []
        assert only(snapshot, "scatter_gather", scatter_gather_size=4) == []
        assert len(only(snapshot, "scatter_gather", account="m2")) == 1
        assert only(snapshot, "scatter_gather", account="m4") == []
    assert found["members"] == ["d:s", "d:m1", "d:m2", "d:m3", "d:z"]
    assert set(found["facts"]) == {"d:t00", "d:t01", "d:t02", "d:t05", "d:t06", "d:t07", "d:t08"}
    assert (found["amount"], found["attrs"]["middle"]) == ("3.00", 3)


def test_gather_and_scatter_around_a_pivot() -> None:
    steps = [(f"p{i}", "a", i) for i in range(4)] + [("a", f"r{i}", 4 + i) for i in range(4)]
    late = [(f"p{i}", "a", 8 + i) for i in range(4)] + [("a", f"r{i}", 4 + i) for i in range(4)]
    with world(parts(*steps)) as snapshot:
        (found,) = only(snapshot, "gather_scatter")
        assert only(snapshot, "gather_scatter", gather_scatter_window=2) == []
    with world(parts(*late)) as snapshot:
        assert only(snapshot, "gather_scatter") == []
    assert found["members"] == [
        *(f"d:p{i}" for i in range(4)),
        "d:a",
        *(f"d:r{i}" for i in range(4)),
    ]
    assert found["attrs"]["payers"] == found["attrs"]["receivers"] == 4


def test_two_layers_one_behind_the_other() -> None:
    """Two payers, two middle accounts, two receivers, everybody pays everybody of the next."""
    first = [(f"p{i}", f"m{k}", i + k) for i in range(2) for k in range(2)]
    second = [(f"m{i}", f"r{k}", 5 + i + k) for i in range(2) for k in range(2)]
    with world(parts(*first, *second)) as snapshot:
        (stack,) = only(snapshot, "stack")
        layers_ = only(snapshot, "bipartite", bipartite_size=2)
        assert only(snapshot, "stack", stack_window=3) == []
        assert only(snapshot, "bipartite") == []
    with world(parts(*second, *((a, b, t + 20) for a, b, t in first))) as snapshot:
        assert only(snapshot, "stack") == []
    assert stack["members"] == ["d:p0", "d:p1", "d:m0", "d:m1", "d:r0", "d:r1"]
    assert stack["attrs"] == {
        "payers": 2, "middle": 2, "receivers": 2, "episode": ["2021-01-01", "2021-01-08"],
    }  # fmt: skip
    assert stack["amount"] == "4.00"
    assert sorted(len(row["members"]) for row in layers_) == [4, 4]


def test_trade_that_comes_back_is_in_no_layer_unless_asked() -> None:
    trade = [
        (f"p{i}", f"r{k}", 30 * m + i / 10) for m in range(3) for i in range(3) for k in range(3)
    ]
    with world(parts(*trade)) as snapshot:
        assert only(snapshot, "bipartite") == []
        assert len(only(snapshot, "bipartite", habits=True)) == 3


def test_a_hub_is_in_no_layer() -> None:
    many = [(f"p{i}", hub, i % 5) for i in range(60) for hub in ("h1", "h2", "h3")]
    with world(parts(*many)) as snapshot:
        assert only(snapshot, "bipartite") == []
        (found,) = only(snapshot, "bipartite", max_layer=60)
    assert found["attrs"]["payers"] == 60


def test_accounts_of_one_subject_are_one_counterpart() -> None:
    facts = parts(*((f"p{i}", "a", i) for i in range(5)))
    with world([*facts, relation("same_as", "s", "p1", "p2")]) as snapshot:
        assert only(snapshot, "fan_in") == []
        assert len(only(snapshot, "fan_in", fan_in_size=4)) == 1


def test_amounts_of_several_currencies_are_told_apart() -> None:
    facts = [account("a"), *(account(f"p{i}") for i in range(5))]
    facts += [
        transfer(f"t{i}", f"p{i}", "a", i, "10.00", currency="USD" if i else "CNY")
        for i in range(5)
    ]
    with world(facts) as snapshot:
        (fan,) = only(snapshot, "fan_in")
    assert fan["amount"] is None
    assert fan["attrs"]["amounts"] == {"CNY": "10.00", "USD": "40.00"}


def held(account_: str, holder: str, kind: str = "person") -> list[dict[str, Any]]:
    return [
        {"kind": kind, "id": holder},
        relation("holds_account", f"h{account_}", holder, account_),
    ]


def test_a_payroll_is_told_from_a_fan_out_to_strangers() -> None:
    names = [f"{name}{i}" for name in "we" for i in range(8)]
    pays = [(f"w{i}", "boss", f"w{i}", 30 * m) for m in range(6) for i in range(8)]
    facts = payments(
        [(f"t{k}", a, b, day + 0.1) for k, (_, a, b, day) in enumerate(pays)]
        + [(f"u{i}", "mule", f"e{i}", 90 + i / 4) for i in range(8)]
        + [("u9", "far", "mule", 89.9)]
    )
    facts += held("boss", "firm", "company") + held("mule", "someone")
    facts += [fact for name in names for fact in held(name, f"of-{name}")]
    facts += [relation("employs", f"em{i}", "firm", f"of-w{i}") for i in range(8)]
    with world(facts) as snapshot:
        found = only(snapshot, "fan_out", as_of="2022-01-01")
    by = {row["members"][0]: row for row in found}
    assert by["d:mule"]["evidence"] > 8.2
    assert max(row["score"] for row in found if row["members"][0] == "d:boss") < 0.1
    assert by["d:boss"]["signs"]["wages"] == pytest.approx(-12.0)
    assert "发放工资" in by["d:boss"]["why"]


def test_the_best_are_kept_and_the_cut_is_said() -> None:
    steps = [(f"p{i}", f"a{k}", 40 * k + i / 10) for k in range(6) for i in range(5 + k)]
    with world(parts(*steps)) as snapshot:
        whole = asked(snapshot, patterns=["fan_in"])
        few = asked(snapshot, patterns=["fan_in"], max_rows=2)
    assert len(whole["results"]) == 6
    assert whole["truncated"] is None
    assert [r["id"] for r in few["results"]] == [r["id"] for r in whole["results"][:2]]
    assert few["truncated"]["reason"].startswith("max_rows: 6 findings")


def test_wrong_questions() -> None:
    with world(parts(("a", "b", 0))) as snapshot:
        with pytest.raises(WrongUsage):
            rows(snapshot, kinds="transfers")
        with pytest.raises(WrongUsage):
            rows(snapshot, patterns="fans")
        with pytest.raises(UnknownSubject):
            rows(snapshot, account="nobody")
        assert rows(snapshot) == []


def test_compiled_code_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [(f"a{i * 7 % 13}", f"a{i * i % 11}", i * 5 % 17) for i in range(150)]
    with world(parts(*steps)) as snapshot:
        plain = asked(snapshot, **sized(7, 2))
        assert {row["pattern"] for row in plain["results"]} == set(ALL)
        monkeypatch.setattr(compiled, "_warm", True)
        assert asked(snapshot, **sized(7, 2)) == plain
