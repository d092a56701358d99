"""`control`: which companies a subject commands by votes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class ControlParams(Params, frozen=True, kw_only=True):
    """Whose control, over what, and within which bounds."""

    controller: Annotated[
        str | None,
        Meta(description="who controls; left out: everybody / 控制方, 缺省为全部", examples=["p1"]),
    ] = None
    target: Annotated[
        str | None,
        Meta(
            description="the company controlled; left out: every company / 被控制企业, 缺省为全部",
            examples=["c2"],
        ),
    ] = None
    max_nodes: Annotated[
        int,
        Meta(
            description="subjects met above a target before no further level is begun"
            " / 向上穿透主体数上限",
            ge=1,
        ),
    ] = 100_000
    max_rows: Annotated[int, Meta(description="rows of the answer / 结果行数上限", ge=1)] = (
        1_000_000
    )
    time_limit: Annotated[
        float, Meta(description="seconds before the answer is cut / 时限（秒）", gt=0)
    ] = 30.0


class ControlRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`controller` commands `votes` of `controlled`: a fraction over 0.5."""

    controller: str
    controlled: str
    votes: float | None  # None: see `reason`
    facts: list[str]
    facts_total: int | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    at_least: float | UnsetType = UNSET  # what was found before a bound cut the search


@algorithm(
    "control",
    ControlParams,
    ControlRow,
    sources=(
        "https://ceur-ws.org/Vol-3020/KR4L_paper_9.pdf",
        "doi:10.1371/journal.pone.0025995",
    ),
    title="Control by votes / 表决权控制",
    family="ownership",
)
def control(snapshot: Snapshot, params: ControlParams) -> Result[ControlRow]:
    """Who controls whom: the least fixpoint of 'X, with the companies that X controls, holds over
    half of the votes of Y'.

    Strictly over half, in exact decimals: 0.17 + 0.33 is not. A holding counts by its `votes`
    where they are said, else by its share; one without either is left out, and a note says so.
    Parallel holdings add. Nobody controls itself. It is not a multiple of integrated ownership:
    60 % of 60 % is control, and 36 %.

    `votes`: the fraction of the votes of `controlled` that `controller` and all the companies it
    controls hold. Where the votes in a company sum past 1 + 1e-9 the rule is applied to them as
    they stand, and `votes` is null with the `reason`. When a number of subjects bounds the search
    above a target, controllers may be missing, `votes` is null and `at_least` says what was found.
    Rows by controller, then controlled
    (canonical ids). `facts`: the holdings counted, then those by which each holding company came
    under control.

    O(holdings of what X controls) for each X that holds over half of something by itself.
    """
    from algorithms.ownership import ask_control

    return ask_control.answer(snapshot, params)
