"""`extend`: whom a measure may reach, whom a person must look at, and who stays out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class ExtendParams(Params, frozen=True, kw_only=True):
    """On whom which measure was imposed, for an act of which day."""

    subject: Annotated[
        str, Meta(description="on whom the measure was imposed / 被采取措施的主体", examples=["c1"])
    ]
    measure: Annotated[
        str,
        Meta(
            description="a measure of the rulebook / 规则库中的措施",
            examples=["consumption_restriction"],
        ),
    ]
    act: Annotated[
        str,
        Meta(
            description="the day of the act, which fixes roles and rule / 行为日期, 决定角色与规则",
            examples=["2021-05-01"],
            pattern=r"^\d{4}-\d{2}-\d{2}$",
        ),
    ]
    edition: Annotated[
        str | None,
        Meta(description="edition of the rulebook; default the newest / 规则库版本, 默认最新"),
    ] = None
    proofs: Annotated[bool, Meta(description="each party with its proof / 每个关联方附证明")] = True
    max_rows: Annotated[
        int, Meta(description="parties shown / 最多列出的关联方", ge=1, le=1_000_000)
    ] = 1000
    max_nodes: Annotated[
        int,
        Meta(
            description="subjects met above the company before no further level is begun"
            " / 向上穿透主体数上限",
            ge=1,
        ),
    ] = 20_000


class Legal(msgspec.Struct, frozen=True, kw_only=True):
    """The document and article behind a rule, and how well they were verified (P, S, U)."""

    document: str
    number: str | None
    article: str | None
    status: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What follows for one party."""

    party: str
    outcome: str  # extend, review, exclude
    reason: str  # see `graph.proof.judge.REASONS`
    roles: list[str]  # limbs of the rulebook that it held on the day of the act
    control: list[str]  # how it controls: votes, declared, agreement
    tier: int | None  # steps from the subject: 1 is direct
    share: float | None  # of the capital, directly; null where unknown or none
    share_min: float | UnsetType = UNSET  # votes it commands for certain, and at most
    share_max: float | UnsetType = UNSET
    rule: str | None
    basis: Legal | None
    until: str | None  # exclusive; null: as long as the measure on the subject
    facts: list[str]
    facts_total: int | UnsetType = UNSET
    why: str
    lacking: str | None  # what a near miss was short of
    proof: dict[str, Any] | UnsetType = UNSET


@algorithm(
    "extend",
    ExtendParams,
    Outcome,
    sources=(
        "国办发〔2020〕49号",
        "法释〔2010〕8号 (2015年修正)",
        "法发〔2019〕35号",
        "中华人民共和国公司法 (2023年修订) 第二百六十五条",
    ),
    title="Extension of a measure, with proof / 措施扩展及证明",
    family="extension",
    quick=True,
)
def extend(snapshot: Snapshot, params: ExtendParams) -> Result[Outcome]:
    """Whom a measure on a subject may reach, by the rulebook, on the facts of the day of the act.

    `extend`: a rule of the measure reaches a limb that the party held on that day. `review`: a
    person must decide, for age, shares, identity or a nominee leave it open, a state organ is
    concerned, or the role was left within a year before the act. `exclude`: no rule reaches the
    party, with what was lacking. Companies under one controller (siblings) are no candidates: a row
    for them reaches nobody. Nobody is reached without a row of the rulebook; accounts, phones
    and addresses never carry an extension. Minors are excluded when first met.

    `as_of` says what is still in force: a measure whose listings of the same domain have all ended
    or were repaired reaches nobody. `until` is never after the end of the measure on the subject.
    `share` is a fraction of the capital held directly; `share_min` and `share_max` bound the votes
    that a controller commands (they differ where shares are unknown). `facts` are a set of facts of
    which none can be left out. `proof` carries them whole; `linkrisk verify-proof` checks it
    without this code.

    Rows by outcome (extend, review, exclude), then by canonical id. In proportion to the relations
    of the subject and the holdings above it. Raises UnknownSubject, WrongUsage, BadRulebook.
    """
    from algorithms.extension import ask_extend

    return ask_extend.answer(snapshot, params)
