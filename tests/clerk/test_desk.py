"""Three tables of strangers, each from its bytes to an answer, a picture and files for others."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from stdnum.cn import uscc

from api.clerk import forms, results
from api.clerk.desk import Desk
from api.report.canvas import Picture
from graph.errors import BadFile, WrongUsage
from tests.clerk.data.make import CARDS, FILES, A, B, C
from tests.ingest.helpers import write_xlsx

DATA = Path(__file__).parent / "data"


class Expected(NamedTuple):
    """What is in a table, counted by eye: facts by kind, lines set aside, and the first answer."""

    kinds: dict[str, int]
    aside: dict[int, str]  # line: in its reason
    asked: str
    rows: int
    words: tuple[str, ...]  # in the picture


EXPECTED = {
    "股东情况表.csv": Expected(
        {"company": 3, "person": 2, "shareholder": 5},
        {9: "120%", 11: "neither a key nor a name"},
        "integrated_ownership", 9, ("深圳市晨曦供应链有限公司", "张伟", "51 %", "66.67 %"),
    ),
    "发票导出.txt": Expected(
        {"company": 3, "invoice": 4}, {7: "2026-13-40"},
        "invoice_cycles", 1, ("深圳市启明投资有限公司", "113,000.00", "110,740.00"),
    ),
    "交易流水.csv": Expected(
        {"account": 5, "person": 9, "holds_account": 9, "transfer": 5},
        {10: "gives no transfer", 12: "1 cells where the header has 10"},
        "transfer_cycles", 1, ("50,000.00", "49,800.00", "49,500.00", "49,000.00"),
    ),
}  # fmt: skip


def test_the_tables_are_what_their_script_writes() -> None:
    assert {path.name for path in DATA.iterdir() if path.suffix != ".py"} - {"__pycache__"} == set(
        EXPECTED
    )
    for name, make in FILES.items():
        assert (DATA / name).read_bytes() == make()
    assert all(map(uscc.is_valid, (A, B, C)))


@pytest.fixture(params=EXPECTED)
def asked(request: pytest.FixtureRequest) -> Any:
    """A table, the desk it was loaded on, what became of it, and its first question's answer."""
    name = request.param
    with Desk() as desk:
        draft = desk.put(name, (DATA / name).read_bytes())
        loaded = desk.load(draft)
        question = next(iter(forms.questions(desk.kinds()).values()))
        answer = desk.risk.ask(question, **forms.params(question, {"as_of": "2026-06-01"}))
        yield EXPECTED[name], desk, draft, loaded, answer


def test_from_a_table_to_a_picture(asked: Any) -> None:
    expected, desk, draft, loaded, answer = asked
    assert {k.rpartition(" ")[2]: n for k, n in desk.holdings().items()} == expected.kinds
    assert {row["行 line"] for row in loaded.bad} == set(expected.aside)
    for row in loaded.bad:
        assert expected.aside[row["行 line"]] in row["原因 reason"]
        assert re.match("[\u4e00-\u9fff]", row["原因 reason"])
        assert row["内容 row"]
    assert loaded.receipt.read == sum(
        (loaded.receipt.loaded, loaded.receipt.duplicates, loaded.receipt.quarantined)
    )
    assert (answer["algorithm"], len(answer.rows)) == (expected.asked, expected.rows)
    picture = results.picture(desk.risk, answer)
    assert isinstance(picture, Picture)
    for word in expected.words:
        assert word in picture.svg()
    assert len(draft.rows[0]) > 7 and draft.rows[1][0]


def test_what_is_taken_away(asked: Any) -> None:
    from openpyxl import load_workbook

    _, desk, _, _, answer = asked
    found = results.shown(desk.risk, answer)
    read = list(csv.DictReader(io.StringIO(results.as_csv(found.rows).decode("utf-8-sig"))))
    assert len(read) == len(answer.rows) and set(read[0]) == set(found.rows[0])
    book = load_workbook(io.BytesIO(results.as_xlsx(found)))
    assert book.sheetnames == ["结果 results", "证据 evidence", "注 notes"]
    sheet = book["结果 results"]
    assert sheet.max_row == len(answer.rows) + 1
    assert {cell.data_type for line in sheet.iter_rows() for cell in line} <= {"s", "n"}
    page = results.as_html("题目", answer, found, results.picture(desk.risk, answer))
    assert "<svg" in page and not re.search(r"(src|href)=['\"]?(https?:)?//", page)
    facts = {row["事实 fact"] for row in found.evidence}
    assert facts == {fact for row in answer.rows for fact in row["facts"]}


def test_every_word_of_a_percentage_digit_and_day_is_read() -> None:
    with Desk() as desk:
        desk.load(desk.put("s.csv", (DATA / "股东情况表.csv").read_bytes()))
        owned = desk.risk.ask("integrated_ownership", target=C, as_of="2026-06-01").rows
        found = {
            desk.risk.subject(r["owner"])["label"]: (r["direct"], r["integrated"]) for r in owned
        }
        assert found["深圳市晨曦供应链有限公司"] == (1.0, 1.0)
        assert found["张伟"][1] == pytest.approx(0.51 + 0.49 * 0.3333)
        assert found["李娜"][1] == pytest.approx(0.49 * 0.6667)
        before = desk.risk.ask("integrated_ownership", target=C, as_of="2020-11-19").rows
        assert before == []
    with Desk() as desk:
        desk.load(desk.put("t.csv", (DATA / "交易流水.csv").read_bytes()))
        own = desk.risk.subject(CARDS[0])["id"]
        moved = desk.risk.adjacent_to(own, kinds="transfer", direction="out").rows
        assert [r["amount"] for r in moved[0]["relations"]] == ["8000.00", "50000.00"]


def test_a_sheet_with_a_title(tmp_path: Path) -> None:
    table = [
        ["股东名册", "", "", ""], ["企业名称", "统一社会信用代码", "股东", "持股比例(%)"],
        ["甲公司", A, "乙公司", 60], ["甲公司", A, "丙公司", 40], ["合计", "", "", 100],
    ]  # fmt: skip
    write_xlsx(tmp_path / "名册.xlsx", {"表1": table})
    with Desk() as desk:
        draft = desk.put("名册.xlsx", (tmp_path / "名册.xlsx").read_bytes())
        taken = {c["表头 header"]: c["含义 taken for"] for c in draft.columns}
        assert taken["股东"] == "股东名称" and taken["持股比例(%)"] == "持股比例"
        loaded = desk.load(draft)
        assert loaded.bad == []
        assert Counter(desk.kinds()) == Counter({"company": 1, "shareholder": 1})
        shares = [r["direct"] for r in desk.risk.ask("integrated_ownership", target=A).rows]
        assert sorted(shares) == [0.4, 0.6]


def test_a_mapping_may_be_changed_and_a_wrong_one_is_told() -> None:
    with Desk() as desk:
        draft = desk.put("s.csv", (DATA / "股东情况表.csv").read_bytes())
        assert draft.mapping is not None
        with pytest.raises(BadFile, match=r"s\.csv"):
            desk.load(draft, "version: 1\nentities: nothing\n")
        with pytest.raises(BadFile):
            desk.taken(draft.path, draft.mapping.replace("社会信用代码", "没有的列"))
        desk.load(draft, draft.mapping.replace("amount: 认缴出资额", "attrs: {paid: 认缴出资额}"))
        assert "shareholder" in desk.kinds()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"%PDF", "一"),
        ("a.csv", b" \n", "文件是空的"),
        ("a.xlsx", b"PK\x03\x04 no archive", "not a spreadsheet"),
        ("../../etc/a.csv", b"\n,,\n", "a.csv"),
    ],
)
def test_what_is_no_table(name: str, content: bytes, said: str) -> None:
    with Desk() as desk, pytest.raises(BadFile, match=said):
        desk.put(name, content)


def test_a_name_leads_nowhere_else() -> None:
    with Desk() as desk:
        for name in ("../../x.csv", "..\\..\\x.csv", "/etc/x.csv"):
            draft = desk.put(name, "企业名称,股东\n甲,乙\n".encode())
            assert draft.path == desk.folder / "files" / "x.csv"


def test_facts_need_no_mapping() -> None:
    lines = '{"kind":"company","id":"c1","name":"甲"}\n{"kind":"rumour","id":"x"}\n'
    with Desk() as desk:
        draft = desk.put("f.jsonl", lines.encode())
        assert draft.mapping is None
        loaded = desk.load(draft)
        assert [row["行 line"] for row in loaded.bad] == [2]
        assert "unknown kind" in loaded.bad[0]["原因 reason"]
        assert desk.kinds() == {"company"}
        assert list(desk.subjects()) == ["甲 · f:c1 (企业 company)"]


def test_a_desk_goes_away_and_a_named_store_stays(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    with Desk(url) as desk:
        desk.load(desk.put("f.jsonl", b'{"kind":"company","id":"c1"}\n'))
        folder = desk.folder
    assert not folder.exists()
    with Desk(url) as desk:
        assert desk.kinds() == {"company"}


def test_cells_that_look_like_formulas_are_texts() -> None:
    from openpyxl import load_workbook

    rows = [{"=cmd|' /C calc'!A0": "=1+1", "b": "@SUM(A1)"}, {"b": "\t=2"}]
    found = results.Shown(rows, ["-1+1"], [])
    cells = [
        c
        for line in csv.reader(io.StringIO(results.as_csv(rows).decode("utf-8-sig")))
        for c in line
    ]
    assert not [c for c in cells[2:] if c[:1] in set("=+-@\t")]
    book = load_workbook(io.BytesIO(results.as_xlsx(found)))
    values = [c for sheet in book for line in sheet.iter_rows() for c in line if c.value]
    assert values and {c.data_type for c in values} == {"s"}
    assert not [c.value for c in values if str(c.value)[:1] in set("=+-@\t")]


def test_every_question_has_a_form() -> None:
    for name in forms.questions().values():
        made = forms.fields(name)
        assert len({f.name for f in made}) == len(made)
        assert all(f.label for f in made)
        assert any(f.name == "as_of" and f.main for f in made)
        assert all(f.main for f in made if f.required)
    subjects = {f.name for f in forms.fields("paths") if f.subject}
    assert subjects == {"from", "to"}
    assert [f.name for f in forms.fields("trace_flow") if f.subject] == ["from"]


def test_a_form_filled_in() -> None:
    given = {"subject": " d:c1 ", "depth": "2", "kinds": "shareholder，officer、kin", "as_of": ""}
    assert forms.params("related_parties", given) == {
        "subject": "d:c1", "depth": "2", "kinds": ["shareholder", "officer", "kin"],
    }  # fmt: skip
    with pytest.raises(WrongUsage, match="subject"):
        forms.params("related_parties", {})
    with pytest.raises(WrongUsage, match="depth"):
        forms.params("related_parties", {"subject": "d:c1", "depth": "two"})
