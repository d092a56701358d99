"""How many cycles of events in order of time each subject is on, by their length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt

from algorithms.flows.cycle_run import run
from algorithms.flows.cycle_search import DONE, Money, Rules
from algorithms.flows.network import packed
from graph.columns import I32, I64
from graph.deadline import current

if TYPE_CHECKING:
    from algorithms.features.events import Events

LENGTHS: Final = (2, 3, 4, 5)
EXPLORE: Final = 4_000_000_000  # events that are looked at before the rest is left out and said so
_BITS: Final = 8  # of a key, for the length and the window


class _Counts:
    """A taker of cycles that counts them by (node, length, shortest window it lies in)."""

    def __init__(self, start: I32, time: I64, after: I64) -> None:
        self._start, self._time, self._after = start, time, after
        self.keys: list[I64] = []
        self.counts: list[I64] = []

    def take(self, block: I64) -> None:
        """See `Taker`."""
        edge = np.maximum(block, 0)
        there = block >= 0
        length = there.sum(axis=1)
        last = np.where(there, self._time[edge], -(2**62)).max(axis=1)
        window = (last[:, None] <= self._after[None, :]).sum(axis=1)
        sort = (length - LENGTHS[0]) * len(self._after) + window
        key = (self._start[edge].astype(np.int64) << _BITS) + sort[:, None]
        keys, counts = np.unique(key[there], return_counts=True)
        self.keys.append(keys)
        self.counts.append(counts)

    def join(self, other: Any) -> None:
        """See `Taker`."""
        self.keys += other.keys
        self.counts += other.counts

    def fresh(self) -> Self:
        """See `Taker`."""
        return type(self)(self._start, self._time, self._after)

    def need(self) -> npt.NDArray[np.float64]:
        """See `Taker`."""
        return np.zeros(1)


def cycles(made: Events, after: list[int], window: int) -> tuple[I32, bool]:
    """By length (`LENGTHS`), window (later than `after`, the shortest window first) and node: how
    many cycles of different subjects and events in order of time, of at most `window` µs, it is
    on; and whether the search was cut short. Of parallel events each makes a cycle of its own."""
    pay = packed(made.n, made.rows, made.src, made.dst, made.time, timed=True)
    net = pay.net
    start = np.repeat(np.arange(len(pay.subject), dtype=np.int32), np.diff(net.out_ptr))
    cut_at = np.array(after)
    taker = _Counts(start, net.out_time, cut_at)
    rules = Rules(LENGTHS[-1], window, LENGTHS[-1] - 1, False, 0.0, 0.0, EXPLORE)
    none = np.empty(0)
    outcome = run(net, Money(none, np.empty(0, np.int16), none), rules, current(), taker)
    found = np.zeros((len(LENGTHS) * len(after), made.n), np.int32)
    for key, count in zip(outcome.taker.keys, outcome.taker.counts, strict=True):
        np.add.at(found, (key & ((1 << _BITS) - 1), pay.subject[key >> _BITS]), count)
    by: I32 = found.reshape(len(LENGTHS), len(after), made.n)
    np.cumsum(by, axis=1, out=by)
    return by, outcome.status != DONE
