"""Goods followed along invoices, from their maker to who sells them last, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Days = Annotated[float, Meta(gt=0, le=36_500)]


class GoodsParams(Params, frozen=True, kw_only=True):
    """Which goods, from where, how far."""

    goods: Annotated[
        str | None,
        Meta(
            description="goods code, or the digits that codes begin with; unless given, each group"
            " (first three digits) by itself / 商品编码或其前几位, 默认按前三位分组追踪",
            examples=["1070101"],
        ),
    ] = None
    from_: Annotated[
        str | None,
        Meta(
            description="where to start; by default at every company that sells them and never"
            " bought them (backward: bought and never sold) / 起点企业, 默认为只卖不买的企业"
            " (反向时为只买不卖的企业)",
            examples=["demo:c1"],
        ),
    ] = msgspec.field(name="from", default=None)
    backward: Annotated[bool, Meta(description="back to where they came from / 反向追溯来源")] = (
        False
    )
    max_depth: Annotated[
        int, Meta(description="invoices one after another / 最多追踪的环节数", ge=1, le=20)
    ] = 6
    window: Annotated[
        _Days | None,
        Meta(
            description="days from a purchase to a sale of the same goods; unless given, any"
            " / 购入到售出之间的天数, 默认不限"
        ),
    ] = None
    max_fanout: Annotated[
        int,
        Meta(
            description="who passes these goods on to more companies is shown as a hub and not"
            " followed further / 交易对手多于此数者标为枢纽, 不再追踪",
            ge=1,
            le=1_000_000,
        ),
    ] = 1000
    currency: Annotated[
        str,
        Meta(description="only invoices in this currency / 只看此币种的发票", pattern="^[A-Z]{3}$"),
    ] = "CNY"
    max_rows: Annotated[
        int, Meta(description="companies shown, the nearest / 最多列出的企业", ge=1, le=100_000)
    ] = 1000
    time_limit: Annotated[float, Meta(description="seconds / 时限 (秒)", gt=0, le=3600)] = 60.0


class GoodsStop(msgspec.Struct, frozen=True, kw_only=True):
    """A company that goods reached (backward: that they came from)."""

    company: str
    goods: str
    depth: int
    role: str
    amount: str
    invoices: int
    begins: str | None
    ends: str | None
    path: list[str]
    facts: list[str]
    hub: bool
    facts_total: int | UnsetType = UNSET


@algorithm(
    "trace_goods",
    GoodsParams,
    GoodsStop,
    sources=("doi:10.1006/jcss.2002.1829", "GB/T 38155-2019"),
    title="Trace goods along invoices / 沿发票追踪商品",
    family="invoices",
)
def trace_goods(snapshot: Snapshot, params: GoodsParams) -> Result[GoodsStop]:
    """Every company that goods can have reached along invoices, or can have come from.

    Goods of one code (or of all codes that begin with the same digits) go from seller to buyer, and
    on along an invoice that is no earlier than the one they came by and, with a `window`, no more
    than so many days after it: a path in order of time (Kempe, Kleinberg and Kumar 2002). Equal
    times count as in order, for most invoices give only the day. Backward the same paths are walked
    from their end. Which piece went where no invoice tells, nor how many; so this is how far the
    goods can have got, not how far they did, and amounts stand for quantities. Red letters are
    netted against what they take back, void invoices left out.

    Starts are `from`, or every company that only sells these goods (backward: only buys them). One
    row a company and goods: `goods` is the code asked about, else the group; `depth` the fewest
    invoices from a start, 0 for a start itself; `role` is `maker` (only sells them), `supplier`
    (buys and sells) or `seller` (only buys them: the last that invoices show). `amount` (decimal
    text), `invoices`, `begins` and `ends` are those of all invoices in reach by which they
    came to it (of a start, and backward: by which they left it). `path` is one of the shortest from
    a start and `facts` its invoices in order; of several, that of earliest (backward: latest) last
    invoice, then the largest, then the least id. A `hub` passes these goods on to (backward: has
    them from) more than `max_fanout` companies and is not followed further, unless it is `from`.

    Rows are ordered by depth, then amount, largest first, then goods and company. `truncated` says
    where hubs, depth, rows or time cut the search. O(depth × invoices of the goods). Raises
    UnknownSubject.
    """
    from algorithms.invoices.goods_rows import follow

    return follow(snapshot, params)
