"""Reports as every way asks for them: what is asked, and the file that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from algorithms.registry import readable
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from api.caller import Caller
    from api.report.document import Document
    from api.session import Session

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
MEDIA: Final = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every report takes."""

    as_of: Annotated[
        str | None, Meta(description="the day that it is of; default today / 截止日期, 默认为今天")
    ] = None
    known_at: Annotated[
        str | None, Meta(description="as it was known at this ISO time / 当时已知的数据")
    ] = None
    lang: Annotated[Literal["zh", "en", "both"], Meta(description="its language / 语言")] = "both"
    format: Annotated[Literal["html", "pdf"], Meta(description="as what / 格式")] = "html"
    stamp: Annotated[
        bool,
        Meta(
            description="say in it who made it and when: then no two are the same bytes"
            " / 注明制作人与时间, 此时每次字节不同"
        ),
    ] = False


class SubjectAsked(Asked, frozen=True, kw_only=True):
    """A report of one subject."""

    subject: Annotated[str, Meta(description="whom it is about / 主体", min_length=1)]


class CaseAsked(Asked, frozen=True, kw_only=True):
    """A report of a finding, a case or a cluster by its id, or of the findings in an answer."""

    id: Annotated[
        str | None,
        Meta(description="of a finding, case, cluster, or case file / 线索、案件、群组或案卷编号"),
    ] = None
    answer: Annotated[
        dict[str, Any] | None, Meta(description="an answer with findings / 含线索的结果")
    ] = None


class ExtensionAsked(Asked, frozen=True, kw_only=True):
    """A report of whom a measure reaches."""

    subject: Annotated[str, Meta(description="on whom it was imposed / 主体", min_length=1)]
    measure: Annotated[str, Meta(description="a measure of the rulebook / 措施", min_length=1)]
    act: Annotated[Day, Meta(description="the day of the act / 行为日期")]
    edition: Annotated[
        str | None, Meta(description="of the rulebook; default the newest / 规则库版本")
    ] = None


class ClustersAsked(Asked, frozen=True, kw_only=True):
    """A report of the risk clusters of a day."""

    top: Annotated[int, Meta(description="clusters told of / 详述的群组数", ge=1, le=100)] = 20
    members: Annotated[
        int, Meta(description="members listed of each / 每组列出的成员数", ge=1, le=100)
    ] = 40
    since: Annotated[
        Day | None, Meta(description="what is new since this day / 自此日以来的变化")
    ] = None
    known: Annotated[
        Literal["now", "then"],
        Meta(description="that day by what is known now, or was then / 按现在或当时所知"),
    ] = "now"
    lists: Annotated[list[str] | None, Meta(description="as `clusters` / 名单种类")] = None
    domains: Annotated[list[str] | None, Meta(description="as `clusters` / 名单领域")] = None
    algorithms: Annotated[list[str] | None, Meta(description="as `clusters` / 检测算法")] = None
    kinds: Annotated[list[str] | None, Meta(description="as `clusters` / 关系种类")] = None
    min_share: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None, Meta(description="as `clusters` / 最低持股比例")
    ] = None
    min_core: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="as `clusters` / 最少核心主体数")
    ] = None


KINDS: Final[dict[str, type[Asked]]] = {
    "subject": SubjectAsked, "case": CaseAsked, "extension": ExtensionAsked,
    "clusters": ClustersAsked,
}  # fmt: skip


class Made(NamedTuple):
    """A report's file, and the subjects that it names as `{"id","kind","label"}`."""

    body: bytes
    media: str
    subjects: list[Mapping[str, str]]


def asked(kind: str, given: Mapping[str, Any]) -> Asked:
    """What is asked for, checked; raises WrongUsage naming the field."""
    try:
        return msgspec.convert(dict(given), KINDS[kind])
    except msgspec.ValidationError as error:
        raise WrongUsage(f"report {kind}: {readable(str(error))}") from None


def made(session: Session, wanted: Asked, caller: Caller, by: str = "") -> Made:
    """The report's file, for a caller. The same question on the same view makes the same bytes,
    unless it is stamped with who made it (`by`, else the caller) and when.

    Raises UnknownSubject, WrongUsage, InputError, BadRulebook; NoPdf where PDF cannot be made here.
    """
    from api.client import Local
    from api.report.document import render
    from api.report.words import speaking

    style = "paper" if wanted.format == "pdf" else "screen"
    with speaking(wanted.lang):
        document = _DOCUMENTS[type(wanted)](Local.on(session), wanted, style, caller)
        if wanted.stamp:
            _stamp(document, by or caller.name)
        page = render(document, style)
        subjects = list(document.subjects)
    if wanted.format == "html":
        return Made(page.encode(), MEDIA["html"], subjects)
    from api.notices.pdf import pdf

    return Made(pdf(page, tagged=True), MEDIA["pdf"], subjects)


def _stamp(document: Document, by: str) -> None:
    from api.report.document import Said
    from api.report.tables import Part
    from graph.times import format_instant, now

    moment = format_instant(now())
    document.about += [
        (Said("制作人", "made by"), [Part(by)]), (Said("制作时间", "made at"), [Part(moment)]),
    ]  # fmt: skip
    document.meta |= {"author": by, "dcterms.created": moment[:19] + moment[-6:]}


def _subject(risk: Any, wanted: SubjectAsked, style: str, _: Caller) -> Document:
    from api.report.subject import subject

    return subject(risk, wanted.subject, as_of=wanted.as_of, known_at=wanted.known_at, style=style)


def _case(risk: Any, wanted: CaseAsked, style: str, caller: Caller) -> Document:
    from api.report.case import case
    from api.report.kept import document_of

    if wanted.id is not None and wanted.answer is None:
        kept = document_of(risk, wanted.id, wanted.as_of, wanted.known_at, caller, style)
        if kept is not None:
            return kept

    return case(risk, wanted.id, wanted.answer, as_of=wanted.as_of, known_at=wanted.known_at,
                style=style)  # fmt: skip


def _extension(risk: Any, wanted: ExtensionAsked, style: str, _: Caller) -> Document:
    from api.report.extension import extension

    return extension(
        risk, wanted.subject, wanted.measure, wanted.act, as_of=wanted.as_of,
        known_at=wanted.known_at, edition=wanted.edition, style=style,
    )  # fmt: skip


def _clusters(risk: Any, wanted: ClustersAsked, style: str, _: Caller) -> Document:
    from api.report.clusters import KNITTING, Wanted, clusters

    given = {name: getattr(wanted, name) for name in KNITTING}
    told = Wanted(
        top=wanted.top, members=wanted.members, since=wanted.since, known=wanted.known,
        knitting={name: value for name, value in given.items() if value is not None},
    )  # fmt: skip
    return clusters(risk, told, as_of=wanted.as_of, known_at=wanted.known_at, style=style)


_DOCUMENTS: Final[dict[type[Asked], Callable[[Any, Any, str, Caller], Document]]] = {
    SubjectAsked: _subject, CaseAsked: _case, ExtensionAsked: _extension, ClustersAsked: _clusters,
}  # fmt: skip
