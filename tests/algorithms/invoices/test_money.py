"""Who held an account at the moment of a payment, against going over all facts one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.invoices.ledgers import books
from algorithms.invoices.money import HOLDERS, money
from graph.times import day_end, parse_time
from tests.algorithms.invoices.worlds import day, transfer
from tests.algorithms.related.worlds import Fact, company, relation, world

FIRMS = [f"c{i}" for i in range(6)]
Held = tuple[str, int, int]


def holding(name: str, firm: str, begin: int, end: int | None) -> Fact:
    until: dict[str, Any] = {} if end is None else {"valid_to": day(end)}
    return relation("holds_account", name, firm, "shared", valid_from=day(begin), **until)


def paid(facts: list[Fact], days: list[float]) -> set[tuple[float, str]]:
    """Who paid `payee` from the account `shared` on these days."""
    facts = [
        *map(company, [*FIRMS, "payee"]),
        *({"kind": "account", "id": name} for name in ("shared", "till")),
        relation("holds_account", "h-till", "payee", "till"),
        *facts,
        *(transfer(f"t{i}", "shared", "till", at) for i, at in enumerate(days)),
    ]
    with world(facts) as snapshot:
        moved = money(books(snapshot, day_end("2022-01-01")))
        when = {int(time): at for at, time in zip(days, map(_micros, days), strict=True)}
        found = [
            (when[time], snapshot.canonical(payer).removeprefix("d:"))
            for payer, time in zip(moved.payer.tolist(), moved.time.tolist(), strict=True)
        ]
    assert len(found) == len(set(found))
    return set(found)


def _micros(at: float) -> int:
    return parse_time(day(at))


def test_owners_one_after_the_other_are_no_crowd() -> None:
    facts = [holding(f"h{i}", f"c{i}", 10 * i, 10 * i + 10) for i in range(HOLDERS + 2)]
    days = [10.0 * i + 5 for i in range(HOLDERS + 2)]
    assert paid(facts, days) == {(at, f"c{i}") for i, at in enumerate(days)}


def test_one_owner_by_many_facts_is_no_crowd() -> None:
    facts = [holding(f"h{i}", "c0", 0, None) for i in range(HOLDERS + 2)]
    assert paid(facts, [5.0]) == {(5.0, "c0")}


@pytest.mark.parametrize("crowd", [HOLDERS, HOLDERS + 1])
def test_a_crowd_at_one_time_says_nothing(crowd: int) -> None:
    facts = [holding(f"h{i}", f"c{i}", i, 20 + i) for i in range(crowd)]
    each = {(10.0, f"c{i}") for i in range(crowd)}
    assert paid(facts, [10.0]) == (each if crowd <= HOLDERS else {(10.0, "shared")})


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(FIRMS), st.integers(0, 12), st.integers(1, 8)).map(
            lambda each: (each[0], each[1], each[1] + each[2])
        ),
        max_size=12,
    )
)
def test_it_is_what_the_facts_say(held: list[Held]) -> None:
    facts = [holding(f"h{i}", *each) for i, each in enumerate(held)]
    days = [step / 2 for step in range(42)]
    at = {t: {firm for firm, begin, end in held if begin <= t < end} for t in days}
    crowd = any(len(firms) > HOLDERS for firms in at.values())
    expected = {(t, firm) for t in days for firm in (at[t] if at[t] and not crowd else {"shared"})}
    assert paid(facts, days) == expected
