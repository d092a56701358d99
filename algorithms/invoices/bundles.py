"""Bundles: what one company invoiced another, whole or in a few parts, as a hop of a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.invoices.circle_search import Bundles, side
from graph.columns import I32, I64

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Invoices

    Bools = npt.NDArray[np.bool_]

FEW: Final = 5_000


class Runs(NamedTuple):
    """Bundles by pair, then begin, then size: `invoice[first:first + parts]` are the invoices of
    one, places in the ledger by pair and time."""

    seller: I32
    buyer: I32
    begin: I64
    end: I64
    amount: I64
    first: I64
    parts: npt.NDArray[np.int8]
    invoice: I64

    def of(self, which: Bools) -> Runs:
        """Some of the bundles, in the same order."""
        chosen: list[Any] = [column[which] for column in self[:7]]
        return Runs._make([*chosen, self.invoice])


class Hops(NamedTuple):
    """Bundles that can be on a circle, packed for search; `first`, `parts` and `invoice` as in
    `Runs`, in the order of `net.begin`."""

    net: Bundles
    first: I64
    parts: npt.NDArray[np.int8]
    invoice: I64


def runs(invoices: Invoices, parts: int, window: int) -> Runs:
    """Bundles of 1 to `parts` standing invoices that follow one another between two companies,
    within `window` µs. Sorting them."""
    invoice = np.flatnonzero(invoices.stand)
    seller, buyer = invoices.seller[invoice], invoices.buyer[invoice]
    order = np.lexsort((invoices.time[invoice], buyer, seller))
    invoice, seller, buyer = invoice[order], seller[order], buyer[order]
    time = invoices.time[invoice]
    total = np.concatenate([[0], np.cumsum(invoices.net[invoice])])
    firsts, counts = [], []
    place = np.arange(len(invoice))
    for count in range(1, parts + 1):
        begin = place[: max(len(place) - count + 1, 0)]
        last = begin + count - 1
        fits = (seller[begin] == seller[last]) & (buyer[begin] == buyer[last])
        fits &= time[last] - time[begin] <= window
        firsts.append(begin[fits])
        counts.append(np.full(int(fits.sum()), count, np.int8))
    first, parts_of = np.concatenate(firsts), np.concatenate(counts)
    order = np.argsort(first, kind="stable")
    first, parts_of = first[order], parts_of[order]
    final = first + parts_of - 1
    return Runs(
        seller[first], buyer[first], time[first], time[final], total[final + 1] - total[first],
        first, parts_of, invoice,
    )  # fmt: skip


def hops(every: Runs, n: int) -> Hops:
    """Those of companies that are strongly connected by invoices: no other is on a circle."""
    made = every.of(_circular(every, n))
    columns = made[:5]
    key = made.seller.astype(np.int64) * n + made.buyer
    fresh = np.ones(len(key), np.bool_)
    fresh[1:] = key[1:] != key[:-1]
    begins = np.flatnonzero(fresh)
    out, number = side(n, *columns)
    into, _ = side(n, columns[1], columns[0], *columns[2:])
    ptr = np.append(begins, len(key))
    net = Bundles(n, out, into, number, key[begins], ptr, *columns[2:])
    return Hops(net, made.first, made.parts, made.invoice)


def _circular(every: Runs, n: int) -> Bools:
    """Which bundles have ends that can reach one another both ways; of few all are looked at."""
    if len(every.seller) <= FEW:  # searched in less time than it takes to import scipy
        return np.ones(len(every.seller), np.bool_)
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    one = np.flatnonzero(every.parts == 1)
    ends = every.seller[one], every.buyer[one]
    links = csr_array((np.ones(len(one), np.int8), ends), shape=(n, n))
    _, part = connected_components(links, directed=True, connection="strong")
    return np.asarray(part[every.seller] == part[every.buyer])
