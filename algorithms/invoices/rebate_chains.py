"""Rebate chains: export refunds claimed on goods that nobody can have made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding
from algorithms.invoices.asking import InvoiceParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Days = Annotated[float, Meta(gt=0, le=36_500)]


class RebateParams(InvoiceParams, frozen=True, kw_only=True):
    """How far back one looks."""

    max_depth: Annotated[
        int,
        Meta(description="invoices from maker to exporter / 从生产到出口的环节数", ge=1, le=10),
    ] = 4
    window: Annotated[
        _Days, Meta(description="days from a purchase to the sale on / 购入到售出之间的天数")
    ] = 180.0
    silence: Annotated[
        _Days,
        Meta(
            description="days without a sale after which a maker is gone / 停止开票多少天视为失联"
        ),
    ] = 90.0
    max_fanout: Annotated[
        int,
        Meta(
            description="a trader with more suppliers of the goods is not passed through"
            " / 供应商多于此数的贸易商不再向上追溯",
            ge=1,
            le=1_000_000,
        ),
    ] = 200
    max_explored: Annotated[
        int,
        Meta(description="invoices looked at for one claim / 每项申报最多查看的发票", ge=1),
    ] = 1_000_000


@algorithm(
    "rebate_chains",
    RebateParams,
    Finding,
    sources=(
        "国税发〔2006〕24号",
        "财税〔2012〕39号",
        "doi:10.1006/jcss.2002.1829",
        "doi:10.1111/j.2517-6161.1995.tb02031.x",
    ),
    title="Export rebate chains / 骗取出口退税链",
    family="invoices",
)
def rebate_chains(snapshot: Snapshot, params: RebateParams) -> Result[Finding]:
    """Exports whose goods, followed back along invoices, come from makers that made nothing.

    An export is a standing invoice
    with `attrs.export`; its seller can claim the tax back that was
    paid before. Goods are followed by their group (first three digits of the code), back in order
    of time: each invoice is no later than the one it is followed from and no more than `window`
    days before it, up to `max_depth` invoices before the export. A maker is who sold goods of the
    group and bought of it no more than a tenth of that. A maker is fake where at least two hold:
    it bought nothing or next to nothing of anything (under a tenth of its sales); its bank account
    is known and pays no wages and no bills (`ledgers.Living`); it is gone, deregistered or
    without a sale for `silence` days until `as_of`, having sold for a year at most.

    Found is every exporter and goods group of which a chain leads back to a fake maker (pattern
    `rebate_chain`). `members` are the exporter, the traders on such chains (those next to it
    first) and the fake makers; `facts` the invoices of all such chains and the exports at their
    ends, in order of time; `amount` what these exports come to. `attrs` gives `goods` (the group),
    `makers` and `fake` (how many makers are in reach at all, and how many of them are fake) and
    `share`: what part of that which makers in reach sold into the chains is the fake ones'.

    `p` is the chance that as many of the makers in reach are fake if each is so with the frequency
    that it has among all makers (binomial). Weighed for it: most goods from fake makers, makers
    founded shortly before they sold, traders without wages or bills, makers that nobody paid.
    Against it: most goods from real makers, an exporter with staff and bills of its own whose
    makers are mostly real.

    `truncated` says where traders with more than `max_fanout` suppliers were not passed, where
    `max_explored` ended a claim's search (levels are finished), and where time did. Linear in the
    invoices of groups that are exported, and what is in reach of each claim. Raises UnknownSubject.
    """
    from algorithms.invoices.rebate_rows import find

    return find(snapshot, params)
