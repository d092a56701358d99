"""The report of a case file: its scene as it was laid out, who and what is on it, what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.casework.pictures import MOST, picture
from api.casework.scenes import drawn
from api.client import Local
from api.report.document import Block, Document, Said, Section, Text
from api.report.tables import Part
from api.report.words import kind_words, says, span
from api.report.writing import Cell, Writer, grid, plain
from graph.times import format_instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.casework.files import CaseFile, Comment
    from api.casework.scenes import Drawn, Scene
    from api.session import Session

_ROWS = 200  # of each table
_COMMENTS = 100


def scene(session: Session, title: str, shown: Scene, style: str = "screen") -> Document:
    """The report of what is on a canvas, by what its caller is shown today; who and what is hidden
    there is left out, and what is not there any more is said. A scene of more subjects than a
    picture can tell apart has none, and says so. Raises UnknownSubject, WrongUsage."""
    found = drawn(session, shown)
    writer = Writer(Local.on(session), found.as_of, found.known_at, style)
    document = Document(Said("案卷报告", "Case file"), title)
    document.about = [
        (Said("主体", "subjects"), [Part(f"{len(found.subjects):,}")]),
        (Said("关系", "relations"), [Part(f"{len(found.facts):,}")]),
    ]
    blocks: list[Block] = [Text(Said.of(note), "cut") for note in found.notes]
    if len(found.subjects) <= MOST:
        blocks.append(writer.draw(picture(title, found)))
    else:
        said = Said(
            f"主体超过 {MOST} 个，未绘图。", f"More than {MOST} subjects: no picture is drawn."
        )
        blocks.append(Text(said, "cut"))
    document.sections = [
        Section("scene", Said("关系图", "The scene"), blocks),
        Section("whom", Said("图中主体", "Subjects"), [_subjects(writer, found)]),
        Section("what", Said("图中关系", "Relations"), [_facts(writer, found)]),
    ]
    return writer.close(document)


def file(
    session: Session, kept: CaseFile, comments: Sequence[Comment], more: bool, style: str
) -> Document:
    """The report of a case file, with its newest comments."""
    document = scene(session, kept.title, kept.scene, style)
    about = [
        (Said("案卷编号", "case file"), kept.id), (Said("状态", "status"), kept.status),
        (Said("所有人", "owner"), kept.owner.partition(":")[2] or kept.owner),
        (Said("版本", "version"), f"{kept.version}, {format_instant(kept.updated)[:19]}"),
    ]  # fmt: skip
    document.about = [*((label, [Part(str(v))]) for label, v in about), *document.about]
    if comments:
        heads = [("when", "时间", "when"), ("who", "何人", "who"), ("text", "内容", "text")]
        rows: list[list[Cell]] = [
            [plain(format_instant(said.at)[:16].replace("T", " ")), plain(said.who),
             [Part(said.text)]]
            for said in comments[:_COMMENTS]
        ]  # fmt: skip
        caption = Said("评论，最新在前", "comments, the newest first")
        blocks: list[Block] = [grid(heads, rows, caption)]
        if more:
            blocks.append(
                Text(Said("更早的评论未列出。", "Earlier comments are not shown."), "cut")
            )
        document.sections.append(Section("said", Said("评论", "Comments"), blocks))
    return document


def _subjects(writer: Writer, found: Drawn) -> Block:
    heads = [("party", "主体", "subject"), ("kind", "种类", "kind"), ("list", "名单", "lists"),
             ("id", "编号", "canonical id")]  # fmt: skip
    rows: list[list[Cell]] = [
        [[writer.name(each.id)], plain(kind_words(each.kind)), plain("、".join(each.listed)),
         [Part(each.id)]]
        for each in found.subjects[:_ROWS]
    ]  # fmt: skip
    caption = Said(f"{len(found.subjects):,} 个", f"{len(found.subjects):,} subjects")
    return grid(heads, rows, caption, len(found.subjects) - len(rows))


def _facts(writer: Writer, found: Drawn) -> Block:
    heads = [("kind", "种类", "kind"), ("from", "自", "from"), ("to", "至", "to"),
             ("says", "内容", "says"), ("time", "时间", "time"),
             ("facts", "证据", "fact")]  # fmt: skip
    rows: list[list[Cell]] = [
        [plain(kind_words(fact["kind"])),
         *([writer.name(fact[end]["id"])] if end in fact else [] for end in ("from", "to")),
         plain(says(fact)), plain(span(fact)), writer.cite([fact["id"]])]
        for fact in found.facts[:_ROWS]
    ]  # fmt: skip
    caption = Said(f"{len(found.facts):,} 项", f"{len(found.facts):,} relations")
    return grid(heads, rows, caption, len(found.facts) - len(rows))


__all__ = ["file", "scene"]
