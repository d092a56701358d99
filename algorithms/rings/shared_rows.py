"""From a question about shared identifiers to its findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.findings.making import Found, overdue
from algorithms.findings.making import answer as findings
from algorithms.findings.significance import poisson_tail
from algorithms.registry import Result
from algorithms.rings.bipartite import Bipartite, bipartite
from algorithms.rings.shared_signs import weigh
from algorithms.rings.sharing import UNIT, dense_groups, pairs, shares, weights
from algorithms.rings.shown import grouped, oldest
from algorithms.rings.ties import Ties, parties
from graph.columns import I32, I64
from graph.deadline import within
from graph.model import CODES, NAMES, ZH
from graph.times import NEG, day_end, today
from graph.traverse import ask_for

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.rings.shared_identifier_rings import SharedIdentifierParams
    from graph.snapshot import Snapshot

KINDS: Final = ("uses_phone", "uses_device", "located_at", "holds_account")


class Ring(NamedTuple):
    """Members, and by party; shared identifiers with how many of the parties use each (`via`) and
    how many parties do at all (`users`); `rows` tie them. `ends` are all that members use, and
    `squares` the squares of it by member, summed. `records` are days on which records begin."""

    members: list[int]
    parties: list[list[int]]
    via: dict[int, int]
    users: dict[int, int]
    rows: list[int]
    ends: int
    squares: int
    records: frozenset[int]


def answer(snapshot: Snapshot, params: SharedIdentifierParams) -> Result[Finding]:
    """See `shared_identifier_rings`."""
    deadline = within(params.time_limit)
    subject = None if params.subject is None else snapshot.resolve(params.subject)
    at = day_end(params.as_of or today())
    kinds = tuple(params.kinds or KINDS)
    ask_for(snapshot, kinds, "out", at)  # refuses what is no kind
    net = bipartite(snapshot, kinds, at)
    party = parties(snapshot, at)[net.left]
    degree = shares(net, party)
    weight = weights(degree, params.max_sharing)
    weight[snapshot.nodes.kind[net.right] == CODES["address"]] //= 2
    least = round(params.min_weight * UNIT)
    tied = pairs(net, weight, least, deadline, party)
    label = dense_groups(len(net.left), tied, params.min_density)
    size = np.bincount(label[label >= 0], minlength=2 * len(label) + 1)
    wanted = size >= params.min_size
    if subject is not None:
        place = net.place(subject)
        mine = -1 if place is None else int(label[place])
        wanted &= np.arange(len(wanted)) == mine
    groups = grouped(label, np.append(wanted, np.zeros(1, np.bool_)))
    cuts = overdue(deadline, tied.explored)
    records = _records(snapshot, net)
    many = list(groups.values())
    rings = [
        _ring(snapshot, net, weight, degree, party, places)._replace(records=records)
        for places in deadline.through(many, "groups / 团伙")
        if len(np.unique(party[places])) >= params.min_size
    ]
    p = _chance(net, weight, rings)
    ties = Ties(snapshot, at)
    found = []
    weighed = list(zip(rings, p, strict=True))
    for ring, chance in deadline.through(weighed, "rings / 团伙"):
        found.append(_found(snapshot, ring, chance, ties))
    text = "time_limit: not all groups were weighed / 超时, 未权衡全部团伙"
    cuts += overdue(deadline, len(found), text)
    return findings(snapshot, found, params, tests=int((size > 1).sum()), cuts=cuts)


def _ring(
    snapshot: Snapshot, net: Bipartite, weight: I64, degree: I64, party: I32, places: I64
) -> Ring:
    """The ring of the users at these places, the one of most sharing first."""
    used = {p: net.to[net.ptr[p] : net.ptr[p + 1]].tolist() for p in places.tolist()}
    by: dict[int, set[int]] = defaultdict(set)
    for place, items in used.items():
        for item in items:
            if weight[item]:
                by[item].add(int(party[place]))
    count = {item: len(who) for item, who in by.items() if len(who) > 1}
    shared = {place: sum(item in count for item in items) for place, items in used.items()}
    names = dict(zip(places.tolist(), snapshot.canonicals(net.left[places].tolist()), strict=True))
    order = sorted(names, key=lambda place: (-shared[place], names[place]))
    groups: dict[int, list[int]] = defaultdict(list)
    for place in order:
        groups[int(party[place])].append(int(net.left[place]))
    things = sorted(
        count, key=lambda item: (-count[item], snapshot.canonical(int(net.right[item])))
    )
    return Ring(
        [int(net.left[place]) for place in order],
        list(groups.values()),
        {int(net.right[item]): count[item] for item in things},
        {int(net.right[item]): int(degree[item]) for item in things},
        oldest(snapshot, np.array(net.rows_of(places, set(count)), np.int64)),
        sum(len(items) for items in used.values()),
        sum(len(items) ** 2 for items in used.values()),
        frozenset(),
    )


def _records(snapshot: Snapshot, net: Bipartite) -> frozenset[int]:
    """Moments at which more than a fiftieth (and more than 20) of the relations began: not when
    anything was taken up, but when its records begin."""
    when, count = np.unique(snapshot.columns.vf[net.row], return_counts=True)
    many = count > max(20, len(net.row) // 50)
    return frozenset({NEG, *when[many].tolist()})


def _chance(net: Bipartite, weight: I64, rings: list[Ring]) -> list[float]:
    """How likely each ring shares as much as it does: see `shared_identifier_rings`."""
    degree = np.diff(net.back_ptr).astype(np.float64)
    edges = max(len(net.to), 1)
    per_pair = float((degree * (degree - 1))[weight > 0].sum()) / edges**2
    means = [(ring.ends**2 - ring.squares) / 2 * per_pair for ring in rings]
    counts = [sum(ring.via.values()) - len(ring.via) for ring in rings]
    found: list[float] = poisson_tail(counts, means).tolist()
    return found


def _found(snapshot: Snapshot, ring: Ring, p: float, ties: Ties) -> Found:
    kinds = Counter(NAMES[int(snapshot.nodes.kind[item])] for item in ring.via)
    zh = "、".join(f"{ZH[kind]} {count}" for kind, count in sorted(kinds.items()))
    en = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    money = ties.money(ring.members)
    value = snapshot.columns.value[money]
    amount = int(value[value > 0].sum())
    office = ties.common(ring.members, ties.office)
    behind = sorted(
        (who for who in office if who not in ring.via),
        key=lambda who: (-len(office[who]), snapshot.canonical(who)),
    )
    return Found(
        pattern="shared_identifiers",
        members=ring.members,
        rows=ring.rows,
        p=p,
        zh=f"{len(ring.parties)} 方 ({len(ring.members)} 个主体) 共用少有他人使用的标识 ({zh})",
        en=f"{len(ring.parties)} parties ({len(ring.members)} subjects) share identifiers that few"
        f" others use ({en})",
        signs=weigh(snapshot, ring, ties, money),
        circle=[*ring.via, *behind],
        amount=amount or None,
        attrs={"parties": len(ring.parties)},
        called=ring.members,
    )
