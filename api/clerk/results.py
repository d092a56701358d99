"""An answer as a clerk takes it: a table in words, a picture, files for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from api.matching.tables import safe_cell
from api.report import chains, cycle, flow, ownership, surroundings
from api.report.canvas import Picture
from api.report.known import Known, cited
from api.report.style import FONT, variables
from api.report.tables import evidence as told
from api.report.tables import results

if TYPE_CHECKING:
    from api.client import Answer, Asking, Drawing
    from api.report.asked import Draw

_BOM: Final = "\ufeff"  # by which spreadsheets know that a file is UTF-8
_MOST: Final = 10_000  # rows of a table; more are counted
_DRAWN: Final[dict[str, Draw]] = {
    "related_parties": surroundings, "integrated_ownership": ownership, "control": ownership,
    "paths": chains, "transfer_cycles": cycle, "invoice_cycles": cycle, "rebate_chains": flow,
    "invoice_schemes": flow, "payment_returns": flow,
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A table of texts: rows by heading, what stands beneath, and the evidence in the same way."""

    rows: list[dict[str, str]]
    notes: list[str]
    evidence: list[dict[str, str]]


def shown(risk: Asking, answer: Answer) -> Shown:
    """An answer in words: names for ids, per cents, and the facts that it stands on."""
    known = Known(risk, answer, cited(answer))
    table = results(known, answer, _MOST)
    heads = [f"{zh} {en}".strip() for _, zh, en in table.heads]
    rows = [
        dict(zip(heads, ("、".join(p.text for p in cell) for cell in row), strict=True))
        for row in table.rows
    ]
    notes = [str(note) for note in answer.get("notes", ())]
    if table.left_out:
        notes.append(f"另有 {table.left_out:,} 行 / and {table.left_out:,} more rows")
    if answer.cut is not None:
        notes.append(f"未查全 / cut short: {answer.cut}")
    facts = [
        {
            "事实 fact": fact.id, "种类 kind": fact.kind,
            "主体 subjects": " → ".join(part.text for part in fact.ends), "内容 says": fact.says,
            "时间 when": fact.when, "来源 source": fact.source,
        }
        for fact in told(known)
    ]  # fmt: skip
    return Shown(rows, notes, facts)


def picture(risk: Asking, answer: Answer) -> Picture | Drawing | None:
    """The picture of an answer: its own where it has one, else the facts that it stands on; None
    where it has no rows, or rows that stand on no relation."""
    from api.client import draw, evidence

    if not answer.rows:
        return None
    if (own := _DRAWN.get(str(answer["algorithm"]))) is not None and answer.rows[0].get("facts"):
        return own(risk, answer)
    graph = evidence(risk, answer)
    return draw(graph) if graph.number_of_edges() else None


def as_csv(rows: list[dict[str, str]]) -> bytes:
    """CSV that a spreadsheet opens in Chinese and runs no cell of."""
    out = io.StringIO()
    out.write(_BOM)
    heads = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([safe_cell(row.get(name)) for name in heads] for row in rows)
    return out.getvalue().encode()


def as_xlsx(found: Shown) -> bytes:
    """A workbook: the answer, the evidence, the notes. Every cell is text, none a formula. Needs
    openpyxl (the extra `clerk`)."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    notes = [{"注 note": note} for note in found.notes]
    for title, rows in (
        ("结果 results", found.rows),
        ("证据 evidence", found.evidence),
        ("注 notes", notes),
    ):
        sheet = book.create_sheet(title)
        heads = list(dict.fromkeys(name for row in rows for name in row))
        for line in [dict(zip(heads, heads, strict=True)), *rows]:
            cells = []
            for name in heads:
                cell = WriteOnlyCell(sheet, _sheet_text(safe_cell(line.get(name))))
                cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet_text(text: str) -> str:
    """Text that XML of a workbook may hold, no longer than a cell."""
    return "".join(c for c in text if c.isprintable() or c in "\n\t")[:32_000]


def as_html(
    title: str, answer: Mapping[str, Any], found: Shown, drawn: Picture | Drawing | None
) -> str:
    """One page that refers to nothing outside itself."""
    said = f"{answer['as_of']} · {answer['known_at']} · {answer['snapshot'][:19]}"
    image = "" if drawn is None else drawn.svg() if isinstance(drawn, Picture) else drawn.html()
    notes = "".join(f"<p>{escape(note)}</p>" for note in found.notes)
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{variables(':root')}"
        f"body{{font:14px/1.5 {FONT};margin:1.5rem;color:var(--ink);background:var(--ground)}}"
        "table{border-collapse:collapse}td,th{border-bottom:1px solid var(--line);"
        "padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}</style></head><body>"
        f"<h1>{escape(title)}</h1><p>截至 as of · 已知 known at · 快照 snapshot: {escape(said)}</p>"
        f"{notes}<figure>{image}</figure><h2>结果 results</h2>{_table(found.rows)}"
        f"<h2>证据 evidence</h2>{_table(found.evidence)}</body></html>"
    )


def _table(rows: list[dict[str, str]]) -> str:
    if not rows:
        return "<p>无 none</p>"
    heads = list(dict.fromkeys(name for row in rows for name in row))
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    lines = (
        "<tr>" + "".join(f"<td>{escape(row.get(name, ''))}</td>" for name in heads) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
