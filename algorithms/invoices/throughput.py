"""Goods that go in and out within days: what of a company's purchases it sold on, first in first
out, and how likely sales so soon after like purchases are by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.columns import I32, I64
from graph.compiled import kernel

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Invoices

_HOT = 20_000


class Trading(NamedTuple):
    """Purchases and sales of companies in goods groups that they both buy and sell, by company,
    group and time, purchases before sales of one moment. `place` is their place in the ledger,
    `through` how much of each was sold on within the time, or bought within it (which of several
    of one moment is matched first makes no difference to their sum)."""

    company: I32
    group: I32
    time: I64
    sale: npt.NDArray[np.bool_]
    amount: I64
    place: I64
    through: I64

    def of(self, which: npt.NDArray[np.bool_] | slice) -> Trading:
        """Some of it, in the same order."""
        chosen: list[Any] = [column[which] for column in self]
        return Trading._make(chosen)


def trading(invoices: Invoices, dwell: int) -> Trading:
    """Match what was sold with what was bought at most `dwell` µs before, first in first out by
    company and goods group. Sorting the standing invoices."""
    stand = np.flatnonzero(invoices.stand & (invoices.group >= 0))
    count = len(stand)
    place = np.concatenate([stand, stand])
    sale = np.arange(2 * count) >= count
    company = np.where(sale, invoices.seller[place], invoices.buyer[place])
    groups = max(len(invoices.groups), 1)
    key = company.astype(np.int64) * groups + invoices.group[place]
    both = np.intersect1d(key[:count], key[count:])
    at = np.searchsorted(both, key)
    at[at == len(both)] = 0
    there = np.flatnonzero(both[at] == key) if len(both) else np.empty(0, np.int64)
    place, sale, company, key = place[there], sale[there], company[there], key[there]
    order = np.lexsort((sale, invoices.time[place], key))
    place, sale, key = place[order], sale[order], key[order]
    time, amount = invoices.time[place], invoices.net[place]
    through = np.zeros(len(place), np.int64)
    run = _first_out.hot if len(place) > _HOT else _first_out
    run(key, time, sale, dwell, amount.copy(), through)
    return Trading(
        company[order], invoices.group[place], time, sale, amount, place, through,
    )  # fmt: skip


@kernel
def _first_out(key: Any, time: Any, sale: Any, dwell: int, left: Any, through: Any) -> int:
    oldest = 0
    for i in range(len(key)):
        if i == 0 or key[i] != key[i - 1]:
            oldest = i
        if not sale[i]:
            continue
        while left[i] > 0 and oldest < i:
            if sale[oldest] or left[oldest] == 0 or time[i] - time[oldest] > dwell:
                oldest += 1
                continue
            moved = min(left[i], left[oldest])
            left[i] -= moved
            left[oldest] -= moved
            through[i] += moved
            through[oldest] += moved
    return 0


def soon(made: Trading, dwell: int, margin: float) -> tuple[I64, npt.NDArray[np.float64]]:
    """Of each sale whether it has a purchase of its company and group at most `dwell` before and
    of about its amount (neither more than 1 + margin times the other), and how likely that is
    if it had been at any other moment of the company's trade in the group.

    With c purchases of about its amount and a trade of T days, one of them is within w days before
    a moment drawn at random with 1 - (1 - w / T) ** c. `made` holds some companies' trade only.
    """
    key = made.company.astype(np.int64) * 2**20 + made.group
    n = len(key)
    fresh = np.ones(n, np.bool_)
    fresh[1:] = key[1:] != key[:-1]
    begins = np.flatnonzero(fresh)
    ends = np.append(begins[1:], n)
    run = np.cumsum(fresh) - 1
    span = np.maximum(made.time[ends - 1] - made.time[begins] if n else begins, 1) + dwell
    # Purchases of each run by amount, to count those that are about as large.
    order = np.lexsort((made.amount, made.sale, run))
    bought = begins + np.add.reduceat(~made.sale, begins) if n else begins
    near, alike = np.zeros(n, np.int64), np.zeros(n, np.int64)
    go = _soon.hot if n > _HOT else _soon
    go(
        *(run, made.time, made.sale, made.amount, begins, bought, made.amount[order]),
        *(dwell, 1 + margin, near, alike),
    )
    chance = 1 - (1 - dwell / span[run]) ** alike if n else np.empty(0)
    return near, chance


@kernel
def _soon(
    run: Any, time: Any, sale: Any, amount: Any, begins: Any, bought: Any, sorted_: Any,
    dwell: int, ratio: float, near: Any, alike: Any,
) -> int:  # fmt: skip
    for i in range(len(run)):
        if not sale[i]:
            continue
        r = run[i]
        least, most = amount[i] / ratio, amount[i] * ratio
        a, b = begins[r], bought[r]
        while a < b:
            mid = (a + b) // 2
            if sorted_[mid] < least:
                a = mid + 1
            else:
                b = mid
        first = a
        b = bought[r]
        while a < b:
            mid = (a + b) // 2
            if sorted_[mid] <= most:
                a = mid + 1
            else:
                b = mid
        alike[i] = a - first
        if a == first:
            continue
        p = i - 1
        while p >= begins[r] and time[i] - time[p] <= dwell:
            if not sale[p] and least <= amount[p] <= most:
                near[i] = 1
                break
            p -= 1
    return 0
