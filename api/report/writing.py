"""A report while it is written: questions asked of one view, what they cite, whom they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from algorithms.registry import ALGORITHMS, as_day
from api.access.sight import granted
from api.report.asked import remarks
from api.report.canvas import Picture
from api.report.document import Block, Document, Figure, Grid, Said, Text, figure
from api.report.known import Known
from api.report.tables import CITED, Part, Table, chosen, evidence, results
from api.report.words import either, kind_words
from graph.domains import ZH as DOMAINS

if TYPE_CHECKING:
    from api.client import Asking

FACTS: Final = 2000  # in the appendix of one report
REFS: Final = 8  # facts that one cell refers to
Cell = Sequence[Part]


class Writer:
    """What a report is made with. `known_at` left out is the newest view when it is begun."""

    def __init__(
        self, risk: Asking, as_of: str | None, known_at: str | None, style: str = "screen"
    ) -> None:
        self.risk = risk
        self.as_of = as_day(as_of)
        found = risk.facts([], known_at=known_at)
        self.known_at = str(found["known_at"])
        self.snapshot = str(found["snapshot"])
        self.notes: list[str] = list(found.get("notes", ()))
        self.rulebook = ""
        self._style = style
        self._facts: dict[str, Mapping[str, Any]] = {}
        self._known = self.known(())
        self._left_out = 0

    def ask(self, name: str, /, **params: Any) -> Mapping[str, Any]:
        """An answer on the report's day and view."""
        answer = self.risk.ask(name, as_of=self.as_of, known_at=self.known_at, **params)
        self.rulebook = answer.get("rulebook") or self.rulebook
        return answer

    def withheld(self, name: str) -> list[Block]:
        """What is said in place of an answer where the caller lacks the data it goes by; nothing
        where it may be asked."""
        from api.routes import domains_of

        kept = granted()
        gone = [] if kept is None else [d for d in domains_of(ALGORITHMS[name]) if d not in kept]
        if not gone:
            return []
        zh = "、".join(DOMAINS[domain] for domain in gone)
        return [
            Text(
                Said(
                    f"未列出：未获授权使用{zh}数据",
                    f"Not shown: the data domain {', '.join(gone)} is not granted",
                ),
                "cut",
            )
        ]

    def known(self, ids: Iterable[str]) -> Known:
        """Facts by their ids, kept for the appendix, with the subjects that they name."""
        return Known(self.risk, {"as_of": self.as_of, "known_at": self.known_at}, ids)

    def cite(self, ids: Iterable[str]) -> Cell:
        """References to facts: the first few, and how many more there are. They go into the
        appendix, which is bounded and says so."""
        wanted = list(dict.fromkeys(ids))
        shown = wanted[:REFS]
        fresh = [name for name in shown if name not in self._facts]
        room = max(0, FACTS - len(self._facts))
        self._left_out += len(fresh[room:])
        self._facts |= self.known(fresh[:room]).facts
        parts = [Part(name, fact=name) for name in shown]
        return [*parts, Part(f"+{len(wanted) - REFS}")] if len(wanted) > REFS else parts

    def name(self, subject: str, *, listed: bool = False) -> Part:
        """A subject by its name, which leads to the appendix of subjects."""
        self._known.subject(subject)
        return Part(self._known.label(subject), subject=subject, listed=listed)

    def kind(self, subject: str) -> str:
        """What kind of subject it is, in words."""
        return kind_words(self._known.subject(subject)["kind"])

    def learn(self, subjects: Mapping[str, Mapping[str, str]]) -> None:
        """Take in subjects that something else named."""
        self._known.subjects |= subjects

    def rows(self, answer: Mapping[str, Any], most: int = 25) -> list[Block]:
        """The first rows of an answer as a table, and what the answer says of itself."""
        rows = chosen(answer, most)
        for row in rows:
            for column in CITED:
                self.cite(row.get(column, ()))
        table = results(self._known, answer, most, REFS)
        return [Grid(table, len(answer["results"])), *remarks(answer)]

    def draw(self, picture: Picture) -> Figure:
        """A picture, for the page that is written."""
        return figure(picture, self._style)

    def about(self) -> list[tuple[Said, Cell]]:
        """What every report says of itself."""
        told = [
            (Said("截至", "as of"), self.as_of),
            (Said("当时已知", "known at"), self.known_at),
            (Said("快照", "snapshot"), self.snapshot),
            (Said("规则库", "rulebook"), self.rulebook),
        ]
        return [(label, [Part(value)]) for label, value in told if value]

    def close(self, document: Document) -> Document:
        """Put in what was cited and named, and what the view does not show."""
        document.about += self.about()
        document.intro += [Said.of(note) for note in self.notes]
        if self._left_out:
            document.intro.append(
                Said(
                    f"附录至多列出 {FACTS:,} 项事实，另有 {self._left_out:,} 项未列出。",
                    f"The appendix lists at most {FACTS:,} facts; {self._left_out:,} more are"
                    " left out.",
                )
            )
        known = self.known(())
        known.facts = dict(self._facts)
        known.subjects = self._known.subjects
        facts = evidence(known)
        document.facts = facts
        for fact in facts:  # whoever a fact names has a line
            for part in fact.ends:
                self._known.subject(part.subject)
        subjects = self._known.subjects.values()
        document.subjects = sorted(subjects, key=lambda each: (each["kind"], each["id"]))
        document.meta |= {
            "linkrisk:as_of": self.as_of,
            "linkrisk:known_at": self.known_at,
            "linkrisk:snapshot": self.snapshot,
        }
        return document


def grid(
    heads: Sequence[tuple[str, str, str]], rows: Sequence[Sequence[Cell]], caption: Said,
    left_out: int = 0,
) -> Grid:  # fmt: skip
    """A table of one's own: (column, Chinese, English), cells, how many rows are not shown. A
    column that is empty in every row is left out."""
    kept = [at for at in range(len(heads)) if any(row[at] for row in rows)] or [0]
    cells = [[list(row[at]) or [Part("–")] for at in kept] for row in rows]
    return Grid(Table([heads[at] for at in kept], cells, left_out), len(rows), caption)


def plain(value: Any) -> Cell:
    """A value as a cell; nothing for none."""
    return [Part(either(str(value)))] if value not in (None, "", []) else []


__all__ = ["Cell", "Writer", "grid", "plain"]
