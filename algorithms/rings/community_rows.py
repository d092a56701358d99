"""From a question about communities to its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.registry import Result, Truncated
from algorithms.rings.communities import Community
from algorithms.rings.leiden import leiden
from algorithms.rings.modularity import modularity
from algorithms.rings.parts import Part, counted, foremost, parts
from algorithms.rings.structure import mixed, order
from algorithms.rings.whole import Whole, edges
from graph.columns import I32, I64
from graph.deadline import within
from graph.times import day_end, today

if TYPE_CHECKING:
    from algorithms.rings.communities import CommunitiesParams
    from graph.snapshot import Snapshot

_PATTERN = "community"


class Shares(NamedTuple):
    """By label: members, relations within, ends of relations, share in the modularity."""

    size: I64
    within: I64
    ends: I64
    share: npt.NDArray[np.float64]


def answer(snapshot: Snapshot, params: CommunitiesParams) -> Result[Community]:
    """See `communities`."""
    deadline = within(params.time_limit)
    subject = None if params.subject is None else snapshot.resolve(params.subject)
    whole = edges(snapshot, params.kinds, day_end(params.as_of or today()))
    apart = whole.src != whole.dst
    whole = whole._replace(src=whole.src[apart], dst=whole.dst[apart], rows=whole.rows[apart])
    src, dst, weight = _pairs(whole, params.weight == "pairs")
    label = leiden(
        _place(snapshot, whole), src, dst, weight, resolution=params.resolution,
        seed=params.seed, iterations=params.iterations, deadline=deadline,
    )  # fmt: skip
    if label is None:
        reason = "time_limit: no communities were found in time / 超时, 未得出社区划分"
        return Result(results=[], truncated=Truncated(reason=reason, explored=len(whole.rows)))
    deadline.check()
    shares = _shares(label, src, dst, weight, params.resolution)
    roots = np.flatnonzero((shares.size >= params.min_size) & (shares.ends > 0))
    count = len(roots)
    if subject is not None:
        at = whole.place(subject)
        roots = roots[roots == label[at]] if at is not None else roots[:0]
    named = foremost(snapshot, whole, label, roots, (shares.share, shares.size), params.max_rows)
    cut = None
    if len(roots) > len(named):
        text = f"max_rows: {len(roots)} communities found, those of the largest share are shown"
        reason = f"{text} / 只列出对模块度贡献最大的社区"
        cut = Truncated(reason=reason, explored=len(whole.rows), limit=params.max_rows)
    notes = []
    if len(src):
        q = modularity(label, src, dst, weight, params.resolution)
        notes = [f"modularity {q:.6f}, {count} communities / 模块度 {q:.6f}, 社区 {count} 个"]
    shown = parts(snapshot, whole, label, named, _PATTERN, params.kinds, params.max_members)
    rows = [_row(snapshot, part, shares) for part in shown]
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


def _shares(
    label: I32, src: I64, dst: I64, weight: npt.NDArray[np.float64], resolution: float
) -> Shares:
    n = len(label)
    a, b = label[src], label[dst]
    ends = np.bincount(a, weight, n) + np.bincount(b, weight, n)
    within = np.bincount(a[a == b], weight[a == b], n)
    total = max(float(weight.sum()), 1.0)
    share = within / total - resolution * (ends / (2 * total)) ** 2
    size = np.bincount(label, minlength=n)
    return Shares(size, within.astype(np.int64), ends.astype(np.int64), share)


def _row(snapshot: Snapshot, part: Part, shares: Shares) -> Community:
    score = 2 * float(shares.within[part.root]) / float(shares.ends[part.root])
    size = len(part.nodes)
    zh, en = counted(snapshot.nodes.kind[part.nodes])
    why = (
        f"{size} 个主体 ({zh}) 之间有 {part.relations} 条关系, 占其全部往来的 {score:.0%}"
        f" / {part.relations} relations among {size} subjects ({en}), {score:.0%} of all they have"
    )
    modularity = float(shares.share[part.root])
    return Community(**part.fields, score=score, why=why, modularity=modularity)
