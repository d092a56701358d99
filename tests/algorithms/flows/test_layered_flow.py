"""Layered flows through the real store, against all subsets and plain loops."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.flows.layer_search import windows
from algorithms.flows.peeling import Parts, peel
from algorithms.registry import ask
from graph import compiled
from graph.snapshot import Snapshot
from graph.times import DAY
from tests.algorithms.flows.test_transfer_cycles import account, transfer
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.layers import Paid, densest, density, joined, layers_of, middle_accounts


def asked(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    answer = msgspec.to_builtins(ask(snapshot, "layered_flow", {"as_of": "2023-01-01", **params}))
    assert answer["truncated"] is None
    found: list[dict[str, Any]] = answer["results"]
    return found


@st.composite
def parts(draw: st.DrawFn) -> tuple[Parts, dict[tuple[str, str], int], set[str]]:
    """Sources, one to three middle layers, destinations; money at random."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=3, max_size=5))
    layer = [step for step, size in enumerate(sizes) for _ in range(size)]
    pairs = [
        (a, b) for a in range(len(layer)) for b in range(len(layer)) if layer[b] == layer[a] + 1
    ]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=14, unique=True))
    money = [draw(st.integers(1, 9)) for _ in chosen]
    inner = np.array([0 < step < len(sizes) - 1 for step in layer])
    src, dst = (np.array(ends, np.int64) for ends in zip(*chosen, strict=True))
    edges = {(str(a), str(b)): m for (a, b), m in zip(chosen, money, strict=True)}
    made = Parts(src, dst, np.array(money, np.float64), inner)
    return made, edges, {str(v) for v in np.flatnonzero(inner).tolist()}


@settings(max_examples=200, deadline=None)
@given(parts(), st.sampled_from([0, 1, 4]))
def test_the_greedy_is_within_its_bound(made, penalty) -> None:
    graph, edges, middle = made
    found = peel(graph, penalty)
    kept = {str(v) for v in np.flatnonzero(found.kept).tolist()}
    assert found.density == pytest.approx(float(density(edges, middle, kept, penalty)), abs=1e-9)
    if len(graph.middle) > 11:
        return
    best = float(densest(edges, middle, penalty))
    assert found.density <= best + 1e-9
    assert best <= found.bound + 1e-9


def test_compiled_code_peels_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(5)
    src, dst = chance.integers(0, 20, 80), chance.integers(20, 60, 80)
    graph = Parts(
        np.concatenate([src, dst]), np.concatenate([dst, dst + 40]),
        chance.integers(1, 50, 160).astype(np.float64),
        (np.arange(100) >= 20) & (np.arange(100) < 60),
    )  # fmt: skip
    plain = peel(graph, 4)
    monkeypatch.setattr(compiled, "_warm", True)
    again = peel(graph, 4)
    assert (again.kept == plain.kept).all()
    assert (again.density, again.bound) == (plain.density, plain.bound)


@pytest.mark.parametrize("days", [5e-324, 1e-164, 1e-12, 1.5 / DAY, 2 / DAY])
def test_windows_of_next_to_nothing_come_to_an_end(days: float) -> None:
    """Each payment that stands alone is a window of its own."""
    time = np.array([0, 0, 7, 50 * DAY], np.int64)
    found = list(windows(time, days))
    assert {*found} >= {(0, 2), (2, 3), (3, 4)}
    assert len(found) == 3


@given(st.lists(st.integers(0, 400), max_size=12), st.sampled_from([1, 10, 30]))
def test_windows_hold_all_that_half_of_one_takes(days, wide) -> None:
    time = np.sort(np.array(days, np.int64)) * DAY
    found = [set(range(lo, hi)) for lo, hi in windows(time, wide)]
    for i in range(len(time)):
        together = {j for j in range(i, len(time)) if 2 * (time[j] - time[i]) <= wide * DAY}
        assert any(together <= window for window in found)
    for window in found:
        assert time[max(window)] - time[min(window)] < wide * DAY


@st.composite
def payments(draw: st.DrawFn) -> list[Paid]:
    """Money over layers with noise, so that flows are common."""
    n = draw(st.integers(5, 9))
    end = st.integers(0, n - 1)
    made = draw(
        st.lists(st.tuples(end, end, st.integers(0, 4), st.integers(1, 4)), min_size=4, max_size=16)
    )
    return [Paid(f"d:t{i:02d}", f"d:a{a}", f"d:a{b}", t, x) for i, (a, b, t, x) in enumerate(made)]


@settings(max_examples=150, deadline=None)
@given(payments(), st.sampled_from(["0.25", "0.6"]))
def test_flows_are_what_they_say(made, loss) -> None:
    paid = [p for p in made if p.src != p.dst]
    facts = [
        *(
            account(name[2:])
            for name in sorted({"d:a0", *(e for p in made for e in (p.src, p.dst))})
        ),
        *(transfer(p.name[2:], p.src[2:], p.dst[2:], p.time, f"{p.amount}.00") for p in made),
    ]
    with world(facts) as snapshot:
        found = asked(snapshot, window=3650, loss=float(loss), max_blocks=1)
    middle = middle_accounts(paid, Fraction(loss))
    layer = layers_of(paid, middle, 5)
    by_name = {p.name: p for p in paid}
    for row in found:
        mine = [by_name[fact] for fact in row["facts"]]
        ends = {end for p in mine for end in (p.src, p.dst)}
        assert set(row["members"]) == ends
        deep = {a for a in ends if a in middle}
        assert all(a in layer for a in deep)
        assert len({layer[a] for a in deep}) >= 2
        for p in mine:
            if p.src not in middle:
                assert layer[p.dst] == 1
            elif p.dst in middle:
                assert layer[p.dst] == layer[p.src] + 1
            else:
                assert layer[p.src] >= 2
        edges = joined([p._replace(dst=p.dst if p.dst in middle else p.dst + "'") for p in mine])
        nodes = {node for edge in edges for node in edge}
        g = density(edges, middle, nodes, 4)
        assert abs(Fraction(row["attrs"]["density"]) - g) <= Fraction(1, 100)
        assert Fraction(row["attrs"]["bound"]) >= g - Fraction(1, 100)
        assert Fraction(row["amount"]) == sum(p.amount for p in mine if p.dst not in middle)


def scheme(holders: str = "person") -> list[Fact]:
    """100,000 from `s` over 4 and 3 accounts to `z`, a little kept on the way; small noise."""
    facts = [account("s"), account("z"), account("shop"), account("job")]
    for i in range(30):
        facts += [
            account(f"n{i}"), transfer(f"nw{i}", "job", f"n{i}", 1, "900.00"),
            transfer(f"ng{i}", f"n{i}", "shop", 2, "300.00"),
        ]  # fmt: skip
    for i in range(7):
        holder = person(f"h{i}") if holders == "person" else company(f"h{i}")
        facts += [account(f"m{i}"), holder, relation("holds_account", f"o{i}", f"h{i}", f"m{i}")]
        facts.append(transfer(f"w{i}", "job", f"m{i}", 1, "900.00"))
        facts.append(transfer(f"g{i}", f"m{i}", "shop", 2, "300.00"))
    for i in range(4):
        facts.append(transfer(f"a{i}", "s", f"m{i}", 1 + i / 10, "25000.00"))
        facts += [
            transfer(f"b{i}{j}", f"m{i}", f"m{j}", 2 + i / 10, "8250.00") for j in range(4, 7)
        ]
    facts += [transfer(f"c{j}", f"m{j}", "z", 3 + j / 10, "32700.00") for j in range(4, 7)]
    return facts


def test_worked_example() -> None:
    with world(scheme()) as snapshot:
        (row,) = asked(snapshot)
        assert asked(snapshot, account="shop") == []
        assert asked(snapshot, min_middle=8) == []
        assert asked(snapshot, currency="USD") == []
    assert row["pattern"] == "layered_flow"
    assert row["members"] == ["d:s", *(f"d:m{i}" for i in range(7)), "d:z"]
    assert row["attrs"]["layers"] == [1, 4, 3, 1]
    assert (row["amount"], len(row["facts"])) == ("98100.00", 19)
    # f is 24750 four times of 25000, 32700 three times of 33000: less 4 times what stayed.
    g = (4 * (24750 - 4 * 250) + 3 * (32700 - 4 * 300)) / 9
    assert float(row["attrs"]["density"]) == pytest.approx(g, abs=0.01)
    assert row["score"] > 0.9


def test_several_flows_one_after_another() -> None:
    twice = scheme()
    for fact in scheme():
        twice.append(
            {k: f"x{v}" if k in {"id", "from", "to"} else v for k, v in fact.items()}
            | ({"at": fact["at"].replace("2021-01", "2021-06")} if "at" in fact else {})
        )
    with world(twice) as snapshot:
        found = asked(snapshot)
    assert sorted(row["members"][0] for row in found) == ["d:s", "d:xs"]


def test_a_franchise_and_a_chain_score_low() -> None:
    group = [company("top"), *(relation("branch", f"br{i}", f"h{i}", "top") for i in range(7))]
    with world([*scheme("company"), *group]) as snapshot:
        (row,) = asked(snapshot)
    assert {"companies", "one_group"} <= set(row["signs"])
    assert row["score"] < 0.5
    chain = [
        *(f for f in scheme() if f["id"][0] == "n" or f["id"] in ("shop", "job")),
        *map(account, "abcd"), transfer("t1", "a", "b", 0, "10.00"),
        transfer("t2", "b", "c", 1, "10.00"), transfer("t3", "c", "d", 2, "10.00"),
    ]  # fmt: skip
    with world(chain) as snapshot:
        (row,) = asked(snapshot)
    assert row["signs"]["thin"] < 0
    assert row["score"] < 0.5
