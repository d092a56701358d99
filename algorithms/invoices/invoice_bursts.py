"""Invoice bursts: a new company, or one in new hands, that suddenly invoices many and is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding
from algorithms.invoices.asking import InvoiceParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class InvoiceBurstParams(InvoiceParams, frozen=True, kw_only=True):
    """Which bursts to look for."""

    window: Annotated[
        float, Meta(description="days of a burst / 集中开票的天数", gt=0, le=3660)
    ] = 60.0
    max_age: Annotated[
        float,
        Meta(
            description="days from the founding, or from coming into other hands, to the burst"
            " / 成立或易手之后多少天内",
            ge=0,
            le=36_600,
        ),
    ] = 365.0
    min_invoices: Annotated[
        int, Meta(description="fewest invoices in a burst / 最少发票数", ge=1)
    ] = 5
    min_buyers: Annotated[
        int, Meta(description="fewest buyers in a burst / 最少受票方数", ge=1)
    ] = 3


@algorithm(
    "invoice_bursts",
    InvoiceBurstParams,
    Finding,
    sources=(
        "Criminal Law of the PRC art. 205; State Taxation Administration 2016 No. 76",
        "doi:10.1080/01621459.1965.10480810",
        "doi:10.1007/978-1-4757-3460-7",
    ),
    title="Invoice bursts / 暴力虚开",
    family="invoices",
)
def invoice_bursts(snapshot: Snapshot, params: InvoiceBurstParams) -> Result[Finding]:
    """Companies that, new or newly in other hands, issue many invoices to many within a window.

    Counted are the invoices that a company issued, void ones among them and red letters not. A
    window of `window` days begins with an invoice that was issued at most `max_age` days after the
    company's founding or after a legal representative or shareholder came who was not one of the
    first. Of a company's windows the one with most invoices counts, the earliest of several. It
    is found where that has at least `min_invoices`, to at least `min_buyers` companies. Every such
    company is found, once; `pattern` is `invoice_burst`.

    `members` is the company, `attrs.circle` its buyers in the window, `facts` the invoices in the
    window, by time and id. `amount` is what they come to as issued. `attrs`: `buyers`; `undone`,
    the share of the window's invoices that are void or were taken back whole; `inputs`, what it
    had bought by the end of the window over what it had sold (both as they stand); `silent_days`
    from its last invoice to its end, or to the last invoice of anybody.

    `p` is the larger of two: how likely a window of so many is somewhere in its own life if its
    invoices were spread evenly over it (scan statistic, Naus 1965, by Bonferroni's bound over
    half windows; a life goes from its founding, at the earliest the first day of all invoices, to
    its end or `as_of`), and the share of companies at most that new whose densest window has as
    many (all companies, where fewer than 30 are). `signs` for: sells what it never bought, where
    others who mainly sell that group do buy (see `inputs`); voids and red letters beyond the usual;
    silence or deregistration after; next to no cost of living. Against: invoices spread evenly;
    the same season of another year was as busy; few buyers take most of it (a project); inputs,
    wages and bills as of a business (a liquidation sells what was bought).

    Rows are ordered by score, highest first. O(n log n) in the invoices. Raises UnknownSubject.
    """
    from algorithms.invoices.burst_rows import find
    from graph.times import day_end, today

    return find(snapshot, params, day_end(params.as_of or today()))
