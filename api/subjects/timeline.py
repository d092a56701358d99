"""A subject's timeline: what came to it in the world, what came to be known, what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
import numpy as np
from msgspec import Meta

from algorithms.registry import Truncated, readable
from graph.errors import BadFact, WrongUsage
from graph.model import CODES, RELATIONS
from graph.moments import (
    RECORDED,
    VALID,
    WORDS,
    Moment,
    Window,
    of_records,
    of_relations,
    over_most,
)
from graph.times import INF, NEG, day_end, format_instant, format_time, parse_time

if TYPE_CHECKING:
    from api.decisions.state import Decision
    from api.session import Session
    from graph.snapshot import Snapshot

DECISION: Final = "decision"
MOST: Final = 2_000_000  # relations of a kind and direction that are looked at
_AXES: Final = {"valid": VALID, "recorded": RECORDED, "both": WORDS}
Role = Literal["subject", "party"]
Key = tuple[int, int, str, str]  # instant, place of the word, the word, fact


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a timeline."""

    axis: Annotated[
        Literal["both", "valid", "recorded"],
        Meta(
            description="when things were so, when they were recorded, or both"
            " / 有效时间、记录时间或两者"
        ),
    ] = "both"
    since: Annotated[
        str | None,
        Meta(description="from this day or ISO time on / 起始时间", examples=["2021-01-01"]),
    ] = None
    until: Annotated[
        str | None,
        Meta(description="to the end of this day, or before this ISO time / 截止时间"),
    ] = None
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of relation or entity, `listing`, `decision`; default all"
            " / 种类, 默认全部",
            examples=[["shareholder", "listing"]],
        ),
    ] = None
    limit: Annotated[int, Meta(description="moments of a page / 每页条数", ge=1, le=1000)] = 100
    after: Annotated[str | None, Meta(description="the `next` of a page / 上一页给出的 next")] = (
        None
    )
    known_at: Annotated[
        str | None, Meta(description="as it was known at this ISO time / 当时已知的数据")
    ] = None


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One moment of a subject. On the axis `valid`: a fact `begins`, `happens` or `ends`; on the
    axis `recorded`: it was `recorded` or `retracted`, or a step of a decision was taken."""

    at: str
    axis: Literal["valid", "recorded"]
    what: str
    kind: str
    fact: str | None = None
    party: str | None = None
    label: str | None = None
    direction: str | None = None
    decision: str | None = None
    measure: str | None = None
    role: Role | None = None
    by: str | None = None


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a subject's timeline, earliest first; `next` leads on, null at the end."""

    id: str
    label: str
    known_at: str
    snapshot: str
    axis: str
    since: str | None
    until: str | None
    results: list[Event]
    next: str | None
    truncated: Truncated | None


def asked(given: Mapping[str, Any]) -> Asked:
    """Check parameters that are text; raises WrongUsage naming the one that is wrong."""
    try:
        return msgspec.convert(dict(given), Asked, strict=False)
    except msgspec.ValidationError as error:
        raise WrongUsage(readable(str(error))) from None


def timeline(session: Session, text: str, ask: Asked) -> Timeline:
    """Everything about a subject in order of time: its relations and records beginning and ending,
    transfers and invoices happening, listings, and when each was recorded or retracted; the steps
    of decisions in which it is subject or party.

    A retracted fact has no valid time any more; it is there on the axis `recorded`. Where several
    things come at one moment: beginnings, events, ends, recordings, retractions, decisions; then by
    fact. Kinds of which over 2,000,000 relations were recorded at the subject in one direction are
    left out, and `truncated` says so. Of one whose use is restricted, its records and listings are
    not shown. Linear in the relations ever recorded at it. Raises
    UnknownSubject, WrongUsage, BadFact.
    """
    snapshot = session.snapshot(ask.known_at)
    node = snapshot.resolve(text)
    window = _window(ask)
    cursor = _cursor(ask.after)
    if cursor is not None:
        window = window._replace(low=max(window.low, cursor[0]))
    left_out = over_most(snapshot, node, sorted(window.kinds & RELATIONS.keys()), MOST)
    window = window._replace(kinds=window.kinds.difference(left_out))
    when = _when(session, snapshot)
    moments = [
        *(() if snapshot.restricted(node) else of_records(snapshot, node, window, when)),
        *_relations(snapshot, node, window, when, cursor, ask.limit),
    ]
    found: list[tuple[Key, Moment | Event]] = [(_key(each), each) for each in moments]
    found += _decided(session, snapshot, node, window, _instant("known_at", ask.known_at, INF))
    ordered = sorted(found, key=lambda pair: pair[0])
    if cursor is not None:
        ordered = [pair for pair in ordered if pair[0] > cursor]
    page = ordered[: ask.limit]
    cut = None
    if left_out:
        named = ", ".join(left_out)
        cut = Truncated(
            reason=f"more relations than are looked at, left out: {named} / 关系过多, 未列出",
            explored=len(ordered), limit=MOST,
        )  # fmt: skip
    return Timeline(
        id=snapshot.canonical(node), label=snapshot.label(node), known_at=snapshot.known_at,
        snapshot=snapshot.name, axis=ask.axis, since=ask.since, until=ask.until,
        results=[_event(snapshot, each) for _, each in page],
        next=_shown(page[-1][0]) if len(ordered) > ask.limit else None, truncated=cut,
    )  # fmt: skip


def _relations(
    snapshot: Snapshot, node: int, window: Window, when: Any, cursor: Key | None, limit: int
) -> list[Moment]:
    """The first of them: one more than a page, and as many as may stand before the cursor in its
    own moment."""
    most = limit + 1
    if cursor is not None:
        now = window._replace(high=min(window.high, cursor[0] + 1))
        most += len(of_relations(snapshot, node, now, when, 1))
    return of_relations(snapshot, node, window, when, most)


def _window(ask: Asked) -> Window:
    every = {*CODES, DECISION}
    kinds = every if ask.kinds is None else set(ask.kinds)
    if wrong := kinds - every:
        raise WrongUsage(f"kinds: no such kind: {min(wrong)[:40]}")
    low, high = _instant("since", ask.since, NEG), _instant("until", ask.until, INF)
    return Window(low, high, frozenset(_AXES[ask.axis]), frozenset(kinds))


def _instant(name: str, text: str | None, default: int) -> int:
    if text is None:
        return default
    try:
        whole_day = name != "since" and len(text) == 10
        return day_end(text) + 1 if whole_day else parse_time(text)
    except BadFact as error:
        raise WrongUsage(f"{name}: {error.reason}") from None


def _when(session: Session, snapshot: Snapshot) -> Any:
    """The instants of batches by their number."""
    when = np.zeros(snapshot.batch + 1, np.int64)
    for info in session.store.batches():
        if info.no <= snapshot.batch:
            when[info.no] = info.recorded_at
    return when


def _key(each: Moment) -> Key:
    return each.at, WORDS.index(each.what), each.what, f"{each.fact}~{each.direction or ''}"


def _shown(key: Key) -> str:
    return f"{key[0]}~{key[1]}~{key[2]}~{key[3]}"


def _cursor(text: str | None) -> Key | None:
    if text is None:
        return None
    parts = text.split("~", 3)
    try:
        at, place, what, fact = parts
        return max(min(int(at), INF - 1), NEG), int(place), what, fact
    except ValueError:
        raise WrongUsage(f"after: not the `next` of a page: {text[:60]!r}") from None


def _decided(
    session: Session, snapshot: Snapshot, node: int, window: Window, until: int
) -> Iterator[tuple[Key, Event]]:
    """The steps of decisions in which the subject is the punished or the party, under any of the
    ids that it had then."""
    if DECISION not in window.kinds or not window.words & {*RECORDED}:
        return
    decisions = session.decisions
    decisions.follow()
    roles: dict[tuple[str, Role], Decision] = {}
    for name in {snapshot.canonical(node), *snapshot.records(node)}:
        roles |= {(each.id, "subject"): each for each in decisions.by_subject(name)}
        roles |= {(each.id, "party"): each for each in decisions.by_party(name)}
    for (name, role), decision in roles.items():
        for step in decision.history:
            if window.low <= step.at < min(window.high, until):
                key = (step.at, len(WORDS), step.step, f"{name}~{role}~{step.no}")
                yield key, Event(
                    at=format_instant(step.at), axis="recorded", what=step.step, kind=DECISION,
                    decision=name, measure=decision.measure, role=role, by=step.by,
                )  # fmt: skip


def _event(snapshot: Snapshot, each: Moment | Event) -> Event:
    if isinstance(each, Event):
        return each
    shown = format_time(each.at) if each.what in VALID else format_instant(each.at)
    other = each.other
    return Event(
        at=shown or "", axis="valid" if each.what in VALID else "recorded", what=each.what,
        kind=each.kind, fact=each.fact,
        party=None if other is None else snapshot.canonical(other),
        label=None if other is None else snapshot.label(other), direction=each.direction,
    )  # fmt: skip


def timeline_bytes(session: Session, text: str, ask: Asked) -> bytes:
    """`timeline` as both transports answer it."""
    return msgspec.json.encode(timeline(session, text, ask))
