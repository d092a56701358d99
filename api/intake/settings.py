"""What a deployment may set of facts that come in."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class IntakeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of what is sent to be loaded."""

    most: Annotated[int, Meta(ge=1, description="bytes of one upload / 单次上传字节上限")] = 1 << 30
    at_once: Annotated[
        int, Meta(ge=1, description="bytes that are loaded while the caller waits; more becomes a"
                  " job / 同步加载字节上限"),
    ] = 16 << 20  # fmt: skip
    uploads: Annotated[
        int, Meta(ge=1, le=64, description="uploads under way at once in a process / 并发上传数")
    ] = 4
    mappings: Annotated[
        int, Meta(ge=1, description="mappings of callers that are kept / 保留的自定义映射数")
    ] = 1000
    kept_seconds: Annotated[
        float,
        Meta(
            gt=0,
            description="how long files of rejected rows, also those that"
            " the command line left beside the store, and mappings that nobody uses, are kept"
            " / 隔离数据与未用映射保留秒数",
        ),
    ] = 30 * 86_400.0
