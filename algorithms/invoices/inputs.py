"""What companies usually buy to sell what they sell: a service or a power plant buys little."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.invoices.ledgers import totals
from graph.columns import I32, I64

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Invoices

SELLERS: Final = 5  # of a group, fewer say nothing of what is usual


class Inputs(NamedTuple):
    """`sold`, `bought` of each company as they stand; `main`, the goods group that it sells most
    of, -1 for none; `usual` of each group: the median of bought over sold of those companies whose
    main group it is, nan where these are fewer than `SELLERS`."""

    sold: I64
    bought: I64
    main: I32
    usual: npt.NDArray[np.float64]


def inputs(invoices: Invoices, n: int) -> Inputs:
    """Read what is usual. Sorting the sales by company and group."""
    sold = totals(invoices.seller, invoices.net, n)
    bought = totals(invoices.buyer, invoices.net, n)
    groups = max(len(invoices.groups), 1)
    there = np.flatnonzero(invoices.stand & (invoices.group >= 0))
    key, where = np.unique(
        invoices.seller[there].astype(np.int64) * groups + invoices.group[there],
        return_inverse=True,
    )
    total = totals(where, invoices.net[there], len(key))
    order = np.lexsort((key, total, key // groups))  # the last of a company is its largest
    seller = key[order] // groups
    last = np.ones(len(order), np.bool_)
    last[:-1] = seller[1:] != seller[:-1]
    main = np.full(n, -1, np.int32)
    main[seller[last]] = key[order[last]] % groups
    usual = np.full(groups, np.nan)
    by = np.flatnonzero(main >= 0)
    by = by[np.argsort(main[by], kind="stable")]
    bounds = np.searchsorted(main[by], np.arange(groups + 1)).tolist()
    ratio = bought[by] / np.maximum(sold[by], 1)
    for group, (low, high) in enumerate(pairwise(bounds)):
        if high - low >= SELLERS:
            usual[group] = float(np.median(ratio[low:high]))
    return Inputs(sold, bought, main, usual)
