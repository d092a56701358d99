"""Goods that go in and out within days: what of a company's purchases it sold on, first in first
out, and how likely sales so soon after like purchases are by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.findings.significance import poisson_tail
from graph.columns import I32, I64
from graph.compiled import inline_kernel, kernel
from graph.deadline import check

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Invoices

_HOT = 20_000
SIZES = 1 << 14  # powers of a ratio of 1.01 at least, below 2**62


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
    check()
    both = np.intersect1d(key[:count], key[count:])
    check()
    at = np.searchsorted(both, key)
    at[at == len(both)] = 0
    there = np.flatnonzero(both[at] == key) if len(both) else np.empty(0, np.int64)
    place, sale, company, key = place[there], sale[there], company[there], key[there]
    check()
    order = np.lexsort((sale, invoices.time[place], key))
    check()
    place, sale, key = place[order], sale[order], key[order]
    time, amount = invoices.time[place], invoices.net[place]
    through = np.zeros(len(place), np.int64)
    run = _first_out.hot if len(place) > _HOT else _first_out
    check()
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
    n, ratio = len(made.place), 1 + margin
    near, alike = np.zeros(n, np.int64), np.zeros(n, np.int64)
    if not n:
        return near, np.empty(0)
    key = made.company.astype(np.int64) * 2**20 + made.group
    fresh = np.ones(n, np.bool_)
    fresh[1:] = key[1:] != key[:-1]
    begins = np.flatnonzero(fresh)
    ends = np.append(begins[1:], n)
    run = np.cumsum(fresh) - 1
    span = np.maximum(made.time[ends - 1] - made.time[begins], 1) + dwell
    bought = np.flatnonzero(~made.sale)
    own, amount, time = run[bought], made.amount[bought], made.time[bought]
    by_amount = np.lexsort((amount, own))
    first = np.searchsorted(own, np.arange(len(begins) + 1))
    # Purchases by run, then size, then time: of those in a window only the alike are looked at.
    width = np.log(max(ratio, 1.01))
    size = own * SIZES + (np.log(amount) / width).astype(np.int64)
    by_size = np.lexsort((time, size))
    go = _soon.hot if n > _HOT else _soon
    go(
        run, made.time, made.sale, made.amount, first, amount[by_amount], size[by_size],
        time[by_size], amount[by_size], float(width), dwell, ratio, near, alike,
    )  # fmt: skip
    return near, 1 - (1 - dwell / span[run]) ** alike


def sooner(made: Trading, dwell: int, margin: float, n: int) -> npt.NDArray[np.float64]:
    """Of each company how likely it is that as many of its sales come so soon after a purchase of
    about their amount: within `dwell`, its half or its quarter, whichever is the least likely, by
    Poisson's bound on the tail of a sum of unlike chances and Bonferroni's on three tries."""
    least = np.ones(n)
    for part in (1, 2, 4):
        near, chance = soon(made, dwell // part, margin)
        hits, mean = np.bincount(made.company, near, n), np.bincount(made.company, chance, n)
        least = np.minimum(least, poisson_tail(hits, mean))
    return np.asarray(np.minimum(3 * least, 1.0))


@inline_kernel
def _first_of(values: Any, low: int, high: int, value: float, past: bool) -> int:
    """The first of a sorted run that is at least a value, or `past` it."""
    while low < high:
        mid = (low + high) // 2
        if values[mid] < value or (past and values[mid] == value):
            low = mid + 1
        else:
            high = mid
    return low


@kernel
def _soon(
    run: Any, time: Any, sale: Any, amount: Any, first: Any, amounts: Any, sizes: Any, times: Any,
    sized: Any, width: float, dwell: int, ratio: float, near: Any, alike: Any,
) -> int:  # fmt: skip
    for i in range(len(run)):
        if not sale[i]:
            continue
        r = run[i]
        least, most = amount[i] / ratio, amount[i] * ratio
        low = _first_of(amounts, first[r], first[r + 1], least, False)
        alike[i] = _first_of(amounts, low, first[r + 1], most, True) - low
        if alike[i] == 0:
            continue
        # One size more on either side: a logarithm may be rounded across a boundary.
        smallest = int(np.log(least) / width) - 1
        for size in range(max(smallest, 0), int(np.log(most) / width) + 2):
            key = r * SIZES + size
            begin = _first_of(sizes, first[r], first[r + 1], key, False)
            end = _first_of(sizes, begin, first[r + 1], key, True)
            p = _first_of(times, begin, end, time[i] - dwell, False)
            while p < end and times[p] <= time[i]:
                if least <= sized[p] <= most:
                    near[i] = 1
                    break
                p += 1
            if near[i]:
                break
    return 0
