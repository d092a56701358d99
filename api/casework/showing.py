"""Findings as callers see them, with the types that the routes answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from algorithms.findings.material import News
from algorithms.findings.patterns import named
from algorithms.scoring.priority import Priority
from api.casework.findings import STATES, State, Wanted, place_of
from api.casework.keeping import names
from api.ranking import RISK, notes, shown
from api.ranking import place_of as rank_of
from graph.errors import UnknownSubject, WrongUsage
from graph.times import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from api.casework.findings import Entry, Findings, Step
    from graph.snapshot import Snapshot

ORDERS: Final = ("score", RISK)
_LISTED: Final = 20  # members shown in a list
# What a caller is shown of a finding that was made with domains which it is not granted: what
# speaks for and against it may rest on those.
_NARROW: Final = ("id", "pattern", "members", "members_total", "facts", "facts_total", "amount",
                  "currency", "begins", "ends", "score")  # fmt: skip
_WITHHELD: Final = (
    "what speaks for and against this finding may rest on data of {}, which is not granted to the"
    " caller / 该线索的理由可能依据未授权的数据域, 未予列出"
)


class Judged(msgspec.Struct, kw_only=True):
    """Who judged a finding last, how, and when."""

    who: str
    what: str
    note: str | None
    at: str


class FindingStep(msgspec.Struct, kw_only=True):
    """One thing that happened to a finding: it was found, found again with what is new, judged."""

    at: str
    who: str
    what: str
    note: str | None
    news: list[News]


class Member(msgspec.Struct, kw_only=True):
    """A member as it is called now (`kind` null: not there any more); `listed` are the listings
    against it when the finding was met."""

    id: str
    kind: str | None
    label: str
    listed: list[str]


class FindingShown(msgspec.Struct, kw_only=True):
    """A finding: `row` as its algorithm answered it, its state, what is `news` since it was judged.

    `subjects` are the members that are shown; `priority` is the risk score of theirs that orders
    it, where the monitor put it in; `met` is when a run met it last, `changed` when it was judged
    or became news.
    """

    id: str
    algorithm: str
    pattern: str
    pattern_zh: str
    state: State
    score: float
    row: dict[str, Any]
    subjects: list[Member]
    news: list[News]
    judged: Judged | None
    version: int
    found: str
    met: str
    changed: str
    as_of: str | None
    known_at: str
    snapshot: str
    domains: list[str]
    withheld: str | None
    priority: Priority


class FindingWhole(FindingShown, kw_only=True):
    """A finding with all its members and its steps, oldest first."""

    steps: list[FindingStep]


class FindingList(msgspec.Struct, kw_only=True):
    """Findings by score, the worst first, or in the order asked for; `next` leads on, `counts` are
    of all states, `notes` say what the order goes by."""

    results: list[FindingShown]
    next: str | None
    counts: dict[str, int]
    order: str
    notes: list[str]


def listing(
    book: Findings, snapshot: Snapshot, wanted: Wanted, limit: int, after: str | None = None,
    order: str | None = None,
) -> FindingList:  # fmt: skip
    """A page of the work list; `after` leads on within the order. Raises WrongUsage."""
    if order not in (None, *ORDERS):
        raise WrongUsage(f"order: one of {', '.join(ORDERS)}, not {str(order)[:20]!r}")
    risk = order == RISK
    if risk:
        found, more = book.ranked(wanted, limit, rank_of(after))
    else:
        found, more = book.page(wanted, limit, place_of(after))
    last = book.judged([each.no for each in found])
    rows = [
        FindingShown(**_said(each, snapshot, wanted.granted, last.get(each.no), _LISTED))
        for each in found
    ]
    return FindingList(
        results=rows, next=more, counts=book.counts(wanted), order=order or ORDERS[0],
        notes=notes(names(wanted.granted)) if risk else [],
    )  # fmt: skip


def whole(book: Findings, snapshot: Snapshot, ident: str, granted: int) -> FindingWhole:
    """One finding; raises UnknownFinding."""
    found, steps = book.get(ident, granted)
    judged = next((each for each in reversed(steps) if each.what in STATES), None)
    told = [
        FindingStep(at=format_instant(each.at), who=each.who, what=each.what, note=each.note,
                  news=_news(each.news, found, granted))
        for each in steps
    ]  # fmt: skip
    return FindingWhole(**_said(found, snapshot, granted, judged, None), steps=told)


def _said(
    found: Entry, snapshot: Snapshot, granted: int, judged: Step | None, most: int | None
) -> dict[str, Any]:
    row, gone = dict(found.row), names(found.seen & ~granted)
    if gone:
        row = {name: row[name] for name in _NARROW if name in row}
    members = row["members"]
    if most is not None and len(members) > most:
        row |= {"members": members[:most], "members_total": row.get("members_total", len(members))}
        if "core" in row:
            row["core"] = row["core"][:most]
    return {
        "id": found.id, "algorithm": found.algorithm, "pattern": found.pattern,
        "pattern_zh": named(found.pattern), "state": found.state, "score": found.score,
        "row": row,
        "subjects": _members(snapshot, row["members"], {} if gone else found.latest.listed),
        "news": _news(found.news, found, granted),
        "judged": None if judged is None else Judged(
            who=judged.who, what=judged.what, note=judged.note, at=format_instant(judged.at)),
        "version": found.version, "found": format_instant(found.made),
        "met": format_instant(found.met), "changed": format_instant(found.changed),
        "as_of": found.as_of, "known_at": found.known_at, "snapshot": found.snapshot,
        "domains": names(found.domains),
        "withheld": _WITHHELD.format(", ".join(gone)) if gone else None,
        "priority": shown(found.priority, names(granted)),
    }  # fmt: skip


def _news(news: Sequence[News], found: Entry, granted: int) -> list[News]:
    """What is new, without what may be of domains that are not granted."""
    if not found.seen & ~granted:
        return [*news]
    return [each for each in news if each.kind != "listed"]


def _members(
    snapshot: Snapshot, ids: Iterable[str], listed: Mapping[str, list[str]]
) -> list[Member]:
    found = []
    for each in ids:
        kind, label, said = None, each, listed.get(each, [])
        try:
            node = snapshot.resolve(each)
            kind, label = snapshot.kind_name(node), snapshot.label(node)
            said = [] if snapshot.restricted(node) else said
        except UnknownSubject:
            pass
        found.append(Member(id=each, kind=kind, label=label, listed=said))
    return found


def wanted_of(
    snapshot: Snapshot, given: Mapping[str, str | None], granted: int
) -> Wanted:  # fmt: skip
    """Which findings a query asks for: `state`, `pattern`, `subject`, `min_score`. Raises
    WrongUsage, UnknownSubject."""
    state, subject = given.get("state"), given.get("subject")
    if state is not None and state not in STATES:
        raise WrongUsage(f"state: one of {', '.join(STATES)}, not {state[:20]!r}")
    members = None
    if subject is not None:
        node = snapshot.resolve(subject)
        members = [snapshot.canonical(node), *snapshot.records(node)]
    return Wanted(
        granted=granted, state=state, pattern=given.get("pattern"), members=members,
        min_score=_score_of(given.get("min_score")),
    )  # fmt: skip


def _score_of(text: str | None) -> float:
    try:
        found = float(text or 0)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise WrongUsage(f"min_score: a number from 0 to 1, not {str(text)[:20]!r}")
    return found
