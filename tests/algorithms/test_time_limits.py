"""Detectors that run out of time: they say so, and answer what they had found."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from algorithms.registry import ask
from tests.algorithms.flows.test_transfer_cycles import account
from tests.algorithms.flows.test_transfer_cycles import transfer as paid
from tests.algorithms.invoices.worlds import invoice
from tests.algorithms.related.worlds import Fact, company, world

MANY = 4  # of each kind


def traded(name: str, bought: str, sold: str) -> list[Fact]:
    """What was bought, and sold for as much soon after."""
    made: list[Fact] = []
    for n in range(8):
        worth, at = f"{1000 + 97 * n}.00", 40 * n
        made.append(invoice(f"b-{name}-{n}", "mill", name, at, worth, goods=bought))
        made.append(invoice(f"s-{name}-{n}", name, "shop", at + 2, worth, goods=sold))
    return made


def burst(name: str) -> list[Fact]:
    return [invoice(f"{name}-{n}", name, f"b{n % 8}", 40 + n, goods="2010101") for n in range(16)]


def through(name: str) -> list[Fact]:
    return [paid(f"i-{name}", "a", name, 0, "100.00"), paid(f"o-{name}", name, "z", 0.5, "90.00")]


FACTS: list[Fact] = [
    *map(company, ("mill", "shop", *(f"b{n}" for n in range(8)))),
    *map(account, "az"),
    *(company(f"{kind}{n}") for kind in "tc" for n in range(MANY)),
    *(company(f"n{n}", valid_from="2021-01-01") for n in range(MANY)),
    *(account(f"a{n}") for n in range(MANY)),
    *(fact for n in range(MANY) for fact in traded(f"t{n}", "1070101", "1070102")),
    *(fact for n in range(MANY) for fact in traded(f"c{n}", "1050101", "3040101")),
    *(fact for n in range(MANY) for fact in burst(f"n{n}")),
    *(fact for n in range(MANY) for fact in through(f"a{n}")),
]
TIMED = ("pass_through", "invoice_bursts", "goods_mismatch", "invoice_pass_through", "trace_goods")
SAID = "time_limit: not all was looked at / 超时, 未全部查看"


@pytest.fixture(scope="module")
def snapshot() -> Any:
    with world(FACTS) as made:
        yield made


def asked(snapshot: Any, name: str, **params: Any) -> dict[str, Any]:
    found = ask(snapshot, name, {"as_of": "2022-12-31", **params})
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain


def key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row["members"]) if "members" in row else (row["company"], row["goods"])


@pytest.mark.parametrize("name", TIMED)
def test_no_time_is_said(snapshot: Any, name: str) -> None:
    ordinary = asked(snapshot, name)
    assert len(ordinary["results"]) >= MANY
    assert "time_limit" not in str(ordinary.get("truncated"))
    short = asked(snapshot, name, time_limit=1e-7)
    assert short["results"] == []
    assert SAID in short["truncated"]["reason"]


@pytest.mark.parametrize("name", TIMED)
def test_what_was_found_until_then_is_answered(
    monkeypatch: pytest.MonkeyPatch, snapshot: Any, name: str
) -> None:
    """By a clock that goes on a second whenever it is looked at."""
    whole = {key(row) for row in asked(snapshot, name)["results"]}
    counts = []
    for limit in range(1, 60):
        ticks = iter(range(10_000))
        monkeypatch.setattr("graph.deadline.monotonic", lambda ticks=ticks: next(ticks))
        found = asked(snapshot, name, time_limit=limit)
        rows = {key(row) for row in found["results"]}
        assert rows <= whole
        said = SAID in ((found.get("truncated") or {}).get("reason") or "")
        assert said == (rows != whole)
        counts.append(len(rows))
    assert counts == sorted(counts)
    assert counts[-1] == len(whole)
    assert any(0 < count < len(whole) for count in counts)
