"""Risk score: whom to look at first, by a trained model, with the reasons and their facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta

from algorithms.registry import Params, Result, algorithm
from algorithms.scoring.reason import Reason

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

USE: Final = (
    "orders the work of investigators and of monitoring; never a basis for extending a measure to"
    " anybody / 仅用于排定调查与监测的先后, 不得作为延伸惩戒的依据"
)


class RiskScoreParams(Params, frozen=True, kw_only=True):
    """Whose score, by which model."""

    subject: Annotated[
        str | None,
        Meta(description="only this subject, whatever its score / 只查此主体, 不论得分高低"),
    ] = None
    kind: Annotated[
        Literal["account", "company", "person", "phone"],
        Meta(
            description="of which kind of subjects; of one that is asked about, its own"
            " / 主体类型; 指定主体时以其自身类型为准",
        ),
    ] = "account"
    top: Annotated[
        int,
        Meta(description="subjects shown, the highest / 最多列出的主体", ge=1, le=10_000),
    ] = 100
    min_score: Annotated[
        float,
        Meta(description="leave out lower scores / 不列出得分更低的主体", ge=0, le=1),
    ] = 0.0
    model: Annotated[
        str | None,
        Meta(
            description="the name of a model, or `rules` for the findings of the detectors alone;"
            " default the one that is in use for the kind, else rules"
            " / 模型名称, 或 rules 表示只用检测线索; 默认为该类主体启用的模型, 没有则为 rules",
        ),
    ] = None
    reasons: Annotated[
        int,
        Meta(description="reasons told of each, the strongest / 每个主体列出的理由数", ge=0, le=20),
    ] = 5


class RiskScore(msgspec.Struct, frozen=True, kw_only=True):
    """The score of a subject: its calibrated probability, the word for it, the strongest reason in
    words, all reasons, by which model, and what it may be used for."""

    id: str
    score: float
    band: str
    why: str
    reasons: list[Reason]
    model: str
    use: str = USE


@algorithm(
    "risk_score",
    RiskScoreParams,
    RiskScore,
    sources=(
        "doi:10.1038/s42256-019-0138-9",
        "doi:10.1145/775047.775151",
        "arXiv:2402.08593",
    ),
    title="Risk score / 风险评分",
    family="risk",
)
def risk_score(snapshot: Snapshot, params: RiskScoreParams) -> Result[RiskScore]:
    """Whom to look at first: subjects by the score of a trained model, each with its reasons.

    It orders the work of investigators and of monitoring. It is never a basis for extending a
    measure to anybody: a score is not a fact, the rulebook knows none, and what extends cannot
    reach it. Each row says so in `use`, each answer in its notes.

    The model (`linkrisk model train`) is boosted trees and a logistic regression, in shares that
    held-out days settled, on the features of `linkrisk features`, as of the day asked about:
    nothing that happened later is in them. `score` (0..1) is its probability, calibrated on days
    that trained nothing; `band` the word for it: high from 0.5, elevated from 0.2, moderate from
    0.05, else low. `model` is its name and the digest of its file. `reasons` are the features that
    move the log-odds of the score most, either way, strongest first: `contribution` is the exact
    Shapley value (of path-dependent TreeSHAP, and of the regression; with a constant they add up to
    the log-odds before calibration), `why` says it in words, `facts` are the subject's own
    relations of the kinds that the feature reads, within its window, newest first (`facts_total`
    where they are more than 20).

    Where no model is in use, and with `model` = `rules`, nothing is learnt: the score is the
    highest of the findings that have the subject as a member, and the reasons are those findings;
    subjects of no finding are not listed. Asked are the detectors of the families that can name
    such a subject: of flows for accounts, of invoices for companies, of rings for all. Those of a
    family take a minute together at most, each half of what is left of it; which were cut short is
    in `truncated`. What they found on the newest days is kept, also for another kind.

    Rows are ordered by score, highest first, then by what it was before calibration, then id; equal
    subjects past `top` are left out by id. `truncated` says that a search was cut short. Time: that
    of the features, then trees times their depth a subject; the table of the newest question is
    kept. That of one subject is what is around it, and the groups of features that read all there
    is; its row is the same as among all. Raises UnknownModel, UnknownSubject, WrongUsage for a
    subject of a kind that has no features, StoreCorrupt where a model's file was altered.
    """
    from algorithms.scoring.answering import answer

    return answer(snapshot, params)
