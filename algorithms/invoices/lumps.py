"""Payments that come back together: runs of them, followed as if they were one."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.invoices.return_search import Payments
from graph.columns import I64

Bools = npt.NDArray[np.bool_]
MOST: Final = 6  # payments that are looked at together


class Lumps(NamedTuple):
    """Runs of payments, by pair: lump i is of the payments `first[i]` to `last[i]`, both of them
    in it. `pay` is each as one payment: of their sum, made when the last of them was."""

    first: I64
    last: I64
    pay: Payments

    def of(self, which: npt.NDArray[np.bool_] | I64) -> Lumps:
        """Some of them."""
        return Lumps(self.first[which], self.last[which], self.pay.of(which))


def lumps(pay: Payments, back: Bools) -> Lumps:
    """Every run of 2 to `MOST` consecutive payments of a pair into one account, none of which came
    back by itself, with time left after the last for all to be back in time for the first."""
    n = len(pay.row)
    upto = np.append(0, np.cumsum(pay.amount))
    gone = np.append(0, np.cumsum(back))
    moved = np.ones(n, np.bool_)
    moved[1:] = (pay.pair[1:] != pay.pair[:-1]) | (pay.into[1:] != pay.into[:-1])
    run = np.cumsum(moved)
    firsts, lasts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for size in range(2, min(MOST, n) + 1):
        first = np.arange(n - size + 1)
        last = first + size - 1
        kept = (run[first] == run[last]) & (gone[last + 1] == gone[first])
        kept &= pay.time[last] <= pay.until[first]
        firsts.append(first[kept])
        lasts.append(last[kept])
    first, last = np.concatenate(firsts), np.concatenate(lasts)
    order = np.lexsort((last - first, last))  # by pair, then when they are whole, the fewest first
    first, last = first[order], last[order]
    as_one = Payments(
        row=pay.row[last],
        into=pay.into[last],
        time=pay.time[last],
        until=pay.until[first],
        amount=upto[last + 1] - upto[first],
        pair=pay.pair[last],
        buyer=pay.buyer[last],
        seller=pay.seller[last],
    )
    return Lumps(first, last, as_one)


def singles(pay: Payments, which: Bools) -> Lumps:
    """Some payments, each a run of itself."""
    at = np.flatnonzero(which)
    return Lumps(at, at, pay.of(at))


def apart(found: Lumps) -> Bools:
    """Of lumps, in their order, those that share no payment with one taken before."""
    kept = np.zeros(len(found.first), np.bool_)
    end = -1
    for at, (first, last) in enumerate(zip(found.first.tolist(), found.last.tolist(), strict=True)):
        if first > end:
            kept[at] = True
            end = last
    return kept


def joined(a: Lumps, b: Lumps) -> tuple[Lumps, I64]:
    """Both, in order of their payments, and where each was: of `a`, then of `b`."""
    first, last = np.concatenate([a.first, b.first]), np.concatenate([a.last, b.last])
    order = np.argsort(first, kind="stable")
    return Lumps(first, last, a.pay.and_(b.pay)).of(order), order


def both(pay: Payments, more: Payments, pairs: I64) -> Payments:
    """The payments of these pairs and others, by pair."""
    every = pay.of(np.isin(pay.pair, pairs)).and_(more.of(np.isin(more.pair, pairs)))
    return every.of(np.argsort(every.pair, kind="stable"))
