"""What every question about invoices takes beside how many findings to show."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from algorithms.findings.finding import FindingParams


class InvoiceParams(FindingParams, frozen=True, kw_only=True):
    """Which invoices are looked at, and whose findings are shown."""

    company: Annotated[
        str | None,
        Meta(
            description="only findings that this company is a member of / 只列出涉及此企业的线索",
            examples=["demo:c1"],
        ),
    ] = None
    currency: Annotated[
        str,
        Meta(description="only invoices in this currency / 只看此币种的发票", pattern="^[A-Z]{3}$"),
    ] = "CNY"
