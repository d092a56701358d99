"""BODS 0.4: every package of the standard, and what each situation becomes.

Expected shares are those the packages declare (percent / 100); what a situation must and must not
become is from the fixtures' own *.expected.md.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from graph.model import SHARE_UNIT
from graph.snapshot import open_snapshot
from graph.store import Store
from graph.times import day_end
from ingest.load import load
from ingest.readers import detect
from ingest.readers.bods_interests import relationship
from ingest.readers.bods_values import fraction, partial
from ingest.repeats import Scratch
from tests.ingest.helpers import facts, read, rejects


def _package(data_dir: Path, name: str) -> Path:
    return next((data_dir / "bods").rglob(f"{name}.json"))


def _facts(data_dir: Path, name: str, kind: str | None = None) -> list[dict[str, Any]]:
    return facts(read(_package(data_dir, name), "bods"), kind)


def test_every_package_loads(data_dir: Path) -> None:
    packages = sorted((data_dir / "bods").rglob("*.json"))
    assert len(packages) >= 20
    for package in packages:
        assert detect(package) == "bods"
        items = read(package, "bods")
        assert rejects(items) == []
        statements = json.loads(package.read_text(encoding="utf-8"))
        records = Counter(s["recordType"] for s in statements)
        kinds = Counter(f["kind"] for f in facts(items))
        assert kinds["person"] == records["person"]
        assert kinds["company"] == records["entity"]
        cited = {f["source"]["record"] for f in facts(items)}
        assert cited == {s["statementId"] for s in statements}  # no statement is dropped
        declared = {s["recordId"] for s in statements}
        for fact in facts(items):
            for end in ("from", "to", "subject"):
                assert fact.get(end, next(iter(declared))) in declared


def test_direct_holding_and_votes_are_one_relation(data_dir: Path) -> None:
    (held,) = _facts(data_dir, "01-direct-ownership", "shareholder")
    assert (held["from"], held["to"]) == ("rec-jane-smith-1975", "rec-acme-holdings-ltd")
    assert (held["share"], held["votes"], held["valid_from"]) == ("0.75", "0.75", "2010-01-01")
    assert held["attrs"]["beneficial"] is True


def test_both_sides_of_a_circle_stay(data_dir: Path) -> None:
    held = _facts(data_dir, "10-circular-ownership", "shareholder")
    assert {(f["from"], f["to"], f["share"]) for f in held} == {
        ("rec-alpha-corp", "rec-beta-corp", "1"), ("rec-beta-corp", "rec-alpha-corp", "1"),
    }  # fmt: skip


def test_an_undisclosed_owner_is_neither_dropped_nor_made_up(data_dir: Path) -> None:
    found = _facts(data_dir, "11-anonymous-person")
    assert Counter(f["kind"] for f in found) == {"company": 1, "listing": 1}
    listing = found[1]
    assert listing["subject"] == "rec-opaque-holdings-sa"
    assert listing["basis"] == "subjectUnableToConfirmOrIdentifyBeneficialOwner"
    assert "unable to identify any beneficial owner" in listing["attrs"]["description"]


def test_indirect_shares_do_not_enter_ownership(data_dir: Path) -> None:
    """Company A is held 50 % by B and 50 % directly by the person; the indirect 50 % sums B up."""
    found = _facts(data_dir, "mixed-direct-and-indirect-ownership")
    held = [f for f in found if f["kind"] == "shareholder"]
    assert {(f["from"], f["to"], f["share"]) for f in held} == {
        ("ec61aeda7141", "9bfe59b6a869", "0.5"), ("53508b65253f", "9bfe59b6a869", "0.5"),
    }  # fmt: skip
    declared = {f["basis"]: f for f in found if f["kind"] == "listing"}
    indirect = declared["shareholding:indirect"]
    assert indirect["attrs"]["interested_party"] == "53508b65253f"
    assert indirect["attrs"]["interests"][0]["share"] == {"exact": 50}
    assert indirect["valid_from"] == "2017-11-01"
    assert "unknownInterest:unknown" in declared


def test_ranges_keep_their_open_bounds(data_dir: Path) -> None:
    (held,) = _facts(data_dir, "simple-pep-declaration", "shareholder")
    assert (held["share_min"], held["share_max"]) == ("0.25", "0.5")
    assert held["attrs"]["share_max_exclusive"] is True
    assert "share_min_exclusive" not in held["attrs"]
    assert (held["attrs"]["votes_min"], held["attrs"]["votes_max"]) == ("0.25", "0.5")
    assert "share" not in held


def test_state_trust_and_nominees(data_dir: Path) -> None:
    states = {f["id"]: f["attrs"]["form"] for f in _facts(data_dir, "bods-package-fi-soe")
              if f["kind"] == "company"}  # fmt: skip
    assert (states["7ff95ba3682c"], states["05ce06ec97b1"]) == ("state_organ", "state")
    trust = _facts(data_dir, "levent")
    assert Counter(f["basis"] for f in trust if f["kind"] == "controller") == {
        "trustee": 2, "settlor": 1, "beneficiaryOfLegalArrangement": 1,
    }  # fmt: skip
    hidden = next(f for f in trust if f["id"] == "81337a6e")
    assert "name" not in hidden
    assert hidden["attrs"]["undisclosed"]["reason"] == "interestedPartyExemptFromDisclosure"
    held = _facts(data_dir, "nomination", "nominee")
    chain = {(f["from"], f["to"]) for f in held}  # nominee -> arrangement -> nominator
    assert chain == {("102AB1984E", "103AB1984D"), ("103AB1984D", "101AB1984F")}
    (control,) = _facts(data_dir, "nomination", "controller")
    assert control["attrs"]["directness"] == "indirect"


def test_updates_leave_what_was_before(data_dir: Path) -> None:
    """Tecido: 100 % from 2002, 40 % from 2021-09-24, 30 % from 2022-09-21, closed 2023-03-03."""
    last: dict[str, Any] = {}
    for fact in _facts(data_dir, "tecido", "shareholder"):
        assert fact["source"].get("version", "") >= last.get(fact["id"], fact)["source"]["version"]
        last[fact["id"]] = fact
    maria = sorted(
        (f["valid_from"], f["valid_to"], f["share"])
        for f in last.values()
        if f["from"] == "018AF6B3EB"
    )
    assert maria == [
        ("2002-03-09", "2021-09-24", "1"),
        ("2021-09-24", "2022-09-21", "0.4"),
        ("2022-09-21", "2023-03-03", "0.3"),
    ]


def test_a_death_ends_a_person_and_a_closed_record_does_not(data_dir: Path) -> None:
    last = {f["id"]: f for f in _facts(data_dir, "fermcat", "person")}
    assert last["per-5faa4103dee78621"]["valid_to"] == "2021-04-03"
    assert last["per-e334cc6258e56467"]["valid_to"] is None
    assert last["per-e334cc6258e56467"]["attrs"]["record_status"] == "closed"


def _statement(**more: Any) -> dict[str, Any]:
    return {"statementId": "s", "recordId": "r", "statementDate": "2020-01-01",
            "recordStatus": "new", "recordType": "entity", "recordDetails": {}} | more  # fmt: skip


def test_bad_statements_are_rejected_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    relation = {"subject": "a", "interestedParty": "b"}
    odd = [
        {"statementType": "entityStatement"},
        _statement(recordType="thing"),
        _statement(recordType="relationship", recordDetails={"subject": "a"}),
        _statement(recordType="relationship", recordDetails=relation | {"interests": [
            {"type": "shareholding", "directOrIndirect": "direct", "share": {"exact": "x"}}]}),
        _statement(recordDetails=[]),
        _statement(recordDetails={"name": "\ud800"}),
        _statement(),
    ]  # fmt: skip
    text = ",\n".join(json.dumps(one) for one in odd)
    path.write_text(f'[\n{text},\n7,\n{{"a": NaN}},\n{{"recordId": ', encoding="utf-8")
    items = read(path, "bods")
    assert len(facts(items)) == 1
    assert [(line, column) for line, column, _ in rejects(items)] == [
        (2, "statementType"), (3, "recordType"), (4, "interestedParty"), (5, "share.exact"),
        (6, "recordDetails"), (7, None), (9, None), (10, None), (11, None),
    ]  # fmt: skip


def test_json_lines_are_the_same(data_dir: Path, tmp_path: Path) -> None:
    package = _package(data_dir, "tecido")
    lines = tmp_path / "tecido.jsonl"
    statements = json.loads(package.read_text(encoding="utf-8"))
    lines.write_text("".join(json.dumps(s) + "\n" for s in statements), encoding="utf-8")
    assert detect(lines) == "bods"

    def said(path: Path) -> list[dict[str, Any]]:
        return [{k: v for k, v in f.items() if k != "source"} for f in facts(read(path, "bods"))]

    assert said(lines) == said(package)


def test_a_chinese_code_is_a_key(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    codes = [{"scheme": "CN-USCC", "id": "91110000MA0000001L"}, {"scheme": "XI-LEI", "id": "1"}]
    path.write_text(json.dumps([_statement(recordDetails={"identifiers": codes})]))
    (fact,) = facts(read(path, "bods"))
    assert fact["keys"] == {"uscc": "91110000MA0000001L"}
    assert fact["attrs"]["identifiers"] == [codes[1]]


@pytest.mark.parametrize(
    ("given", "end", "expected"),
    [
        ("1978-08", False, "1978-08-01"), ("1978", False, "1978-01-01"),
        ("1978-12", True, "1979-01-01"), ("1978", True, "1979-01-01"),
        ("1978-02-03", True, "1978-02-03"), (None, False, None),
    ],
)  # fmt: skip
def test_partial_dates(given: str | None, end: bool, expected: str | None) -> None:
    assert partial(given, "x", end=end) == expected


def test_percentages_keep_every_digit() -> None:
    assert fraction("33.333333333333333333333333333333333333", "x") == (
        "0.33333333333333333333333333333333333333"
    )
    assert fraction(100, "x") == "1"


def test_an_interest_no_longer_named_ends() -> None:
    share = {"type": "shareholding", "directOrIndirect": "direct", "share": {"exact": 10}}
    board = {"type": "boardMember", "directOrIndirect": "direct"}
    ends = {"subject": "c", "interestedParty": "p"}
    with Scratch(in_memory=0) as seen:  # as if the file were large: everything is on disk
        for date, interests in (("2020-01-01", [share, board]), ("2021-06-01", [share])):
            found = relationship(
                {"recordStatus": "new", "statementDate": date}, "r",
                ends | {"interests": interests}, {}, source={"version": f"{date}|0"}, seen=seen,
            )  # fmt: skip
    assert {f["id"]: f["valid_to"] for f in found} == {
        "r#shareholding": None, "r#boardMember": "2021-06-01",
    }  # fmt: skip


def test_versions_win_through_the_store(data_dir: Path, store: Store) -> None:
    """All packages load; a record's statements correct each other; sent again nothing changes."""
    packages = sorted((data_dir / "bods").rglob("*.json"))
    receipt = load(store, packages)
    assert receipt.quarantined == 0
    assert receipt.read == receipt.loaded + receipt.duplicates
    assert load(store, packages).loaded == 0
    assert store.check() == []
    snapshot = open_snapshot(store)
    held = {
        snapshot.fact_id(row): int(snapshot.columns.value[row])
        for row in snapshot.rows("shareholder", at=day_end("2022-12-31"))
        if snapshot.fact_id(row).startswith(("tecido:", "fermcat:"))
    }
    assert held == {
        "tecido:022EBEB66B#shareholding": 3 * SHARE_UNIT // 10,
        "tecido:02089A4E68#shareholding@2022-09-21": 7 * SHARE_UNIT // 10,
        "fermcat:rel-3fc02d9b6bdfd5ca#shareholding": SHARE_UNIT,
    }
