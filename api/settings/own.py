"""The settings of the service itself: where it listens, how it runs, what it logs and counts."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from api.settings import SECRET


class General(msgspec.Struct, frozen=True):
    """Keys outside of any table."""

    store: Annotated[
        str | None,
        Meta(
            description="The store's address; every verb reads it. A password in it is better given"
            " in the environment / 存储地址",
            extra=SECRET,
        ),
    ] = None


class Server(msgspec.Struct, frozen=True):
    """`[server]`"""

    host: Annotated[str, Meta(min_length=1, description="The address to listen on / 监听地址")] = (
        "127.0.0.1"
    )
    port: Annotated[
        int, Meta(ge=0, le=65_535, description="The port; 0 takes a free one / 端口")
    ] = 8000
    allow_hosts: Annotated[
        tuple[str, ...],
        Meta(
            description="Host names that requests may be sent to, besides loopback's / 允许的主机名"
        ),
    ] = ()
    workers: Annotated[
        int,
        Meta(
            ge=1,
            le=64,
            description="Processes that answer; they share one listening socket and one snapshot"
            " / 工作进程数",
        ),
    ] = 1
    threads: Annotated[
        int, Meta(ge=1, le=64, description="Questions that one process works at / 每进程线程数")
    ] = 4
    waiting: Annotated[
        int,
        Meta(
            ge=1,
            le=100_000,
            description="Questions that may wait or run in one process; more are answered 503"
            " / 排队上限",
        ),
    ] = 256
    seconds: Annotated[
        float,
        Meta(gt=0, le=86_400, description="The most that a question takes / 单次查询时限 (秒)"),
    ] = 60.0
    grace: Annotated[
        float,
        Meta(
            ge=0,
            le=3600,
            description="Seconds that questions under way have to end at a shutdown; then they are"
            " called off / 停止时的宽限 (秒)",
        ),
    ] = 30.0
    linger: Annotated[
        float,
        Meta(
            ge=0,
            le=600,
            description="Seconds that a shutdown goes on answering while /readyz says 503, for load"
            " balancers to notice / 停止前继续应答 (秒)",
        ),
    ] = 0.0
    keep_alive: Annotated[
        int,
        Meta(
            ge=1,
            le=3600,
            description="Seconds that an idle connection stays open; longer than the proxy's / 空闲"
            "连接保持 (秒)",
        ),
    ] = 65
    warm: Annotated[
        bool,
        Meta(
            description="Compile in the background; until then, or without, questions are"
            " interpreted / 后台编译"
        ),
    ] = True


class Log(msgspec.Struct, frozen=True):
    """`[log]`"""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="What is logged / 日志级别")
    ] = "info"
    format: Annotated[
        Literal["auto", "json", "plain"],
        Meta(description="Lines of JSON, or plain ones; auto is plain in a terminal / 日志格式"),
    ] = "auto"
    access: Annotated[
        bool, Meta(description="A line for each request: route, status, time, caller / 访问日志")
    ] = True


class Metrics(msgspec.Struct, frozen=True):
    """`[metrics]`"""

    listen: Annotated[
        Annotated[str, Meta(pattern=r"^(\[[0-9a-fA-F:]+\]|[^:\[\]]+):[0-9]{1,5}$")] | None,
        Meta(
            description="HOST:PORT of an address of its own that answers /metrics, and nothing"
            " else, to whoever reaches it / 指标的独立监听地址",
        ),
    ] = None
