"""Cluster history: how risk clusters are born, grow, merge, split and dissolve over days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Result, algorithm
from algorithms.risk.clusters import Knitting

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class HistoryParams(Knitting, frozen=True, kw_only=True):
    """Which cluster, over which days."""

    cluster: Annotated[
        str | None,
        Meta(
            description="only what this cluster came from and became, by any of its names"
            " / 只查此群组的来龙去脉, 可用其曾用编号"
        ),
    ] = None
    step: Annotated[
        Literal["day", "week", "month", "quarter", "year"],
        Meta(description="from one day looked at to the next / 步长"),
    ] = "month"
    steps: Annotated[
        int,
        Meta(description="how many steps back from `as_of` / 由 as_of 向前的步数", ge=1, le=400),
    ] = 12
    days: Annotated[
        list[str] | None,
        Meta(
            description="these days and `as_of` in place of steps / 直接给出各日期, 代替步长",
            examples=[["2021-01-01", "2021-07-01"]],
        ),
    ] = None
    known: Annotated[
        Literal["now", "then"],
        Meta(
            description="each day by what is known now, or by what was known at its end"
            " / 每一时点按现在所知或当时所知",
        ),
    ] = "now"
    overlap: Annotated[
        float,
        Meta(
            description="share of the smaller one's members that two clusters have in common where"
            " one goes on in the other / 前后相承所需的成员重合比例",
            gt=0,
            le=1,
        ),
    ] = 0.5
    steady: Annotated[
        bool,
        Meta(description="tell of clusters that stayed as they were, too / 也列出未变化的群组"),
    ] = False
    max_rows: Annotated[
        int,
        Meta(description="rows shown, the latest / 最多列出的行, 取最近的", ge=1, le=1_000_000),
    ] = 10_000
    max_seconds: Annotated[
        float, Meta(description="seconds for all days / 全部时点的时限 (秒)", gt=0, le=86_400)
    ] = 600.0


class ClusterStep(msgspec.Struct, frozen=True, kw_only=True):
    """What a cluster had become on a day, since the day looked at before. `parents` are its names
    then, `children` on the next day; `joined` and `left` members, against all parents."""

    day: str
    known_at: str
    event: str
    id: str
    parents: list[str]
    children: list[str]
    members: int
    core: int
    joined: list[str]
    left: list[str]
    score: float
    born: str | None
    facts: list[str]
    why: str
    joined_total: int | UnsetType = UNSET
    left_total: int | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET


@algorithm(
    "cluster_history",
    HistoryParams,
    ClusterStep,
    sources=(
        "doi:10.1145/1150402.1150491",
        "doi:10.1109/ASONAM.2010.17",
        "doi:10.1145/362248.362272",
    ),
    title="History of risk clusters / 风险群组演变",
    family="risk",
    route="/v1/clusters/history",
)
def cluster_history(snapshot: Snapshot, params: HistoryParams) -> Result[ClusterStep]:
    """How the risk clusters (`clusters`, with the same parameters) changed from day to day.

    The days are `as_of` and `steps` of them before it, a `step` apart (a month later is the same
    day of the month, or its last), or those of `days` and `as_of`. With `known` now each day is
    told by what is known at `known_at`; with `then`, by what was known at the end of that day and
    no later than `known_at`: what the monitor of that day could have said.

    From one day to the next, cluster A goes on in B where they share at least `overlap` of the
    members of the smaller one (overlap coefficient; with 0.5 the survival, absorption and split of
    MONIC, Spiliopoulou et al. 2006, for sets without weights; events as Greene, Doyle and
    Cunningham 2010 name them). Members are the same subject when its records are one subject today.
    `event` is what B is by that: `born` (goes on none), `merged` (goes on several), `split` (what
    it goes on goes on in several), else by the number of members `grew`, `shrank`, `changed` (as
    many, others) or `steady`, which is told with `steady` alone; of the first day `present`; and
    `dissolved` for A that goes on in none, on the later day, with what it was. `parents` and
    `children` name what it goes on and what goes on it, whatever the event: what both merged and
    split is `merged`, and its parent names several children.

    `id` and `born` are those of `clusters` on that day; a cluster keeps its id while its earliest
    listing holds. With `cluster`, rows are those of its line: everything that leads to it and from
    it over parents and children, wherever it, or one that had it for an earlier name (`was`), is.

    Rows are ordered by day, then as `clusters` ranks them, dissolved ones last. `truncated` says
    when rows were left out (the earliest), when time ended the search (the earliest days are
    missing) and what cut detectors short; hubs join none, as in `clusters`. As many times the time
    of `clusters` as there are days; with `known` then, and a day before the newest facts, grouping
    the records anew each time. Raises UnknownSubject where no cluster has that name on any of the
    days, WrongUsage.
    """
    from algorithms.risk.history_rows import answer

    return answer(snapshot, params)
