"""All payments of a question from both ends, and what is known of each account and payment."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from algorithms.ascending import distinct
from algorithms.flows.holders import holders
from algorithms.flows.scatter import Onward, onward_of
from algorithms.flows.ties import Ties, ties
from algorithms.flows.windows import Side, between, side
from graph.columns import I32, I64, U8
from graph.deadline import check
from graph.times import DAY

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

F64 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_NEW: Final = 30 * DAY  # since its first payment an account is new
_HABITS: Final = 10  # payments that come back every month are a living
_OLD: Final = 60 * DAY  # since the first payment of all; before, nobody is told from the new


class Field:
    """Payments `rows`, and those of them that are looked at (by default all).

    Accounts have their numbers in the snapshot. Payment e of those looked at is relation
    `rows[e]`, from `src[e]` to `dst[e]` at `time[e]`.
    """

    def __init__(
        self, snapshot: Snapshot, rows: I64, at: int, near: int | None = None,
        *, drawn: bool = False,
    ) -> None:  # fmt: skip
        cols, rep, self.n = snapshot.columns, snapshot.nodes.rep, snapshot.n
        src, dst = rep[cols.src[rows]], rep[cols.dst[rows]]
        keep = src != dst
        rows, src, dst = rows[keep], src[keep], dst[keep]
        when = cols.vf[rows]
        self.total = len(rows)
        self.paid = np.bincount(dst, minlength=self.n)
        self.pays = np.bincount(src, minlength=self.n)
        self.began = int(when.min()) if len(rows) else 0
        self.span = max(int(when.max()) - self.began, DAY) if len(rows) else DAY
        if near is not None:
            close = np.zeros(self.n, np.bool_)
            close[near] = True
            close[dst[src == near]] = close[src[dst == near]] = True
            keep = close[src] | close[dst]
            rows, src, dst, when = rows[keep], src[keep], dst[keep], when[keep]
        self.snapshot, self.rows, self.src, self.dst, self.time = snapshot, rows, src, dst, when
        self.value = np.maximum(cols.value[rows], 0)
        self.held = holders(snapshot, at)
        self.drawn = drawn  # withdrawals are among the payments
        self._at = at

    @cached_property
    def out(self) -> Side:
        """By payer."""
        return side(self.n, self.src, self.dst, self.time)

    @cached_property
    def into(self) -> Side:
        """By receiver."""
        return side(self.n, self.dst, self.src, self.time)

    @cached_property
    def onward(self) -> tuple[Onward, I32]:
        """By payer and time, and by payer, receiver and time with the payments in that order."""
        return onward_of(self.out)

    @cached_property
    def ties(self) -> Ties:
        """The ties of each payment."""
        return ties(self.snapshot, self.held, self.rows, self._at)

    @cached_property
    def receivers(self) -> I64:
        """How many different accounts each pays."""
        return _different(self.n, self.src, self.dst)

    @cached_property
    def payers(self) -> I64:
        """How many different accounts pay each."""
        return _different(self.n, self.dst, self.src)

    @cached_property
    def living(self) -> Mask:
        """Whether each pays wages, or much the same others month by month: rent, power, taxes."""
        wages = np.bincount(self.src[self.ties.wages], minlength=self.n)
        habits = np.bincount(self.src[self.ties.regular], minlength=self.n)
        return np.asarray((wages > 0) | (habits >= _HABITS))

    @cached_property
    def business(self) -> U8:
        """How much each account is one of an ordinary business, in tenths: a company's, and of one
        that lives month by month."""
        firm = self.held.company
        return np.asarray(4 * firm + 6 * (firm & self.living), np.uint8)

    def part(self, window: int) -> float:
        """A window's part of the time that was observed."""
        return min(window / self.span, 1.0)

    def new(self, of: I64, begin: I64) -> Mask:
        """Whether accounts had been in use for a month at most."""
        born = np.full(len(of), np.iinfo(np.int64).max)
        for payments in (self.out, self.into):
            first = payments.ptr[of]
            some = payments.ptr[of + 1] > first
            born[some] = np.minimum(born[some], payments.time[first[some]])
        return np.asarray((born >= begin - _NEW) & (begin >= self.began + _OLD))

    def share(self, payments: Side, flag: Mask, low: I64, high: I64) -> F64:
        """The share of the items `low:high` of one side that have a flag."""
        many = np.maximum(high - low, 1)
        return np.asarray(self.summed(payments, flag.view(np.uint8), low, high) / many)

    def summed(self, payments: Side, what: npt.NDArray[Any], low: I64, high: I64) -> I64:
        """The sum over the items `low:high` of one side."""
        check()
        upto = np.zeros(len(payments.edge) + 1, np.int64)
        np.cumsum(what[payments.edge], out=upto[1:])
        return upto[high] - upto[low]

    def money(self, payments: Side, of: I64, begin: I64, end: I64) -> I64:
        """What accounts pay, or are paid, from `begin` to `end`, in minor units at face value."""
        return self.summed(payments, self.value, *between(payments, of, begin, end))

    def cash(self, of: I64, begin: I64, end: I64) -> I64:
        """What is withdrawn from accounts from `begin` to `end`, where that is no payment here."""
        cols, rep = self.snapshot.columns, self.snapshot.nodes.rep
        rows = self.snapshot.rows("withdrawal", self._at)
        if self.drawn or not len(rows):
            return np.zeros(len(of), np.int64)
        taken = side(self.n, rep[cols.src[rows]], rep[cols.dst[rows]], cols.vf[rows])
        upto = np.append(0, np.cumsum(np.maximum(cols.value[rows], 0)[taken.edge]))
        low, high = between(taken, of, begin, end)
        return np.asarray(upto[high] - upto[low])


def _different(n: int, mine: I32, other: I32) -> I64:
    pairs = distinct(mine.astype(np.int64) * n + other)
    return np.bincount(pairs // n, minlength=n)
