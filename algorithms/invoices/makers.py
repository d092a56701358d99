"""Makers of goods, and which of them can have made nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Books
    from graph.columns import I64

    Bools = npt.NDArray[np.bool_]

LITTLE: Final = 10  # a tenth: less bought than this part of what was sold is next to nothing
ENOUGH: Final = 2  # marks that make a maker fake
_YEAR: Final = 365 * DAY


class Marks(NamedTuple):
    """Of each company by its number: what speaks against its having made what it sold."""

    no_inputs: Bools
    no_living: Bools
    gone: Bools
    young: Bools  # founded within half a year before its first sale
    first: I64
    last: I64

    @property
    def fake(self) -> Bools:
        """Which have marks enough; being young is none of them."""
        return (self.no_inputs.astype(np.int8) + self.no_living + self.gone) >= ENOUGH


def marks(kept: Books, silence: int) -> Marks:
    """The marks of all companies; `silence` in µs. Linear in the invoices and payments."""
    n, invoices = kept.n, kept.invoices
    stand = invoices.of(invoices.stand)
    sold, bought = np.zeros(n, np.int64), np.zeros(n, np.int64)
    np.add.at(sold, stand.seller, stand.net)
    np.add.at(bought, stand.buyer, stand.net)
    first, last = np.full(n, 2**62), np.full(n, -(2**62))
    np.minimum.at(first, stand.seller, stand.time)
    np.maximum.at(last, stand.seller, stand.time)
    sells = sold > 0
    living, lives, money = kept.living, kept.lives, kept.money
    banked = np.zeros(n, np.bool_)
    for end in (money.payer, money.payee):
        place = kept.places(end)
        banked[place[place >= 0]] = True
    ended = lives.ended <= kept.at
    span = np.where(sells, last - first, 0)
    silent = last < kept.at - silence
    founded = np.clip(lives.founded, -(2**61), 2**61)
    return Marks(
        no_inputs=sells & (bought * LITTLE < sold),
        no_living=banked & (living.staff == 0) & (living.bills == 0),
        gone=sells & (span <= _YEAR) & (ended | silent),
        young=sells & (founded <= first) & (first - founded <= _YEAR // 2),
        first=first,
        last=last,
    )


def makers(kept: Books, groups: int) -> I64:
    """Which places (company × groups + group) made goods, ascending: sold them, and bought of them
    no more than a tenth of that. O(n log n) in the invoices."""
    invoices = kept.invoices
    stand = invoices.of(invoices.stand & (invoices.group >= 0))
    place = stand.seller.astype(np.int64) * groups + stand.group
    sells, at = np.unique(place, return_inverse=True)
    sold, bought = np.zeros(len(sells), np.int64), np.zeros(len(sells), np.int64)
    np.add.at(sold, at, stand.net)
    home = stand.of(~stand.export)
    place = home.buyer.astype(np.int64) * groups + home.group
    at = np.minimum(np.searchsorted(sells, place), max(len(sells) - 1, 0))
    resold = sells[at] == place if len(sells) else np.zeros(0, np.bool_)
    np.add.at(bought, at[resold], home.net[resold])
    found: I64 = sells[bought * LITTLE <= sold]
    return found
