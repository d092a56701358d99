"""From a question about communities to its rows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from algorithms.registry import Result, Truncated
from algorithms.rings.communities import Community
from algorithms.rings.component_rows import called
from algorithms.rings.leiden import leiden
from algorithms.rings.modularity import modularity
from algorithms.rings.shown import grouped, leading, newest
from algorithms.rings.structure import mixed, order
from algorithms.rings.whole import Whole, edges
from graph.columns import I32, I64
from graph.model import NAMES, ZH
from graph.times import day_end, format_time, today

if TYPE_CHECKING:
    from algorithms.rings.communities import CommunitiesParams
    from graph.snapshot import Snapshot

_PATTERN = "community"


class Parts(NamedTuple):
    """By label: members, relations within, ends of relations, share in the modularity."""

    size: I64
    within: I64
    ends: I64
    share: npt.NDArray[np.float64]


def answer(snapshot: Snapshot, params: CommunitiesParams) -> Result[Community]:
    """See `communities`."""
    subject = None if params.subject is None else snapshot.resolve(params.subject)
    whole = edges(snapshot, params.kinds, day_end(params.as_of or today()))
    apart = whole.src != whole.dst
    whole = whole._replace(src=whole.src[apart], dst=whole.dst[apart], rows=whole.rows[apart])
    src, dst, weight = _pairs(whole, params.weight == "pairs")
    label = leiden(
        _place(snapshot, whole), src, dst, weight, resolution=params.resolution,
        seed=params.seed, iterations=params.iterations,
    )  # fmt: skip
    parts = _parts(label, src, dst, weight, params.resolution)
    roots = np.flatnonzero((parts.size >= params.min_size) & (parts.ends > 0))
    count = len(roots)
    if subject is not None:
        at = whole.place(subject)
        roots = roots[roots == label[at]] if at is not None else roots[:0]
    named = _highest(snapshot, whole, label, parts, roots, params.max_rows)
    cut = None
    if len(roots) > len(named):
        text = f"max_rows: {len(roots)} communities found, those of the largest share are shown"
        reason = f"{text} / 只列出对模块度贡献最大的社区"
        cut = Truncated(reason=reason, explored=len(whole.rows), limit=params.max_rows)
    notes = []
    if len(src):
        q = modularity(label, src, dst, weight, params.resolution)
        notes = [f"modularity {q:.6f}, {count} communities / 模块度 {q:.6f}, 社区 {count} 个"]
    rows = _rows(snapshot, whole, label, parts, named, params)
    return Result(results=rows, truncated=cut, notes=notes)


def _pairs(whole: Whole, once: bool) -> tuple[I64, I64, npt.NDArray[np.float64]]:
    """Every pair that is joined, and by how many relations, or once."""
    n = max(len(whole.nodes), 1)
    low = np.minimum(whole.src, whole.dst).astype(np.int64)
    pair, count = np.unique(low * n + np.maximum(whole.src, whole.dst), return_counts=True)
    src, dst = np.divmod(pair, n)
    return src, dst, np.ones(len(pair)) if once else count.astype(np.float64)


def _place(snapshot: Snapshot, whole: Whole) -> I64:
    """Where each node stands in an order that the network gives."""
    cols, rows = snapshot.columns, whole.rows
    said = mixed(cols.vf[rows]) ^ mixed(cols.value[rows] + 1) ^ mixed(snapshot.codes(rows))
    found = order(
        snapshot.nodes.kind[whole.nodes],
        whole.src,
        whole.dst,
        said,
        lambda places: snapshot.canonicals(whole.nodes[places].tolist()),
    )
    place = np.empty(len(found), np.int64)
    place[found] = np.arange(len(found))
    return place


def _parts(
    label: I32, src: I64, dst: I64, weight: npt.NDArray[np.float64], resolution: float
) -> Parts:
    n = len(label)
    a, b = label[src], label[dst]
    ends = np.bincount(a, weight, n) + np.bincount(b, weight, n)
    within = np.bincount(a[a == b], weight[a == b], n)
    total = max(float(weight.sum()), 1.0)
    share = within / total - resolution * (ends / (2 * total)) ** 2
    size = np.bincount(label, minlength=n)
    return Parts(size, within.astype(np.int64), ends.astype(np.int64), share)


def _highest(
    snapshot: Snapshot, whole: Whole, label: I32, parts: Parts, roots: I64, most: int
) -> list[tuple[int, str]]:
    """The first `most` communities in order, with the member that each is called by."""
    found = roots[np.lexsort((-parts.size[roots], -parts.share[roots]))]
    if len(found) > most:  # and all that equal the last of them, among which names decide
        last = found[most - 1]
        equal = (parts.share[found] == parts.share[last]) & (parts.size[found] == parts.size[last])
        found = found[: int(np.flatnonzero(equal)[-1]) + 1]
    names = called(snapshot, whole, label, found)
    keys = ((-parts.share[found]).tolist(), (-parts.size[found]).tolist(), found.tolist())
    ranked = sorted(
        (share, size, names[root], root) for share, size, root in zip(*keys, strict=True)
    )
    return [(root, name) for *_, name, root in ranked[:most]]


def _rows(
    snapshot: Snapshot,
    whole: Whole,
    label: I32,
    parts: Parts,
    named: list[tuple[int, str]],
    params: CommunitiesParams,
) -> list[Community]:
    n = len(label)
    wanted = np.zeros(n, np.bool_)
    wanted[[root for root, _ in named]] = True
    ends = np.bincount(whole.src, minlength=n) + np.bincount(whole.dst, minlength=n)
    members = grouped(label, wanted)
    inside = np.flatnonzero(label[whole.src] == label[whole.dst])
    relations = grouped(label[whole.src[inside]], wanted)
    made = []
    for root, name in named:
        places = members[root]
        rows = whole.rows[inside[relations[root]]] if root in relations else whole.rows[:0]
        began = snapshot.columns.vf[rows]
        nodes, most = whole.nodes[places], params.max_members
        facts, facts_total = newest(snapshot, rows)
        text = "\n".join([_PATTERN, *sorted(set(params.kinds or ())), name])
        score = 2 * float(parts.within[root]) / float(parts.ends[root])
        made.append(
            Community(
                id=f"{_PATTERN}:{hashlib.sha256(text.encode()).hexdigest()[:16]}",
                pattern=_PATTERN,
                members=leading(snapshot, nodes, ends[places], most),
                facts=facts,
                amount=None,
                begins=format_time(int(began.min())) if len(rows) else None,
                ends=format_time(int(began.max())) if len(rows) else None,
                score=score,
                why=_why(snapshot.nodes.kind[nodes], len(rows), score),
                size=len(places),
                modularity=float(parts.share[root]),
                members_total=len(places) if len(places) > most else msgspec.UNSET,
                facts_total=facts_total,
            )
        )
    return made


def _why(kinds: npt.NDArray[np.uint8], relations: int, score: float) -> str:
    counts = {NAMES[code]: count for code, count in enumerate(np.bincount(kinds)) if count}
    zh = "、".join(f"{ZH[kind]} {count}" for kind, count in counts.items())
    en = ", ".join(f"{kind} {count}" for kind, count in counts.items())
    return (
        f"{len(kinds)} 个主体 ({zh}) 之间有 {relations} 条关系, 占其全部往来的 {score:.0%}"
        f" / {relations} relations among {len(kinds)} subjects ({en}), {score:.0%} of all they have"
    )
