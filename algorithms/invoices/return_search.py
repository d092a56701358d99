"""Following payments until their money is back; a kernel over all of them, buyer by buyer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.ascending import first_at
from algorithms.invoices.people import Sets
from graph.compiled import kernel

if TYPE_CHECKING:
    from graph.columns import I32, I64
    from graph.deadline import Deadline

    F64 = npt.NDArray[np.float64]

_HOT: Final = 2000
_CHUNK: Final = 50_000


class Ways(NamedTuple):
    """Transfers that may bring money back, by account and time: those out of account x are
    `ptr[x]:ptr[x + 1]`. Accounts are numbered as subjects are."""

    ptr: I64
    to: I32
    time: I64
    amount: I64
    row: I64


class Payments(NamedTuple):
    """Payments for invoices by buyer, pair and time: `pair` numbers buyer and seller together.

    `buyer` is the set of accounts that the buyer's money can be back at, `seller` that of the
    seller's own, where it cannot. `until` is the time by which all has to be back.
    """

    row: I64
    into: I32
    time: I64
    until: I64
    amount: I64
    pair: I64
    buyer: I64
    seller: I64

    def of(self, which: npt.NDArray[Any]) -> Payments:
        """Some of them: those of a mask, or at these places in this order."""
        columns: list[Any] = [column[which] for column in self]
        return Payments._make(columns)

    def and_(self, more: Payments) -> Payments:
        """These, then others."""
        pairs: Any = zip(self, more, strict=True)
        return Payments._make(np.concatenate(pair) for pair in pairs)


class Traced(NamedTuple):
    """Of each payment: what came back. Of each pair: how many transfers were followed, and how
    many of them reached the circle, each counted once. `cut` payments were not followed to the
    end."""

    back: I64
    followed: I64
    hits: I64
    cut: int


@kernel
def _follow(  # noqa: PLR0912  # a call for each step would cost more than the step
    ways: Any, pay: Any, circle: Any, own: Any, lo: int, hi: int, hops: int, part: float,
    most: int, home: Any, seen: Any, told: Any, queue: Any, back: Any, followed: Any, hits: Any,
) -> int:  # fmt: skip
    """Follow payments lo..hi. `home` holds for each account the last pair to whose buyer money can
    be back there, `seen` for each transfer the last payment that met it, `told` the last pair.
    Returns how many were cut."""
    ptr, to, time, amount = ways.ptr, ways.to, ways.time, ways.amount
    cut = 0
    current = -1
    for i in range(lo, hi):
        buyer = pay.buyer[i]
        pair = pay.pair[i]
        if pair != current:
            for p in range(circle.ptr[buyer], circle.ptr[buyer + 1]):
                home[circle.member[p]] = pair
            for p in range(own.ptr[pay.seller[i]], own.ptr[pay.seller[i] + 1]):
                home[own.member[p]] = -1
            current = pair
        begin = pay.time[i]
        until = pay.until[i]
        whole = pay.amount[i]
        least = whole * part
        count = 0
        start = 0
        looked = 0
        for hop in range(hops):
            end = count
            if hop > 0 and start == end:
                break
            if looked > most:
                cut += 1
                break
            for j in range(start, max(end, 1)):
                if hop == 0:
                    x = pay.into[i]
                    t = begin
                else:
                    x = to[queue[j]]
                    t = time[queue[j]]
                    if home[x] == pair:
                        continue
                for e in range(first_at(time, ptr[x], ptr[x + 1], t), ptr[x + 1]):
                    if time[e] > until:
                        break
                    looked += 1
                    if amount[e] < least or amount[e] > whole or seen[e] == i:
                        continue
                    seen[e] = i
                    queue[count] = e
                    count += 1
                    hit = home[to[e]] == pair
                    if hit:
                        back[i] += amount[e]
                    if told[e] != pair:
                        told[e] = pair
                        followed[pair] += 1
                        hits[pair] += hit
            start = end
    return cut


def trace(
    ways: Ways, pay: Payments, circle: Sets, own: Sets, pairs: int, hops: int, part: float,
    most: int, deadline: Deadline,
) -> Traced:  # fmt: skip
    """Follow all payments; see `payment_returns`."""
    n, edges = len(ways.ptr) - 1, len(ways.to)
    home = np.full(n, -1, np.int64)
    seen, told = np.full(edges, -1, np.int64), np.full(edges, -1, np.int64)
    queue = np.empty(edges, np.int64)
    back = np.zeros(len(pay.row), np.int64)
    followed, hits = np.zeros(pairs, np.int64), np.zeros(pairs, np.int64)
    run = _follow.hot if len(pay.row) > _HOT else _follow
    cut = 0
    for lo in range(0, len(pay.row), _CHUNK):
        deadline.report(lo, len(pay.row), "payments followed / 已追踪的付款")
        hi = min(lo + _CHUNK, len(pay.row))
        cut += run(
            ways, pay, circle, own, lo, hi, hops, part, most, home, seen, told, queue,
            back, followed, hits,
        )  # fmt: skip
        if hi < len(pay.row) and deadline.expired():
            break
    return Traced(back, followed, hits, cut)


def way_back(
    ways: Ways, pay: Payments, one: int, home: frozenset[int], hops: int, part: float
) -> list[int]:
    """The transfers on the shortest ways back of one payment to accounts where it is home.

    As places in `ways`: those that reach such an account, and of each in turn those that it follows
    on from at the fewest transfers.
    """
    begin, whole = int(pay.time[one]), int(pay.amount[one])
    before: dict[int, list[int]] = {}
    level: dict[int, int] = {}
    ends: list[int] = []
    queue = [(int(pay.into[one]), begin, -1)]
    for hop in range(1, hops + 1):
        ahead: list[int] = []
        for x, t, source in queue:
            low, high = int(ways.ptr[x]), int(ways.ptr[x + 1])
            low += int(np.searchsorted(ways.time[low:high], t))
            for e in range(low, high):
                if ways.time[e] > pay.until[one]:
                    break
                if not whole * part <= ways.amount[e] <= whole:
                    continue
                if e not in level:
                    level[e] = hop
                    (ends if int(ways.to[e]) in home else ahead).append(e)
                if level[e] == hop:
                    before.setdefault(e, []).append(source)
        queue = [(int(ways.to[e]), int(ways.time[e]), e) for e in ahead]
    on: set[int] = set()
    left = ends
    while left:
        e = left.pop()
        if e not in on:
            on.add(e)
            left.extend(source for source in before[e] if source >= 0)
    return sorted(on)
