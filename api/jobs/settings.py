"""What a deployment may set of jobs."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class JobSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of jobs, each a caller's own unless said otherwise."""

    at_once: Annotated[
        int, Meta(ge=1, le=64, description="jobs that one process runs at once / 每进程并行任务数")
    ] = 1
    seconds: Annotated[
        float, Meta(gt=0, description="the most that a job may take / 单个任务最长秒数")
    ] = 3600.0
    open_jobs: Annotated[
        int, Meta(ge=1, description="jobs queued or running; more are refused / 未完成任务上限")
    ] = 20
    kept_jobs: Annotated[
        int, Meta(ge=1, description="results kept; the oldest expire / 保留结果数上限")
    ] = 200
    kept_bytes: Annotated[
        int, Meta(ge=1, description="bytes of results kept; the oldest expire / 保留结果字节上限")
    ] = 1 << 30
    kept_seconds: Annotated[
        float, Meta(gt=0, description="how long a result is kept / 结果保留秒数")
    ] = 86_400.0
    told_seconds: Annotated[
        float, Meta(gt=0, description="how long an ended job is listed / 已结束任务可见秒数")
    ] = 7 * 86_400.0
    silence: Annotated[
        float,
        Meta(gt=0, description="seconds without a sign after which whoever ran a job is gone"
             " / 心跳超时秒数"),
    ] = 15.0  # fmt: skip
