"""Clusters: who is listed or suspected, put together where typed relations join them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

LISTS: Final = ("black", "penalty")
TIES: Final = (
    "legal_representative", "controller", "shareholder", "nominee", "acts_in_concert", "branch",
    "successor", "guarantee", "holds_account", "uses_phone", "uses_device", "located_at",
)  # fmt: skip


Domains = Annotated[
    list[str] | None,
    Meta(
        description="only listings of these fields; default all / 只取这些领域的名单, 默认全部",
        examples=[["tax"]],
    ),
]


class Knitting(Params, frozen=True, kw_only=True):
    """Who is the core, and which relations join."""

    lists: Annotated[
        list[str] | None,
        Meta(
            description="whoever is on such a list is core; default black and penalty"
            " / 列入此类名单者为核心, 默认为黑名单和行政处罚",
            examples=[["black", "penalty"]],
        ),
    ] = None
    domains: Domains = None
    algorithms: Annotated[
        list[str] | None,
        Meta(
            description="detectors whose findings' members are core, too; default none"
            " / 其线索成员也作为核心的检测算法, 默认不用",
        ),
    ] = None
    min_score: Annotated[
        float,
        Meta(
            description="of findings: leave out those of a lower score / 线索最低得分", ge=0, le=1
        ),
    ] = 0.5
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="relations that join; default control, ownership, guarantees and shared"
            " identifiers / 连接所用的关系, 默认为控制、持股、担保和共用标识",
            examples=[["shareholder", "controller", "legal_representative"]],
        ),
    ] = None
    min_share: Annotated[
        float,
        Meta(description="least holding that joins / 起连接作用的最低持股比例", ge=0, le=1),
    ] = 0.25
    reach: Annotated[
        int,
        Meta(
            description="relations from the core within which others are looked at"
            " / 核心周围查看的层数",
            ge=0,
            le=3,
        ),
    ] = 1
    min_core: Annotated[
        int, Meta(description="fewest of the core in a cluster / 最少核心主体数", ge=1)
    ] = 2
    max_fanout: Annotated[
        int,
        Meta(
            description="a company or person joined to more others joins none"
            " / 相连者多于此数的企业或个人不起连接作用",
            ge=1,
            le=1_000_000,
        ),
    ] = 100
    max_shared: Annotated[
        int,
        Meta(
            description="an account, phone, device or address of more users joins none"
            " / 使用者多于此数的账户、电话、设备或地址不起连接作用",
            ge=1,
            le=1_000_000,
        ),
    ] = 10
    time_limit: Annotated[
        float, Meta(description="seconds, for each detector / 时限 (秒)", gt=0, le=3600)
    ] = 60.0


class ClusterParams(Knitting, frozen=True, kw_only=True):
    """Which clusters, and how many."""

    subject: Annotated[
        str | None,
        Meta(description="only the cluster of this subject / 只查此主体所在的群组"),
    ] = None
    max_rows: Annotated[
        int,
        Meta(description="clusters shown, the worst / 最多列出的群组", ge=1, le=100_000),
    ] = 1000


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster. `members`: `core`, worst first, then whoever joins them; `relations` counts what
    joins, `reasons` why the core is core; `born`: since when it has been a cluster."""

    id: str
    pattern: str
    members: list[str]
    core: list[str]
    facts: list[str]
    amount: str | None
    begins: str | None
    ends: str | None
    born: str | None
    score: float
    why: str
    reasons: dict[str, int]
    relations: dict[str, int]
    attrs: dict[str, Any] | UnsetType = UNSET
    members_total: int | UnsetType = UNSET
    core_total: int | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET


@algorithm(
    "clusters",
    ClusterParams,
    Cluster,
    sources=(
        "doi:10.1145/362248.362272",
        "doi:10.1103/PhysRevE.64.016132",
        "isbn:9780080514895",
    ),
    title="Risk clusters / 风险群组",
    family="risk",
)
def clusters(snapshot: Snapshot, params: ClusterParams) -> Result[Cluster]:
    """The risk clusters of a day: subjects that are listed, or members of findings, put together
    where relations join them, under names that stay as facts come.

    The core are the subjects with a listing in force on `as_of` (its `list` among `lists`, its
    field among `domains`, its status in force, or expired since, or taken off on a later day, which
    its `valid_to` says; of what was taken off on a day that is not said none is known), and the
    members of findings of the detectors in `algorithms` of at least `min_score`. Others are looked
    at up to `reach` relations from the core. Two of all these are joined by a relation of the
    asked `kinds` that is true on `as_of` and both its ends are; holdings join where parallel
    ones sum to at least `min_share`, unknown ones do not. A hub joins nothing: a company or
    person joined to more than `max_fanout` others, an
    account, phone, device or address of more than `max_shared` (what many share says little:
    Newman 2001). A cluster is a connected component with at least `min_core` of the core. From it
    whoever is not core and joined to one alone is taken off, again and again; those are its
    `attrs.circle`. `attrs.hubs` are hubs that stand at two members or more.

    `id` is a digest of the fact by which the core subject listed (found) earliest came to be core;
    of those without a day the least id. So it stays while that holds, whatever is listed or joined
    later; where clusters merge, that of the earlier stays. `attrs.was` are the names that the parts
    have, or would have, as clusters of their own: a name noted earlier is found again there.

    `score` (0..1, higher is worse) is a policy, no probability: 1 - product of (1 - w) over the
    distinct reasons of all the core (noisy-or, Pearl 1988), w = 0.5 for a black list, 0.3 for a
    penalty, 0.1 for any other list, and for a finding its score. `reasons` counts the core by
    `list/domain` or pattern; `relations` what joins members, by kind. `born` is the day or moment
    since which, by the facts that hold today, `min_core` of it hang together; null where one of
    these has no beginning. `begins` and `ends` are when the first and last of its facts began.
    `members` are the core, worst first, then the others by how many members they are joined to;
    `facts` the listings and findings' first facts of the core, then the relations, each by begin
    and id. `pattern` is `cluster`, `amount` null.

    Rows are ordered by score, then number of the core and of members, highest first, then id.
    `truncated` says which bounds were hit: hubs next to the core, rows, a detector's own. Time:
    linear in the relations of the asked kinds and the listings, and what detectors take. Raises
    UnknownSubject, WrongUsage.
    """
    from algorithms.risk.cluster_rows import answer

    return answer(snapshot, params)
