"""From invoices in reach to one row a company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.findings.asking import subject_of
from algorithms.findings.making import overdue
from algorithms.invoices.following import before, links, partners, reached
from algorithms.invoices.ledgers import Invoices, books
from algorithms.invoices.trace_goods import GoodsStop
from algorithms.registry import Result, Truncated, cut_short, evidence
from graph.deadline import within
from graph.money import decimal_text
from graph.times import DAY, day_end, format_time, today

if TYPE_CHECKING:
    import numpy.typing as npt

    from algorithms.invoices.ledgers import Books
    from algorithms.invoices.trace_goods import GoodsParams
    from graph.columns import I64
    from graph.snapshot import Snapshot

    Bools = npt.NDArray[np.bool_]
    I8 = npt.NDArray[np.int8]

_ROLES: Final = ("maker", "supplier", "seller")


class Goods(NamedTuple):
    """The invoices of the goods asked about; a place is company × classes + class."""

    invoices: Invoices
    seller: I64
    buyer: I64
    classes: list[str]

    def company(self, place: int) -> int:
        """The number of the company of a place."""
        return place // len(self.classes)

    def name(self, place: int) -> str:
        """The goods of a place."""
        return self.classes[place % len(self.classes)]


def chosen(kept: Books, goods: str | None) -> Goods:
    """The standing invoices of these goods, by code or by group."""
    every = kept.invoices
    if goods is None:
        part = every.of(every.stand & (every.group >= 0))
        classes, kind = every.groups, part.group.astype(np.int64)
    else:
        of = np.array([*(code.strip().startswith(goods) for code in every.codes), False], np.bool_)
        part = every.of(every.stand & of[every.goods])
        classes, kind = [goods], np.zeros(len(part.row), np.int64)
    many = max(len(classes), 1)
    seller, buyer = part.seller.astype(np.int64), part.buyer.astype(np.int64)
    return Goods(part, seller * many + kind, buyer * many + kind, classes)


class _Trace:
    """One question, followed to its end."""

    def __init__(self, snapshot: Snapshot, params: GoodsParams) -> None:
        self._deadline = within(params.time_limit)
        self._snapshot, self._params = snapshot, params
        self._kept = books(snapshot, day_end(params.as_of or today()), params.currency)
        self._goods = goods = chosen(self._kept, params.goods)
        self._start = None
        if params.from_ is not None:
            self._start = self._kept.place(subject_of(snapshot, params.from_, "company"))
        many = max(len(goods.classes), 1)
        self._n = self._kept.n * many
        self._sold = np.bincount(goods.seller, minlength=self._n) > 0
        self._bought = np.bincount(goods.buyer, minlength=self._n) > 0
        self._starts = self._started()

    def _started(self) -> Bools:
        """Which places are starts."""
        if self._start is None:
            first, second = self._sold, self._bought
            return second & ~first if self._params.backward else first & ~second
        found = np.zeros(self._n, np.bool_)
        many = max(len(self._goods.classes), 1)
        if self._start >= 0:
            found[self._start * many : (self._start + 1) * many] = True
        return found & (self._bought if self._params.backward else self._sold)

    def _linked(self) -> bool:
        """Link the invoices and tell the hubs; false where the time was over before."""
        goods, params = self._goods, self._params
        src, dst, when = goods.seller, goods.buyer, goods.invoices.time
        if params.backward:
            src, dst, when = dst, src, -when
        if self._deadline.expired():
            return False
        window = None if params.window is None else int(params.window * DAY)
        self._links = links(src, dst, when, self._n, window)
        if self._deadline.expired():
            return False
        self._hub = partners(src, dst, self._n) > params.max_fanout
        return not self._deadline.expired()

    def answer(self) -> Result[GoodsStop]:
        """The rows, and what cut the search short."""
        if not self._linked():
            (cut,) = overdue(self._deadline, 0)
            return Result(results=[], truncated=Truncated(reason=cut.reason, explored=0))
        found, depth = self._links, self._params.max_depth
        first = self._starts[found.src]
        barred = self._hub.copy()
        if self._start is None:
            first &= ~self._hub[found.src]
        else:
            barred &= ~self._starts
        level = reached(found, first, barred, depth + 1, self._deadline.expired)
        deeper = bool((level > depth).any())
        level[level > depth] = 0
        rows = [] if self._deadline.expired() else self._rows(level)
        made: list[GoodsStop] = []
        for row in rows[: self._params.max_rows]:
            if self._deadline.expired():
                break
            made.append(self._row(level, *row))
        return Result(results=made, truncated=self._cuts(level, len(rows), deeper))

    def _rows(self, level: I8) -> list[tuple[int, int, int]]:
        """Depth, place and net amount of each row, in their order."""
        found, net = self._links, self._goods.invoices.net
        on = level > 0
        depth = np.full(self._n, 127, np.int64)
        np.minimum.at(depth, found.dst[on], level[on])
        depth[self._starts] = 0
        amount = np.zeros(self._n, np.int64)
        start = self._starts
        inward, outward = on & ~start[found.dst], on & start[found.src]
        np.add.at(amount, found.dst[inward], net[inward])
        np.add.at(amount, found.src[outward], net[outward])
        at = np.flatnonzero(depth < 127)
        many = max(len(self._goods.classes), 1)
        names = self._snapshot.canonicals(self._kept.company[at // many].tolist())
        keyed = zip(depth[at].tolist(), (-amount[at]).tolist(), at.tolist(), names, strict=True)
        order = sorted(keyed, key=lambda row: (row[0], row[1], self._goods.name(row[2]), row[3]))
        self._order(level)
        return [(depth_, place, -amount_) for depth_, amount_, place, _ in order]

    def _order(self, level: I8) -> None:
        """The invoices in reach by where they lead, and by where those of starts leave."""
        found = self._links
        on = np.flatnonzero(level > 0)
        self._into = on[np.argsort(found.dst[on], kind="stable")]
        self._into_of = found.dst[self._into]
        out = on[self._starts[found.src[on]]]
        self._out = out[np.argsort(found.src[out], kind="stable")]
        self._out_of = found.src[self._out]

    def _met(self, place: int) -> I64:
        """The invoices in reach that came to a place, or left it where it is a start."""
        start = bool(self._starts[place])
        edges, of = (self._out, self._out_of) if start else (self._into, self._into_of)
        low, high = np.searchsorted(of, [place, place + 1]).tolist()
        return edges[low:high]

    def _best(self, edges: I64) -> int:
        """The invoice that a path takes of several: earliest on the way, largest, least id."""
        invoices, when = self._goods.invoices, self._links.time
        early = edges[when[edges] == when[edges].min()]
        early = early[invoices.net[early] == invoices.net[early].max()]
        if len(early) == 1:
            return int(early[0])
        names = self._snapshot.fact_ids(invoices.row[early].tolist())
        return int(early[names.index(min(names))])

    def _row(self, level: I8, depth: int, place: int, amount: int) -> GoodsStop:
        goods, found = self._goods, self._links
        met = self._met(place)
        when = goods.invoices.time[met]
        trail: list[int] = []
        if depth:
            trail = [self._best(met[level[met] == depth])]
            while level[trail[-1]] > 1:
                trail.append(self._best(before(found, level, trail[-1])))
            trail.reverse()
        stops = [int(found.src[edge]) for edge in trail] + [place]
        facts = self._snapshot.fact_ids(goods.invoices.row[trail].tolist() if trail else [])
        shown, total = evidence(facts)
        return GoodsStop(
            company=self._named([place])[0],
            goods=goods.name(place),
            depth=depth,
            role=_ROLES[
                int(self._bought[place]) + int(self._bought[place] and not self._sold[place])
            ],
            amount=decimal_text(amount, self._kept.currency),
            invoices=len(met),
            begins=format_time(int(when.min())) if len(met) else None,
            ends=format_time(int(when.max())) if len(met) else None,
            path=self._named(stops),
            facts=shown,
            hub=bool(self._hub[place]),
            facts_total=total,
        )

    def _named(self, places: list[int]) -> list[str]:
        companies = [int(self._kept.company[self._goods.company(place)]) for place in places]
        return self._snapshot.canonicals(companies)

    def _cuts(self, level: I8, rows: int, deeper: bool) -> Truncated | None:
        params = self._params
        cuts: list[tuple[str, int | None]] = []
        if rows > params.max_rows:
            text = f"max_rows: the nearest {params.max_rows} of {rows} / 只列出最近的"
            cuts.append((text, params.max_rows))
        on = level > 0
        hubs = np.unique(self._links.dst[on & self._hub[self._links.dst]])
        if self._start is None:
            hubs = np.union1d(hubs, np.flatnonzero(self._hub & self._starts))
        if len(hubs):
            first = min(self._named(hubs.tolist()))
            text = f"max_fanout: {len(hubs)} hubs were not followed further, {first} first"
            cuts.append((f"{text} / 枢纽未再追踪", params.max_fanout))
        if deeper:
            cuts.append(("max_depth: goods went further / 更远的环节未列出", params.max_depth))
        cuts += [(cut.reason, None) for cut in overdue(self._deadline, int(on.sum()))]
        return cut_short(cuts, int(on.sum()))


def follow(snapshot: Snapshot, params: GoodsParams) -> Result[GoodsStop]:
    """The rows of `trace_goods`."""
    return _Trace(snapshot, params).answer()
