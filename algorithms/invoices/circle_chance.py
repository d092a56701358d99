"""How likely a ring of invoices is by chance: companies trade as they do, with whom they happen to.

The null model keeps of every company how many bundles it sells and buys, when and of what amounts,
and draws who sells to whom (a configuration model, Newman 2010, 13.2). A hop from x to y is then
there with the Poisson mean o * i / m: o of x's sales and i of y's purchases are as near in time and
amount as the ring is, of m in all. A chain of hops is always to be had; that it closes is the
surprise, and of its hops the likeliest is taken for the one that closes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from algorithms.ascending import first_at
from algorithms.invoices.circle_search import SIZES, Side, side
from graph.columns import I64
from graph.compiled import kernel

if TYPE_CHECKING:
    from algorithms.invoices.circles import Rings

_HOT = 20_000


@kernel
def _count(side: Any, company: Any, low: Any, high: Any, begin: Any, end: Any, found: Any) -> int:
    """Of each company, its bundles of an amount within bounds that begin within a time."""
    for i in range(len(company)):
        count = 0
        for size in range(SIZES):
            if 2.0**size <= low[i] or 2.0 ** (size - 1) > high[i]:
                continue
            row = company[i] * SIZES + size
            for p in range(
                first_at(side.begin, side.ptr[row], side.ptr[row + 1], begin[i]),
                side.ptr[row + 1],
            ):
                if side.begin[p] > end[i]:
                    break
                count += low[i] <= side.amount[p] <= high[i]
        found[i] = count
    return 0


def chance(rings: Rings) -> npt.NDArray[np.float64]:
    """`p` of each ring, by that of its emissions which is least likely."""
    p = np.ones(len(rings.companies))
    if not len(rings.anchor):
        return p
    companies = rings.companies[rings.ring_of]
    length = (companies >= 0).sum(axis=1)
    emission, hop = np.nonzero(companies >= 0)
    seller = companies[emission, hop]
    buyer = companies[emission, np.where(hop + 1 < length[emission], hop + 1, 0)]
    low, high = rings.low[emission], rings.high[emission]
    begin = rings.hops.net.begin[rings.anchor]
    bounds = (low, high, begin[emission], (begin + rings.window)[emission])
    sales, purchases = (np.zeros(len(seller), np.int64) for _ in range(2))
    out, into = _sides(rings)
    run = _count.hot if len(seller) > _HOT else _count
    run(out, seller, *bounds, sales)
    run(into, buyer, *bounds, purchases)
    mean = sales * purchases / np.maximum(_alike(rings, begin), 1.0)[emission]
    likeliest = np.zeros(len(rings.anchor))
    np.maximum.at(likeliest, emission, mean)
    np.minimum.at(p, rings.ring_of, -np.expm1(-likeliest))
    return p


def _sides(rings: Rings) -> tuple[Side, Side]:
    """What the companies of the rings sell and buy, of whomever."""
    n, every = rings.hops.net.n, rings.every
    there = np.zeros(n, np.bool_)
    there[rings.companies[rings.companies >= 0]] = True
    sold, bought = every.of(there[every.seller]), every.of(there[every.buyer])
    out, _ = side(n, *sold[:5])
    into, _ = side(n, bought.buyer, bought.seller, *bought[2:5])
    return out, into


def _alike(rings: Rings, begin: I64) -> npt.NDArray[np.float64]:
    """How many bundles in all are as near in amount and time, amounts and times independent."""
    amounts, times = np.sort(rings.every.amount), np.sort(rings.every.begin)
    of_amount = np.searchsorted(amounts, rings.high, "right") - np.searchsorted(amounts, rings.low)
    in_time = np.searchsorted(times, begin + rings.window, "right") - np.searchsorted(times, begin)
    return of_amount * (in_time / max(len(times), 1))
