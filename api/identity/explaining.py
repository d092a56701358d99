"""Why two are one subject, or are not, and how a subject was put together out of its records."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from algorithms.identity.shape import Feature
from api.identity import facts
from api.identity.facts import ident_of
from api.identity.showing import Review, Side, View, judgement_of, pair_of
from graph.errors import UnknownSubject
from graph.limbs import unconfirmed
from graph.proof.known import joins_of, named_alone, scored, stated

if TYPE_CHECKING:
    from api.identity.book import Book
    from api.session import Session
    from graph.snapshot import Snapshot

_SHOWN: Final = 100  # records and links of one subject


class WhyAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two, each by any name, and when it was known."""

    a: str
    b: str
    known_at: str | None = None


class HowAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subject by any name, and when it was known."""

    subject: str
    known_at: str | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What makes two records one: an equal official key (`key`, as its canonical id), or a
    judgement (`fact`), by whom, with which features. `confirmed`: it may carry an extension."""

    a: str
    b: str
    what: Literal["official_key", "judgement"]
    key: str | None = None
    fact: str | None = None
    by: str | None = None
    score: str | None = None
    confirmed: bool = True
    features: list[Feature] = []
    why: str | None = None


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Why two are one (`links`: a way from one to the other, such as needs the fewest that nobody
    confirmed), or why not (`against`, in words), and the pairs of them that were scored."""

    a: Side
    b: Side
    one: bool
    confirmed: bool
    links: list[Link]
    against: list[str]
    pairs: list[Review]
    words: str
    known_at: str
    snapshot: str


class How(msgspec.Struct, frozen=True, kw_only=True):
    """How a subject was put together: its records and everything that joins two of them (at most
    100 each). `confirmed`: it would be one subject without what nobody confirmed."""

    subject: str
    kind: str
    label: str
    records: list[Side]
    records_total: int
    links: list[Link]
    links_total: int
    confirmed: bool
    known_at: str
    snapshot: str


def how(session: Session, text: str, known_at: str | None = None) -> How:
    """How a subject was put together; raises UnknownSubject."""
    snapshot = session.snapshot(known_at)
    node = snapshot.resolve(text)
    view = View(session.store, snapshot)
    links = _links(session, snapshot, node)
    records = snapshot.records(node)
    return How(
        subject=snapshot.canonical(node), kind=snapshot.kind_name(node),
        label=snapshot.label(node), records=[view.side(name) for name in records[:_SHOWN]],
        records_total=len(records), links=links[:_SHOWN], links_total=len(links),
        confirmed=not named_alone(snapshot, node), known_at=snapshot.known_at,
        snapshot=snapshot.name,
    )  # fmt: skip


def why(session: Session, book: Book, a: str, b: str, known_at: str | None = None) -> Why:
    """Why two subjects, or two records, are one or are not; raises UnknownSubject."""
    snapshot = session.snapshot(known_at)
    view = View(session.store, snapshot)
    x, y = _record(snapshot, a), _record(snapshot, b)
    name_x, name_y = snapshot.record_name(x), snapshot.record_name(y)
    rep = snapshot.nodes.rep
    one = bool(rep[x] == rep[y])
    links: list[Link] = []
    against: list[str] = []
    if one:
        links = _way(_links(session, snapshot, int(rep[x])), name_x, name_y)
        pairs = []
        words = "one subject, by what is listed / 同一主体, 依据如列"
        if x == y:
            words = "one record / 同一记录"
    else:
        sides = [snapshot.records(int(rep[node])) for node in (x, y)]
        pairs = [view.review(each) for each in book.between(*sides)]
        if known_at is not None:  # why it was judged as it is today came later
            pairs = [msgspec.structs.replace(each, note=None) for each in pairs]
        if barred := view.barred(name_x, name_y):
            against.append(barred)
        elif fact := view.groups.judged_apart(x, y):
            against.append(f"judged not to be the same: {fact} / 已判定为非同一主体")
        if pairs:
            words = "two subjects so far; a pair of them was scored / 目前为两个主体, 已有评分"
        else:
            words = (
                "two subjects: no run found their records likely enough to be put before a person"
                " / 两个主体, 未达到复核阈值"
            )
        if against:
            words = "two subjects, and may not be joined / 两个主体, 不得合并"
    return Why(
        a=view.side(name_x), b=view.side(name_y), one=one,
        confirmed=one and all(link.confirmed for link in links), links=links, against=against,
        pairs=pairs, words=words, known_at=snapshot.known_at, snapshot=snapshot.name,
    )  # fmt: skip


def _record(snapshot: Snapshot, text: str) -> int:
    """The record that a text names; of a subject its first."""
    try:
        node = snapshot.node_of(text)
        if snapshot.known(node):
            return node
    except UnknownSubject:
        pass
    return next(m for m in snapshot.members(snapshot.resolve(text)) if snapshot.known(m))


def _links(session: Session, snapshot: Snapshot, node: int) -> list[Link]:
    """Everything that joins two known records of a subject: keys first. A key that many bear links
    each with the next."""
    found: list[Link] = []
    bearers: dict[str, str] = {}
    for member in snapshot.members(node):
        if snapshot.known(member) and (key := snapshot.record_said(member)[3]):
            name = snapshot.record_name(member)
            if before := bearers.get(key):
                found.append(Link(a=before, b=name, what="official_key", key=key))
            bearers[key] = name
    rows = [row for row in joins_of(snapshot, node) if stated(snapshot, row)]
    return found + [_judged(session, snapshot, row) for row in rows]


def _judged(session: Session, snapshot: Snapshot, row: int) -> Link:
    cols = snapshot.columns
    name, by = snapshot.fact_id(row), snapshot.extra(row).get("by")
    score = scored(snapshot, row)
    link = Link(
        a=snapshot.record_name(int(cols.src[row])), b=snapshot.record_name(int(cols.dst[row])),
        what="judgement", fact=name, by=by, score=score, confirmed=not unconfirmed(by, score),
    )  # fmt: skip
    ident = ident_of(name)
    # What was said of the pair later is no part of an earlier view.
    last = facts.last_of(session.store, snapshot, name) if ident else None
    if ident is None or last is None:
        return link
    why = judgement_of(ident, last).why
    return msgspec.structs.replace(link, features=pair_of(last, snapshot).features, why=why)


def _way(links: list[Link], start: str, end: str) -> list[Link]:
    """A way from one record to another with the fewest links that nobody confirmed, then the fewest
    of all (Dijkstra on 0 and 1, with a deque a level)."""
    beside: dict[str, list[tuple[str, Link]]] = {}
    for link in links:
        beside.setdefault(link.a, []).append((link.b, link))
        beside.setdefault(link.b, []).append((link.a, link))
    came: dict[str, tuple[str, Link]] = {}
    done: set[str] = set()
    todo: deque[tuple[str, tuple[str, Link] | None]] = deque([(start, None)])
    while todo:
        node, by = todo.popleft()
        if node in done:
            continue
        done.add(node)
        if by is not None:
            came[node] = by
        for other, link in beside.get(node, ()):
            if other not in done:
                step = (other, (node, link))
                todo.append(step) if not link.confirmed else todo.appendleft(step)
    way: list[Link] = []
    while end != start and end in came:
        end, link = came[end]
        way.append(link)
    return way[::-1]
