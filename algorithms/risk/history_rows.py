"""From clusters on a series of days to what became of each."""

from __future__ import annotations

import calendar
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import UNSET

from algorithms.registry import Result, Truncated, cut_short
from algorithms.risk.cluster_history import ClusterStep
from algorithms.risk.cluster_rows import find, name_of, row
from algorithms.risk.lineage import Members, Step, links, steps
from graph.deadline import within
from graph.errors import UnknownSubject, WrongUsage
from graph.times import day_end, today

if TYPE_CHECKING:
    from algorithms.risk.cluster_history import HistoryParams
    from algorithms.risk.clusters import Cluster, Knitting
    from graph.snapshot import Snapshot

_SHOWN: Final = 100  # who joined or left, on a row
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_DAYS: Final = {"day": 1, "week": 7}
_MOST: Final = 400  # days
_UNIT: Final = "days / 时点"
_ZH: Final = {
    "present": "期初已有", "born": "新出现", "grew": "扩大", "shrank": "缩小",
    "changed": "成员更替", "steady": "未变", "merged": "合并", "split": "分裂", "dissolved": "消散",
}  # fmt: skip
_NONE: Final[Members] = frozenset()
Place = tuple[int, int]  # day, cluster


class Moment(NamedTuple):
    """A day, and the instant (µs) by what was known at whose end it is told; None: by what the view
    knows."""

    day: str
    known: int | None = None


class Day(NamedTuple):
    """The clusters of a moment, worst first: what each is, its members by today's subjects, the
    facts that make its core, the names of its parts; and which bounds were met."""

    day: str
    known_at: str
    rows: list[Cluster]
    members: list[Members]
    risks: list[frozenset[str]]
    names: list[frozenset[str]]
    cuts: list[str]


def answer(snapshot: Snapshot, params: HistoryParams) -> Result[ClusterStep]:
    """See `cluster_history`."""
    days = days_of(params)
    deadline = within(params.max_seconds)
    # The latest first: where time ends the search it is the earliest that are missing.
    then = params.known == "then"
    moments = [Moment(day, day_end(day) if then else None) for day in days[::-1]]
    seen = [look(snapshot, params, each) for each in deadline.through(moments, _UNIT)][::-1]
    found = [links(a.members, b.members, params.overlap) for a, b in pairwise(seen)]
    line = None if params.cluster is None else _line(seen, found, params.cluster)
    every = _rows(snapshot, seen, found, line)
    rows = [each for each in every if params.steady or each.event != "steady"]
    cut = _truncated(params, len(days), seen, len(rows))
    return Result(results=rows[-params.max_rows :], truncated=cut)


def days_of(params: HistoryParams) -> list[str]:
    """The days that are looked at, ascending. Raises WrongUsage."""
    last = date.fromisoformat(params.as_of or today())
    if params.days is None:
        return [_back(last, params.step, n).isoformat() for n in range(params.steps, -1, -1)]
    days = {last.isoformat()}
    for text in params.days:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise WrongUsage(f"days: not a date like 2022-01-05: {text[:40]!r}") from None
        if day > last:
            raise WrongUsage(f"days: {day} is after as_of {last} / 晚于 as_of")
        days.add(day.isoformat())
    if len(days) > _MOST:
        raise WrongUsage(f"days: at most {_MOST}, not {len(days)}")
    return sorted(days)


def _back(last: date, step: str, count: int) -> date:
    """So many steps before a day; no day is before the first year."""
    if step in _DAYS:
        return last - timedelta(min(_DAYS[step] * count, last.toordinal() - 1))
    months = max(last.year * 12 + last.month - 1 - _MONTHS[step] * count, 12)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(last.day, calendar.monthrange(year, month + 1)[1]))


def look(snapshot: Snapshot, params: Knitting, moment: Moment) -> Day:
    """The clusters of a moment, as `clusters` tells them."""
    at = day_end(moment.day)
    view = snapshot if moment.known is None else snapshot.earlier(moment.known)
    found = find(view, params, at)
    rep, reasons = snapshot.nodes.rep, found.cores.reasons
    return Day(
        moment.day,
        view.known_at,
        [row(view, group, reasons, params.min_core) for group in found.groups],
        [frozenset(rep[group.members].tolist()) for group in found.groups],
        [
            frozenset(each.fact for node in group.core for each in reasons[node])
            for group in found.groups
        ],
        [
            frozenset(name_of(reasons[node][0].first) for node in group.core)
            for group in found.groups
        ],
        found.cores.cuts,
    )


def _line(seen: Sequence[Day], found: Sequence[Sequence[tuple[int, int]]], name: str) -> set[Place]:
    """Whatever leads to the clusters of a name, and from them. Raises UnknownSubject."""
    start = {
        (at, place) for at, day in enumerate(seen) for place, names in enumerate(day.names)
        if name in names
    }  # fmt: skip
    if not start:
        raise UnknownSubject(f"no cluster is named {name[:80]!r} on any of these days")
    ahead: dict[Place, list[Place]] = defaultdict(list)
    back: dict[Place, list[Place]] = defaultdict(list)
    for at, pairs in enumerate(found):
        for a, b in pairs:
            ahead[at, a].append((at + 1, b))
            back[at + 1, b].append((at, a))
    return _reached(start, ahead) | _reached(start, back)


def _reached(start: Iterable[Place], over: dict[Place, list[Place]]) -> set[Place]:
    met = set(start)
    queue = deque(met)
    while queue:
        for each in over.get(queue.popleft(), ()):
            if each not in met:
                met.add(each)
                queue.append(each)
    return met


def _rows(
    snapshot: Snapshot, seen: Sequence[Day], found: Sequence[Sequence[tuple[int, int]]],
    line: set[Place] | None,
) -> Iterator[ClusterStep]:  # fmt: skip
    for at, day in enumerate(seen):
        before = seen[at - 1] if at else None
        after = _children(seen, found, at)
        if before is None:
            told = [Step("present", place, ()) for place in range(len(day.rows))]
        else:
            told = steps(before.members, day.members, found[at - 1])
        for step in told:
            place = (at, step.after) if step.after >= 0 else (at - 1, step.parents[0])
            if line is None or place in line:
                yield _row(snapshot, day, before, step, after.get(step.after, []))


def _children(
    seen: Sequence[Day], found: Sequence[Sequence[tuple[int, int]]], at: int
) -> dict[int, list[str]]:
    """By its place, the names of what a cluster of a day goes on in."""
    children: dict[int, list[str]] = defaultdict(list)
    if at < len(found):
        for a, b in found[at]:
            children[a].append(seen[at + 1].rows[b].id)
    return children


def _row(
    snapshot: Snapshot, day: Day, before: Day | None, step: Step, children: list[str]
) -> ClusterStep:
    parents = [before.rows[place] for place in step.parents] if before else []
    old = [before.members[place] for place in step.parents] if before else []
    was: Members = _NONE.union(*old)
    gone = step.after < 0
    now: Members = _NONE if gone else day.members[step.after]
    shown: Cluster = parents[0] if gone else day.rows[step.after]
    joined = [] if step.event == "present" else _named(snapshot, now - was)
    left = _named(snapshot, was - now)
    return ClusterStep(
        day=day.day,
        known_at=day.known_at,
        event=step.event,
        id=shown.id,
        parents=sorted(each.id for each in parents),
        children=sorted(children),
        members=len(now),
        core=0 if gone else _count(shown.core_total, shown.core),
        joined=joined[:_SHOWN],
        left=left[:_SHOWN],
        score=shown.score,
        born=shown.born,
        facts=shown.facts,
        why=_why(step.event, shown, (len(now), len(joined), len(left), len(parents))),
        joined_total=len(joined) if len(joined) > _SHOWN else UNSET,
        left_total=len(left) if len(left) > _SHOWN else UNSET,
        facts_total=shown.facts_total,
    )


def _count(total: Any, shown: Sequence[str]) -> int:
    return len(shown) if total is UNSET else int(total)


def _named(snapshot: Snapshot, members: Members) -> list[str]:
    return sorted(snapshot.canonicals(sorted(members)))


def _why(event: str, shown: Cluster, counts: tuple[int, int, int, int]) -> str:
    """What happened, zh / en; `counts` of members, joined, left, parents."""
    members, more, less, parents = counts
    zh, en = (f", 承自 {parents} 个群组", f", from {parents}") if parents > 1 else ("", "")
    parts = shown.why.split(" / ")
    about_zh, about_en = (" / ".join(half) for half in _halves(parts))
    return (
        f"{_ZH[event]}: {members} 个成员, 加入 {more}, 离开 {less}{zh}; {about_zh}"
        f" / {event}: {members} members, {more} joined, {less} left{en}; {about_en}"
    )


def _halves(parts: list[str]) -> tuple[list[str], list[str]]:
    """Both languages: what a list calls its field may hold what parts them, as often in each."""
    middle = len(parts) // 2
    return parts[:middle], parts[middle:]


def _truncated(
    params: HistoryParams, days: int, seen: Sequence[Day], rows: int
) -> Truncated | None:
    cuts: list[tuple[str, int | None]] = []
    if rows > params.max_rows:
        text = f"max_rows: {rows} rows, the latest are shown / 只列出最近的变化"
        cuts.append((text, params.max_rows))
    if len(seen) < days:
        text = f"max_seconds: the {days - len(seen)} earliest days were not looked at"
        cuts.append((f"{text} / 超时, 最早的时点未查看", None))
    cuts += [(reason, None) for reason in dict.fromkeys(each for day in seen for each in day.cuts)]
    return cut_short(cuts, sum(len(day.rows) for day in seen))
