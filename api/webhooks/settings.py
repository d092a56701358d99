"""What a deployment may set of webhooks."""

from __future__ import annotations

import ipaddress
from typing import Annotated

import msgspec
from msgspec import Meta


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where events may go, and how long it is tried."""

    loopback: Annotated[
        bool | None,
        Meta(description="may go to this machine, also without TLS; default: where the service"
             " itself is asked from this machine only / 允许发往本机"),
    ] = None  # fmt: skip
    allow: Annotated[
        tuple[str, ...],
        Meta(description="networks that are not public and may be sent to, as 10.1.0.0/16"
             " / 允许的内网网段"),
    ] = ()  # fmt: skip
    timeout: Annotated[
        float, Meta(gt=0, le=120, description="seconds that a receiver has / 接收方超时秒数")
    ] = 15.0
    first: Annotated[
        float, Meta(gt=0, description="seconds before the second attempt; each next one waits twice"
                    " as long, less up to a half by chance / 首次重试间隔"),
    ] = 5.0  # fmt: skip
    longest: Annotated[
        float, Meta(gt=0, description="the most seconds between two attempts / 最长重试间隔")
    ] = 3600.0
    give_up: Annotated[
        float, Meta(gt=0, description="seconds after which an event is dead / 放弃前的秒数")
    ] = 3 * 86_400.0
    at_once: Annotated[
        int, Meta(ge=1, le=256, description="events under way at once / 并行投递数")
    ] = 8
    kept_seconds: Annotated[
        float, Meta(gt=0, description="how long delivered events are kept, to be replayed"
                    " / 已投递事件保留秒数"),
    ] = 7 * 86_400.0  # fmt: skip
    undelivered_seconds: Annotated[
        float, Meta(gt=0, description="how long dead events are kept, and what waits at a"
                    " subscription that is paused or gone / 未投递事件保留秒数"),
    ] = 30 * 86_400.0  # fmt: skip
    person_seconds: Annotated[
        float, Meta(gt=0, description="how long a person's subscription goes on without a request"
                    " of theirs, whose token says what they may see / 用户订阅未确认权限的时限"),
    ] = 30 * 86_400.0  # fmt: skip
    hooks: Annotated[
        int, Meta(ge=1, description="subscriptions of one caller / 每个调用方的订阅上限")
    ] = 50
    lease: Annotated[
        float, Meta(gt=0, description="seconds after which another process takes over / 接管时限")
    ] = 10.0

    def __post_init__(self) -> None:
        for text in self.allow:
            ipaddress.ip_network(text)  # raises ValueError naming it

    def where(self, *, local: bool) -> WebhookSettings:
        """What holds where a service is asked from this machine only (`local`), or by others: what
        else listens here is for none of them to reach through it."""
        loopback = local if self.loopback is None else self.loopback
        return msgspec.structs.replace(self, loopback=loopback)
