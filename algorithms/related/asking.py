"""What questions about relations between subjects have in common."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Since = Annotated[
    str | None,
    Meta(
        description="leave out relations that began before this date or ISO time; unless given,"
        " none / 忽略此时之前开始的关系, 默认不限",
        examples=["2020-01-01"],
    ),
]
