"""What companies paid: one another, people, and others, through the accounts they held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.ascending import within
from algorithms.flows.currency import in_currency
from graph.columns import I32, I64
from graph.deadline import check
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
        check()
        order = np.lexsort((money.time, money.payee, money.payer))
        check()
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
    rows, holdings = transfers(kept), kept.held
    firm = np.zeros(snapshot.n, np.bool_)  # accounts that a company ever held
    firm[holdings.account[snapshot.nodes.kind[holdings.holder] == _COMPANY]] = True
    check()
    src, dst = rep[cols.src[rows]], rep[cols.dst[rows]]
    touched = (firm[src] | firm[dst]) & (src != dst)
    rows, src, dst = rows[touched], src[touched], dst[touched]
    check()
    rows = rows[order := np.argsort(cols.vf[rows], kind="stable")]
    src, dst = src[order], dst[order]
    place, payer = _held(holdings, src, cols.vf[rows])
    rows, dst = rows[place], dst[place]
    check()
    place, payee = _held(holdings, dst, cols.vf[rows])
    rows, payer = rows[place], payer[place]
    check()
    kinds = snapshot.nodes.kind
    there = (payer != payee) & ((kinds[payer] == _COMPANY) | (kinds[payee] == _COMPANY))
    rows, payer, payee = rows[there], payer[there], payee[there]
    return Money(rows, payer, payee, cols.vf[rows], cols.value[rows])


def transfers(kept: Books) -> I64:
    """The transfers of an amount in the currency of the books, until the day."""
    snapshot = kept.snapshot
    rows = snapshot.rows("transfer", kept.at)
    return in_currency(snapshot, rows[snapshot.columns.value[rows] > 0], kept.currency)


class Holdings(NamedTuple):
    """Who held which account from when until when, by account, then time; crowds left out.

    Holdings are cut where the holders of the account change: within an account, two spans are the
    same or do not meet, and no holder stands twice in one.
    """

    account: I32
    holder: I32
    begins: I64
    ends: I64


def held_accounts(kept: Books) -> Holdings:
    """Who held which account until the day; none of an account that more than `HOLDERS` subjects
    held at one time. O(n log n) in the holdings."""
    snapshot = kept.snapshot
    cols, nodes = snapshot.columns, snapshot.nodes
    rows = snapshot.rows("holds_account")
    rows = rows[(cols.vf[rows] <= kept.at) & (cols.vf[rows] < cols.vt[rows])]
    account, holder = nodes.rep[cols.dst[rows]], nodes.rep[cols.src[rows]]
    kind = nodes.kind[holder]
    good = (kind == _COMPANY) | (kind == _PERSON)
    account, holder, rows = account[good], holder[good], rows[good]
    # What several facts say of one holder is one holding for as long as any of them lasts.
    one = _sweep(_key(account, holder), cols.vf[rows], cols.vt[rows])
    before = np.append(0, one.cover)[:-1]
    begun, ended = (one.cover > 0) & (before == 0), (one.cover == 0) & (before > 0)
    pair, begins, ends = one.key[begun], one.time[begun], one.time[ended]
    account, holder = (pair >> 32).astype(np.int32), (pair & 0xFFFFFFFF).astype(np.int32)
    every = _sweep(account, begins, ends)
    few = np.ones(snapshot.n, np.bool_)
    few[every.key[every.cover > HOLDERS]] = False
    good = few[account]
    return _cut(account[good], holder[good], begins[good], ends[good])


class _Sweep(NamedTuple):
    """The moments at which something begins or ends, by key and time, with how many spans of that
    key cover the time from each to the next; in which of these moments each span begins, ends."""

    key: npt.NDArray[Any]
    time: I64
    cover: I64
    first: I64
    last: I64


def _sweep(key: npt.NDArray[Any], begins: I64, ends: I64) -> _Sweep:
    n = len(key)
    keys, times = np.concatenate([key, key]), np.concatenate([begins, ends])
    order = np.lexsort((times, keys))
    keys, times = keys[order], times[order]
    fresh = np.ones(2 * n, np.bool_)
    fresh[1:] = (keys[1:] != keys[:-1]) | (times[1:] != times[:-1])
    moment = np.empty(2 * n, np.int64)
    moment[order] = np.cumsum(fresh) - 1
    first, last = moment[:n], moment[n:]
    size = int(fresh.sum())
    change = np.bincount(first, minlength=size) - np.bincount(last, minlength=size)
    return _Sweep(keys[fresh], times[fresh], np.cumsum(change), first, last)


def _cut(account: I32, holder: I32, begins: I64, ends: I64) -> Holdings:
    """Holdings, no more than `HOLDERS` at a time, cut at each other's ends."""
    moments = _sweep(account, begins, ends)
    pieces = moments.last - moments.first
    which = np.repeat(np.arange(len(account)), pieces)
    inside = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    at = moments.first[which] + inside
    order = np.lexsort((holder[which], at))
    at, which = at[order], which[order]
    return Holdings(account[which], holder[which], moments.time[at], moments.time[at + 1])


def _held(holdings: Holdings, account: I32, time: I64) -> tuple[I64, I32]:
    """Who held each account at a time: places among what is asked, and holders, every one that
    held it; the account itself where nobody did."""
    low = np.searchsorted(holdings.account, account, side="left")
    high = np.searchsorted(holdings.account, account, side="right")
    _, begun = within(holdings.begins, low, high, time, time)
    places, holders = [], []
    nobody = np.ones(len(account), np.bool_)
    for step in range(1, HOLDERS + 1):  # who held it then stands last of those that had begun
        at = begun - step
        there = np.flatnonzero(at >= low)
        there = there[time[there] < holdings.ends[at[there]]]
        nobody[there] = False
        places.append(there)
        holders.append(holdings.holder[at[there]])
    alone = np.flatnonzero(nobody)
    place = np.concatenate([*places, alone])
    holder = np.concatenate([*holders, account[alone]]).astype(np.int32)
    order = np.lexsort((holder, place))
    return place[order], holder[order]
