"""What callers of the work list say, over HTTP and on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta

from api.casework import showing
from api.casework.findings import State
from api.converting import convert
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from api.casework.findings import Findings
    from graph.snapshot import Snapshot

NOTE: Final = 2000  # characters
MOST: Final = 1000  # findings that one run puts in
_LIMIT: Final = 200
_By = Annotated[
    Annotated[str, Meta(max_length=200)] | None,
    Meta(description="in whose name, for the service's owner / 办理人"),
]


class RunAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A detector to run, its parameters, and how many of its findings are put in at most."""

    algorithm: Annotated[
        str, Meta(description="an algorithm that yields findings / 检测算法", examples=["rings"])
    ]
    params: dict[str, Any] = {}
    limit: Annotated[
        int,
        Meta(description="findings put in, those of highest score / 最多放入的线索", ge=1, le=MOST),
    ] = _LIMIT
    by: _By = None


class FindingVerdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a finding is judged. Why it is dismissed has to be said."""

    state: Annotated[State, Meta(description="what it is from now on / 结论")]
    note: Annotated[
        Annotated[str, Meta(max_length=NOTE)] | None, Meta(description="why, in words / 理由")
    ] = None
    version: Annotated[
        int | None,
        Meta(description="the version that was judged: refused where it changed / 所见版本"),
    ] = None
    by: _By = None


def judging(given: Any) -> FindingVerdict:
    """What a verdict says; raises WrongUsage, also where nothing says why it is dismissed."""
    asked = convert(FindingVerdict, given)
    if asked.state == "dismissed" and not (asked.note or "").strip():
        raise WrongUsage("note: why is it dismissed? / 请说明排除理由")
    return asked


def judge(
    book: Findings, view: Snapshot, ident: str, asked: FindingVerdict, who: str, granted: int
) -> showing.FindingWhole:
    """Carry a verdict out; the finding as it is then."""
    book.judge(ident, asked.state, who, asked.note, granted=granted, version=asked.version)
    return showing.whole(book, view, ident, granted)
