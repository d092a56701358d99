"""Centrality: how much of a network hangs on a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class CentralityParams(Params, frozen=True, kw_only=True):
    """Over which relations, by what measure, and how exactly."""

    subject: Annotated[
        str | None,
        Meta(description="only this subject / 只查此主体", examples=["demo:c1"]),
    ] = None
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of relation that count; default all but identity judgements"
            " / 关系种类, 默认为全部 (同一性判断除外)",
            examples=[["transfer"]],
        ),
    ] = None
    by: Annotated[
        Literal["pagerank", "core", "triangles", "in", "out"],
        Meta(description="the measure that subjects are ranked by / 排序所依据的指标"),
    ] = "pagerank"
    top: Annotated[
        int, Meta(description="subjects shown, the highest / 列出的主体数", ge=1, le=1_000_000)
    ] = 100
    damping: Annotated[
        float,
        Meta(
            description="PageRank: chance to follow a relation, else anywhere"
            " / PageRank 阻尼系数: 沿关系前行的概率",
            ge=0,
            lt=1,
        ),
    ] = 0.85
    tolerance: Annotated[
        float,
        Meta(
            description="PageRank: ends when all changes of a step sum to less"
            " / PageRank 收敛阈值: 一步内全部变化之和",
            ge=1e-12,
            le=1,
        ),
    ] = 1e-9
    max_iterations: Annotated[
        int, Meta(description="PageRank: most steps / PageRank 最多迭代次数", ge=1, le=100_000)
    ] = 200


class Centrality(msgspec.Struct, frozen=True, kw_only=True, rename={"in_": "in"}):
    """A subject's place in the network; `rank` is by the asked measure, equal ones share it."""

    subject: str
    rank: int
    pagerank: float
    core: int
    triangles: int
    in_: int
    out: int
    facts: list[str]
    facts_total: int | UnsetType = UNSET


@algorithm(
    "centrality",
    CentralityParams,
    Centrality,
    sources=(
        "doi:10.1016/S0169-7552(98)00110-X",
        "arXiv:cs/0310049",
        "doi:10.1016/j.tcs.2008.07.017",
    ),
    title="Centrality / 中心性",
    family="rings",
)
def centrality(snapshot: Snapshot, params: CentralityParams) -> Result[Centrality]:
    """PageRank, core number, triangles and degrees of the subjects of highest rank, or of one.

    A relation counts when it is true on `as_of` and both its ends are; an event (transfer, invoice)
    when it happened by the end of that day. The network is all that count of the asked kinds, and
    the subjects of that day of the kinds of entity that these can join, alone or not.

    `pagerank`: along the direction of relations, parallel ones adding up; subjects that nothing
    leads out of give theirs to all alike. It sums to 1 over all subjects and is exact to
    `tolerance` * damping / (1 - damping), summed over all of them. `in`, `out`: relations towards
    and away from the subject, parallel ones each; one with itself is both. `core`: the largest k
    for which the subject is in a part of the network where everybody has at least k different
    neighbours in it. `triangles`: pairs of its neighbours that are neighbours of each other. Both
    take neighbours without direction, number of relations and loops.

    `rank` is 1 for the highest by the measure `by`; equal subjects share it. Rows are ordered by
    that measure, highest first, then `pagerank`, then canonical id. A note says where more subjects
    than `top` there are. With `subject` the row is its own; a subject that is not part of the
    network has none, and a note says so. `facts`: the subject's relations that count, those that
    began last first, then by id. `truncated` says where PageRank still changed by more than
    `tolerance` after `max_iterations`.

    O((n + m) * steps) for PageRank, O(m log m) for cores, O(m * the largest core) for triangles.
    Raises UnknownSubject, WrongUsage.
    """
    from algorithms.rings.centrality_rows import answer

    return answer(snapshot, params)
