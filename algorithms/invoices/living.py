"""The cost of living of companies: wages, rent, carriage, power, told by who is paid how regularly.

What a payment was for is seldom said in a way to rely on. A company that does business pays the
same people month after month, and the same landlord, carrier and power company; one that only
passes invoices on pays none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.ascending import among
from algorithms.invoices.ledgers import totals
from graph.columns import I32, I64
from graph.model import CODES

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Books

Bools = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.signedinteger[Any]]
MONTHS: Final = 3  # as many different months make a payment regular
OFTEN: Final = 2.5  # payments a month, on average, that are still one bill a month
_PERSON: Final = CODES["person"]


class Living(NamedTuple):
    """Of each company by its number. A payee is regular where it was paid in at least `MONTHS`
    different months, in a quarter of the months from the first to the last (rent is often paid by
    the quarter), and no more than `OFTEN` times in each on average.

    `staff`: people paid regularly, `wages` what they got; `bills`: regular payees other than
    people who do not supply it with goods (of a group that it sells itself, or of any that is no
    overhead, see `balance.overheads`); `billed` what they got; `months`: different months in which
    any of these was paid.
    """

    staff: I32
    wages: I64
    bills: I32
    billed: I64
    months: I32


def living(kept: Books) -> Living:
    """Read the cost of living. O(n log n) in the payments of companies."""
    snapshot, money, n = kept.snapshot, kept.money, kept.n
    payer = kept.places(money.payer)
    ours = np.flatnonzero(payer >= 0)
    payer, payee = payer[ours].astype(np.int64), money.payee[ours].astype(np.int64)
    month, amount = months_of(money.time[ours]), money.amount[ours]
    order = np.lexsort((month, payee, payer))
    payer, payee, month, amount = payer[order], payee[order], month[order], amount[order]
    if not len(payer):
        none, zero = np.zeros(n, np.int32), np.zeros(n, np.int64)
        return Living(none, zero, none, zero, none)
    other = np.ones(len(payer), np.bool_)
    other[1:] = (payer[1:] != payer[:-1]) | (payee[1:] != payee[:-1])
    fresh = other.copy()
    fresh[1:] |= month[1:] != month[:-1]
    begins = np.flatnonzero(other)
    count = np.diff(np.append(begins, len(payer)))
    different = np.add.reduceat(fresh.astype(np.int64), begins)
    span = month[begins + count - 1] - month[begins] + 1
    regular = (different >= MONTHS) & (4 * different >= span) & (count <= OFTEN * different)
    total = np.add.reduceat(amount, begins)
    who, whom = payer[begins], payee[begins]
    person = snapshot.nodes.kind[whom] == _PERSON
    staff = regular & person
    bill = regular & ~person & ~_supplies(kept, who, whom)
    paid = np.repeat(staff | bill, count)
    when = np.unique(payer[paid] * 2**20 + month[paid])
    return Living(
        np.bincount(who[staff], minlength=n).astype(np.int32),
        totals(who[staff], total[staff], n),
        np.bincount(who[bill], minlength=n).astype(np.int32),
        totals(who[bill], total[bill], n),
        np.bincount(when >> 20, minlength=n).astype(np.int32),
    )


def months_of(time: I64) -> I64:
    """Calendar months at +08:00, counted on from January 1970 + 2**18 so that none is negative."""
    local = (time + 8 * 3_600_000_000).astype("datetime64[us]")
    found: I64 = local.astype("datetime64[M]").astype(np.int64) + 2**18
    return found


def _supplies(kept: Books, who: Whole, whom: Whole) -> Bools:
    """Whether a payee supplied its payer with goods."""
    from algorithms.invoices.balance import overheads

    invoices, n, whole = kept.invoices, kept.n, kept.balance
    goods = whole.sold[whole.purchase] > 0  # of a group that the buyer sells
    if (common := overheads(whole)) is not None:
        goods |= ~common[invoices.group[whole.place]]
    supply = whole.place[goods]
    pairs = np.unique(invoices.seller[supply].astype(np.int64) * n + invoices.buyer[supply])
    place = kept.places(whom).astype(np.int64)
    return np.asarray((place >= 0) & among(place * n + who, pairs))
