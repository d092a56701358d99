"""Money followed through pools: what leaves carries its share of all that is in the pool.

Forwards, a pool holds some traced money; of each payment out of it, the same share is traced as of
the pool (haircut; Möser, Böhme and Breuker 2014). Backwards is the transpose of it: each unit in
the pool gave some part to what is asked about, and of each payment in, so much is traced. Both are
one recurrence over the moments of a pool, in one direction or the other.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.compiled import is_warm, kernel

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

_SMALL: Final = 1e-100
_EASY: Final = 300_000  # lines gone over interpreted before it is worth compiled code


class Lines(NamedTuple):
    """What `spread` reads, a line each (see `statements`); `begins` of pools.

    `weight` is what of a line is traced already (0 where it is none of the traced ones), `follow`
    whether the trace may go on over it, `least` the smallest traced amount that is followed.
    """

    begins: Any
    time: Any
    value: Any
    total: Any
    after: Any
    weight: Any
    follow: Any
    least: Any


class Room(NamedTuple):
    """What `spread` fills: traced amounts of lines, and the line that most of each came by; beside
    it scratch."""

    traced: Any
    parent: Any
    waiting: Any
    norm: Any
    front: Any


@kernel
def spread(  # noqa: PLR0912, PLR0915  (one loop: a call in it would count references to arrays)
    lines: Any, room: Any, back: bool, reach: bool, later: bool, ratio: float, window: int
) -> int:
    """Carry the traced money of pools on to the lines that may follow.

    With `reach`, whatever the amounts: every line that may be of it is traced as a whole, where it
    is more than `ratio` times what has come; with `later`, not in the moment that this came.
    `window` is how long money is followed after it came.
    Linear in the lines. Returns how many lines are traced.
    """
    begins, time, value, total, after = (
        lines.begins, lines.time, lines.value, lines.total, lines.after
    )  # fmt: skip
    weight, follow, least = lines.weight, lines.follow, lines.least
    traced, parent, waiting, norm, front = (
        room.traced, room.parent, room.waiting, room.norm, room.front
    )  # fmt: skip
    count = 0
    for p in range(len(begins) - 1):
        step = -1 if back else 1
        i = begins[p + 1] - 1 if back else begins[p]
        end = begins[p] - 1 if back else begins[p + 1]
        held = 0.0
        scale = 1.0
        head = 0  # waiting[head:tail]: lines whose money is still followed
        tail = 0
        first = 0  # front[first:last]: those of them that may be the largest, largest first
        last = 0
        while i != end:
            t = time[i]
            j = i
            came = False
            while j != end and time[j] == t:
                came = came or weight[j] > 0.0
                j += step
            if head == tail and not came:
                i = j
                continue
            while head < tail and abs(t - time[waiting[head]]) > window:
                held -= norm[head] * scale
                head += 1
            while first < last and front[first] < head:
                first += 1
            if head == tail:
                held = 0.0
                scale = 1.0
            # Whole numbers, so that a pool which was emptied is empty.
            keep = 1.0 if reach or after[i] == total[i] else after[i] / total[i]
            if back and head < tail:
                held *= keep
                scale *= keep
                if keep == 0.0:
                    held = 0.0
                    scale = 1.0
                    head = tail
                    first = last
            coming = 1 if later else 0  # what comes in counts after what goes out, or before
            for turn in range(2):
                if came and turn == coming:
                    k = i
                    while k != j:
                        new = weight[k]
                        if new > 0.0:
                            if back and not reach:
                                new = new / total[i]
                            held += new
                            new = new / scale
                            while first < last and norm[front[last - 1]] < new:
                                last -= 1
                            front[last] = tail
                            last += 1
                            waiting[tail] = k
                            norm[tail] = new
                            tail += 1
                        k += step
                if head < tail and turn != coming:
                    k = i
                    while k != j:
                        if follow[k]:
                            if reach:
                                x = value[k] * 1.0
                                if x <= ratio * held:
                                    x = 0.0
                            elif back:
                                x = held * value[k]
                            else:
                                x = held * value[k] / total[i]
                            if x > 0.0 and x >= least[p]:
                                traced[k] = min(x, value[k] * 1.0)
                                parent[k] = waiting[front[first]]
                                count += 1
                        k += step
            if head < tail:
                if not back:
                    held *= keep
                    scale *= keep
                    if keep == 0.0:
                        held = 0.0
                        scale = 1.0
                        head = tail
                        first = last
                if scale < _SMALL:
                    for q in range(head, tail):
                        norm[q] *= scale
                    scale = 1.0
            i = j
    return count


def carried(
    lines: Lines,
    *,
    back: bool,
    window: int,
    reach: bool = False,
    later: bool = False,
    ratio: float = 0.0,
) -> tuple[F64, I64]:
    """The traced amounts of lines, and the line that most of each came by; -1 where there is none.

    Few lines are gone over as plain Python, on lists, for arrays are slow at that.
    """
    n = len(lines.time)
    widest = int(np.diff(lines.begins).max()) + 1 if len(lines.begins) > 1 else 1
    room = Room(
        np.zeros(n), np.full(n, -1, np.int64), np.empty(widest, np.int64), np.empty(widest),
        np.empty(widest, np.int64),
    )  # fmt: skip
    if is_warm() or n > _EASY:
        floats = lines._replace(
            total=lines.total.astype(np.float64), after=lines.after.astype(np.float64)
        )
        spread.hot(floats, room, back, reach, later, ratio, window)
        return room.traced, room.parent
    plain = Room(*(part.tolist() for part in room))
    spread(Lines(*(part.tolist() for part in lines)), plain, back, reach, later, ratio, window)
    return np.array(plain.traced, np.float64), np.array(plain.parent, np.int64)
