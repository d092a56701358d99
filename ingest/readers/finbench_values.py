"""Cells of FinBench tables: ids, times in UTC, attributes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from graph.errors import BadFact

Row = dict[str, str]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def cell(row: Row, column: str) -> str:
    """A cell that must say something."""
    if value := row.get(column):
        return value
    raise BadFact("missing", column)


def ident(letter: str, row: Row, column: str) -> str:
    """The id of a numbered thing: its table's letter and its number."""
    value = cell(row, column)
    if not value.isdigit():
        raise BadFact(f"not a number: {value[:40]!r}", column)
    return letter + value


def millis(row: Row, column: str) -> int:
    """Epoch milliseconds of a time in UTC, written as text or as milliseconds."""
    text = cell(row, column)
    if text.isdigit():
        return int(text)
    try:
        return (datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH) // timedelta(
            milliseconds=1
        )
    except ValueError:
        raise BadFact(f"not a time: {text[:40]!r}", column) from None


def iso(moment: int) -> str:
    """ISO text in UTC of epoch milliseconds."""
    try:
        return (_EPOCH + timedelta(milliseconds=moment)).isoformat()
    except OverflowError:
        raise BadFact(f"not a time: {moment}") from None


def attributes(row: Row, names: Row) -> dict[str, Any]:
    """The attributes that the row has: `blocked` as a boolean, times and dates in ISO."""
    found: dict[str, Any] = {}
    for name, column in names.items():
        if not (text := row.get(column)):
            continue
        if name == "blocked":
            found[name] = text == "true"
        elif name == "last_login":
            found[name] = iso(millis(row, column))
        elif name == "birthday":
            found[name] = iso(millis(row, column))[:10]
        else:
            found[name] = text
    return found
