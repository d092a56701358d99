"""What identity resolution is asked, and what it answers: pairs, judgements, conflicts, a model."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from algorithms.registry import Params, Truncated

BY: Final = "resolver"  # `same_as` facts whose `by` begins so are the machine's own
KINDS: Final = ("person", "company")

Says = Literal["agrees", "partly", "differs", "unknown"]


class ResolveParams(Params, frozen=True, kw_only=True):
    """What is to be resolved, and from which probability on."""

    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of subjects, person or company; default both"
            " / 主体种类, 默认自然人与企业",
            examples=[["person"]],
        ),
    ] = None
    accept: Annotated[
        float,
        Meta(
            description="records are joined from this probability on / 达到此概率即判为同一主体",
            gt=0,
            lt=1,
        ),
    ] = 0.95
    review: Annotated[
        float,
        Meta(
            description="pairs from this probability on wait for a person / 达到此概率即待人工复核",
            gt=0,
            lt=1,
        ),
    ] = 0.5
    since: Annotated[
        str | None,
        Meta(
            description="only what touches records that came or changed after this batch or moment"
            " / 只处理此批次或时间之后有变化的记录",
        ),
    ] = None
    max_block: Annotated[
        int,
        Meta(
            description="a block of more records is not compared / 超过此数的分块不作比较",
            ge=2,
            le=100_000,
        ),
    ] = 200
    limit: Annotated[
        int,
        Meta(
            description="the most pairs for review and conflicts told / 最多列出的待复核与冲突",
            ge=1,
            le=1_000_000,
        ),
    ] = 10_000
    seed: Annotated[
        int, Meta(description="of the random sample / 随机抽样的种子", ge=0, le=2**31 - 1)
    ] = 1


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """What one feature of a pair says: which level of agreement was met and what it weighs.

    `weight` is log2 of its Bayes factor, term frequency included: above 0 it speaks for one
    subject, below 0 against. `level` says it in words, zh / en. What a pair loses because it may be
    two of one household or group is told as a feature, `household`.
    """

    name: str
    says: Says
    level: str
    weight: float


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two records and how likely they are one subject. `a` < `b`, each `dataset:id`.

    `weight` is log2 of the odds, the sum of the prior's and the features' weights; `score` is the
    probability that follows from it. `others`: how many others of the whole country are expected to
    agree in the same, by chance. Never joined are pairs that are `name_only`: nothing beyond names
    speaks for it; `kin`: given names have hardly anything in common, so that it may be two of one
    household; `common`: too many others agree in as much for it to be certain who is meant. Their
    score stays below `accept`.
    """

    kind: str
    a: str
    b: str
    score: float
    weight: float
    features: list[Feature]
    model: str  # id of the model, see `Model`
    name_only: bool = False
    kin: bool = False
    common: bool = False
    others: float = 0.0


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that would have been joined and was refused, or that is one and may not be.

    `why` is `official_keys`: their clusters bear two valid official keys; `judged_apart`: a
    `not_same_as` stands between them; or `one_key`: one valid resident id makes them one, and no
    name of one is like any of the other: whose id it is was written down wrong. `between` are the
    two records that bear the keys, or that were judged; `clusters` the records on either side (at
    most 20 shown).
    """

    pair: Pair
    why: Literal["official_keys", "judged_apart", "one_key"]
    between: tuple[str, str]
    clusters: tuple[list[str], list[str]]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A trained model of one kind: all that a score depends on besides the two records.

    `parameters` are Splink's (m, u, prior); `frequencies` are those of common terms by column,
    `floors` what any other term has; `household` the share of all pairs that are two of one
    household or group. Kept and given again, scores do not drift.
    """

    kind: str
    version: int
    trained_on: str  # name of the snapshot, or "default"
    records: int
    parameters: dict[str, Any]
    frequencies: dict[str, dict[str, float]]
    floors: dict[str, float]
    household: float = 0.0

    @property
    def id(self) -> str:
        """`kind:version:` and a digest of everything in it."""
        told = msgspec.json.encode(self, order="sorted")
        return f"{self.kind}:{self.version}:{hashlib.sha256(told).hexdigest()[:16]}"


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: what to record, what to take back, what waits, what was refused.

    - `judgements`: all pairs that join, a spanning forest of the clusters looked at; those that
      an earlier run recorded are in it again, unless nothing touches them (`since`).
    - `added`: those of them that no standing `same_as` of the machine says: to be recorded.
    - `withdrawn`: ids (`dataset:id`) of standing `same_as` facts of the machine that are upheld
      no longer: to be retracted.
    - `review`: pairs between the thresholds, or likelier and barred (`name_only`, `kin`, `common`).
    - `affected`: canonical ids of the subjects that change by what is added and withdrawn.
    - `upto`: the number of the newest batch looked at: the next run's `since`.
    """

    as_of: str
    known_at: str
    snapshot: str
    upto: int
    judgements: list[Pair]
    added: list[Pair]
    withdrawn: list[str]
    review: list[Pair]
    conflicts: list[Conflict]
    affected: list[str]
    models: list[Model]
    stats: dict[str, int]
    truncated: Truncated | None = None
    notes: list[str] = []
