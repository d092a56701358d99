"""Archives that unpack to more than anybody meant: refused before, or as soon as, they do."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import msgspec
import pytest

from graph.errors import BadFile
from ingest.mapping.model import Table
from ingest.readers.sheets import SheetRow, tables

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACK = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACK}/content-types"><Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override'
    f' PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/><Override'
    f' PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACK}/relationships"><Relationship Id="r1"'
    f' Type="{_DOC}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets><sheet name="s"'
    ' sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACK}/relationships"><Relationship'
    f' Id="r1" Type="{_DOC}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
SHEET = "xl/worksheets/sheet1.xml"


def sheet(text: bytes) -> bytes:
    return (
        f'<worksheet xmlns="{_MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>'.encode()
        + text + b"</t></is></c></row></sheetData></worksheet>"
    )  # fmt: skip


def archive(*more: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in [*PARTS.items(), *more]:
            made.writestr(name, part)
    return out.getvalue()


def read(path: Path) -> list[SheetRow]:
    return [row for _, rows in tables(path, msgspec.convert({}, Table)) for row in rows]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


def test_a_book_is_read(path: Path) -> None:
    path.write_bytes(archive((SHEET, sheet(b"hello"))))
    assert [row.cells for row in read(path)] == [["hello"]]


def test_one_that_unpacks_to_a_thousand_times_its_size_is_refused(path: Path) -> None:
    path.write_bytes(archive((SHEET, sheet(b"a" * (100 << 20)))))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(BadFile, match="unpacks to"):
        read(path)


def test_one_that_says_it_is_small_is_found_out(path: Path) -> None:
    body = sheet(b"a" * (1 << 20))
    size = struct.pack("<I", len(body))
    raw = archive((SHEET, body))
    assert raw.count(size) == 2  # of the file itself, and in the directory
    path.write_bytes(raw.replace(size, struct.pack("<I", 1000)))
    with pytest.raises(BadFile, match="larger than its declared"):
        read(path)


def test_entities_are_not_blown_up(path: Path) -> None:
    """A billion laughs: the reader knows no document type."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = sheet(b"&l9;")
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>'.encode() + body
    path.write_bytes(archive((SHEET, bomb)))
    try:
        cells = read(path)
    except BadFile:
        return
    assert len(str(cells)) < 10_000


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"x" * 1000])
def test_what_is_no_archive_is_said(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    with pytest.raises(BadFile, match="not a spreadsheet"):
        read(path)
