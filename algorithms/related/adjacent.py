"""Adjacent: what stands at a subject by kind of relation, counts first, then page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class AdjacentParams(Params, frozen=True, kw_only=True):
    """Around whom, which kinds, and which page."""

    subject: Annotated[
        str, Meta(description="the subject in the middle / 中心主体", examples=["demo:c1"])
    ]
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of relation; default all but identity judgements"
            " / 关系种类, 默认为全部 (同一性判断除外)",
            examples=[["shareholder"]],
        ),
    ] = None
    direction: Annotated[
        Literal["in", "out", "both"],
        Meta(description="relations to the subject, from it, or both / 指向、指出或双向"),
    ] = "both"
    limit: Annotated[
        int,
        Meta(
            description="relations shown of a kind and direction; 0: counts alone"
            " / 每种关系每个方向列出的条数, 0 则只计数",
            ge=0,
            le=1000,
        ),
    ] = 20
    after: Annotated[
        str | None,
        Meta(
            description="the `next` of a page, to go on from there; of one kind and direction"
            " / 上一页给出的 next, 须指定一种关系和一个方向"
        ),
    ] = None
    max_counted: Annotated[
        int,
        Meta(
            description="relations of a kind and direction that are looked at; where more were"
            " recorded they are neither counted nor shown / 逐条计数的上限",
            ge=1,
            le=100_000_000,
        ),
    ] = 2_000_000


class Adjacent(msgspec.Struct, frozen=True, kw_only=True):
    """One relation at the subject, and the party at its other end. `begins` and `ends` as valid
    (half open, null unbounded; of an event `begins` is when it happened)."""

    party: str
    party_kind: str
    begins: str | None
    ends: str | None
    facts: list[str]
    share: float | UnsetType = UNSET
    amount: str | UnsetType = UNSET


class AdjacentGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The relations of one kind and direction: how many count, among how many parties, how many
    were ever recorded, a page of them, and where the next begins."""

    kind: str
    direction: Literal["in", "out"]
    count: int | None
    parties: int | None
    recorded: int
    relations: list[Adjacent]
    next: str | None


@algorithm(
    "adjacent",
    AdjacentParams,
    AdjacentGroup,
    sources=("doi:10.1137/1.9780898718003", "https://use-the-index-luke.com/no-offset"),
    title="Adjacent relations / 相邻关系",
    family="related",
)
def adjacent(snapshot: Snapshot, params: AdjacentParams) -> Result[AdjacentGroup]:
    """What stands at a subject: its relations grouped by kind and direction, counts first.

    A row a kind and direction of which any relation was ever recorded. `count` is how many of them
    are known and true on `as_of` (events: happened by its end), whatever record of the subject they
    are at; `parties` among how many others; a relation of the subject with itself is none.
    `recorded` counts all that were ever recorded, over or retracted ones too, and costs nothing: it
    is the bound on `count` for a hub. Past `max_counted` recorded relations of a kind and direction
    `count` and `parties` are null, `relations` empty, and `truncated` says so.

    `relations` is a page of `limit`, what began last first, equal ones by fact id; `next` leads to
    the page after it, null where there is none. It names a place in that order, so pages neither
    repeat nor skip what was there when they were begun; with one `known_at` all pages are of one
    moment. `share` is a shareholder's fraction, `amount` in the relation's currency.

    Rows are in the order of the model's kinds, `in` before `out`. Time: O(kinds) searches for what
    is recorded, then linear in the relations that are counted (20 ms for 300,000), and naming those
    shown with all that began at the same moment as the last of them. Raises UnknownSubject;
    WrongUsage where `after` is no cursor or asked with more than one kind and direction.
    """
    from algorithms.related.adjacent_rows import answer

    return answer(snapshot, params)
