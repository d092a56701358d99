"""Affiliated trades against networkx, and what is weighed against them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph import compiled
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.affiliated import affiliated

STATE = {"form": "机关法人"}


def invoice(name: str, a: str, b: str, amount: str = "100.00", **more: Any) -> Fact:
    at = f"2021-05-{more.pop('day', 1):02d}"
    return relation("invoice", name, a, b, amount=amount, at=at, **more)


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(ask(snapshot, "affiliated_trades", params))
    return found


def row(facts: list[Fact], **params: Any) -> dict[str, Any]:
    """The one row of a world."""
    with world(facts) as snapshot:
        (found,) = asked(snapshot, **params)["results"]
    return dict(found)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Fact], set[str]]:
    """A few firms and people, so that trails of several steps and several ways are common."""
    firms = [f"c{i}" for i in range(draw(st.integers(2, 7)))]
    people = [f"p{i}" for i in range(draw(st.integers(1, 5)))]
    organs = set(draw(st.lists(st.sampled_from(firms), max_size=1)))
    facts = [company(c, **({"attrs": STATE} if c in organs else {})) for c in firms]
    facts += map(person, people)
    firm, anyone, body = (st.sampled_from(x) for x in (firms, firms + people, people))
    for i in range(draw(st.integers(0, 14))):
        kind = draw(st.sampled_from(
            ("legal_representative", "officer", "controller", "shareholder", "kin", "nominee",
             "acts_in_concert", "employs")
        ))  # fmt: skip
        a, b = {
            "kin": (body, body), "nominee": (anyone, anyone), "acts_in_concert": (anyone, anyone),
            "employs": (firm, body),
        }.get(kind, (anyone, firm))  # fmt: skip
        fact = relation(kind, f"r{i:02d}", draw(a), draw(b))
        share = draw(st.sampled_from((None, "0.01", "0.05", "0.6")))
        facts.append(fact | ({"share": share} if kind == "shareholder" and share else {}))
    for i in range(draw(st.integers(0, 8))):
        amount, status = draw(
            st.sampled_from((("100.00", "issued"), ("-100.00", "red"), ("100.00", "void")))
        )
        facts.append(invoice(f"v{i:02d}", draw(firm), draw(firm), amount, status=status, day=i + 1))
    return facts, organs


@settings(max_examples=150, deadline=None)
@given(worlds(), st.integers(1, 4))
def test_all_pairs_are_found_with_their_trails(
    made: tuple[list[Fact], set[str]], depth: int
) -> None:
    facts, organs = made
    expected = affiliated(facts, organs, depth)
    with world(facts) as snapshot:
        answer = asked(snapshot, max_depth=depth)
    rows = {tuple(name[2:] for name in r["members"]): r for r in answer["results"]}
    assert rows.keys() == expected.keys()
    assert answer["truncated"] is None
    for pair, want in expected.items():
        found = rows[pair]
        assert found["attrs"]["steps"] == want.steps
        assert {name[2:] for name in found["attrs"]["antecedents"]} == want.antecedents
        assert Fraction(found["amount"]) == want.net
        assert found["p"] == pytest.approx(max(float(want.chance), 1e-300))
        if "facts_total" not in found:
            assert {name[2:] for name in found["facts"]} == want.facts
        assert found.get("facts_total", len(found["facts"])) == len(want.facts)


HIDDEN = [
    *map(company, ("c1", "c2", "c3", "c4")), *map(person, ("p1", "p2")),
    relation("legal_representative", "r1", "p1", "c1"),
    relation("kin", "r2", "p1", "p2"),
    relation("shareholder", "r3", "p2", "c3", share="0.9"),
    relation("shareholder", "r4", "c3", "c2", share="0.8"),
    invoice("v1", "c1", "c2"), invoice("v2", "c1", "c2"), invoice("v3", "c1", "c4"),
]  # fmt: skip


def test_a_trail_over_kin_and_a_firm() -> None:
    """Both trails are among the facts, the seller's side first, then the invoices."""
    found = row(HIDDEN, as_of="2021-12-31")
    assert found["members"] == ["d:c1", "d:c2"]
    assert found["facts"] == [f"d:{f}" for f in ("r1", "r2", "r4", "r3", "v1", "v2")]
    assert found["attrs"]["antecedents"] == ["d:p1", "d:p2"]
    assert found["attrs"]["circle"] == ["d:p1", "d:p2", "d:c3"]
    assert found["attrs"]["steps"] == 4
    assert found["attrs"]["share_of_sales"] == pytest.approx(2 / 3)
    assert found["amount"] == "200.00"
    assert (found["begins"], found["ends"]) == ("2021-05-01", "2021-05-01")
    assert found["signs"]["hidden_tie"] > 0
    assert found["attrs"]["share_of_purchases"] == 1.0


def test_what_both_live_off_weighs_more_than_a_chance_sale() -> None:
    """All of a year's trade of both; a tenth of the seller's sales; a single invoice."""
    alone = row([f for f in HIDDEN if f["id"] != "v3"])
    beside = row([*HIDDEN, invoice("v4", "c1", "c4", "5000.00")])
    once = row([f for f in HIDDEN if f["id"] != "v2"])
    assert alone["signs"]["live_off_it"] > 0
    assert beside["signs"]["incidental"] < 0
    assert once["signs"]["single"] < 0
    assert alone["evidence"] > max(beside["evidence"], once["evidence"])


def test_before_the_trade_there_is_nothing() -> None:
    with world(HIDDEN) as snapshot:
        assert asked(snapshot, as_of="2021-04-30")["results"] == []
        assert asked(snapshot, company="c4", as_of="2021-12-31")["results"] == []
        assert len(asked(snapshot, company="c2", as_of="2021-12-31")["results"]) == 1


def bank(paid: str) -> list[Fact]:
    """The accounts of buyer and seller, and one payment between them."""
    return [
        {"kind": "account", "id": "a1"}, {"kind": "account", "id": "a2"},
        relation("holds_account", "h1", "c1", "a1"), relation("holds_account", "h2", "c2", "a2"),
        relation("transfer", "t1", "a2", "a1", amount=paid, at="2021-05-20"),
    ]  # fmt: skip


def test_invoices_that_nobody_paid() -> None:
    """Known accounts, and next to nothing between them; without accounts nothing is said."""
    assert row(HIDDEN + bank("1.00"))["signs"]["unpaid"] > 0
    assert "unpaid" not in row(HIDDEN + bank("190.00"))["signs"]
    assert "unpaid" not in row(HIDDEN)["signs"]


def test_what_the_register_shows_is_not_hidden() -> None:
    both = [relation("legal_representative", f"q{i}", "p1", f"c{i}") for i in (1, 2)]
    found = row([f for f in HIDDEN if f["id"][0] in "cpv"] + both)
    assert found["signs"]["registered"] < 0
    assert "registered" not in row(HIDDEN)["signs"]


def test_a_declared_group_is_ordinary() -> None:
    """Two firms of one holding trade in the open; the same two under one person's kin do not."""
    facts = [
        *map(company, ("c1", "c2", "c3")),
        relation("shareholder", "r1", "c3", "c1", share="1"),
        relation("shareholder", "r2", "c3", "c2", share="0.51"),
        invoice("v1", "c1", "c2"),
    ]
    found = row(facts)
    assert found["signs"]["declared_group"] < 0
    assert found["score"] < 0.5
    assert row(HIDDEN)["evidence"] > found["evidence"]


def test_a_common_state_owner_makes_no_pair() -> None:
    facts = [
        *map(company, ("c1", "c2")), company("c3", attrs=STATE),
        relation("shareholder", "r1", "c3", "c1", share="1"),
        relation("shareholder", "r2", "c3", "c2", share="1"),
        invoice("v1", "c1", "c2"),
    ]  # fmt: skip
    with world(facts) as snapshot:
        assert asked(snapshot)["results"] == []


def agency(firms: int) -> list[Fact]:
    """One person represents many firms, of which two trade; others trade with each other."""
    facts = [person("p"), *(company(f"c{i}") for i in range(firms + 200))]
    facts += [relation("legal_representative", f"r{i}", "p", f"c{i}") for i in range(firms)]
    facts += [invoice(f"v{i}", f"c{firms + i}", f"c{i}") for i in range(200)]
    return [*facts, invoice("w", "c0", "c1")]


def test_who_represents_many_proves_little() -> None:
    few, many = (
        next(r for r in _rows(agency(n)) if r["members"] == ["d:c0", "d:c1"]) for n in (2, 100)
    )
    assert few["p"] < 0.02 < many["p"]
    assert many["signs"]["agent"] < 0
    assert many["score"] < few["score"]


def _rows(facts: list[Fact]) -> list[dict[str, Any]]:
    with world(facts) as snapshot:
        found: list[dict[str, Any]] = asked(snapshot)["results"]
        return found


def test_bounds_are_said() -> None:
    """Who has too many above is not passed through, and named."""
    facts = [
        *map(company, ("c1", "c2")), *(person(f"p{i}") for i in range(5)),
        *(relation("shareholder", f"r{i}", f"p{i}", "c1", share="0.2") for i in range(5)),
        relation("legal_representative", "r9", "p1", "c2"),
        invoice("v1", "c1", "c2"),
    ]  # fmt: skip
    with world(facts) as snapshot:
        assert len(asked(snapshot)["results"]) == 1
        answer = asked(snapshot, max_fanout=4)
    assert answer["results"] == []
    assert "1 with more above them were not passed, d:c1 first" in answer["truncated"]["reason"]


def test_compiled_and_interpreted_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(HIDDEN + [invoice(f"w{i}", "c4", "c2") for i in range(3)]) as snapshot:
        plain = asked(snapshot)
        monkeypatch.setattr(compiled, "_warm", True)
        assert asked(snapshot) == plain
