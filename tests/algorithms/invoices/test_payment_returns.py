"""Payment returns, against every walk of the money, and what is weighed against them."""

from __future__ import annotations

from decimal import Decimal
from math import comb
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph import compiled
from graph.snapshot import Snapshot
from tests.algorithms.invoices.worlds import accounts, day, invoice, transfer
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.returns import returns

FIRMS, PEOPLE = ("c1", "c2", "c3"), ("p1", "p2", "p3")
HOLDERS = FIRMS + PEOPLE


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(
        ask(snapshot, "payment_returns", {"as_of": "2021-12-31", **params})
    )
    return found


def plain(names: list[str]) -> list[str]:
    return [name.removeprefix("d:") for name in names]


def dated(fact: Fact) -> Fact:
    """A transfer of the referee, whose day is a number, as it is loaded."""
    if fact["kind"] != "transfer":
        return fact
    return {k: v for k, v in fact.items() if k != "day"} | {"at": day(fact["day"])}


def moved(name: str, a: str, b: str, at: int, amount: str) -> Fact:
    return relation("transfer", name, f"a-{a}", f"a-{b}", day=at, amount=amount)


@st.composite
def worlds(draw: st.DrawFn) -> list[Fact]:
    """Few accounts and days, so that money often comes back, in parts and by several ways."""
    facts = [*map(company, FIRMS), *map(person, PEOPLE)]
    facts += accounts(*facts)
    firm, who, body = (st.sampled_from(x) for x in (FIRMS, HOLDERS, PEOPLE))
    for i in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(("legal_representative", "shareholder", "employs", "kin")))
        a, b = {"employs": (firm, body), "kin": (body, body)}.get(kind, (who, firm))
        facts.append(relation(kind, f"r{i}", draw(a), draw(b)))
    if draw(st.booleans()):
        facts.append(relation("holds_account", "h-joint", draw(who), "a-p1"))
    for i in range(draw(st.integers(1, 3))):
        a = draw(firm)
        facts.append(invoice(f"v{i}", a, draw(firm.filter(lambda b, a=a: b != a)), 1))
    for i in range(draw(st.integers(0, 10))):
        amount = draw(st.sampled_from(("100", "90", "50", "45", "5")))
        facts.append(moved(f"t{i:02d}", draw(who), draw(who), draw(st.integers(1, 6)), amount))
    return facts


@st.composite
def lumped(draw: st.DrawFn) -> list[Fact]:
    """One buyer's payments to one seller, and larger sums that go back to who is kin to it."""
    facts = [*map(company, FIRMS), *map(person, PEOPLE)]
    facts += accounts(*facts)
    facts += [relation("legal_representative", "r1", "p2", "c2"), relation("kin", "r2", "p2", "p3")]
    facts.append(invoice("v1", "c1", "c2", 1))
    days, small = st.integers(1, 9), st.sampled_from(("50", "100"))
    large = st.sampled_from(("50", "90", "100", "140", "150", "190", "200", "290", "600"))
    for i in range(draw(st.integers(2, 8))):
        facts.append(moved(f"t{i:02d}", "c2", "c1", draw(days), draw(small)))
    for i in range(draw(st.integers(1, 4))):
        facts.append(moved(f"u{i:02d}", "c1", draw(st.sampled_from(("p1", "p3"))), draw(days),
                           draw(large)))  # fmt: skip
    for i in range(draw(st.integers(0, 3))):
        facts.append(moved(f"x{i:02d}", "p1", draw(st.sampled_from(("p3", "c3"))), draw(days),
                           draw(large)))  # fmt: skip
    return facts


@settings(max_examples=250, deadline=None)
@given(
    worlds() | lumped(), st.sampled_from([0, 2, 10]), st.integers(1, 4),
    st.sampled_from([0.0, 0.1, 0.5]), st.sampled_from([0.1, 0.45]),
)  # fmt: skip
def test_all_returns_are_found(
    facts: list[Fact], window: int, hops: int, fee: float, part: float
) -> None:
    expected = returns(facts, window, hops, fee, part)
    with world(map(dated, facts)) as snapshot:
        answer = asked(snapshot, window=window, max_hops=hops, max_fee=fee, min_part=part)
    rows = {tuple(plain(r["members"])): r for r in answer["results"]}
    assert rows.keys() == expected.keys()
    assert answer["truncated"] is None
    for pair, want in expected.items():
        found = rows[pair]
        assert (Decimal(found["amount"]), Decimal(found["attrs"]["returned"])) == (
            want.paid, want.back,
        )  # fmt: skip
        assert (found["attrs"]["payments"], found["attrs"]["returns"]) == (
            want.payments, len(want.returned),
        )  # fmt: skip
        assert set(plain(found["facts"])) == want.facts
        n, k, c = want.followed, want.hits, want.chance
        tail = sum(comb(n, i) * c**i * (1 - c) ** (n - i) for i in range(k, n + 1))
        assert found["p"] == pytest.approx(tail)


BACK = [
    *map(company, FIRMS), *map(person, PEOPLE), *accounts(*map(company, FIRMS)),
    *accounts(*map(person, PEOPLE)),
    relation("legal_representative", "r1", "p2", "c2"), relation("kin", "r2", "p2", "p3"),
    invoice("v1", "c1", "c2", 0),
    transfer("t1", "a-c2", "a-c1", 1, "1000.00"), transfer("t2", "a-c1", "a-p1", 2, "950.00"),
    transfer("t3", "a-p1", "a-p3", 3, "500.00"), transfer("t4", "a-p1", "a-p3", 4, "440.00"),
    *(transfer(f"n{i}", "a-p1", "a-c3", 40 + i, "3.00") for i in range(30)),
]  # fmt: skip


def row(facts: list[Fact], **params: Any) -> dict[str, Any]:
    with world(facts) as snapshot:
        (found,) = asked(snapshot, **params)["results"]
    return dict(found)


def test_money_is_back_with_kin_of_who_represents_the_buyer() -> None:
    """In two parts over one person's account, six in a hundred left behind."""
    found = row(BACK)
    assert plain(found["members"]) == ["c1", "c2"]
    assert plain(found["facts"]) == ["t1", "t2", "t3", "t4"]
    assert plain(found["attrs"]["circle"]) == ["p1", "p3"]
    assert found["attrs"]["returned"] == "940.00"
    assert found["attrs"]["fee"] == pytest.approx(0.06)
    assert (found["begins"], found["ends"]) == ("2021-01-02", "2021-01-02")
    assert found["signs"] == {"mostly_back": 2.0}


def test_several_payments_come_back_in_one_lump() -> None:
    """Three payments, one of another month; what is back is more than any of them."""
    rest = [f for f in BACK if f["id"] not in {"t1", "t2", "t3", "t4"}]
    paid = [
        transfer("t0", "a-c2", "a-c1", -60, "500.00"),
        transfer("t1", "a-c2", "a-c1", 1, "400.00"),
        transfer("t2", "a-c2", "a-c1", 2, "300.00"),
        transfer("t3", "a-c2", "a-c1", 3, "300.00"),
        transfer("t4", "a-c1", "a-p1", 4, "950.00"),
        transfer("t5", "a-p1", "a-p3", 6, "930.00"),
    ]
    found = row([*rest, *paid])
    assert plain(found["facts"]) == ["t1", "t2", "t3", "t4", "t5"]
    assert (found["amount"], found["attrs"]["returned"]) == ("1000.00", "930.00")
    assert (found["attrs"]["payments"], found["attrs"]["returns"]) == (4, 3)
    assert found["attrs"]["share"] == pytest.approx(2 / 3)
    with world([*rest, *paid]) as snapshot:
        assert asked(snapshot, window=4)["results"] == []  # the first of them was too long ago


def test_too_late_or_too_little_is_no_return() -> None:
    with world(BACK) as snapshot:
        assert asked(snapshot, window=2)["results"] == []
        assert asked(snapshot, max_fee=0.05)["results"] == []
        assert asked(snapshot, max_hops=1)["results"] == []
        assert asked(snapshot, as_of="2021-01-04")["results"] == []
        assert asked(snapshot, company="c3")["results"] == []


def test_what_the_seller_pays_for_goods_does_not_come_back() -> None:
    """The buyer sells to the seller too: that is trade."""
    rest = [f for f in BACK if f["kind"] != "transfer"]
    paid = [transfer("t1", "a-c2", "a-c1", 1), transfer("t2", "a-c1", "a-c2", 2, "95.00")]
    with world([*rest, *paid]) as snapshot:
        assert len(asked(snapshot)["results"]) == 1
    with world([*rest, *paid, invoice("v2", "c2", "c1", 0)]) as snapshot:
        assert asked(snapshot)["results"] == []


def test_one_of_many_payments_may_be_chance() -> None:
    more = [transfer(f"m{i}", "a-c2", "a-c1", 100 + i, "1000.00") for i in range(3)]
    found = row([*BACK, *more])
    assert found["attrs"]["payments"] == 4
    assert found["signs"]["once"] < 0


def test_a_refund_is_ordinary() -> None:
    """The seller pays back itself; or a red letter takes the invoice back in part."""
    paid = [f for f in BACK if f["id"] not in {"t2", "t3", "t4"}]
    direct = row([*paid, transfer("t2", "a-c1", "a-c2", 2, "1000.00")])
    assert direct["signs"]["refund"] < 0
    red = invoice("v9", "c1", "c2", 5, "-99.00", status="red")
    assert "refund" not in row([*BACK, red])["signs"]
    red = invoice("v9", "c1", "c2", 5, "-600.00", status="red")
    big = [f if f["id"] != "v1" else invoice("v1", "c1", "c2", 0, "1000.00") for f in BACK]
    assert row([*big, red])["signs"]["refund"] < 0


def test_a_group_that_pools_its_cash_is_ordinary() -> None:
    """Both are held by one firm, and the money is back with it."""
    held = [
        relation("shareholder", "s1", "c3", "c1", share="1"),
        relation("shareholder", "s2", "c3", "c2", share="1"),
        transfer("t2", "a-c1", "a-c3", 2, "950.00"),
    ]
    found = row([*(f for f in BACK if f["id"] not in {"t2", "t3", "t4"}), *held])
    assert found["signs"]["declared_group"] < 0
    assert found["score"] < 0.5


def test_bounds_are_said() -> None:
    more = [transfer(f"m{i}", "a-c1", "a-c3", 1, "600.00") for i in range(5)]
    with world(BACK + more) as snapshot:
        answer = asked(snapshot, max_explored=3)
    assert "max_explored: 1 payments" in answer["truncated"]["reason"]


def test_compiled_and_interpreted_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(BACK) as snapshot:
        before = asked(snapshot)
        monkeypatch.setattr(compiled, "_warm", True)
        assert asked(snapshot) == before
