"""Goods invoiced straight through: against brute force, and what speaks for a real business."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.invoices.throughput import Trading, soon
from algorithms.registry import ask
from graph.money import decimal_text
from graph.snapshot import Snapshot
from tests.algorithms.invoices.worlds import accounts, as_facts, invoice, ledgers, transfer
from tests.algorithms.related.worlds import Fact, company, person, world
from tests.referees.invoices import Invoice, straight


def asked(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found = ask(snapshot, "invoice_pass_through", {"as_of": "2022-12-31", **params})
    rows: list[dict[str, Any]] = msgspec.to_builtins(found["results"])
    return rows


@settings(max_examples=60, deadline=None)
@given(
    ledgers(most=24),
    st.sampled_from([0.5, 2, 10]),
    st.sampled_from([0.0, 0.1, 1.0]),
    st.sampled_from([0.1, 0.5, 0.7]),
    st.integers(1, 3),
)
def test_rows_are_the_referees(made: list[Invoice], dwell, margin, least, sales) -> None:
    with world(as_facts(made)) as snapshot:
        rows = asked(snapshot, dwell=dwell, max_margin=margin, min_through=least, min_sales=sales)
    expected = straight(made, dwell, margin, least, sales)
    assert len(rows) == len({row["members"][0] for row in rows})
    found = {row["members"][0]: (row["amount"], set(row["facts"])) for row in rows}
    assert found == {
        firm: (decimal_text(through), facts) for firm, (through, facts) in expected.items()
    }


FIRMS = [company(name) for name in ("x", "maker", "shop", "lord")]
STAFF = person("p1")
BASE = [*FIRMS, STAFF, *accounts(*FIRMS, STAFF)]


def deals(count: int, margin: float = 0.01, dwell: float = 3, step: float = 30) -> list[Fact]:
    made = []
    for n in range(count):
        bought = 1000 + 97 * n
        made.append(invoice(f"b{n}", "maker", "x", step * n, f"{bought}.00", goods="1070101"))
        made.append(
            invoice(f"s{n}", "x", "shop", step * n + dwell, f"{bought * (1 + margin):.2f}",
                    goods="1070102")
        )  # fmt: skip
    return made


def paid(count: int, step: float = 30) -> list[Fact]:
    """What goes with deals: the goods are paid, both ways."""
    made = []
    for n in range(count):
        made.append(transfer(f"t{n}", "a-x", "a-maker", step * n + 5, "1000.00"))
        made.append(transfer(f"u{n}", "a-shop", "a-x", step * n + 5, "1000.00"))
    return made


def living(months: int) -> list[Fact]:
    made = []
    for n in range(months):
        made.append(transfer(f"w{n}", "a-x", "a-p1", 30.5 * n + 1, "60.00"))
        made.append(transfer(f"r{n}", "a-x", "a-lord", 30.5 * n + 2, "40.00"))
    return made


def test_a_company_that_lives_on_nothing() -> None:
    with world([*BASE, *deals(8), *paid(8)]) as snapshot:
        (row,) = asked(snapshot)
    assert row["members"] == ["d:x"]
    assert row["attrs"]["circle"] == ["d:maker", "d:shop"]
    assert row["attrs"]["living"] == 0.0
    assert row["attrs"]["margin"] == pytest.approx(0.01, abs=1e-4)
    assert row["attrs"]["through"] == pytest.approx(1 / 1.01, abs=1e-4)
    assert row["signs"] == {
        "no_living": 3.5,
        "no_bills": 1.5,
        "one_customer": -1.5,
        "one_supplier": -1.5,
    }
    assert row["facts"][:4] == ["d:b0", "d:s0", "d:b1", "d:s1"]
    assert row["p"] < 1e-3


def test_a_wholesaler_of_thin_margin_has_a_cost_of_living() -> None:
    with world([*BASE, *deals(8), *paid(8), *living(8)]) as snapshot:
        (row,) = asked(snapshot)
    sold = sum(round(1.01 * (1000 + 97 * n), 2) for n in range(8))
    assert row["attrs"]["living"] == pytest.approx(800 / sold, abs=1e-4)
    assert set(row["signs"]) == {"living", "bills", "payroll", "one_customer", "one_supplier"}
    assert all(weight < 0 for weight in row["signs"].values())


def test_two_of_each_are_a_trade_and_exports_an_agents() -> None:
    made = deals(8)
    made[0], made[1] = {**made[0], "from": "lord"}, {**made[1], "to": "lord"}
    with world([*BASE, *made]) as snapshot:
        (row,) = asked(snapshot)
        assert row["signs"] == {}
    made = [{**fact, "attrs": {"export": True}} if fact["from"] == "x" else fact for fact in made]
    with world([*BASE, *made]) as snapshot:
        (row,) = asked(snapshot)
        assert row["signs"] == {"exports": -4.5}


def test_where_nobody_is_known_to_pay_living_says_nothing() -> None:
    with world([*BASE, *deals(8)]) as snapshot:
        (row,) = asked(snapshot)
    assert (row["attrs"]["living"], row["signs"]) == (
        None,
        {"one_customer": -1.5, "one_supplier": -1.5},
    )


def test_slow_goods_and_earned_money_are_none() -> None:
    with world([*BASE, *deals(4, dwell=15)]) as snapshot:
        assert asked(snapshot) == []
        assert len(asked(snapshot, dwell=15)) == 1
    with world([*BASE, *deals(4, margin=0.2)]) as snapshot:
        assert asked(snapshot) == []
        assert len(asked(snapshot, max_margin=0.2)) == 1


def test_one_or_two_deals_are_no_business() -> None:
    with world([*BASE, *deals(2)]) as snapshot:
        (row,) = asked(snapshot)
        assert row["signs"]["few_deals"] == -3.0
        assert asked(snapshot, min_sales=3) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.integers(90, 130)), max_size=14),
    st.integers(1, 8),
)
def test_how_soon_and_how_likely(events: list[tuple[int, bool, int]], dwell: int) -> None:
    events.sort(key=lambda event: event[:2])
    time, sale, amount = (np.array(c) for c in zip(*events, strict=True)) if events else [[]] * 3
    n = len(events)
    zero = np.zeros(n, np.int32)
    made = Trading(
        zero, zero, np.array(time, np.int64), np.array(sale, np.bool_),
        np.array(amount, np.int64), np.arange(n), np.zeros(n, np.int64),
    )  # fmt: skip
    near, chance = soon(made, dwell, 0.1)
    span = max(max(time) - min(time), 1) + dwell if n else 1
    for i, (at, sold, price) in enumerate(events):
        alike = [t for t, s, a in events if not s and price / 1.1 <= a <= price * 1.1]
        hit = any(0 <= at - t <= dwell for t in alike)
        assert near[i] == (hit if sold else 0)
        assert chance[i] == pytest.approx(1 - (1 - dwell / span) ** len(alike) if sold else 0.0)
