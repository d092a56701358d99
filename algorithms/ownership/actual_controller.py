"""`actual_controller`: who, in the end, can decide over a company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class ActualControllerParams(Params, frozen=True, kw_only=True):
    """Of what company, and within which bounds."""

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
    ] = 120.0


class ActualControllerRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`controller` controls `company`, and nobody controls `controller`."""

    company: str
    controller: str
    limb: list[Literal["declared", "votes", "agreement"]]
    certainty: Literal["certain", "possible"]
    votes: float | None  # None: not known exactly, see the bounds; or see `reason`
    votes_min: float | None
    votes_max: float | None
    chain: list[str]  # from controller to company
    facts: list[str]
    facts_total: int | UnsetType = UNSET
    state_organ: bool
    reason: str | UnsetType = UNSET


@algorithm(
    "actual_controller",
    ActualControllerParams,
    ActualControllerRow,
    sources=(
        "中华人民共和国公司法 (2023 revision, in force 2024-07-01), art. 265",
        "https://ceur-ws.org/Vol-3020/KR4L_paper_9.pdf",
        "doi:10.1371/journal.pone.0025995",
    ),
    title="Actual controller / 实际控制人",
    family="ownership",
)
def actual_controller(
    snapshot: Snapshot, params: ActualControllerParams
) -> Result[ActualControllerRow]:
    """Who can decide over a company in the end: those who control it and whom nobody controls.

    Three limbs. `declared`: a `controller` relation. `votes`: over half of the votes through
    chains, strictly, in exact decimals, as in `control`. `agreement`: parties who act in concert
    command over half together and none of them alone, each with votes of its own in the company;
    or the votes of nominal holders, which are those of the one for whom they hold, are needed for
    the majority. What a controller controls by any limb adds to what it commands, so one chain may
    rest on several limbs; each is named.

    `certainty`: `certain` where it holds for every value that unknown shares may have (between
    `share_min` and `share_max`, 0 to 1 where nothing is said, a register never over 1), `possible`
    where it holds for some. For `votes` and `declared` that is exact; where somebody acts in
    concert or stands above somebody in doubt, a certain row holds always, and a possible one may
    hold never. `votes`: the fraction of the company's votes that the controller and all that it
    controls hold; for an agreement that of all its parties, further down a chain that of the
    company which they control so; null with `votes_min` and `votes_max`
    apart where shares are unknown. All three are null, with the `reason`, where the votes in a
    company sum past 1 + 1e-9; control is then found in them as they stand.

    `facts`: of each way in which the last step of control can be made, a set of facts that shows
    it and of which none can be left out. `chain`: along the largest holdings. `state_organ`: the
    controller is an organ of the state; companies that have it alone in common are not related for
    that (art. 265). Where companies control one another in a circle and nobody stands above them,
    there is no row for it, and a note says so. When a number of subjects bounds the search,
    controllers may be missing and those shown may themselves be controlled: all are `possible`.

    Rows by company, then certain ones first, then by controller (canonical ids).
    O(holdings under those whom nobody controls) for all companies; for one, what is above it.
    """
    from algorithms.ownership import ask_controllers

    return ask_controllers.answer(snapshot, params)
