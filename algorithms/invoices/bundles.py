"""Bundles: what one company invoiced another, whole or in a few parts, as a hop of a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from algorithms.invoices.circle_search import Bundles, side
from graph.columns import I32, I64

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Invoices


class Hops(NamedTuple):
    """Bundles by pair, then begin, then size, and the invoices that they are made of.

    Bundle b of pair k (`ptr[k] <= b < ptr[k + 1]`, its seller and buyer in `key[k]`) is the
    invoices `invoice[first[b]:first[b] + parts[b]]`: places in the ledger, by pair and time.
    """

    net: Bundles
    seller: I32
    buyer: I32
    begin: I64
    end: I64
    amount: I64
    first: I64
    parts: I64
    invoice: I64
    key: I64
    ptr: I64


def hops(invoices: Invoices, n: int, parts: int, window: int) -> Hops:
    """Bundles of 1 to `parts` standing invoices that follow one another between two companies,
    within `window` µs. Only of companies that can be on a circle: those that are strongly connected
    by invoices. Sorting them."""
    invoice = np.flatnonzero(invoices.stand)
    invoice = invoice[_circular(invoices.seller[invoice], invoices.buyer[invoice], n)]
    seller, buyer = invoices.seller[invoice], invoices.buyer[invoice]
    order = np.lexsort((invoices.time[invoice], buyer, seller))
    invoice, seller, buyer = invoice[order], seller[order], buyer[order]
    time = invoices.time[invoice]
    total = np.concatenate([[0], np.cumsum(invoices.net[invoice])])
    firsts = []
    counts = []
    place = np.arange(len(invoice))
    for count in range(1, parts + 1):
        begin = place[: max(len(place) - count + 1, 0)]
        last = begin + count - 1
        fits = (seller[begin] == seller[last]) & (buyer[begin] == buyer[last])
        fits &= time[last] - time[begin] <= window
        firsts.append(begin[fits])
        counts.append(np.full(int(fits.sum()), count))
    first, count_of = np.concatenate(firsts), np.concatenate(counts)
    order = np.lexsort((count_of, first))
    first, count_of = first[order], count_of[order]
    last = first + count_of - 1
    columns = (
        seller[first], buyer[first], time[first], time[last], total[last + 1] - total[first],
    )  # fmt: skip
    key = columns[0].astype(np.int64) * n + columns[1]
    fresh = np.ones(len(key), np.bool_)
    fresh[1:] = key[1:] != key[:-1]
    begins = np.flatnonzero(fresh)
    out, number = side(n, *columns)
    into, _ = side(n, columns[1], columns[0], *columns[2:])
    net = Bundles(n, out, into, number)
    return Hops(net, *columns, first, count_of, invoice, key[begins], np.append(begins, len(key)))


def _circular(seller: I32, buyer: I32, n: int) -> I64:
    """Places of the invoices whose ends can reach one another both ways."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    links = csr_array((np.ones(len(seller), np.int8), (seller, buyer)), shape=(n, n))
    _, part = connected_components(links, directed=True, connection="strong")
    return np.flatnonzero(part[seller] == part[buyer])
