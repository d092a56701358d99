"""An answer as a table that fits a terminal: ids in full, names beside them, evidence counted.

Where there is no room for a column it is left out, and named beneath: --json has it. A pipe has no
width: there nothing is left out, and no id is broken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from algorithms.findings.finding import BESIDE
from algorithms.registry import Algorithm
from api.fitting import GAP, least, widths
from api.output import printable
from graph.errors import UnknownSubject

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_ROWS: Final = 50  # more are counted, not shown
_FACTS: Final = 3
_LISTED: Final = 12  # of any other list
# By a field that tells findings, clusters, propagated risk or scores from other rows.
_LONG: Final = {
    "signs": BESIDE,
    "born": frozenset({
        "pattern", "amount", "known_at", "reasons", "relations", "attrs", "facts_total",
        "members_total", "core_total", "joined_total", "left_total",
    }),
    "seeds_rest": frozenset({
        "seeds", "seeds_rest", "seeds_total", "paths", "paths_rest", "facts", "facts_total",
    }),
    "band": frozenset({"reasons", "use"}),
}  # fmt: skip
_WIDE: Final = 160  # of text in a pipe, where no id needs more
_ENDLESS: Final = 1 << 16
_NONE: Final = "no rows / 无结果"


def console() -> Console:
    """Standard output; colours and width as the terminal has them (NO_COLOR: none)."""
    return Console(width=None if sys.stdout.isatty() else _ENDLESS, highlight=False)


def print_answer(record: Algorithm, envelope: dict[str, Any], snapshot: Snapshot) -> None:
    """Heading, rows, and what was left out or cut short."""
    out = console()
    when = f"as of {envelope['as_of']}, known at {envelope['known_at']}"
    out.print(Text(f"{record.title}  ({when}, snapshot {envelope['snapshot'][:19]})", style="bold"))
    rows: Sequence[dict[str, Any]] = msgspec.to_builtins(envelope["results"][:_ROWS])
    if rows:
        out.print(table(rows, snapshot))
        for at, told in enumerate(reasons(rows), 1):
            for mark, why in zip([f"{at}.", *"-" * len(told)], told, strict=False):
                out.print(Text(printable(f"{mark} {why}")))
    total = len(envelope["results"])
    if total > len(rows):
        out.print(f"{len(rows)} of {total:,} rows shown; --json has all / 共 {total:,} 行")
    elif not rows:
        out.print(_NONE)
    for note in envelope.get("notes", ()):
        out.print(Text(f"note / 注: {printable(note)}"))
    if (cut := envelope["truncated"]) is not None:
        limit = "" if cut.limit is None else f", limit {cut.limit:,}"
        text = f"cut short / 未查全: {cut.reason} (explored {cut.explored:,}{limit})"
        out.print(Text(text, style="bold red"))


def reasons(rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    """What findings, clusters and scores say in words, row by row, a score each of its reasons, a
    value of risk that is asked for alone each of its ways: in a column it would be a word wide. Of
    other rows nothing, for them it is short."""
    if not _beside(rows):
        return []
    ways = _ways(rows[0]) if len(rows) == 1 else []
    return [[*_words(row), *ways] for row in rows]


def _ways(row: dict[str, Any]) -> list[str]:
    """On which ways propagated risk came, how much on each, and by which relations."""
    return [
        f"{' → '.join(way['members'])}: {cell('', way['contribution'], None)}"
        f" ({cell('facts', way['facts'], None)})"
        for way in (row["paths"] if "seeds_rest" in row else ())
    ]


def _words(row: dict[str, Any]) -> list[str]:
    """The reasons of a score, that of any other row."""
    told = [each["why"] for each in row.get("reasons", ())] if "band" in row else []
    return told or [row["why"]]


def _beside(rows: Sequence[dict[str, Any]]) -> frozenset[str]:
    """What rows of long reasons carry beside what a reader wants first."""
    return next((hidden for mark, hidden in _LONG.items() if rows and mark in rows[0]), frozenset())


def table(
    rows: Iterable[dict[str, Any]], snapshot: Snapshot | None = None, width: int | None = None
) -> Table:
    """Rows as a table; a column for every field that any row has, of findings those that a reader
    wants first, and their number in place of their `reasons`. `width`: that of the terminal."""
    rows = list(rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if hidden := _beside(rows):
        columns = ["#", *(name for name in columns if name not in hidden and name != "why")]
        rows = [{"#": at, **row} for at, row in enumerate(rows, 1)]
    texts = [[printable(cell(name, row.get(name), snapshot)) for row in rows] for name in columns]
    whole = [[name, *column] for name, column in zip(columns, texts, strict=True)]
    if width is None:
        width = console().width
    room = max(_WIDE, least(whole)) if width == _ENDLESS else width
    given = widths(whole, room)
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, GAP, 0, 0))
    for name, wide in zip(columns, given, strict=True):
        if wide:
            right = any(isinstance(row.get(name), int | float) for row in rows)
            justify: Literal["left", "right"] = "right" if right else "left"
            shown.add_column(name, justify=justify, overflow="fold", width=wide)
    for line in zip(*(t for t, wide in zip(texts, given, strict=True) if wide), strict=True):
        shown.add_row(*map(Text, line))
    if gone := [name for name, wide in zip(columns, given, strict=True) if not wide]:
        shown.caption = f"no room for / 未显示的列: {', '.join(gone)} (--json)"
        shown.caption_justify = "left"
    return shown


def listed(rows: Sequence[dict[str, Any]]) -> Table | str:
    """Rows as a table, or that there are none."""
    return table(rows) if rows else _NONE


def cell(column: str, value: Any, snapshot: Snapshot | None) -> str:
    """One value: a share to six digits, facts counted past three, a subject with its name."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        if column == "facts":
            more = f" +{len(value) - _FACTS}" if len(value) > _FACTS else ""
            return ", ".join(map(str, value[:_FACTS])) + more
        more = f" +{len(value) - _LISTED}" if len(value) > _LISTED else ""
        return ", ".join(cell(column, part, snapshot) for part in value[:_LISTED]) + more
    if column == "proof" and isinstance(value, dict):
        return str(value.get("digest", ""))[:19]
    if isinstance(value, dict):
        return "; ".join(f"{k}={cell(k, v, snapshot)}" for k, v in value.items())
    return _named(value, snapshot) if isinstance(value, str) and snapshot else str(value)


def _named(text: str, snapshot: Snapshot) -> str:
    """A canonical id gets its subject's name; any other text is itself."""
    if ":" not in text or " " in text:
        return text
    try:
        label = snapshot.label(snapshot.resolve(text))
    except UnknownSubject:
        return text
    return text if label == text else f"{label} ({text})"
