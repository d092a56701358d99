"""Evidence paths: how two subjects hang together, shortest first."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, Truncated, algorithm, evidence
from algorithms.related.asking import Since
from graph.model import NAMES

if TYPE_CHECKING:
    from algorithms.related.search import Searcher
    from graph.snapshot import Snapshot

USUAL_LENGTH = 12  # how far to look unless asked
_ANY_LENGTH = 1 << 30
_DIRECTIONS = ("", "in", "out", "both")

Nodes = tuple[int, ...]
Names = tuple[str, ...]
Waiting = tuple[int, Names, Nodes, int]  # size, ids, path, where it left its parent

_Length = Annotated[int, Meta(ge=1, le=64)]
_Degree = Annotated[int, Meta(ge=1, le=1_000_000)]


class PathsParams(Params, frozen=True, kw_only=True):
    """Between whom, over what, how many."""

    from_: Annotated[str, Meta(description="one subject / 起点主体", examples=["demo:p1"])] = (
        msgspec.field(name="from")
    )
    to: Annotated[str, Meta(description="the other subject / 终点主体", examples=["demo:c1"])]
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of relation to follow; default all but identity judgements"
            " / 关系种类, 默认为全部 (同一性判断除外)",
            examples=[["shareholder", "legal_representative"]],
        ),
    ] = None
    directed: Annotated[
        bool, Meta(description="only along the relations' direction / 只沿关系方向")
    ] = False
    since: Since = None
    max_length: Annotated[
        _Length | None,
        Meta(description="longest path, in steps; default 12 / 最长步数, 默认 12"),
    ] = None
    k: Annotated[int, Meta(description="how many paths / 路径条数", ge=1, le=100)] = 3
    avoid_hubs: Annotated[
        _Degree | None,
        Meta(
            description="pass through no subject with more relations of these kinds"
            " / 不穿过关系数超过此数的主体"
        ),
    ] = None
    max_explored: Annotated[
        int, Meta(description="relations looked at / 最多查看的关系", ge=1, le=1_000_000_000)
    ] = 20_000_000
    time_limit: Annotated[float, Meta(description="seconds / 时限 (秒)", gt=0, le=600)] = 10.0


class Step(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """From one subject to the next: all relations between the two that count."""

    from_: str
    to: str
    kinds: list[str]
    direction: str
    facts: list[str]
    facts_total: int | UnsetType = UNSET


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """A path without loops; `members` in order, both ends included."""

    length: int
    members: list[str]
    steps: list[Step]
    facts: list[str]
    facts_total: int | UnsetType = UNSET


@algorithm(
    "paths",
    PathsParams,
    Path,
    sources=("doi:10.1287/mnsc.17.11.712", "doi:10.1287/mnsc.18.7.401"),
    title="Evidence paths / 关联路径",
    family="related",
)
def paths(snapshot: Snapshot, params: PathsParams) -> Result[Path]:
    """The `k` shortest paths without loops between two subjects, with the facts of each step.

    A path goes over subjects; relations beside each other between the same two subjects are one
    step (`kinds`, `facts`), and `direction` says how they point: `out` along the path, `in` against
    it, `both`. Relations count when true on `as_of`, as in related parties (with `since`, only
    those that began at that moment or later); by default all kinds do, in either direction. Paths
    are ordered by length, then by the canonical ids of their members in order, and the k-th is the
    k-th of that order. Two names of one subject are one row of length 0.

    No result and `truncated` null means that there is no path. `truncated` says when the longest
    length, the relations looked at or time ended the search first, and what was explored; paths
    found by then are given. A subject with more than `avoid_hubs` relations of the asked kinds is
    not passed through, but may be an end; unless asked, none is avoided.

    Shortest paths are found from both ends; further ones after Yen with Lawler's rule, each by at
    most as many searches as the one before has steps. Raises UnknownSubject, WrongUsage.
    """
    from algorithms.related.scratch import Bounds
    from algorithms.related.search import Searcher
    from graph.times import day_end, today
    from graph.traverse import EVERY_KIND, ask_for, graph_of

    source, target = snapshot.resolve(params.from_), snapshot.resolve(params.to)
    at = day_end(params.as_of or today())
    kinds = EVERY_KIND if params.kinds is None else params.kinds
    ask = ask_for(snapshot, kinds, "out" if params.directed else "both", at, params.since)
    if source == target:
        alone = Path(length=0, members=[snapshot.canonical(source)], steps=[], facts=[])
        return Result(results=[alone])
    bounds = Bounds(params.max_length or USUAL_LENGTH, params.avoid_hubs or 0, params.max_explored)
    g = graph_of(snapshot, far=True)
    searcher = Searcher(g, ask, bounds, params.time_limit, snapshot.canonical)
    found = _yen(searcher, source, target, params.k)
    rows = [_row(snapshot, searcher, nodes) for nodes in found]
    return Result(results=rows, truncated=_truncated(params, searcher, len(rows)))


def _yen(searcher: Searcher, source: int, target: int, k: int) -> list[Nodes]:
    """The k least paths by (length, canonical ids).

    Each path found splits what is left: by Lawler's rule its successors leave it no earlier than it
    left its own parent. A search looks no further than a path may go that is still among the k
    least. A search that was clipped ends this; what was found by then is returned.
    """
    accepted: list[Nodes] = []
    waiting: list[Waiting] = []

    def offer(root: Nodes, leave: int) -> None:
        """Search from the end of `root`, on which no accepted path may be followed."""
        first = {path[len(root)] for path in accepted if path[: len(root)] == root}
        steps = _most(waiting, k - len(accepted), tuple(map(searcher.name, root)))
        steps = min(steps, searcher.bounds.length) - len(root) + 1
        rest = searcher.shortest(root[-1], target, root[:-1], sorted(first), steps)
        if rest is not None:
            nodes = (*root[:-1], *rest)
            names = tuple(searcher.name(n) for n in nodes)
            heapq.heappush(waiting, (len(nodes), names, nodes, leave))

    offer((source,), 0)
    while waiting and len(accepted) < k:
        _, _, nodes, leave = heapq.heappop(waiting)
        accepted.append(nodes)
        if len(accepted) == k:
            break
        for i in range(leave, len(nodes) - 1):
            if searcher.cut is not None:
                break
            offer(nodes[: i + 1], i)
    return accepted


def _most(waiting: list[Waiting], wanted: int, root: Names) -> int:
    """The most steps of a path along `root` that comes before enough of those that wait."""
    if len(waiting) < wanted:
        return _ANY_LENGTH
    size, names, _, _ = heapq.nsmallest(wanted, waiting)[-1]
    return size - 1 if root <= names[: len(root)] else size - 2


def _row(snapshot: Snapshot, searcher: Searcher, nodes: Nodes) -> Path:
    names = snapshot.canonicals(nodes)
    steps: list[Step] = []
    facts: list[str] = []
    for i in range(len(nodes) - 1):
        relations = searcher.steps(nodes[i], nodes[i + 1])
        ids = sorted(snapshot.fact_ids([row for row, _ in relations]))
        way = 0
        for _, tag in relations:
            way |= tag & 3
        shown, total = evidence(ids)
        steps.append(
            Step(
                from_=names[i],
                to=names[i + 1],
                kinds=sorted({NAMES[tag >> 2] for _, tag in relations}),
                direction=_DIRECTIONS[way],
                facts=shown,
                facts_total=total,
            )
        )
        facts += ids
    shown, total = evidence(facts)
    return Path(length=len(nodes) - 1, members=names, steps=steps, facts=shown, facts_total=total)


def _truncated(params: PathsParams, searcher: Searcher, rows: int) -> Truncated | None:
    """Which bound ended the search before all asked paths were found, or none was left."""
    from graph.searching import TIME

    longest = searcher.bounds.length
    if searcher.cut == TIME:
        reason, limit = "time_limit: not all was looked at / 超时, 未查看全部关系", None
    elif searcher.cut is not None:
        reason, limit = "max_explored: not all was looked at / 未查看全部关系", params.max_explored
    elif searcher.longer and rows < params.k and (rows == 0 or params.max_length is None):
        reason = f"max_length: paths of more than {longest} steps were not looked for"
        reason, limit = f"{reason} / 未查找超过 {longest} 步的路径", longest
    else:
        return None
    return Truncated(reason=reason, explored=searcher.explored, limit=limit)
