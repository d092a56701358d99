"""Rows as CSV for spreadsheets: what is shown is what stands there, and nothing in it is run.

A spreadsheet runs a cell that begins like a formula, wherever the text came from (OWASP, 'CSV
Injection'). Such a cell is given an apostrophe; so is a formula behind what parts cells where the
comma does not: a spreadsheet of another locale would begin a cell there.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

# OWASP's list, full-width forms with it: some input methods make plain ones of them. Spaces before
# one are passed over.
_SIGNS: Final = "=+\\-@＝＋－＠"
_FORMULA: Final = re.compile(f"[ \u00a0\u3000\u200b\ufeff]*[{_SIGNS}\t\r\n\v\f]")
_PARTED: Final = re.compile(f"([;\t\r\n][ \u00a0\u3000\u200b\ufeff]*)(?=[{_SIGNS}])")


def safe_cell(value: Any) -> str:
    """A value as text that a spreadsheet shows and does not run: an apostrophe before what begins
    like a formula. Numbers are no formulas; lists and objects are shown as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    text = _PARTED.sub(r"\1'", str(value).replace("\x00", ""))
    return f"'{text}" if _FORMULA.match(text) else text


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A header and the rows' values of its columns, line by line."""
    yield _line(columns)
    for row in rows:
        yield _line([row.get(column) for column in columns])


def _line(cells: Iterable[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(map(safe_cell, cells))
    return out.getvalue()
