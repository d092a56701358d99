"""The mapping language: what it makes of rows, and what its errors say."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import BadFile
from ingest.mapping import load_mapping, parse_mapping, shipped
from ingest.mapping.parties import party_kind
from ingest.mapping.patterns import compiled
from tests.ingest.helpers import facts, rejects, table

_HOLDERS = """
version: 1
columns:
  持股比例: {unit: auto}
  认缴出资额: {unit: 万元}
skip:
  - {column: 公司, in: [合计]}
entities:
  公司: {kind: company, id: {plain: 公司}, name: 公司}
  股东: {kind: auto, type: 类型, id: {plain: 股东}, name: 股东}
relations:
  - kind: shareholder
    from: 股东
    to: 公司
    share: 持股比例
    amount: 认缴出资额
    valid_from: 日期
    id: {plain: [公司, 股东]}
"""


def test_a_row_becomes_its_facts(tmp_path: Path) -> None:
    items = table(
        tmp_path / "x.csv",
        "某局导出,,,,,\n公司,股东,类型,持股比例,认缴出资额,日期\n甲公司,张三,自然人,51%,510,2015/3/1\n合计,,,,,\n",
        _HOLDERS,
    )
    source = {"dataset": "d", "file": "x.csv", "record": "3"}
    assert facts(items) == [
        {"kind": "company", "id": "甲公司", "name": "甲公司", "source": source},
        {"kind": "person", "id": "张三", "name": "张三", "source": source},
        {
            "kind": "shareholder", "id": "甲公司-张三", "share": "0.51", "amount": "5100000.00",
            "valid_from": "2015-03-01", "from": "张三", "to": "甲公司", "source": source,
        },
    ]  # fmt: skip
    assert rejects(items) == []


def test_a_bad_row_gives_nothing_and_says_why(tmp_path: Path) -> None:
    items = table(
        tmp_path / "x.csv",
        "公司,股东,类型,持股比例,认缴出资额,日期\n"
        "甲公司,张三,自然人,151%,,\n"
        "甲公司,张三,自然人,51%,,2015-02-30\n"
        "甲公司,,自然人,51%,,\n"
        "甲公司,张三\n"
        "甲公司,张三,自然人,51%,,,,多\n",
        _HOLDERS,
    )
    assert facts(items) == []
    assert [(line, column) for line, column, _ in rejects(items)] == [
        (2, "持股比例"), (3, "日期"), (4, "股东"), (5, None), (6, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (["51", "49"], ["0.51", "0.49"]), (["0.51", "0.49"], ["0.51", "0.49"]),
        (["0.5", "99.5"], ["0.005", "0.995"]), (["1", "0"], ["1", "0"]),
        (["51%", "0.49"], ["0.51", "0.49"]),
    ],
)  # fmt: skip
def test_percent_or_fraction_is_judged_by_the_column(
    tmp_path: Path, shares: list[str], expected: list[str]
) -> None:
    rows = "".join(f"甲公司,股东{n},个人,{s},,\n" for n, s in enumerate(shares))
    items = table(tmp_path / "x.csv", f"公司,股东,类型,持股比例,认缴出资额,日期\n{rows}", _HOLDERS)
    assert [f["share"] for f in facts(items, "shareholder")] == expected


def test_a_unit_in_the_header_wins(tmp_path: Path) -> None:
    items = table(
        tmp_path / "x.csv", "公司,股东,类型,认缴出资额(元)\n甲公司,张三,个人,510\n", _HOLDERS
    )
    (held,) = facts(items, "shareholder")
    assert held["amount"] == "510.00"


def test_cells_with_several_values(tmp_path: Path) -> None:
    mapping = """
version: 1
columns:
  股东: {split: ";、"}
  比例: {split: ";、", unit: percent}
entities:
  公司: {kind: company, id: {plain: 公司}}
  股东: {kind: person, id: {plain: 股东}, name: 股东}
relations:
  - {kind: shareholder, from: 股东, to: 公司, share: 比例}
"""
    items = table(
        tmp_path / "x.csv", "公司,股东,比例\n甲,张三;李四,60;40\n乙,张三、李四,60;30;10\n", mapping
    )
    assert [(f["from"], f["share"]) for f in facts(items, "shareholder")] == [
        ("张三", "0.6"), ("李四", "0.4"),
    ]  # fmt: skip
    assert [f["id"] for f in facts(items, "company")] == ["甲"]  # told once
    assert [(line, reason) for line, _, reason in rejects(items)] == [
        (3, "2 values beside 3 in another column")
    ]


def test_expressions(tmp_path: Path) -> None:
    mapping = """
version: 1
entities:
  卖方: {kind: company, id: {plain: 卖方}}
  买方: {kind: company, id: {plain: 买方}}
relations:
  - kind: invoice
    from: 卖方
    to: 买方
    number: 号码
    amount: {first: [合计, {sum: [金额, 税额]}]}
    at: {join: [日期, 时间]}
    status: {map: 状态, to: {作废: void}, default: issued}
    id: {plain: 号码}
    negative: red
    attrs:
      export: {test: {column: 票种, matches: 出口}}
      kind: {const: 增值税}
"""
    rows = (
        "1,甲,乙,,100,13,20210304,100000,,出口发票\n"
        "2,甲,乙,99,100,13,2021-03-04,,作废,\n"
        "3,甲,乙,,-100,-13,2021-03-04,,,\n"
        "4,甲,乙,,,,2021-03-04,,,\n"
    )
    items = table(
        tmp_path / "x.csv", f"号码,卖方,买方,合计,金额,税额,日期,时间,状态,票种\n{rows}", mapping
    )
    keep = ("id", "amount", "at", "status", "attrs")
    assert [tuple(f[k] for k in keep) for f in facts(items, "invoice")] == [
        ("1", "113.00", "2021-03-04T10:00:00+08:00", "issued", {"export": True, "kind": "增值税"}),
        ("2", "99.00", "2021-03-04", "void", {"kind": "增值税"}),
        ("3", "-113.00", "2021-03-04", "red", {"kind": "增值税"}),
    ]
    assert rejects(items) == [(5, "合计", "missing")]


def test_mentions_are_never_joined_by_name(tmp_path: Path) -> None:
    mapping = """
version: 1
entities:
  公司: {kind: company, keys: {uscc: 代码}}
  股东: {kind: person, name: 股东, mention: [公司]}
relations:
  - {kind: shareholder, from: 股东, to: 公司, share: 比例}
"""
    rows = "A,张三,30%\nA,张三,20%\nA,张三,30%\nB,张三,30%\n"
    items = table(tmp_path / "x.csv", f"代码,股东,比例\n{rows}", mapping)
    ids = [tuple(f["id"]) for f in facts(items, "person")]
    # two different rows of A are two people; the third row repeats the first whole
    assert ids == [
        ("mention", "股东", "A", "张三"), ("mention", "股东", "A", "张三", "2"),
        ("mention", "股东", "B", "张三"),
    ]  # fmt: skip
    ends = [f["to"] for f in facts(items, "shareholder")]
    assert ends[0] == {"kind": "company", "keys": {"uscc": "A"}}


@pytest.mark.parametrize(
    ("sort", "number", "name", "kind"),
    [
        ("自然人股东", None, "某某公司", "person"), ("企业法人", None, "张三", "company"),
        ("非自然人", None, "张三", "company"), ("个人独资企业", None, "张三", "company"),
        (None, "11010519491231002X", "张三", "person"),  # GB 11643's own example
        (None, "91110000MA0000001L", None, "company"), (None, None, "张三", "person"),
        (None, None, "甲有限公司", "company"), (None, None, "甲中心（有限合伙）", "company"),
        (None, None, "阿卜杜拉·买买提", "person"), (None, None, "Acme Holdings Ltd.", "company"),
        (None, None, "John Smith", "person"), (None, None, "某县人民政府", "company"),
    ],
)  # fmt: skip
def test_person_or_company(
    sort: str | None, number: str | None, name: str | None, kind: str
) -> None:
    assert party_kind(sort, number, name) == kind


_GOOD = """version: 1
entities:
  公司:
    kind: company
    keys: {uscc: 代码}
relations:
  - kind: branch
    from: 公司
    to: 公司
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("kind: company", "kind: compnay", 4, "did you mean 'company'"),
        ("{uscc:", "{uscn:", 5, "no key 'uscn'"),
        ("kind: branch", "kind: brunch", 7, "did you mean 'branch'"),
        ("to: 公司", "to: 公词", 9, "did you mean '公司'"),
        ("to: 公司", "too: 公司", 9, "unknown key 'too'"),
        ("kind: branch", "kind: kin", 8, "from is a company, must be person"),
        ("kind: branch", "kind: transfer", 8, "must be account"),
        ("version: 1", "version: 2", 1, "version must be 1"),
        ("    kind: company\n", "    kind: company\n    kind: person\n", 5, "twice"),
        ("    to: 公司", "    to: 公司\n    valid_from: {const: 1, column: 2}", 10, "one of const"),
        ("    to: 公司", "    to: 公司\n    when: {column: a, is: 1}", 10, "unknown key 'is'"),
        ("    to: 公司", "    to: 公司\n    when: {column: a, matches: '('}", 10, "not a pattern"),
        ("    to: 公司", "    to: 公司\n    when: {column: a, matches: '(a+)+$'}", 10, "too long"),
        ("entities:", "columns: {a: {unit: 万圆}}\nentities:", 2, "unknown unit"),
        ("    to: 公司", "    to: 公司\n    valid_to: {column: a, as: {b: 1}}", 10, "as must be"),
        ("    to: 公司", "    to: 公司\n    valid_to: {const: [1]}", 10, "const must be one"),
        (
            "    to: 公司",
            "    to: 公司\n    attrs: {x: {test: {column: a, present: true}, then: []}}",
            10,
            "then must be one",
        ),
        ("    to: 公司", "    to: 公司\n    attrs: {x: {map: a, to: {b: {}}}}", 10, "one value"),
        ("entities:", "columns: {a: {unit: 1e99}}\nentities:", 2, "unknown unit"),
        ("entities:", "columns: {a: {unit: NaN}}\nentities:", 2, "unknown unit"),
        ("entities:", "x: " + "[" * 20_000 + "\nentities:", 1, "nested too deeply"),
        ("entities:", "entities: [", 4, "expected"),
        ("    to: 公司", "    to: &x [*x]", 9, "anchor that contains itself"),
    ],
)
def test_errors_name_file_and_line(old: str, new: str, line: int, says: str) -> None:
    assert old in _GOOD
    with pytest.raises(BadFile) as caught:
        parse_mapping(_GOOD.replace(old, new, 1), "my.yaml")
    assert str(caught.value).startswith(f"my.yaml:{line}: ")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["(a+)+$", "(a|aa)+$", "(a*)*b", "^(a|a)*$", "(.*a){12}", "(a?){40}a{40}", r"(\w+)\1",
     ".*.*=.*", "a*a*b", "^a*a*a*b", "(?m)^a*a*b", "(?=(a+)+$)a", "(x+x+)+y", "a{2000}{2000}",
     "[", "a{5,2}", "(?P<x>a", "((?:a{0,50}){0,50}){0,50}"],
)  # fmt: skip
def test_patterns_that_take_too_long_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a pattern|too long"):
        compiled(text)


@pytest.mark.parametrize(
    ("text", "fits", "not_"),
    [("出口", "增值税出口发票", "普通"), ("^[0-9A-Z]{18}$", "91110000MA0000001L", "9111"),
     (r"^(?!.*(shareholder|owner))", "director", "owner of"), (r"\d+", "a12", "a"),
     (r"^\d{4}-\d{1,2}-.*", "2021-3-4", "2021"), ("(?i)dissolved|merge", "MERGER", "open"),
     (r"^\s*a\s*$", " a ", "b"), ("有限.*公司", "有限责任公司", "合伙"),
     ("(ab|c){1,3}d", "abcd", "d")],
)  # fmt: skip
def test_patterns_that_are_used_are_taken(text: str, fits: str, not_: str) -> None:
    made = compiled(text)
    assert made.search(fits)
    assert not made.search(not_)


def test_an_event_needs_its_moment() -> None:
    text = (
        "version: 1\nentities:\n  a: {kind: phone, keys: {e164: x}}\n"
        "relations:\n  - {kind: call, from: a, to: a}\n"
    )
    with pytest.raises(BadFile, match=r"m:5: a call is an event and needs at:"):
        parse_mapping(text, "m")


def test_no_such_mapping() -> None:
    with pytest.raises(BadFile, match=r"shipped mappings: .*registry"):
        load_mapping("nothing.yaml")


def test_aliases_that_multiply() -> None:
    lines = ["version: 1", "a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{b}: &{b} [{', '.join(f'*{a}' for _ in range(10))}]"
        for a, b in zip("abcde", "bcdef", strict=True)
    ]
    with pytest.raises(BadFile, match="too many values"):
        parse_mapping("\n".join(lines), "m")


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_mappings_load(name: str) -> None:
    mapping = load_mapping(name)
    assert mapping.name == name
    assert len(mapping.digest) == 64
    assert any(column.required for column in mapping.columns.values())


def test_the_example_of_the_guide_loads() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text(encoding="utf-8")
    example = guide.partition("```yaml\n")[2].partition("```")[0]
    mapping = parse_mapping(example, "docs/mappings.md")
    assert [rule.kind for rule in mapping.relations] == ["shareholder"]
