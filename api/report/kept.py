"""Reports of what casework keeps: a finding of the work list, with how it was judged
and a case file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

from api.casework import showing
from api.casework.file_showing import viewer_of
from api.casework.files import CaseFiles
from api.casework.findings import Findings
from api.casework.keeping import mask
from api.report.case import case
from api.report.document import Document, Said, Section
from api.report.scene import file
from api.report.words import either, value_words
from api.report.writing import Cell, grid, plain
from api.serving import check
from graph.errors import WrongUsage
from graph.times import today

if TYPE_CHECKING:
    from api.caller import Caller
    from api.casework.showing import FindingStep
    from api.client import Local

_ID: Final = re.compile(r"[fc][0-9a-f]{24}")
_COMMENTS: Final = 100


def document_of(
    risk: Local, ident: str, as_of: str | None, known_at: str | None, caller: Caller, style: str
) -> Document | None:
    """The report of what is kept under an id of the work list or of case files; None for an id of
    another kind. Both have their own moment. Raises UnknownFinding, UnknownCaseFile,
    WrongUsage, Forbidden."""
    if not _ID.fullmatch(ident):
        return None
    if as_of is not None or known_at is not None:
        raise WrongUsage("as_of, known_at: what is kept has its own / 已保存的内容自带时点")
    url = risk.session.url
    if ident[0] == "c":
        check(caller, "related")  # as the routes of case files ask for
        viewer = viewer_of(caller)
        with closing(CaseFiles(url)) as files:
            kept = files.get(ident, viewer)
            said, more = files.comments(ident, viewer, _COMMENTS)
        return file(risk.session, kept, said, more is not None, style)
    with closing(Findings(url)) as findings:
        told = showing.whole(findings, risk.session.snapshot(), ident, mask(caller.domains))
    # Of what was found with more domains than are granted, no more is told than the route tells.
    row = told.row if told.withheld is None else {**told.row, "why": told.withheld}
    answer = {
        "algorithm": told.algorithm, "as_of": told.as_of or today(), "known_at": told.known_at,
        "snapshot": told.snapshot, "results": [row],
    }  # fmt: skip
    document = case(risk, None, answer, style=style)
    document.sections.append(_steps(told.steps))
    return document


def _steps(steps: Sequence[FindingStep]) -> Section:
    """Who did what with a finding, and what was new in it."""
    heads = [("when", "时间", "when"), ("who", "何人", "who"), ("event", "动作", "step"),
             ("note", "说明", "note"), ("news", "新情况", "news")]  # fmt: skip
    rows: list[list[Cell]] = [
        [plain(step.at[:16].replace("T", " ")), plain(step.who),
         plain(value_words(step.what)), plain(step.note),
         plain("；".join(either(news.why) for news in step.news))]
        for step in steps
    ]  # fmt: skip
    title = Said("处理经过", "How it was judged")
    return Section("steps", title, [grid(heads, rows, Said("由早到晚", "the earliest first"))])
