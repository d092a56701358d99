"""A finding as an answer shows it, and what every question for findings takes."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params

# What a row carries beside what a reader wants first: `why` says it in words.
BESIDE: Final = frozenset({
    "id", "p", "q", "evidence", "signs", "currency", "attrs", "facts_total", "members_total",
    "findings", "findings_total",
})  # fmt: skip
_Rate = Annotated[float, Meta(ge=0, le=1)]


class FindingParams(Params, frozen=True, kw_only=True):
    """Which of the findings are shown, and how long one may look for them."""

    min_score: Annotated[
        float,
        Meta(description="leave out findings of a lower score / 不列出得分更低的线索", ge=0, le=1),
    ] = 0.0
    max_false_discovery: Annotated[
        _Rate | None,
        Meta(
            description="leave out findings of a higher false discovery rate; unless given, none"
            " / 不列出错误发现率 q 更高的线索, 默认不限"
        ),
    ] = None
    max_rows: Annotated[
        int,
        Meta(
            description="findings shown, those of highest score / 最多列出的线索", ge=1, le=100_000
        ),
    ] = 1000
    time_limit: Annotated[float, Meta(description="seconds / 时限 (秒)", gt=0, le=3600)] = 60.0


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something found that could be put on a desk.

    `members` are its core; `facts` the relations that it stands on, in the order the algorithm
    says. `score` (0..1, higher is worse) is the calibrated chance that it is what its pattern says
    (`algorithms.findings.scoring`). `p`: how likely something at least as strong is by chance under
    the null model that the algorithm documents; `q`: the false discovery rate if this and all of
    smaller `p` are taken (Benjamini and Hochberg 1995). `evidence` is what `score` is made from, in
    nats; `signs` what it is made of: what speaks for it and which innocent explanations it was
    weighed against. `why` says all of it in words.
    """

    id: str
    pattern: str
    members: list[str]
    facts: list[str]
    amount: str | None
    begins: str | None
    ends: str | None
    score: float
    why: str
    p: float
    q: float
    evidence: float
    signs: dict[str, float]
    currency: str | None = None
    attrs: dict[str, Any] | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET
    members_total: int | UnsetType = UNSET
