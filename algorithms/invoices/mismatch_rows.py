"""From what companies bought and sold of each group to findings about them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.findings.making import Found
from algorithms.findings.scoring import Sign
from algorithms.invoices import livelihood
from algorithms.invoices.balance import Balance, Usual, overheads
from algorithms.invoices.judging import judged
from algorithms.invoices.ledgers import totals
from algorithms.invoices.throughput import Trading, soon, sooner
from algorithms.invoices.throughput_rows import MANY
from algorithms.registry import Result
from graph.columns import I64
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.invoices.goods_mismatch import GoodsMismatchParams
    from algorithms.invoices.ledgers import Books
    from graph.deadline import Deadline
    from graph.snapshot import Snapshot

    Bools = npt.NDArray[np.bool_]

NOTHING: Final = 0.1  # bought, of what was sold: as good as nothing
POWER: Final = "110"  # electricity and heat, in the codes of goods and services
_MUCH_POWER: Final = 0.04  # of sales: a works and not an office
_USUAL: Final = 0.04  # between what those who sell a group buy and what they do not
_SERVICE: Final = 0.3  # of their sales, those who mainly sell a service buy at most


class Traded(NamedTuple):
    """Sales out of nothing and purchases left over, by company and time, and of each company what
    it sold, what of that was out of nothing, and what of that was replaced."""

    made: Trading
    near: I64
    sold: I64
    nothing: I64
    replaced: I64


def find(snapshot: Snapshot, params: GoodsMismatchParams, at: int) -> Result[Finding]:
    """Search as the question asks; see `goods_mismatch`."""
    return judged(snapshot, params, at, _search)


def _search(
    kept: Books, params: GoodsMismatchParams, asked: int | None, deadline: Deadline
) -> tuple[list[Found], int]:
    """What is found until the time is over, and how many companies were asked about."""
    whole = kept.balance
    if deadline.expired():
        return [], 0
    traded = _traded(kept, whole, params)
    some = traded.nothing > 0
    chosen = some & (traded.nothing >= params.min_share * traded.sold)
    chosen &= (traded.replaced > 0) & (traded.replaced >= params.min_replaced * traded.nothing)
    tests = int(some.sum())
    if asked is not None:
        chosen &= kept.company == asked
    companies = np.flatnonzero(chosen)
    if deadline.expired():
        return [], tests
    some_made = traded.made.of(chosen[traded.made.company])
    dwell = int(params.dwell * DAY)
    tail = sooner(some_made, dwell, params.max_margin, kept.n)[companies].tolist()
    found: list[Found] = []
    if deadline.expired() or not len(companies):
        return found, tests
    usual = Usual(whole, kept.n)
    for company, p in zip(companies.tolist(), tail, strict=True):
        if deadline.expired():
            break
        found.append(Told(kept, traded, usual, company).found(p))
    return found, tests


def _traded(kept: Books, whole: Balance, params: GoodsMismatchParams) -> Traded:
    invoices, n = kept.invoices, kept.n
    nothing = (whole.sold > 0) & (whole.bought <= NOTHING * whole.sold)
    left = (whole.bought > 0) & (whole.sold <= whole.bought)
    if (common := overheads(whole)) is not None:
        left &= ~common[whole.group]
    bought, sold = whole.place[left[whole.purchase]], whole.place[nothing[whole.sale]]
    place = np.concatenate([bought, sold])
    sale = np.arange(len(place)) >= len(bought)
    company = np.where(sale, invoices.seller[place], invoices.buyer[place])
    both = np.intersect1d(company[sale], company[~sale])  # of others nothing can be replaced
    there = np.isin(company, both)
    lone = totals(company[sale & ~there], invoices.net[place[sale & ~there]], n)
    place, sale, company = place[there], sale[there], company[there]
    order = np.lexsort((sale, invoices.time[place], company))
    place, sale, company = place[order], sale[order], company[order]
    zero = np.zeros(len(place), np.int32)
    made = Trading(
        company, zero, invoices.time[place], sale, invoices.net[place], place,
        zero.astype(np.int64),
    )  # fmt: skip
    total = np.where(sale, made.amount, 0)
    every = lone + totals(company, total, n)
    near, _ = soon(made, int(params.dwell * DAY), params.max_margin)
    replaced = totals(company, total * near, n)
    return Traded(made, near, whole.by_company(whole.sold, n), every, replaced)


class Told:
    """What is to be said of one company."""

    def __init__(self, kept: Books, traded: Traded, usual: Usual, company: int) -> None:
        self.kept, self.company = kept, company
        low, high = np.searchsorted(traded.made.company, [company, company + 1])
        self.own = traded.made.of(slice(int(low), int(high)))
        self.deals = int(traded.near[low:high].sum())
        self.share = int(traded.nothing[company]) / max(int(traded.sold[company]), 1)
        self.amount = int(traded.replaced[company])
        self.replaced = self.amount / int(traded.nothing[company])
        invoices, own = kept.invoices, self.own
        group = invoices.group[own.place]
        largest = np.bincount(group[own.sale], own.amount[own.sale])
        self.group = int(largest.argmax())
        self.sells, self.buys = (
            sorted(invoices.groups[g] for g in np.unique(group[side]).tolist())
            for side in (own.sale, ~own.sale)
        )
        self.usual = usual.fit(company, self.group)
        self.others = np.where(own.sale, invoices.buyer[own.place], invoices.seller[own.place])

    def found(self, p: float) -> Found:
        """The finding."""
        kept, own = self.kept, self.own
        rows = kept.invoices.row[own.place]
        names = kept.snapshot.fact_ids(rows.tolist())
        when = own.time.tolist()
        order = sorted(range(len(names)), key=lambda i: (when[i], names[i]))
        circle = kept.company[np.unique(self.others)].tolist()
        named = zip(kept.snapshot.canonicals(circle), circle, strict=True)
        sells, buys = ", ".join(self.sells), ", ".join(self.buys)
        return Found(
            pattern="goods_mismatch",
            members=[int(kept.company[self.company])],
            rows=rows[order].tolist(),
            p=p,
            zh=f"销售从未购进的货物 ({sells}), 占其销售的 {self.share:.0%};"
            f" 其中 {self.replaced:.0%} 此前购进了金额相近的其他货物 ({buys})",
            en=f"sells goods it never bought ({sells}), {self.share:.0%} of its sales; it bought"
            f" others ({buys}) for about as much before {self.replaced:.0%} of them",
            signs=self._signs(),
            circle=[subject for _, subject in sorted(named)],
            amount=self.amount,
            currency=kept.currency,
            attrs={
                "sells": self.sells,
                "buys": self.buys,
                "share": round(self.share, 4),
                "replaced": round(self.replaced, 4),
                "usual": None if self.usual is None else round(self.usual, 4),
            },
        )

    def _signs(self) -> list[Sign]:
        sold = int(self.kept.inputs.sold[self.company])
        found = [*self._conversion(), *self._maker()]
        found += livelihood.none(self.kept, self.company, sold, 2.0)
        whole = 4 * self.replaced - 1
        if whole > 0:
            zh, en = "几乎每笔销售都有对应购进", "nearly every sale has its like purchase"
            found.append(Sign("replaced", whole, zh, en))
        group = self.kept.group
        inside = group[self.others] == group[self.company]
        within = float(self.own.amount[inside].sum()) / float(self.own.amount.sum())
        if within > 0:
            zh, en = "交易在公开的企业集团内部", "inside a declared group: processing"
            found.append(Sign("declared_group", -10.0 * within, zh, en))
        if self.deals < MANY:
            zh, en = f"仅 {self.deals} 笔", f"{self.deals} deals only"
            found.append(Sign("few_deals", float(self.deals - MANY), zh, en))
        return found

    def _conversion(self) -> list[Sign]:
        """Whether others who sell this buy that."""
        if self.usual is None:
            return []
        weight = max(-1.5, min(1.5, -math.log(max(self.usual, 1e-9) / _USUAL)))
        if weight > 0:
            zh, en = "同类销售企业很少购进此类货物", "hardly anybody who sells this buys that"
            return [Sign("unusual", weight, zh, en)]
        zh, en = "同类销售企业也购进此类货物", "others who sell this buy that: made from it"
        return [Sign("usual", weight, zh, en)]

    def _maker(self) -> list[Sign]:
        """Whether it is a works, or sells what needs no goods."""
        kept, found = self.kept, []
        power = self._power()
        if power >= _MUCH_POWER:
            zh, en = f"用电占销售额 {power:.0%}", f"power for {power:.0%} of its sales: a works"
            found.append(Sign("power", -3.0, zh, en))
        if float(kept.inputs.usual[self.group]) < _SERVICE:
            zh, en = "所售为服务, 无需购进货物", "a service, which needs no goods"
            found.append(Sign("service", -3.0, zh, en))
        return found

    def _power(self) -> float:
        """What it spent on power, as a share of its sales."""
        invoices = self.kept.invoices
        if POWER not in invoices.groups:
            return 0.0
        number = invoices.groups.index(POWER)
        bought = self.kept.bought_of(self.company)
        spent = invoices.net[bought[invoices.group[bought] == number]].sum()
        return int(spent) / max(int(self.kept.inputs.sold[self.company]), 1)
