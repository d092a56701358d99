"""From who stands above whom to rows of trade between affiliates."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.findings.asking import subject_of
from algorithms.findings.making import Cut, Found, answer, overdue
from algorithms.findings.scoring import Sign
from algorithms.findings.significance import LEAST
from algorithms.invoices.ancestry import (
    MOST,
    Above,
    Climb,
    Upward,
    trails,
    upward,
)
from algorithms.invoices.groups import declared_groups
from algorithms.invoices.later import Later
from algorithms.invoices.ledgers import Books, books
from algorithms.invoices.meeting import APART, antecedents, chances, distances
from algorithms.invoices.money import Paid
from algorithms.invoices.trades import Trades, trades
from algorithms.registry import Result
from graph.deadline import Deadline, within
from graph.money import decimal_text
from graph.times import NEG, day_end, today

if TYPE_CHECKING:
    import numpy.typing as npt

    from algorithms.findings.finding import Finding
    from algorithms.invoices.affiliated_trades import AffiliatedParams
    from graph.columns import I64
    from graph.snapshot import Snapshot

    F64 = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

_OPEN: Final = 1  # steps at which one company holds the other for all to see
_BOTH: Final = 2  # steps where one is directly above the two
_MANY: Final = 20  # firms under one antecedent from which on it looks like an agent


class Affiliates(NamedTuple):
    """The pairs of `trade` (places in it) that are affiliated, and what the search found."""

    trade: Trades
    up: Upward
    above: Above
    pair: I64
    steps: I64
    hidden: Bools
    p: F64


def affiliates(
    snapshot: Snapshot, params: AffiliatedParams, at: int, deadline: Deadline
) -> Affiliates:
    """All affiliated pairs; see `affiliated_trades`."""
    trade = trades(books(snapshot, at, params.currency))
    up = upward(snapshot, at, trade.company, params.min_share)
    above = _climbed(up, trade, params, deadline)
    steps = distances(above, up.organ, trade.seller, trade.buyer)
    pair = np.flatnonzero((steps > _OPEN) & (steps < APART))
    seller, buyer, far = trade.seller[pair], trade.buyer[pair], steps[pair].astype(np.int64)
    n = len(trade.company)
    p = np.zeros(len(pair))
    for own, partners in ((seller, trade.buyer), (buyer, trade.seller)):
        weight = np.bincount(partners, minlength=n).astype(np.float64)
        near = chances(above, up.organ, weight, params.max_depth)
        p = np.maximum(p, near[own, far])
    plain = upward(snapshot, at, trade.company, params.min_share, mutual=False)
    shown = _climbed(plain, trade, params, deadline)
    hidden = distances(shown, plain.organ, seller, buyer) > far
    return Affiliates(trade, up, above, pair, far, hidden, np.clip(p, LEAST, 1.0))


def _climbed(up: Upward, trade: Trades, params: AffiliatedParams, deadline: Deadline) -> Above:
    climb = Climb(up, up.places(trade.company), params.max_depth, params.max_fanout)
    while climb.go_on():
        if deadline.expired():
            break
    return climb.above()


def find(snapshot: Snapshot, params: AffiliatedParams) -> Result[Finding]:
    """The rows of `affiliated_trades`."""
    deadline = within(params.time_limit)
    at = day_end(params.as_of or today())
    company = None if params.company is None else subject_of(snapshot, params.company, "company")
    found = affiliates(snapshot, params, at, deadline)
    made = _Making(snapshot, params, at, found).rows(company)
    cuts = _cuts(snapshot, params, found, deadline)
    return answer(snapshot, made, params, tests=len(found.trade.net), cuts=cuts)


def _cuts(
    snapshot: Snapshot, params: AffiliatedParams, found: Affiliates, deadline: Deadline
) -> list[Cut]:
    cuts, above = [], found.above
    explored = len(above.who)
    if len(above.hubs):
        first = min(snapshot.canonicals(above.hubs.tolist()))
        text = f"max_fanout: {len(above.hubs)} with more above them were not passed, {first} first"
        cuts.append(Cut(f"{text} / 上级关系过多者未再向上", explored, params.max_fanout))
    if above.cut:
        text = f"{above.cut} companies have over {MOST} above them: the farthest were left out"
        cuts.append(Cut(f"{text} / 上级过多, 未全部追溯", explored, MOST))
    text = "time_limit: not all companies were looked at / 超时, 未查看全部企业"
    return cuts + overdue(deadline, explored, text)


class _Trails:
    """The trails of one finding, followed when they are asked for: few of many are shown."""

    def __init__(self, making: _Making, at: int, shared: list[int]) -> None:
        self._making, self._at, self._shared = making, at, shared

    @cached_property
    def both(self) -> tuple[list[int], list[int]]:
        """The relations (the seller's side first), and who is on the trails, antecedents first."""
        making, params = self._making, self._making.params
        up, trade = making.found.up, making.found.trade
        rows: dict[int, None] = {}
        on: dict[int, None] = dict.fromkeys(self._shared)
        pair = int(making.found.pair[self._at])
        ends = up.places(trade.company[[trade.seller[pair], trade.buyer[pair]]]).tolist()
        for start in ends:
            goals = [goal for goal in self._shared if goal != start]
            found = trails(up, start, goals, params.max_depth, params.max_fanout)
            rows.update(dict.fromkeys(making.in_order(found.rows)))
            on.update(dict.fromkeys(found.between))
        between = [place for place in on if place not in ends]
        invoices = trade.row[trade.ptr[pair] : trade.ptr[pair + 1]].tolist()
        return [*rows, *invoices], up.subject[between].tolist()


def _unpaid(kept: Books, trade: Trades, pair: I64) -> Bools:
    """Which pairs have accounts that the bank tells of, and paid less than a tenth."""
    money = kept.money
    seller, buyer = trade.company[trade.seller[pair]], trade.company[trade.buyer[pair]]
    paid = Paid(money).between(buyer, seller, np.full(len(pair), NEG), np.full(len(pair), kept.at))
    known = np.isin(buyer, money.payer) & np.isin(seller, money.payee)
    few: Bools = known & (paid < trade.net[pair] * 0.1)
    return few


def _by_step(found: tuple[tuple[int, int], str]) -> tuple[int, str]:
    return found[0][0], found[1]


class _Making:
    """Makes findings of affiliated pairs."""

    def __init__(
        self, snapshot: Snapshot, params: AffiliatedParams, at: int, found: Affiliates
    ) -> None:
        self.snapshot, self.params, self.found = snapshot, params, found
        trade, pair = found.trade, found.pair
        n = len(trade.company)
        sold = np.bincount(trade.seller, trade.net, n)
        had = np.bincount(trade.buyer, trade.net, n)
        near = np.bincount(trade.seller[pair], trade.net[pair], n)
        self.sales = near[trade.seller[pair]] / sold[trade.seller[pair]]
        self.purchases = trade.net[pair] / had[trade.buyer[pair]]
        group = declared_groups(snapshot, at)[trade.company]
        self.grouped = group[trade.seller[pair]] == group[trade.buyer[pair]]
        self.unpaid = _unpaid(books(snapshot, at, params.currency), trade, pair)
        above = found.above
        self.firms = np.bincount(above.who[above.steps == 1], minlength=len(found.up.subject))

    def in_order(self, rows: list[tuple[int, int]]) -> list[int]:
        """Relations of trails by their steps, then their ids."""
        names = self.snapshot.fact_ids([row for _, row in rows])
        return [row for (_, row), _ in sorted(zip(rows, names, strict=True), key=_by_step)]

    def rows(self, company: int | None) -> list[Found]:
        """The findings, those of one company where it is asked about."""
        trade = self.found.trade
        seller = trade.company[trade.seller[self.found.pair]]
        buyer = trade.company[trade.buyer[self.found.pair]]
        wanted = np.arange(len(self.found.pair))
        if company is not None:
            wanted = np.flatnonzero((seller == company) | (buyer == company))
        return [
            self._found(at, a, b)
            for at, a, b in zip(
                wanted.tolist(), seller[wanted].tolist(), buyer[wanted].tolist(), strict=True
            )
        ]

    def _found(self, at: int, seller: int, buyer: int) -> Found:
        found, trade = self.found, self.found.trade
        pair = int(found.pair[at])
        shared, steps = antecedents(
            found.above, found.up.organ, int(trade.seller[pair]), int(trade.buyer[pair])
        )
        names = self.snapshot.canonicals(found.up.subject[shared].tolist())
        net, count = int(trade.net[pair]), int(trade.ptr[pair + 1] - trade.ptr[pair])
        source = _Trails(self, at, shared)
        currency = self.params.currency
        text = decimal_text(net, currency)
        return Found(
            pattern="affiliated_trade",
            members=(seller, buyer),
            rows=Later(lambda: source.both[0]),
            circle=Later(lambda: source.both[1]),
            p=float(found.p[at]),
            zh=f"购销双方经 {steps} 层关系同属一人或一企业之下, {count} 张发票共 {text} {currency}",
            en=f"seller and buyer are {steps} steps apart under one antecedent,"
            f" {count} invoices of {text} {currency} in all",
            signs=tuple(self._signs(at, shared, count)),
            amount=net,
            currency=currency,
            begins=int(trade.first[pair]),
            ends=int(trade.last[pair]),
            called=(seller, buyer),
            attrs={
                "steps": steps,
                "antecedents": sorted(names),
                "invoices": count,
                "share_of_sales": round(float(self.sales[at]), 12),
                "share_of_purchases": round(float(self.purchases[at]), 12),
            },
        )

    def _signs(self, at: int, shared: list[int], count: int) -> Iterator[Sign]:
        firms = int(self.firms[shared].min())
        sales, purchases = float(self.sales[at]), float(self.purchases[at])
        said = f"{sales:.0%} of the seller's sales, {purchases:.0%} of the buyer's purchases"
        zh = f"占销售方销售额的 {sales:.0%}, 购买方采购额的 {purchases:.0%}"
        if self.found.hidden[at]:
            text = "a tie of kin, nominee or concert that the register does not show"
            yield Sign("hidden_tie", 1.0, "亲属、代持或一致行动等未在登记中显示的关系", text)
        elif int(self.found.steps[at]) == _BOTH:
            text = "the register names the same above both"
            yield Sign("registered", -2.5, "登记信息已显示双方同属一人", text)
        if sales >= 0.8 and purchases >= 0.3:
            yield Sign("live_off_it", 2.0, f"{zh}, 双方依赖此交易", f"{said}: both live off it")
        elif sales < 0.25 or purchases < 0.1:
            yield Sign("incidental", -4.0, f"{zh}, 属零星交易", f"{said}: it is incidental")
        else:
            yield Sign("other_trade", -1.5, f"{zh}, 双方另有交易", f"{said}: they trade elsewhere")
        if count == 1:
            text = "a single invoice"
            yield Sign("single", -3.0, "仅有一张发票", text)
        if self.unpaid[at]:
            text = "next to nothing was paid between their accounts"
            yield Sign("unpaid", 1.5, "双方账户之间几乎没有付款", text)
        if self.grouped[at]:
            text = "both are of one declared group"
            yield Sign("declared_group", -6.0, "双方属于公开登记的同一集团", text)
        if firms >= _MANY:
            text = f"who is above both is above {firms} companies, as an agent is"
            yield Sign("agent", -3.0, f"共同的上级名下有 {firms} 家企业, 似代理机构", text)
