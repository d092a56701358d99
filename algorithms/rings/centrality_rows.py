"""From a question about centrality to its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.registry import Result, Truncated
from algorithms.rings.centrality import Centrality
from algorithms.rings.ranking import Ranks, pagerank
from algorithms.rings.shown import newest
from algorithms.rings.simple import cores, simple, triangles
from algorithms.rings.whole import Whole, edges
from graph.columns import I64
from graph.times import day_end, today

if TYPE_CHECKING:
    from algorithms.rings.centrality import CentralityParams
    from graph.snapshot import Snapshot


class Measures(NamedTuple):
    """Every measure of every node."""

    pagerank: npt.NDArray[np.float64]
    core: I64
    triangles: I64
    in_: I64
    out: I64

    def by(self, name: str) -> npt.NDArray[np.float64] | I64:
        """The measure of a name as a caller writes it."""
        found: npt.NDArray[np.float64] | I64 = getattr(self, "in_" if name == "in" else name)
        return found


def answer(snapshot: Snapshot, params: CentralityParams) -> Result[Centrality]:
    """See `centrality`."""
    subject = None if params.subject is None else snapshot.resolve(params.subject)
    whole = edges(snapshot, params.kinds, day_end(params.as_of or today()))
    n = len(whole.nodes)
    at = None if subject is None else whole.place(subject)
    if subject is not None and at is None:
        name = snapshot.canonical(subject)
        return Result(results=[], notes=[f"{name} is no part of this network / 不在此网络中"])
    found, ranks = measure(whole, params)
    notes = []
    if at is not None:
        named = [(at, snapshot.canonical(int(whole.nodes[at])))]
    else:
        named = _highest(snapshot, whole, found, params.by, params.top)
        if n > len(named):
            notes = [f"{len(named)} of {n} subjects are shown / 只列出前 {len(named)} 个主体"]
    rows = _rows(snapshot, whole, found, named, params.by)
    return Result(results=rows, truncated=_truncated(params, ranks), notes=notes)


def measure(whole: Whole, params: CentralityParams) -> tuple[Measures, Ranks]:
    """Every measure of every node, and how PageRank ended."""
    n, src, dst = len(whole.nodes), whole.src, whole.dst
    ranks = pagerank(n, src, dst, params.damping, params.tolerance, params.max_iterations)
    graph = simple(n, src, dst)
    peeled = cores(graph)
    into, out = np.bincount(dst, minlength=n), np.bincount(src, minlength=n)
    found = Measures(ranks.rank, peeled.core, triangles(graph, peeled), into, out)
    return found, ranks


def _highest(
    snapshot: Snapshot, whole: Whole, found: Measures, by: str, top: int
) -> list[tuple[int, str]]:
    """The `top` nodes by measure, then PageRank, then canonical id, with that."""
    value, second = found.by(by), found.pagerank
    order = np.lexsort((-second, -value))
    if len(order) > top:  # and all that equal the last of them, among which names decide
        last = order[top - 1]
        equal = (value[order] == value[last]) & (second[order] == second[last])
        order = order[: int(np.flatnonzero(equal)[-1]) + 1]
    names = snapshot.canonicals(whole.nodes[order].tolist())
    keys = ((-value[order]).tolist(), (-second[order]).tolist(), names, order.tolist())
    ranked = sorted(zip(*keys, strict=True))
    return [(place, name) for *_, name, place in ranked[:top]]


def _rows(
    snapshot: Snapshot, whole: Whole, found: Measures, named: list[tuple[int, str]], by: str
) -> list[Centrality]:
    places = np.array([place for place, _ in named], np.int64)
    relations = _relations(whole, places)
    value = found.by(by)
    higher = len(value) - np.searchsorted(np.sort(value), value[places], side="right")
    made = []
    for (place, name), above in zip(named, higher.tolist(), strict=True):
        facts, total = newest(snapshot, whole.rows[relations[place]])
        made.append(
            Centrality(
                subject=name,
                rank=above + 1,
                pagerank=float(found.pagerank[place]),
                core=int(found.core[place]),
                triangles=int(found.triangles[place]),
                in_=int(found.in_[place]),
                out=int(found.out[place]),
                facts=facts,
                facts_total=total,
            )
        )
    return made


def _relations(whole: Whole, places: I64) -> dict[int, I64]:
    """The relations of each of these nodes, by their place among all; a loop is there once."""
    wanted = np.zeros(len(whole.nodes), np.bool_)
    wanted[places] = True
    away = np.flatnonzero(wanted[whole.src])
    towards = np.flatnonzero(wanted[whole.dst] & (whole.src != whole.dst))
    relation = np.concatenate([away, towards])
    owner = np.concatenate([whole.src[away], whole.dst[towards]])
    order = np.argsort(owner, kind="stable")
    relation, owner = relation[order], owner[order]
    lows, highs = (np.searchsorted(owner, places, side) for side in ("left", "right"))
    cuts = zip(places.tolist(), lows.tolist(), highs.tolist(), strict=True)
    return {place: relation[low:high] for place, low, high in cuts}


def _truncated(params: CentralityParams, ranks: Ranks) -> Truncated | None:
    if ranks.change < params.tolerance:
        return None
    text = f"max_iterations: PageRank still changed by {ranks.change:.3g} in the last step"
    return Truncated(
        reason=f"{text} / PageRank 尚未收敛", explored=ranks.steps, limit=params.max_iterations
    )
