"""From rings of invoices to findings: what was paid, who belongs together, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from algorithms.findings.asking import subject_of
from algorithms.findings.making import Cut, Found, answer
from algorithms.findings.scoring import CAP, Sign
from algorithms.invoices.circle_chance import chance
from algorithms.invoices.circle_search import Box
from algorithms.invoices.circles import Rings, rings
from algorithms.invoices.ledgers import TOLD, books
from algorithms.registry import Result
from graph.deadline import within
from graph.money import decimal_text
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.invoices.invoice_cycles import InvoiceCycleParams
    from algorithms.invoices.ledgers import Books
    from graph.columns import I64
    from graph.snapshot import Snapshot

    F64 = npt.NDArray[np.float64]

EARLY: Final = 10 * DAY  # a payment in advance
LATE: Final = 60 * DAY  # and one on account
GROUP: Final = -4.0  # what a declared group says
GOODS: Final = 1.0  # what the goods say, one way or the other


def find(snapshot: Snapshot, params: InvoiceCycleParams, at: int) -> Result[Finding]:
    """Search as the question asks; see `invoice_cycles`."""
    deadline = within(params.time_limit)
    asked = None if params.company is None else subject_of(snapshot, params.company, "company")
    kept = books(snapshot, at, params.currency)
    box = Box(
        params.min_length, max(params.min_length, params.max_length), int(params.window * DAY),
        params.tolerance,
    )  # fmt: skip
    made = rings(
        kept.invoices, kept.n, box, parts=params.max_parts, explore=params.max_explored,
        deadline=deadline,
    )  # fmt: skip
    found, weaker = Told(kept, made).findings(asked, params)
    cuts = []
    if made.ended is not None:
        limit = params.max_explored if made.ended == "max_explored" else None
        text = f"{made.ended}: not all was looked at / 未查看全部发票"
        cuts.append(Cut(text, made.explored, limit))
    return answer(snapshot, found, params, tests=made.asked, cuts=cuts, weaker=weaker)


class Told:
    """What is to be said of rings, by ring or by hop of a ring (ring, hop ascending)."""

    def __init__(self, kept: Books, made: Rings) -> None:
        self.kept, self.made = kept, made
        invoices, companies = kept.invoices, made.companies
        self.length = (companies >= 0).sum(axis=1)
        ring, hop = np.nonzero(companies >= 0)
        key, self.first = np.unique(made.ring * 16 + made.hop, return_index=True)
        assert len(key) == len(ring)  # every hop of every ring has an invoice
        self.start = np.searchsorted(ring, np.arange(len(companies) + 1))
        net, when = invoices.net[made.place], invoices.time[made.place]
        self.total = _runs(np.add, net, self.first)
        self.begin = _runs(np.minimum, when, self.first)
        self.end = _runs(np.maximum, when, self.first)
        self.seller = kept.company[companies[ring, hop]]
        after = np.where(hop + 1 < self.length[ring], hop + 1, 0)
        self.buyer = kept.company[companies[ring, after]]
        self.amount = self._by_ring(self.total)
        self.p = chance(made)

    def _by_ring(self, values: I64) -> I64:
        return _runs(np.add, values, self.start[:-1])

    def _unpaid(self) -> F64:
        """The share of each ring that was not paid; nan where the buyers' payments are unknown."""
        kept = self.kept
        paid = kept.paid.between(self.buyer, self.seller, self.begin - EARLY, self.end + LATE)
        covered = self._by_ring(np.minimum(paid, self.total))
        pays = kept.pays[kept.places(self.buyer)].astype(np.int64)
        known = self._by_ring(pays) / self.length
        unpaid = 1 - covered / self.amount
        return np.asarray(np.where(kept.told | (known >= TOLD), unpaid, np.nan), np.float64)

    def findings(
        self, asked: int | None, params: InvoiceCycleParams
    ) -> tuple[list[Found], list[float]]:
        """The findings, of all or of those that a subject is a member of, and the `p` of those
        that are left out since `max_rows` others have more evidence whatever the goods are."""
        if not len(self.made.companies):
            return [], []
        unpaid = self._unpaid()
        weight, group = self._paid_weight(unpaid), self._one_group()
        chosen = np.arange(len(unpaid))
        if asked is not None:
            ring = np.repeat(chosen, self.length)
            chosen = np.unique(ring[self.seller == asked])
        pre = np.minimum(-np.log(self.p), CAP) + np.nan_to_num(weight) + np.where(group, GROUP, 0)
        weaker: list[float] = []
        if len(chosen) > params.max_rows and params.max_false_discovery is None:
            least = np.partition(pre[chosen], -params.max_rows)[-params.max_rows] - 2 * GOODS
            weaker = self.p[chosen[pre[chosen] < least]].tolist()
            chosen = chosen[pre[chosen] >= least]
        bounds = np.searchsorted(self.made.ring, np.arange(len(unpaid) + 1))
        found = []
        for at in chosen.tolist():
            span = slice(int(bounds[at]), int(bounds[at + 1]))
            paid = None if np.isnan(weight[at]) else (float(unpaid[at]), float(weight[at]))
            found.append(self._one(at, span, paid, bool(group[at])))
        return found, weaker

    def _paid_weight(self, unpaid: F64) -> F64:
        """What it says that so much was not paid; nan where it is not known."""
        return np.clip(12 * (unpaid - 0.6), -6, 5)

    def _one_group(self) -> npt.NDArray[np.bool_]:
        """Which rings are of one declared group."""
        label = self.kept.group[self.kept.places(self.seller)]
        first = self.start[:-1]
        return np.asarray(np.minimum.reduceat(label, first) == np.maximum.reduceat(label, first))

    def _one(self, ring: int, span: slice, paid: tuple[float, float] | None, group: bool) -> Found:
        kept, invoices = self.kept, self.kept.invoices
        low, high = int(self.start[ring]), int(self.start[ring + 1])
        members = self.seller[low:high].tolist()
        places, hop = self.made.place[span], self.made.hop[span]
        begins = self.begin[low:high].tolist()
        first, names = min(begins), kept.snapshot.canonicals(members)
        turn = min((h for h in range(len(members)) if begins[h] == first), key=names.__getitem__)
        facts = kept.snapshot.fact_ids(invoices.row[places].tolist())
        when = invoices.time[places].tolist()
        turned = ((hop - turn) % len(members)).tolist()
        order = sorted(range(len(facts)), key=lambda i: (turned[i], when[i], facts[i]))
        totals = self.total[low:high]
        days = (int(self.end[low:high].max()) - first) / DAY
        text = [decimal_text(int(x), kept.currency) for x in (totals.min(), totals.max())]
        return Found(
            pattern="invoice_cycle",
            members=members[turn:] + members[:turn],
            rows=invoices.row[places[order]].tolist(),
            p=float(self.p[ring]),
            zh=f"{len(members)} 家企业在 {days:.0f} 天内首尾相接互开发票,"
            f" 各环节 {text[0]} 至 {text[1]}",
            en=f"{len(members)} companies invoice one another in a circle within {days:.0f} days,"
            f" {text[0]} to {text[1]} a hop",
            signs=self._signs(places, hop, paid, group),
            amount=int(totals.sum()),
            currency=kept.currency,
            attrs={"unpaid": None if paid is None else round(paid[0], 4)},
        )

    def _signs(
        self, places: I64, hop: I64, paid: tuple[float, float] | None, group: bool
    ) -> list[Sign]:
        signs = []
        if paid is not None and paid[1]:
            share = f"{1 - paid[0]:.0%}"
            name, zh, en = (
                ("unpaid", "大部分未见付款", "most of it was not paid")
                if paid[1] > 0
                else ("paid", "买方支付了货款", "the buyers paid for it")
            )
            signs.append(Sign(name, paid[1], f"{zh} (已付 {share})", f"{en} ({share} paid)"))
        if group:
            zh, en = "同属一个公开的企业集团 (集团内调拨或加工)", "one declared group: barter in it"
            signs.append(Sign("declared_group", GROUP, zh, en))
        hops = range(int(hop.max()) + 1)
        goods = [set(self.kept.invoices.goods[places[hop == h]].tolist()) - {-1} for h in hops]
        heads = [set(self.kept.invoices.group[places[hop == h]].tolist()) - {-1} for h in hops]
        if set.intersection(*goods):
            zh, en = "同一种货物绕行一圈回到起点", "the very same goods go round"
            signs.append(Sign("same_goods", GOODS, zh, en))
        elif all(heads) and not set.intersection(*heads):
            zh, en = "各环节货物不同 (可能是加工)", "other goods on each hop: processing"
            signs.append(Sign("processing", -GOODS, zh, en))
        return signs


def _runs(how: np.ufunc, values: I64, first: I64) -> I64:
    """Of each run of values that begins at `first`, the sum or the least or most."""
    return np.asarray(how.reduceat(values, first), np.int64) if len(first) else first
