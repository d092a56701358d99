"""The rulebook as both transports show it."""

from __future__ import annotations

from typing import Any

import msgspec

from graph.rulebook import Rulebook, load_rulebook
from graph.rulebook.rules import Measure, as_json, check_day


def shown(edition: str | None, measure: str | None, day: str | None) -> dict[str, Any]:
    """An edition (the newest in force today unless named): its version, catalogue, rows, gates.

    `measure` keeps one measure and its rows, `day` the rows in force on that day of an act.
    Raises WrongUsage for an edition or measure that is unknown, or a day that is none; BadRulebook.
    """
    book = load_rulebook(edition)
    measures = [book.measure(measure)] if measure is not None else list(book.measures)
    kept = {m.id for m in measures}
    if day is not None:
        check_day(day)
    rows = [r for r in book.rows if r.measure in kept and (day is None or r.holds(day))]
    whole: dict[str, Any] = as_json(book)
    whole |= {"day": day, "measures": [_catalogued(m) for m in measures]}
    whole["rows"] = as_json(rows)
    return {"edition": book.edition, "version": book.version, **whole}


def _catalogued(measure: Measure) -> dict[str, Any]:
    """A measure as its file says it: `no_basis` in words where there is none."""
    said: dict[str, Any] = as_json(measure)
    return said | {"basis": said.get("basis", "no_basis")}


def shown_bytes(edition: str | None, measure: str | None, day: str | None) -> bytes:
    """`shown` as both transports answer it."""
    return msgspec.json.encode(shown(edition, measure, day))


def written(book: Rulebook, document: str, article: str | None) -> str:
    """A basis in words: 文号 or title, and the article."""
    found = book.document(document)
    return f"{found.number or found.zh} {article or ''}".strip()
