"""From a question about shared identifiers to its findings."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.findings.making import Cut, Found
from algorithms.findings.making import answer as findings
from algorithms.findings.significance import poisson_tail
from algorithms.registry import Result
from algorithms.rings.bipartite import Bipartite, bipartite
from algorithms.rings.shared_signs import weigh
from algorithms.rings.sharing import UNIT, dense_groups, pairs, weights
from algorithms.rings.shown import grouped
from algorithms.rings.ties import Ties
from graph.columns import I64
from graph.model import NAMES, ZH
from graph.times import day_end, today
from graph.traverse import ask_for

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.rings.shared_identifier_rings import SharedIdentifierParams
    from graph.snapshot import Snapshot

KINDS: Final = ("uses_phone", "uses_device", "located_at", "holds_account")


class Ring(NamedTuple):
    """Members and shared identifiers (subjects), how many members use each, and who uses it at
    all; `rows` tie them."""

    members: list[int]
    via: dict[int, int]
    users: dict[int, int]
    rows: list[int]


def answer(snapshot: Snapshot, params: SharedIdentifierParams) -> Result[Finding]:
    """See `shared_identifier_rings`."""
    until = time.monotonic() + params.time_limit
    subject = None if params.subject is None else snapshot.resolve(params.subject)
    at = day_end(params.as_of or today())
    kinds = tuple(params.kinds or KINDS)
    ask_for(snapshot, kinds, "out", at)  # refuses what is no kind
    net = bipartite(snapshot, kinds, at)
    weight = weights(net, params.max_sharing)
    tied = pairs(net, weight, round(params.min_weight * UNIT), until - time.monotonic())
    label = dense_groups(len(net.left), tied, params.min_density)
    size = np.bincount(label[label >= 0], minlength=2 * len(label) + 1)
    wanted = size >= params.min_size
    if subject is not None:
        place = net.place(subject)
        mine = -1 if place is None else int(label[place])
        wanted &= np.arange(len(wanted)) == mine
    groups = grouped(label, np.append(wanted, np.zeros(1, np.bool_)))
    cuts = []
    if tied.ended:
        cuts.append(Cut("time_limit: not all was looked at / 超时, 未查看全部", tied.explored))
    rings = [_ring(snapshot, net, weight, places) for places in groups.values()]
    p = _chance(net, weight, list(groups.values()))
    ties = Ties(snapshot, at)
    found = []
    for ring, chance in zip(rings, p, strict=True):
        found.append(_found(snapshot, ring, chance, ties))
        if time.monotonic() > until:
            text = "time_limit: not all groups were weighed / 超时, 未权衡全部团伙"
            cuts.append(Cut(text, len(found), None))
            break
    return findings(snapshot, found, params, tests=int((size > 1).sum()), cuts=cuts)


def _ring(snapshot: Snapshot, net: Bipartite, weight: I64, places: I64) -> Ring:
    """The ring of users at these places, those of most sharing first."""
    used = [net.to[net.ptr[p] : net.ptr[p + 1]] for p in places.tolist()]
    count = Counter(item for items in used for item in items.tolist() if weight[item])
    via = {item for item, users in count.items() if users > 1}
    shared = [sum(item in via for item in items.tolist()) for items in used]
    names = snapshot.canonicals(net.left[places].tolist())
    order = sorted(range(len(places)), key=lambda k: (-shared[k], names[k]))
    rows = net.rows_of(places, via)
    facts = dict(zip(rows, snapshot.fact_ids(rows), strict=True))
    began = dict(zip(rows, snapshot.columns.vf[rows].tolist(), strict=True))
    degree = np.diff(net.back_ptr)
    named = sorted(via, key=lambda item: (-count[item], snapshot.canonical(int(net.right[item]))))
    return Ring(
        [int(net.left[places[k]]) for k in order],
        {int(net.right[item]): count[item] for item in named},
        {int(net.right[item]): int(degree[item]) for item in named},
        sorted(rows, key=lambda row: (began[row], facts[row])),
    )


def _chance(net: Bipartite, weight: I64, groups: list[I64]) -> list[float]:
    """How likely each group shares as much as it does: see `shared_identifier_rings`."""
    degree = np.diff(net.back_ptr).astype(np.float64)
    edges = max(len(net.to), 1)
    per_pair = float((degree * (degree - 1))[weight > 0].sum()) / edges**2
    counts, means = [], []
    for places in groups:
        k = np.diff(net.ptr)[places].astype(np.float64)
        means.append((k.sum() ** 2 - (k**2).sum()) / 2 * per_pair)
        items = np.concatenate([net.to[net.ptr[p] : net.ptr[p + 1]] for p in places.tolist()])
        used, times = np.unique(items[weight[items] > 0], return_counts=True)
        counts.append(int((times - 1).sum()) if len(used) else 0)
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
    circle = sorted(
        (who for who in office if who not in ring.via),
        key=lambda who: (-len(office[who]), snapshot.canonical(who)),
    )
    return Found(
        pattern="shared_identifiers",
        members=ring.members,
        rows=ring.rows,
        p=p,
        zh=f"{len(ring.members)} 个主体共用少有他人使用的标识 ({zh})",
        en=f"{len(ring.members)} subjects share identifiers that few others use ({en})",
        signs=weigh(snapshot, ring, ties, money),
        circle=circle,
        amount=amount or None,
        attrs={"via": snapshot.canonicals(list(ring.via))},
        called=ring.members,
    )
