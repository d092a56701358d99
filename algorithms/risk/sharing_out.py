"""Where a value comes from: shared out among its terms, backward, until it ends at seeds."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from graph.columns import I32, I64
from graph.compiled import kernel

if TYPE_CHECKING:
    from algorithms.risk.carrying import Floats
    from algorithms.risk.spreading import Spread

_COARSE: Final = 0.01  # what is shared out first: whatever is more than this share of the value,
_FINER: Final = 0.25  # then more than a fourth of it, and so on down to
_FINE: Final = 1e-18
_ENOUGH: Final = 1e-14  # of the value: when no more than this waits it is shared out
_POPS: Final = 200  # unfinished ways that are followed for one subject
_WIDE: Final = 64  # relations that a way is followed along from one subject: the largest shares
_TIE: Final = 1 - 1e-9  # of a share: what is no less is equal to it
_NEAR: Final = 64  # subjects, the most visited, among which detours are counted


class Met(NamedTuple):
    """Who a value passed on its way, the subject itself first: how often (of 1 that was shared
    out) it came by each of these subjects and was shared out there."""

    nodes: I32
    visits: Floats


class Walk(NamedTuple):
    """A way from a subject back to a seed, and its share (0..1) of the subject's value."""

    share: float
    nodes: tuple[int, ...]


@kernel
def _push(
    start: int, ptr: Any, other: Any, share: Any, own: Any, most: int, coarse: float, finer: float,
    fine: float, enough: float, place: Any, nodes: Any, left: Any, visits: Any, waiting: Any,
    queue: Any,
) -> Any:  # fmt: skip
    """Share out 1 at `start`; how many subjects were met.

    `place[i]` is where subject i stands in the other arrays, from 1 on, 0 before it is met; these
    have room for `most` relations and those of the last subject. What waits is shared out in the
    order in which it came, the large before the small.
    """
    nodes[1], left[1], visits[1], waiting[1] = start, 1.0, 0.0, False
    place[start] = 1
    met, work, least, rest = 2, 0, coarse, 1.0
    room = len(queue)
    while least > fine and rest > enough and work < most:
        head, count = 0, 0
        for k in range(1, met):
            if left[k] > least:
                queue[count] = k
                count += 1
                waiting[k] = True
        while count > 0 and work < most:
            k = queue[head]
            head = head + 1 if head + 1 < room else 0
            count -= 1
            waiting[k] = False
            i, amount = nodes[k], left[k]
            left[k] = 0.0
            visits[k] += amount
            rest -= amount * own[i]
            work += ptr[i + 1] - ptr[i] + 1
            for h in range(ptr[i], ptr[i + 1]):
                if share[h] > 0.0:
                    at = place[other[h]]
                    if at == 0:
                        place[other[h]] = at = met
                        nodes[at], left[at], visits[at] = other[h], 0.0, 0.0
                        waiting[at] = False
                        met += 1
                    left[at] += amount * share[h]
                    if left[at] > least and not waiting[at]:
                        tail = head + count
                        queue[tail if tail < room else tail - room] = at
                        count += 1
                        waiting[at] = True
        for k in range(1, met):
            waiting[k] = False
        least *= finer
    return met


def push(found: Spread, node: int, most: int) -> Met:
    """Share out a subject's value: the push of Andersen et al. (2007) on the chain of shares,
    whose steps lead from a subject to whom its value came from.

    A seed's part of the value is its visits times its own share. Looks at `most` relations and
    those of one subject; what was not shared out by then ends nowhere.
    """
    web, n = found.web, len(found.own)
    room = min(n, most + web.widest + 1) + 1
    nodes, queue = np.empty(room, np.uint32), np.empty(room, np.uint32)
    left, visits = np.empty(room), np.empty(room)
    run: Any = _push.tier(heavy=len(web.other) > most)
    chain = web.ptr, web.other.view(np.uint32), found.share, found.own
    bounds = most, _COARSE, _FINER, _FINE, _ENOUGH
    waiting = np.empty(room, np.bool_)
    met = run(node, *chain, *bounds, np.zeros(n, np.uint32), nodes, left, visits, waiting, queue)
    return Met(nodes[1:met].view(np.int32), visits[1:met])


def walks(found: Spread, met: Met, most: int) -> list[Walk]:
    """The ways of a value that visit nobody twice, of largest share, at least the first `most` that
    are found and all that equal the last of them; bounded.

    They are found best first: a way is followed from its end, and one that is followed further only
    loses; parallel relations of a pair are one step. Then each is given what went astray from it
    and came back, too: the sum over all walks that lose their loops to become this way is their
    plain product times det G on its subjects, G = (I - A)^-1 (Lawler 1999). Every walk belongs to
    one way, so that all ways of a value sum to it. G counts detours among the subjects met most.
    """
    plain = _found(found, int(met.nodes[0]), most)
    if not plain:
        return []
    near = _most_visited(met, {node for walk in plain for node in walk.nodes})
    green = np.linalg.inv(np.eye(len(near)) - _among(found, near))
    at = {node: place for place, node in enumerate(near.tolist())}
    made = []
    for walk in plain:
        places = [at[node] for node in walk.nodes]
        loops = float(np.linalg.det(green[np.ix_(places, places)]))
        made.append(walk._replace(share=walk.share * loops))
    return made


def _found(found: Spread, node: int, most: int) -> list[Walk]:
    done: list[Walk] = []
    # Shares as negatives, so that the largest is at the top; a finished way is told by its flag.
    heap: list[tuple[float, bool, tuple[int, ...]]] = [(-1.0, False, (node,))]
    best: list[float] = []  # the largest finished, as many as are asked for, the least at the top
    least = 0.0  # what is below will not be looked at
    pops = 0
    while heap and pops < _POPS and most:
        cost, finished, way = heapq.heappop(heap)
        if len(done) >= most and -cost < done[most - 1].share * _TIE:
            break
        if finished:
            done.append(Walk(-cost, way))
            continue
        pops += 1
        last = way[-1]
        if (ends := float(found.own[last])) > 0 and -cost * ends >= least:
            heapq.heappush(heap, (cost * ends, True, way))
            heapq.heappush(best, -cost * ends)
            if len(best) > most:
                heapq.heappop(best)
            least = best[0] * _TIE if len(best) == most else 0.0
        for other, share in _steps(found, last):
            if 0 < -cost * share >= least and other not in way:
                heapq.heappush(heap, (cost * share, False, (*way, other)))
    return done


def _steps(found: Spread, node: int) -> Iterable[tuple[int, float]]:
    """Subjects that a subject's value comes from, each with its share: the largest."""
    low, high = int(found.web.ptr[node]), int(found.web.ptr[node + 1])
    if high - low <= _WIDE:  # most have few, for whom this is ten times faster
        sums: dict[int, float] = {}
        parts = found.share[low:high].tolist()
        for other, part in zip(found.web.other[low:high].tolist(), parts, strict=True):
            sums[other] = sums.get(other, 0.0) + part
        return sums.items()
    others, place = np.unique(found.web.other[low:high], return_inverse=True)
    share = np.bincount(place, weights=found.share[low:high], minlength=len(others))
    if len(others) > _WIDE:
        least = np.partition(share, len(share) - _WIDE)[len(share) - _WIDE]
        others, share = others[share >= least], share[share >= least]
    return zip(others.tolist(), share.tolist(), strict=True)


def _most_visited(met: Met, also: set[int]) -> I32:
    """The subjects that a value came by most often, and these others, ascending."""
    most, least = np.arange(len(met.nodes)), 1.0
    while len(met.nodes) > _NEAR and least > _FINE:  # so that few are left to choose among
        least *= _FINER
        most = np.flatnonzero(met.visits > least)
        if len(most) >= _NEAR:
            most = most[np.argpartition(met.visits[most], len(most) - _NEAR)[-_NEAR:]]
            break
    return np.union1d(met.nodes[most], np.fromiter(also, np.int32, len(also)))


def _among(found: Spread, nodes: I32) -> Floats:
    """The steps of the chain among some subjects (ascending), as a matrix."""
    web, n = found.web, len(nodes)
    spans = [np.arange(web.ptr[i], web.ptr[i + 1]) for i in nodes.tolist()]
    half = np.concatenate(spans)
    row = np.repeat(np.arange(n), [len(span) for span in spans])
    column = np.minimum(np.searchsorted(nodes, web.other[half]), n - 1)
    inside = nodes[column] == web.other[half]
    place = (row * n + column)[inside]
    steps = np.bincount(place, weights=found.share[half[inside]], minlength=n * n)
    return steps.reshape(n, n).astype(np.float64, copy=False)


def between(found: Spread, a: int, b: int) -> I64:
    """The relations that the edges between two subjects are made of, in the order of the web."""
    web = found.web
    low, high = int(web.ptr[a]), int(web.ptr[a + 1])
    edges = web.edge[low:high][web.other[low:high] == b].tolist()
    spans = [web.rows[web.first[e] : web.first[e + 1]] for e in sorted(edges)]
    return np.concatenate(spans) if spans else np.empty(0, np.int64)
