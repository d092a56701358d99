"""What a deployment sets of matching."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class MatchSettings(msgspec.Struct, frozen=True):
    """Bounds of one request."""

    queries: Annotated[
        int,
        Meta(
            ge=1,
            le=10_000,
            description="the most descriptions that one request to match or reconcile may hold"
            " / 单次匹配或对账请求的最多查询数",
        ),
    ] = 100
