"""Invoice cycles: companies that invoice one another in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding
from algorithms.invoices.asking import InvoiceParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class InvoiceCycleParams(InvoiceParams, frozen=True, kw_only=True):
    """Which circles to look for."""

    min_length: Annotated[
        int, Meta(description="fewest companies in a circle / 环的最少企业数", ge=2, le=8)
    ] = 2
    max_length: Annotated[
        int, Meta(description="most companies in a circle / 环的最多企业数", ge=2, le=8)
    ] = 6
    window: Annotated[
        float,
        Meta(
            description="days between the first and the last invoice / 首末发票之间的天数",
            gt=0,
            le=3660,
        ),
    ] = 90.0
    tolerance: Annotated[
        float,
        Meta(
            description="how far the amount of a hop may be from that of another, as a share of it"
            " / 各环节金额允许相差的比例",
            ge=0,
            le=0.9,
        ),
    ] = 0.25
    max_parts: Annotated[
        int,
        Meta(
            description="invoices that may make up one hop together / 一个环节最多由几张发票合成",
            ge=1,
            le=8,
        ),
    ] = 3
    max_explored: Annotated[
        int, Meta(description="invoices looked at / 最多查看的发票", ge=1, le=10**12)
    ] = 2_000_000_000


@algorithm(
    "invoice_cycles",
    InvoiceCycleParams,
    Finding,
    sources=(
        "Law of the PRC on the Administration of Tax Collection; Criminal Law art. 205",
        "doi:10.1093/acprof:oso/9780199206650.001.0001",
        "doi:10.14778/3236187.3236197",
    ),
    title="Invoice cycles / 环开发票",
    family="invoices",
)
def invoice_cycles(snapshot: Snapshot, params: InvoiceCycleParams) -> Result[Finding]:
    """Rings of companies that invoice one another in a circle, in like amounts, within a window.

    A hop is made of 1 to `max_parts` standing invoices from one company to the next that follow one
    another (void ones do not stand, nor what a red letter takes back; what it takes back in part
    counts with the rest). A ring of `min_length` to `max_length` different companies is found where
    some hop, its anchor, has one of every other hop in its box: none begins before it, none ends
    more than `window` days after it began, and none differs from its amount by more than
    `tolerance` (times 1 - tolerance at least, by 1 - tolerance at most). The order of time round
    the circle does not matter. Every such ring is found, once: `pattern` is `invoice_cycle`.

    `members` are in the order of invoicing, from the seller of the earliest invoice on (where
    several are of one moment, that of least canonical id); `facts` are all invoices in the boxes
    of any of its anchors, hop by hop and by time. `amount` is what they come to together;
    `attrs.unpaid` the share of it that the buyers did not pay their sellers from 10 days before to
    60 days after, null where no payment is known of most of them, nor of most buyers.

    `p`: see `circle_chance`: who sells to whom is drawn, sales and purchases stay. `signs` for:
    goods of one code go all the way round and come back; nobody pays. Against: the invoices are
    paid (trade, goods returned at a price), a declared group (barter, processing within it),
    different goods on each hop (processing). `score` weighs them (`algorithms.findings`).

    Rows are ordered by score, highest first. Looking for a company finds the same rows and shows
    its own. Time grows with the chains of like amounts within the window, not with the paths of the
    graph; `truncated` says where `max_explored` or `time_limit` ended it. Raises UnknownSubject.
    """
    from algorithms.invoices.circle_rows import find
    from graph.times import day_end, today

    return find(snapshot, params, day_end(params.as_of or today()))
