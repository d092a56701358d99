"""The books of a day: what stands of invoices, who paid whom, what a company lives on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from algorithms.invoices.ledgers import Books, books
from algorithms.invoices.money import Paid
from graph.snapshot import Snapshot
from graph.times import DAY, day_end, parse_time
from tests.algorithms.invoices.worlds import accounts, as_facts, day, invoice, ledgers, transfer
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.invoices import Invoice, standing

AT = day_end("2022-12-31")


def place(kept: Books, snapshot: Snapshot, name: str) -> int:
    return kept.place(snapshot.resolve(f"d:{name}"))


def net_of(made: list[Fact]) -> dict[str, int]:
    """What stands of each invoice of a world, by its own id."""
    with world([company("x"), company("y"), *made]) as snapshot:
        found = books(snapshot, AT).invoices
        names = [name.removeprefix("d:") for name in snapshot.fact_ids(found.row.tolist())]
    return dict(zip(names, found.net.tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(ledgers())
def test_red_letters_take_back_what_the_referee_says(made: list[Invoice]) -> None:
    with world(as_facts(made)) as snapshot:
        found = books(snapshot, AT).invoices
        names = snapshot.fact_ids(found.row.tolist())
    net = dict(zip(names, found.net.tolist(), strict=True))
    expected = standing(made)
    assert net == {i.id: expected.get(i.id, 0) for i in made}


def test_a_part_is_taken_back_from_the_latest_before() -> None:
    made = [
        invoice("i1", "x", "y", 1, "100.00"),
        invoice("i2", "x", "y", 2, "100.00"),
        invoice("i3", "x", "y", 9, "100.00"),
        invoice("r", "x", "y", 5, "-130.00", status="red"),
        invoice("v", "x", "y", 3, "70.00", status="void"),
    ]
    with world([company("x"), company("y"), *made]) as snapshot:
        found = books(snapshot, AT).invoices
        names = snapshot.fact_ids(found.row.tolist())
    assert names == ["d:i1", "d:i2", "d:v", "d:r", "d:i3"]
    assert found.net.tolist() == [7000, 0, 0, 0, 10000]
    assert found.amount.tolist() == [10000, 10000, 7000, -13000, 10000]
    assert found.status.tolist() == [0, 0, 1, 2, 0]


def test_a_red_letter_takes_back_what_it_cites() -> None:
    made = [
        invoice("i1", "x", "y", 1, "100.00"),
        invoice("i2", "x", "y", 2, "100.00"),
        invoice("i3", "x", "y", 3, "40.00"),
        invoice("r1", "x", "y", 5, "-100.00", status="red", attrs={"red_of": "i1"}),
        invoice("r2", "x", "y", 6, "-50.00", status="red", attrs={"red_of": "d:i3"}),
        invoice("iz", "x", "z", 3, "100.00"),
        invoice("rz", "x", "z", 5, "-60.00", status="red", attrs={"red_of": "i2"}),  # another pair
    ]
    with world([company("x"), company("y"), company("z"), *made]) as snapshot:
        found = books(snapshot, AT).invoices
        names = snapshot.fact_ids(found.row.tolist())
    assert dict(zip(names, found.net.tolist(), strict=True)) == {
        "d:i1": 0, "d:i2": 10000, "d:i3": 0, "d:iz": 4000, "d:r1": 0, "d:r2": 0, "d:rz": 0,
    }  # fmt: skip


def test_a_red_letter_of_what_is_undone_already_takes_back_no_other() -> None:
    """A trade is undone once: by voiding its invoice, or by the first red letter of it."""
    made = [
        invoice("v", "x", "y", 1, "100.00", status="void"),
        invoice("i1", "x", "y", 2, "100.00"),
        invoice("i2", "x", "y", 2, "100.00"),
        invoice("r1", "x", "y", 5, "-100.00", status="red", attrs={"red_of": "v"}),
        invoice("r2", "x", "y", 5, "-100.00", status="red", attrs={"red_of": "i1"}),
        invoice("r3", "x", "y", 6, "-100.00", status="red", attrs={"red_of": "i1"}),
    ]
    assert net_of(made) == {"v": 0, "i1": 0, "i2": 10000, "r1": 0, "r2": 0, "r3": 0}


def test_a_red_letter_that_cites_a_red_letter_cites_no_invoice() -> None:
    """Whether that one, which cites an invoice, comes before it or after."""
    for first, second in ("ra", "rb"), ("rb", "ra"):
        made = [
            invoice("i1", "x", "y", 1, "100.00"),
            invoice("i2", "x", "y", 2, "100.00"),
            invoice("i3", "x", "y", 3, "100.00"),
            invoice(first, "x", "y", 5, "-100.00", status="red", attrs={"red_of": "i1"}),
            invoice(second, "x", "y", 5, "-100.00", status="red", attrs={"red_of": first}),
        ]
        assert net_of(made) == {"i1": 0, "i2": 10000, "i3": 0, "ra": 0, "rb": 0}


def test_an_unknown_amount_is_no_red_letter() -> None:
    made = [
        relation("invoice", "i1", "x", "y", at=day(1)),
        relation("invoice", "i2", "x", "y", at=day(2), status="red"),
        relation("invoice", "i3", "x", "y", at=day(3), status="作废"),
    ]
    with world([company("x"), company("y"), *made]) as snapshot:
        found = books(snapshot, AT).invoices
    assert found.status.tolist() == [0, 2, 1]
    assert found.amount.tolist() == [0, 0, 0]
    assert found.net.tolist() == [0, 0, 0]


def test_what_invoices_carry() -> None:
    made = [
        invoice("i1", "x", "y", 1, goods="1070101", tax="13.00", attrs={"export": True}),
        invoice("i2", "x", "y", 2, goods="107"),
        invoice("i3", "x", "y", 3),
        invoice("i4", "x", "y", 4, currency="USD", goods="999"),
        invoice("i5", "x", "x", 5),
        invoice("i6", "x", "y", 6, goods="2010101"),
    ]
    with world([company("x"), company("y"), *made]) as snapshot:
        found = books(snapshot, AT).invoices
        dollars = books(snapshot, AT, "USD").invoices
        early = books(snapshot, day_end("2021-01-03")).invoices
    groups = [found.groups[group] if group >= 0 else None for group in found.group.tolist()]
    assert groups == ["107", "107", None, "201"]
    assert [found.codes[code] for code in found.goods[:2]] == ["1070101", "107"]
    assert (found.tax.tolist(), found.export.tolist()) == (
        [1300, 0, 0, 0], [True, False, False, False],
    )  # fmt: skip
    assert len(dollars.row) == 1
    assert len(early.row) == 2


PEOPLE = [person("p1"), person("p2")]
FIRMS = [company("x"), company("y"), company("z")]


def test_payments_go_between_holders_of_the_moment() -> None:
    facts = [
        *PEOPLE, *FIRMS, *accounts(*PEOPLE, *FIRMS), {"kind": "account", "id": "b"},
        relation("holds_account", "h1", "y", "b", valid_from=day(0), valid_to=day(10)),
        relation("holds_account", "h2", "z", "b", valid_from=day(10)),
        {"kind": "account", "id": "crowd"},
        *(relation("holds_account", f"k{n}", f"q{n}", "crowd") for n in range(5)),
        *(company(f"q{n}") for n in range(5)),
        {"kind": "account", "id": "nobody"},
        transfer("t1", "a-x", "b", 5, "1.00"),
        transfer("t2", "a-x", "b", 15, "2.00"),
        transfer("t3", "a-x", "crowd", 16, "4.00"),
        transfer("t4", "a-p1", "a-p2", 17, "8.00"),
        transfer("t5", "a-x", "a-p1", 18, "16.00"),
        transfer("t6", "b", "a-z", 19, "32.00"),
        transfer("t7", "nobody", "a-x", 20, "64.00"),
        transfer("t8", "a-x", "b", 21, "128.00", currency="USD"),
    ]  # fmt: skip
    with world(facts) as snapshot:
        kept = books(snapshot, AT)
        money = kept.money
        shown = [
            (snapshot.canonical(int(a))[2:], snapshot.canonical(int(b))[2:], amount // 100)
            for a, b, amount in zip(money.payer, money.payee, money.amount.tolist(), strict=True)
        ]
        assert shown == [
            ("x", "y", 1), ("x", "z", 2), ("x", "crowd", 4), ("x", "p1", 16), ("nobody", "x", 64),
        ]  # fmt: skip
        paid = Paid(money)
        x, y, z = (snapshot.resolve(f"d:{name}") for name in "xyz")
        low, high = parse_time(day(0)), parse_time(day(15))
        every = [np.array(column) for column in ([x, x, x, y], [y, z, z, x])]
        bounds = np.full(4, low), np.array([high, high, high - 1, high])
        assert paid.between(*every, *bounds).tolist() == [100, 200, 0, 0]
        assert snapshot.fact_ids(money.row[paid.which(x, z, low, high)].tolist()) == ["d:t2"]


def test_nobody_paid_anything() -> None:
    with world([*FIRMS, invoice("i1", "x", "y", 1)]) as snapshot:
        kept = books(snapshot, AT)
        paid = Paid(kept.money)
        none = paid.between(*(np.array([n]) for n in (0, 1, 0, 2**60)))
        assert (none.tolist(), paid.which(0, 1, 0, 2**60).tolist()) == ([0], [])
        assert kept.living.staff.tolist() == [0, 0, 0]


def monthly(prefix: str, payee: str, months: list[int], amount: str = "50.00") -> list[Fact]:
    return [transfer(f"{prefix}{m}", "a-x", f"a-{payee}", 31 * m + 9, amount) for m in months]


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        (monthly("w", "p1", [0, 1, 2]), (1, 15000, 0, 0, 3)),
        (monthly("w", "p1", [0, 1]), (0, 0, 0, 0, 0)),
        (monthly("w", "p1", [0, 3, 6]), (1, 15000, 0, 0, 3)),
        (monthly("w", "p1", [0, 6, 12]), (0, 0, 0, 0, 0)),  # three in thirteen months
        (monthly("w", "p1", [0, 1, 2]) + monthly("v", "p2", [1, 2, 3]), (2, 30000, 0, 0, 4)),
        (monthly("r", "y", [0, 1, 2]), (0, 0, 1, 15000, 3)),
        (monthly("r", "z", [0, 1, 2]), (0, 0, 0, 0, 0)),  # its supplier of what it sells
        (
            [f for n in range(3) for f in monthly(f"w{n}-", "p1", [0, 1, 2], f"{n + 1}.00")],
            (0, 0, 0, 0, 0),  # three times a month
        ),
    ],
)
def test_what_a_company_lives_on(payments: list[Fact], expected: tuple[int, ...]) -> None:
    trade = [
        invoice("i1", "z", "x", 1, goods="1070101"),
        invoice("i2", "x", "y", 2, goods="1070202"),
        invoice("i3", "y", "x", 2, goods="3040101"),
    ]
    with world([*PEOPLE, *FIRMS, *accounts(*PEOPLE, *FIRMS), *trade, *payments]) as snapshot:
        kept = books(snapshot, AT)
        at = place(kept, snapshot, "x")
        assert tuple(int(column[at]) for column in kept.living) == expected


def test_lives() -> None:
    facts: list[Any] = [
        company("x", valid_from="2019-01-01", valid_to="2022-01-01"),
        company("y", valid_to="2030-01-01"), *PEOPLE, person("p3"),
        relation("legal_representative", "l1", "p1", "x", valid_from="2019-01-01", valid_to=day(9)),
        relation("legal_representative", "l2", "p2", "x", valid_from=day(9)),
        relation("shareholder", "s1", "p1", "x", valid_from="2019-01-01"),
        relation("shareholder", "s2", "p2", "x", valid_from="2019-01-01"),
        relation("shareholder", "s3", "p1", "x", valid_from=day(3)),  # more, but none that came
        relation("shareholder", "s4", "p1", "y"),
        relation("shareholder", "s5", "p3", "y", valid_from=day(5)),
        relation("shareholder", "s6", "p2", "y", valid_from="2023-01-01"),
    ]  # fmt: skip
    with world(facts) as snapshot:
        kept = books(snapshot, AT)
        lives = kept.lives
        x, y = (place(kept, snapshot, name) for name in "xy")
        assert lives.founded[x] == parse_time("2019-01-01")
        assert (lives.ended[x], lives.ended[y]) == (parse_time("2022-01-01"), 2**63 - 1)
        changes = {
            (kept.snapshot.canonical(int(kept.company[firm])), (when - parse_time(day(0))) / DAY,
             snapshot.canonical(int(who)))
            for firm, when, who in zip(
                lives.handed.tolist(), lives.when.tolist(), lives.who, strict=True
            )
        }  # fmt: skip
        assert changes == {("d:x", 9.0, "d:p2"), ("d:y", 5.0, "d:p3")}
        last = lives.last_handed(kept.n)
        assert last[x] == parse_time(day(9))


def test_books_are_kept_as_long_as_their_view() -> None:
    with world([*FIRMS, invoice("i1", "x", "y", 1)]) as snapshot:
        assert books(snapshot, AT) is books(snapshot, AT)
        assert books(snapshot, AT).invoices is books(snapshot, AT).invoices
        assert books(snapshot, AT - DAY) is not books(snapshot, AT)


def test_suppliers_are_told_from_landlords_by_what_everybody_buys() -> None:
    firms = [company("x"), company("mill"), company("lord"), *(company(f"c{n}") for n in range(60))]
    trade = [invoice(f"s{n}", f"c{n}", "x", n, goods="2010101") for n in range(60)]
    trade += [invoice(f"r{n}", "lord", f"c{n}", n, goods="3040101") for n in range(60)]
    trade += [
        invoice("o", "x", "c1", 9, goods="1070101"), invoice("m", "mill", "x", 3, goods="1050101"),
        invoice("l", "lord", "x", 3, goods="3040101"),
    ]  # fmt: skip
    money = [f for payee in ("mill", "lord") for f in monthly(payee, payee, [0, 1, 2])]
    with world([*firms, *accounts(*firms), *trade, *money]) as snapshot:
        kept = books(snapshot, AT)
        at = place(kept, snapshot, "x")
        assert (kept.living.bills[at], kept.living.billed[at]) == (1, 15000)
