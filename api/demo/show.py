"""What the demo says in the terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from api.output import printable
from api.report.asked import shown
from api.report.tables import Part, chosen, evidence
from api.report.words import short
from api.table import reasons

if TYPE_CHECKING:
    from api.client import Local
    from api.demo.report import Report
    from api.report.asked import Answered
    from api.report.tables import Table
    from ingest.receipt import Receipt

_ROWS: Final = 6
_FACTS: Final = 4


class Teller:
    """Prints the demo as it goes; in a pipe the same without colours, when quiet nothing."""

    def __init__(self, *, quiet: bool = False) -> None:
        terminal = sys.stdout.isatty()
        self._out = Console(width=None if terminal else 120, highlight=False, quiet=quiet)
        self._step = 0

    def _say(self, text: str, style: str = "") -> None:
        self._out.print(Text(printable(text), style=style), soft_wrap=True)

    def _next(self, text: str) -> None:
        self._step += 1
        self._say(f"[{self._step}] {text}", "bold")

    def generated(self, path: Path, counts: Mapping[str, int], seconds: float) -> None:
        """A world was written."""
        self._next(f"生成模拟数据 a world was made: {path}")
        said = ", ".join(f"{kind} {count:,}" for kind, count in counts.items() if count)
        self._say(f"    {sum(counts.values()):,} facts in {seconds:.1f} s: {said}")

    def loaded(self, path: Path, receipt: Receipt, seconds: float) -> None:
        """A file was loaded."""
        self._next(f"导入 loaded: {path} ({seconds:.1f} s)")
        self._say(f"    回执 receipt: {msgspec.json.encode(receipt).decode()}")

    def snapshot(self, risk: Local, seconds: float) -> None:
        """The snapshot is open."""
        view = risk.session.snapshot()
        self._next(f"快照 snapshot: {view.name} ({1000 * seconds:.0f} ms)")

    def answer(self, risk: Local, number: int, asked: Answered, report: Report) -> None:
        """One question, the first rows of its answer, and the facts that the first rests on."""
        question, answer = asked.question, asked.answer
        self._out.print()
        self._say(f"── {number} {question.zh} · {question.en}", "bold cyan")
        self._say(f"   {question.why_zh}")
        self._say(f"   {question.why_en}")
        self._say(f"   $ {report.command(asked)}", "dim")
        known, table = shown(risk, answer, _ROWS)
        said = reasons(answer["results"][: len(table.rows)])
        if table.rows:
            self._out.print(_grid(table, numbered=bool(said)))
            for at, why in enumerate(said, 1):
                self._say(f"   {at}. {why[0]}")
        else:
            self._say("   无结果 no rows")
        if table.left_out:
            self._say(f"   另有 {table.left_out:,} 行 and {table.left_out:,} more rows")
        rows = chosen(answer, 1)
        first = set(rows[0].get("facts", ())) if rows else set()
        for fact in [fact for fact in evidence(known) if fact.id in first][:_FACTS]:
            ends = " → ".join(part.text for part in fact.ends)
            words = f"{fact.kind}: {ends}  {fact.says}  [{fact.when}]  来源 {fact.source}"
            self._say(f"   证据 {fact.id}  {words}", "dim")
        if answer["truncated"] is not None:
            self._say(f"   未查全 cut short: {answer['truncated']['reason']}", "bold red")
        self._say(
            f"   {len(answer['results']):,} 行 rows · {1000 * asked.seconds:.1f} ms · 截至 as of"
            f" {answer['as_of']} · 已知 known at {answer['known_at']} ·"
            f" {answer['snapshot'][:19]}",
            "dim",
        )

    def end(self, page: Path, report: Report, seconds: float) -> None:
        """Where the report is, and how to go on."""
        asked = sum(item.seconds for item in report.asked)
        self._out.print()
        self._say(
            f"{len(report.asked)} 个问题 questions in {1000 * asked:.0f} ms;"
            f" 总计 all in {seconds:.1f} s", "bold",
        )  # fmt: skip
        self._say(f"报告 report:  {page.resolve().as_uri()}")
        self._say("              用浏览器打开 open it in a browser")
        self._say(f"答案 answers: {page.parent / 'answers'}")
        self._say(f"服务 service: {report.serve}")
        self._say("              然后打开它打印的地址 then open the address that it prints")


def _grid(table: Table, *, numbered: bool) -> Grid:
    """The table; `numbered` where the reasons stand beneath it, and not in a column."""
    grid = Grid(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column("  ")
    columns = [at for at, head in enumerate(table.heads) if not numbered or head[0] != "why"]
    for at in columns:
        _, zh, en = table.heads[at]
        right = table.right(at)
        grid.add_column(f"{zh} {en}".strip(), justify="right" if right else "left", overflow="fold")
    for number, cells in enumerate(table.rows, 1):
        words = (Text(printable(_words(cells[at]))) for at in columns)
        grid.add_row(f"{number}." if numbered else "", *words)
    return grid


def _words(parts: list[Part]) -> str:
    if len(parts) == 1 and parts[0].subject and parts[0].text not in parts[0].subject:
        return f"{parts[0].text} ({short(parts[0].subject)})"
    joint = " → " if any(part.subject for part in parts) else ", "
    return joint.join(part.text for part in parts)


def program() -> str:
    """How this command was called, so that what is printed can be copied."""
    called = Path(sys.argv[0])
    if called.name != "linkrisk":
        return "linkrisk"
    found = shutil.which("linkrisk")
    if found is not None and Path(found).resolve() == called.resolve():
        return "linkrisk"
    near = os.path.relpath(called)
    return shlex.quote(near if not near.startswith("..") else str(called))
