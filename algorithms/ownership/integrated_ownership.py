"""`integrated_ownership`: what a subject owns of a company, directly and through others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class OwnershipParams(Params, frozen=True, kw_only=True):
    """Whose ownership, of what, and within which bounds."""

    owner: Annotated[
        str | None,
        Meta(description="the owner; left out: every owner / 持股方, 缺省为全部", examples=["p1"]),
    ] = None
    target: Annotated[
        str | None,
        Meta(
            description="the company owned; left out: every company / 被持股企业, 缺省为全部",
            examples=["c2"],
        ),
    ] = None
    right: Annotated[
        Literal["economic", "votes"],
        Meta(
            description="shares in capital, or votes where they differ"
            " / 按出资(economic)或按表决权(votes)",
        ),
    ] = "economic"
    max_depth: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="levels of holdings to follow; none: all / 穿透层数, 缺省不限"),
    ] = None
    max_nodes: Annotated[
        int,
        Meta(description="subjects met before no further level is begun / 穿透主体数上限", ge=1),
    ] = 100_000
    max_rows: Annotated[int, Meta(description="rows of the answer / 结果行数上限", ge=1)] = 10_000
    time_limit: Annotated[
        float, Meta(description="seconds before the answer is cut / 时限（秒）", gt=0)
    ] = 30.0


class OwnershipRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What `owner` owns of `owned`: fractions in 0..1."""

    owner: str
    owned: str
    direct: float | None  # None: held directly, by a share that is not known
    integrated: float | None  # None: see `reason`
    facts: list[str]
    facts_total: int | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    at_least: float | UnsetType = UNSET  # what was found before a bound cut the search
    left_out: list[str] | UnsetType = UNSET  # holdings without a share: the value may be higher


@algorithm(
    "integrated_ownership",
    OwnershipParams,
    OwnershipRow,
    sources=(
        "Brioschi, Buzzacchi, Colombo 1989, Journal of Banking and Finance 13, 747-772",
        "doi:10.1371/journal.pone.0025995",
        "doi:10.1257/aer.104.10.3115",
        "doi:10.1287/opre.33.5.1107",
    ),
    title="Integrated ownership / 综合持股",
    family="ownership",
)
def integrated_ownership(snapshot: Snapshot, params: OwnershipParams) -> Result[OwnershipRow]:
    """The share of a company that a subject owns, directly and through all chains of holdings.

    With the owner's own incoming holdings removed, x = w (I - B)^-1 on what it reaches: the
    probability that a walk from the company up its register, each holder taken with its share, ever
    comes to the owner. Cross-holdings and self-holdings are counted with all their rounds; closed
    loops stay within 0..1, and persons' shares in a company sum to at most 1.

    Fractions in 0..1. Parallel holdings add. A holding without a share is left out: the rows that
    it may raise list it in `left_out`, and a note names all. Where holdings in a company sum past
    1 + 1e-9, `integrated` of every company that depends on it is null with the `reason`; a sum
    between the two is rounding, and scaled to 1. With `right=votes` a holding counts by the votes
    it gives, where they differ from its share.

    Rows by owner (canonical id), then the largest share first, then by owned; null last. `facts`:
    the strongest path first, then all other holdings on the way, the larger first. When a depth or
    a number of subjects bounds the walk, values are null and `at_least` says what was found.

    One linear solve for each strongly connected component, in topological order: O(holdings of
    what is reached) and O(n^3) in a component of n, sparse LU above 200.
    """
    from algorithms.ownership import ask_ownership

    return ask_ownership.answer(snapshot, params)
