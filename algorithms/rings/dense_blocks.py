"""Dense blocks: payers and payees, people and events, far more tied to each other than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class DenseBlockParams(FindingParams, frozen=True, kw_only=True):
    """In which network, how many blocks, and how much a popular item counts."""

    subject: Annotated[
        str | None,
        Meta(
            description="only blocks that this subject is in / 只查此主体所在的团块",
            examples=["demo:a1"],
        ),
    ] = None
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="relations of one network, from one side to the other; default two"
            " networks: transfer, and participated / 组成二部图的关系, 默认转账与参与分别计算",
            examples=[["uses_phone", "uses_device"]],
        ),
    ] = None
    blocks: Annotated[
        int,
        Meta(description="blocks looked for in each part / 每个部分查找的团块数", ge=1, le=1000),
    ] = 3
    part: Annotated[
        int,
        Meta(
            description="a network of more edges is cut into parts of about so many; 0: never"
            " / 边数更多的网络先分成约此规模的部分, 0 为不分",
            ge=0,
        ),
    ] = 3000
    seed: Annotated[
        int, Meta(description="the same seed gives the same parts / 随机种子", ge=0, le=2**63 - 1)
    ] = 1
    camouflage: Annotated[
        float,
        Meta(
            description="c of an edge's weight 1 / ln(x + c) at an item of x edges"
            " / 边权 1 / ln(x + c) 中的 c",
            gt=1,
            le=1000,
        ),
    ] = 5.0
    min_side: Annotated[
        int, Meta(description="fewest subjects on either side / 每侧最少主体数", ge=1)
    ] = 2


@algorithm(
    "dense_blocks",
    DenseBlockParams,
    Finding,
    sources=(
        "doi:10.1145/2939672.2939747",
        "doi:10.1007/3-540-44436-X_10",
        "doi:10.1038/s41598-019-41695-z",
    ),
    title="Dense blocks / 稠密团块",
    family="rings",
)
def dense_blocks(snapshot: Snapshot, params: DenseBlockParams) -> Result[Finding]:
    """The densest blocks of a bipartite network, one after another: FRAUDAR (Hooi et al. 2016).

    The network has payers on one side and payees on the other (an account may be on both), people
    and events, or subjects and what they use, as `kinds` says; parallel relations are one edge. A
    relation counts when it is true on `as_of` and both its ends are, an event when it happened by
    the end of that day. An edge to an item of x edges weighs 1 / ln(x + `camouflage`), so that
    payments to where everybody pays, put in for camouflage, add little. The density of a block is
    the weight of the edges within it over the number of subjects in it. Peeling off what has the
    least weight left, all equal ones together, finds a block of at least half the highest density
    (Charikar 2000; theorem 1 of FRAUDAR). Its edges are then taken out and the next is looked for,
    `blocks` times; those of fewer than `min_side` subjects on a side are left out.

    In a whole economy the densest block is its busiest trade, thousands large. So a network of more
    than `part` edges is first cut into parts, of members tied more than chance ties them: its
    Leiden communities at resolution edges / `part` over the same weights, from `seed`. Blocks are
    looked for within each, and the guarantee holds for the part; there the search ends at the first
    block that chance would give as well (`p` 1).

    `pattern` is `dense_block`. `members`: those on the left (payers, people), most edges within
    first, then those on the right that are not among them; events and things are `attrs.circle`.
    `attrs` has the numbers of both sides, of edges, and the density. `facts`: the relations within,
    oldest first. `amount`: the sum of the payments within, where all are of one currency.

    `p`: of at least as many edges within, of the best of all blocks of so many subjects on either
    side, where each subject keeps its number of edges and the edges are drawn anew (Poisson tail of
    the expected number in the configuration model, times the number of such blocks); of all edges,
    or of those of at least two relations, the less likely of both, times two. Weighed in `signs`:
    payments again and again within months, members who deal with hardly anybody else; against it:
    that shops have regulars and trades have centres, invoices behind the payments, one side that is
    a single shop or market, one family or registered group.

    Rows by score, then evidence, begin, id. O(m log n) a block; `truncated` says where time ended
    the search. Raises UnknownSubject, WrongUsage.
    """
    from algorithms.rings.block_rows import answer

    return answer(snapshot, params)
