"""The mappings that ship, each on a small export as offices make it; and drafts from headers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph.errors import BadFile
from graph.store import Store
from ingest.load import load
from ingest.mapping import choose, draft, load_mapping, parse_mapping
from tests.ingest.helpers import facts, read, rejects, write_xlsx

_A, _B = "91110000MA0000001L", "91310000MA1K00001B"


def _table(path: Path, text: str, expected: str) -> list[Any]:
    """Items of an export; the mapping is found by its header alone."""
    path.write_text(text, encoding="utf-8")
    mapping = choose(path)
    assert mapping.name == expected
    return read(path, "csv", mapping)


def test_registry(tmp_path: Path) -> None:
    items = _table(
        tmp_path / "企业登记.csv",
        "统一社会信用代码,企业名称,法定代表人,企业类型,成立日期,注销日期,注册资本(万元),住所,登记状态,联系电话\n"
        f"{_A},甲公司,张三,有限责任公司,2015年3月1日,长期,100,北京市海淀区,存续,13800138000\n"
        f"{_B},乙公司,,有限责任公司,2016-01-01,2020-06-30,50万美元,,注销,\n",
        "registry",
    )
    assert rejects(items) == []
    first, second = facts(items, "company")
    assert first["keys"] == {"uscc": _A}
    assert (first["valid_from"], first.get("valid_to")) == ("2015-03-01", None)
    assert first["attrs"]["registered_capital"] == "1000000.00"
    assert (second["valid_to"], second["attrs"]["registered_capital"]) == (
        "2020-06-30", "500000.00 USD",
    )  # fmt: skip
    (role,) = facts(items, "legal_representative")
    assert role["to"] == {"kind": "company", "keys": {"uscc": _A}}
    assert [f["name"] for f in facts(items, "person")] == ["张三"]
    assert [f["text"] for f in facts(items, "address")] == ["北京市海淀区"]
    assert [f["keys"] for f in facts(items, "phone")] == [{"e164": "13800138000"}]


def test_traditional_headers(tmp_path: Path) -> None:
    items = _table(
        tmp_path / "x.csv",
        f"統一社會信用代碼,企業名稱,股東名稱,持股比例,認繳出資額\n{_A},甲公司,張三,51%,1\n",
        "shareholders",
    )
    assert facts(items, "person")[0]["name"] == "張三"
    assert facts(items, "shareholder")[0]["share"] == "0.51"


def test_shareholders(tmp_path: Path) -> None:
    items = _table(
        tmp_path / "股东.csv",
        "企业名称,统一社会信用代码,股东,股东类型,证件号码,持股比例,认缴出资额（万元）,认缴出资日期\n"
        f"甲公司,{_A},张三,自然人,11010519491231002X,51%,510,2015-03-01\n"
        f"甲公司,{_A},乙公司,企业法人,{_B},49%,490,2015-03-01\n"
        f"甲公司,{_A},合计,,,100%,1000,\n",
        "shareholders",
    )
    assert rejects(items) == []
    held = facts(items, "shareholder")
    assert [(f["share"], f["amount"], f["from"]["kind"]) for f in held] == [
        ("0.51", "5100000.00", "person"), ("0.49", "4900000.00", "company"),
    ]  # fmt: skip
    assert facts(items, "person")[0]["keys"] == {"resident_id": "11010519491231002X"}


def test_invoices(tmp_path: Path) -> None:
    items = _table(
        tmp_path / "发票.csv",
        "发票代码,发票号码,开票日期,销方名称,销方识别号,购方名称,购买方识别号,金额,税额,价税合计,"
        "货物或应税劳务名称,税收分类编码,发票状态,发票票种\n"
        f"044,1,2021-05-01,甲,{_A},乙,{_B},100.00,13.00,113.00,*煤炭*原煤,1070101,正常,专票\n"
        f"044,2,2021-05-02,甲,{_A},乙,{_B},-100.00,-13.00,-113.00,*煤炭*原煤,1070101,正常,专票\n"
        f"044,3,2021-05-03,甲,{_A},乙,{_B},1.00,0.13,1.13,水,1100301,作废,专票\n"
        f"044,4,2021-05-03,甲,{_A},ACME,,1.00,0,1.00,水,1100301,正常,出口发票\n"
        f"044,4,2021-05-03,甲,{_A},ACME,,2.00,0,2.00,冰,1100301,正常,出口发票\n",
        "vat_invoices",
    )
    assert rejects(items) == []
    found = facts(items, "invoice")
    assert [(f["number"], f["amount"], f["tax"], f["status"]) for f in found] == [
        ("1", "113.00", "13.00", "issued"), ("2", "-113.00", "-13.00", "red"),
        ("3", "1.13", "0.13", "void"), ("4", "1.00", "0.00", "issued"),
        ("4", "2.00", "0.00", "issued"),
    ]  # fmt: skip
    assert [f["attrs"].get("export") for f in found] == [None, None, None, True, True]
    assert {f["goods"] for f in found} == {"1070101", "1100301"}
    assert len({tuple(f["id"]) for f in found}) == 5


_SIDE_A = (
    "交易卡号,交易户名,交易时间,交易金额,收付标志,交易对手账卡号,对手户名,摘要说明\n"
    "6222020000000001,张三,2021-03-04 10:00:00,5000.00,出,6222020000000002,李四,货款\n"
    "6222020000000001,张三,2021-03-04 10:00:00,5000.00,出,6222020000000002,李四,货款\n"
    "6222020000000001,张三,2021-03-05 10:00:00,20.00,出,,,手续费\n"
)
_SIDE_B = (
    "账号,户名,交易日期,交易时间,借方发生额,贷方发生额,对方账号,对方户名\n"
    '6222 0200 0000 0002,李四,20210304,100000,,"5,000.00",6222020000000001,张三\n'
    "6222020000000002,李四,20210304,100000,0.00,5000,6222020000000001,张三\n"
    "6222020000000002,李四,20210306,90000,7,,,王五\n"
    "6222020000000002,李四,20210306,250000,7,,,王五\n"
)


def test_both_sides_of_a_transfer_are_one(tmp_path: Path, store: Store) -> None:
    """Two equal payments in one second are two; each side tells both; together they stay two."""
    (tmp_path / "a.csv").write_text(_SIDE_A, encoding="gb18030")
    (tmp_path / "b.csv").write_text(_SIDE_B, encoding="utf-8-sig")
    receipt = load(store, [tmp_path / "a.csv", tmp_path / "b.csv"])
    assert receipt.read == receipt.loaded + receipt.duplicates + receipt.quarantined
    assert receipt.quarantined == 2  # the fee without a counterparty, the 25th hour
    kinds = store.stats()["kinds"]
    assert kinds["transfer"] == 3
    assert kinds["account"] == 3  # one of them 王五's, whose number is not told
    again = load(store, [tmp_path / "b.csv"])
    assert (again.loaded, again.quarantined) == (0, 1)


def test_bank_rows(tmp_path: Path) -> None:
    items = _table(
        tmp_path / "流水.csv",
        _SIDE_A
        + "6222020000000001,张三,2021-03-06 11:00:00,-20.00,出,6222020000000002,李四,冲正\n"
        + "6222020000000001,张三,2021-03-07 11:00:00,20.00,?,6222020000000002,李四,\n"
        + "6.22202E+15,张三,2021-03-07 11:00:00,20.00,出,6222020000000002,李四,\n",
        "bank_statement",
    )
    found = facts(items, "transfer")
    assert [(f["amount"], f["at"]) for f in found[:2]] == [
        ("5000.00", "2021-03-04T10:00:00+08:00")
    ] * 2
    assert found[0]["id"] != found[1]["id"]
    reversal = found[2]  # money comes back
    assert reversal["from"]["keys"] == {"account": "6222020000000002"}
    assert (reversal["amount"], reversal["attrs"]) == ("20.00", {"reversal": True})
    assert [(line, column) for line, column, _ in rejects(items)] == [
        (4, "对方账号"), (6, None), (7, "交易卡号"),
    ]  # fmt: skip


def test_calls(tmp_path: Path) -> None:
    items = _table(
        tmp_path / "通话.csv",
        "本机号码,对端号码,呼叫类型,通话开始时间,通话时长\n"
        "13800138000,13900139000,主叫,2021-03-04 10:00:00,1分35秒\n"
        "13800138000,13900139001,被叫,2021-03-04 11:00:00,00:00:05\n",
        "call_records",
    )
    calls = [(f["from"]["keys"]["e164"], f["to"]["keys"]["e164"], f["duration"])
             for f in facts(items, "call")]  # fmt: skip
    assert calls == [
        ("13800138000", "13900139000", "95"), ("13900139001", "13800138000", "5"),
    ]  # fmt: skip
    two = _table(
        tmp_path / "通话2.csv",
        "主叫号码,被叫号码,通话时间,时长\n13900139001,13800138000,2021-03-04 11:00:00,5\n",
        "call_records",
    )
    # the other side's list names the same call
    assert facts(two, "call")[0]["id"] == facts(items, "call")[1]["id"]


def test_cards(tmp_path: Path) -> None:
    items = _table(
        tmp_path / "卡.csv",
        "卡号,户名,证件号码,账户类型,开户日期,销户日期,预留手机号\n"
        "6222020000000001,张三,11010519491231002X,借记卡,20200101,,13800138000\n",
        "cards",
    )
    (account,) = facts(items, "account")
    assert account["attrs"]["type"] == "card"
    (held,) = facts(items, "holds_account")
    assert (held["from"]["kind"], held["valid_from"]) == ("person", "2020-01-01")
    assert len(facts(items, "uses_phone")) == 1


def test_lists(tmp_path: Path) -> None:
    items = _table(
        tmp_path / "处罚.csv",
        "行政相对人名称,行政相对人代码_1(统一社会信用代码),行政处罚决定书文号,处罚机关,处罚决定日期,"
        f"罚款金额(万元),处罚依据\n甲公司,{_A},京罚〔2022〕1号,北京市税务局,2022-01-05,1.5,税收征管法\n",
        "penalties",
    )
    (penalty,) = facts(items, "listing")
    assert (penalty["list"], penalty["decided_on"], penalty["basis"]) == (
        "penalty", "2022-01-05", "税收征管法",
    )  # fmt: skip
    assert penalty["attrs"]["fine"] == "15000.00"
    items = _table(
        tmp_path / "名单.csv",
        "企业名称,统一社会信用代码,列入日期,列入事由,列入机关,移出日期,名单类型\n"
        f"甲公司,{_A},2022-01-05,虚开发票,某税务局,2025-01-05,严重违法失信\n"
        f"乙公司,{_B},2022-01-05,纳税信用A级,某税务局,,红名单\n",
        "blacklist",
    )
    assert [(f["list"], f["status"], f.get("until")) for f in facts(items, "listing")] == [
        ("black", "removed", "2025-01-05"), ("red", "active", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "header",
    [
        "统一社会信用代码,企业名称,法定代表人,持股比例,认缴出资额,股东,备注",
        "统一社会信用代码,企业名称,法定代表人,成立日期,注销日期",
        "company_name,uscc,shareholder,share,foo",
        "姓名,身份证号,手机号", "foo,bar", "企业名称,住所", "主叫号码,被叫号码,通话时间,时长",
        "户名,卡号", "销方名称,购方名称,发票号码,开票日期,金额,税额",
        "账号,对方账号,借贷标志,交易金额,交易时间,对方户名",
    ],
)  # fmt: skip
def test_a_draft_always_loads(tmp_path: Path, header: str) -> None:
    path = tmp_path / "某表.csv"
    path.write_text(
        f"标题{',' * header.count(',')}\n{header}\n" + ",".join("1" for _ in header.split(","))
    )
    text = draft(path)
    mapping = parse_mapping(text)
    assert text.startswith("# 由 某表.csv 的表头起草")
    read(path, "csv", mapping)  # finds its own header again
    for name in header.split(","):
        assert name in text


def test_a_draft_names_what_it_understood(tmp_path: Path) -> None:
    path = tmp_path / "宽表.xlsx"
    write_xlsx(path, {"一": [
        ["统一社会信用代码", "企业名称", "法定代表人", "股东", "持股比例", "认缴出资额（万元）"],
        [_A, "甲公司", "张三", "李四", "30%", 100],
    ]})  # fmt: skip
    items = read(path, "csv", parse_mapping(draft(path)))
    assert rejects(items) == []
    (held,) = facts(items, "shareholder")
    assert (held["share"], held["amount"]) == ("0.3", "1000000.00")
    assert len(facts(items, "legal_representative")) == 1


def test_no_mapping_fits(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("foo,bar\n1,2\n")
    with pytest.raises(BadFile, match="draft-mapping"):
        choose(path)
    with pytest.raises(BadFile, match="finds no header with"):
        read(path, "csv", load_mapping("registry"))
