"""How many were listed, extended, objected and repaired, and which clocks were met: by month,
domain, region and measure, from listings and the ledger of decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from api.decisions.clocks import day_of
from api.decisions.lists import entry_of
from api.decisions.timing import clocks
from api.matching.tables import safe_cell
from api.monitor.regions import Level, name_of, region_of
from graph.errors import WrongUsage
from graph.rulebook.load import load_editions
from graph.times import format_instant, today

if TYPE_CHECKING:
    from api.decisions.follow import Decisions
    from api.session import Session
    from graph.snapshot import Snapshot

Dimension = Literal["month", "domain", "region", "measure"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("month", "domain", "region", "measure")
COUNTS: Final = ("listed", "extended", "objected", "repaired", "met", "missed", "overdue",
                 "running", "unknown", "stopped")  # fmt: skip
_MONTH: Final = r"^\d{4}-(0[1-9]|1[0-2])$"
Month = Annotated[str, Meta(pattern=_MONTH)]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is counted."""

    by: Annotated[
        tuple[Dimension, ...],
        Meta(description="what rows are told apart by / 分组维度", max_length=4),
    ] = DIMENSIONS
    level: Annotated[Level, Meta(description="how fine regions are / 行政区划层级")] = "province"
    since: Annotated[
        Month | None, Meta(description="from this month on / 起始月份", examples=["2024-01"])
    ] = None
    until: Annotated[
        Month | None, Meta(description="up to this month / 截止月份", examples=["2026-12"])
    ] = None
    domain: Annotated[
        str | None, Meta(description="only this domain / 只统计此领域", examples=["tax"])
    ] = None
    day: Annotated[
        str | None,
        Meta(description="clocks as they stand on this day, default today / 时限状态截至日期"),
    ] = None


class StatisticsRow(msgspec.Struct, kw_only=True):
    """Counts of one group. `listed`: listings entered; `extended`: decisions that took force;
    `objected`: objections accepted; `repaired`: listings and decisions repaired; the rest are
    clocks by what they come to. A dimension that was not asked for is absent."""

    month: str | msgspec.UnsetType | None = msgspec.UNSET
    domain: str | msgspec.UnsetType | None = msgspec.UNSET
    region: str | msgspec.UnsetType | None = msgspec.UNSET
    region_name: str | msgspec.UnsetType | None = msgspec.UNSET
    measure: str | msgspec.UnsetType | None = msgspec.UNSET
    listed: int = 0
    extended: int = 0
    objected: int = 0
    repaired: int = 0
    met: int = 0
    missed: int = 0
    overdue: int = 0
    running: int = 0
    unknown: int = 0
    stopped: int = 0


class Statistics(msgspec.Struct, kw_only=True):
    """The rows in the order of their groups, what is not known first; and of everything."""

    day: str
    known_at: str
    snapshot: str
    by: list[str]
    level: str
    results: list[StatisticsRow]
    total: StatisticsRow


class Happened(NamedTuple):
    """One thing that is counted: what it is, in which month, of which domain, region, measure."""

    what: str
    month: str | None
    domain: str | None
    region: str | None
    measure: str | None


def asked_of(given: Mapping[str, Any]) -> Asked:
    """What is asked, by the names of parameters; raises WrongUsage."""
    try:
        return msgspec.convert(given, Asked)
    except msgspec.ValidationError as error:
        raise WrongUsage(f"statistics: {error}") from None


def statistics(session: Session, asked: Asked) -> Statistics:
    """Count; linear in the listings, decisions and their clocks. Raises WrongUsage.

    A listing is of its own `domain`, and its measure is its `list`; a decision of its measure's
    domain by the rulebook. The region is that of the punished subject's credit code. The month is
    that of a listing's decision, of a decision's first day in force, of an objection's acceptance,
    of the end by repair, and for clocks that in which they are due. A listing says seldom when it
    was repaired: `attrs.repaired_on`, else its end, else the day on which that was recorded.
    """
    if len(set(asked.by)) != len(asked.by):
        raise WrongUsage("by: each dimension once")
    day = today() if asked.day is None else day_of(asked.day)
    view = session.snapshot()
    session.decisions.follow()
    happened = [
        *_listings(session, view, asked.level, day),
        *_decisions(session.decisions, asked.level, day),
    ]
    kept = [each for each in happened if _wanted(each, asked)]
    groups: dict[tuple[Any, ...], list[Happened]] = defaultdict(list)
    for each in kept:
        groups[tuple(getattr(each, name) for name in asked.by)].append(each)
    order = sorted(groups, key=lambda key: [(part is not None, part or "") for part in key])
    return Statistics(
        day=day, known_at=view.known_at, snapshot=view.name, by=list(asked.by), level=asked.level,
        results=[_row(asked.by, key, groups[key]) for key in order],
        total=_row((), (), kept),
    )  # fmt: skip


def _wanted(each: Happened, asked: Asked) -> bool:
    month = each.month or ""
    return (
        (asked.domain is None or each.domain == asked.domain)
        and (asked.since is None or month >= asked.since)
        and (asked.until is None or "" < month <= asked.until)
    )


def _row(by: Sequence[str], key: Sequence[Any], found: Iterable[Happened]) -> StatisticsRow:
    row = StatisticsRow(**dict(zip(by, key, strict=True)))
    if "region" in by:
        row.region_name = None if row.region is None else name_of(str(row.region))
    for each in found:
        setattr(row, each.what, getattr(row, each.what) + 1)
    return row


# -- listings -------------------------------------------------------------------------------------


def _listings(session: Session, view: Snapshot, level: Level, day: str) -> Iterator[Happened]:
    recorded = {info.no: info.recorded_at for info in session.store.batches(0)}
    since = {name: each.rec for _, name, each in view.listings_known()}
    for node in view.listed():
        region = region_of(view.canonical(node), level)
        for said in view.listings(node):
            entry = entry_of(said, day)
            of = (_text(said.get("domain")), region, _text(said.get("list")))
            yield Happened("listed", _month(entry["entry"]), *of)
            for each in entry["clocks"]:
                yield Happened(each["state"], _month(each["due"]), *of)
            if entry["state"] == "repaired":
                when = (said.get("attrs") or {}).get("repaired_on") or said["valid_to"]
                if not isinstance(when, str):
                    when = format_instant(recorded[since[said["fact"]]])
                yield Happened("repaired", _month(when), *of)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _month(text: str | None) -> str | None:
    return None if text is None else text[:7]


# -- decisions ------------------------------------------------------------------------------------


def _decisions(decisions: Decisions, level: Level, day: str) -> Iterator[Happened]:
    fields = {
        measure.id: measure.domain for book in load_editions().values() for measure in book.measures
    }
    for each in decisions.all():
        of = (fields.get(each.measure), region_of(each.subject, level), each.measure)
        if each.begins is not None and each.begins <= day:
            yield Happened("extended", _month(each.begins), *of)
        for objection in each.objections:
            yield Happened("objected", _month(objection.accepted), *of)
        if each.status == "repaired":
            yield Happened("repaired", _month(each.ended), *of)
        for clock in clocks(each, day):
            yield Happened(clock.state, _month(clock.due), *of)


# -- as a sheet -----------------------------------------------------------------------------------


def csv_of(found: Statistics) -> bytes:
    """The rows as CSV with a heading, UTF-8 with a mark by which spreadsheets know it; no cell that
    one would run."""
    import csv
    import io

    names = [*found.by]
    if "region" in names:
        names.insert(names.index("region") + 1, "region_name")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*names, *COUNTS])
    for row in found.results:
        writer.writerow([safe_cell(getattr(row, name)) for name in (*names, *COUNTS)])
    return out.getvalue().encode("utf-8-sig")
