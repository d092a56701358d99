"""From payments and their ways back to rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.ascending import among, distinct
from algorithms.findings.asking import subject_of
from algorithms.findings.making import Cut, Found, answer, overdue
from algorithms.findings.scoring import Sign
from algorithms.findings.significance import binomial_tail
from algorithms.invoices.groups import declared_groups
from algorithms.invoices.later import Later
from algorithms.invoices.ledgers import VOID, books
from algorithms.invoices.lumps import apart, both, joined, lumps, singles
from algorithms.invoices.money import transfers
from algorithms.invoices.netting import untied
from algorithms.invoices.people import Sets, around, sets, through
from algorithms.invoices.return_search import Payments, Traced, Ways, trace, way_back
from algorithms.registry import Result
from graph.deadline import within
from graph.money import decimal_text
from graph.times import DAY, day_end, today

if TYPE_CHECKING:
    import numpy.typing as npt

    from algorithms.findings.finding import Finding
    from algorithms.invoices.ledgers import Books
    from algorithms.invoices.payment_returns import ReturnParams
    from graph.columns import I64
    from graph.snapshot import Snapshot

    F64 = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

_PART: Final = 0.3  # what part of all payments comes back in a scheme, at least
_SAME: Final = 0.02  # fees that differ by less are the same


class Case(NamedTuple):
    """All payments of a view, what may bring them back, and whose accounts they may be back at.

    `company` are the buyers and sellers; pair i is of `company[buyer[i]]` and `company[seller[i]]`.
    `circle` and `own` are accounts by place in `company`, `holder` subjects by account.
    """

    pay: Payments
    ways: Ways
    company: I64
    buyer: I64
    seller: I64
    circle: Sets
    own: Sets
    holder: Sets


def case(kept: Books, window: int) -> Case:
    """Read the case; O(n log n) in transfers and invoices."""
    snapshot, money = kept.snapshot, kept.money
    stand = kept.invoices.of(kept.invoices.stand)
    n = kept.n
    traded = distinct(stand.buyer.astype(np.int64) * n + stand.seller)
    payer, payee = (kept.places(end).astype(np.int64) for end in (money.payer, money.payee))
    there = (payer >= 0) & (payee >= 0)
    there[there] = among(payer[there] * n + payee[there], traded)
    key = payer[there] * n + payee[there]
    row, when, amount = money.row[there], money.time[there], money.amount[there]
    order = untied(snapshot, row, np.lexsort((when, key)), (key, when))
    key, row, when, amount = key[order], row[order], when[order], amount[order]
    fresh = np.ones(len(key), np.bool_)
    fresh[1:] = key[1:] != key[:-1]
    pairs, pair = key[fresh], np.cumsum(fresh) - 1
    place, ends = np.unique(np.concatenate([pairs // n, pairs % n]), return_inverse=True)
    buyer, seller = ends[: len(pairs)].astype(np.int64), ends[len(pairs) :].astype(np.int64)
    company = kept.company[place].astype(np.int64)
    rep, cols = snapshot.nodes.rep, snapshot.columns
    pay = Payments(
        row, rep[cols.dst[row]], when, when + window, amount, pair.astype(np.int64), buyer[pair],
        seller[pair],
    )  # fmt: skip
    held = kept.held
    accounts = sets(held.holder, held.account, snapshot.n)
    circle = sets(*_accounts(around(snapshot, kept.at, company), accounts), len(company))
    own = sets(*through(np.arange(len(company)), company, accounts), len(company))
    holder = sets(held.account, held.holder, snapshot.n)
    return Case(pay, _ways(kept, row), company, buyer, seller, circle, own, holder)


def _accounts(circle: Sets, accounts: Sets) -> tuple[I64, I64]:
    key = np.repeat(np.arange(len(circle.ptr) - 1), np.diff(circle.ptr))
    return through(key, circle.member, accounts)


def _ways(kept: Books, payments: I64) -> Ways:
    """All transfers that are no payments for invoices."""
    snapshot = kept.snapshot
    cols, rep = snapshot.columns, snapshot.nodes.rep
    rows = transfers(kept)
    paid = np.zeros(len(cols.src), np.bool_)
    paid[payments] = True
    rows = rows[~paid[rows]]
    src, dst = rep[cols.src[rows]], rep[cols.dst[rows]]
    keep = src != dst
    rows, src, dst = rows[keep], src[keep], dst[keep]
    order = np.lexsort((cols.vf[rows], src))
    rows, src, dst = rows[order], src[order], dst[order]
    ptr = np.searchsorted(src, np.arange(snapshot.n + 1)).astype(np.int64)
    return Ways(ptr, dst, cols.vf[rows], cols.value[rows], rows)


class _Question:
    """One question, from the case to its rows."""

    def __init__(self, snapshot: Snapshot, params: ReturnParams) -> None:
        self._deadline = within(params.time_limit)
        self.snapshot, self.params = snapshot, params
        self._kept = books(snapshot, day_end(params.as_of or today()), params.currency)
        self._wanted = (
            None if params.company is None else subject_of(snapshot, params.company, "company")
        )
        self.window = int(params.window * DAY)

    def answer(self) -> Result[Finding]:
        """The rows."""
        self.case = found = case(self._kept, self.window)
        pairs = len(found.buyer)
        alone = self._followed(found.pay)
        self.traced = [alone]
        made = list(self._found(alone)) if pairs else []
        return answer(self.snapshot, made, self.params, tests=pairs, cuts=self._cuts())

    def _followed(self, pay: Payments) -> Traced:
        found, params = self.case, self.params
        return trace(
            found.ways, pay, found.circle, found.own, len(found.buyer), params.max_hops,
            params.min_part, params.max_explored, self._deadline,
        )  # fmt: skip

    def _enough(self, pay: Payments, back: I64) -> Bools:
        enough: Bools = (back >= pay.amount * (1 - self.params.max_fee) - 1e-6) & (back > 0)
        return enough

    def _returned(self, alone: Traced) -> tuple[I64, I64]:
        """Find what came back, by itself or together; how many transfers of each pair were
        followed, and how many of them came home."""
        pay = self.case.pay
        enough = self._enough(pay, alone.back)
        every = lumps(pay, enough)
        followed, hits = alone.followed, alone.hits
        together = self._followed(every.pay)
        self.traced.append(together)
        whole = np.flatnonzero(self._enough(every.pay, together.back))
        whole = whole[apart(every.of(whole))]
        self.back, order = joined(singles(pay, enough), every.of(whole))
        self.came = np.concatenate([alone.back[enough], together.back[whole]])[order]
        if len(whole):  # of these pairs the runs were followed, too; each transfer counts once
            pairs = np.unique(every.pay.pair[whole])
            again = self._followed(both(pay, every.pay, pairs))
            followed, hits = followed.copy(), hits.copy()
            followed[pairs], hits[pairs] = again.followed[pairs], again.hits[pairs]
        return followed, hits

    def _found(self, alone: Traced) -> Iterator[Found]:
        found, pay = self.case, self.case.pay
        pairs = len(found.buyer)
        followed, hits = self._returned(alone)
        self.paid = _sums(pay.pair, pay.amount, pairs)
        self.first = np.searchsorted(pay.pair, np.arange(pairs + 1))
        hit = np.unique(self.back.pay.pair)
        buyer, seller = found.company[found.buyer], found.company[found.seller]
        if self._wanted is not None:
            hit = hit[(buyer[hit] == self._wanted) | (seller[hit] == self._wanted)]
        chance = self._chances(hit)
        p = binomial_tail(hits[hit], followed[hit], chance)
        group = declared_groups(self.snapshot, self._kept.at) if len(hit) else None
        for pair, tail in zip(hit.tolist(), np.atleast_1d(p).tolist(), strict=True):
            same = group is not None and group[buyer[pair]] == group[seller[pair]]
            yield self._made(pair, tail, bool(same))

    def _chances(self, pairs: I64) -> F64:
        """How often a transfer reaches the accounts that each pair's money can be back at."""
        found, ways = self.case, self.case.ways
        received = np.bincount(ways.to, minlength=len(ways.ptr) - 1)
        counts = []
        for buyer, seller in zip(found.buyer[pairs], found.seller[pairs], strict=True):
            home = np.setdiff1d(found.circle.of(buyer), found.own.of(seller), assume_unique=True)
            counts.append(int(received[home].sum()))
        return np.array(counts, np.float64) / max(len(ways.to), 1)

    def home(self, pair: int) -> frozenset[int]:
        """The accounts that a pair's money can be back at."""
        found = self.case
        buyer, seller = int(found.buyer[pair]), int(found.seller[pair])
        return frozenset(found.circle.of(buyer).tolist()) - set(found.own.of(seller).tolist())

    def _made(self, pair: int, p: float, grouped: bool) -> Found:
        found, pay = self.case, self.case.pay
        low, high = np.searchsorted(self.back.first, [self.first[pair], self.first[pair + 1]])
        events = np.arange(int(low), int(high))
        spans = zip(self.back.first[events].tolist(), self.back.last[events].tolist(), strict=True)
        back = np.concatenate([np.arange(first, last + 1) for first, last in spans])
        whole, came = self.back.pay.amount[events], self.came[events]
        paid, returned = int(whole.sum()), int(np.minimum(came, whole).sum())
        share = paid / int(self.paid[pair])
        fees = 1 - np.minimum(came / whole, 1.0)
        source = _Way(self, pair, events)
        buyer, seller = (
            int(found.company[found.buyer[pair]]),
            int(found.company[found.seller[pair]]),
        )
        currency = self._kept.currency
        texts = decimal_text(paid, currency), decimal_text(returned, currency)
        return Found(
            pattern="payment_return",
            members=(seller, buyer),
            rows=Later(lambda: source.both[0]),
            circle=Later(lambda: source.both[1]),
            p=p,
            zh=f"购方付款 {len(back)} 笔共 {texts[0]} {currency}, 其中 {texts[1]} 在"
            f" {self.params.window:g} 天内回流至购方或其关联人账户",
            en=f"{len(back)} payments of {texts[0]} {currency}, of which {texts[1]} was back with"
            f" the buyer or its people within {self.params.window:g} days",
            signs=tuple(self._signs(pair, back, share, fees, grouped)),
            amount=paid,
            currency=currency,
            begins=int(pay.time[back].min()),
            ends=int(pay.time[back].max()),
            called=(seller, buyer),
            attrs={
                "payments": self._count(pair), "returns": len(back), "share": round(share, 12),
                "returned": texts[1], "fee": round(1 - returned / paid, 12),
            },
        )  # fmt: skip

    def _signs(
        self, pair: int, back: I64, share: float, fees: F64, grouped: bool
    ) -> Iterator[Sign]:
        if share >= 0.5:
            text = f"{share:.0%} of what was paid came back"
            yield Sign("mostly_back", 2.0, f"所付款项的 {share:.0%} 回流", text)
        elif share < _PART:
            text = f"only {share:.0%} of what was paid came back"
            weight = max(-6.0, 4 * math.log(share / _PART))
            yield Sign("small_part", weight, f"仅占所付款项的 {share:.0%}", text)
        if len(fees) > 1 and fees.min() > 0.002 and fees.max() - fees.min() < _SAME:
            text = f"about {fees.mean():.1%} stayed behind each time"
            yield Sign("same_fee", 1.5, f"每次扣留约 {fees.mean():.1%}", text)
        if len(back) == 1 and (payments := self._count(pair)) > 1:
            text = f"one of {payments} payments"
            weight = -7.0 if payments > 2 else -2.0
            yield Sign("once", weight, f"{payments} 笔付款中仅一笔回流", text)
        if self._refunded(pair, back):
            text = "the seller paid it back itself, or took the invoice back"
            yield Sign("refund", -10.0, "由销方直接退款或已开红字发票", text)
        if grouped:
            text = "both are of one declared group: it may pool its cash"
            yield Sign("declared_group", -12.0, "双方属于公开登记的同一集团, 可能为资金归集", text)

    def _count(self, pair: int) -> int:
        return int(self.first[pair + 1] - self.first[pair])

    def _refunded(self, pair: int, back: I64) -> bool:
        """Whether the seller's own accounts paid the buyer's own, or red letters took back half."""
        found, ways = self.case, self.case.ways
        buyer, seller = int(found.buyer[pair]), int(found.seller[pair])
        own = found.own.of(buyer)
        begin, end = int(found.pay.time[back].min()), int(found.pay.time[back].max()) + self.window
        total = 0
        for account in found.own.of(seller).tolist():
            at = slice(int(ways.ptr[account]), int(ways.ptr[account + 1]))
            inside = (ways.time[at] >= begin) & (ways.time[at] <= end) & np.isin(ways.to[at], own)
            total += int(ways.amount[at][inside].sum())
        return 2 * total >= int(found.pay.amount[back].sum()) or self._red(pair, back)

    def _red(self, pair: int, back: I64) -> bool:
        """Whether red letters of the pair take back half of what is returned or more."""
        kept, found = self._kept, self.case
        ends = found.company[[found.seller[pair], found.buyer[pair]]]
        seller, buyer = kept.places(ends).tolist()
        total = self._reds.get((seller, buyer), 0)
        return bool(2 * total >= int(found.pay.amount[back].sum()))

    @cached_property
    def _reds(self) -> dict[tuple[int, int], int]:
        """What red letters of each pair come to."""
        invoices = self._kept.invoices
        red = invoices.of((invoices.amount < 0) & (invoices.status != VOID))
        found: dict[tuple[int, int], int] = {}
        columns = (red.seller.tolist(), red.buyer.tolist(), red.amount.tolist())
        for seller, buyer, amount in zip(*columns, strict=True):
            found[seller, buyer] = found.get((seller, buyer), 0) - amount
        return found

    def _cuts(self) -> list[Cut]:
        cuts, looked = [], sum(int(traced.followed.sum()) for traced in self.traced)
        if cut := sum(traced.cut for traced in self.traced):
            text = f"max_explored: {cut} payments were not followed to their end"
            cuts.append(Cut(f"{text} / 部分付款未追踪到底", looked, self.params.max_explored))
        text = "time_limit: not all payments were followed / 超时, 未追踪全部付款"
        return cuts + overdue(self._deadline, looked, text)


def _sums(key: I64, amount: I64, n: int) -> I64:
    found = np.zeros(n, np.int64)
    np.add.at(found, key, amount)
    return found


class _Way:
    """The ways back of one pair's payments, followed when they are shown."""

    def __init__(self, question: _Question, pair: int, events: I64) -> None:
        self._question, self._pair, self._events = question, pair, events

    @cached_property
    def both(self) -> tuple[list[int], list[int]]:
        """Payments with the transfers that brought them back, and whose accounts these met."""
        question, found = self._question, self._question.case
        home, ways = question.home(self._pair), found.ways
        rows: dict[int, None] = {}
        met: set[int] = set()
        back = question.back
        for one in self._events.tolist():
            way = way_back(
                ways, back.pay, one, home, question.params.max_hops, question.params.min_part
            )
            own = found.pay.row[int(back.first[one]) : int(back.last[one]) + 1].tolist()
            names = question.snapshot.fact_ids(ways.row[way].tolist())
            order = sorted(zip(ways.time[way].tolist(), names, ways.row[way].tolist(), strict=True))
            rows.update(dict.fromkeys([*own, *(row for *_, row in order)]))
            met.update(ways.to[way].tolist())
        ends = {int(found.company[side[self._pair]]) for side in (found.buyer, found.seller)}
        whose: set[int] = set()
        for account in met:
            whose.update(found.holder.of(account).tolist() or [account])
        names = question.snapshot.canonicals(circle := sorted(whose - ends))
        return list(rows), [who for _, who in sorted(zip(names, circle, strict=True))]


def find(snapshot: Snapshot, params: ReturnParams) -> Result[Finding]:
    """The rows of `payment_returns`."""
    return _Question(snapshot, params).answer()
