"""How long personal data is kept, by class. Results of jobs, rejected rows and events of webhooks
have theirs in `jobs`, `intake` and `webhooks`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from graph.rulebook.durations import parts_of


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Durations as ISO 8601 has them (P5Y, P18M, P90D), applied by `linkrisk privacy retention`;
    that of `answers` also by the service itself, each hour."""

    reads: Annotated[
        str,
        Meta(description="how long the chain of reads is kept / 读取留痕保存期", examples=["P5Y"]),
    ] = "P5Y"
    listings: Annotated[
        str,
        Meta(
            description="how long what a listing says is kept after its end / 名单到期后保存期",
            examples=["P5Y"],
        ),
    ] = "P5Y"

    answers: Annotated[
        str,
        Meta(
            description="how long the answer of a request with an Idempotency-Key is kept"
            " / 幂等应答保存期",
            examples=["P1D"],
        ),
    ] = "P1D"

    def __post_init__(self) -> None:
        """Raise ValueError for what is no duration."""
        for name in self.__struct_fields__:
            if parts_of(text := getattr(self, name)) is None:
                raise ValueError(f"{name}: not a duration such as P5Y: {text[:40]!r}")
