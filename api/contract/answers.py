"""What routes answer that no algorithm gives, as types; the OpenAPI document is completed by them.

Decisions' own types are the program's; of what is made as a dict for both transports, the shape is
written down here, and a test holds answers to it.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from api import openapi
from api.decisions.clocks import Clock
from api.decisions.replay import Replayed
from api.decisions.state import Decision


class Health(msgspec.Struct, kw_only=True):
    """The process answers."""

    status: Literal["ok"]


class Ready(msgspec.Struct, kw_only=True):
    """The service can answer questions. `compiled`: whether its code is compiled yet."""

    status: str
    snapshot: str
    compiled: bool


class LedgerHead(msgspec.Struct, kw_only=True):
    """The newest entry of the ledger; `head` is what is kept outside as an anchor."""

    no: int
    hash: str
    head: str


class LedgerBreak(msgspec.Struct, kw_only=True):
    """One thing that is wrong in the ledger."""

    no: int
    what: str
    words: str


class LedgerVerdict(msgspec.Struct, kw_only=True):
    """Whether the ledger's chain is whole; `found` counts breaks past the 100th too."""

    ok: bool
    entries: int
    head: str
    anchors: list[str]
    found: int
    breaks: list[LedgerBreak]


class ReadList(msgspec.Struct, kw_only=True):
    """Entries of the chain of reads, in order; `more`: others are behind them."""

    results: list[dict[str, Any]]
    more: bool


class Facts(msgspec.Struct, kw_only=True):
    """Facts as `export` writes them, each end as `{"id","kind","label"}`."""

    results: list[dict[str, Any]]
    known_at: str
    snapshot: str


class Rulebook(msgspec.Struct, kw_only=True):
    """An edition of the rulebook: documents, measures and rows as its file says them."""

    edition: str
    version: str
    day: str | None
    documents: list[dict[str, Any]]
    measures: list[dict[str, Any]]
    rows: list[dict[str, Any]]


class DecisionBrief(msgspec.Struct, kw_only=True):
    """A decision in one line; `overdue` counts clocks that ran out."""

    id: str
    subject: str
    party: str
    measure: str
    act: str
    status: str
    begins: str | None
    until: str | None
    stands: bool
    suspended: bool
    overdue: int


class DecisionList(msgspec.Struct, kw_only=True):
    """Decisions as of a day, newest first; `total` counts those that are not shown too."""

    day: str
    results: list[DecisionBrief]
    total: int


class OverdueClock(Clock, frozen=True, kw_only=True):
    """A clock that ran out, and the decision that it is of."""

    id: str
    subject: str
    party: str


class OverdueList(msgspec.Struct, kw_only=True):
    """Clocks that ran out before what they are for was done, longest overdue first."""

    day: str
    results: list[OverdueClock]
    total: int


class FalloutList(msgspec.Struct, kw_only=True):
    """What the fall of facts means for decisions."""

    results: list[dict[str, Any]]
    total: int


class Replays(msgspec.Struct, kw_only=True):
    """Whether past answers came out again byte for byte; `differ` counts those that did not."""

    results: list[Replayed]
    differ: int


class RedList(msgspec.Struct, kw_only=True):
    """Who qualifies for a red list, and the terms that it is judged by."""

    day: str
    known_at: str
    snapshot: str
    terms: dict[str, str]
    results: list[dict[str, Any]]
    truncated: dict[str, Any] | None


class Expired(msgspec.Struct, kw_only=True):
    """The ids of decisions of which the end was recorded."""

    expired: list[str]


class AlgorithmEntry(msgspec.Struct, kw_only=True):
    """An algorithm: how it is asked, what its rows are, what it rests on."""

    name: str
    verb: str
    route: str
    title: str
    family: str
    doc: str
    sources: list[str]
    common: list[str]
    params: dict[str, Any]
    row: dict[str, Any]
    example: dict[str, Any]


class JobProgress(msgspec.Struct, kw_only=True):
    """Units done of `total` (null: not known), a second, and seconds that are left."""

    done: float
    total: float | None
    unit: str | None
    rate: float
    left: float | None


class Job(msgspec.Struct, kw_only=True):
    """A question that is answered beside others; `result` is where its answer is, once it has
    ended; `params` are shown to its owner alone."""

    id: str
    algorithm: str
    owner: str
    status: Literal["queued", "running", "done", "failed", "cancelled", "expired"]
    params: dict[str, Any] | None
    progress: JobProgress | None
    seconds: float
    created: str
    started: str | None
    deadline: str | None
    finished: str | None
    expires: str | None
    cancelling: bool
    size: int | None
    result: str | None
    error: dict[str, Any] | None


# What a route answers where a job was made of what was asked.
MADE: Final[dict[str, Any]] = {
    "202": {
        "description": "a job was made: `Location` says where / 已转为任务",
        "content": {"application/json": {"schema": openapi.schema(Job)}},
    }
}


class JobList(msgspec.Struct, kw_only=True):
    """The caller's jobs, newest first; `next` leads on."""

    results: list[Job]
    next: str | None = None


class Changes(msgspec.Struct, kw_only=True):
    """Records that batches touched, in the order of recording. `next` is where to read on, also
    where nothing came yet; `more`: something is there already."""

    results: list[dict[str, Any]]
    next: str
    more: bool
    batch: int
    known_at: str
    snapshot: str


def decision(*, whole: bool) -> dict[str, Any]:
    """A decision as it is shown: its fields, what it comes to `on` a day, its clocks; `whole` with
    the question, row and proof that it rests on and all entries about it."""
    said = openapi.schema(Decision)
    moment = {"type": "string", "format": "date-time"}
    step: dict[str, Any] = {
        "type": "object",
        "properties": {
            "no": {"type": "integer"}, "at": moment, "step": _TEXT, "by": _TEXT, "day": _TEXT,
        },
    }  # fmt: skip
    on: dict[str, Any] = {
        "type": "object",
        "properties": {
            "day": _TEXT, "status": _TEXT, "stands": _FLAG, "suspended": _FLAG,
            "shown_before": _TEXT_OR_NONE,
        },
    }  # fmt: skip
    odd = {"type": "object", "properties": {"no": {"type": "integer"}, "why": _TEXT}}
    properties: dict[str, Any] = said["properties"] | {
        "history": {"type": "array", "items": step},
        "irregular": {"type": "array", "items": odd},
        "on": on,
        "clocks": {"type": "array", "items": openapi.schema(Clock)},
    }
    if whole:
        rest: dict[str, Any] = {"question": {"type": "object"}, "row": {"type": "object"}}
        rest |= {"hangs_on": {"type": "array", "items": _TEXT}}
        properties |= rest | {"entries": {"type": "array", "items": {"type": "object"}}}
    title = "DecisionWhole" if whole else "DecisionShown"
    return {**said, "title": title, "properties": properties}


_TEXT: Final = {"type": "string"}
_TEXT_OR_NONE: Final = {"anyOf": [_TEXT, {"type": "null"}]}
_FLAG: Final = {"type": "boolean"}
_D: Final = "/v1/decisions"
KINDS: Final[dict[tuple[str, str], Any]] = {
    ("get", "/healthz"): Health,
    ("get", "/readyz"): Ready,
    ("get", "/v1/algorithms"): list[AlgorithmEntry],
    ("get", "/v1/audit/head"): LedgerHead,
    ("get", "/v1/audit/verify"): LedgerVerdict,
    ("get", "/v1/audit/reads"): ReadList,
    ("get", "/v1/audit/reads/head"): LedgerHead,
    ("get", "/v1/audit/reads/verify"): LedgerVerdict,
    ("get", "/v1/rulebook"): Rulebook,
    ("post", "/v1/facts"): Facts,
    ("get", _D): DecisionList,
    ("get", f"{_D}/fallout"): FalloutList,
    ("get", f"{_D}/replay"): Replays,
    ("get", f"{_D}/overdue"): OverdueList,
    ("get", f"{_D}/red-list"): RedList,
    ("post", f"{_D}/expire"): Expired,
    ("get", "/v1/jobs"): JobList,
    ("get", "/v1/jobs/{id}"): Job,
    ("delete", "/v1/jobs/{id}"): Job,
    ("get", "/v1/changes"): Changes,
}


def besides(method: str, path: str, *, question: bool) -> dict[str, Any]:
    """Answers of other statuses than the first, by status: jobs that were made, nothing left."""
    made = question or (method, path) in {("post", "/v1/jobs"), ("post", "/v1/ingest")}
    found: dict[str, Any] = {}
    if made:
        found |= MADE
    if (method, path) == ("delete", "/v1/jobs/{id}"):
        found["204"] = {"description": "it had ended, and is forgotten / 已删除"}
    return found


def content_of(method: str, path: str) -> dict[str, Any] | None:
    """What a route answers, by media type, where it is written down here."""
    if (method, path) in {("post", "/v1/jobs"), ("get", "/v1/jobs/{id}/result")}:
        # What the question's own route answers.
        return {"application/json": {"schema": {"type": "object"}}}
    schema = answer_of(method, path)
    return None if schema is None else {"application/json": {"schema": schema}}


def answer_of(method: str, path: str) -> dict[str, Any] | None:
    """The schema of a JSON answer, where it is written down here."""
    if (kind := KINDS.get((method, path))) is not None:
        return openapi.schema(kind)
    if method == "post" and (path == _D or path.startswith(f"{_D}/{{id}}/")):
        return decision(whole=False)
    return decision(whole=True) if (method, path) == ("get", f"{_D}/{{id}}") else None


# What parameters of several routes mean, where the route does not say.
WORDS: Final = {
    "q": "a name or part of one, an id, an official key / 名称、编号或证件号",
    "kind": "only subjects of this kind / 主体种类",
    "limit": "the most rows / 最多条数",
    "day": "as of this day, default today in Asia/Shanghai / 截至日期",
    "since": "from here on / 起点",
    "subject": "the listed subject / 失信主体",
    "party": "the party that the measure reaches / 受影响方",
    "status": "only those of this status / 状态",
    "affected_by": "only those whose proof names this fact / 证明中含有该事实者",
    "facts": "ids of facts, separated by commas / 事实编号, 以逗号分隔",
    "ids": "ids, separated by commas / 编号, 以逗号分隔",
    "subjects": "subjects, separated by commas / 主体, 以逗号分隔",
    "edition": "an edition of the rulebook / 规则库版本",
    "measure": "one measure / 措施",
    "anchor": "a head that was kept outside, NO:HASH; may be repeated / 外部留存的账本头部",
    "known_at": "as it was known at this ISO time / 当时已知的数据",
    "id": "its id / 编号",
    "step": "which step / 步骤",
    "actor": "who read or acted / 操作人",
    "case": "of this case number / 案号",
    "as_of": "what is true on this day / 截至该日的事实",
    "format": "the format to write / 导出格式",
    "report": "true: instead of the facts, what the format cannot hold / 仅返回无法表达者",
    "wait": "seconds to wait for something new / 等待秒数",
    "before": "those made before this one / 此前",
    "after": "the `next` of a page / 上一页给出的 next",
}
