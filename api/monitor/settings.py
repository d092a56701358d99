"""What a deployment may set of monitoring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from algorithms.cases.cases import CaseParams
    from algorithms.risk.clusters import Knitting

ALL: Final = "all"
NONE: Final = "none"


class MonitorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the monitor runs, what it watches and what it calls new."""

    after_ingest: Annotated[
        bool,
        Meta(description="run after each load: of `linkrisk ingest`, and in the service soon after"
             " something was written / 每次导入后运行"),
    ] = False  # fmt: skip
    every: Annotated[
        Annotated[float, Meta(ge=60)] | None,
        Meta(description="seconds after which the service runs it again, whatever came"
             " / 服务内定时运行的间隔秒数"),
    ] = None  # fmt: skip
    lists: Annotated[
        tuple[str, ...], Meta(description="lists that make a subject core of a cluster / 核心名单")
    ] = ("black", "penalty")
    kinds: Annotated[
        tuple[str, ...],
        Meta(description="relations that join clusters; default those of `clusters`"
             " / 连接群组的关系"),
    ] = ()  # fmt: skip
    min_core: Annotated[
        int, Meta(ge=1, description="fewest of the core in a cluster / 最少核心主体数")
    ] = 2
    overlap: Annotated[
        float,
        Meta(gt=0, le=1, description="share of the smaller one's members by which a cluster goes on"
             " in another / 承继所需的成员重合比例"),
    ] = 0.5  # fmt: skip
    growth: Annotated[
        float,
        Meta(ge=0, description="a cluster that grew by more than this share of what was told is new"
             " / 视为新增风险的扩大比例, 须超过"),
    ] = 0.25  # fmt: skip
    detectors: Annotated[
        tuple[str, ...],
        Meta(description="detectors whose findings, joined to cases, are watched; `all` or `none`"
             " / 监测所用的检测算法, all 为全部, none 为不用"),
    ] = (ALL,)  # fmt: skip
    min_score: Annotated[
        float, Meta(ge=0, le=1, description="findings of a lower score are left out / 线索最低得分")
    ] = 0.5
    max_cases: Annotated[
        int, Meta(ge=1, le=100_000, description="cases watched, those of highest score"
                  " / 最多监测的案件数"),
    ] = 1000  # fmt: skip
    time_limit: Annotated[
        float, Meta(gt=0, le=3600, description="seconds for each detector / 每个算法的时限 (秒)")
    ] = 60.0
    score_limit: Annotated[
        float,
        Meta(ge=0, le=86_400, description="seconds for the risk scores by which new alerts are"
             " ordered, for each kind with a model in use; 0: none are told"
             " / 预警排序所用风险评分的时限 (秒), 0 为不评分"),
    ] = 300.0  # fmt: skip
    kept_runs: Annotated[
        int,
        Meta(ge=2, description="runs whose history is kept; what was over and settled before them"
             " is forgotten / 保留的运行次数, 更早已终结的预警、群组和案件一并清除"),
    ] = 1000  # fmt: skip

    def knitting(self, day: str) -> Knitting:
        """The parameters of `clusters`."""
        from algorithms.risk.clusters import Knitting

        return Knitting(
            as_of=day, lists=list(self.lists), kinds=list(self.kinds) or None,
            min_core=self.min_core,
        )  # fmt: skip

    def cases(self, day: str) -> CaseParams | None:
        """The parameters of `cases`; None where no detector is asked."""
        from algorithms.cases.cases import CaseParams

        if not self.detectors or NONE in self.detectors:
            return None
        chosen = None if ALL in self.detectors else list(self.detectors)
        return CaseParams(
            as_of=day, algorithms=chosen, min_score=self.min_score, max_rows=self.max_cases,
            time_limit=self.time_limit,
        )  # fmt: skip
