"""Fund pools through the real store, against a referee that goes through every payment."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from algorithms.registry import ask
from graph.snapshot import Snapshot
from tests.algorithms.flows.test_transfer_cycles import account, transfer
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.pools import Paid, around, pool


def asked(snapshot: Snapshot, **params: Any) -> dict[str, dict[str, Any]]:
    answer = msgspec.to_builtins(ask(snapshot, "fund_pools", params))
    assert answer["truncated"] is None
    return {row["members"][0]: row for row in answer["results"]}


def transfers(paid: list[Paid]) -> list[Fact]:
    return [
        transfer(p.name[2:], p.src[2:], p.dst[2:], p.time, f"{p.amount / 100:.2f}") for p in paid
    ]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Paid], dict[str, str], list[tuple[str, str]], Any]:
    n = draw(st.integers(2, 6))
    end = st.integers(0, n - 1)
    made = draw(
        st.lists(st.tuples(end, end, st.integers(0, 9), st.integers(1, 5)), min_size=4, max_size=24)
    )
    paid = [Paid(f"d:t{i:02d}", f"d:a{a}", f"d:a{b}", t, x) for i, (a, b, t, x) in enumerate(made)]
    people = [*(f"d:p{i}" for i in range(3)), *(f"d:c{i}" for i in range(2))]
    holder = {
        f"d:a{i}": draw(st.sampled_from(people)) for i in range(n) if draw(st.booleans())
    }  # fmt: skip
    roles = draw(
        st.lists(st.tuples(st.sampled_from(people), st.sampled_from(people[3:])), max_size=2)
    )
    kin = draw(
        st.lists(st.tuples(st.sampled_from(people[:3]), st.sampled_from(people[:3])), max_size=2)
    )
    return paid, holder, roles, kin


@settings(max_examples=120, deadline=None)
@given(worlds(), st.integers(1, 4), st.integers(1, 3))
def test_pools_are_the_referees(made, min_payers, min_returned) -> None:
    paid, holder, roles, kin = made
    accounts = sorted({end for p in paid for end in (p.src, p.dst)} | set(holder))
    facts: list[Fact] = [
        *(account(name[2:]) for name in accounts),
        *(person(f"p{i}") for i in range(3)), *(company(f"c{i}") for i in range(2)),
        *(relation("holds_account", f"h{a[2:]}", h[2:], a[2:]) for a, h in holder.items()),
        *(relation("officer", f"o{i}", a[2:], b[2:]) for i, (a, b) in enumerate(roles)),
        *(relation("kin", f"k{i}", a[2:], b[2:]) for i, (a, b) in enumerate(kin)),
        *transfers(paid),
    ]  # fmt: skip
    with world(facts) as snapshot:
        found = asked(snapshot, min_payers=min_payers, min_returned=min_returned)
    expected = {}
    for name in accounts:
        insiders = around(holder.get(name), roles, kin)
        one = pool(paid, name, holder, {"d:c0", "d:c1"}, insiders)
        if len(one.payers) >= min_payers and len(one.returned) >= min_returned:
            expected[name] = one
    assert set(found) == set(expected)
    for name, row in found.items():
        one, attrs = expected[name], row["attrs"]
        assert (attrs["payers"], attrs["returned"]) == (len(one.payers), len(one.returned))
        assert Fraction(attrs["paid_in"]) * 100 == one.paid_in
        assert Fraction(attrs["returns"]) * 100 == one.returns
        assert Fraction(attrs["to_insiders"]) * 100 == one.to_insiders
        assert attrs["funded"] == pytest.approx(float(one.funded), abs=1e-6)
        assert set(row["facts"]) <= one.facts
        assert row.get("facts_total", len(row["facts"])) == len(one.facts)
        assert one.payers <= set(attrs["circle"])


def scheme(n: int = 40) -> list[Fact]:
    """`x` promises interest: everybody pays in once, gets some back monthly, the rest goes to the
    kin of the holder."""
    facts = [
        person("boss"), person("wife"), account("x"), account("w"),
        relation("holds_account", "h", "boss", "x"), relation("holds_account", "hw", "wife", "w"),
        relation("kin", "k", "boss", "wife"),
    ]  # fmt: skip
    for i in range(n):
        facts += [
            account(f"a{i}"), person(f"p{i}"), relation("holds_account", f"h{i}", f"p{i}", f"a{i}"),
            transfer(f"in{i}", f"a{i}", "x", i, "10000.00"),
            transfer(f"o{i}", "x", f"a{i}", i + 30, "100.00"),
            transfer(f"oo{i}", "x", f"a{i}", i + 60, "100.00"),
            transfer(f"w{i}", "x", "w", i + 0.5, "9000.00"),
        ]  # fmt: skip
    return facts


def test_worked_example() -> None:
    with world(scheme()) as snapshot:
        (row,) = asked(snapshot).values()
        assert asked(snapshot, account="a0") == {}
    assert (row["pattern"], row["amount"], row["begins"]) == (
        "fund_pool",
        "400000.00",
        "2021-01-01",
    )
    assert row["attrs"]["funded"] == 1.0
    assert row["attrs"]["to_insiders"] == "360000.00"
    assert row["attrs"]["circle"][:2] == ["d:w", "d:a0"]
    assert row["score"] > 0.9
    # 40 of the 41 that it pays are payers, who have 40 of all 81 payments in between accounts.
    assert row["p"] == pytest.approx(binom.sf(39, 41, 40 / 81), rel=1e-6)


def test_outside_income_covers_returns_as_it_comes() -> None:
    facts = [
        *map(account, "xabf"), company("firm"), relation("holds_account", "h", "firm", "f"),
        transfer("t1", "a", "x", 0, "100.00"), transfer("t2", "b", "x", 0, "100.00"),
        transfer("t3", "x", "a", 1, "30.00"), transfer("t4", "f", "x", 2, "50.00"),
        transfer("t5", "x", "b", 3, "30.00"), transfer("t6", "x", "a", 4, "30.00"),
    ]  # fmt: skip
    with world(facts) as snapshot:
        (row,) = asked(snapshot).values()
    # The first 30 were there before any income; of the 60 after it, 50 are covered.
    assert row["attrs"]["funded"] == pytest.approx(40 / 90, abs=1e-6)
    assert row["attrs"]["payers"] == 2
    assert "outside_income" in row["signs"]


def test_innocent_look_alikes_score_low() -> None:
    repaid = [f for f in scheme() if not f["id"].startswith("w") or f["id"] in ("w", "wife")]
    for fact in repaid:
        if fact["id"].startswith("oo"):
            fact["amount"] = "10000.00"
    fees = [f for f in scheme() if not f["id"].startswith(("oo", "w")) or f["id"] in ("w", "wife")]
    fees += [transfer(f"m{m}-{i}", f"a{i}", "x", i + 30 * m, "10000.00") for i in range(40)
             for m in range(1, 7)]  # fmt: skip
    for facts, sign in ((repaid, "redeemed"), (fees, "dues")):
        with world(facts) as snapshot:
            (row,) = asked(snapshot, as_of="2022-06-01").values()
        assert sign in row["signs"]
        assert row["score"] < 0.5, sign


def test_other_currencies_are_another_question() -> None:
    facts = [*map(account, "xab")]
    for i, name in enumerate("ab"):
        facts += [
            transfer(f"i{i}", name, "x", 0, "5.00", currency="USD"),
            transfer(f"o{i}", "x", name, 1, "1.00", currency="USD"),
        ]
    with world(facts) as snapshot:
        assert asked(snapshot) == {}
        (row,) = asked(snapshot, currency="USD").values()
        assert asked(snapshot, currency="EUR") == {}
    assert (row["amount"], row["currency"]) == ("10.00", "USD")
