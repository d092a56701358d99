"""Who trades with whom: the invoices of a day summed by seller and buyer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from graph.columns import I32, I64

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Books


class Trades(NamedTuple):
    """Pairs of companies by seller, then buyer: places in `company`, ascending subjects.

    The invoices of pair i that stand are `row[ptr[i]:ptr[i + 1]]` in order of time; `net` is what
    they come to, in minor units.
    """

    company: I32
    seller: I64
    buyer: I64
    net: I64
    first: I64
    last: I64
    ptr: I64
    row: I64


def trades(kept: Books) -> Trades:
    """The pairs that trade: of whose invoices any stands. O(n log n) in the invoices."""
    invoices = kept.invoices.of(kept.invoices.stand)
    pair = invoices.seller.astype(np.int64) * kept.n + invoices.buyer
    order = np.argsort(pair, kind="stable")  # within a pair by time, as they are
    pair = pair[order]
    fresh = np.ones(len(pair), np.bool_)
    fresh[1:] = pair[1:] != pair[:-1]
    begins = np.flatnonzero(fresh)
    ptr = np.append(begins, len(pair))
    number = pair[begins]
    ends, place = np.unique(
        np.concatenate([number // kept.n, number % kept.n]), return_inverse=True
    )
    when = invoices.time[order]
    net = np.add.reduceat(invoices.net[order], begins) if len(begins) else np.empty(0, np.int64)
    return Trades(
        kept.company[ends], place[: len(begins)], place[len(begins) :], net,
        when[ptr[:-1]], when[ptr[1:] - 1], ptr, invoices.row[order],
    )  # fmt: skip
