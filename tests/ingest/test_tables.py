"""CSV, XLSX and Parquet rows, with the csv module and pyarrow as referees."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadFile
from ingest.mapping import parse_mapping
from ingest.mapping.model import Table
from ingest.readers import sheets
from ingest.readers.encoding import Line
from ingest.readers.sheets import tables
from tests.ingest.helpers import facts, read, rejects, table, write_xlsx

_MAPPING = """
version: 1
columns:
  名称: {required: true}
entities:
  公司: {kind: company, id: {plain: 编号}, name: 名称, valid_from: 日期, attrs: {额: 额, 注: 注}}
"""


def _rows(path: Path) -> list[tuple[int, list[object], str | None]]:
    ((_, found),) = tables(path, Table())
    return [tuple(row) for row in found]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(st.text('ab,"\n 甲', max_size=6), min_size=2, max_size=3), min_size=1, max_size=6
    ),
    st.sampled_from([",", "\t", ";"]),
)
def test_records_are_what_the_csv_module_reads(rows: list[list[str]], delimiter: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    physical = text.getvalue().splitlines(keepends=True)
    source = iter([Line(n, line) for n, line in enumerate(physical, 1)])
    found = list(sheets._Records(source, delimiter))
    reader = csv.reader(io.StringIO(text.getvalue()), delimiter=delimiter)
    expected, begins = [], 1
    for row in reader:
        if any(cell.strip() for cell in row):
            expected.append((begins, row))
        begins = reader.line_num + 1
    assert [(r.line, r.cells) for r in found] == expected
    assert all(r.reason is None for r in found)


def test_an_open_quote_costs_its_line_only(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('a,b\n"x,1\ny,2\n"z\nz",3\n' + "w,4\n" * 500)
    found = _rows(path)
    # "x,1 opens a quote that the next quote closes three lines on: one odd record, then the rest
    assert found[0] == (1, ["a", "b"], None)
    assert found[-1] == (505, ["w", "4"], None)
    assert sum(reason is None for _, _, reason in found) >= 501
    path.write_text('a,b\n"x,1\n' + "w,4\n" * 500)
    found = _rows(path)
    assert found[1] == (2, [], "a quote is opened and never closed")
    assert [r[0] for r in found[2:]] == list(range(3, 503))


def test_lines_stay_right_over_quoted_newlines(tmp_path: Path) -> None:
    items = table(
        tmp_path / "x.csv",
        '编号,名称,注\r\n1,甲,"一\r\n二"\r\n2,乙\r\n3,"=cmd|\' /C calc\'!A0",+1\r\n',
        _MAPPING,
        "gb18030",
    )
    assert [(i.line, i.fact is None) for i in items] == [(2, False), (4, True), (5, False)]
    assert facts(items)[0]["attrs"]["注"] == "一\r\n二"
    assert facts(items)[1]["name"] == "=cmd|' /C calc'!A0"  # loads as the text it is


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_recognised(tmp_path: Path, delimiter: str) -> None:
    text = "编号,名称,注\n1,甲,a\n2,乙,b\n".replace(",", delimiter)
    items = table(tmp_path / "x.csv", text, _MAPPING)
    assert [f["name"] for f in facts(items)] == ["甲", "乙"]


def test_undecodable_lines_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("编号,名称\n1,甲公司\n".encode() + b"2,\xff\xfe\n" + "3,丙公司\n".encode())
    items = read(path, "csv", parse_mapping(_MAPPING))
    assert [f["name"] for f in facts(items)] == ["甲公司", "丙公司"]
    assert rejects(items) == [(3, None, "bytes in no known encoding")]


def test_a_table_without_the_header(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="finds no header with 名称"):
        table(tmp_path / "x.csv", "a,b\n1,2\n", _MAPPING)


def test_xlsx(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    write_xlsx(path, {
        "一": [["某局导出"], ["编号", "名称", "日期", "额"], ["1", "甲", 44259, 12.5], [],
               ["2", "乙", "2021年2月30日", 1]],
        "说明": [["此表由系统导出"]],
        "二": [["名称", "编号"], ["丙", 3]],
    })  # fmt: skip
    items = read(path, "csv", parse_mapping(_MAPPING))
    assert [(f["id"], f.get("valid_from"), f["source"]["record"]) for f in facts(items)] == [
        ("1", "2021-03-04", "一!3"), ("3", None, "二!2"),
    ]  # fmt: skip
    assert facts(items)[0]["attrs"] == {"额": "12.5"}
    assert [(line, column) for line, column, _ in rejects(items)] == [(5, "日期"), (1, None)]
    named = parse_mapping(_MAPPING + "table: {sheet: 二}\n")
    assert [f["id"] for f in facts(read(path, "csv", named))] == ["3"]


def test_an_archive_that_unpacks_to_absurd_sizes(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/s1.xml", b"\0" * (100 << 20))
    with pytest.raises(BadFile, match="times its size"):
        read(path, "csv", parse_mapping(_MAPPING))
    path.write_bytes(b"PK not a zip")
    with pytest.raises(BadFile, match="not a spreadsheet"):
        read(path, "csv", parse_mapping(_MAPPING))


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    columns = {
        "编号": [1, 2], "名称": ["甲", None],
        "日期": pa.array([date(2021, 3, 4), None]), "额": [Decimal("1.50"), None],
        "时": [datetime(2021, 3, 4, 1, 2, 3), None],  # noqa: DTZ001
        "注": [["a", "b"], None],
    }  # fmt: skip
    pq.write_table(pa.table(columns), path, row_group_size=1)
    items = read(path, "csv", parse_mapping(_MAPPING))
    assert [(f["id"], f.get("name"), f.get("valid_from")) for f in facts(items)] == [
        ("1", "甲", "2021-03-04"), ("2", None, None),
    ]  # fmt: skip
    assert facts(items)[0]["attrs"] == {"额": "1.50", "注": '["a","b"]'}
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(BadFile, match="not a Parquet file"):
        read(path, "csv", parse_mapping(_MAPPING))
