"""Goods sold that were never bought: against brute force, and who may well make them."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.invoices.balance import Usual, balance, overheads
from algorithms.invoices.ledgers import books
from algorithms.registry import ask
from graph.money import decimal_text
from graph.snapshot import Snapshot
from graph.times import day_end
from tests.algorithms.invoices.worlds import accounts, as_facts, invoice, ledgers, transfer
from tests.algorithms.related.worlds import Fact, company, relation, world
from tests.referees.invoices import Invoice, mismatched, standing


def asked(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found = ask(snapshot, "goods_mismatch", {"as_of": "2022-12-31", **params})
    rows: list[dict[str, Any]] = msgspec.to_builtins(found["results"])
    return rows


@settings(max_examples=60, deadline=None)
@given(
    ledgers(most=24),
    st.sampled_from([0.1, 0.6]),
    st.sampled_from([0.0, 0.3, 0.9]),
    st.sampled_from([0.5, 2, 20]),
    st.sampled_from([0.05, 0.2, 2.0]),
)
def test_rows_are_the_referees(made: list[Invoice], share, replaced, dwell, margin) -> None:
    with world(as_facts(made)) as snapshot:
        rows = asked(
            snapshot, min_share=share, min_replaced=replaced, dwell=dwell, max_margin=margin
        )
    found = {row["members"][0]: (row["amount"], set(row["facts"])) for row in rows}
    assert len(found) == len(rows)
    expected = mismatched(made, share, replaced, dwell, margin)
    assert found == {
        firm: (decimal_text(amount), facts) for firm, (amount, facts) in expected.items()
    }


@settings(max_examples=40, deadline=None)
@given(ledgers(firms=8, most=60))
def test_what_is_usual(made: list[Invoice]) -> None:
    net = standing(made)
    stand = [i for i in made if net.get(i.id, 0) > 0 and i.goods]
    bought: dict[str, dict[str, int]] = {}
    sells: dict[str, set[str]] = {}
    for i in stand:
        group = str(i.goods)[:3]
        sells.setdefault(i.seller, set()).add(group)
        own = bought.setdefault(i.buyer, {})
        own[group] = own.get(group, 0) + net[i.id]
    main = {
        firm: {g for g, x in own.items() if x >= 0.05 * sum(own.values())}
        for firm, own in bought.items()
    }
    with world(as_facts(made)) as snapshot:
        kept = books(snapshot, day_end("2022-12-31"))
        usual = Usual(balance(kept.invoices), kept.n)
        names = snapshot.canonicals(kept.company.tolist())
        for firm, groups in sells.items():
            for group in groups:
                others = [f for f in sells if f != firm and group in sells[f]]
                own = bought.get(firm, {})
                expected = 0.0
                for h, amount in own.items():
                    often = sum(h in main.get(f, ()) for f in others) / max(len(others), 1)
                    base = sum(h in main.get(f, ()) for f in sells) / len(sells)
                    expected += amount / sum(own.values()) * max(often - base, 0)
                found = usual.fit(names.index(firm), kept.invoices.groups.index(group))
                if len(others) < 5:
                    assert found is None
                else:
                    assert found == pytest.approx(expected, abs=1e-12)


def test_overheads_are_what_most_sellers_buy(monkeypatch: pytest.MonkeyPatch) -> None:
    firms = [company(f"c{n}") for n in range(60)] + [company("plant"), company("end")]
    made = [invoice(f"p{n}", "plant", f"c{n}", n, goods="1100101") for n in range(30)]
    made += [invoice(f"s{n}", f"c{n}", "end", n, goods="1070101") for n in range(60)]
    made += [invoice(f"q{n}", "end", f"c{n}", n, goods="2010101") for n in range(20)]
    with world([*firms, *made]) as snapshot:
        kept = books(snapshot, day_end("2022-12-31"))
        whole = balance(kept.invoices)
        found = overheads(whole)
        assert found is not None
        assert np.array(kept.invoices.groups)[found].tolist() == ["110"]
        monkeypatch.setattr("algorithms.invoices.balance.ENOUGH", 63)
        assert overheads(whole) is None


FIRMS = [company(name) for name in ("x", "mill", "shop", "plant")]


def deals(count: int, margin: float = 0.05) -> list[Fact]:
    made = []
    for n in range(count):
        bought = 1000 + 97 * n
        made.append(invoice(f"b{n}", "mill", "x", 40 * n, f"{bought}.00", goods="1050101"))
        made.append(
            invoice(f"s{n}", "x", "shop", 40 * n + 6, f"{bought * (1 + margin):.2f}",
                    goods="1070101")
        )  # fmt: skip
    return made


def test_one_kind_in_and_another_out() -> None:
    with world([*FIRMS, *deals(8)]) as snapshot:
        (row,) = asked(snapshot)
    assert row["members"] == ["d:x"]
    assert row["attrs"]["circle"] == ["d:mill", "d:shop"]
    assert (row["attrs"]["sells"], row["attrs"]["buys"]) == (["107"], ["105"])
    assert (row["attrs"]["share"], row["attrs"]["replaced"]) == (1.0, 1.0)
    assert row["attrs"]["usual"] is None
    assert row["signs"] == {"replaced": 3.0}
    assert row["facts"][:3] == ["d:b0", "d:s0", "d:b1"]
    assert row["p"] < 1e-3


def test_a_maker_earns_on_what_it_makes() -> None:
    with world([*FIRMS, *deals(8, margin=0.6)]) as snapshot:
        assert asked(snapshot) == []


def sign(name: str, *more: Fact) -> float | None:
    with world([*FIRMS, *deals(8), *more]) as snapshot:
        rows = [row for row in asked(snapshot) if row["members"] == ["d:x"]]
        found: float | None = rows[0]["signs"].get(name)
    return found


def makers(count: int, buys: str) -> list[Fact]:
    """Others who sell 107, and what they buy."""
    made = [company(f"m{n}") for n in range(count)]
    made += [invoice(f"ms{n}", f"m{n}", "shop", n, goods="1070101") for n in range(count)]
    made += [invoice(f"mb{n}", "mill", f"m{n}", n, "30.00", goods=buys) for n in range(count)]
    made.append(company("q"))
    made += [invoice(f"q{n}", "q", "plant", n, goods=f"{200 + n}") for n in range(3)]
    return made


def test_others_make_this_of_that() -> None:
    assert sign("usual", *makers(8, "1050101")) == pytest.approx(-1.5)
    assert sign("unusual", *makers(8, "2010101")) == pytest.approx(1.5)
    # Of 11 sellers 9 buy 105 mainly, and so do all 8 others who sell 107.
    usual = 1 - 9 / 11
    assert -math.log(usual / 0.04) == pytest.approx(-1.5, abs=0.02)


def test_a_works_has_much_power() -> None:
    power = invoice("pw", "plant", "x", 50, "900.00", goods="1100101")
    assert sign("power", power) == -3.0
    assert sign("power", {**power, "amount": "300.00"}) is None


def test_inside_a_declared_group() -> None:
    group = [
        company("head"),
        *(relation("shareholder", f"g{n}", "head", n, share="0.8") for n in ("x", "mill", "shop")),
    ]
    assert sign("declared_group", *group) == pytest.approx(-10.0)
    assert sign("declared_group", *group[:3]) == pytest.approx(-10 / 2.05, abs=0.01)


def test_a_service_needs_no_goods() -> None:
    others = [company(f"o{n}") for n in range(6)]
    plain = [invoice(f"v{n}", f"o{n}", "plant", n, goods="1070101") for n in range(6)]
    assert sign("service", *others, *plain) == -3.0


def test_few_deals() -> None:
    with world([*FIRMS, *deals(2)]) as snapshot:
        (row,) = asked(snapshot)
    assert row["signs"]["few_deals"] == -3.0


def test_it_lives_on_nothing_where_others_pay() -> None:
    base = [*accounts(*FIRMS)]
    pays = [transfer(f"t{n}", "a-x", "a-mill", 90 * n, "4000.00") for n in range(2)] + [
        transfer(f"u{n}", "a-shop", "a-x", 40 * n + 9, "1000.00") for n in range(8)
    ]
    assert sign("no_living", *base, *pays) == 2.0
    assert sign("no_living") is None
