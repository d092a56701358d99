"""Which findings are about the same thing: by shared facts, or by half of their members."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from algorithms.findings.material import overlapping
from graph.model import RELATIONS

if TYPE_CHECKING:
    from algorithms.findings.making import Found
    from graph.snapshot import Snapshot


def merge(
    snapshot: Snapshot, findings: Sequence[Found], max_fanout: int, day: int
) -> list[list[int]]:
    """Groups of findings that overlap, directly or over others, by their places."""
    groups = _Groups(len(findings))
    first: dict[int, int] = {}
    for place, each in enumerate(findings):
        for row in each.rows:
            groups.join(place, first.setdefault(int(row), place))
    members = [{int(snapshot.nodes.rep[node]) for node in each.members} for each in findings]
    hubs = _hubs(snapshot, set().union(*members), max_fanout, day)
    # Of findings that are one case already, one for each set of members will do.
    chosen = {(groups.find(at), frozenset(each)): at for at, each in enumerate(members)}
    places = list(chosen.values())
    for a, b in _sharing_members([members[place] for place in places], hubs):
        groups.join(places[a], places[b])
    return groups.all()


class _Groups:
    """Disjoint sets of places, by union and find with halved paths."""

    def __init__(self, count: int) -> None:
        self._up = list(range(count))

    def find(self, place: int) -> int:
        up = self._up
        while up[place] != place:
            up[place] = up[up[place]]
            place = up[place]
        return place

    def join(self, a: int, b: int) -> None:
        self._up[self.find(b)] = self.find(a)

    def all(self) -> list[list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for place in range(len(self._up)):
            found[self.find(place)].append(place)
        return list(found.values())


def _hubs(snapshot: Snapshot, members: set[int], max_fanout: int, at: int) -> set[int]:
    """Who of these has more relations than that."""
    if not members:
        return set()
    degree = np.zeros(snapshot.n, np.int64)
    for kind in RELATIONS:
        rows = snapshot.rows(kind, at)
        for end in (snapshot.columns.src, snapshot.columns.dst):
            degree += np.bincount(snapshot.nodes.rep[end[rows]], minlength=snapshot.n)
    return {node for node in members if degree[node] > max_fanout}


def _sharing_members(members: Sequence[set[int]], hubs: set[int]) -> Iterator[tuple[int, int]]:
    """Pairs of places that overlap by members.

    Sets that share half of the smaller one share one of its rarer members: with each, ordered by
    how many findings they are in, only those up to the middle are looked up.
    """
    kept = [each - hubs for each in members]
    count = Counter(node for each in kept for node in each)
    within: dict[int, list[int]] = defaultdict(list)
    for place, each in enumerate(kept):
        for node in each:
            within[node].append(place)
    for place, each in enumerate(kept):
        half = (len(members[place]) + 1) // 2
        rare = sorted(each, key=lambda node: (count[node], node))[: max(0, len(each) - half + 1)]
        for other in {other for node in rare for other in within[node]} - {place}:
            least = len(members[place])
            if len(members[other]) >= least and overlapping(least, len(each & kept[other])):
                yield place, other
