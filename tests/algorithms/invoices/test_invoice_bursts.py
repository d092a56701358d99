"""Bursts of invoices: against brute force, and what else could explain one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph.snapshot import Snapshot
from tests.algorithms.invoices.worlds import (
    accounts,
    as_facts,
    day,
    invoice,
    ledgers,
    transfer,
)
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.invoices import Invoice, bursts


def asked(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found = ask(snapshot, "invoice_bursts", {"as_of": "2022-12-31", **params})
    rows: list[dict[str, Any]] = msgspec.to_builtins(found["results"])
    return rows


@settings(max_examples=60, deadline=None)
@given(
    ledgers(most=24),
    st.lists(st.tuples(st.integers(0, 3), st.integers(-40, 20)), max_size=4),
    st.sampled_from([0.5, 3, 60]),
    st.sampled_from([0, 5, 50]),
    st.integers(1, 4),
    st.integers(1, 3),
)
def test_rows_are_the_referees(made: list[Invoice], comings, window, age, least, buyers) -> None:
    facts = [
        {**fact, "valid_from": day(-30)} if fact["id"] == "c0" else fact for fact in as_facts(made)
    ]
    firms = {fact["id"] for fact in facts if fact["kind"] == "company"}
    born: dict[str, list[float]] = {"d:c0": [-30]}
    facts += [person("first"), *(person(f"p{n}") for n in range(len(comings)))]
    for firm in firms:
        facts.append(relation("shareholder", f"f{firm}", "first", firm))
    for number, (firm, at) in enumerate(comings):
        if f"c{firm}" in firms:
            name = f"c{firm}"
            facts.append(relation("shareholder", f"s{number}", f"p{number}", name,
                                  valid_from=day(at)))  # fmt: skip
            born.setdefault(f"d:{name}", []).append(at)
    with world(facts) as snapshot:
        rows = asked(snapshot, window=window, max_age=age, min_invoices=least, min_buyers=buyers)
    found = {row["members"][0]: set(row["facts"]) for row in rows}
    assert len(found) == len(rows)
    assert found == bursts(made, born, window, age, least, buyers)


FIRMS = [company(f"b{n}") for n in range(8)]
NEW = company("x", valid_from="2021-01-01")


def burst(
    count: int = 16, start: float = 40, buyers: int = 8, amount: str = "100.00"
) -> list[Fact]:
    """An invoice a day, to one buyer after another."""
    return [
        invoice(f"i{start}-{n}", "x", f"b{n % buyers}", start + n, amount, goods="1070101")
        for n in range(count)
    ]


def after() -> list[Fact]:
    """Somebody still trades later, so that silence can be told."""
    return [invoice("late", "b1", "b2", 300, goods="2010101")]


def test_a_new_company_that_buys_nothing_and_is_gone() -> None:
    gone = {**NEW, "valid_to": "2021-06-01"}
    undone = [{**fact, "status": "void"} for fact in burst(20)[:4]]
    with world([gone, *FIRMS, *undone, *burst(20)[4:]]) as snapshot:
        (row,) = asked(snapshot)
    assert row["members"] == ["d:x"]
    assert row["attrs"]["circle"] == [f"d:b{n}" for n in range(8)]
    attrs = {key: row["attrs"][key] for key in ("buyers", "undone", "inputs", "silent_days")}
    assert attrs == {"buyers": 8, "undone": 0.2, "inputs": 0.0, "silent_days": 0}
    assert row["signs"]["no_inputs"] == 3.0
    assert row["signs"]["gone"] == 2.0
    assert (row["amount"], row["begins"], row["ends"]) == ("2000.00", day(40)[:10], day(59)[:10])


def test_silence_is_told_by_those_who_go_on() -> None:
    with world([NEW, *FIRMS, *burst(), *after()]) as snapshot:
        (row,) = asked(snapshot)
        assert row["attrs"]["silent_days"] == 300 - 55
        assert row["signs"]["silent"] == 1.5
    with world([NEW, *FIRMS, *burst()]) as snapshot:
        (row,) = asked(snapshot)
        assert row["attrs"]["silent_days"] == 0
        assert "silent" not in row["signs"]


def test_an_old_company_is_none_unless_it_came_into_other_hands() -> None:
    old = {**NEW, "valid_from": "2011-01-01"}
    first = relation("legal_representative", "l1", "p", "x", valid_from="2011-01-01",
                     valid_to=day(20))  # fmt: skip
    second = relation("legal_representative", "l2", "q", "x", valid_from=day(20))
    base = [old, *FIRMS, person("p"), person("q"), *burst()]
    with world([*base, first]) as snapshot:
        assert asked(snapshot) == []
    with world([*base, first, second]) as snapshot:
        assert len(asked(snapshot)) == 1
        assert asked(snapshot, max_age=10) == []


def signs(*more: Fact, facts: list[Fact] | None = None) -> dict[str, float]:
    with world([NEW, *FIRMS, *(burst() if facts is None else facts), *more]) as snapshot:
        (row,) = asked(snapshot)
    found: dict[str, float] = row["signs"]
    return found


def test_the_same_season_of_another_year_is_an_innocent_explanation() -> None:
    again = burst(16, start=40 + 370)
    assert signs(*again)["season"] == -4.0
    assert "season" not in signs(*burst(5, start=40 + 370))


def test_a_large_project_has_few_buyers() -> None:
    big = [{**fact, "amount": "9000.00"} if fact["to"] == "b0" else fact for fact in burst()]
    shares = [18000, *[200] * 7]
    number = sum(shares) ** 2 / sum(s * s for s in shares)
    assert signs(facts=big)["project"] == pytest.approx(-2 * (3 - number))
    assert "project" not in signs()


def test_a_liquidation_sells_what_was_bought() -> None:
    bought = invoice("in", "b1", "x", 10, "1600.00", goods="1070101")
    found = signs(bought)
    assert found["inputs"] == pytest.approx(-1.5 * 1.2039728)
    assert "no_inputs" not in found


def test_what_needs_no_inputs_is_not_held_against_anybody() -> None:
    others = [company(f"o{n}") for n in range(6)]
    plain = [invoice(f"v{n}", f"o{n}", "b1", n, goods="1070101") for n in range(6)]
    assert "no_inputs" not in signs(*others, *plain)


def test_one_that_pays_wages_and_rent() -> None:
    people = [person("w")]
    base = [*people, *accounts(NEW, *FIRMS, *people)]
    money = []
    for month in range(4):
        money.append(transfer(f"w{month}", "a-x", "a-w", 31 * month + 5, "40.00"))
        money.append(transfer(f"r{month}", "a-x", "a-b7", 31 * month + 5, "10.00"))
    pays = [transfer(f"t{n}", f"a-b{n}", "a-x", 60, "200.00") for n in range(8)]
    poor, living = signs(*base, *pays), signs(*base, *pays, *money)
    assert (poor["no_living"], poor["no_bills"]) == (3.5, 1.5)
    assert living["living"] < 0 and living["bills"] == -2.0 and living["payroll"] == -1.5


def test_an_even_trade_is_no_burst() -> None:
    steady = [invoice(f"s{n}", "x", f"b{n % 8}", 15 * n, goods="1070101") for n in range(48)]
    found = signs(facts=steady)
    assert found["steady"] == -3.0
