"""A question with its answer, as a section of a report."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.report.canvas import Picture
from api.report.document import (
    Block,
    Command,
    Grid,
    Pairs,
    Proofs,
    Said,
    Section,
    Text,
    figure,
)
from api.report.known import Known
from api.report.tables import Part, Table, chosen, evidence, results

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


def shown(risk: Asking, answer: Mapping[str, Any], most: int) -> tuple[Known, Table]:
    """The first rows of an answer with the facts that they cite."""
    rows = chosen(answer, most)
    known = Known(risk, answer, (fact for row in rows for fact in row.get("facts", ())))
    return known, results(known, answer, most)


def section(
    risk: Asking, number: int, asked: Answered, command: str
) -> tuple[Section, Mapping[str, Mapping[str, str]]]:
    """What was asked, how to ask it again, the answer with its picture and its facts; and whom it
    names. Raises what the client raises."""
    question, answer = asked.question, asked.answer
    known, table = shown(risk, answer, ROWS)
    file = answer_file(number, question)
    about = [
        (Said("截至", "as of"), [Part(answer["as_of"])]),
        (Said("当时已知", "known at"), [Part(answer["known_at"])]),
        (Said("快照", "snapshot"), [Part(answer["snapshot"])]),
        (Said("用时", "took"), [Part(f"{asked.seconds * 1000:.1f} ms")]),
        (Said("完整答案", "whole answer"), [Part(file, link=file)]),
    ]
    blocks: list[Block] = [
        Text(Said(question.why_zh, question.why_en)), Command(command), Pairs(about)
    ]  # fmt: skip
    if question.draw is not None and answer["results"]:
        blocks.append(figure(question.draw(risk, answer), "screen"))
    blocks += [Grid(table, len(answer["results"])), *remarks(answer), Proofs(evidence(known))]
    title = Said(f"{number} {question.zh}", question.en)
    return Section(str(number), title, blocks), known.subjects


def remarks(answer: Mapping[str, Any]) -> list[Block]:
    """What an answer says of itself: its notes, and what was not looked at."""
    notes = (Said.of(str(note)) for note in answer.get("notes", ()))
    said: list[Block] = [Text(Said(f"注：{n.zh}", f"Note: {n.en}"), "note") for n in notes]
    if (cut := answer["truncated"]) is not None:
        told, explored = Said.of(cut["reason"]), f"{cut['explored']:,}"
        said.append(
            Text(
                Said(
                    f"未查全：{told.zh}（已查看 {explored}）",
                    f"Cut short: {told.en} (explored {explored})",
                ),
                "cut",
            )
        )
    return said


def answer_file(number: int, question: Question) -> str:
    """Where the answer's bytes are kept, beside the page."""
    return f"answers/{number:02d}-{question.name.replace('_', '-')}.json"


def command_of(program: str, verb: str, url: str) -> str:
    """A command line on this store."""
    return " ".join([program, verb, "--store", shlex.quote(url)])


__all__ = [
    "Answered", "Draw", "Question", "answer_file", "command_of", "remarks", "section", "shown",
]  # fmt: skip
