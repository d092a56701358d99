"""What all detectors say together, against the same from their own answers by networkx."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.cases.asking import detectors
from algorithms.registry import ALGORITHMS, ask
from graph.snapshot import Snapshot
from tests.algorithms.invoices.worlds import accounts, invoice, transfer
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.schemes import noisy_or, together

AS_OF = "2021-12-31"
FIRMS = tuple(f"c{i}" for i in range(1, 9))


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(
        ask(snapshot, "invoice_schemes", {"as_of": AS_OF, **params})
    )
    return found


def findings(snapshot: Snapshot, least: float) -> list[dict[str, Any]]:
    """What each detector finds when it is asked alone."""
    rows: list[dict[str, Any]] = []
    for record in detectors(None, "invoices"):
        answer = ask(snapshot, record.name, {"as_of": AS_OF, "min_score": least})
        rows += msgspec.to_builtins(answer["results"])
    return rows


@st.composite
def worlds(draw: st.DrawFn) -> list[Fact]:
    """Companies that trade, pay and are held at random, some trades many times over."""
    facts = [*map(company, FIRMS), *map(person, ("p1", "p2"))]
    facts += accounts(*facts)
    firm = st.sampled_from(FIRMS)
    for i in range(draw(st.integers(0, 4))):
        holder = draw(st.sampled_from((*FIRMS[:2], "p1", "p2")))
        share = draw(st.sampled_from(("0.1", "0.3", "1")))
        facts.append(relation("shareholder", f"s{i}", holder, draw(firm), share=share))
    number = 0
    for _ in range(draw(st.integers(1, 7))):
        a, b = draw(firm), draw(firm)
        if a == b:
            continue
        start, amount = draw(st.integers(1, 5)), draw(st.sampled_from(("100.00", "5000.00")))
        more: dict[str, Any] = {"attrs": {"export": True}} if draw(st.booleans()) else {}
        for step in range(draw(st.sampled_from((1, 6)))):
            number += 1
            at = start + 7 * step
            facts.append(invoice(f"v{number:02d}", a, b, at, amount, goods="107", **more))
            facts.append(transfer(f"t{number:02d}", f"a-{b}", f"a-{a}", at + 1, amount))
            facts.append(transfer(f"u{number:02d}", f"a-{a}", f"a-{b}", at + 2, amount))
    return facts


@settings(max_examples=40, deadline=None)
@given(worlds(), st.sampled_from([0.0, 0.05, 0.5]), st.sampled_from([0.0, 0.3]))
def test_what_the_detectors_say_is_put_together(
    facts: list[Fact], least: float, link: float
) -> None:
    with world(facts) as snapshot:
        rows = findings(snapshot, least)
        single = asked(snapshot, min_finding=least)
        grouped = asked(snapshot, min_finding=least, min_link=link, by="group")
    assert single["truncated"] is None
    assert grouped["truncated"] is None
    companies = {member for row in rows for member in row["members"]}
    assert {tuple(r["members"]) for r in single["results"]} == {(c,) for c in companies}
    expected = together(rows, facts, link)
    assert {frozenset(r["members"]) for r in grouped["results"]} == expected
    for found in (*single["results"], *grouped["results"]):
        own = [row for row in rows if set(row["members"]) & set(found["members"])]
        score, best = noisy_or(own)
        assert found["score"] == pytest.approx(score)
        assert found["patterns"] == best
        assert set(found["findings"]) == {row["id"] for row in own}
        strongest = sorted(own, key=lambda row: (row["score"], row["evidence"]))
        p = min({row["pattern"]: row["p"] for row in strongest}.values())  # the last one stays
        assert found["p"] == pytest.approx(min(1, len(detectors(None, "invoices")) * p))
        if all("facts_total" not in row for row in own) and "facts_total" not in found:
            assert set(found["facts"]) == {fact for row in own for fact in row["facts"]}
        assert Decimal(found["amount"]) == max(Decimal(row["amount"]) for row in own)
    scores = [row["score"] for row in single["results"]]
    assert scores == sorted(scores, reverse=True)


def test_every_detector_of_the_family_is_asked() -> None:
    names = {record.name for record in detectors(None, "invoices")}
    assert {"affiliated_trades", "invoice_cycles", "payment_returns", "rebate_chains"} <= names
    assert names < {name for name, entry in ALGORITHMS.index.items() if entry.family == "invoices"}
    assert not names & {"invoice_schemes", "trace_goods"}


RING = [
    *map(company, FIRMS), *map(person, ("p1", "p2")), *accounts(*map(company, FIRMS)),
    *accounts(*map(person, ("p1", "p2"))),
    relation("legal_representative", "r1", "p1", "c1"), relation("kin", "r2", "p1", "p2"),
    relation("legal_representative", "r3", "p2", "c2"),
    *(invoice(f"v{i}", "c1", "c2", 30 * i, "900.00", goods="107") for i in range(6)),
    *(transfer(f"t{i}", "a-c2", "a-c1", 30 * i + 1, "900.00") for i in range(6)),
    *(transfer(f"u{i}", "a-c1", "a-p2", 30 * i + 2, "870.00") for i in range(6)),
    *(transfer(f"n{i}", f"a-c{4 + i % 5}", f"a-c{4 + (i + 1) % 5}", i, "5.00") for i in range(90)),
    *(invoice(f"w{i}", f"c{3 + i % 6}", f"c{3 + (i + 2) % 6}", i, "40.00") for i in range(12)),
]  # fmt: skip


def test_one_company_and_the_group_that_it_is_in() -> None:
    """Affiliates whose payments come back: two patterns, one row."""
    with world(RING) as snapshot:
        (alone,) = asked(snapshot, company="c1")["results"]
        (group,) = asked(snapshot, company="c2", by="group")["results"]
        nobody = asked(snapshot, company="c1", min_finding=1.0)["results"]
    assert nobody == []
    assert alone["members"] == ["d:c1"]
    assert set(group["members"]) == {"d:c1", "d:c2"}
    assert {"payment_return", "affiliated_trade"} <= alone["patterns"].keys()
    assert [role["company"] for role in group["attrs"]["roles"]] == ["d:c1", "d:c2"]
    assert "payment_return" in group["attrs"]["roles"][0]["patterns"]
    assert "payment_return.mostly_back" in group["signs"]
    assert "d:p2" in group["attrs"]["circle"]
    assert "资金回流" in group["why"].partition(" / ")[0]
    assert group["score"] > 0.9


def test_what_cuts_a_detector_short_is_said_under_its_name() -> None:
    crowd = [person(f"k{i}") for i in range(101)]
    held = [relation("shareholder", f"s{i}", f"k{i}", "c2", share="0.2") for i in range(101)]
    with world([*RING, *crowd, *held]) as snapshot:
        answer = asked(snapshot, max_rows=1)
    first, second = answer["truncated"]["reason"].split("; ")
    assert first.startswith("max_rows: ")
    assert second.startswith("affiliated_trades: max_fanout: 1 with more above them")
    assert len(answer["results"]) == 1
