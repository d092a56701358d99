"""From a question about event gangs to its findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from algorithms.findings.making import Cut, Found, overdue
from algorithms.findings.making import answer as findings
from algorithms.findings.significance import poisson_tail
from algorithms.registry import Result
from algorithms.rings.bipartite import Bipartite, bipartite_of
from algorithms.rings.gang_signs import WORDS, Gang, sort_of, weigh
from algorithms.rings.sharing import Pairs, dense_groups, pairs
from algorithms.rings.shown import grouped, oldest
from algorithms.rings.ties import Ties
from graph.columns import I64
from graph.deadline import Deadline, within
from graph.times import day_end, today

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.rings.event_gangs import EventGangParams
    from graph.snapshot import Snapshot

_WON: Final = ("winner", "中标", "claimant", "理赔", "索赔", "报案")


class Null(NamedTuple):
    """Events and participations of the whole, for chance: see `event_gangs`."""

    degree: dict[int, int]
    per_pair: float


def answer(snapshot: Snapshot, params: EventGangParams) -> Result[Finding]:
    """See `event_gangs`."""
    deadline = within(params.time_limit)
    subject = None if params.subject is None else snapshot.resolve(params.subject)
    at = day_end(params.as_of or today())
    net = bipartite_of(snapshot, _private(snapshot, at, params.max_participants))
    met = _met(net, params, deadline)
    cuts = overdue(deadline, met.explored)
    shared = _shared(snapshot, net, met)
    if len(shared) > params.max_events:
        text = f"max_events: {len(shared)} events are shared / 共同参与的事件过多, 未全部读取"
        cuts.append(Cut(text, len(shared), params.max_events))
        shared = shared[: params.max_events]
    roles = snapshot.extras_of(net.row)
    sorts = _sorts(snapshot, net, shared, roles)
    null = Null(
        dict(zip(net.left.tolist(), np.diff(net.ptr).tolist(), strict=True)), _per_pair(net)
    )
    ties = Ties(snapshot, at)
    found: list[Found] = []
    tests = 0
    for sort in WORDS:
        events = sorted(event for event, word in sorts.items() if word == sort)
        if not events:
            continue
        part = bipartite_of(snapshot, _rows_at(net, events))
        tied = _unlikely(part, _met(part, params, deadline), null, params)
        label = dense_groups(len(part.left), tied, params.min_density)
        size = np.bincount(label[label >= 0], minlength=2 * len(label) + 1)
        tests += int((size > 1).sum())
        groups = list(grouped(label, np.append(size >= params.min_size, [False])).values())
        for places in deadline.through(groups, "gangs / 团伙"):
            gang = _gang(snapshot, part, places, sort, roles)
            if subject is None or subject in gang.members:
                found.append(_found(snapshot, gang, null, ties))
    cuts += overdue(deadline, len(found), "time_limit: not all were weighed / 超时, 未全部权衡")
    return findings(snapshot, found, params, tests=tests, cuts=cuts)


def _private(snapshot: Snapshot, at: int, most: int) -> I64:
    """The participations in events of at most so many participants."""
    rows = snapshot.rows("participated", at)
    net = bipartite_of(snapshot, rows)
    public = net.right[np.diff(net.back_ptr) > most]
    return rows[~np.isin(snapshot.nodes.rep[snapshot.columns.dst[rows]], public)]


def _met(net: Bipartite, params: EventGangParams, deadline: Deadline) -> Pairs:
    """Pairs that share enough events, with their number."""
    return pairs(net, np.ones(len(net.right), np.int64), params.min_events, deadline)


def _shared(snapshot: Snapshot, net: Bipartite, met: Pairs) -> list[int]:
    """Places of the events in which at least two took part who meet elsewhere too, those with most
    of them first: what may be part of a gang."""
    often = np.zeros(len(net.left), np.bool_)
    often[met.a] = often[met.b] = True
    user = np.repeat(np.arange(len(net.left)), np.diff(net.ptr))
    count = np.bincount(net.to[often[user]], minlength=len(net.right))
    found = np.flatnonzero(count > 1)
    names = snapshot.canonicals(net.right[found].tolist())
    many = count[found].tolist()
    order = sorted(range(len(found)), key=lambda k: (-many[k], names[k]))
    places: list[int] = found[order].tolist()
    return places


def _sorts(
    snapshot: Snapshot, net: Bipartite, shared: list[int], roles: dict[int, dict[str, Any]]
) -> dict[int, str]:
    """What sort of event each of these is, by place; those of no known sort are left out."""
    nodes = net.right[shared].tolist()
    types: dict[int, list[str]] = defaultdict(list)
    for record, fact in snapshot.stated(nodes).items():
        attrs = fact.payload.get("attrs") or {}
        if isinstance(attrs.get("type"), str):
            types[int(snapshot.nodes.rep[record])].append(attrs["type"])
    said: dict[int, list[str]] = defaultdict(list)
    rep, dst = snapshot.nodes.rep, snapshot.columns.dst
    for row, extra in roles.items():
        if role := extra.get("role"):
            said[int(rep[dst[row]])].append(role)
    found = {}
    for place, node in zip(shared, nodes, strict=True):
        if sort := sort_of(types.get(node) or [], said.get(node) or []):
            found[place] = sort
    return found


def _rows_at(net: Bipartite, events: list[int]) -> I64:
    """The participations in these events."""
    wanted = np.zeros(len(net.right), np.bool_)
    wanted[events] = True
    counts = np.diff(net.first)
    return np.sort(net.row[np.repeat(wanted[net.to], counts)])


def _per_pair(net: Bipartite) -> float:
    """What to multiply the numbers of events of two by to have their expected common ones."""
    d = np.diff(net.back_ptr).astype(np.float64)
    return float((d * (d - 1)).sum()) / max(len(net.to), 1) ** 2


def _unlikely(part: Bipartite, met: Pairs, null: Null, params: EventGangParams) -> Pairs:
    """The pairs that chance would seldom give."""
    if not len(met.a):
        return met
    degree = np.array([null.degree[subject] for subject in part.left.tolist()], np.float64)
    mean = degree[met.a] * degree[met.b] * null.per_pair
    kept = poisson_tail(met.weight, mean) <= params.max_chance
    return met._replace(a=met.a[kept], b=met.b[kept], weight=met.weight[kept])


def _gang(
    snapshot: Snapshot, part: Bipartite, places: I64, sort: str, roles: dict[int, dict[str, Any]]
) -> Gang:
    who = places.tolist()
    taken = Counter(item for p in who for item in part.to[part.ptr[p] : part.ptr[p + 1]].tolist())
    shared = {item for item, count in taken.items() if count > 1}
    rows = part.rows_of(places, shared)
    inside = set(who)
    beside = Counter(
        user
        for item in shared
        for user in part.back[part.back_ptr[item] : part.back_ptr[item + 1]].tolist()
        if user not in inside
    )
    order = Counter(int(snapshot.nodes.rep[snapshot.columns.src[row]]) for row in rows)
    names = dict(
        zip(
            part.left[places].tolist(), snapshot.canonicals(part.left[places].tolist()), strict=True
        )
    )
    circle = [int(part.left[user]) for user, count in beside.items() if count > 1]
    return Gang(
        sort=sort,
        members=sorted(names, key=lambda subject: (-order[subject], names[subject])),
        circle=sorted(circle, key=snapshot.canonical),
        events=sorted(part.right[sorted(shared)].tolist(), key=snapshot.canonical),
        rows=oldest(snapshot, np.array(rows, np.int64)),
        meetings=sum(taken[item] - 1 for item in shared),
        roles={row: roles.get(row, {}).get("role", "") for row in rows},
    )


def _found(snapshot: Snapshot, gang: Gang, null: Null, ties: Ties) -> Found:
    k = np.array([null.degree[member] for member in gang.members], np.float64)
    mean = (k.sum() ** 2 - (k**2).sum()) / 2 * null.per_pair
    words = WORDS[gang.sort]
    value = snapshot.columns.value
    paid = [row for row in gang.rows if any(word in gang.roles[row].lower() for word in _WON)]
    amount = sum(int(value[row]) for row in paid if value[row] > 0)
    return Found(
        pattern=words.pattern,
        members=gang.members,
        rows=gang.rows,
        p=float(poisson_tail(gang.meetings, mean)),
        zh=f"{len(gang.members)} 个主体在 {len(gang.events)} 起{words.zh}中反复同时出现",
        en=f"{len(gang.members)} subjects meet again and again in {len(gang.events)} {words.en}",
        signs=weigh(snapshot, gang, ties),
        circle=gang.circle,
        amount=amount or None,
        attrs={"events": snapshot.canonicals(gang.events[:100]), "events_total": len(gang.events)},
        called=gang.members,
    )
