"""Small worlds of invoices and payments."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from graph.money import decimal_text
from tests.algorithms.related.worlds import Fact, company, relation
from tests.referees.invoices import Invoice

DAY_ONE = datetime(2021, 1, 1, tzinfo=timezone(timedelta(hours=8)))


def day(number: float) -> str:
    return (DAY_ONE + timedelta(days=number)).isoformat()


def invoice(name: str, a: str, b: str, at: float, amount: str = "100.00", **more: Any) -> Fact:
    """An invoice of a day counted from the first of 2021."""
    return relation("invoice", name, a, b, amount=amount, at=day(at), **more)


def transfer(name: str, a: str, b: str, at: float, amount: str = "100.00", **more: Any) -> Fact:
    return relation("transfer", name, a, b, amount=amount, at=day(at), **more)


def accounts(*holders: Fact) -> list[Fact]:
    """An account `a-NAME` for each company or person."""
    made: list[Fact] = []
    for holder in holders:
        name = holder["id"]
        made.append({"kind": "account", "id": f"a-{name}"})
        made.append(relation("holds_account", f"h-{name}", name, f"a-{name}"))
    return made


def as_facts(invoices: list[Invoice]) -> list[Fact]:
    """Invoices of the referee as facts, with their companies."""
    ends = sorted({end for i in invoices for end in (i.seller, i.buyer)})
    made = [company(name.removeprefix("d:")) for name in ends]
    for number, i in enumerate(invoices):
        more: dict[str, Any] = {"goods": i.goods} if i.goods else {}
        if i.void or i.amount < 0:
            more["status"] = "void" if i.void else "red"
        if i.cites:
            more["attrs"] = {"red_of": i.cites if number % 2 else i.cites.removeprefix("d:")}
        ends = (i.seller.removeprefix("d:"), i.buyer.removeprefix("d:"))
        made.append(invoice(i.id.removeprefix("d:"), *ends, i.time, decimal_text(i.amount), **more))
    return made


@st.composite
def ledgers(draw: st.DrawFn, firms: int = 4, most: int = 16) -> list[Invoice]:
    """Few companies and amounts, so that circles, equal moments and red letters are common."""
    days = draw(st.sampled_from([0, 3, 30]))
    made = []
    for number in range(draw(st.integers(0, most))):
        seller = draw(st.integers(0, firms - 1))
        buyer = (seller + draw(st.integers(1, firms - 1))) % firms
        amount = draw(st.sampled_from([100, 100, 104, 250])) * draw(
            st.sampled_from([1, 1, 1, 1, -1])
        )
        made.append(
            Invoice(
                f"d:i{number:02d}", f"d:c{seller}", f"d:c{buyer}", draw(st.integers(0, days)),
                amount, draw(st.sampled_from(["1070101", "1070202", "2010000", None])),
                draw(st.integers(0, 9)) == 0,
            )
        )  # fmt: skip
    every = [None, "d:elsewhere", *(i.id for i in made)]
    return [i._replace(cites=draw(st.sampled_from(every))) if i.amount < 0 else i for i in made]
