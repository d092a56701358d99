"""Invoice schemes: what all detectors of false invoices say of a company, or of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Chance = Annotated[float, Meta(ge=0, le=1)]


class SchemeParams(FindingParams, frozen=True, kw_only=True):
    """About whom, and which findings count."""

    company: Annotated[
        str | None,
        Meta(
            description="only this company, or the group that it is in / 只查此企业或其所在团伙",
            examples=["demo:c1"],
        ),
    ] = None
    by: Annotated[
        Literal["company", "group"],
        Meta(description="one row a company, or a group of them / 按企业或按团伙列出"),
    ] = "company"
    min_finding: Annotated[
        _Chance,
        Meta(description="findings of a lower score do not count / 得分低于此值的线索不计"),
    ] = 0.05
    min_link: Annotated[
        _Chance,
        Meta(
            description="findings of a lower score put no companies together"
            " / 得分低于此值的线索不作为归并团伙的依据"
        ),
    ] = 0.5
    max_fanout: Annotated[
        int,
        Meta(
            description="a company in more findings puts no others together"
            " / 涉及线索多于此数的企业不作为归并依据",
            ge=1,
            le=1_000_000,
        ),
    ] = 50
    time_limit: Annotated[
        float, Meta(description="seconds for all together / 总时限 (秒)", gt=0, le=3600)
    ] = 120.0


class InvoiceScheme(Finding, frozen=True, kw_only=True):
    """What was found of a company or group: `patterns` with the highest score of each, strongest
    first, and `findings` by id, strongest first."""

    patterns: dict[str, float]
    findings: list[str]


@algorithm(
    "invoice_schemes",
    SchemeParams,
    InvoiceScheme,
    sources=("isbn:9780080514895", "doi:10.1109/TKDE.2016.2571686"),
    title="Invoice schemes / 虚开发票综合研判",
    family="invoices",
    route="/v1/invoices/schemes",
)
def invoice_schemes(snapshot: Snapshot, params: SchemeParams) -> Result[InvoiceScheme]:
    """All detectors of false invoices together, ranked and explained by company or by group.

    Every algorithm of this family that yields findings on the whole graph is asked with its own
    defaults; findings of at least `min_finding` count. By company, a row is about each company that
    is a member of one. By group, companies are put together that are members of one finding of at
    least `min_link`, and those in any finding that one and the same person or firm holds at least a
    quarter of, represents or controls (unless it stands so above more than 20 companies, or is an
    organ of the state); what only meets in a company that is in more than `max_fanout` findings
    stays apart. A finding belongs to the group of its members; where these are in several, to that
    of each.

    `pattern` is `invoice_scheme`. `score` is 1 - product of (1 - s) over the distinct patterns, s
    the highest score of a finding of each (noisy-or, Pearl 1988): the chance that at least one is
    what it looks like if the patterns err independently. More findings of one pattern do not raise
    it. `evidence` is the sum of what speaks for the strongest finding of each pattern, in nats;
    `signs` are all that these were weighed by, as `pattern.sign`; `p` is the least of theirs times
    the number of detectors that were asked (Bonferroni), at most 1; `q` counts all companies that
    trade (groups: all that were found and the companies that are in none).

    `members` are the company, or the companies of the group, those in most findings first;
    `attrs.circle` the other members and circles of the findings; `attrs.roles` which patterns each
    member is in (at most 50 shown); `facts` those of all findings, in order of time; `amount` is
    the largest of a finding, since several see the same money. `why` says what each pattern's
    strongest finding says.

    Rows are ordered by score, highest first, then evidence, begin and id. Each detector gets its
    share of the time that is left; what cut one short is in `truncated`, under its name. Raises
    UnknownSubject.
    """
    from algorithms.invoices.scheme_rows import find

    return find(snapshot, params)
