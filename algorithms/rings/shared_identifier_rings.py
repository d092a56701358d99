"""Shared-identifier rings: people, companies and accounts around the same few phones, addresses,
devices or accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class SharedIdentifierParams(FindingParams, frozen=True, kw_only=True):
    """What is shared, how rarely, and how closely a ring hangs together."""

    subject: Annotated[
        str | None,
        Meta(description="only rings that this subject is in / 只查此主体所在的团伙",
             examples=["demo:c1"]),
    ] = None  # fmt: skip
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="how identifiers are used; default uses_phone, uses_device, located_at,"
            " holds_account / 标识的使用关系, 默认为电话、设备、地址、账户",
            examples=[["uses_phone", "located_at"]],
        ),
    ] = None
    max_sharing: Annotated[
        int,
        Meta(
            description="an identifier of more subjects is a hub and joins nobody"
            " / 使用者多于此数的标识视为公用, 不作连接",
            ge=2,
            le=1000,
        ),
    ] = 36
    min_weight: Annotated[
        float,
        Meta(
            description="least weight of what a pair shares, 1 / (d - 1) for each identifier of d"
            " subjects / 两者共用标识的最小权重之和",
            ge=0.001,
            le=1000,
        ),
    ] = 0.1
    min_density: Annotated[
        float,
        Meta(
            description="share of a ring's pairs that must be tied / 团伙内成对相连的最低比例",
            gt=0,
            le=1,
        ),
    ] = 0.4
    min_size: Annotated[int, Meta(description="fewest members / 最少成员数", ge=2)] = 3


@algorithm(
    "shared_identifier_rings",
    SharedIdentifierParams,
    Finding,
    sources=(
        "doi:10.1103/PhysRevE.64.016132",
        "doi:10.1103/PhysRevE.64.026118",
        "arXiv:1104.3904",
    ),
    title="Shared-identifier rings / 共用标识团伙",
    family="rings",
)
def shared_identifier_rings(snapshot: Snapshot, params: SharedIdentifierParams) -> Result[Finding]:
    """Groups of subjects that share phones, addresses, devices or accounts which few others use.

    An identifier of d subjects ties each pair of them with weight 1 / (d - 1), after Newman's
    weights of scientific collaboration; parallel relations count once. One of more than
    `max_sharing` subjects is a hub (a formation agent's address, a bookkeeper's phone, a
    switchboard with a million callers): it ties nobody and costs nothing. Pairs of at least
    `min_weight` are kept. Of all groups that hang together by pairs of at least some weight, those
    are rings of whose pairs a share of at least `min_density` has that weight: the largest of them,
    with at least `min_size` members; no two overlap. A relation counts when it is true on `as_of`
    and both its ends are.

    `pattern` is `shared_identifiers`. `members`: most of the ring's sharing first, then by id;
    `attrs.via` the identifiers that at least two of them share, `attrs.circle` those who sign for,
    manage or hold several members. `facts` tie members to those identifiers, oldest first.
    `amount`: what members paid or invoiced each other, where anything.

    `p`: of the sharing (users of each identifier within the ring but one, summed) at least as much
    where each identifier keeps its number of users and each subject its number of identifiers and
    who uses which is drawn anew (configuration model, Newman, Strogatz and Watts 2001; Poisson
    tail of the expected pairs). Weighed in `signs`: how many kinds of identifier they share, that
    they are not related otherwise, firms founded or identifiers taken up together, one legal
    representative, money between them; against it: one family, one registered group, one employer,
    tenants of one address and nothing else, clients at one phone and nothing else.

    Rows by score, then evidence, begin, id. O(sum of d² over identifiers that are no hubs), at most
    `max_sharing` times the relations. Raises UnknownSubject, WrongUsage.
    """
    from algorithms.rings.shared_rows import answer

    return answer(snapshot, params)
