"""Invoice pass-through: goods invoiced in and out within days, by who lives on nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding
from algorithms.invoices.asking import InvoiceParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Share = Annotated[float, Meta(ge=0, le=1)]


class InvoicePassThroughParams(InvoiceParams, frozen=True, kw_only=True):
    """Which companies count as passing invoices through."""

    dwell: Annotated[
        float,
        Meta(
            description="days from the purchase to the sale, at most / 从购进到售出的最多天数",
            gt=0,
            le=366,
        ),
    ] = 10.0
    max_margin: Annotated[
        float,
        Meta(
            description="most that is earned, as a share of what was paid / 最大毛利率",
            ge=0,
            le=1,
        ),
    ] = 0.1
    min_through: Annotated[
        _Share,
        Meta(
            description="least share of purchases and of all sales that goes straight through"
            " / 快进快出的部分至少占购销的比例"
        ),
    ] = 0.7
    min_sales: Annotated[int, Meta(description="fewest sales / 最少销售笔数", ge=1)] = 1


@algorithm(
    "invoice_pass_through",
    InvoicePassThroughParams,
    Finding,
    sources=(
        "Criminal Law of the PRC art. 205; State Taxation Administration 2016 No. 76",
        "doi:10.1214/aoms/1177728178",
    ),
    title="Invoice pass-through / 票货快进快出",
    family="invoices",
)
def invoice_pass_through(snapshot: Snapshot, params: InvoicePassThroughParams) -> Result[Finding]:
    """Companies that sell within days what they bought, at about what they paid, and little else.

    Of every company, standing purchases and sales of each goods group (first three digits of the
    code; invoices without goods count as sales, never as bought or sold on) are matched first in
    first out, a sale with what was bought at most `dwell` days before it. A company is found where
    what went through so is at least `min_through` of its purchases in the groups that it both buys
    and sells, and of all its sales, its sales in them are at most 1 + `max_margin` times those
    purchases, and at least `min_sales` in number. Every such company is found, once; `pattern` is
    `invoice_pass_through`.

    `members` is the company, `attrs.circle` its suppliers and customers in these groups, `facts`
    the invoices of those groups in which something went through, by time and id. `amount` is what
    went through, at selling prices. `attrs`: `through` and `margin` as above, `living` the wages
    and bills of the company (see `living`) as a share of its sales, null where its payments are
    unknown.

    `p`: how likely as many of its sales come within `dwell` days, or half or a quarter of that,
    after a purchase of about their amount (within `max_margin`) if each sale were at any moment of
    its trade; Poisson's bound on the tail of a sum of unlike chances (Hoeffding 1956), Bonferroni's
    on the three. `signs` for: next to no cost of living, no landlord, carrier or power company is
    paid. Against: wages and bills paid regularly, in most months, as a wholesaler of thin margin
    does; few deals; one supplier or one customer alone; exports (an agent's trade). `score` weighs
    them (`algorithms.findings`).

    Rows are ordered by score, highest first. O(n log n) in the invoices and payments. Raises
    UnknownSubject.
    """
    from algorithms.invoices.throughput_rows import find
    from graph.times import day_end, today

    return find(snapshot, params, day_end(params.as_of or today()))
