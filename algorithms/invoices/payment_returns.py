"""Payment returns: an invoice is paid, and the money comes back another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding
from algorithms.invoices.asking import InvoiceParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Days = Annotated[float, Meta(ge=0, le=36_500)]
_Part = Annotated[float, Meta(gt=0, le=1)]


class ReturnParams(InvoiceParams, frozen=True, kw_only=True):
    """How soon and how much of a payment is back, over how many accounts."""

    window: Annotated[
        _Days,
        Meta(description="days from a payment until all is back / 付款到资金回流的天数"),
    ] = 15.0
    max_hops: Annotated[
        int,
        Meta(
            description="transfers from the seller's account back / 自销方账户起回流的最多转账次数",
            ge=1,
            le=8,
        ),
    ] = 4
    max_fee: Annotated[
        float,
        Meta(
            description="part of a payment that may stay behind / 回流中可扣留的比例 (开票费)",
            ge=0,
            lt=1,
        ),
    ] = 0.2
    min_part: Annotated[
        _Part,
        Meta(
            description="smaller parts of a payment are not followed / 小于付款此比例的转账不追踪"
        ),
    ] = 0.1
    max_explored: Annotated[
        int,
        Meta(description="transfers looked at for one payment / 每笔付款最多查看的转账", ge=1),
    ] = 100_000


@algorithm(
    "payment_returns",
    ReturnParams,
    Finding,
    sources=(
        "国家税务总局公告2014年第39号",
        "法释〔2024〕4号",
        "doi:10.1006/jcss.2002.1829",
    ),
    title="Payment returns / 资金回流",
    family="invoices",
)
def payment_returns(snapshot: Snapshot, params: ReturnParams) -> Result[Finding]:
    """Payments for invoices that are back with the buyer or its people within days, less a fee.

    Invoice, goods and money should run together. A payment is a transfer from an account of a
    buyer to an account of a company that has invoiced it. Its money is followed from the account
    that received it, over at most `max_hops` transfers in order of time (equal times count), all
    within `window` days of the payment, each of at least `min_part` of the payment and at most all
    of it; never along payments for invoices, which are trade of their own. It is back where it
    reaches an account of the buyer, of who holds, represents, controls, runs or works for it, or
    of who is kin to one of these, their nominee or acts in concert with them (but not an account
    of the seller); there it is not followed further. A payment is returned where the transfers
    that reach such accounts add up to it less `max_fee`. Payments of a pair that are not, 2 to 6
    that follow one another into one account, are followed together as if they were one, made by the
    last of them, all of which has to be back within `window` days of the first: they are returned
    where that one is; of runs that share a payment the one that is whole first, then the shortest.

    Found is every pair of seller and buyer of which a payment is returned (pattern
    `payment_return`). `members` are seller and buyer; `attrs.circle` whose accounts the money went
    through and reached (an account itself where nobody known held it); `facts` the payments that
    are returned, each with the transfers on its way back in order of time. `amount` is what the
    returned payments come to, `attrs.returned` what came back (at most as much). `attrs` also
    gives `payments` (of the pair in all) and `returns` (of them returned), `share` (what part of
    what was paid was in returned payments) and `fee` (what part of them stayed behind).

    `p` is the chance that as many of the transfers followed reach the buyer's circle, each with the
    frequency at which any transfer that is no payment for an invoice does (binomial: receivers are
    redrawn by how often they receive); where payments were returned together, of what was followed
    of all runs of the pair, too. Weighed for it: most of what was paid comes back, about the
    same fee each time. Against it: the seller itself refunds the buyer, red letters of about that
    amount, one declared group, one payment of several, a small part of what was paid.

    `truncated` says where `max_explored` left a payment's way unfinished, and where time ended the
    search. Linear in the transfers and invoices, and what is followed of each payment, up to six
    times. Raises UnknownSubject.
    """
    from algorithms.invoices.return_rows import find

    return find(snapshot, params)
