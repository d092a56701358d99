"""`what_if`: which facts would have to be false for a party not to be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from algorithms.extension.extend import ExtendParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class WhatIfParams(ExtendParams, frozen=True, kw_only=True):
    """An extension, and which of its parties is asked about."""

    party: Annotated[
        str | None,
        Meta(
            description="only this party; left out: all / 仅此关联方, 缺省为全部", examples=["p1"]
        ),
    ] = None
    time_limit: Annotated[
        float, Meta(description="seconds before the answer is cut / 时限（秒）", gt=0)
    ] = 30.0


class Freed(msgspec.Struct, frozen=True, kw_only=True):
    """A set of facts: were all of them false, the party would not be reached."""

    party: str
    facts: list[str]
    size: int
    smallest: bool  # no smaller set frees it; else none of these can be left out
    single: bool  # the extension hangs on one fact


@algorithm(
    "what_if",
    WhatIfParams,
    Freed,
    sources=("doi:10.1016/0004-3702(87)90062-2",),
    title="What if facts were false / 若事实不成立",
    family="extension",
)
def what_if(snapshot: Snapshot, params: WhatIfParams) -> Result[Freed]:
    """For each party that `extend` reaches, the sets of relations whose falsity would free it.

    Up to three facts all the smallest ones, found level by level in the tree of hitting sets
    (Reiter 1987): a set that frees must hit every proof, so each proof's facts are tried in turn.
    Beyond three, one set from which none can be left out. `single` marks extensions that hang on
    one fact. A party that only a person may decide upon (`review`) counts as free. Births, forms,
    keys and listings are taken as they stand.

    Rows by size, party and facts. At most f^3 extensions for proofs of f facts, within
    `time_limit`. Raises UnknownSubject, WrongUsage, BadRulebook.
    """
    from algorithms.extension import ask_what_if

    return ask_what_if.answer(snapshot, params)
