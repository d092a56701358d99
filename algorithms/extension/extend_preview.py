"""`extend_preview`: how many a measure on some subjects would touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from algorithms.extension.extend import Legal
from algorithms.extension.extend_batch import SOURCES, BatchParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """How many a measure on these subjects would touch. Subjects and parties count once each."""

    measure: str
    subjects: int
    extend_people: int
    extend_firms: int
    review_people: int
    review_firms: int
    employees: int  # of the subjects and of firms that are reached, as far as facts say
    rules: list[str]
    bases: list[Legal]


@algorithm(
    "extend_preview",
    BatchParams,
    Touched,
    sources=SOURCES,
    title="How many a measure would touch / 措施影响预览",
    family="extension",
    route="/v1/extend/preview",
)
def extend_preview(snapshot: Snapshot, params: BatchParams) -> Result[Touched]:
    """How many people and firms a measure on some subjects would reach or refer to a person, and
    how many people they employ on `as_of`: so that a measure can be weighed before it is taken.

    One row. Nobody is named. Whoever is reached for one subject and referred for another counts as
    reached; a subject counts as itself alone. Raises UnknownSubject, WrongUsage, BadRulebook.
    """
    from algorithms.extension import ask_batch

    return ask_batch.preview(snapshot, params)
