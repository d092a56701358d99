"""What companies paid: one another, people, and others, through the accounts they held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.columns import I32, I64
from graph.model import CODES

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Books

HOLDERS: Final = 4  # an account that more subjects hold at a time says nothing of any of them
_COMPANY, _PERSON = CODES["company"], CODES["person"]


class Money(NamedTuple):
    """Transfers in which a company's account is an end, by time (then row), one entry for each
    pair of holders of the two accounts.

    `payer` and `payee` are subjects: the account's holder when the money moved, or the account
    itself where nobody known held it. What a subject pays itself is not there.
    """

    row: I64
    payer: I32
    payee: I32
    time: I64
    amount: I64


class Paid:
    """Payments between pairs, to ask how much one paid another within a time."""

    def __init__(self, money: Money) -> None:
        order = np.lexsort((money.time, money.payee, money.payer))
        self._key = _key(money.payer[order], money.payee[order])
        self._time = money.time[order]
        self._sum = np.concatenate([[0], np.cumsum(money.amount[order])])
        fresh = np.ones(len(order), np.bool_)
        fresh[1:] = self._key[1:] != self._key[:-1]
        self._first = np.flatnonzero(fresh)
        self._pair = self._key[self._first]
        self._late = np.append(self._first, len(order))
        self._order = order

    def _span(self, payer: Any, payee: Any, begin: I64, end: I64) -> tuple[I64, I64]:
        """Where the payments of each pair with begin <= time <= end stand."""
        from algorithms.invoices.spans import within

        key = _key(np.asarray(payer), np.asarray(payee))
        at = np.searchsorted(self._pair, key)
        inside = np.minimum(at, max(len(self._pair) - 1, 0))
        hit = (at < len(self._pair)) & (
            self._pair[inside] == key if len(self._pair) else np.zeros(len(key), np.bool_)
        )
        low = np.where(hit, self._late[inside], 0)
        high = np.where(hit, self._late[np.minimum(inside + 1, len(self._late) - 1)], 0)
        return within(self._time, low, high, begin, end)

    def between(self, payer: Any, payee: Any, begin: I64, end: I64) -> I64:
        """How much each payer paid its payee from `begin` to `end`, both included."""
        low, high = self._span(payer, payee, begin, end)
        found: I64 = self._sum[high] - self._sum[low]
        return found

    def which(self, payer: int, payee: int, begin: int, end: int) -> I64:
        """The places in `Money` of what one paid another within a time, in order of time."""
        low, high = self._span(*(np.array([x]) for x in (payer, payee, begin, end)))
        found: I64 = self._order[int(low[0]) : int(high[0])]
        return found


def _key(payer: npt.NDArray[Any], payee: npt.NDArray[Any]) -> I64:
    return (payer.astype(np.int64) << 32) | payee.astype(np.int64)


def money(kept: Books) -> Money:
    """Read what companies paid and were paid. O(n log n) in the transfers and holdings."""
    snapshot = kept.snapshot
    cols, rep = snapshot.columns, snapshot.nodes.rep
    rows = snapshot.rows("transfer", kept.at)
    rows = rows[cols.value[rows] > 0]
    currency = snapshot.carried("transfer", rows, "currency")
    said = [text == kept.currency for text in currency.texts]
    rows = rows[np.array([*said, kept.currency == "CNY"], np.bool_)[currency.codes]]
    holdings = held_accounts(kept)
    firm = np.zeros(snapshot.n, np.bool_)  # accounts that a company ever held
    firm[holdings.account[snapshot.nodes.kind[holdings.holder] == _COMPANY]] = True
    src, dst = rep[cols.src[rows]], rep[cols.dst[rows]]
    touched = (firm[src] | firm[dst]) & (src != dst)
    rows, src, dst = rows[touched], src[touched], dst[touched]
    rows = rows[order := np.argsort(cols.vf[rows], kind="stable")]
    src, dst = src[order], dst[order]
    place, payer = _held(holdings, src, cols.vf[rows])
    rows, dst = rows[place], dst[place]
    place, payee = _held(holdings, dst, cols.vf[rows])
    rows, payer = rows[place], payer[place]
    kinds = snapshot.nodes.kind
    there = (payer != payee) & ((kinds[payer] == _COMPANY) | (kinds[payee] == _COMPANY))
    rows, payer, payee = rows[there], payer[there], payee[there]
    return Money(rows, payer, payee, cols.vf[rows], cols.value[rows])


class Holdings(NamedTuple):
    """Who held which account from when until when, by account; those of crowds left out."""

    account: I32
    holder: I32
    begins: I64
    ends: I64


def held_accounts(kept: Books) -> Holdings:
    """Who held which account until the day."""
    snapshot = kept.snapshot
    cols, nodes = snapshot.columns, snapshot.nodes
    rows = snapshot.rows("holds_account")
    rows = rows[cols.vf[rows] <= kept.at]
    account, holder = nodes.rep[cols.dst[rows]], nodes.rep[cols.src[rows]]
    kind = nodes.kind[holder]
    good = (kind == _COMPANY) | (kind == _PERSON)
    account, holder, rows = account[good], holder[good], rows[good]
    order = np.lexsort((cols.vf[rows], holder, account))
    account, holder, rows = account[order], holder[order], rows[order]
    few = np.bincount(account, minlength=snapshot.n) <= HOLDERS
    good = few[account]
    return Holdings(account[good], holder[good], cols.vf[rows][good], cols.vt[rows][good])


def _held(holdings: Holdings, account: I32, time: I64) -> tuple[I64, I32]:
    """Who held each account at a time: places among what is asked, and holders, every one that
    held it; the account itself where nobody did."""
    low = np.searchsorted(holdings.account, account, side="left")
    high = np.searchsorted(holdings.account, account, side="right")
    places, holders = [], []
    nobody = np.ones(len(account), np.bool_)
    for step in range(HOLDERS):
        at = low + step
        there = np.flatnonzero(at < high)
        at = at[there]
        valid = (holdings.begins[at] <= time[there]) & (time[there] < holdings.ends[at])
        there, at = there[valid], at[valid]
        nobody[there] = False
        places.append(there)
        holders.append(holdings.holder[at])
    alone = np.flatnonzero(nobody)
    place = np.concatenate([*places, alone])
    holder = np.concatenate([*holders, account[alone]]).astype(np.int32)
    order = np.lexsort((holder, place))
    place, holder = place[order], holder[order]
    fresh = np.ones(len(place), np.bool_)  # the same holder by two facts is one
    fresh[1:] = (place[1:] != place[:-1]) | (holder[1:] != holder[:-1])
    return place[fresh], holder[fresh]
