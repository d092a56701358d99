"""Files of names and codes to be matched, and what was found as a table.

A JSON file holds the body of `POST /v1/match`. A table (CSV, TSV, XLSX in any usual encoding) has
a header whose words are known (企业名称, 身份证号, name …), or is a list without one, in which
names and codes may be mixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from api.sheets import csv_lines, safe_cell
from graph import keys
from graph.errors import BadFile
from ingest.mapping.model import Table
from ingest.mapping.words import plain, words
from ingest.readers.sheets import SheetRow, tables

__all__ = ["csv_of", "queries_of", "rows_of", "safe_cell"]

_LARGEST: Final = 1 << 28  # bytes of a file
_LABELS: Final[dict[str, tuple[str, str]]] = {  # of `words.yaml`: property and schema
    "企业名称": ("name", "Company"),
    "姓名": ("name", "Person"),
    "统一社会信用代码": ("registrationNumber", "Company"),
    "身份证号": ("idNumber", "Person"),
    "联系电话": ("phone", ""),
    "预留手机号": ("phone", ""),
    "卡号": ("accountNumber", ""),
    "注册地址": ("address", ""),
}
_OWN: Final[dict[str, tuple[str, str]]] = {
    "name": ("name", ""), "名字": ("name", ""), "名称": ("name", ""), "主体": ("name", ""),
    "alias": ("alias", ""), "别名": ("alias", ""), "曾用名": ("previousName", ""),
    "birthdate": ("birthDate", "Person"), "birth_date": ("birthDate", "Person"),
    "出生日期": ("birthDate", "Person"), "country": ("country", ""), "国家": ("country", ""),
    "address": ("address", ""), "地址": ("address", ""), "phone": ("phone", ""),
    "kind": ("schema", ""), "schema": ("schema", ""), "类型": ("schema", ""),
    "idnumber": ("idNumber", ""), "registrationnumber": ("registrationNumber", ""),
    "code": ("registrationNumber", ""), "accountnumber": ("accountNumber", ""),
}  # fmt: skip
FOUND: Final = ("id", "caption", "kind", "score", "match", "why")


def queries_of(path: Path) -> dict[str, Any]:
    """The queries of a file, by name or by line. Raises BadFile, WrongUsage."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from None
    if size > _LARGEST:
        raise BadFile(f"{path}: larger than {_LARGEST >> 20} MiB")
    return _of_json(path) if path.suffix.lower() == ".json" else _of_table(path)


def _of_json(path: Path) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: not JSON: {error}") from None
    if isinstance(said, list) and all(isinstance(each, str) for each in said):
        return {f"{number}": one_of([text]) for number, text in enumerate(said, 1)}
    found = said.get("queries", said) if isinstance(said, dict) else None
    if not isinstance(found, dict):
        raise BadFile(f"{path}: neither an object of queries nor a list of names")
    return found


def _of_table(path: Path) -> dict[str, Any]:
    for _, rows in tables(path, Table()):
        return dict(_queries(rows))
    raise BadFile(f"{path}: no table / 没有表格")


def _queries(rows: Iterable[SheetRow]) -> Iterator[tuple[str, Any]]:
    header: list[tuple[str, str] | None] | None = None
    for number, row in enumerate(rows):
        if row.reason is not None:
            raise BadFile(f"line {row.line}: {row.reason}")
        cells = ["" if cell is None else str(cell).strip() for cell in row.cells]
        if number == 0 and any(known := [_column(cell) for cell in cells]):
            header = known
            continue
        if any(cells):
            yield str(row.line), one_of(cells) if header is None else _by_header(header, cells)


def _column(cell: str) -> tuple[str, str] | None:
    """What a column with this header says, and the schema that follows; None for an unknown one."""
    text = plain(cell)
    for label, meaning in _LABELS.items():
        if text in words().headers.get(label, ()) or text == plain(label):
            return meaning
    return _OWN.get(text)


def _by_header(header: Sequence[tuple[str, str] | None], cells: Sequence[str]) -> dict[str, Any]:
    said: dict[str, list[str]] = {}
    implied = set()
    for meaning, cell in zip(header, cells, strict=False):
        if meaning is not None and cell:
            said.setdefault(meaning[0], []).append(cell)
            implied.add(meaning[1])
    given = said.pop("schema", None)
    implied.discard("")
    schema = given[0] if given else implied.pop() if len(implied) == 1 else "Thing"
    return {"schema": schema, "properties": said}


def one_of(cells: Sequence[str]) -> dict[str, Any]:
    """A query of texts without a header: each a code where it is a valid one, else a name."""
    said: dict[str, list[str]] = {}
    for text in filter(None, cells):
        said.setdefault(_property(text), []).append(text)
    return {"schema": "Thing", "properties": said}


def _property(text: str) -> str:
    if keys.check("uscc", text).valid:
        return "registrationNumber"
    if keys.of_a_person(text):
        return "idNumber"
    digits = keys.clean(text)
    if digits.lstrip("+").isdigit() and len(digits) >= 7:
        return "phone" if keys.check("e164", text).valid else "accountNumber"
    return "name"


def rows_of(answer: dict[str, Any], queries: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What was found, a row a candidate; a query without one has a row that says so."""
    for name, response in answer["responses"].items():
        asked = " ".join(_said(queries[name]))
        if response["status"] != 200:
            yield {"query": name, "asked": asked, "why": response["error"]}
        elif not response["results"]:
            yield {"query": name, "asked": asked, "why": "nobody / 未匹配"}
        for row in response["results"]:
            why = "; ".join(
                f"{feature}: {said['detail']}" for feature, said in row["explanations"].items()
            )
            found = {column: row.get(column) for column in FOUND[:-1]}
            yield {"query": name, "asked": asked, **found, "why": why}


def _said(query: Any) -> Iterator[str]:
    """What a query asked, as it may be shown."""
    from api.matching.yente import masked

    properties = query.get("properties") if isinstance(query, dict) else None
    if isinstance(properties, dict):
        for values in masked(properties).values():
            yield from (str(value) for value in values)


def csv_of(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Lines of CSV, with no cell that a spreadsheet would run."""
    return csv_lines(("query", "asked", *FOUND), rows)
