"""The report: one HTML file that refers to nothing outside itself."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from api.report.canvas import Picture, clean
from api.report.known import Known
from api.report.style import FONT, sheet, variables
from api.report.tables import Evidence, Table, chosen, evidence, results
from api.report.words import kind_words

if TYPE_CHECKING:
    from api.client import Asking

ROWS: Final = 25  # of one answer on the page; all of them are in its JSON
Draw = Callable[["Asking", Mapping[str, Any]], Picture]


@dataclass(frozen=True)
class Question:
    """A question as it is told: a heading and why it is asked, in Chinese and English."""

    zh: str
    en: str
    why_zh: str
    why_en: str
    name: str
    params: Mapping[str, Any]
    draw: Draw | None = None

    def command(self, program: str, url: str) -> str:
        """The command line that asks it."""
        words = [program, self.name.replace("_", "-")]
        for name, value in self.params.items():
            option = f"--{name.rstrip('_').replace('_', '-')}"
            if value is True:
                words.append(option)
            elif value not in (None, False):
                many = isinstance(value, list | tuple)
                words += [option, ",".join(map(str, value)) if many else str(value)]
        return " ".join([words[0], *map(shlex.quote, [*words[1:], "--store", url])])


@dataclass(frozen=True)
class Answered:
    """A question with its envelope and the seconds it took."""

    question: Question
    answer: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class Section:
    """An answer as the page shows it."""

    number: int
    asked: Answered
    command: str
    table: Table
    facts: list[Evidence]
    picture: str
    file: str


@dataclass
class Report:
    """What stands on the page beside the answers."""

    title: str
    about: list[tuple[str, str]]  # label, value
    counts: Mapping[str, int]
    program: str
    url: str
    serve: str
    asked: list[Answered] = field(default_factory=list)


def shown(risk: Asking, answer: Mapping[str, Any], most: int) -> tuple[Known, Table]:
    """The first rows of an answer with the facts that they cite."""
    rows = chosen(answer, most)
    known = Known(risk, answer, (fact for row in rows for fact in row.get("facts", ())))
    return known, results(known, answer, most)


def render(risk: Asking, report: Report) -> str:
    """The whole page. Raises what the client raises."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    sections: list[Section] = []
    subjects: dict[str, Mapping[str, str]] = {}
    for number, asked in enumerate(report.asked, 1):
        known, table = shown(risk, asked.answer, ROWS)
        drawn = asked.question.draw if asked.answer["results"] else None
        sections.append(
            Section(
                number,
                asked,
                asked.question.command(report.program, report.url),
                table,
                evidence(known),
                Markup(drawn(risk, asked.answer).svg(style=False)) if drawn else "",  # noqa: S704
                answer_file(number, asked.question),
            )
        )
        subjects |= known.subjects
    environment = Environment(
        loader=PackageLoader("api.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    environment.filters["kind"] = kind_words
    return environment.get_template("page.html").render(
        report=report,
        sections=sections,
        subjects=sorted(subjects.values(), key=lambda s: (s["kind"], s["id"])),
        style=Markup(variables(":root") + sheet()),  # noqa: S704  # our own constants
        font=Markup(FONT),  # noqa: S704
    )


def answer_file(number: int, question: Question) -> str:
    """Where the answer's bytes are kept, beside the page."""
    return f"answers/{number:02d}-{question.name.replace('_', '-')}.json"


def command_of(program: str, verb: str, url: str) -> str:
    """A command line on this store."""
    return " ".join([program, verb, "--store", shlex.quote(url)])


__all__ = ["Answered", "Draw", "Question", "Report", "command_of", "render", "shown"]
