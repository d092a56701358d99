"""From goods that go straight through to findings about companies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from algorithms.findings.making import Found
from algorithms.findings.scoring import Sign
from algorithms.invoices import livelihood
from algorithms.invoices.judging import judged
from algorithms.invoices.ledgers import totals
from algorithms.invoices.throughput import Trading, sooner, trading
from algorithms.registry import Result
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.invoices.invoice_pass_through import InvoicePassThroughParams
    from algorithms.invoices.ledgers import Books, Invoices
    from graph.columns import I64
    from graph.deadline import Deadline
    from graph.snapshot import Snapshot

MANY: Final = 5  # deals from which on it is a business


def find(snapshot: Snapshot, params: InvoicePassThroughParams, at: int) -> Result[Finding]:
    """Search as the question asks; see `invoice_pass_through`."""
    return judged(snapshot, params, at, _search)


def _search(
    kept: Books, params: InvoicePassThroughParams, asked: int | None, deadline: Deadline
) -> tuple[list[Found], int]:
    """What is found until the time is over, and how many companies were asked about."""
    dwell, invoices = int(params.dwell * DAY), kept.invoices
    if deadline.expired():
        return [], 0
    made = trading(invoices, dwell)
    tests = len(np.unique(made.company))
    if deadline.expired():
        return [], tests
    sold = totals(invoices.seller, invoices.net, kept.n)
    chosen = _straight(made, sold, params)
    if asked is not None:
        chosen &= kept.company == asked
    made = made.of(chosen[made.company])
    companies = np.flatnonzero(chosen)
    if deadline.expired():
        return [], tests
    tail = sooner(made, dwell, params.max_margin, kept.n)[companies].tolist()
    first = np.searchsorted(made.company, companies).tolist()
    last = np.searchsorted(made.company, companies, side="right").tolist()
    found: list[Found] = []
    for company, low, high, p in zip(companies.tolist(), first, last, tail, strict=True):
        if deadline.expired():
            break
        found.append(_one(kept, company, made.of(slice(low, high)), int(sold[company]), p))
    return found, tests


def _straight(made: Trading, sold: I64, params: InvoicePassThroughParams) -> npt.NDArray[np.bool_]:
    """Which companies are as the question asks."""
    n, zero = len(sold), np.int64(0)
    purchases = totals(made.company, np.where(made.sale, zero, made.amount), n)
    sales = totals(made.company, np.where(made.sale, made.amount, zero), n)
    through = totals(made.company, np.where(made.sale, made.through, zero), n)
    number = np.bincount(made.company[made.sale], minlength=n)
    found = (number >= params.min_sales) & (through > 0)
    found &= through >= params.min_through * np.maximum(purchases, sold)
    found &= sales <= (1 + params.max_margin) * purchases
    return np.asarray(found)


def _one(kept: Books, company: int, own: Trading, sold: int, p: float) -> Found:
    invoices, snapshot = kept.invoices, kept.snapshot
    through = int(own.through[own.sale].sum())
    bought, sales = int(own.amount[~own.sale].sum()), int(own.amount[own.sale].sum())
    passed = np.unique(own.group[own.through > 0])
    own = own.of(np.isin(own.group, passed))
    names = snapshot.fact_ids(invoices.row[own.place].tolist())
    when = own.time.tolist()
    order = sorted(range(len(names)), key=lambda i: (when[i], names[i]))
    others = np.where(own.sale, invoices.buyer[own.place], invoices.seller[own.place])
    circle = kept.company[np.unique(others)].tolist()
    circle = [c for _, c in sorted(zip(snapshot.canonicals(circle), circle, strict=True))]
    margin, share = sales / bought - 1, through / max(bought, sold)
    lives = livelihood.share(kept, company, sold)
    groups = ", ".join(invoices.groups[group] for group in passed.tolist())
    signs = livelihood.signs(kept, company, sold, own.time) + _deals(kept.invoices, own, others)
    return Found(
        pattern="invoice_pass_through",
        members=[int(kept.company[company])],
        rows=invoices.row[own.place[order]].tolist(),
        p=p,
        zh=f"货物 ({groups}) 购进后数日内售出, 占购销的 {share:.0%}, 毛利率 {margin:.1%}",
        en=f"goods ({groups}) are sold within days of being bought: {share:.0%} of its trade, at a"
        f" margin of {margin:.1%}",
        signs=signs,
        circle=circle,
        amount=through,
        currency=kept.currency,
        attrs={
            "through": round(share, 4),
            "margin": round(margin, 4),
            "living": None if lives is None else round(lives, 6),
        },
    )


def _deals(invoices: Invoices, own: Trading, others: npt.NDArray[np.int32]) -> list[Sign]:
    """What speaks against a business of passing invoices through: it was done once or twice, or
    for or from one alone, or the goods were exported, as an agent does."""
    found = []
    deals = int((own.sale & (own.through > 0)).sum())
    if deals < MANY:
        zh, en = f"仅 {deals} 笔", f"{deals} deals only"
        found.append(Sign("few_deals", float(deals - MANY), zh, en))
    if len(np.unique(others[own.sale])) == 1:
        found.append(Sign("one_customer", -1.5, "只有一家购货方", "one customer only"))
    if len(np.unique(others[~own.sale])) == 1:
        found.append(Sign("one_supplier", -1.5, "只有一家供货方", "one supplier only"))
    sold = own.amount[own.sale]
    exported = int(sold[invoices.export[own.place[own.sale]]].sum())
    if 2 * exported >= int(sold.sum()):
        zh, en = "货物出口 (代理出口)", "the goods are exported, as an agent does"
        found.append(Sign("exports", -4.5, zh, en))
    return found
