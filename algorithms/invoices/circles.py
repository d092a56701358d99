"""From a search for circles to what each ring of companies is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from algorithms.ascending import first_at
from algorithms.invoices.bundles import Hops, Runs, hops, runs
from algorithms.invoices.circle_search import EXPLORED, TIME, Box, Search
from graph.columns import I32, I64
from graph.compiled import kernel
from graph.deadline import Deadline

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Invoices

ENDS: Final = {EXPLORED: "max_explored", TIME: "time_limit"}
_HOT: Final = 20_000
_ROOM: Final = 1 << 18


class Rings(NamedTuple):
    """Rings of companies by number, each once, and the invoices that they are made of.

    `companies[r]` from the least number on, -1 past their end. Invoice `place[i]` of the ledger is
    on hop `hop[i]` (from `companies[ring[i], hop[i]]` to the next) of ring `ring[i]`; by ring, hop
    and time. Emission e (a ring and an anchor from whose box it is) has `ring_of`, the bundle
    `anchor`, and how even it can be at best: `low`, `high` are the least and largest of the amounts
    that come nearest to the anchor's.
    """

    companies: I32
    ring: I64
    hop: I64
    place: I64
    ring_of: I64
    anchor: I64
    low: I64
    high: I64
    window: int
    every: Runs
    hops: Hops
    asked: int
    explored: int
    ended: str | None


def rings(
    invoices: Invoices, n: int, box: Box, *, parts: int, explore: int, deadline: Deadline
) -> Rings:
    """Every ring of the invoices that stand; see `invoice_cycles` for what one is."""
    every = runs(invoices, parts, box.window)
    made = hops(every, n)
    search = Search(made.net, box, explore, deadline)
    blocks = [np.empty((0, box.most + 1), np.int64), *search.rings()]
    emitted = np.concatenate(blocks)
    anchor, chain = made.net.number[emitted[:, 0]], emitted[:, 1:]
    length = (chain >= 0).sum(axis=1)
    shift = np.where(chain >= 0, chain, n).argmin(axis=1)
    at = np.arange(box.most)
    turned = np.take_along_axis(chain, (at + shift[:, None]) % np.maximum(length, 1)[:, None], 1)
    turned[at >= length[:, None]] = -1
    order = np.lexsort((anchor, *turned.T[::-1]))
    turned, anchor = turned[order], anchor[order]
    fresh = np.ones(len(turned), np.bool_)
    fresh[1:] = (turned[1:] != turned[:-1]).any(axis=1)
    ring_of = np.cumsum(fresh) - 1
    companies = turned[fresh].astype(np.int32)
    members, low, high = _members(made, box, companies, ring_of, anchor, n)
    ring, hop, invoice = members
    return Rings(
        companies, ring, hop, made.invoice[invoice], ring_of, anchor, low, high, box.window,
        every, made,
        search.asked, search.explored, ENDS.get(search.status),
    )  # fmt: skip


def _members(
    made: Hops, box: Box, companies: I32, ring_of: I64, anchor: I64, n: int
) -> tuple[tuple[I64, I64, I64], I64, I64]:
    """Of every ring its invoices (ring, hop, place in `made.invoice`), by ring and hop and time;
    of every emission the amounts nearest to its anchor's."""
    low, high = np.zeros(len(anchor), np.int64), np.zeros(len(anchor), np.int64)
    pairs = _pairs(made, companies, n)
    stamp = np.full(len(made.invoice), -1, np.int64)
    state = np.zeros(2, np.int64)
    found: list[Any] = []
    run = _gather.hot if len(anchor) > _HOT else _gather
    room = np.empty((3, len(made.invoice) + _ROOM), np.int64)
    while state[0] < len(anchor):
        run(made, box, ring_of, anchor, pairs, stamp, low, high, room, state)
        found.append(room[:, : state[1]].copy())
        state[1] = 0
    ring, hop, invoice = np.concatenate([np.empty((3, 0), np.int64), *found], axis=1)
    order = np.lexsort((invoice, hop, ring))
    return (ring[order], hop[order], invoice[order]), low, high


def _pairs(made: Hops, companies: I32, n: int) -> I64:
    """The pair of each hop of each ring, as a place in `net.key`; -1 past the last."""
    length = (companies >= 0).sum(axis=1)
    at = np.arange(companies.shape[1])
    following = np.take_along_axis(companies, (at + 1) % np.maximum(length, 1)[:, None], 1)
    key = companies.astype(np.int64) * n + following
    return np.where(at < length[:, None], np.searchsorted(made.net.key, key), -1)


@kernel
def _gather(
    made: Any, box: Any, ring_of: Any, anchor: Any, pairs: Any, stamp: Any, low: Any, high: Any,
    room: Any, state: Any,
) -> int:  # fmt: skip
    """Go on with the invoices in the boxes of emissions until all are done or there is no room
    for the next; an invoice of two hops of one ring is impossible, of two boxes it counts once."""
    net = made.net
    begin, end, amount, ptr = net.begin, net.end, net.amount, net.ptr
    count = state[1]
    for e in range(state[0], len(anchor)):
        if count + len(stamp) > room.shape[1] and count > 0:
            state[0], state[1] = e, count
            return 0
        r, b = ring_of[e], anchor[e]
        t, a = begin[b], amount[b]
        late, least, most = t + box.window, a * (1 - box.tolerance), a / (1 - box.tolerance)
        low[e] = high[e] = a
        for h in range(pairs.shape[1]):
            k = pairs[r, h]
            if k < 0:
                break
            nearest = -1
            for p in range(first_at(begin, ptr[k], ptr[k + 1], t), ptr[k + 1]):
                if begin[p] > late:
                    break
                if end[p] > late or not least <= amount[p] <= most:
                    continue
                off, best = abs(amount[p] - a), abs(amount[nearest] - a)
                if nearest < 0 or off < best or (off == best and amount[p] < amount[nearest]):
                    nearest = p
                for i in range(made.first[p], made.first[p] + made.parts[p]):
                    if stamp[i] != r:
                        stamp[i] = r
                        room[0, count], room[1, count], room[2, count] = r, h, i
                        count += 1
            low[e] = min(low[e], amount[nearest])
            high[e] = max(high[e], amount[nearest])
    state[0], state[1] = len(anchor), count
    return 0
