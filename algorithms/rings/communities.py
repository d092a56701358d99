"""Communities: parts of a network that are tied within more than chance would tie them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class CommunitiesParams(Params, frozen=True, kw_only=True):
    """Over which relations, how fine, and from which seed."""

    subject: Annotated[
        str | None,
        Meta(
            description="only the community of this subject / 只查此主体所在的社区",
            examples=["demo:c1"],
        ),
    ] = None
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of relation that join; default all but identity judgements"
            " / 关系种类, 默认为全部 (同一性判断除外)",
            examples=[["transfer"]],
        ),
    ] = None
    resolution: Annotated[
        float,
        Meta(
            description="higher finds more and smaller communities / 分辨率, 越大社区越小越多",
            gt=0,
            le=1_000_000,
        ),
    ] = 1.0
    weight: Annotated[
        Literal["relations", "pairs"],
        Meta(
            description="whether parallel relations count each, or a pair once"
            " / 按关系条数计权, 或每对主体只计一次"
        ),
    ] = "relations"
    seed: Annotated[
        int, Meta(description="the same seed gives the same answer / 随机种子", ge=0, le=2**63 - 1)
    ] = 1
    iterations: Annotated[
        int,
        Meta(description="runs, each from the outcome of the one before / 迭代次数", ge=1, le=100),
    ] = 3
    min_size: Annotated[
        int, Meta(description="fewest members of a community / 最少成员数", ge=2)
    ] = 2
    max_members: Annotated[
        int,
        Meta(
            description="members listed of a community, those of most relations"
            " / 每个社区最多列出的成员",
            ge=1,
            le=10_000_000,
        ),
    ] = 1000
    max_rows: Annotated[
        int,
        Meta(
            description="communities shown, those of the largest share in the modularity"
            " / 最多列出的社区",
            ge=1,
            le=1_000_000,
        ),
    ] = 1000
    time_limit: Annotated[
        float,
        Meta(
            description="seconds; past them no communities are answered"
            " / 时限 (秒), 超时则不给出社区",
            gt=0,
            le=3600,
        ),
    ] = 600.0


class Community(msgspec.Struct, frozen=True, kw_only=True):
    """A community: `members` with most relations first, `facts` newest first."""

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
    modularity: float
    members_total: int | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET


@algorithm(
    "communities",
    CommunitiesParams,
    Community,
    sources=(
        "doi:10.1038/s41598-019-41695-z",
        "doi:10.1103/PhysRevE.70.056131",
        "doi:10.1103/PhysRevE.74.016110",
        "doi:10.1073/pnas.0605965104",
    ),
    title="Communities / 社区",
    family="rings",
)
def communities(snapshot: Snapshot, params: CommunitiesParams) -> Result[Community]:
    """Communities of the network over relations of the asked kinds by the Leiden algorithm: each
    subject is in one, and each community hangs together.

    A relation counts when it is true on `as_of` and both its ends are; an event (transfer, invoice)
    when it happened by the end of that day. Relations join without direction; parallel ones weigh
    as many as they are, or once with `weight` pairs; those of a subject with itself are left out.
    What is made large is Newman and Girvan's modularity at a `resolution` (Reichardt and
    Bornholdt). The best partition cannot be found in useful time: Leiden moves subjects and parts
    of communities until none gains, which is never worse than every subject alone. At resolution 1
    communities of fewer than about sqrt(2m) relations may be found merged (Fortunato and Barthélemy
    2007): ask for a higher one where small groups matter.

    It draws at random from `seed`, over subjects in an order that the network gives (each by its
    own and its neighbours' relations to several steps, their kinds, times and values; by canonical
    id only where these tell nothing apart): the same seed gives the same communities, however the
    facts were loaded. Another seed may give others; what holds for many seeds is there.

    `pattern` is `community`; `size` is the number of members; `modularity` the community's share in
    the modularity, L / m - resolution * (k / 2m)², where
    L of the m relations lie within and its members have k ends of them. `score` is 2L / k: the
    share of its members' relations that stays within. `members` are ordered by the number of ends
    of relations, highest first, then by id; past `max_members` they are cut and `members_total`
    says how many there are. `facts` are the relations within, those that began last first, then by
    id. `begins` and `ends`: when the first and the last of them began. `amount` is null. `id` is a
    digest of the asked kinds and of the least canonical id among the members of the kind that
    stands first in the model: it stays while that member does and no lesser joins.

    Rows are ordered by `modularity`, highest first, then size, then that least canonical id; past
    `max_rows` the others are left out, and `truncated` says so. A note tells the modularity of the
    whole and how many communities there are. Subjects without a relation that counts are not shown.
    Past `time_limit` there are no rows, and `truncated` says so. Near O(m log n); 100 bytes a
    relation and 300 a subject, and as much again in a process of its own where there are over
    100,000 pairs, so that it can be ended. Raises UnknownSubject, WrongUsage.
    """
    from algorithms.rings.community_rows import answer

    return answer(snapshot, params)
