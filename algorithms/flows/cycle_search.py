"""Every cycle of a network up to a length, each from the busiest of its nodes.

From a root only nodes with fewer edges are entered (all, where the question is about one node), so
that the many edges of a hub are gone through when the hub is the root, and never once more for each
path that meets it. Round a cycle in order of time, time falls once; as seen from the root that may
be anywhere. The edges of a root are taken in spans of at most a window: a search backwards finds
from which nodes, in how many steps, the root can be reached at such times, and the search forwards
goes only where that leaves a way back (bounding as in Gupta and Suzumura 2021, after 2SCENT's
source detection, Kumar and Calders 2018; roots by degree as in Chiba and Nishizeki 1985). Where
only those of most evidence are wanted, a path is left as soon as no cycle that it can become is one
(branch and bound, Land and Doig 1960). A search can be paused and gone on with.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.ascending import first_at
from algorithms.flows.network import I32, I64
from graph.compiled import inline_kernel, kernel
from graph.times import DAY

DONE: Final = 0
PAUSED: Final = 1
FULL: Final = 2
EXPLORED: Final = 3

_NEVER: Final = -(2**63)
FAR: Final = 127  # steps back to the root that are too many
ROOT, LAST, EDGE, SPAN, DEPTH, BALL, FOUND, SEEN = range(8)  # of the state of a search


class Rules(NamedTuple):
    """Longest cycle; largest time between its edges (µs); steps looked back; whether it is about
    one root; what part of an amount is kept from hop to hop at least and at most; edges to see."""

    length: int
    window: int
    back: int
    through: bool
    least: float
    most: float
    explore: int


class Money(NamedTuple):
    """What each edge pays: minor units (NaN: unknown) of a currency, empty where a tolerance is not
    asked for; and minor units again (0: unknown), empty where what is kept of it matters not."""

    worth: npt.NDArray[np.float64]
    coin: npt.NDArray[np.int16]
    paid: npt.NDArray[np.float64]


class Scratch(NamedTuple):
    """The state of a search; `steps[x]`: from x the root is reached in so many steps."""

    steps: npt.NDArray[np.int8]
    touched: I32
    node: I64  # the path: node and edge at each depth
    edge: I64
    at: I64  # next edge to try at each depth
    peak: I64  # time before the path fell back to an earlier one; _NEVER while it has not
    span: I64  # first and last time of the path at each depth
    paid: npt.NDArray[np.float64]  # least and most that it pays
    need: npt.NDArray[np.float64]  # by days: the part of the most that the least has to be
    found: I64  # cycles, one a row, as edges; -1 past their end
    state: I64


@inline_kernel
def _look_back(net: Any, rules: Any, root: int, first: int, stop: int, s: Any) -> int:
    """Fill `steps` for the nodes from which the root can be reached, at the times of a span of its
    edges; how many edges were looked at."""
    # Arrays as locals: in compiled code each access through a tuple counts references.
    ptr, start, time_of, steps, touched = net.in_ptr, net.in_from, net.in_time, s.steps, s.touched
    begin = net.out_time[first] - rules.window
    end = net.out_time[stop - 1] + rules.window
    low = 0
    high = 0
    seen = 0
    for h in range(1, rules.back + 1):
        count = high
        for i in range(low, high if h > 1 else 1):
            y = touched[i] if h > 1 else root
            for p in range(first_at(time_of, ptr[y], ptr[y + 1], begin), ptr[y + 1]):
                if time_of[p] > end:
                    break
                seen += 1
                x = start[p]
                if steps[x] == FAR and x != root and (rules.through or x < root):
                    steps[x] = h
                    touched[count] = x
                    count += 1
        low = high
        high = count
        if low == high:
            break
    s.state[BALL] = high
    return seen


@inline_kernel
def _follows(rules: Any, money: Any, before: int, after: int) -> Any:
    """Whether an edge pays what was left of another; never where that is unknown."""
    was = money.worth[before]
    now = money.worth[after]
    same = money.coin[before] == money.coin[after]
    return same and rules.least * was <= now and now <= rules.most * was


@inline_kernel
def _descend(  # noqa: PLR0912, PLR0915  (one loop: a call in it would count references to every array)
    net: Any, money: Any, rules: Any, root: int, stop: int, s: Any
) -> None:
    """Go on with the path in `s` until it is back at its root, `stop` edges are seen, or full."""
    ptr, to, time_of = net.out_ptr, net.out_to, net.out_time
    steps, edge, node, at = s.steps, s.edge, s.node, s.at
    peak, found, state = s.peak, s.found, s.state
    minded = len(money.worth) > 0
    paid, need, spans, pays = money.paid, s.need, s.span, s.paid
    weighed = len(paid) > 0
    last_day = len(need) - 1
    window = rules.window
    t0 = time_of[edge[0]]
    depth, seen, made = state[DEPTH], state[SEEN], state[FOUND]
    while depth > 0 and seen < stop and made < len(found):
        v = node[depth]
        e = at[depth]
        fallen = peak[depth] != _NEVER
        if e >= ptr[v + 1] or time_of[e] > (t0 if fallen else t0 + window):
            depth -= 1
            continue
        seen += 1
        t = time_of[e]
        last = time_of[edge[depth - 1]]
        if not fallen and t0 < t < last:  # neither after the path so far nor before its root
            at[depth] = first_at(time_of, ptr[v], ptr[v + 1], last)
            continue
        at[depth] = e + 1
        w = to[e]
        left = rules.length - depth - 1
        if w != root and (
            left < 1 or not (rules.through or w < root) or (left <= rules.back and steps[w] > left)
        ):
            continue
        # Amounts are compared with the hop before, but for the hop that the cycle starts with.
        kept = not minded or _follows(rules, money, edge[depth - 1], e)
        high = peak[depth]
        if t < last or (not kept and not fallen and t <= t0):
            high = last
        elif not kept:
            continue
        if weighed:  # what cannot be among the cycles of most evidence is not gone on with
            begin, end = min(spans[depth, 0], t), max(spans[depth, 1], t)
            few, many = min(pays[depth, 0], paid[e]), max(pays[depth, 1], paid[e])
            part = need[min((end - begin) // DAY, last_day)]
            if part > 0 and (few <= 0 or few < part * many):
                continue
            if w != root:
                spans[depth + 1, 0], spans[depth + 1, 1] = begin, end
                pays[depth + 1, 0], pays[depth + 1, 1] = few, many
        if w == root:
            if high != _NEVER and minded and not _follows(rules, money, e, edge[0]):
                continue
            for d in range(rules.length):
                found[made, d] = edge[d] if d < depth else -1
            found[made, depth] = e
            made += 1
            continue
        met = False
        for d in range(1, depth + 1):
            met = met or node[d] == w
        if met:
            continue
        edge[depth] = e
        depth += 1
        peak[depth] = high
        node[depth] = w
        at[depth] = first_at(time_of, ptr[w], ptr[w + 1], t if high != _NEVER else t - window)
    state[DEPTH] = depth
    state[SEEN] = seen
    state[FOUND] = made


@inline_kernel
def _begin(net: Any, money: Any, rules: Any, s: Any, root: int) -> int:
    """Take the next edge of a root as the beginning of a path; the depth afterwards."""
    e = s.state[EDGE]
    s.state[EDGE] = e + 1
    s.state[SEEN] += 1
    v = net.out_to[e]
    left = rules.length - 1
    if not (rules.through or v < root) or (left <= rules.back and s.steps[v] > left):
        return 0
    s.edge[0] = e
    s.node[1] = v
    s.span[1, 0] = s.span[1, 1] = net.out_time[e]
    if len(money.paid) > 0:
        s.paid[1, 0] = s.paid[1, 1] = money.paid[e]
    s.peak[1] = _NEVER
    s.at[1] = first_at(
        net.out_time, net.out_ptr[v], net.out_ptr[v + 1], net.out_time[e] - rules.window
    )
    return 1


@inline_kernel
def _next_span(net: Any, rules: Any, root: int, s: Any) -> None:
    """Take the next edges of a root that are at most a window apart, and look back from it."""
    state, ptr, time_of = s.state, net.out_ptr, net.out_time
    for i in range(state[BALL]):
        s.steps[s.touched[i]] = FAR
    first = state[SPAN]
    stop = first_at(time_of, ptr[root], ptr[root + 1], time_of[first] + rules.window + 1)
    state[EDGE] = first
    state[SPAN] = stop
    state[SEEN] += _look_back(net, rules, root, first, stop, s)
    if state[BALL] == 0:
        state[EDGE] = stop


@kernel
def search(net: Any, money: Any, rules: Any, budget: int, s: Any) -> int:
    """Go on with a search until done, paused, full or bounded; cycles found are in `found`."""
    state = s.state
    stop = min(state[SEEN] + budget, rules.explore)
    while state[ROOT] < state[LAST]:
        if state[FOUND] == len(s.found):
            return FULL
        if state[SEEN] >= stop:
            return EXPLORED if stop == rules.explore else PAUSED
        root = state[ROOT]
        if state[DEPTH] > 0:
            _descend(net, money, rules, root, stop, s)
        elif state[EDGE] < state[SPAN]:
            state[DEPTH] = _begin(net, money, rules, s, root)
        elif state[SPAN] < net.out_ptr[root + 1] and net.in_ptr[root] < net.in_ptr[root + 1]:
            _next_span(net, rules, root, s)
        else:
            state[ROOT] += 1
            state[EDGE] = state[SPAN] = net.out_ptr[root + 1]
    return DONE
