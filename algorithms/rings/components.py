"""Components: what hangs together, directly or over others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class ComponentsParams(Params, frozen=True, kw_only=True):
    """Over which relations, and how many."""

    subject: Annotated[
        str | None,
        Meta(
            description="only the component of this subject / 只查此主体所在的连通分量",
            examples=["demo:c1"],
        ),
    ] = None
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of relation that join; default all but identity judgements"
            " / 关系种类, 默认为全部 (同一性判断除外)",
            examples=[["shareholder", "legal_representative"]],
        ),
    ] = None
    min_size: Annotated[
        int, Meta(description="fewest members of a component / 最少成员数", ge=1)
    ] = 2
    max_members: Annotated[
        int,
        Meta(
            description="members listed of a component, those of most relations"
            " / 每个分量最多列出的成员",
            ge=1,
            le=10_000_000,
        ),
    ] = 1000
    max_rows: Annotated[
        int,
        Meta(description="components shown, the largest / 最多列出的分量", ge=1, le=1_000_000),
    ] = 1000


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A component: `members` with most relations first, `facts` newest first."""

    id: str
    pattern: str
    members: list[str]
    facts: list[str]
    amount: str | None
    begins: str | None
    ends: str | None
    score: float
    why: str
    size: int
    members_total: int | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET


@algorithm(
    "components",
    ComponentsParams,
    Component,
    sources=("doi:10.1145/362248.362272", "doi:10.1145/321879.321884"),
    title="Connected components / 连通分量",
    family="rings",
)
def components(snapshot: Snapshot, params: ComponentsParams) -> Result[Component]:
    """The weakly connected components over relations of the asked kinds: subjects between which
    there is a way, whatever the direction of the relations along it.

    A relation counts when it is true on `as_of` and both its ends are; an event (transfer, invoice)
    when it happened by the end of that day. Subjects true on the day without a relation that counts
    are components of one member, shown where `min_size` is 1: those of the kinds of entity that the
    asked kinds of relation can join. Every subject is in one component; with `subject` the row is
    that of its own, where this has `min_size` members.

    `pattern` is `component`; `size` is the number of members and `score` the same. `members` are
    ordered by the number of ends of relations at them, highest first, then by canonical id; past
    `max_members` they are cut and `members_total` says how many there are. `facts` are the
    component's relations, those that began last first, then by id. `begins` and `ends` are when the
    first and the last of them began, null where that is not known; `amount` is null, for what
    relations of different kinds are about does not add up. `id` is a digest of the asked kinds and
    of the least canonical id among the members of the kind that stands first in the model (a
    company, where there is one): it stays while that member does and no lesser joins.

    Rows are ordered by size, largest first, then number of relations, then that least canonical id;
    past `max_rows` the smaller are left out, and `truncated` says so. The whole graph is looked at
    even for one subject: O(n + m log n), and sorting what is shown. Raises UnknownSubject,
    WrongUsage.
    """
    from algorithms.rings.component_rows import answer

    return answer(snapshot, params)
