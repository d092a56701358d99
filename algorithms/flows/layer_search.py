"""Where layered flows can be: windows, accounts that pass on, the groups and layers they make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.flows.peeling import F64, Parts, Peeled, peel
from algorithms.rings.connected import components
from graph.columns import I32, I64
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.flows.layered_flow import LayeredParams

Bools = npt.NDArray[np.bool_]


class Payments(NamedTuple):
    """Payments by time; `src` and `dst` are accounts 0..n-1."""

    row: I64
    src: I64
    dst: I64
    time: I64
    value: I64


class Block(NamedTuple):
    """A flow: its accounts with their layers (0: source, -1: destination), its payments by place
    among those of all, its density and bound, and what the null model is asked."""

    account: I64
    layer: I64
    place: I64
    density: float
    bound: float
    eligible: int
    rate: float


class _Window(NamedTuple):
    """The middle accounts of a window: their layers (0 where in none), their groups."""

    at: I64  # places of the payments
    middle: Bools
    both: Bools
    layer: I64
    group: I32
    rate: float


def windows(time: I64, days: float) -> Iterator[tuple[int, int]]:
    """Where windows begin and end among times in order; every second half of one is the first half
    of the next. Windows that hold the same as the one before are left out."""
    wide = max(int(days * DAY), 2)  # of none, nothing would ever be within
    half = wide // 2
    last = (0, 0)
    begin = int(time[0]) // half if len(time) else 0
    end = int(time[-1]) // half if len(time) else -1
    while begin <= end:
        lo, hi = np.searchsorted(time, [begin * half, begin * half + wide]).tolist()
        if lo == hi:  # nothing for long: go on where there is something
            begin = int(time[lo]) // half if lo < len(time) else end + 1
            continue
        if (lo, hi) != last:
            yield lo, hi
        last = (lo, hi)
        begin += 1


def blocks(pay: Payments, n: int, lo: int, hi: int, params: LayeredParams) -> Iterator[Block]:
    """The flows of one window."""
    window = _layered(pay, n, lo, hi, params)
    if window is None:
        return
    at = window.at
    src, dst = pay.src[at], pay.dst[at]
    layer, middle = window.layer, window.middle
    first = (layer[dst] == 1) & ~middle[src]
    inner = (layer[src] > 0) & (layer[dst] == layer[src] + 1)
    last = (layer[src] > 1) & ~middle[dst]
    used = np.flatnonzero(first | inner | last)
    owner = window.group[np.where(first[used], dst[used], src[used])]
    order = np.argsort(owner, kind="stable")
    used, owner = used[order], owner[order]
    cuts = np.flatnonzero(np.diff(owner)) + 1
    for mine in np.split(used, cuts):
        if inner[mine].any():
            yield from _group(pay, window, at[mine], n, params)


def _layered(pay: Payments, n: int, lo: int, hi: int, params: LayeredParams) -> _Window | None:
    """Find the middle accounts of a window and put them into layers; None where no two join."""
    at = np.arange(lo, hi)
    src, dst, value = pay.src[lo:hi], pay.dst[lo:hi], pay.value[lo:hi].astype(np.float64)
    came = np.bincount(dst, weights=value, minlength=n)
    went = np.bincount(src, weights=value, minlength=n)
    both = (came > 0) & (went > 0)
    moment = (pay.time[lo:hi] - pay.time[lo]).astype(np.float64) * value
    early = np.bincount(dst, weights=moment, minlength=n) * went
    late = np.bincount(src, weights=moment, minlength=n) * came
    low, high = np.minimum(came, went), np.maximum(came, went)
    middle = both & (low >= (1 - params.loss) * high) & (early <= late)
    joined = middle[src] & middle[dst]
    if not joined.any():
        return None
    group = components(n, src[joined].astype(np.int32), dst[joined].astype(np.int32))
    layer = np.zeros(n, np.int64)
    outside = np.bincount(dst, weights=value * ~middle[src], minlength=n)
    layer[middle & (2 * outside >= came)] = 1
    for step in range(2, params.max_layers + 1):
        placed = layer > 0
        from_layers = np.bincount(dst, weights=value * placed[src], minlength=n)
        fresh = middle & ~placed & (2 * from_layers >= came)
        if not fresh.any():
            break
        layer[fresh] = step
    rate = float(middle.sum()) / float(both.sum())
    return _Window(at, middle, both, layer, group, rate)


def _group(
    pay: Payments, window: _Window, places: I64, n: int, params: LayeredParams
) -> Iterator[Block]:
    """The flows of one group, one after another."""
    for _ in range(params.max_blocks):
        # A source and a destination may be one account: it stands twice.
        sink = ~window.middle[pay.dst[places]]
        ends = np.concatenate([pay.src[places], pay.dst[places] + n * sink])
        nodes, where = np.unique(ends, return_inverse=True)
        src, dst = where[: len(places)], where[len(places) :]
        pairs, of = np.unique(src * len(nodes) + dst, return_inverse=True)
        money: F64 = np.zeros(len(pairs))
        np.add.at(money, of, pay.value[places])
        a, b = pairs // len(nodes), pairs % len(nodes)
        is_middle = window.middle[nodes % n] & (nodes < n)
        best = peel(Parts(a, b, money, is_middle), params.penalty)
        if best.density <= 0:
            return
        inside = best.kept[src] & best.kept[dst]
        if not inside.any():
            return
        yield from _parts(pay, window, places[inside], n, best, params)
        places = places[~inside]
        if not len(places):
            return


def _parts(
    pay: Payments, window: _Window, places: I64, n: int, best: Peeled, params: LayeredParams
) -> Iterator[Block]:
    """What of a subset hangs together and is enough of a flow."""
    sink = ~window.middle[pay.dst[places]]
    ends = np.concatenate([pay.src[places], pay.dst[places] + n * sink])
    nodes, where = np.unique(ends, return_inverse=True)
    src, dst = where[: len(places)], where[len(places) :]
    label = components(len(nodes), src.astype(np.int32), dst.astype(np.int32))
    for part in np.unique(label).tolist():
        mine = label == part
        layer = np.where(nodes[mine] >= n, -1, window.layer[nodes[mine] % n])
        deep = layer[layer > 0]
        if len(deep) < params.min_middle or len(np.unique(deep)) < 2:
            continue
        kept = places[mine[src]]
        density = metric(pay, window, kept, n, params.penalty)
        yield Block(
            nodes[mine] % n, layer, kept, density, best.bound,
            _eligible(pay, window, nodes[mine] % n, n), window.rate,
        )  # fmt: skip


def metric(pay: Payments, window: _Window, places: I64, n: int, penalty: float) -> float:
    """FlowScope's g of the accounts that these payments join."""
    value = pay.value[places].astype(np.float64)
    sink = ~window.middle[pay.dst[places]]
    nodes, where = np.unique(
        np.concatenate([pay.src[places], pay.dst[places] + n * sink]), return_inverse=True
    )
    went, came = np.zeros(len(nodes)), np.zeros(len(nodes))
    np.add.at(went, where[: len(places)], value)
    np.add.at(came, where[len(places) :], value)
    low, high = np.minimum(came, went), np.maximum(came, went)
    inner = window.middle[nodes % n] & (nodes < n)
    return float(((1 + penalty) * low - penalty * high)[inner].sum()) / len(nodes)


def _eligible(pay: Payments, window: _Window, accounts: I64, n: int) -> int:
    """How many accounts with payments in and out in the window the flow's accounts pay or are paid
    by, themselves among them."""
    mine = np.zeros(n, np.bool_)
    mine[accounts] = True
    src, dst = pay.src[window.at], pay.dst[window.at]
    near = mine.copy()
    near[dst[mine[src]]] = True
    near[src[mine[dst]]] = True
    return int((near & window.both).sum())
