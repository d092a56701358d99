"""FinBench folders: counts against the files themselves, ids, times and odd rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from graph.errors import BadFile
from ingest.readers import default_dataset, detect
from ingest.readers.item import Item
from tests.ingest.helpers import facts, read, rejects

# table -> kinds that a row of it gives (LDBC FinBench specification, data schema)
_SNAPSHOT = {
    "Person": ["person"], "Company": ["company"], "Account": ["account"], "Medium": ["device"],
    "Loan": ["loan"], "PersonOwnAccount": ["holds_account"], "CompanyOwnAccount": ["holds_account"],
    "PersonApplyLoan": ["borrows"], "CompanyApplyLoan": ["borrows"],
    "PersonInvestCompany": ["shareholder"], "CompanyInvestCompany": ["shareholder"],
    "PersonGuaranteePerson": ["guarantee"], "CompanyGuaranteeCompany": ["guarantee"],
    "LoanDepositAccount": ["deposit"], "AccountRepayLoan": ["repay"],
    "AccountTransferAccount": ["transfer"], "AccountWithdrawAccount": ["withdrawal"],
    "MediumSignInAccount": ["uses_device"],
}  # fmt: skip
_WRITES = {
    "AddPersonWrite1": ["person"], "AddCompanyWrite2": ["company"], "AddMediumWrite3": ["device"],
    "AddPersonOwnAccountWrite4": ["account", "holds_account"],
    "AddCompanyOwnAccountWrite5": ["account", "holds_account"],
    "AddPersonApplyLoanWrite6": ["loan", "borrows"],
    "AddCompanyApplyLoanWrite7": ["loan", "borrows"],
    "AddPersonInvestCompanyWrite8": ["shareholder"],
    "AddCompanyInvestCompanyWrite9": ["shareholder"],
    "AddPersonGuaranteePersonWrite10": ["guarantee"],
    "AddPersonGuaranteePersonReadWrite3": ["guarantee"],
    "AddCompanyGuaranteeCompanyWrite11": ["guarantee"],
    "AddAccountTransferAccountWrite12": ["transfer"],
    "AddAccountTransferAccountReadWrite1": ["transfer"],
    "AddAccountTransferAccountReadWrite2": ["transfer"],
    "AddAccountWithdrawAccountWrite13": ["withdrawal"], "AddAccountRepayLoanWrite14": ["repay"],
    "AddLoanDepositAccountWrite15": ["deposit"], "AddMediumSigninAccountWrite16": ["uses_device"],
    "DeleteAccountWrite17": ["close"], "UpdateAccountWrite18": [], "UpdatePersonWrite19": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def snapshot(data_dir: Path) -> list[Item]:
    """Every item of the snapshot, read once."""
    return read(data_dir / "finbench_sf01" / "snapshot", "finbench")


def _lines(folder: Path, tables: dict[str, list[str]]) -> Counter[str]:
    """Facts by kind, counted from the lines of the files."""
    count: Counter[str] = Counter()
    assert {p.stem for p in folder.glob("*.csv")} == tables.keys()
    for table, kinds in tables.items():
        rows = (folder / f"{table}.csv").read_bytes().count(b"\n") - 1
        for kind in kinds:
            count[kind] += rows
    return +count


@pytest.mark.parametrize(("part", "tables"), [("snapshot", _SNAPSHOT), ("incremental", _WRITES)])
def test_every_row_is_its_facts(data_dir: Path, part: str, tables: dict[str, list[str]]) -> None:
    folder = data_dir / "finbench_sf01" / part
    assert detect(folder) == "finbench"
    assert default_dataset(folder, "finbench") == "finbench"
    items = read(folder, "finbench")
    assert rejects(items) == []
    found = facts(items)
    assert Counter(f["kind"] for f in found) == _lines(folder, tables)
    closed = [f for f in found if f["kind"] == "close"]
    assert found[len(found) - len(closed) :] == closed  # endings come last
    ids = [f["id"] for f in found if f["kind"] != "close"]
    assert len(set(ids)) == len(ids)


def test_what_a_row_says(snapshot: list[Item]) -> None:
    first = {}
    for fact in facts(snapshot):
        first.setdefault(fact["kind"], fact)
    assert first["company"] == {
        "kind": "company", "id": "c423", "name": "Franecki LLC",
        "attrs": {"blocked": False, "country": "Senegal", "city": "Saint-Louis",
                  "business": "Leather Coats Store", "description": "text 1360 sample",
                  "url": "https://www.flauntinglyclerk.edu"},
        "valid_from": "2020-01-01T12:37:50.617000+00:00",
        "source": {"dataset": "d", "file": "Company.csv", "record": "Company.csv:2"},
    }  # fmt: skip
    held = next(f for f in facts(snapshot, "shareholder")
                if f["from"] == "p41" and f["to"] == "c821")  # fmt: skip
    assert held["share"] == "0.48505298011748316"  # the text as written
    assert held["id"] == "i-p41-c821-1584828869312"
    assert held["valid_from"] == "2020-03-21T22:14:29.312000+00:00"


def test_snapshot_and_writes_meet_in_time(data_dir: Path, snapshot: list[Item]) -> None:
    """Both are UTC: the writes begin after the last row of the snapshot, by minutes not hours."""
    writes = data_dir / "finbench_sf01" / "incremental" / "AddAccountWithdrawAccountWrite13.csv"
    last = max(f["at"] for f in facts(snapshot, "withdrawal"))
    first = min(f["at"] for f in facts(read(writes, "finbench")))
    assert "2022-11-29T02:5" in last
    assert last < first < "2022-11-29T03"


def test_odd_rows(tmp_path: Path) -> None:
    (tmp_path / "AccountTransferAccount.csv").write_bytes(
        b"fromId|toId|amount|createTime|orderNum|comment|payType|goodsType\n"
        b"1|2|5.00|2020-01-01 00:00:00.001|9|x|card|\n"
        b"1|2|5.00|2020-01-01 00:00:00.001|9|x|card|\n"  # twice: two facts
        b"1|2|5.00|2020-13-01 00:00:00.001|9|x|card|\n"
        b"1|2|5.00\n"
        b"1||5.00|2020-01-01 00:00:00.001|9|x|card|\n"
        b"1|2|5.00|2020-01-01 00:00:00.001|9|\xff\xff|card|\n"
    )
    (tmp_path / "UpdateAccountWrite18.csv").write_text(
        "createTime|dependencyTime|accountId\n1669726513020|1|7\n"
    )
    items = read(tmp_path, "finbench")
    assert [f["id"] for f in facts(items, "transfer")] == [
        "t-a1-a2-1577836800001", "t-a1-a2-1577836800001-2",
    ]  # fmt: skip
    assert rejects(items) == [
        (4, "createTime", "not a time: '2020-13-01 00:00:00.001'"),
        (5, None, "3 cells where the header has 8"),
        (6, "toId", "missing"),
        (7, None, "bytes in no known encoding"),
    ]
    assert {i.file for i in items if i.fact is None} == {"AccountTransferAccount.csv"}
    (blocked,) = facts(items, "listing")
    assert (blocked["subject"], blocked["list"]) == ("a7", "blocked")


def test_a_folder_without_tables(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a|b\n")
    with pytest.raises(BadFile, match="no FinBench table"):
        read(tmp_path, "finbench")
