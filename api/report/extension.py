"""The report of an extension: whom a measure on a subject may reach, why, on what basis, until
when, what was lacking for others, and how each may object or be repaired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from api.notices.words import EN, ZH
from api.report.asked import remarks
from api.report.document import Block, Document, Pairs, Said, Section, Text
from api.report.pyramid import reach
from api.report.tables import Part
from api.report.ways import ways
from api.report.words import either, percent, say, value_words
from api.report.writing import Cell, Writer, grid, plain
from graph.proof.check import check
from graph.proof.judge import REASONS
from graph.rulebook import load_rulebook

if TYPE_CHECKING:
    from api.client import Local
    from graph.rulebook.rules import Rulebook

_TOLD: Final = 60  # parties that are reached or to be looked at, each with a section
_ROWS: Final = 200  # of a table
_WARNING: Final = Said(
    "本报告列出候选对象及其证据，不是决定：须由两名具名人员审查并决定，文书送达前须经法律顾问确认。",
    "This report lists candidates with their evidence and is no decision: two named people decide,"
    " and counsel must confirm before anything is served.",
)


def extension(
    risk: Local, subject: str, measure: str, act: str, *, as_of: str | None = None,
    known_at: str | None = None, edition: str | None = None, style: str = "screen",
) -> Document:  # fmt: skip
    """The report of one measure on one subject for an act of a day. Every proof is checked against
    the store by the checker that imports none of the algorithms. Raises UnknownSubject, WrongUsage,
    BadRulebook."""
    writer = Writer(risk, as_of, known_at, style)
    found = risk.subject(subject, known_at=writer.known_at)
    answer = writer.ask(
        "extend", subject=subject, measure=measure, act=act, edition=edition, max_rows=2000
    )
    book = load_rulebook(str(answer["rulebook"]).partition("+")[0])
    imposed = book.measure(measure)
    document = Document(Said("措施扩展报告", "Extension report"), found["label"], [_WARNING])
    document.about = [
        (Said("被采取措施的主体", "subject"), [writer.name(found["id"])]),
        (Said("编号", "canonical id"), [Part(found["id"])]),
        (Said("措施", "measure"), [Part(say(imposed.zh, imposed.en, " / "))]),
        (Said("行为日期", "day of the act"), [Part(act)]),
    ]
    made = _Made(writer, risk, answer, book)
    document.sections = [
        made.whole(), *made.parties("extend"), *made.parties("review"), made.out(), made.ways(),
    ]  # fmt: skip
    return writer.close(document)


class _Made:
    """Makes the sections of one answer."""

    def __init__(
        self, writer: Writer, risk: Local, answer: Mapping[str, Any], book: Rulebook
    ) -> None:
        self.writer = writer
        self.answer = answer
        self.book = book
        self.view = risk.session.snapshot(writer.known_at)
        self.english = {document.zh: document.en for document in book.documents}
        rows = answer["results"]
        self.of = {
            name: [r for r in rows if r["outcome"] == name]
            for name in ("extend", "review", "exclude")
        }

    def whole(self) -> Section:
        """All outcomes at a glance, with a picture of how those who are reached hang on."""
        counts = {name: len(rows) for name, rows in self.of.items()}
        said = Said(
            f"可及 {counts['extend']} 方，需人工审查 {counts['review']} 方，"
            f"不及 {counts['exclude']} 方。",
            f"{counts['extend']} reached, {counts['review']} to be looked at by a person,"
            f" {counts['exclude']} not reached.",
        )
        blocks: list[Block] = [Text(said), *remarks(self.answer)]
        near = [*self.of["extend"], *self.of["review"]]
        if near:
            blocks.append(self.writer.draw(reach(self.writer.risk, self.answer)))
            heads = [("party", "关联方", "party"), ("outcome", "结论", "outcome"),
                     ("roles", "关系", "roles"), ("tier", "层级", "tier"),
                     ("rule", "规则", "rule"), ("until", "至", "until"),
                     ("proof", "证明", "proof"), ("facts", "证据", "facts")]  # fmt: skip
            rows = [
                [[self.writer.name(row["party"])], plain(value_words(row["outcome"])),
                 self._roles(row), plain(row["tier"]), plain(row["rule"]),
                 plain(self._until(row)), plain(str(self._checked(row))),
                 self.writer.cite(row["facts"])]
                for row in near[:_ROWS]
            ]  # fmt: skip
            caption = Said("可及或需审查者", "reached, or to be looked at")
            blocks.append(grid(heads, rows, caption, len(near) - len(rows)))
        return Section("whole", Said("结论", "Outcome"), blocks)

    def parties(self, outcome: str) -> list[Section]:
        """Those of an outcome, each with reason, basis, term, what was lacking and the check."""
        rows = self.of[outcome]
        if not rows:
            return []
        title = {
            "extend": Said("可及的关联方", "Who is reached"),
            "review": Said("需人工审查的关联方", "Who is to be looked at by a person"),
        }[outcome]
        first = Section(outcome, title)
        if len(rows) > _TOLD:
            left = len(rows) - _TOLD
            said = Said(f"另有 {left:,} 方未逐一列出。", f"{left:,} more are not told of singly.")
            first.blocks.append(Text(said, "cut"))
        return [
            first,
            *(self._party(f"{outcome}-{n}", row) for n, row in enumerate(rows[:_TOLD], 1)),
        ]

    def _party(self, key: str, row: Mapping[str, Any]) -> Section:
        name = self.writer.name(row["party"])
        reason = REASONS.get(row["reason"], (row["reason"], row["reason"]))
        told: list[tuple[Said, Cell]] = [
            (Said("编号", "canonical id"), [Part(row["party"])]),
            (Said("种类", "kind"), [Part(self.writer.kind(row["party"]))]),
            (Said("结论", "outcome"), plain(value_words(row["outcome"]))),
            (Said("行为日的关系", "roles on the day of the act"), self._roles(row)),
            (Said("控制依据", "how it controls"),
             plain("、".join(value_words(each) for each in row["control"]))),
            (Said("直接持股", "direct share"), self._share(row.get("share"))),
            (Said("表决权", "votes"), self._votes(row)),
            (Said("原因", "reason"),
             plain(say(reason[1], reason[0]) if reason[0] not in row["why"] else None)),
            (Said("说明", "why"), plain(row["why"])),
            (Said("欠缺", "what was lacking"), plain(row["lacking"])),
            (Said("法律依据", "legal basis"), plain(self._basis(row))),
            (Said("规则", "rule"), plain(row["rule"])),
            (Said("期限", "term"), plain(self._until(row))),
            (Said("事实", "facts"), self.writer.cite(row["facts"])),
            (Said("证明核验", "proof check"), plain(str(self._checked(row)))),
        ]  # fmt: skip
        pairs = [(label, cell) for label, cell in told if cell]
        return Section(key, Said(name.text, name.text), [Pairs(pairs)], level=3)

    def out(self) -> Section:
        """Who is not reached, and what was lacking."""
        rows = self.of["exclude"]
        title = Said("未及的关联方", "Who is not reached")
        if not rows:
            return Section("exclude", title, [Text(Said("无。", "Nobody."))])
        heads = [("party", "关联方", "party"), ("roles", "关系", "roles"),
                 ("share", "直接持股", "share"), ("reason", "原因", "reason"),
                 ("lacking", "欠缺", "what was lacking"), ("facts", "证据", "facts")]  # fmt: skip
        cells = [
            [[self.writer.name(row["party"])], self._roles(row), self._share(row.get("share")),
             plain(either(row["why"])), plain(row["lacking"]), self.writer.cite(row["facts"])]
            for row in rows[:_ROWS]
        ]  # fmt: skip
        caption = Said(f"{len(rows)} 方", f"{len(rows)} parties")
        return Section("exclude", title, [grid(heads, cells, caption, len(rows) - len(cells))])

    def ways(self) -> Section:
        """How whoever is reached may be heard, object, and be repaired."""
        title = Said("异议、救济与修复", "Objection, remedy and repair")
        return Section("ways", title, [Text(each) for each in ways()])

    def _checked(self, row: Mapping[str, Any]) -> Said:
        """Whether the proof holds by itself and against all that the view knows."""
        problems = check(row.get("proof"), self.book, self.view)
        if not problems:
            return Said("成立", "holds")
        return Said(f"不成立：{problems[0]}", f"refused: {problems[0]}")

    def _roles(self, row: Mapping[str, Any]) -> Cell:
        return plain("、".join(value_words(role) for role in row["roles"]))

    def _share(self, share: float | None) -> Cell:
        return plain(percent(share) if share is not None else None)

    def _votes(self, row: Mapping[str, Any]) -> Cell:
        low, high = row.get("share_min"), row.get("share_max")
        if low is None or high is None:
            return []
        return plain(percent(low) if low == high else f"{percent(low)} – {percent(high)}")

    def _basis(self, row: Mapping[str, Any]) -> str:
        """The document and article of a row, and how well they were verified."""
        if (basis := row["basis"]) is None:
            return ""
        number = f" {basis['number']}" if basis["number"] and basis["number"] not in basis[
            "document"] else ""  # fmt: skip
        article = f" {basis['article']}" if basis["article"] else ""
        zh = f"《{basis['document']}》{number}{article}［{ZH.statuses[basis['status']]}］"
        english = self.english.get(basis["document"], basis["document"])
        en = f"{english}{number}{article} [{EN.statuses[basis['status']]}]"
        return say(zh, en, " / ")

    def _until(self, row: Mapping[str, Any]) -> str:
        if row["outcome"] == "exclude":
            return ""
        return say(ZH.until(row["until"]), EN.until(row["until"]), " / ")


__all__ = ["extension"]
