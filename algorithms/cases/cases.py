"""Cases: what all detectors found, merged where findings overlap, under names that stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class CaseParams(Params, frozen=True, kw_only=True):
    """Which findings are put together, and what holds them together."""

    algorithms: Annotated[
        list[str] | None,
        Meta(
            description="detectors to ask; default all that look at the whole graph"
            " / 采用的检测算法, 默认为全部",
            examples=[["transfer_cycles"]],
        ),
    ] = None
    patterns: Annotated[
        list[str] | None,
        Meta(
            description="only findings of these patterns; default all / 只取这些模式, 默认全部",
            examples=[["transfer_cycle", "fan_in"]],
        ),
    ] = None
    min_score: Annotated[
        float,
        Meta(description="leave out findings of a lower score / 不取得分更低的线索", ge=0, le=1),
    ] = 0.5
    max_fanout: Annotated[
        int,
        Meta(
            description="who has more relations joins no findings as a member"
            " / 关系多于此数的主体不作为合并依据",
            ge=1,
            le=1_000_000,
        ),
    ] = 1000
    max_rows: Annotated[
        int,
        Meta(description="cases shown, those of highest score / 最多列出的案件", ge=1, le=100_000),
    ] = 1000
    time_limit: Annotated[
        float, Meta(description="seconds for each detector / 每个算法的时限 (秒)", gt=0, le=3600)
    ] = 60.0


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Findings that are about the same thing; `findings` by score, highest first."""

    id: str
    pattern: str
    patterns: list[str]
    members: list[str]
    facts: list[str]
    findings: list[str]
    amount: str | None
    begins: str | None
    ends: str | None
    score: float
    why: str
    currency: str | None = None
    attrs: dict[str, Any] | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET
    members_total: int | UnsetType = UNSET
    findings_total: int | UnsetType = UNSET


@algorithm(
    "cases",
    CaseParams,
    Case,
    sources=("doi:10.1145/321879.321884", "isbn:9780080514895"),
    title="Cases / 案件",
    family="cases",
)
def cases(snapshot: Snapshot, params: CaseParams) -> Result[Case]:
    """Findings of the detectors put together into cases; the same case keeps its id as facts come.

    Every algorithm that yields findings without being asked about somebody is asked, each with its
    own defaults, `min_score` and `time_limit` (`invoice_schemes` and `rings` only where named: they
    repeat what others find). Two findings overlap where they share a fact, or at least half of
    the members of the one that has fewer. A subject with more than `max_fanout` relations is a hub
    and no such member: what only meets at a bank's or a wholesaler's account is two cases; nor is
    one member enough where each of the two has others. Cases are the connected components of
    overlap.

    `id` is a digest of the case's earliest fact: of what happened before what lasts (a payment
    before a holding), of those with a day before those without, then by begin and fact id. So
    facts that happen later leave it as it is. Where cases merge, the id of the one whose fact is
    earliest stays; `attrs.was` are the ids that the parts have or had as cases of their own, so
    that an id noted earlier is found again.

    `score` is 1 - product of (1 - s) over the distinct patterns, s the highest score of a finding
    of that pattern (noisy-or, Pearl 1988): the chance that at least one of them is what it looks
    like if the patterns err independently. More findings of one pattern do not raise it. `amount`
    is the largest of its findings', since several of them see the same money; null where they are
    of different currencies, and then `attrs.amounts` has the largest by currency. `members` are
    ordered by how many of the findings they are in, most first, then id; `facts` by begin, then
    id; `pattern` is `case`, `patterns` those of the findings, strongest first.

    Rows are ordered by score, highest first, then number of patterns, begin and id. `truncated`
    says what cut a detector's search and whether cases were left out. Beyond what the detectors
    take: time in proportion to the relations, and to the findings that each of the rarer half of a
    finding's members is in. Raises WrongUsage for an algorithm that yields no findings or has to be
    asked about somebody.
    """
    from algorithms.cases.asking import ask_all
    from algorithms.cases.case_rows import answer
    from algorithms.cases.merging import merge
    from graph.times import day_end, today

    at = day_end(params.as_of or today())
    asked = ask_all(snapshot, params)
    groups = merge(snapshot, [found for _, found in asked.pairs], params.max_fanout, at)
    return answer(snapshot, params, asked, groups)
