"""`beneficial_owners`: the natural persons behind a company, and by which limb each is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class BeneficialParams(Params, frozen=True, kw_only=True):
    """Whose owners, from which share on, and within which bounds."""

    target: Annotated[
        str | None,
        Meta(
            description="the company; left out: every company / 企业, 缺省为全部", examples=["c2"]
        ),
    ] = None
    threshold: Annotated[
        float,
        Meta(
            description="least integrated share, itself included / 综合持股比例下限 (含本数)",
            gt=0,
            le=1,
        ),
    ] = 0.25
    max_nodes: Annotated[
        int,
        Meta(
            description="subjects met above a company before no further level is begun"
            " / 向上穿透主体数上限",
            ge=1,
        ),
    ] = 100_000
    max_rows: Annotated[int, Meta(description="rows of the answer / 结果行数上限", ge=1)] = 10_000
    time_limit: Annotated[
        float, Meta(description="seconds before the answer is cut / 时限（秒）", gt=0)
    ] = 30.0


class BeneficialOwner(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The person `owner` is a beneficial owner of the company `owned`, by every limb of `basis`."""

    owner: str
    owned: str
    integrated: float | None  # None: see `reason`
    basis: list[str]  # `ownership`, `control`; else `senior_officer` alone
    facts: list[str]
    facts_total: int | UnsetType = UNSET
    votes: float | UnsetType | None = UNSET  # by the limb of control; None: see `control_reason`
    control_facts: list[str] | UnsetType = UNSET  # of that limb, where `facts` are of ownership
    control_facts_total: int | UnsetType = UNSET
    control_reason: str | UnsetType = UNSET
    role: str | UnsetType = UNSET  # of a senior officer: `legal_representative` or `principal`
    reason: str | UnsetType = UNSET
    at_least: float | UnsetType = UNSET  # the share found before a bound cut the search
    left_out: list[str] | UnsetType = UNSET  # holdings without a share: see the docstring


@algorithm(
    "beneficial_owners",
    BeneficialParams,
    BeneficialOwner,
    sources=(
        "受益所有人信息管理办法 (中国人民银行、国家市场监督管理总局令〔2024〕第3号)",
        "FATF Recommendation 24 and its Guidance on Beneficial Ownership of Legal Persons (2023)",
        "doi:10.1257/aer.104.10.3115",
    ),
    title="Beneficial owners / 受益所有人",
    family="ownership",
)
def beneficial_owners(snapshot: Snapshot, params: BeneficialParams) -> Result[BeneficialOwner]:
    """The natural persons who own a company at the end of every chain, or control it.

    A person is one by `ownership`, with an integrated share (see `integrated_ownership`) of at
    least `threshold`: exactly 25 % is enough, and a value within 1e-9 of the threshold is decided
    in rationals. Or by `control`: over half of the votes, commanded alone or through companies
    under control (see `control`). `basis` names each limb that applies. Where nobody is one by
    either, the senior officer is (`senior_officer`): the natural persons who are its legal
    representative (`role`), else its principal (an officer called 主要负责人, 负责人 or principal).
    A company is never a beneficial owner.

    `integrated` is a fraction in 0..1, null where it is not known, with the `reason` (a register
    past 1 + 1e-9; held by unknown shares alone). Holdings without a share are unknown, not zero:
    `left_out` lists those that may raise the person's share, on a senior officer those by which
    somebody may be an owner after all, and a note names them. When `max_nodes` cuts a search,
    shares are lower bounds (`at_least`) and a row still holds, but for a senior officer's.

    Rows by company (canonical id), then the largest share first, then by person. `facts` prove the
    first limb of `basis`: the holdings on the way from owner to company, the strongest path first;
    the votes counted and how each holder came under control; or the officer's roles.
    `control_facts` prove control where it stands beside ownership.

    For each company, one solve for each closed loop above it and one fixpoint of control for each
    holder of a majority there: O(holdings above the company) where there is no loop.
    """
    from algorithms.ownership import ask_beneficial

    return ask_beneficial.answer(snapshot, params)
