"""The densest window of every company that is new or newly in other hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.invoices.ledgers import RED
from graph.columns import I32, I64
from graph.compiled import kernel
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Books

    Bools = npt.NDArray[np.bool_]

_HOT = 20_000
_DAYS = 1 << 22  # days from 9999 BC on fit, and so do companies beside them
_ZERO = 1 << 21


class Issued(NamedTuple):
    """Invoices that were issued, void ones too, by seller and time: places in the ledger; those of
    company c stand at `ptr[c]` to `ptr[c + 1]`. `fresh`: issued while its seller was new."""

    place: I64
    time: I64
    ptr: I64
    fresh: Bools


def issued(kept: Books, max_age: int) -> Issued:
    """Sort the sales, and tell which were made at most `max_age` µs after the seller was founded
    or came into other hands (by the day)."""
    invoices = kept.invoices
    place = np.flatnonzero((invoices.status != RED) & (invoices.amount > 0))
    place = place[np.lexsort((invoices.time[place], invoices.seller[place]))]
    seller, time = invoices.seller[place], invoices.time[place]
    born = _latest(kept, seller, time)
    fresh = (born > -(2**62)) & (time - born <= max_age)
    return Issued(place, time, np.searchsorted(seller, np.arange(kept.n + 1)), fresh)


def _latest(kept: Books, company: I32, time: I64) -> I64:
    """When each company was last founded or came into other hands by a time; -2**63 for never."""
    lives = kept.lives
    known = np.flatnonzero(lives.founded > -(2**62))
    who = np.concatenate([known, lives.handed]).astype(np.int64)
    when = np.concatenate([lives.founded[known], lives.when])
    key = who * _DAYS + _day(when)
    order = np.argsort(key, kind="stable")
    key, who, when = key[order], who[order], when[order]
    at = np.searchsorted(key, company.astype(np.int64) * _DAYS + _day(time), side="right") - 1
    if not len(key):
        return np.full(len(time), -(2**63), np.int64)
    return np.where((at >= 0) & (who[at] == company), when[at], -(2**63))


def _day(time: I64) -> I64:
    """The day of a moment at +08:00, counted so that none is negative."""
    day: I64 = (time + 8 * 3_600_000_000) // DAY + _ZERO
    return day


def densest(made: Issued, window: int, *, fresh: bool) -> tuple[I64, I64]:
    """Of each company the window with most invoices, the earliest of several: where it begins in
    `made` and how many it has (0 where there is none); `fresh` takes only windows that begin with
    an invoice of a new seller."""
    n = len(made.ptr) - 1
    begin, count = np.zeros(n, np.int64), np.zeros(n, np.int64)
    run = _densest.hot if len(made.place) > _HOT else _densest
    run(made.time, made.ptr, made.fresh | (not fresh), window, begin, count)
    return begin, count


@kernel
def _densest(time: Any, ptr: Any, fresh: Any, window: int, begin: Any, count: Any) -> int:
    for c in range(len(ptr) - 1):
        high = ptr[c]
        for low in range(ptr[c], ptr[c + 1]):
            while high < ptr[c + 1] and time[high] - time[low] <= window:
                high += 1
            if fresh[low] and high - low > count[c]:
                begin[c] = low
                count[c] = high - low
    return 0
