"""What companies bought and sold of each goods group, and what those who sell one usually buy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.invoices.ledgers import totals
from graph.columns import I64

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Invoices

    Bools = npt.NDArray[np.bool_]
    F64 = npt.NDArray[np.float64]

MAIN: Final = 0.05  # of its purchases: less says nothing of what a company makes things from
OVERHEAD: Final = 0.4
ENOUGH: Final = 50
SELLERS: Final = 5  # others who sell a group; fewer say nothing of what is usual


class Balance(NamedTuple):
    """By company and goods group: what was sold and bought of it, as invoices stand.

    `key` ascends: company * `groups` + group. `place` are the standing invoices with goods, in the
    ledger; `sale`, `purchase` where each is in `key` as its seller's and as its buyer's.
    """

    groups: int
    key: I64
    sold: I64
    bought: I64
    place: I64
    sale: I64
    purchase: I64

    @property
    def company(self) -> I64:
        """The companies of `key`."""
        return self.key // self.groups

    @property
    def group(self) -> I64:
        """The groups of `key`."""
        return self.key % self.groups

    def by_company(self, values: npt.NDArray[Any], n: int) -> I64:
        """The sum of values of each company."""
        return totals(self.company, values, n)


def balance(invoices: Invoices) -> Balance:
    """Add up the standing invoices. Sorting them twice."""
    groups = max(len(invoices.groups), 1)
    place = np.flatnonzero(invoices.stand & (invoices.group >= 0))
    group, net = invoices.group[place].astype(np.int64), invoices.net[place]
    sides = [side[place].astype(np.int64) * groups + group
             for side in (invoices.seller, invoices.buyer)]  # fmt: skip
    key, at = np.unique(np.concatenate(sides), return_inverse=True)
    sale, purchase = at[: len(place)], at[len(place) :]
    sold, bought = totals(sale, net, len(key)), totals(purchase, net, len(key))
    return Balance(groups, key, sold, bought, place, sale, purchase)


def overheads(made: Balance) -> Bools | None:
    """The groups that at least a share `OVERHEAD` of all sellers buy; None where there are fewer
    than `ENOUGH` sellers to tell by."""
    sellers = np.unique(made.company[made.sold > 0])
    if len(sellers) < ENOUGH:
        return None
    buys = (made.bought > 0) & np.isin(made.company, sellers)
    found: Bools = np.bincount(made.group[buys], minlength=made.groups) >= OVERHEAD * len(sellers)
    return found


class Usual:
    """What those who sell a group buy: counts of companies, their main purchases only."""

    def __init__(self, made: Balance, n: int) -> None:
        company, group, groups = made.company, made.group, made.groups
        total = made.by_company(made.bought, n)
        self._share = made.bought / np.maximum(total[company], 1)
        self._made = made
        sells = made.sold > 0
        self._main = self._share >= MAIN
        active = np.zeros(n, np.bool_)
        active[company[sells]] = True
        buys = self._main & active[company]
        self._sold = company[sells], group[sells]
        self._buys = company[buys], group[buys]
        self._mark = np.zeros(n, np.bool_)
        self._rows: dict[int, I64] = {}
        self._sellers = np.bincount(group[sells], minlength=groups)
        self._often = np.bincount(group[buys], minlength=groups) / max(int(active.sum()), 1)

    def fit(self, company: int, group: int) -> float | None:
        """How much more often than all companies others who sell a group buy what this one buys:
        the mean over its purchases, by amount; None where fewer than `SELLERS` others sell it."""
        made = self._made
        low, high = np.searchsorted(made.key, [company * made.groups, (company + 1) * made.groups])
        others = int(self._sellers[group]) - 1
        if others < SELLERS:
            return None
        row = self._bought(group)
        own = made.group[low:high]
        often = (row[own] - self._main[low:high]) / others
        more = np.maximum(often - self._often[own], 0)
        return float((self._share[low:high] * more).sum())

    def _bought(self, group: int) -> I64:
        """How many of those who sell a group buy each group; linear in all purchases, once."""
        if group not in self._rows:
            company, sold = self._sold
            self._mark[:] = False
            self._mark[company[sold == group]] = True
            buyer, bought = self._buys
            counts = np.bincount(bought[self._mark[buyer]], minlength=self._made.groups)
            self._rows[group] = counts.astype(np.int64)
        return self._rows[group]
