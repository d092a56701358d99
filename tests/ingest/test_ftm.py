"""FollowTheMoney as others write it: what each schema becomes, what is kept, what is refused.

Expected values are read off the entities by FollowTheMoney's own definitions of the properties.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph.snapshot import open_snapshot
from graph.store import Store, open_store
from ingest.load import load
from ingest.readers import detect
from tests.api.interchange import export
from tests.ingest.helpers import facts, read, rejects

Fact = dict[str, Any]
pytestmark = pytest.mark.usefixtures("ftm_model")
USCC = "91110000MA0000001L"
RESIDENT = "11010519491231002X"

_SANCTIONED = [
    {"id": "NK-1", "caption": "ACME", "schema": "Company", "datasets": ["us_ofac_sdn", "eu_fsf"],
     "referents": ["ofac-1"], "first_seen": "2023-04-20T09:38:00", "target": True,
     "properties": {
         "name": ["甲公司", "ACME Ltd."], "jurisdiction": ["cn"], "uscCode": [USCC],
         "incorporationDate": ["2015"], "dissolutionDate": ["2021-06"], "topics": ["sanction"],
         "sourceUrl": ["https://example.com/1"], "addressEntity": ["addr-1"],
         "phone": ["+8613800138000"], "status": ["active", "存续"]}},
    {"id": "addr-1", "schema": "Address", "properties": {
        "full": ["北京市海淀区1号"], "city": ["北京"]}},
    {"id": "p-1", "schema": "Person", "properties": {
        "name": ["Zhang San"], "birthDate": ["1949-12"], "idNumber": [RESIDENT]}},
    {"id": "p-2", "schema": "Person", "properties": {"name": ["Zhang San"]}},
    {"id": "p-3", "schema": "Person", "properties": {"name": ["X"], "idNumber": ["K99887766"]}},
    {"id": "le-1", "schema": "LegalEntity", "properties": {
        "name": ["李四"], "idNumber": ["110101199003074477"]}},
    {"id": "le-2", "schema": "LegalEntity", "properties": {"name": ["Unknown Holdings"]}},
    {"id": "own-1", "schema": "Ownership", "properties": {
        "owner": ["p-1"], "asset": ["NK-1"], "percentage": ["33.30%"], "role": ["shareholder"],
        "startDate": ["2019-01-01"], "endDate": ["2020-05"], "proof": ["doc-1"]}},
    {"id": "own-2", "schema": "Ownership", "properties": {
        "owner": ["le-2"], "asset": ["NK-1"], "percentage": ["25 - 50 %"]}},
    {"id": "own-3", "schema": "Ownership", "properties": {
        "owner": ["le-2"], "asset": ["NK-1"], "percentage": ["a majority"]}},
    {"id": "own-4", "schema": "Ownership", "properties": {"owner": ["p-1"], "asset": ["acc-1"]}},
    {"id": "acc-1", "schema": "BankAccount", "properties": {
        "accountNumber": ["6222020200112230006"]}},
    {"id": "dir-1", "schema": "Directorship", "properties": {
        "director": ["p-2"], "organization": ["NK-1"], "role": ["Chairman"]}},
    {"id": "rep-1", "schema": "Representation", "properties": {
        "agent": ["p-1"], "client": ["NK-1"], "role": ["法定代表人"]}},
    {"id": "rep-2", "schema": "Representation", "properties": {
        "agent": ["p-2"], "client": ["NK-1"], "role": ["lobbyist"]}},
    {"id": "emp-1", "schema": "Employment", "properties": {
        "employer": ["NK-1"], "employee": ["p-2"]}},
    {"id": "fam-1", "schema": "Family", "properties": {
        "person": ["p-1"], "relative": ["p-2"], "relationship": ["brother"]}},
    {"id": "ul-1", "schema": "UnknownLink", "properties": {
        "subject": ["NK-1"], "object": ["le-2"], "role": ["linked to"]}},
    {"id": "sim-1", "schema": "Similar", "properties": {
        "candidate": ["p-1"], "match": ["p-2"], "confidenceScore": ["0.99"]}},
    {"id": "ctl-1", "schema": "Control", "properties": {
        "controller": ["p-1"], "controlled": ["NK-1"], "controlType": ["voting"]}},
    {"id": "pay-1", "schema": "Payment", "properties": {
        "payer": ["NK-1"], "beneficiary": ["le-2"], "amount": ["1500.00"], "currency": ["EUR"],
        "date": ["2021-03-04T02:00:00"], "purpose": ["consulting"]}},
    {"id": "pay-2", "schema": "Payment", "properties": {
        "payer": ["NK-1"], "beneficiaryAccount": ["acc-1"], "amount": ["5"],
        "date": ["2021-03-05"]}},
    {"id": "san-1", "schema": "Sanction", "properties": {
        "entity": ["NK-1"], "authority": ["OFAC"], "program": ["IRAN"], "reason": ["E.O. 13382"],
        "startDate": ["2020-01-02"], "endDate": ["2022-03-04"]}},
    {"id": "san-2", "schema": "Sanction", "properties": {"entity": ["p-1"], "authority": ["EU"]}},
]  # fmt: skip


@pytest.fixture
def sanctions(tmp_path: Path) -> Path:
    path = tmp_path / "sanctions.json"
    path.write_text("\n".join(json.dumps(e) for e in _SANCTIONED), encoding="utf-8")
    return path


def test_it_is_recognised(sanctions: Path, tmp_path: Path) -> None:
    assert detect(sanctions) == "ftm"
    array = tmp_path / "a.json"
    array.write_text(json.dumps(_SANCTIONED), encoding="utf-8")
    assert detect(array) == "ftm"
    native = tmp_path / "n.jsonl"
    native.write_text('{"kind":"company","id":"c","attrs":{"schema": "Company", "properties": {}}}')
    assert detect(native) == "native"


def test_what_each_schema_becomes(sanctions: Path) -> None:
    items = read(sanctions, "ftm")
    assert rejects(items) == []
    found = {f["id"]: f for f in facts(items) if "id" in f}
    company = found["NK-1"]
    assert (company["kind"], company["name"]) == ("company", "甲公司")
    assert company["keys"] == {"uscc": USCC}
    # partial dates: from the first day on; as an end, to the day after the last
    assert (company["valid_from"], company["valid_to"]) == ("2015-01-01", "2021-07-01")
    assert company["attrs"]["jurisdiction"] == "CN"
    kept = company["attrs"]["ftm"]
    assert kept["properties"]["name"] == ["ACME Ltd."]
    assert kept["properties"]["sourceUrl"] == ["https://example.com/1"]
    assert kept["context"]["datasets"] == ["us_ofac_sdn", "eu_fsf"]
    assert (found["le-1"]["kind"], found["le-2"]["kind"]) == ("person", "company")
    assert found["p-1"]["keys"] == {"resident_id": RESIDENT}
    assert "keys" not in found["p-3"]  # a number of elsewhere is no resident id
    assert found["p-3"]["attrs"]["ftm"]["properties"]["idNumber"] == ["K99887766"]
    held = found["own-1"]
    assert (held["kind"], held["from"], held["to"]) == ("shareholder", "p-1", "NK-1")
    assert (held["share"], held["valid_from"], held["valid_to"]) == (
        "0.333", "2019-01-01", "2020-06-01",
    )  # fmt: skip
    assert held["attrs"]["ftm"]["properties"]["proof"] == ["doc-1"]
    assert (found["own-2"]["share_min"], found["own-2"]["share_max"]) == ("0.25", "0.5")
    assert "share" not in found["own-3"]
    assert found["own-3"]["attrs"]["ftm"]["properties"]["percentage"] == ["a majority"]
    assert found["own-4"]["kind"] == "holds_account"  # told before the account is
    assert (found["dir-1"]["kind"], found["dir-1"]["role"]) == ("officer", "Chairman")
    assert found["rep-1"]["kind"] == "legal_representative"
    assert (found["emp-1"]["kind"], found["emp-1"]["from"]) == ("employs", "NK-1")
    assert (found["fam-1"]["kind"], found["fam-1"]["role"]) == ("kin", "brother")
    assert (found["ctl-1"]["kind"], found["ctl-1"]["basis"]) == ("controller", "voting")


def test_what_is_no_relation_of_ours_is_a_declaration(sanctions: Path) -> None:
    found = {f["id"]: f for f in facts(read(sanctions, "ftm"), "listing")}
    for name, subject in (("ul-1", "NK-1"), ("rep-2", "NK-1"), ("sim-1", "p-1")):
        assert (found[name]["list"], found[name]["subject"]) == ("declaration", subject)
    assert found["ul-1"]["attrs"]["ftm"]["properties"] == {
        "object": ["le-2"], "role": ["linked to"],
    }  # fmt: skip


def test_a_sanction_that_ended_is_not_active(sanctions: Path) -> None:
    found = {f["id"]: f for f in facts(read(sanctions, "ftm"), "listing")}
    ended, standing = found["san-1"], found["san-2"]
    assert (ended["list"], ended["authority"], ended["domain"]) == ("black", "OFAC", "IRAN")
    assert (ended["until"], ended["status"]) == ("2022-03-04", "ended")
    assert (standing["status"], standing["domain"]) == ("active", "sanctions")


def test_payments_between_parties_go_through_an_account_of_theirs(sanctions: Path) -> None:
    items = read(sanctions, "ftm")
    first, second = facts(items, "transfer")
    assert (first["from"], first["to"]) == ("NK-1#account", "le-2#account")
    assert (first["amount"], first["currency"]) == ("1500.00", "EUR")
    assert first["at"] == "2021-03-04T10:00:00+08:00"
    assert (second["from"], second["to"]) == ("NK-1#account", "acc-1")
    made = [f["id"] for f in facts(items, "account")]
    assert sorted(made) == ["NK-1#account", "acc-1", "le-2#account"]  # one each
    assert {(f["from"], f["to"]) for f in facts(items, "holds_account")} == {
        ("NK-1", "NK-1#account"), ("le-2", "le-2#account"), ("p-1", "acc-1"),
    }  # fmt: skip


def test_it_loads_and_joins_nobody_by_name(sanctions: Path, store: Store) -> None:
    receipt = load(store, [sanctions])
    assert receipt.quarantined == 0
    snapshot = open_snapshot(store)
    assert snapshot.canonical(snapshot.resolve("NK-1")) == f"cn:uscc:{USCC}"
    assert snapshot.resolve("p-1") != snapshot.resolve("p-2")
    assert len(snapshot.rows("uses_phone")) == len(snapshot.rows("located_at")) == 1
    again = load(store, [sanctions])
    assert (again.loaded, again.duplicates) == (0, receipt.read)


def test_out_again_it_is_what_it_was(sanctions: Path, store: Store, tmp_path: Path) -> None:
    """Ids, schemas, every value of every property, and what stands beside them."""
    load(store, [sanctions])
    out = tmp_path / "out.jsonl"
    export(store.url, "ftm", out)
    found = {e["id"]: e for e in map(json.loads, out.read_bytes().splitlines())}
    for entity in _SANCTIONED:
        other = found[entity["id"]]
        assert other["schema"] == entity["schema"]
        if entity["schema"] != "Payment":  # those name the accounts they go through
            for name, values in entity["properties"].items():
                if name in {"incorporationDate", "dissolutionDate", "endDate", "percentage"}:
                    assert set(values) <= set(other["properties"][name])
                else:
                    assert sorted(other["properties"][name]) == sorted(values), (entity["id"], name)
        for name in ("datasets", "referents", "first_seen", "target", "caption"):
            assert other.get(name) == entity.get(name) or name == "datasets"
    assert found["NK-1"]["datasets"] == ["us_ofac_sdn", "eu_fsf"]
    second = tmp_path / "second.jsonl"
    other_store = open_store(f"sqlite:///{tmp_path / 'o.db'}", create=True, id_key=store.id_key)
    receipt = load(other_store, [out])
    assert receipt.quarantined == 0
    export(other_store.url, "ftm", second)
    other_store.close()
    assert _timeless(second) == _timeless(out)


def _timeless(path: Path) -> list[Fact]:
    """Entities without when their store recorded them."""
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    for entity in found:
        entity["properties"].pop("retrievedAt", None)
    return sorted(found, key=lambda entity: str(entity["id"]))


@pytest.mark.parametrize(
    ("entity", "column", "reason"),
    [
        ({"id": "a", "schema": "Vehicle", "properties": {}}, "schema", "a Vehicle has no place"),
        ({"id": "a", "schema": "Foo", "properties": {}}, "schema", "unknown schema 'Foo'"),
        ({"id": "", "schema": "Person", "properties": {}}, "id", "missing"),
        ({"id": "a", "schema": "Person"}, "properties", "missing or not an object"),
        ({"id": "a", "schema": "Person", "properties": {"name": "x"}}, "properties.name",
         "not a list"),
        ({"id": "a", "schema": "Person", "properties": {"name": [1]}}, "properties.name",
         "not a list"),
        ({"id": "a", "schema": "Ownership", "properties": {"owner": ["b"]}}, "properties.asset",
         "missing"),
        ({"id": "a", "schema": "Ownership", "properties": {"owner": ["b", "c"], "asset": ["d"]}},
         "properties.owner", "more than one"),
        ({"id": "a", "schema": "Sanction", "properties": {}}, "properties.entity", "missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told(
    tmp_path: Path, entity: Fact, column: str, reason: str
) -> None:
    path = tmp_path / "x.jsonl"
    good = {"id": "ok", "schema": "Person", "properties": {"name": ["x"]}}
    path.write_text(json.dumps(entity) + "\n" + json.dumps(good), encoding="utf-8")
    items = read(path, "ftm")
    ((line, at, why),) = rejects(items)
    assert (line, at) == (1, column)
    assert why is not None
    assert reason in why
    assert [f["id"] for f in facts(items)] == ["ok"]


@pytest.mark.parametrize("text", ['{"id": "a", "sch', "[1, 2]", '"x"', "\x00\xff", "{}"])
def test_what_is_no_entity_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(text.encode("latin-1"))
    items = read(path, "ftm")
    assert items
    assert len(rejects(items)) == len(items)


def test_numbers_without_a_field_of_ours_are_masked_outside(tmp_path: Path, store: Store) -> None:
    numbers = {
        "passportNumber": "E12345678",
        "idNumber": "K99887766",
        "iban": "DE89370400440532013000",
    }
    person = {k: [v] for k, v in numbers.items() if k != "iban"}
    path = tmp_path / "x.jsonl"
    path.write_text(
        "\n".join(
            json.dumps({"id": n, "schema": schema, "properties": properties})
            for n, schema, properties in (
                ("p", "Person", {"name": ["x"], **person, "sourceUrl": ["https://example.com/E1"]}),
                ("a", "BankAccount", {"iban": [numbers["iban"]]}),
            )
        ),
        encoding="utf-8",
    )
    load(store, [path], format="ftm")
    out = tmp_path / "out"
    for masked in (False, True):
        export(store.url, "ftm", out, masked=masked)
        text = out.read_text("utf-8")
        for name, number in numbers.items():
            assert (number in text) is not masked, name
        assert "https://example.com/E1" in text
        assert "***" not in str([e["properties"] for e in map(json.loads, text.splitlines())])
    from graph.masking import masked_payload

    for fact in store.facts():
        shown = masked_payload("person", json.dumps(fact.payload))
        assert not any(number in shown for number in numbers.values())
