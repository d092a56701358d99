"""A question about somebody of another kind is refused, not answered by no rows."""

from __future__ import annotations

import pytest

from algorithms.registry import ALGORITHMS, ask
from graph.errors import UnknownSubject, WrongUsage
from tests.algorithms.related.worlds import company, person, world

ABOUT_ACCOUNTS = [
    ("fan_patterns", "account"), ("fund_pools", "account"), ("layered_flow", "account"),
    ("pass_through", "account"), ("rented_accounts", "account"), ("transfer_cycles", "through"),
]  # fmt: skip
ABOUT_COMPANIES = [
    ("affiliated_trades", "company"), ("goods_mismatch", "company"),
    ("invoice_bursts", "company"), ("invoice_cycles", "company"),
    ("invoice_pass_through", "company"), ("invoice_schemes", "company"),
    ("payment_returns", "company"), ("rebate_chains", "company"), ("trace_goods", "from"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "parameter"), ABOUT_ACCOUNTS + ABOUT_COMPANIES)
def test_a_person_is_no_account_and_no_company(name: str, parameter: str) -> None:
    kind = "account" if (name, parameter) in ABOUT_ACCOUNTS else "company"
    said = pytest.raises(UnknownSubject, match=f"no {kind} is named 'p1': it is a person")
    with world([person("p1"), company("c1")]) as snapshot, said:
        ask(snapshot, name, {parameter: "p1"})


CURRENCY = [n for n in sorted(ALGORITHMS) if "currency" in ALGORITHMS[n].params.__struct_fields__]


@pytest.mark.parametrize("name", CURRENCY)
@pytest.mark.parametrize("text", ["cny", "", "YUAN"])
def test_a_currency_is_three_capitals(name: str, text: str) -> None:
    with world([company("c1")]) as snapshot, pytest.raises(WrongUsage, match="currency"):
        ask(snapshot, name, {"currency": text})
