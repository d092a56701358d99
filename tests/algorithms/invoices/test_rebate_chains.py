"""Rebate chains, against every walk by brute force, and what is weighed against them."""

from __future__ import annotations

from decimal import Decimal
from math import comb
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph.snapshot import Snapshot
from tests.algorithms.invoices.worlds import accounts, invoice, transfer
from tests.algorithms.related.worlds import Fact, company, person, world
from tests.referees.rebates import Sale, chains

AS_OF, TODAY = "2021-12-31", 364


def facts_of(sales: list[Sale], banked: set[str], paying: set[str]) -> list[Fact]:
    firms = sorted({end for s in sales for end in (s.seller, s.buyer)} | banked)
    facts: list[Fact] = [*map(company, firms), person("p"), *accounts(person("p"))]
    facts += accounts(*(company(name) for name in sorted(banked)))
    for name in sorted(banked):  # one payment makes an account known; three months are wages
        days = (5, 40, 70) if name in paying else (5,)
        facts += [transfer(f"w-{name}-{d}", f"a-{name}", "a-p", d, "50.00") for d in days]
    for s in sales:
        more: dict[str, Any] = {"attrs": {"export": True}} if s.export else {}
        facts.append(
            invoice(s.id, s.seller, s.buyer, s.day, str(s.amount), goods=s.goods + "0101", **more)
        )
    return facts


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(
        ask(snapshot, "rebate_chains", {"as_of": AS_OF, **params})
    )
    return found


def plain(names: list[str]) -> list[str]:
    return [name.removeprefix("d:") for name in names]


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Sale], set[str], set[str]]:
    """Few companies, of which some have accounts and some of these pay wages."""
    firm = st.sampled_from(["c1", "c2", "c3", "c4", "c5", "c6"])
    made = draw(st.lists(
        st.tuples(
            firm, firm, st.sampled_from([1, 2, 3, 200, 330]), st.sampled_from([1, 5, 50]),
            st.sampled_from(["107", "304"]), st.sampled_from([False, False, True]),
        ),
        max_size=10,
    ))  # fmt: skip
    sales = [Sale(f"v{i}", *sale) for i, sale in enumerate(made) if sale[0] != sale[1]]
    banked = draw(st.sets(firm))
    return sales, banked, draw(st.sets(st.sampled_from(sorted(banked)))) if banked else set()


@settings(max_examples=200, deadline=None)
@given(markets(), st.integers(1, 4), st.sampled_from([1, 180]))
def test_every_chain_is_found(
    market: tuple[list[Sale], set[str], set[str]], depth: int, window: int
) -> None:
    sales, banked, paying = market
    expected, rate, tests = chains(sales, banked, paying, TODAY, depth, window)
    with world(facts_of(*market)) as snapshot:
        answer = asked(snapshot, max_depth=depth, window=window)
    rows = {(plain(r["members"])[0], r["attrs"]["goods"]): r for r in answer["results"]}
    assert rows.keys() == expected.keys()
    assert answer["truncated"] is None
    for key, want in expected.items():
        found = rows[key]
        assert set(plain(found["facts"])) == want.facts
        assert set(plain(found["members"])) == want.members
        assert len(found["members"]) == len(want.members)
        assert Decimal(found["amount"]) == want.amount
        assert (found["attrs"]["makers"], found["attrs"]["fake"]) == (want.makers, want.fake)
        assert found["attrs"]["share"] == pytest.approx(want.share)
        n, k = want.makers, want.fake
        tail = sum(comb(n, i) * rate**i * (1 - rate) ** (n - i) for i in range(k, n + 1))
        assert found["p"] == pytest.approx(tail)
        assert found["q"] == pytest.approx(
            min(
                min(tests * r["p"] / (1 + i), 1)
                for i, r in enumerate(sorted(rows.values(), key=lambda r: float(r["p"])))
                if r["p"] >= found["p"]
            )
        )


CHAIN = [
    Sale("v1", "fake", "trader", 100, 900, "107", False),
    Sale("v2", "trader", "exporter", 102, 905, "107", False),
    Sale("v3", "exporter", "abroad", 110, 1000, "107", True),
]  # fmt: skip
REAL = [
    Sale("w1", "mill", "maker", 90, 5000, "304", False),
    Sale("w2", "maker", "exporter", 101, 9000, "107", False),
    Sale("w3", "maker", "shop", 360, 9000, "107", False),
]  # fmt: skip


def row(facts: list[Fact], **params: Any) -> dict[str, Any]:
    with world(facts) as snapshot:
        (found,) = asked(snapshot, **params)["results"]
    return dict(found)


def test_a_chain_to_a_maker_that_made_nothing() -> None:
    found = row(facts_of(CHAIN, {"fake", "trader"}, set()))
    assert plain(found["members"]) == ["exporter", "trader", "fake"]
    assert plain(found["facts"]) == ["v1", "v2", "v3"]
    assert found["amount"] == "1000.00"
    assert found["attrs"] == {"goods": "107", "makers": 1, "fake": 1, "share": 1.0}
    assert found["signs"]["mostly_fake"] > 0
    assert found["signs"]["idle_traders"] > 0


def test_real_makers_speak_against_it() -> None:
    """One small fake supplier beside a real one; without it there is nothing to find."""
    facts = facts_of(CHAIN + REAL, {"fake", "trader", "maker", "exporter"}, {"maker", "exporter"})
    found = row(facts)
    assert found["attrs"]["makers"] == 2
    assert found["signs"]["real_makers"] < 0
    assert found["signs"]["real_exporter"] < 0
    assert found["evidence"] < row(facts_of(CHAIN, {"fake", "trader"}, set()))["evidence"]
    with world(facts_of(REAL + CHAIN[2:], {"maker"}, {"maker"})) as snapshot:
        assert asked(snapshot)["results"] == []


def test_one_member_is_asked_about() -> None:
    with world(facts_of(CHAIN + REAL, set(), set())) as snapshot:
        every = asked(snapshot)["results"]
        assert [asked(snapshot, company=name)["results"] for name in ("exporter", "fake")] == [
            every, every,
        ]  # fmt: skip
        assert asked(snapshot, company="shop")["results"] == []
        assert asked(snapshot, currency="USD")["results"] == []


def test_bounds_are_said() -> None:
    many = [Sale(f"x{i}", f"k{i}", "trader", 99, 1, "107", False) for i in range(5)]
    with world(facts_of(CHAIN + many, set(), set())) as snapshot:
        wide = asked(snapshot)
        hub = asked(snapshot, max_fanout=3)
        short = asked(snapshot, max_explored=1)
    assert wide["results"][0]["attrs"]["makers"] == 6
    assert hub["results"] == []
    assert "1 traders were not passed, d:trader first" in hub["truncated"]["reason"]
    assert "max_explored: 1 claims" in short["truncated"]["reason"]
