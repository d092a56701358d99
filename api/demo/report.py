"""The demo's report: every question that was asked, with its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from api.report.asked import Answered, section
from api.report.document import Command, Document, Said, Section, Text, render
from api.report.tables import Part

if TYPE_CHECKING:
    from api.client import Asking
    from api.demo.world import World

_INTRO: Final = Said(
    "由演示数据生成：企业、人员、账户均为虚构。每个结论都列出它所依据的事实。",
    "Made from a generated world: nobody in it exists. Every finding lists the facts that it"
    " stands on.",
)
_ON: Final = Said(
    "启动服务，在浏览器中打开它打印的地址：",
    "Start the service and open the address that it prints:",
)


@dataclass
class Report:
    """What stands on the page beside the answers, and what was asked so far."""

    entities: int
    seed: int
    world: World
    program: str
    serve: str
    asked: list[Answered] = field(default_factory=list)

    def command(self, asked: Answered) -> str:
        """The command line that asks a question of it again."""
        return asked.question.command(self.program, self.world.url)


def page(risk: Asking, report: Report) -> str:
    """The report as one HTML file. Raises what the client raises."""
    size = f"{report.entities:,} 个主体 entities, seed {report.seed}"
    about = [("规模", "size", size), ("事实", "facts", f"{report.world.facts:,}"),
             ("存储", "store", report.world.url)]  # fmt: skip
    document = Document(
        Said("linkrisk 演示报告", "demo report"),
        intro=[_INTRO],
        about=[(Said(zh, en), [Part(value)]) for zh, en, value in about],
        last=[Section("next", Said("继续", "going on"), [Text(_ON), Command(report.serve)])],
        wide=True,
    )
    subjects: dict[str, Mapping[str, str]] = {}
    for number, asked in enumerate(report.asked, 1):
        made, named = section(risk, number, asked, report.command(asked))
        document.sections.append(made)
        subjects |= named
    document.subjects = sorted(subjects.values(), key=lambda s: (s["kind"], s["id"]))
    return render(document)
