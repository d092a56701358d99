"""What goes to spreadsheets: no cell of it is run, wherever its text came from."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from api.client import connect
from api.sheets import csv_lines, safe_cell
from graph.store import Store
from tests.api.access.payloads import PAYLOADS

ROOT = Path(__file__).parent.parent.parent
# https://owasp.org/www-community/attacks/CSV_Injection, and NUL, which is not shown.
RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")
FORMULAS = [text for text in PAYLOADS if text.strip(" ").startswith(RUN)]


def cells(text: str, separator: str = ",") -> list[str]:
    """Every cell, as a spreadsheet of a locale with this separator reads them."""
    return [cell for row in csv.reader(io.StringIO(text, ""), delimiter=separator) for cell in row]


def assert_none_is_run(text: str) -> None:
    for cell in cells(text):
        assert not cell.lstrip(" \ufeff").startswith(RUN), cell
    for separator in ";\t":  # whose cells are not ours: ends of lines are in them, too
        for cell in cells(text, separator):
            assert not cell.lstrip(" \ufeff\r\n").startswith(RUN), (separator, cell)


@pytest.mark.parametrize(("value", "cell"), [
    ("=1+1", "'=1+1"), ("+1", "'+1"), ("-x", "'-x"), ("@a", "'@a"), ("\tx", "'\tx"),
    ("\x00=1", "'=1"), ("\x00x", "x"), ("\u00a0=1", "'\u00a0=1"), ("\ufeff=1", "'\ufeff=1"),
    (" =1", "' =1"), ("\r=1", "'\r'=1"), (-0.5, "-0.5"), (True, "true"), (None, ""), ("甲", "甲"),
    ("a=1", "a=1"), ("a;=1", "a;'=1"), ("a; -1", "a; '-1"), ("a\n@b", "a\n'@b"), ("a;b", "a;b"),
    ("a\t=b", "a\t'=b"), (";=1", ";'=1"), ("\t=1", "'\t'=1"), ("a, -b", "a, -b"),
    (["=1"], '["=1"]'), ({"a": 1}, '{"a": 1}'),
])  # fmt: skip
def test_no_cell_is_a_formula(value: Any, cell: str) -> None:
    assert safe_cell(value) == cell


def test_every_text_that_does_harm_is_shown_as_it_is() -> None:
    """In any locale; and nothing of it is lost but NUL: without apostrophes it is what it was."""
    text = "".join(csv_lines(("=head", "甲"), [{"=head": p, "甲": p} for p in PAYLOADS]))
    assert_none_is_run(text)
    assert len(FORMULAS) > 20
    back = [cell.replace("'", "") for cell in cells(text)[2::2]]
    assert back == [text.replace("\x00", "").replace("'", "") for text in PAYLOADS]


@pytest.fixture
def harmful(write: Callable[..., Store], store_url: str) -> str:
    """A store whose names are formulas."""
    texts = [text for text in FORMULAS if "\x00" not in text]
    write([
        *({"kind": "company", "id": f"c{n}", "name": text} for n, text in enumerate(texts)),
        *({"kind": "shareholder", "id": f"s{n}", "from": f"c{n}", "to": "c0", "role": text,
           "share": "0.01"} for n, text in enumerate(texts) if n),
    ])  # fmt: skip
    return store_url


def test_what_match_writes(harmful: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Both what was asked and what was found."""
    asked, out = tmp_path / "asked.csv", tmp_path / "found.csv"
    lines = [text for text in FORMULAS if not set(text) & set("\r\n\x00")]
    with asked.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["name"], *([text] for text in lines)])
    assert main(["match", str(asked), "--store", harmful, "--cutoff", "0.01",
                 "--out", str(out)]) == 0  # fmt: skip
    text = out.read_text("utf-8-sig")
    assert sum(cell.startswith("'") for cell in cells(text)) > len(lines)
    assert_none_is_run(text)


def test_what_the_client_writes(harmful: str, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    with connect(harmful) as risk:
        found = risk.search("1", limit=100)
        assert found.csv(out) == len(found.rows) > 3
        text = out.read_text("utf-8-sig")
        assert text.splitlines()[0] == ",".join(found.rows[0])
        assert any(cell.startswith("'=") for cell in cells(text))
        assert_none_is_run(text)
        assert risk.search("nobody").csv(out) == 0


def test_nothing_else_writes_sheets() -> None:
    """Whatever writes CSV or a workbook for people goes through these cells. What databases load
    (neo4j-admin, Parquet) is no sheet, and has to come back as it was."""
    writes = re.compile(r"csv\.writer|DictWriter|to_csv|write_csv|openpyxl|xlsxwriter|to_excel")
    found = {
        path.relative_to(ROOT).as_posix()
        for room in ("api", "graph", "ingest", "algorithms", "notebooks")
        for path in (ROOT / room).rglob("*.py")
        if writes.search(text := path.read_text("utf-8")) and "safe_cell" not in text
    }
    assert found <= {"graph/stores/neo4j/csv_files.py"}
