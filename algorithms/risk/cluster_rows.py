"""From the core and what joins it to the rows of clusters: named, ranked, explained."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from msgspec import UNSET

from algorithms.findings.making import MEMBERS_LIMIT
from algorithms.findings.scoring import together
from algorithms.registry import FACTS_LIMIT, Result, Truncated, cut_short
from algorithms.rings.shown import grouped
from algorithms.risk.clusters import TIES, Cluster
from algorithms.risk.cores import Cores, First, Reason, cores
from algorithms.risk.knit import Knit, Ties, knit
from graph.columns import I64
from graph.model import CODES, NAMES, ZH
from graph.times import NEG, day_end, format_time, today

if TYPE_CHECKING:
    from algorithms.risk.clusters import ClusterParams, Knitting
    from graph.snapshot import Snapshot

PATTERN: Final = "cluster"
_HUBS: Final = 20  # named on a row
_WORDS: Final = {
    "black": "黑名单", "penalty": "行政处罚", "abnormal": "经营异常名录", "red": "红名单",
}  # fmt: skip


class Group(NamedTuple):
    """A cluster by the numbers of the snapshot: its core and all members (subjects), the circle,
    the ties within it (ends by subjects), and what it is called by."""

    core: list[int]
    members: list[int]
    circle: list[int]
    ties: Ties
    first: First
    score: float


class Found(NamedTuple):
    """All clusters of a day, best first, with what they were found in."""

    groups: list[Group]
    cores: Cores
    knit: Knit


def name_of(first: First) -> str:
    """The id of a cluster whose core is called by this fact."""
    return f"{PATTERN}:{hashlib.sha256(first[2].encode()).hexdigest()[:16]}"


def find(snapshot: Snapshot, params: Knitting, at: int) -> Found:
    """The clusters of an instant (µs), worst first. See `clusters`."""
    core = cores(snapshot, params, at)
    kinds = TIES if params.kinds is None else params.kinds
    made = knit(snapshot, core.reasons, params, kinds, at)
    groups = sorted(_groups(made, core.reasons), key=_rank)
    return Found(groups, core, made)


def _groups(made: Knit, reasons: Mapping[int, list[Reason]]) -> Iterator[Group]:
    wanted = np.zeros(len(made.nodes), np.bool_)
    wanted[made.label[made.member]] = True
    inside = made.member[made.ties.a] & made.member[made.ties.b]
    ties = made.ties.of(inside)
    by_label = grouped(made.label[ties.a], wanted)
    none = np.empty(0, np.int64)
    for label, places in grouped(made.label, wanted).items():
        told, kept = made.core[places], made.member[places]
        core = made.nodes[places[told]].tolist()
        of = ties.of(by_label.get(label, none))
        weights = sorted(weight for node in core for weight in _weights(reasons[node]))
        yield Group(
            core,
            made.nodes[places[kept]].tolist(),
            made.nodes[places[~kept]].tolist(),
            of._replace(a=made.nodes[of.a], b=made.nodes[of.b]),
            min(reasons[node][0].first for node in core),
            together(weights),
        )


def _weights(reasons: Sequence[Reason]) -> list[float]:
    """Of each distinct reason of a subject the most that it weighs."""
    most: dict[str, float] = {}
    for each in reasons:
        most[each.word] = max(most.get(each.word, 0.0), each.weight)
    return [*most.values()]


def _rank(group: Group) -> tuple[Any, ...]:
    return -group.score, -len(group.core), -len(group.members), group.first


def answer(snapshot: Snapshot, params: ClusterParams) -> Result[Cluster]:
    """See `clusters`."""
    at = day_end(params.as_of or today())
    subject = None if params.subject is None else snapshot.resolve(params.subject)
    found = find(snapshot, params, at)
    groups = found.groups
    if subject is not None:
        groups = [each for each in groups if subject in each.members or subject in each.circle]
    shown = groups[: params.max_rows]
    beside = _beside(found.knit, shown)
    rows = [
        row(snapshot, group, found.cores.reasons, params.min_core, beside.get(at, []))
        for at, group in enumerate(shown)
    ]
    return Result(results=rows, truncated=_truncated(snapshot, params, found, len(groups)))


def _beside(made: Knit, shown: Sequence[Group]) -> dict[int, list[int]]:
    """Hubs that stand at two members or more of a cluster, by its place: most members first."""
    cluster = np.full(int(made.nodes.max(initial=-1)) + 1, -1, np.int64)
    for at, group in enumerate(shown):
        cluster[group.members] = at
    of = cluster[made.nodes[made.beside.a]]
    pairs = {
        (int(at), int(hub), int(node))
        for at, hub, node in zip(of, made.beside.b, made.beside.a, strict=True)
        if at >= 0
    }
    counts = Counter((at, hub) for at, hub, _ in pairs)
    found: dict[int, list[int]] = {}
    for (at, hub), count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        if count > 1:
            found.setdefault(at, []).append(hub)
    return found


def row(
    snapshot: Snapshot, group: Group, reasons: Mapping[int, list[Reason]], min_core: int,
    hubs: Sequence[int] = (),
) -> Cluster:  # fmt: skip
    """One cluster as an answer shows it."""
    core, others = _ordered(snapshot, group, reasons)
    members = [*core, *others]
    facts, begins = _facts(snapshot, group, reasons)
    told = Counter(word for node in group.core for word in {r.word for r in reasons[node]})
    kinds, counts = np.unique(snapshot.codes(group.ties.rows), return_counts=True)
    joined = {NAMES[code]: int(n) for code, n in zip(kinds.tolist(), counts, strict=True)}
    first, last = min(begins, default=NEG), max(begins, default=NEG)
    return Cluster(
        id=name_of(group.first),
        pattern=PATTERN,
        members=members[:MEMBERS_LIMIT],
        core=core[:MEMBERS_LIMIT],
        facts=facts[:FACTS_LIMIT],
        amount=None,
        begins=format_time(first),
        ends=format_time(last),
        born=format_time(_born(group, reasons, min_core)),
        score=group.score,
        why=_why(told, joined, len(core), len(others)),
        reasons=dict(sorted(told.items(), key=lambda each: (-each[1], each[0]))),
        relations=joined,
        attrs=_attrs(snapshot, group, reasons, hubs) or UNSET,
        members_total=len(members) if len(members) > MEMBERS_LIMIT else UNSET,
        core_total=len(core) if len(core) > MEMBERS_LIMIT else UNSET,
        facts_total=len(facts) if len(facts) > FACTS_LIMIT else UNSET,
    )


def _ordered(
    snapshot: Snapshot, group: Group, reasons: Mapping[int, list[Reason]]
) -> tuple[list[str], list[str]]:
    """Names of the core, worst first, and of the others, by how many members they are joined to."""
    ends = {(a, b) for a, b in zip(group.ties.a.tolist(), group.ties.b.tolist(), strict=True)}
    degree = Counter(end for pair in {(min(p), max(p)) for p in ends} for end in pair)
    names = dict(zip(group.members, snapshot.canonicals(group.members), strict=True))
    worth = {node: math.prod(1 - w for w in sorted(_weights(reasons[node]))) for node in group.core}
    core = sorted(group.core, key=lambda node: (worth[node], names[node]))
    told = set(core)
    others = sorted(
        (node for node in group.members if node not in told),
        key=lambda node: (-degree[node], names[node]),
    )
    return [names[node] for node in core], [names[node] for node in others]


def _facts(
    snapshot: Snapshot, group: Group, reasons: Mapping[int, list[Reason]]
) -> tuple[list[str], list[int]]:
    """The facts that make the core, then those that join, each by begin and id; and their begins
    where these are known."""
    told = {each.fact: each.begins for node in group.core for each in reasons[node]}
    rows: I64 = np.unique(group.ties.rows)
    ties = dict(
        zip(snapshot.fact_ids(rows.tolist()), snapshot.columns.vf[rows].tolist(), strict=True)
    )
    parts = (told, {name: at for name, at in ties.items() if name not in told})
    facts = [name for each in parts for name in sorted(each, key=lambda n: (each[n], n))]
    return facts, [at for each in parts for at in each.values() if at != NEG]


def _born(group: Group, reasons: Mapping[int, list[Reason]], min_core: int) -> int:
    """Since when, by these facts, so many of the core hang together; NEG where that is not known.

    What joins and who is core come in the order of time, and components grow (Kruskal 1956).
    """
    up: dict[int, int] = {node: node for node in group.members}
    count = dict.fromkeys(group.members, 0)

    def root(node: int) -> int:
        while up[node] != node:
            up[node] = up[up[node]]
            node = up[node]
        return node

    ties = group.ties
    came = [(min(each.begins for each in reasons[node]), node, node) for node in group.core]
    came += zip(ties.since.tolist(), ties.a.tolist(), ties.b.tolist(), strict=True)
    for at, a, b in sorted(came):
        first, second = root(a), root(b)
        if a == b:
            count[first] += 1
        elif first != second:
            up[second] = first
            count[first] += count[second]
        if count[first] >= min_core:
            return at
    return NEG


def _attrs(
    snapshot: Snapshot, group: Group, reasons: Mapping[int, list[Reason]], hubs: Sequence[int]
) -> dict[str, Any]:
    """The wider circle, hubs beside, and names that parts of the cluster have or had."""
    found: dict[str, Any] = {}
    name = name_of(group.first)
    was = sorted({name_of(reasons[node][0].first) for node in group.core} - {name})
    circle = sorted(snapshot.canonicals(group.circle))
    named = sorted(snapshot.canonicals(list(hubs[:_HUBS])))
    for key, shown, total in (
        ("circle", circle[:MEMBERS_LIMIT], len(circle)),
        ("hubs", named, len(hubs)),
        ("was", was[:MEMBERS_LIMIT], len(was)),
    ):
        if shown:
            found[key] = shown
        if total > len(shown):
            found[f"{key}_total"] = total
    return found


def _why(told: Counter[str], joined: Mapping[str, int], core: int, others: int) -> str:
    """What the cluster is, zh / en."""
    reasons = sorted(told.items(), key=lambda each: (-each[1], each[0]))
    zh = "、".join(f"{_in_words(word)} {count}" for word, count in reasons)
    en = ", ".join(f"{word} {count}" for word, count in reasons)
    ties = sum(joined.values())
    more = sorted(joined.items(), key=lambda each: (-each[1], CODES[each[0]]))
    by_zh = "、".join(f"{ZH[kind]} {count}" for kind, count in more)
    by_en = ", ".join(f"{kind} {count}" for kind, count in more)
    zh_ties = f"由 {ties} 条关系 ({by_zh}) 相连" if ties else "无关系相连"
    en_ties = f"joined by {ties} relations ({by_en})" if ties else "joined by no relation"
    return (
        f"{core} 个核心主体 ({zh}) {zh_ties}, 其间另有 {others} 个主体"
        f" / {core} of the core ({en}) {en_ties}, {others} others between them"
    )


def _in_words(word: str) -> str:
    from algorithms.findings.patterns import named

    of, mark, field = word.partition("/")
    return f"{_WORDS.get(of, of)}({field})" if mark else named(word)


def _truncated(
    snapshot: Snapshot, params: ClusterParams, found: Found, groups: int
) -> Truncated | None:
    """Which bounds were hit."""
    cuts: list[tuple[str, int | None]] = []
    if groups > params.max_rows:
        text = f"max_rows: {groups} clusters, the worst are shown / 只列出得分最高的群组"
        cuts.append((text, params.max_rows))
    beside = found.knit.beside
    hubs = np.unique(beside.b[found.knit.core[beside.a]])
    if len(hubs):
        first = min(snapshot.canonicals(hubs.tolist()))
        text = (
            f"max_fanout, max_shared: {len(hubs)} hubs at the core join none, {first} first"
            " / 关系过多的主体不起连接作用"
        )
        cuts.append((text, params.max_fanout))
    cuts += [(reason, None) for reason in found.cores.cuts]
    return cut_short(cuts, max(len(found.knit.ties.rows), found.cores.explored))
