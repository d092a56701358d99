"""Whom a measure reaches: 300 cases written from the law's notes alone, by somebody who had seen
neither rulebook nor code, and every proof of every answer checked.

A case lists facts, the question, and for each party what the notes say. An extension where they
say none would be unlawful; none where they say one is missed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from algorithms.registry import ask
from graph.errors import WrongUsage
from graph.facts import Normaliser
from graph.proof.check import check
from graph.proof.known import fact, rows_of
from graph.proof.shape import sealed
from graph.rulebook import load_rulebook
from graph.snapshot import Snapshot, open_snapshot
from graph.store import Store

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "golden_extension.jsonl").read_text("utf-8").splitlines()
]
Write = Callable[..., Store]


def view(store: Store, facts: list[dict[str, Any]], batch: str = "b") -> Snapshot:
    """The facts, then what retracts or ends them."""
    normaliser = Normaliser("d", store.id_key)
    later = [fact for fact in facts if fact["kind"] in ("retract", "close")]
    for number, batch in enumerate(([f for f in facts if f not in later], later)):
        if batch:
            written = store.write(f"{batch}{number}", [normaliser.row(fact) for fact in batch])
            assert not written.rejected
            assert not written.deferred
    return open_snapshot(store)


def outcomes(snapshot: Snapshot, case: dict[str, Any]) -> dict[str, Any]:
    """The rows of a case by the bare id of each party's records."""
    asked = {name: case[name] for name in ("subject", "measure", "act", "as_of")}
    rows = ask(snapshot, "extend", asked)["results"]
    return {
        record.partition(":")[2]: row
        for row in rows
        for record in snapshot.records(snapshot.resolve(row.party))
    }


def as_read(proof: Any) -> Any:
    """A proof as whoever receives it reads it."""
    return json.loads(json.dumps(proof))


def test_there_are_three_hundred() -> None:
    assert len({case["case"] for case in CASES}) == 300
    assert Counter(o for case in CASES for o in case["expect"].values())["extend"] > 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_nobody_is_reached_unlawfully_and_nobody_missed(store: Store, case: dict[str, Any]) -> None:
    snapshot = view(store, case["facts"])
    found = outcomes(snapshot, case)
    reached = {name for name, row in found.items() if row.outcome == "extend"}
    wanted = {name for name, outcome in case["expect"].items() if outcome == "extend"}
    assert reached == wanted, (case["title"], case["why"])
    book = load_rulebook()
    for row in found.values():
        assert check(as_read(row.proof), book, snapshot) == [], row
        if row.outcome == "extend":
            assert check(as_read(row.proof), book) == [], row
            assert row.facts
            assert row.basis is not None


def company(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "company", "id": name, "name": name, **more}


def person(name: str, born: str | None = "1980-01-01", **more: Any) -> dict[str, Any]:
    attrs = {} if born is None else {"birth_date": born}
    return {"kind": "person", "id": name, "name": name, "attrs": attrs, **more}


def role(kind: str, a: str, b: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "id": f"{kind}-{a}-{b}", "from": a, "to": b, **more}


QUESTION = {
    "subject": "c1",
    "measure": "consumption_restriction",
    "act": "2021-05-01",
    "as_of": "2021-06-01",
}


def test_a_near_miss_says_what_was_lacking(store: Store) -> None:
    facts = [
        company("c1"), person("p1"), person("p2"), person("p3"), person("p4", "2004-05-02"),
        role("shareholder", "p1", "c1", share="0.29", valid_from="2015-01-01"),
        role("legal_representative", "p2", "c1", valid_to="2021-04-19"),
        role("legal_representative", "p3", "c1", valid_from="2021-05-11"),
        role("legal_representative", "p4", "c1"),
    ]  # fmt: skip
    found = outcomes(view(store, facts), QUESTION)
    told = {name: (row.outcome, row.reason, row.lacking.split(" / ")[0])
            for name, row in found.items()}  # fmt: skip
    assert told == {
        "p1": ("exclude", "rule", "0.29 of the votes, where control asks for more than 0.5"),
        "p2": ("review", "shed", "left the role 12 days before the act"),
        "p3": ("exclude", "unrelated", "took the role 10 days after the act"),
        "p4": ("exclude", "age", "16 years old on the day of the act"),
    }


def test_an_extension_ends_with_its_parent(store: Store) -> None:
    listing = {"kind": "listing", "id": "l1", "subject": "c1", "list": "black",
               "domain": "judgment", "decided_on": "2021-05-10", "until": "2023-05-10",
               "status": "active"}  # fmt: skip
    facts = [company("c1"), person("p1"), role("legal_representative", "p1", "c1"), listing]
    snapshot = view(store, facts)
    (row,) = outcomes(snapshot, QUESTION).values()
    assert (row.outcome, row.until) == ("extend", "2023-05-10")
    (row,) = outcomes(snapshot, {**QUESTION, "as_of": "2023-05-10"}).values()
    assert (row.outcome, row.reason, row.until) == ("exclude", "parent_ended", None)


def test_whom_a_name_alone_joins_is_looked_at_by_a_person(store: Store) -> None:
    facts = [
        company("c1"), person("p1"), person("p2", None),
        role("legal_representative", "p2", "c1"),
        {"kind": "same_as", "id": "j", "from": "p1", "to": "p2", "by": "name"},
    ]  # fmt: skip
    found = outcomes(view(store, facts), QUESTION)
    assert {(row.outcome, row.reason) for row in found.values()} == {("review", "name_match")}
    assert set(found) == {"p1", "p2"}


def test_what_cannot_be_asked(store: Store) -> None:
    snapshot = view(store, [company("c1")])
    for wrong, said in (
        ({"measure": "consumption_restrictions"}, "did you mean consumption_restriction"),
        ({"act": "2021-02-30"}, "not a date"),
        ({"act": "2022-01-01"}, "after as_of"),
        ({"edition": "1999-01"}, "no edition"),
    ):
        with pytest.raises(WrongUsage, match=said):
            ask(snapshot, "extend", QUESTION | wrong)


def same(a: str, b: str, by: str) -> dict[str, Any]:
    return {"kind": "same_as", "id": f"same-{a}-{b}", "from": a, "to": b, "by": by}


@pytest.mark.parametrize("by", ["name", "同名"])
@pytest.mark.parametrize(
    "facts",
    [
        # The firm that is restricted is another firm's by its name alone, or one between is.
        [company("c1"), company("c2"), role("legal_representative", "p1", "c2")],
        [company("c1"), company("h1"), company("c2"), role("shareholder", "h1", "c1", share="0.6"),
         role("shareholder", "p1", "c2", share="0.6")],
    ],
)  # fmt: skip
def test_nobody_is_reached_through_a_firm_that_a_name_alone_joins(
    store: Store, facts: list[dict[str, Any]], by: str
) -> None:
    joined = same("h1" if len(facts) > 3 else "c1", "c2", by)
    snapshot = view(store, [person("p1"), *facts, joined])
    row = outcomes(snapshot, QUESTION)["p1"]
    assert (row.outcome, row.reason) == ("review", "name_match")
    assert check(as_read(row.proof), load_rulebook(), snapshot) == []


def test_what_a_retracted_record_was_said_to_be_is_nobodys_role(store: Store) -> None:
    """The record of a minor is retracted: whom it was joined with does not take over its role."""
    facts = [
        company("c1"), person("p1", "2010-01-01"), person("p2"), same("p1", "p2", "张三"),
        role("legal_representative", "p1", "c1"), {"kind": "retract", "id": "p1"},
    ]  # fmt: skip
    assert outcomes(view(store, facts), QUESTION) == {}


@pytest.mark.parametrize(
    ("said", "reached"),
    [
        ("主要负责人", True), ("总经理（主要负责人）", True), ("负责人、董事", True),
        ("负责人（财务部）", False), ("person in charge (sales)", False),
        ("主要负责人（已离任）", False), ("principal (former)", False), ("前任、主要负责人", False),
    ],
)  # fmt: skip
def test_what_an_office_is(store: Store, said: str, reached: bool) -> None:
    facts = [company("c1"), person("p1"), role("officer", "p1", "c1", role=said)]
    (row,) = outcomes(view(store, facts), QUESTION).values()
    assert (row.outcome == "extend") == reached


def test_nobody_who_agrees_with_a_majority_holder_is_shown_to_be_reached(store: Store) -> None:
    """One holds 60 % alone: a proof that the other controls by agreement is refused, also alone."""
    facts = [
        company("c1"), person("p1"), person("p2"), role("acts_in_concert", "p1", "p2"),
        role("shareholder", "p1", "c1", share="0.6"), role("shareholder", "p2", "c1", share="0.1"),
    ]  # fmt: skip
    snapshot = view(store, facts)
    found = outcomes(snapshot, QUESTION)
    assert {name: row.outcome for name, row in found.items()} == {"p1": "extend", "p2": "exclude"}
    true, forged = as_read(found["p1"].proof), as_read(found["p2"].proof)
    assert check(forged, load_rulebook(), snapshot) == []
    forged["claim"] |= {name: true["claim"][name] for name in ("outcome", "reason", "limb")}
    forged["rule"] = true["rule"]
    agreed = next(row for row in rows_of(snapshot, snapshot.resolve("p2"), ("acts_in_concert",),
                                         into=True))  # fmt: skip
    forged["relations"] += [fact(snapshot, agreed), *true["relations"]]
    stated = {said["record"]: said for said in [*true["records"], *forged["records"]]}
    forged["records"] = list(stated.values())
    for said in forged["records"]:
        if said["record"].endswith("p2"):
            said["born"] = ["1980-01-01"]
    forged = sealed(forged)
    assert check(forged, load_rulebook()) != []
    assert check(forged, load_rulebook(), snapshot) != []


def test_a_guardian_is_no_target_whatever_a_layer_says(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = tmp_path / "own.yaml"
    layer.write_text(
        "layer: own\nrows:\n  - id: own-guardian\n    measure: consumption_restriction\n"
        "    subject: company\n    relation: guardian\n    outcome: extend\n"
        "    conditions: [{held: act}]\n    basis: {document: fashi-2010-8-amended, article: 甲}\n"
        "    status: U\n    from: 2015-07-22\n    zh: 甲\n    en: a\n",
        "utf-8",
    )
    monkeypatch.setenv("LINKRISK_RULEBOOK", str(layer))
    facts = [
        company("c1"), person("p1", "2010-01-01"), person("p2"),
        role("legal_representative", "p1", "c1"), role("guardian", "p2", "p1"),
    ]  # fmt: skip
    snapshot = view(store, facts)
    found = outcomes(snapshot, QUESTION)
    assert {name: row.outcome for name, row in found.items()} == {"p1": "exclude", "p2": "exclude"}
    for row in found.values():
        assert check(as_read(row.proof), load_rulebook(), snapshot) == []


def test_two_holdings_through_one_nominee_state_it_once(store: Store) -> None:
    facts = [
        company("c1"), company("h1"), company("h2"), person("p1"),
        role("shareholder", "h1", "c1", share="0.3"), role("shareholder", "h2", "c1", share="0.25"),
        role("nominee", "h2", "h1"), role("nominee", "h1", "p1"),
    ]  # fmt: skip
    snapshot = view(store, facts)
    row = outcomes(snapshot, QUESTION)["p1"]
    assert (row.outcome, row.reason) == ("review", "nominee")
    assert check(as_read(row.proof), load_rulebook(), snapshot) == []


def test_the_proof_of_a_top_says_for_whom_its_holders_hold(store: Store) -> None:
    """A loop of two firms in which one holds for the other: nobody stands above that one."""
    facts = [
        company("c1"), company("c2"),
        role("shareholder", "c2", "c1", share="0.6"),
        role("shareholder", "c1", "c2", share="0.6"),
        role("nominee", "c1", "c2"),
    ]  # fmt: skip
    snapshot = view(store, facts)
    for row in outcomes(snapshot, QUESTION).values():
        assert check(as_read(row.proof), load_rulebook(), snapshot) == [], row
        if row.outcome == "extend":
            assert check(as_read(row.proof), load_rulebook()) == [], row
