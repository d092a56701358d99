"""What several subjects share: walks around each of them, laid over one another."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

from algorithms.related.degrees import HUB, degrees
from graph.reach import reach
from graph.searching import DONE, EXPLORED, TIME
from graph.traverse import graph_of
from graph.walk import Bounds

if TYPE_CHECKING:
    from graph.deadline import Deadline
    from graph.reach import Reached
    from graph.snapshot import Snapshot
    from graph.traverse import Ask

_ALL_ROWS = 1 << 30  # a walk is bounded by what it looks at, not by whom it meets


class Limits(NamedTuple):
    """How far from a subject, through whom, how much of it, until when."""

    depth: int
    fanout: int
    explore: int
    deadline: Deadline


class Link(NamedTuple):
    """How one subject hangs on what it shares: steps away, the subjects between, relations."""

    steps: int
    between: frozenset[int]
    last: frozenset[tuple[int, int]]  # (row, kind) of the relations at the shared one
    rows: frozenset[int]  # all relations of the shortest chains


class Shared(NamedTuple):
    """A subject that several hang on; `degree` is HUB, or None where time ended the counting."""

    node: int
    links: dict[int, Link]
    degree: int | None
    weight: float


class Found(NamedTuple):
    """Everything that is shared, what was looked at, hubs, and the bounds that cut."""

    shared: list[Shared]
    explored: int
    hubs: set[int]
    cuts: set[int]


def share(snapshot: Snapshot, ask: Ask, subjects: list[int], limits: Limits) -> Found:
    """What lies within `limits.depth` (1 or 2) of at least two of the subjects, and its weight.

    No chain leads through a hub or another of the subjects. Time in proportion to the relations
    around the subjects, and to those of what is shared (at most `fanout` each).
    """
    g = graph_of(snapshot, far=limits.depth > 1)
    asked = frozenset(subjects)
    met: Counter[int] = Counter()
    walks: list[Reached] = []
    explored, hubs, cuts = 0, set[int](), set[int]()
    for subject in subjects:
        if explored >= limits.explore:
            cuts.add(EXPLORED)
            break
        # Out of time, a walk still does its first part, which is quick.
        left = limits.deadline.left()
        bounds = Bounds(limits.depth, limits.fanout, _ALL_ROWS, limits.explore - explored)
        reached = reach(g, ask, subject, bounds, left, every=True)
        explored += reached.explored
        hubs |= set(reached.hubs) - asked
        cuts |= {reached.status} - {DONE}
        walks.append(reached)
        met.update(reached.nodes)
    links: dict[int, dict[int, Link]] = defaultdict(dict)
    several = {node for node, times in met.items() if times > 1} - asked
    for subject, reached in zip(subjects, walks, strict=False):
        for node, link in _links(reached, asked, several).items():
            links[node][subject] = link
    both = {node: found for node, found in links.items() if len(found) > 1}
    between = {x for found in both.values() for link in found.values() for x in link.between}
    # The widest shared first, so that where time ends the counting the others are left.
    order = sorted(both, key=lambda node: (-len(both[node]), node))
    wanted = [*between, *(node for node in order if node not in between)]
    counted = degrees(g, ask, wanted, limits.fanout, limits.deadline)
    degree = dict(zip(wanted, counted, strict=False))
    if len(counted) < len(wanted):
        cuts.add(TIME)
    hubs |= {node for node in both if degree.get(node) == HUB}
    shared = [Shared(n, both[n], degree.get(n), _weight(both[n], degree, n)) for n in order]
    return Found(shared, explored, hubs, cuts)


def _links(reached: Reached, asked: frozenset[int], several: set[int]) -> dict[int, Link]:
    """How the start of a walk of at most two steps hangs on those of `several` that it met."""
    nodes, levels = reached.nodes, reached.levels
    shared = [node in several for node in nodes]
    first: dict[int, list[tuple[int, int]]] = defaultdict(list)  # by place: relations of the start
    second: dict[int, dict[int, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for c, p, row, tag in zip(reached.child, reached.parent, reached.row, reached.tag, strict=True):
        if p == 0:
            first[c].append((row, tag >> 2))
        elif shared[c] and levels[c] > 1 and nodes[p] not in asked:
            second[c][p].append((row, tag >> 2))
    found = {}
    for c, steps in first.items():
        if shared[c]:
            only = frozenset(row for row, _ in steps)
            found[nodes[c]] = Link(1, frozenset(), frozenset(steps), only)
    for c, parents in second.items():
        last = frozenset(step for steps in parents.values() for step in steps)
        rows = {row for row, _ in last} | {row for p in parents for row, _ in first[p]}
        between = frozenset(nodes[p] for p in parents)
        found[nodes[c]] = Link(2, between, last, frozenset(rows))
    return found


def _weight(links: dict[int, Link], degree: dict[int, int], node: int) -> float:
    """The sum over pairs of subjects of what reaches one from the other through a node."""
    own = degree.get(node, HUB)
    if own == HUB or any(degree.get(x, HUB) == HUB for k in links.values() for x in k.between):
        return 0.0
    parts = [
        fsum(1 / degree[x] for x in link.between) if link.between else 1.0
        for link in links.values()
    ]
    pairs = fsum(parts[i] * parts[j] for i in range(len(parts)) for j in range(i))
    return float(f"{pairs / own:.12g}")
