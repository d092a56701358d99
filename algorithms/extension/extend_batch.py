"""`extend_batch`: what follows for the parties of many subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.extension.extend import Outcome
from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

SOURCES = ("国办发〔2020〕49号", "法释〔2010〕8号 (2015年修正)", "法发〔2019〕35号")


class BatchParams(Params, frozen=True, kw_only=True):
    """On whom which measure was imposed, for an act of which day."""

    subjects: Annotated[
        list[str],
        Meta(
            description="on whom the measure was imposed / 被采取措施的主体",
            examples=[["c1", "c2"]],
            min_length=1,
            max_length=100_000,
        ),
    ]
    measure: Annotated[
        str,
        Meta(description="a measure of the rulebook / 规则库中的措施", examples=["environment"]),
    ]
    act: Annotated[
        str,
        Meta(
            description="the day of the act / 行为日期",
            examples=["2021-05-01"],
            pattern=r"^\d{4}-\d{2}-\d{2}$",
        ),
    ]
    edition: Annotated[
        str | None,
        Meta(description="edition of the rulebook; default the newest / 规则库版本, 默认最新"),
    ] = None
    max_rows: Annotated[
        int, Meta(description="rows of the answer / 结果行数上限", ge=1, le=10_000_000)
    ] = 100_000
    time_limit: Annotated[
        float, Meta(description="seconds before the answer is cut / 时限（秒）", gt=0)
    ] = 60.0


class SubjectOutcome(Outcome, frozen=True, kw_only=True):
    """What follows for one party of one subject."""

    subject: str


@algorithm(
    "extend_batch",
    BatchParams,
    SubjectOutcome,
    sources=SOURCES,
    title="Extension for many subjects / 批量措施扩展",
    family="extension",
    route="/v1/extend/batch",
)
def extend_batch(snapshot: Snapshot, params: BatchParams) -> Result[SubjectOutcome]:
    """What `extend` says of each of many subjects, without proofs: ask `extend` for those.

    Rows in the order of the subjects, each once, then as `extend` orders them. `truncated` says
    when rows or time ended it, and a note how many subjects were left. Raises UnknownSubject,
    WrongUsage, BadRulebook. Time is the sum of the single questions.
    """
    from algorithms.extension import ask_batch

    return ask_batch.batch(snapshot, params)
