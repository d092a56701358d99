"""Goods along invoices, against every walk by brute force."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph.errors import UnknownSubject
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import Fact, company, relation, world
from tests.referees.goods import Sale, stops

GROUPS = ("1070101", "1070202", "3040100")


def facts_of(sales: list[Sale]) -> list[Fact]:
    firms = sorted({end for sale in sales for end in (sale.seller, sale.buyer)})
    return [
        *map(company, firms),
        *(
            relation(
                "invoice", s.id, s.seller, s.buyer, amount=str(s.amount), goods=s.goods,
                at=f"2021-05-{s.day:02d}",
            )
            for s in sales
        ),
    ]  # fmt: skip


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    params = {"from" if name == "start" else name: value for name, value in params.items()}
    found: dict[str, Any] = msgspec.to_builtins(ask(snapshot, "trace_goods", params))
    return found


def plain(names: list[str]) -> tuple[str, ...]:
    return tuple(name.removeprefix("d:") for name in names)


@st.composite
def markets(draw: st.DrawFn) -> list[Sale]:
    """Few firms and days, so that there are circles, equal days and several ways."""
    firm = st.sampled_from(["c1", "c2", "c3", "c4", "c5"])
    made = draw(st.lists(
        st.tuples(firm, firm, st.integers(1, 6), st.integers(1, 3), st.sampled_from(GROUPS)),
        min_size=1, max_size=9,
    ))  # fmt: skip
    return [Sale(f"v{i}", *sale) for i, sale in enumerate(made) if sale[0] != sale[1]]


@settings(max_examples=150, deadline=None)
@given(
    markets(), st.sampled_from([None, "107", "1070101", "3"]), st.sampled_from([None, "c1"]),
    st.integers(1, 5), st.sampled_from([None, 1, 3]), st.booleans(),
)  # fmt: skip
def test_all_that_goods_can_reach(
    sales: list[Sale], goods: str | None, start: str | None, depth: int, window: int | None,
    backward: bool,
) -> None:  # fmt: skip
    kinds = ["107", "304"] if goods is None else [goods]
    with world(facts_of(sales)) as snapshot:
        if start is not None and not any("c1" in (s.seller, s.buyer) for s in sales):
            with pytest.raises(UnknownSubject):
                asked(snapshot, start=start)
            return
        answer = asked(
            snapshot, goods=goods, start=start, max_depth=depth, window=window, backward=backward
        )
    rows = {(r["goods"], r["company"].removeprefix("d:")): r for r in answer["results"]}
    expected = {
        (kind, name): stop
        for kind in kinds
        for name, stop in stops(
            [s for s in sales if s.goods.startswith(kind)], start, depth, window, backward=backward
        ).items()
    }
    assert rows.keys() == expected.keys()
    assert len(rows) == len(answer["results"])
    for key, stop in expected.items():
        found = rows[key]
        assert (found["depth"], Decimal(found["amount"])) == (stop.depth, stop.amount)
        assert plain(found["facts"]) == stop.facts
        assert found["invoices"] == len(stop.reached)
        assert len(found["path"]) == stop.depth + 1
        assert found["path"][-1] == found["company"]
    ranks = [
        (r["depth"], -Decimal(r["amount"]), r["goods"], r["company"]) for r in answer["results"]
    ]
    assert ranks == sorted(ranks)


CHAIN = [
    Sale("v1", "maker", "trader", 3, 10, "1070101"), Sale("v2", "trader", "shop", 5, 11, "1070101"),
    Sale("v3", "trader", "early", 2, 4, "1070101"), Sale("v4", "shop", "buyer", 20, 12, "1070101"),
    Sale("v5", "trader", "other", 6, 9, "3040100"),
]  # fmt: skip


def test_a_chain_from_its_maker_and_back() -> None:
    """What was sold before it was bought did not come from there."""
    with world(facts_of(CHAIN)) as snapshot:
        ahead = asked(snapshot, goods="107")["results"]
        near = asked(snapshot, goods="107", window=10)["results"]
        behind = asked(snapshot, goods="107", start="buyer", backward=True)["results"]
    assert [(plain([r["company"]])[0], r["depth"], r["role"]) for r in ahead] == [
        ("maker", 0, "maker"), ("trader", 1, "supplier"), ("shop", 2, "supplier"),
        ("buyer", 3, "seller"),
    ]  # fmt: skip
    assert plain(ahead[-1]["path"]) == ("maker", "trader", "shop", "buyer")
    assert [plain([r["company"]])[0] for r in near] == ["maker", "trader", "shop"]
    assert [plain([r["company"]])[0] for r in behind] == ["buyer", "shop", "trader", "maker"]
    assert plain(behind[-1]["facts"]) == ("v4", "v2", "v1")


def test_what_was_taken_back_did_not_travel() -> None:
    red = relation(
        "invoice", "v9", "trader", "shop", amount="-11", goods="1070101", at="2021-05-06",
        status="red", attrs={"red_of": "v2"},
    )  # fmt: skip
    with world([*facts_of(CHAIN), red]) as snapshot:
        rows = asked(snapshot, goods="107", start="maker")["results"]
    assert [plain([r["company"]])[0] for r in rows] == ["maker", "trader"]


def test_a_hub_is_shown_and_not_followed() -> None:
    sales = [Sale(f"w{i}", "trader", f"k{i}", 7, 1, "1070101") for i in range(5)]
    with world(facts_of(CHAIN + sales)) as snapshot:
        answer = asked(snapshot, goods="107", start="maker", max_fanout=4)
        rest = asked(snapshot, goods="107", start="trader", max_fanout=4)
        short = asked(snapshot, goods="107", start="maker", max_depth=1)
    assert [(plain([r["company"]])[0], r["hub"]) for r in answer["results"]] == [
        ("maker", False), ("trader", True),
    ]  # fmt: skip
    assert "1 hubs were not followed further, d:trader first" in answer["truncated"]["reason"]
    assert len(rest["results"]) == 9
    assert rest["truncated"] is None
    assert "max_depth" in short["truncated"]["reason"]
