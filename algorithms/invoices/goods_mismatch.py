"""Goods mismatch: a company that buys one kind of goods and invoices another in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding
from algorithms.invoices.asking import InvoiceParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Share = Annotated[float, Meta(ge=0, le=1)]


class GoodsMismatchParams(InvoiceParams, frozen=True, kw_only=True):
    """Which companies count as selling what they did not buy."""

    min_share: Annotated[
        _Share,
        Meta(
            description="least share of its sales that is of goods never bought"
            " / 未购进过的货物至少占其销售的比例"
        ),
    ] = 0.05
    min_replaced: Annotated[
        _Share,
        Meta(
            description="least share of these sales that has a like purchase of other goods"
            " / 其中有金额相近的其他货物购进的比例"
        ),
    ] = 0.3
    dwell: Annotated[
        float,
        Meta(
            description="days from the purchase to the sale, at most / 从购进到售出的最多天数",
            gt=0,
            le=366,
        ),
    ] = 20.0
    max_margin: Annotated[
        float,
        Meta(
            description="how much more one of the two amounts may be than the other, as a share"
            " / 两笔金额允许相差的比例",
            gt=0,
            le=10,
        ),
    ] = 0.2


@algorithm(
    "goods_mismatch",
    GoodsMismatchParams,
    Finding,
    sources=(
        "State Taxation Administration 2016 No. 23 (codes of goods and services)",
        "State Taxation Administration 2016 No. 76 (what is bought and sold differ grossly)",
        "doi:10.1214/aoms/1177728178",
    ),
    title="Goods mismatch / 进销不符",
    family="invoices",
)
def goods_mismatch(snapshot: Snapshot, params: GoodsMismatchParams) -> Result[Finding]:
    """Companies that sell goods they never bought, soon after buying others for about as much.

    By goods groups (first three digits of the code; invoices without goods stand aside) and over
    all time to `as_of`, as invoices stand: a group is *out of nothing* for a company where it
    bought at most a tenth of what it sold, and *left over* where it sold no more than it bought and
    the group is no overhead (which at least 40 % of all sellers buy, where there are 50 sellers:
    power, carriage, rent). A sale of the first kind is *replaced* where the company bought goods
    left over at most `dwell` days before it, neither amount more than 1 + `max_margin` times the
    other. A company is found where sales out of nothing are at least `min_share` of all its sales
    that name goods, and those replaced at least `min_replaced` of them, by amount. Every such
    company is found, once; `pattern` is `goods_mismatch`.

    `members` is the company, `attrs.circle` its suppliers of what is left over and customers of
    what is out of nothing, `facts` these purchases and sales, by time and id; `amount` is what was
    replaced. `attrs`: `sells`, `buys` (the groups), `share`, `replaced` as above, and `usual`: how
    much more often than all companies others who sell the largest of these groups buy what this one
    buys (mean over its purchases, by amount; null where fewer than five others sell it).

    `p`: how likely so many of these sales have such a purchase if each were at any moment of the
    trade (as in `invoice_pass_through`). `signs` for: hardly anybody who sells this buys that;
    nearly every sale has its purchase; next to no cost of living. Against: others who sell this do
    buy that (makers: their inputs differ from outputs); much power is bought; what is sold needs no
    goods (a service); it goes on inside a declared group; few deals. `score` weighs them
    (`algorithms.findings`).

    Rows are ordered by score, highest first. O(n log n) in the invoices. Raises UnknownSubject.
    """
    from algorithms.invoices.mismatch_rows import find
    from graph.times import day_end, today

    return find(snapshot, params, day_end(params.as_of or today()))
