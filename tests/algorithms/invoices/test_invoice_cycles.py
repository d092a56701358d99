"""Invoice cycles through the store: rings, what is paid, what is said of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from algorithms.registry import ask
from graph.snapshot import Snapshot
from tests.algorithms.invoices.worlds import accounts, as_facts, invoice, ledgers, transfer
from tests.algorithms.related.worlds import Fact, company, relation, world
from tests.referees.invoices import Invoice, circles

FIRMS = [company(name) for name in "xyzw"]


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    found = ask(snapshot, "invoice_cycles", {"as_of": "2022-12-31", **params})
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain


@settings(max_examples=40, deadline=None)
@given(ledgers(most=20))
def test_rows_are_the_referees_rings(made: list[Invoice]) -> None:
    with world(as_facts(made)) as snapshot:
        answer = asked(snapshot)
    by_id = {i.id: i for i in made}
    expected = circles(made, 2, 6, 90, 0.25, 3)
    assert answer["truncated"] is None
    found = {}
    for row in answer["results"]:
        members = row["members"]
        turn = members.index(min(members))
        ring = (*members[turn:], *members[:turn])
        assert ring not in found
        found[ring] = set(row["facts"])
        first = by_id[row["facts"][0]]
        assert first.time == min(by_id[fact].time for fact in row["facts"])
        assert first.seller == members[0]
        hops = [(by_id[f].seller, by_id[f].buyer) for f in row["facts"]]
        order = list(zip(members, (*members[1:], members[0]), strict=True))
        assert list(dict.fromkeys(hops)) == order
        assert 0 < row["p"] <= 1
    assert found == expected


def ring(amount: str = "100.00") -> list[Fact]:
    return [
        invoice("i1", "x", "y", 1, amount, goods="1070101"),
        invoice("i2", "y", "z", 8, amount, goods="1070101"),
        invoice("i3", "z", "x", 15, amount, goods="1070101"),
    ]


def payments(share: float) -> list[Fact]:
    amount = f"{100 * share:.2f}"
    return [
        transfer("t1", "a-y", "a-x", 3, amount),
        transfer("t2", "a-z", "a-y", 10, amount),
        transfer("t3", "a-x", "a-z", 40, amount),
    ]


BASE = [*FIRMS, *accounts(*FIRMS)]


def test_who_is_in_it_and_what_it_came_to() -> None:
    with world([*BASE, *ring()]) as snapshot:
        (row,) = asked(snapshot)["results"]
    assert row["members"] == ["d:x", "d:y", "d:z"]
    assert row["facts"] == ["d:i1", "d:i2", "d:i3"]
    assert (row["amount"], row["begins"], row["ends"]) == ("300.00", "2021-01-02", "2021-01-16")
    assert row["attrs"] == {"unpaid": None}
    assert row["signs"] == {"same_goods": 1.0}


@pytest.mark.parametrize(
    ("share", "unpaid", "sign"),
    [(0.1, 0.9, {"unpaid": 3.6}), (1.0, 0.0, {"paid": -6.0}), (0.5, 0.5, {"paid": -1.2})],
)
def test_payments_speak_for_trade(share: float, unpaid: float, sign: dict[str, float]) -> None:
    with world([*BASE, *ring(), *payments(share)]) as snapshot:
        (row,) = asked(snapshot)["results"]
    assert row["attrs"] == {"unpaid": pytest.approx(unpaid)}
    assert {k: v for k, v in row["signs"].items() if k != "same_goods"} == pytest.approx(sign)


def test_payments_long_after_or_the_wrong_way_are_none() -> None:
    wrong = [
        transfer("t1", "a-x", "a-y", 3), transfer("t2", "a-y", "a-z", 10),
        transfer("t3", "a-x", "a-z", 80),
    ]  # fmt: skip
    with world([*BASE, *ring(), *wrong]) as snapshot:
        (row,) = asked(snapshot)["results"]
    assert row["attrs"] == {"unpaid": 1.0}


def test_a_declared_group_is_an_innocent_explanation() -> None:
    group = [
        company("head"),
        *(relation("shareholder", f"s{n}", "head", n, share="0.8") for n in "xyz"),
    ]
    with world([*BASE, *group, *ring()]) as snapshot:
        (row,) = asked(snapshot)["results"]
    assert row["signs"] == {"same_goods": 1.0, "declared_group": -4.0}


def test_other_goods_on_each_hop_are_processing() -> None:
    made = [{**fact, "goods": f"{n}0701"} for n, fact in enumerate(ring(), 1)]
    with world([*BASE, *made]) as snapshot:
        (row,) = asked(snapshot)["results"]
    assert row["signs"] == {"processing": -1.0}


def test_parts_of_a_hop_count_together() -> None:
    made = [*ring()[:2], invoice("p1", "z", "x", 15, "40.00"), invoice("p2", "z", "x", 16, "58.00")]
    with world([*BASE, *made]) as snapshot:
        (row,) = asked(snapshot)["results"]
        assert row["facts"] == ["d:i1", "d:i2", "d:p1", "d:p2"]
        assert asked(snapshot, max_parts=1)["results"] == []


def test_what_was_taken_back_makes_no_circle() -> None:
    made = [*ring(), invoice("r", "z", "x", 20, "-100.00", status="red")]
    with world([*BASE, *made]) as snapshot:
        assert asked(snapshot)["results"] == []
    made = [*ring()[:2], {**ring()[2], "status": "void"}]
    with world([*BASE, *made]) as snapshot:
        assert asked(snapshot)["results"] == []


def test_a_company_sees_its_own() -> None:
    with world([*BASE, *ring()]) as snapshot:
        everybody = asked(snapshot)["results"]
        assert asked(snapshot, company="d:z")["results"] == everybody
        assert asked(snapshot, company="d:w")["results"] == []


def test_a_bound_is_said() -> None:
    with world([*BASE, *ring()]) as snapshot:
        answer = asked(snapshot, max_explored=1)
    assert answer["results"] == []
    assert answer["truncated"]["reason"].startswith("max_explored")
    assert answer["truncated"]["limit"] == 1


def test_of_many_the_first_are_those_of_most_evidence() -> None:
    firms = [company(f"k{n}") for n in range(60)]
    made = []
    for n in range(20):
        a, b, c = (f"k{3 * n + k}" for k in range(3))
        goods = ["1070101", "2010101", "3010101"] if n % 3 else ["1070101"] * 3
        for k, (x, y) in enumerate(((a, b), (b, c), (c, a))):
            made.append(invoice(f"i{n}-{k}", x, y, k, f"{100 + n % 7}.00", goods=goods[k]))
    with world([*firms, *made]) as snapshot:
        whole = asked(snapshot)
        assert len(whole["results"]) == 20
        for most in (1, 3, 8, 19):
            some = asked(snapshot, max_rows=most)
            assert [row["score"] for row in some["results"]] == [
                row["score"] for row in whole["results"][:most]
            ]
            assert some["truncated"]["reason"].startswith("max_rows: 20 findings")
            assert {row["id"]: row for row in whole["results"]}.items() >= {
                row["id"]: row for row in some["results"]
            }.items()
