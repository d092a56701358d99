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
            description="an identifier of more parties is a hub and joins nobody"
            " / 使用者多于此数的标识视为公用, 不作连接",
            ge=2,
            le=1000,
        ),
    ] = 36
    min_weight: Annotated[
        float,
        Meta(
            description="least weight of what a pair shares, 1 / (d - 1) for each identifier of d"
            " parties / 两者共用标识的最小权重之和",
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
    min_size: Annotated[int, Meta(description="fewest parties / 最少几方", ge=2)] = 3


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

    An identifier of d parties ties each pair of its users with weight 1 / (d - 1), after Newman's
    weights of scientific collaboration, an address half of it, for a house has many tenants;
    parallel relations count once. A company is one party with its legal representative, whoever
    holds over half of it and its branches, an account with its holder, and so on through all of
    them: what they share with each other ties nobody. Nor does an identifier of more than
    `max_sharing` parties, a hub (a formation agent's address, a bookkeeper's phone, a switchboard
    with a million callers), which costs nothing. Pairs of at least `min_weight` are kept. Of all
    groups that hang together by pairs of at least some weight, those are rings that have most pairs
    of that weight above a share `min_density` of all their pairs, summed over rings that do not
    overlap; with members of at least `min_size` parties. A relation counts when it is true on
    `as_of` and both its ends are.

    `pattern` is `shared_identifiers`. `members`: those who share most first, then by id;
    `attrs.circle` the identifiers that at least two of the parties share, most shared first, then
    those who sign for, manage or hold several members. `facts` tie members to those identifiers,
    oldest first. `amount`: what members paid or invoiced each other, where anything.

    `p`: of the sharing (the ring's parties at each identifier but one, summed) at least as much
    where each identifier keeps its number of users and each user its number of identifiers and
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
