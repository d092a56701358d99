"""When the events of a subject happen: on how many days, how evenly, first and last."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from algorithms.features.table import F32
from algorithms.flows.windows import Side
from graph.columns import I32, I64
from graph.compiled import kernel
from graph.deadline import check
from graph.searching import EASY
from graph.times import DAY

_CHUNK: Final = 200_000  # subjects between two looks at whether the work was called off
LOCAL: Final = 8 * 3_600_000_000  # of +08:00, µs


class Rhythm(NamedTuple):
    """By subject. `days[w]`: different local days with events in a window; `first`, `last`: days
    before the end of the day asked about; `bursts`: burstiness of the gaps between events."""

    days: F32
    first: F32
    last: F32
    bursts: F32


@kernel
def _rhythm(
    who: Any, begin: int, out: Any, into: Any, after: Any, at: int, days: Any, told: Any
) -> None:  # fmt: skip
    for i in range(len(who)):
        v = who[i]
        place = begin + i
        a, b = out.ptr[v], out.ptr[v + 1]
        c, d = into.ptr[v], into.ptr[v + 1]
        count = b - a + d - c
        if count == 0:
            continue
        times = np.empty(count, np.int64)
        n = 0
        while a < b or c < d:
            if c >= d or (a < b and out.time[a] <= into.time[c]):
                times[n] = out.time[a]
                a += 1
            else:
                times[n] = into.time[c]
                c += 1
            n += 1
        for w in range(len(after)):
            before = -(2**62)
            many = 0
            k = n - 1
            while k >= 0 and times[k] > after[w]:
                day = (times[k] + LOCAL) // DAY
                if day != before:
                    many += 1
                    before = day
                k -= 1
            days[w, place] = many
        told[0, place] = (at - times[0]) / DAY
        told[1, place] = (at - times[n - 1]) / DAY
        if n > 2:
            mean = (times[n - 1] - times[0]) / (n - 1.0)
            square = 0.0
            for k in range(1, n):
                apart = times[k] - times[k - 1] - mean
                square += apart * apart
            spread = np.sqrt(square / (n - 1.0))
            if spread + mean > 0:
                told[2, place] = (spread - mean) / (spread + mean)


def rhythm(out: Side, into: Side, after: I64, at: int, nodes: I32) -> Rhythm:
    """The rhythm of the events of both sides of each subject. Linear.

    Burstiness is (σ - μ) / (σ + μ) of the gaps (Goh and Barabási 2008, doi:10.1209/0295-5075/81/
    48002): -1 where they are all alike, 0 of a Poisson process, to 1; not known of fewer than three
    events or where all are at one moment.
    """
    days = np.zeros((len(after), len(nodes)), np.float32)
    told = np.full((3, len(nodes)), np.nan, np.float32)
    run = _rhythm.tier(heavy=len(out.other) + len(into.other) > EASY // 8)
    for begin in range(0, len(nodes), _CHUNK):
        check()
        run(nodes[begin : begin + _CHUNK], begin, out, into, after, at, days, told)
    return Rhythm(days, *told)
