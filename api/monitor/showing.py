"""What the monitor has, as both transports show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from algorithms.scoring.priority import Priority, Scores
from api.caller import one_line
from api.look import place_of
from api.monitor.entries import KINDS, STATES, Standing
from api.ranking import RISK, notes, sees_scores, shown, text_of
from api.ranking import place_of as rank_of
from graph.domains import DOMAINS
from graph.errors import WrongUsage
from graph.keys import mask_within
from graph.times import format_instant

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from api.monitor.book import Book
    from api.monitor.entries import Alert, Line, Run, Step

_NOTE: Final = 1000
TIME: Final = "time"
ORDERS: Final = (TIME, RISK)
_PENDING: Final = (
    "the order is not up to date: the models in use are still being asked, or are by the next run"
    " / 排序尚未更新: 正在或将于下次运行时按所用模型重排"
)


class RunShown(msgspec.Struct, kw_only=True):
    """A run: the day and moment told of, when it ran, how many clusters and cases there were, what
    became of clusters, what bounds cut it, the ids of alerts that it raised, which models told the
    scores that order these and what kept a score from being told. How many there were is null for
    whoever is not granted every domain."""

    run: int
    as_of: str
    known_at: str
    snapshot: str
    batch: int
    started: str
    seconds: float
    first: bool
    clusters: int | None
    cases: int | None
    events: dict[str, int] | None
    cut: list[str]
    scores: Scores | None
    alerts: list[str] | msgspec.UnsetType = msgspec.UNSET


class RunList(msgspec.Struct, kw_only=True):
    """Runs, the newest first; `next` leads on."""

    results: list[RunShown]
    next: str | None = None


class Status(msgspec.Struct, kw_only=True):
    """How things stand: the last run, clusters by what it saw of them, open alerts by kind, how
    many runs failed and why the last of these did."""

    last: RunShown | None
    clusters: dict[str, int]
    alerts: dict[str, int]
    failed: int
    error: str | None


class LineShown(msgspec.Struct, kw_only=True):
    """A line: one name for all that becomes of a cluster. `cluster` is what `clusters` calls it
    now, `row` what that tells of it; `born` and `changed` are runs, `event` what the last run saw.
    """

    line: str
    cluster: str
    alive: bool
    event: str
    born: int
    changed: int
    row: dict[str, Any]


class LineList(msgspec.Struct, kw_only=True):
    """Lines by name; `next` leads on."""

    results: list[LineShown]
    next: str | None = None


class StepShown(msgspec.Struct, kw_only=True):
    """What a run saw of a line: the event, the lines it came from, who joined and left; of one that
    was `absorbed` the lines that it went `into`."""

    run: int
    line: str
    event: str
    cluster: str
    parents: list[str]
    members: int
    score: float
    joined: list[str]
    left: list[str]
    into: list[str] | msgspec.UnsetType = msgspec.UNSET
    joined_total: int | msgspec.UnsetType = msgspec.UNSET
    left_total: int | msgspec.UnsetType = msgspec.UNSET


class LineWhole(msgspec.Struct, kw_only=True):
    """A line with what became of it, the newest first, and its alerts."""

    line: LineShown
    steps: list[StepShown]
    alerts: list[str]


class AlertShown(msgspec.Struct, kw_only=True):
    """An alert: what is `new` of a cluster's line or a case (`of`), and its `row` at that time.
    `state`: open, accepted, dismissed, or over where its cluster dissolved meanwhile; `priority`:
    the risk score that orders it, while it is open by the models in use; `told`: the one that it
    was raised with."""

    id: str
    run: int
    at: str
    kind: str
    of: str
    state: str
    new: list[dict[str, Any]]
    row: dict[str, Any]
    priority: Priority
    told: Priority
    by: str | None
    acted: str | None
    note: str | None


class AlertList(msgspec.Struct, kw_only=True):
    """Alerts in the order asked for; `next` leads on. `notes` say what the order goes by,
    `standing` by which models and as of when open ones are ordered by risk (null: by what each was
    raised with)."""

    results: list[AlertShown]
    order: str
    notes: list[str]
    standing: Standing | None = None
    next: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an alert comes to."""

    state: Annotated[
        Literal["accepted", "dismissed", "open"],
        Meta(description="accepted, dismissed, or open again / 采纳、排除或重新打开"),
    ]
    note: Annotated[
        Annotated[str, Meta(max_length=_NOTE)] | None, Meta(description="in words / 备注")
    ] = None


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run that is asked for."""

    as_of: Annotated[
        str | None,
        Meta(description="the day that it tells of, default today / 截至日期",
             examples=["2026-11-26"]),
    ] = None  # fmt: skip


def run(
    found: Run, alerts: Sequence[Alert] | None = None, seen: Collection[str] = DOMAINS
) -> RunShown:
    """A run, with the alerts that it raised where these are given; to a caller of some domains, no
    number of what rests on others, too."""
    told, every = found.told, set(seen) >= set(DOMAINS)
    if alerts is not None:
        alerts = [each for each in alerts if each.domains <= set(seen)]
    return RunShown(
        run=found.no, as_of=found.as_of, known_at=found.known_at, snapshot=found.snapshot,
        batch=found.batch, started=format_instant(found.started),
        seconds=round((found.finished - found.started) / 1e6, 3), first=told["first"],
        clusters=told["clusters"] if every else None, cases=told["cases"] if every else None,
        events=told["events"] if every else None, cut=told["cut"],
        scores=msgspec.convert(told.get("scores", {}), Scores) if every else None,
        alerts=msgspec.UNSET if alerts is None else [each.id for each in alerts],
    )  # fmt: skip


def status(book: Book, seen: Collection[str]) -> Status:
    """How things stand, of what a caller of these domains may see."""
    last, (failed, error) = book.last(), book.failures()
    return Status(
        last=None if last is None else run(last, seen=seen), clusters=book.lines_by_state(seen),
        alerts=book.open_by_kind(seen), failed=failed, error=error,
    )  # fmt: skip


def runs(book: Book, seen: Collection[str], after: int | None, limit: int) -> RunList:
    """A page of runs."""
    found = book.runs(after, limit + 1)
    rows = [run(each, seen=seen) for each in found[:limit]]
    return RunList(results=rows, next=str(found[limit - 1].no) if len(found) > limit else None)


def line(found: Line) -> LineShown:
    """A line."""
    return LineShown(
        line=found.id, cluster=found.cluster, alive=found.alive,
        event=found.event, born=found.born,
        changed=found.changed, row=found.body,
    )  # fmt: skip


def lines(
    book: Book, seen: Collection[str], state: str | None, after: str | None, limit: int
) -> LineList:
    """A page of lines; `state` is alive or gone. Raises WrongUsage."""
    if state not in (None, "alive", "gone"):
        raise WrongUsage(f"state: alive or gone, not {state[:20]!r}")
    alive = None if state is None else state == "alive"
    found = book.listed(seen, alive, after, limit + 1)
    rows = [line(each) for each in found[:limit]]
    return LineList(results=rows, next=found[limit - 1].id if len(found) > limit else None)


def step(found: Step) -> StepShown:
    """A step."""
    return StepShown(run=found.run, line=found.line, event=found.event, **found.body)


def whole(book: Book, seen: Collection[str], name: str, limit: int) -> LineWhole:
    """A line, what became of it and its alerts. Raises UnknownLine."""
    found = book.line(name, seen)
    return LineWhole(
        line=line(found),
        steps=[step(each) for each in book.steps(seen, line=found.id, limit=limit)],
        alerts=[each.id for each in book.alerts(seen, of=found.id, limit=limit)],
    )


def alert(found: Alert, seen: Collection[str]) -> AlertShown:
    """An alert, to a caller of some domains."""
    row = dict(found.body)
    return AlertShown(
        id=found.id, run=found.run, at=format_instant(found.at), kind=found.kind, of=found.of,
        state=found.state, new=row.pop("new"), row=row, priority=shown(found.priority, seen),
        told=shown(found.told, seen), by=found.by, note=found.note,
        acted=None if found.acted is None else format_instant(found.acted),
    )  # fmt: skip


def alerts(
    book: Book, seen: Collection[str], *, state: str | None = None, kind: str | None = None,
    order: str | None = None, after: str | None = None, limit: int = 100,
) -> AlertList:  # fmt: skip
    """A page of alerts, by time or by risk score. Raises WrongUsage."""
    asked = (("state", state, STATES), ("kind", kind, KINDS), ("order", order, ORDERS))
    for name, given, known in asked:
        if given is not None and given not in known:
            raise WrongUsage(f"{name}: one of {', '.join(known)}, not {given[:20]!r}")
    scored, standing = order == RISK, book.standing()
    if scored:
        place = rank_of(after)
        found = book.ranked(seen, state=state, kind=kind, after=place, limit=limit + 1)
    else:
        before = place_of(after, "after")
        found = book.alerts(seen, state=state, kind=kind, before=before, limit=limit + 1)
    more = None
    if len(found) > limit:
        last = found[limit - 1]
        more = text_of(last, seen) if scored else str(last.no)
    return AlertList(
        results=[alert(each, seen) for each in found[:limit]], order=order or TIME,
        notes=order_notes(standing, seen) if scored else [],
        standing=standing if scored and sees_scores(seen) else None, next=more,
    )  # fmt: skip


def order_notes(standing: Standing | None, seen: Collection[str]) -> list[str]:
    """What is to be said of an order of alerts by risk."""
    if standing is None:
        return notes(seen)
    used = ", ".join(f"{kind} {name}" for kind, name in standing.used.items())
    known = standing.known_at[:19] + standing.known_at[-6:]  # to the second
    told = [
        f"open alerts by the risk score of the models in use ({used or '-'}) as of"
        f" {standing.as_of}, by what was known at {known}, the highest of their"
        " members'; those without one last, by their own score"
        f" / 待处理预警按所用模型 ({used or '无'}) 截至 {standing.as_of} (已知时点"
        f" {known}) 的风险评分排序, 取成员中最高者; 无评分者列于其后, 按自身得分排序",
        *([_PENDING] if standing.pending else []),
        *standing.notes,
    ]
    return notes(seen, told)


def judge(book: Book, seen: Collection[str], ident: str, asked: Verdict, by: str) -> AlertShown:
    """Say what an alert comes to. Raises UnknownAlert, WrongUsage."""
    note = None
    if asked.note is not None and (note := one_line(asked.note, _NOTE)) is None:
        raise WrongUsage(f"note: 1 to {_NOTE} characters in one line / 备注无效")
    return alert(book.judge(ident, seen, asked.state, by, mask_within(note)), seen)
