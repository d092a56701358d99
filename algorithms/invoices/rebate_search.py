"""Which exports lead back, invoice by invoice, to makers that made nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from algorithms.invoices.following import links, partners, reached, starts
from algorithms.invoices.ledgers import Invoices
from graph.compiled import kernel
from graph.times import DAY

if TYPE_CHECKING:
    import numpy.typing as npt

    from algorithms.invoices.ledgers import Books
    from algorithms.invoices.rebate_chains import RebateParams
    from graph.columns import I64

    Bools = npt.NDArray[np.bool_]
    I8 = npt.NDArray[np.int8]

_HOT: Final = 20_000


@kernel
def _back(
    into: Any, low: Any, high: Any, leads: Any, barred: Any, nxt: Any, level: Any, met: Any,
    count: int, depth: int, most: int,
) -> int:  # fmt: skip
    """Go on back from invoices `met[:count]`, which are at level 1, level by level.

    `leads` is the place an invoice is followed on to. `nxt` leads from a position of `into` to the
    next that was not met. Returns how many were met, negated where `most` ended the search.
    """
    begin = 0
    for step in range(2, depth + 1):
        end = count
        if begin == end:
            break
        if count > most:
            return -count
        for i in range(begin, end):
            e = met[i]
            if barred[leads[e]]:
                continue
            p = low[e]
            while True:
                root = p
                while nxt[root] != root:
                    root = nxt[root]
                while nxt[p] != root:
                    up = nxt[p]
                    nxt[p] = root
                    p = up
                p = root
                if p >= high[e]:
                    break
                nxt[p] = p + 1
                level[into[p]] = step
                met[count] = into[p]
                count += 1
        begin = end
    return count


class Claim(NamedTuple):
    """One exporter and goods group with a fake maker in reach.

    Positions in the invoices of the group: the exports, the chains, all in reach; `depth` of each
    company on the chains is how many invoices before the export it sold.
    """

    exporter: int
    exports: I64
    chain: I64
    level: I8
    makers: I64
    fake: I64
    share: float


class Group(NamedTuple):
    """The standing invoices of one goods group: those at home, and exports."""

    name: str
    home: Invoices
    export: Invoices


class Search:
    """All claims of one goods group."""

    def __init__(
        self, kept: Books, group: Group, made: Bools, fake: Bools, params: RebateParams
    ) -> None:
        self._params, self._group = params, group
        self._made, self._fake = made, fake
        self.cut = 0
        home, window = group.home, int(params.window * DAY)
        seller, buyer = home.seller.astype(np.int64), home.buyer.astype(np.int64)
        self.ahead = links(seller, buyer, home.time, kept.n, window)
        self._barred = partners(buyer, seller, kept.n) > params.max_fanout
        self.front = reached(self.ahead, fake[seller], self._barred, params.max_depth)
        self._seller, self._buyer = seller, buyer
        self._window = window
        self._by_buyer = self.ahead.into
        self._ptr = starts(buyer, kept.n)
        self._nxt: I64 | None = None

    def hubs(self) -> I64:
        """The companies that were met and not passed."""
        found: I64 = np.unique(self._buyer[(self.front > 0) & self._barred[self._buyer]])
        return found

    def _before(self, exports: I64) -> Bools:
        """Which invoices an exporter may have had the goods of these exports by."""
        found = np.zeros(len(self._buyer), np.bool_)
        out = self._group.export
        company = int(out.seller[exports[0]])
        own = self._by_buyer[self._ptr[company] : self._ptr[company + 1]]
        when = self._group.home.time[own]
        for at in np.unique(out.time[exports]).tolist():
            found[own[(when <= at) & (when >= at - self._window)]] = True
        return found

    def claim(self, exporter: int) -> Claim | None:
        """The claim of one exporter; None where no chain leads to a fake maker."""
        out = self._group.export
        exports = np.flatnonzero(out.seller == exporter)
        first = self._before(exports)
        if not (first & (self.front > 0)).any():
            return None
        level = self._back(first)
        depth = self._params.max_depth
        on = (level > 0) & (self.front > 0) & (level + self.front.astype(np.int64) <= depth + 1)
        if not on.any():
            return None
        met = level > 0
        source = met & self._made[self._seller]
        bad = source & self._fake[self._seller]
        net = self._group.home.net
        total = int(net[source].sum())
        return Claim(
            exporter, self._ending(exports, first & on), np.flatnonzero(on), level,
            np.unique(self._seller[source]), np.unique(self._seller[bad]),
            int(net[bad].sum()) / total if total else 0.0,
        )  # fmt: skip

    def _ending(self, exports: I64, first: Bools) -> I64:
        """The exports that a chain ends in, whose last invoices are given."""
        when = np.sort(self._group.home.time[first])
        at = self._group.export.time[exports]
        late = np.searchsorted(when, at, side="right")
        return exports[late > np.searchsorted(when, at - self._window, side="left")]

    def _back(self, first: Bools) -> I8:
        """In how many invoices before the export each invoice is in reach; 0 where it is not."""
        found, edges = self.ahead, len(self._seller)
        if self._nxt is None:
            self._nxt = np.arange(edges + 1)
            self._place = np.empty(edges, np.int64)
            self._place[found.into] = np.arange(edges)
        nxt, level = self._nxt, np.zeros(edges, np.int8)
        met = np.empty(edges, np.int64)
        start = np.flatnonzero(first)
        met[: len(start)] = start
        level[start] = 1
        where = self._place[start]
        nxt[where] = where + 1
        run = _back.hot if edges > _HOT else _back
        barred = self._barred
        count = run(
            found.into, found.low, found.high, self._seller, barred, nxt, level, met,
            len(start), self._params.max_depth, self._params.max_explored,
        )  # fmt: skip
        self.cut += count < 0
        where = self._place[met[: abs(count)]]
        nxt[where] = where
        return level
