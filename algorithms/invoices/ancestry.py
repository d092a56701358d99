"""Who stands above a company: the people and firms from whom a trail of roles leads down to it.

A step up leads from a company to its legal representative, officer, controller or shareholder, and
between two who are kin, act in concert, or of whom one is the other's nominee. Kernels fill, for
many companies at once, who is above each and at how many steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.columns import I32, I64
from graph.compiled import kernel
from graph.model import SHARE_UNIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.snapshot import Snapshot

HOLDING: Final = ("legal_representative", "officer", "controller", "shareholder")
MUTUAL: Final = ("nominee", "acts_in_concert", "kin")
MOST: Final = 4096  # who is above one company: a level that would pass this is not begun

I8 = npt.NDArray[np.int8]


class Upward(NamedTuple):
    """Steps up as compressed sparse rows: from node v to `to[ptr[v]:ptr[v + 1]]`, each of relation
    `row`. Nodes are places in `subject`, ascending; `fan` counts the different ones above each;
    `organ` marks organs of the state."""

    subject: I32
    ptr: I64
    to: I32
    row: I64
    fan: I32
    organ: npt.NDArray[np.bool_]

    def places(self, subjects: I32) -> I64:
        """Where subjects stand; they must be there."""
        return np.searchsorted(self.subject, subjects)


class Above(NamedTuple):
    """Who is above each company asked about, itself among them at no step: those of company i are
    `who[ptr[i]:ptr[i + 1]]`, ascending, at `steps`. `cut` counts companies of which a level was not
    begun, `hubs` those met that were not passed."""

    ptr: I64
    who: I32
    steps: I8
    cut: int
    hubs: I32


def upward(
    snapshot: Snapshot, at: int, companies: I32, min_share: float, *, mutual: bool = True
) -> Upward:
    """The steps up that are true at an instant; a holding known to be smaller than `min_share` is
    none, and without `mutual` only steps to who holds a company count. Linear in the relations of
    these kinds, and sorting them."""
    rep, cols = snapshot.nodes.rep, snapshot.columns
    down = snapshot.rows(HOLDING, at)
    share = snapshot.rows("shareholder", at)
    value = cols.value[share]
    small = share[(value >= 0) & (value < int(min_share * SHARE_UNIT))]
    down = np.setdiff1d(down, small, assume_unique=True)
    both = snapshot.rows(MUTUAL if mutual else (), at)
    low = np.concatenate([cols.dst[down], cols.dst[both], cols.src[both]])
    high = np.concatenate([cols.src[down], cols.src[both], cols.dst[both]])
    row = np.concatenate([down, both, both])
    low, high = rep[low], rep[high]
    keep = low != high
    low, high, row = low[keep], high[keep], row[keep]
    subject = np.unique(np.concatenate([low, high, companies])).astype(np.int32)
    a, b = np.searchsorted(subject, low), np.searchsorted(subject, high)
    order = np.lexsort((row, b, a))
    a, b, row = a[order], b[order], row[order]
    fresh = np.ones(len(a), np.bool_)
    fresh[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    n = len(subject)
    fan = np.bincount(a[fresh], minlength=n).astype(np.int32)
    ptr = np.searchsorted(a, np.arange(n + 1)).astype(np.int64)
    return Upward(subject, ptr, b.astype(np.int32), row, fan, _organs(snapshot, subject))


def _organs(snapshot: Snapshot, subject: I32) -> npt.NDArray[np.bool_]:
    """Which of these are organs of the state."""
    found = np.zeros(len(subject), np.bool_)
    organs = snapshot.state_organs()
    found[np.searchsorted(subject, organs[np.isin(organs, subject)])] = True
    return found


@kernel
def _climb(
    ptr: Any, to: Any, fan: Any, organ: Any, start: Any, lo: int, hi: int, depth: int,
    widest: int, most: int, seen: Any, queue: Any, at: Any, who: Any, steps: Any, room: Any,
    hub: Any,
) -> int:  # fmt: skip
    """Fill `who` and `steps` for companies lo..hi; `seen` holds the last company that met a node.

    `room` holds how much of `who` is used and how many companies were cut. Stops early where `who`
    is nearly full and returns the first company not done.
    """
    for i in range(lo, hi):
        if room[0] + most > len(who):
            return i
        count = 1
        queue[0] = start[i]
        seen[start[i]] = i
        begin = 0
        used = room[0]
        who[used] = start[i]
        steps[used] = 0
        for level in range(1, depth + 1):
            end = count
            ahead = 0
            for j in range(begin, end):
                v = queue[j]
                if fan[v] > widest:
                    hub[v] = True
                elif not organ[v]:
                    ahead += fan[v]
            if count + ahead > most:  # at most so many would come: enough to know it fits
                room[1] += 1
                break
            for j in range(begin, end):
                v = queue[j]
                if fan[v] > widest or organ[v]:
                    continue
                for p in range(ptr[v], ptr[v + 1]):
                    w = to[p]
                    if seen[w] != i:
                        seen[w] = i
                        queue[count] = w
                        who[used + count] = w
                        steps[used + count] = level
                        count += 1
            begin = end
            if begin == count:
                break
        room[0] += count
        at[i + 1] = room[0]
    return hi


class Climb:
    """Climbs from companies in chunks, so that time can be looked at between them."""

    CHUNK: Final = 20_000

    def __init__(self, up: Upward, start: I64, depth: int, widest: int) -> None:
        self._up, self._start = up, start
        self._depth, self._widest = depth, widest
        n = len(up.subject)
        self._seen = np.full(n, -1, np.int64)
        self._queue = np.empty(MOST + 1, np.int64)
        self._hub = np.zeros(n, np.bool_)
        self._at = np.zeros(len(start) + 1, np.int64)
        self._who: list[I32] = []
        self._steps: list[I8] = []
        self._cut = 0
        self.done = 0

    def go_on(self) -> bool:
        """Do the next chunk; whether there is more."""
        up = self._up
        last = min(self.done + self.CHUNK, len(self._start))
        run = _climb.hot if len(self._start) > 2000 else _climb
        before = self._at[self.done]
        while self.done < last:
            who = np.empty(max(64 * (last - self.done), 2 * MOST), np.int32)
            steps = np.empty(len(who), np.int8)
            room = np.zeros(2, np.int64)
            first = self.done
            self.done = run(
                up.ptr, up.to, up.fan, up.organ, self._start, first, last, self._depth,
                self._widest, MOST, self._seen, self._queue, self._at, who, steps, room, self._hub,
            )  # fmt: skip
            self._at[first + 1 : self.done + 1] += before
            before += int(room[0])
            self._who.append(who[: room[0]].copy())
            self._steps.append(steps[: room[0]].copy())
            self._cut += int(room[1])
        return self.done < len(self._start)

    def above(self) -> Above:
        """What was found of the companies done so far; of others nothing."""
        self._at[self.done + 1 :] = self._at[self.done]
        who = np.concatenate([np.empty(0, np.int32), *self._who])
        steps = np.concatenate([np.empty(0, np.int8), *self._steps])
        company = np.repeat(np.arange(len(self._start)), np.diff(self._at))
        order = np.lexsort((who, company))
        hubs = self._up.subject[np.flatnonzero(self._hub)]
        return Above(self._at, who[order], steps[order], self._cut, hubs)


class Trails(NamedTuple):
    """The shortest trails from one company up: relations with their step, and who is on them."""

    rows: list[tuple[int, int]]
    between: list[int]


def trails(up: Upward, start: int, goals: Sequence[int], depth: int, widest: int) -> Trails:
    """All shortest trails from a company to some of those above it, over `Upward`'s places.

    `rows` are (step, relation), the first step from the company 1; `between` are all on the
    trails but the company, the nearest first.
    """
    steps = {start: 0}
    level = [start]
    for k in range(1, depth + 1):
        ahead: list[int] = []
        for v in level:
            if up.fan[v] > widest or up.organ[v]:
                continue
            for w in up.to[up.ptr[v] : up.ptr[v + 1]].tolist():
                if w not in steps:
                    steps[w] = k
                    ahead.append(w)
        level = ahead
    below: dict[int, list[tuple[int, int]]] = {}
    for v, k in steps.items():
        if k < depth and not (up.fan[v] > widest or up.organ[v]):
            for p in range(int(up.ptr[v]), int(up.ptr[v + 1])):
                if steps.get(w := int(up.to[p])) == k + 1:
                    below.setdefault(w, []).append((v, int(up.row[p])))
    on, rows = set(goals), set()
    for k in range(depth, 0, -1):
        for w in [w for w in on if steps[w] == k]:
            for v, row in below.get(w, ()):
                rows.add((k, row))
                on.add(v)
    on.discard(start)
    return Trails(sorted(rows), sorted(on, key=lambda w: (steps[w], w)))
