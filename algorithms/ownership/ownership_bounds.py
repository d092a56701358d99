"""`ownership_bounds`: what unknown shares leave open about the owners of a company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class BoundsParams(Params, frozen=True, kw_only=True):
    """The owners of what company, and within which bounds."""

    target: Annotated[str, Meta(description="the company owned / 被持股企业", examples=["c2"])]
    owner: Annotated[
        str | None,
        Meta(description="one owner; left out: all / 持股方, 缺省为全部", examples=["p1"]),
    ] = None
    max_nodes: Annotated[
        int,
        Meta(
            description="subjects met above the company before no further level is begun"
            " / 向上穿透主体数上限",
            ge=1,
        ),
    ] = 20_000
    max_rows: Annotated[int, Meta(description="rows of the answer / 结果行数上限", ge=1)] = 10_000
    time_limit: Annotated[
        float, Meta(description="seconds before the answer is cut / 时限（秒）", gt=0)
    ] = 30.0


class BoundsRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What `owner` surely has of `owned`, and what it may have: fractions in 0..1."""

    owner: str
    owned: str
    control: Literal["certain", "possible", "impossible"]
    votes_min: float | None
    votes_max: float | None  # None: see `reason`
    integrated_min: float | None
    integrated_max: float | None
    facts: list[str]
    facts_total: int | UnsetType = UNSET
    unknown: list[str]  # those holdings between the two that have no exact share, up to 20
    reason: str | UnsetType = UNSET


@algorithm(
    "ownership_bounds",
    BoundsParams,
    BoundsRow,
    sources=(
        "Sen, Viswanathan, Agha 2006, Model-checking Markov chains in the presence of"
        " uncertainties, TACAS, LNCS 3920, 394-410",
        "Puggelli, Li, Sangiovanni-Vincentelli, Seshia 2013, Polynomial-time verification of PCTL"
        " properties of MDPs with convex uncertainties, UC Berkeley EECS-2013-24",
        "https://ceur-ws.org/Vol-3020/KR4L_paper_9.pdf",
        "Brioschi, Buzzacchi, Colombo 1989, Journal of Banking and Finance 13, 747-772",
    ),
    title="Bounds of ownership and control / 持股与控制的上下界",
    family="ownership",
)
def ownership_bounds(snapshot: Snapshot, params: BoundsParams) -> Result[BoundsRow]:
    """What of the owners of a company is sure, and what is possible, when shares are unknown.

    A holding without an exact share has one between `share_min` and `share_max`, 0 to 1 where they
    are not said; a register never sums past 1, and what it leaves is held by nobody known. Over
    all registers that this allows:

    `control` by votes, as in `control`: `certain` in every one, `possible` in some, `impossible`
    in none; `votes_min`, `votes_max`: the fraction that the owner and the companies it controls
    hold, at the least and at the most. `integrated_min`, `integrated_max`: the share directly and
    through all chains, as in `integrated_ownership`. The bounds of control and of integrated
    ownership are exact: each is attained by some register.

    Where everything is known the two bounds are one. They are null, with the `reason`, where the
    known holdings in a company sum past 1 + 1e-9; when a number of subjects bounds the search, the
    lower ones hold, the upper ones are null, and nothing is called impossible. Rows: the largest
    `integrated_max` first, null last, then by owner (canonical id). `facts`: the strongest path,
    then all other holdings on the way.

    One walk up; for the lower bounds one linear solve; where shares are unknown, for the upper
    bounds a few for each owner.
    """
    from algorithms.ownership import ask_bounds

    return ask_bounds.answer(snapshot, params)
