"""`power_index`: how often each holder of a company decides, where nobody commands a majority."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class PowerParams(Params, frozen=True, kw_only=True):
    """Of which company, and how an estimate is made where there is need of one."""

    company: Annotated[
        str, Meta(description="the company voted in / 表决所在企业", examples=["c2"])
    ]
    samples: Annotated[
        int,
        Meta(description="draws of an estimate / 估计时的抽样次数", ge=100, le=10_000_000),
    ] = 20_000
    seed: Annotated[int, Meta(description="seed of an estimate / 估计的随机种子", ge=0)] = 0
    max_rows: Annotated[
        int, Meta(description="holders shown, the largest / 最多列出的股东", ge=1)
    ] = 10_000


class PowerRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What `holder`'s votes decide in `company`: both indices in 0..1, each summing to 1."""

    holder: str
    company: str
    votes: float | None  # None: the votes of the company sum past 1 + 1e-9
    shapley_shubik: float | None  # None: no coalition of these holders decides
    banzhaf: float | None
    method: str  # `exact` or `estimate`
    facts: list[str]
    facts_total: int | UnsetType = UNSET
    shapley_shubik_error: float | UnsetType = UNSET  # standard error of an estimate
    banzhaf_error: float | UnsetType = UNSET


@algorithm(
    "power_index",
    PowerParams,
    PowerRow,
    sources=(
        "doi:10.2307/1951053",
        "Banzhaf 1965, Weighted Voting Doesn't Work, Rutgers Law Review 19, 317-343",
        "Matsui, Matsui 2000, A survey of algorithms for calculating power indices of weighted"
        " majority games, Journal of the Operations Research Society of Japan 43, 71-86",
    ),
    title="Power indices / 权力指数",
    family="ownership",
)
def power_index(snapshot: Snapshot, params: PowerParams) -> Result[PowerRow]:
    """The Shapley-Shubik and Banzhaf indices of the direct holders of a company.

    A coalition wins with strictly over half of all votes: of 1, or of their sum where they are
    past 1; votes of nobody on record help no coalition. `shapley_shubik`: of all orders in which
    holders may join, the part in which this one makes the coalition win. `banzhaf`: of all
    coalitions that one holder can break, this one's part (normalised). The indices say most where
    nobody has a majority; a note says so where somebody has one, whose power is then 1.

    A holding counts by its `votes` where they are said, else by its share, in exact decimals;
    parallel ones add. One without either is left out, and so are a company's holdings in itself,
    which give no vote; notes say so.

    `method` is `exact` by dynamic programming over the integer grid that the votes stand on (basis
    points where they are whole ones), while holders^2 x grid x (holders + 1) bits stay within
    2 GiB of arithmetic (about 140 holders on basis points), or over all coalitions up to 18
    holders. Else it is an `estimate`: permutations and coalitions drawn with `seed`, equal holders
    averaged, with standard errors beside it.

    Rows by votes, the most first, then by holder (canonical id). `votes` is a fraction of all
    votes; `facts` are the holdings of the holder.
    """
    from algorithms.ownership import ask_power

    return ask_power.answer(snapshot, params)
