"""Tables of the ICIJ's Offshore Leaks and of GLEIF, by the mappings that ship.

The headers are those of the published files; the rows are made up. What a row means is from the
publishers' own descriptions: a link that is only similar joins nobody, a consolidation is no share.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph.errors import BadFile
from graph.snapshot import open_snapshot
from graph.store import Store
from ingest.load import load
from ingest.mapping import choose, parse_mapping
from tests.ingest.helpers import facts, read, rejects, table

_ICIJ = {
    "nodes-entities.csv": (
        "icij_entities",
        "node_id,name,original_name,former_name,jurisdiction,jurisdiction_description,company_type,"
        "address,internal_id,incorporation_date,inactivation_date,struck_off_date,dorm_date,status,"
        "service_provider,ibcRUC,country_codes,countries,sourceID,valid_until,note\n"
        "10000001,TIANSHENG INDUSTRY LTD.,,,SAM,Samoa,,,1001256,23-MAR-2006,18-FEB-2013,15-FEB-2013"
        ",,Defaulted,Mossack Fonseca,25221,HKG,Hong Kong,Panama Papers,through 2015,\n"
        "10000002,NINGBO HOLDINGS LTD,,,SAM,Samoa,,,1001263,2006-03-27,,,,Active,Mossack Fonseca,"
        "25249,CHN,China,Panama Papers,through 2015,\n",
    ),
    "nodes-officers.csv": (
        "icij_officers",
        "node_id,name,countries,country_codes,sourceID,valid_until,note\n"
        "12000001,KIM SOO IN,South Korea,KOR,Panama Papers,through 2015,\n"
        "12000002,KIM SOO IN,South Korea,KOR,Panama Papers,through 2015,\n"
        "12000003,Mega Nominees Ltd,Panama,PAN,Panama Papers,through 2015,\n",
    ),
    "nodes-intermediaries.csv": (
        "icij_intermediaries",
        "node_id,name,status,internal_id,address,countries,country_codes,sourceID,valid_until,note\n"
        "11000001,MICHAEL PAPAGEORGE CO.,ACTIVE,10001,,Cyprus,CYP,Panama Papers,through 2015,\n",
    ),
    "nodes-addresses.csv": (
        "icij_addresses",
        "node_id,address,name,countries,country_codes,sourceID,valid_until,note\n"
        "14000001,1903 Tower 1; Hong Kong,,Hong Kong,HKG,Panama Papers,through 2015,\n",
    ),
    "relationships.csv": (
        "icij_relationships",
        "node_id_start,node_id_end,rel_type,link,status,start_date,end_date,sourceID\n"
        "12000001,10000001,officer_of,shareholder of,,2006-03-23,2013-02-18,Panama Papers\n"
        "12000003,10000002,officer_of,director of,,,,Panama Papers\n"
        "12000002,10000002,officer_of,beneficiary of,,27-MAR-2006,,Panama Papers\n"
        "10000001,14000001,registered_address,registered address,,,,Panama Papers\n"
        "12000001,12000002,same_name_as,same name as,,,,Panama Papers\n"
        "10000001,10000002,similar,similar name and address as,,,,Panama Papers\n"
        "11000001,10000001,intermediary_of,intermediary of,,,,Panama Papers\n",
    ),
}


def _write(folder: Path, files: dict[str, tuple[str, str]]) -> list[Path]:
    paths = []
    for name, (_, text) in files.items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def test_offshore_leaks_load_in_one_call_in_any_order(tmp_path: Path, store: Store) -> None:
    paths = _write(tmp_path, _ICIJ)
    for path in paths:
        assert choose(path).name == _ICIJ[path.name][0]
    receipt = load(store, paths[::-1])  # relationships before the nodes they name
    assert (receipt.read, receipt.loaded, receipt.quarantined) == (14, 14, 0)
    counts = store.stats()["kinds"]
    assert counts == {
        "company": 4, "person": 2, "address": 1, "shareholder": 1, "officer": 1, "controller": 1,
        "located_at": 1, "listing": 3,
    }  # fmt: skip
    snapshot = open_snapshot(store)
    tiansheng = store.history("icij:10000001")[-1]
    assert tiansheng.payload["name"] == "TIANSHENG INDUSTRY LTD."
    # equal names are two people, and a 'similar' company is another one
    assert snapshot.resolve("icij:12000001") != snapshot.resolve("icij:12000002")
    assert snapshot.resolve("icij:10000001") != snapshot.resolve("icij:10000002")


def test_what_a_leaked_link_says(tmp_path: Path) -> None:
    (path,) = _write(tmp_path, {"relationships.csv": _ICIJ["relationships.csv"]})
    items = read(path, "csv")
    assert rejects(items) == []
    assert facts(items, "person") == facts(items, "company") == []  # refers, and tells nobody
    (held,) = facts(items, "shareholder")
    assert (held["from"], held["to"]) == ("12000001", "10000001")
    assert (held["valid_from"], held["valid_to"]) == ("2006-03-23", "2013-02-18")
    assert "share" not in held
    (director,) = facts(items, "officer")
    assert director["role"] == "director of"
    (control,) = facts(items, "controller")
    assert (control["basis"], control["valid_from"]) == ("beneficiary of", "2006-03-27")
    assert {f["basis"]: f["attrs"]["party"] for f in facts(items, "listing")} == {
        "same_name_as": "12000001", "similar": "10000001", "intermediary_of": "11000001",
    }  # fmt: skip
    assert {f["list"] for f in facts(items, "listing")} == {"declaration"}
    assert facts(items, "same_as") == []


_LEVEL_1 = (
    "LEI,Entity.LegalName,Entity.LegalName.xmllang,Entity.LegalAddress.FirstAddressLine,"
    "Entity.LegalAddress.City,Entity.LegalAddress.Country,Entity.LegalAddress.PostalCode,"
    "Entity.RegistrationAuthority.RegistrationAuthorityID,"
    "Entity.RegistrationAuthority.RegistrationAuthorityEntityID,Entity.LegalJurisdiction,"
    "Entity.EntityCategory,Entity.LegalForm.EntityLegalFormCode,Entity.EntityStatus,"
    "Entity.EntityCreationDate,Entity.EntityExpirationDate,Entity.EntityExpirationReason,"
    "Registration.RegistrationStatus\n"
    "300300C1PARENT000001,母公司,zh,北京市西城区1号,北京,CN,100033,RA000407,91110000MA0000001L,CN,"
    "GENERAL,ECAK,ACTIVE,2005-10-24T00:00:00+08:00,,,ISSUED\n"
    "2138001CHILD00000002,Child Plc,en,1 Foo Street,London,GB,EC1A 1AA,RA000585,SC095000,GB,"
    "GENERAL,B6ES,INACTIVE,1990-01-01T00:00:00Z,2020-06-30T00:00:00Z,DISSOLVED,RETIRED\n"
)
_LEVEL_2 = (
    "Relationship.StartNode.NodeID,Relationship.StartNode.NodeIDType,Relationship.EndNode.NodeID,"
    "Relationship.EndNode.NodeIDType,Relationship.RelationshipType,Relationship.RelationshipStatus,"
    "Relationship.Period.1.startDate,Relationship.Period.1.endDate,Relationship.Period.1.periodType,"
    "Relationship.Period.2.startDate,Relationship.Period.2.endDate,Relationship.Period.2.periodType,"
    "Relationship.Qualifiers.1.QualifierDimension,Relationship.Qualifiers.1.QualifierCategory,"
    "Registration.ValidationSources\n"
    "2138001CHILD00000002,LEI,300300C1PARENT000001,LEI,IS_DIRECTLY_CONSOLIDATED_BY,ACTIVE,"
    "2018-01-01T00:00:00.000Z,2018-12-31T00:00:00.000Z,ACCOUNTING_PERIOD,"
    "2016-05-04T00:00:00.000Z,2020-06-30T00:00:00.000Z,RELATIONSHIP_PERIOD,"
    "ACCOUNTING_STANDARD,IFRS,FULLY_CORROBORATED\n"
    "2138001CHILD00000002,LEI,300300C1PARENT000001,LEI,IS_ULTIMATELY_CONSOLIDATED_BY,ACTIVE,"
    ",,,,,,ACCOUNTING_STANDARD,IFRS,FULLY_CORROBORATED\n"
    "2138001CHILD00000002,LEI,300300C1PARENT000001,LEI,IS_FUND-MANAGED_BY,ACTIVE,,,,,,,,,\n"
)


def test_gleif_levels_1_and_2(tmp_path: Path, store: Store) -> None:
    files = {"lei2.csv": ("gleif_entities", _LEVEL_1), "rr.csv": ("gleif_relationships", _LEVEL_2)}
    paths = _write(tmp_path, files)
    for path in paths:
        assert choose(path).name == files[path.name][0]
    receipt = load(store, paths)
    assert receipt.quarantined == 0
    assert store.stats()["kinds"] == {
        "company": 2, "address": 2, "located_at": 2, "controller": 2, "listing": 1,
    }  # fmt: skip
    snapshot = open_snapshot(store)
    assert snapshot.canonical(snapshot.resolve("300300C1PARENT000001")) == (
        "cn:uscc:91110000MA0000001L"
    )
    child = store.history("gleif:2138001CHILD00000002")[-1]
    assert child.keys == ()  # a British number is no credit code
    items = read(paths[1], "csv")
    direct, ultimate = facts(items, "controller")
    assert (direct["from"], direct["to"]) == ("300300C1PARENT000001", "2138001CHILD00000002")
    assert direct["attrs"]["directness"] == "direct"
    assert direct["valid_from"] == "2016-05-04T00:00:00.000+00:00"  # of the relationship
    assert direct["valid_to"] == "2020-06-30T00:00:00.000+00:00"
    assert ultimate["attrs"]["directness"] == "indirect"
    assert "valid_from" not in ultimate
    assert facts(items, "shareholder") == []  # consolidation says no share


def test_an_entity_that_is_given_needs_its_plain_id() -> None:
    with pytest.raises(BadFile, match=r"m.yaml:7: given: true needs id"):
        parse_mapping(
            "version: 1\nname: m\nentities:\n  甲:\n    kind: company\n    name: a\n"
            "    given: true\n",
            "m.yaml",
        )


@pytest.mark.parametrize(
    ("cell", "day"),
    [("23-MAR-2006", "2006-03-23"), ("1 Jan 1999", "1999-01-01"), ("07-Sep-2010", "2010-09-07")],
)
def test_dates_with_english_months(tmp_path: Path, cell: str, day: str) -> None:
    assert _dated(tmp_path, cell)[0]["valid_from"] == day


@pytest.mark.parametrize("cell", ["31-FEB-2006", "23-FOO-2006", "23-MAR-06"])
def test_what_only_looks_like_one_is_refused(tmp_path: Path, cell: str) -> None:
    assert _dated(tmp_path, cell) == []


def _dated(folder: Path, cell: str) -> list[dict[str, Any]]:
    mapping = (
        "version: 1\nname: m\ncolumns:\n  n: {required: true}\nentities:\n  甲:\n"
        "    kind: company\n    id: {plain: n}\n    name: n\n    valid_from: d\n"
    )
    return facts(table(folder / "t.csv", f"n,d\n甲,{cell}\n", mapping))
