"""`close_links`: who is linked to whom by a fifth of accumulated ownership."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class CloseLinksParams(Params, frozen=True, kw_only=True):
    """Whose links, from which share on, and within which bounds."""

    subject: Annotated[
        str | None,
        Meta(
            description="one party, shown as `a`; left out: everybody / 一方主体 (a), 缺省为全部",
            examples=["c1"],
        ),
    ] = None
    target: Annotated[
        str | None,
        Meta(description="the other party, shown as `b` / 另一方主体 (b)", examples=["c2"]),
    ] = None
    threshold: Annotated[
        float,
        Meta(
            description="least accumulated share, itself included / 累计持股比例下限 (含本数)",
            gt=0,
            le=1,
        ),
    ] = 0.2
    max_paths: Annotated[
        int,
        Meta(
            description="steps of paths taken inside a closed loop before it is left off"
            " / 闭环内路径步数上限",
            ge=1,
            le=100_000_000,
        ),
    ] = 100_000
    max_nodes: Annotated[
        int,
        Meta(
            description="subjects met from one owner or company before no further level is begun"
            " / 穿透主体数上限",
            ge=1,
        ),
    ] = 100_000
    max_rows: Annotated[int, Meta(description="rows of the answer / 结果行数上限", ge=1)] = 10_000
    time_limit: Annotated[
        float, Meta(description="seconds before the answer is cut / 时限（秒）", gt=0)
    ] = 30.0


class CloseLink(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`a` and `b` are linked in one way, by `value`: a fraction of at least the threshold."""

    a: str
    b: str
    value: float
    basis: Literal["owns", "owned", "common"]
    facts: list[str]
    facts_total: int | UnsetType = UNSET
    via: str | UnsetType = UNSET  # the third party of a `common` link
    lower_bound: bool | UnsetType = UNSET  # a bound cut the search: the true value may be higher
    reason: str | UnsetType = UNSET  # a register past 1 is on the way: the value means little


@algorithm(
    "close_links",
    CloseLinksParams,
    CloseLink,
    sources=(
        "Atzeni, Bellomarini, Iezzi, Sallinger, Vlad 2020, Weaving Enterprise Knowledge Graphs:"
        " The Case of Company Ownership Graphs, EDBT",
        "Regulation (EU) No 575/2013, art. 4(1)(38)",
        "Guideline (EU) 2015/510 of the European Central Bank, art. 138",
        "中华人民共和国公司法 (2023年修订) 第二百六十五条",
    ),
    title="Close links / 密切关联",
    family="ownership",
)
def close_links(snapshot: Snapshot, params: CloseLinksParams) -> Result[CloseLink]:
    """Pairs of parties linked by accumulated ownership of at least `threshold`.

    Accumulated ownership of a in b is the sum, over all simple paths of holdings from a to b (no
    subject twice), of the product of the shares along each. It is not integrated ownership, which
    counts all rounds of circular holdings too: here it is the smaller of the two.

    One row for each way in which two parties are linked, named by `basis`: `owns`, a has `value`
    of b; `owned`, b has `value` of a; `common`, a third party `via` has at least the threshold of
    both, and `value` is the smaller of its two shares. An organ of the state is no such third
    party: what only the state owns in common is not related by that (公司法 2023, art. 265).
    Parties linked both ways have a row for each. Asked about one party, it is `a` (`subject`) or
    `b` (`target`). Asked about everybody, what a row `owned` would say is the row `owns` the other
    way round, and `common` has a < b.

    Fractions; exactly the threshold is enough, and a value within 1e-9 of it is decided in
    rationals. A holding without a share is left out, and a note names it. Shares count as they
    stand where a register sums past 1 + 1e-9, with the `reason` on the row.

    The paths through closed loops can be exponentially many: after `max_paths` steps inside one it
    is left off, as after `max_nodes` subjects. `truncated` says so, and `lower_bound` is true on
    each row whose value may be higher; pairs just under the threshold may then be missing.

    Rows by owner or third party (canonical id), its `owns` first, the largest first; about one
    party `owns`, `owned`, then `common`. `facts`: the strongest path first, then every other
    holding on the way from owner to owned, the larger first; of a `common` link both ways.

    O(holdings below an owner) for each owner, and O(states) of paths inside each closed loop.
    """
    from algorithms.ownership import ask_links

    return ask_links.answer(snapshot, params)
