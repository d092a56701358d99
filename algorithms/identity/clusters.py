"""From pairs to clusters under constraints: the likeliest pairs join first, none against a fact.

Single linkage with cannot-links (Wagstaff and Cardie 2000, doi:10.5555/645529.658275), as Kruskal's
algorithm: in order of weight, a pair joins the clusters of its ends unless they bear two valid
official keys or a judgement stands between any two of their records. What was refused is told. The
answer depends on the pairs and constraints alone, and of a connected part on that part alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

Why = Literal["official_keys", "judged_apart"]


class Refused(NamedTuple):
    """A pair that did not join (its place among the pairs), why, and the two that forbid it."""

    place: int
    why: Why
    between: tuple[int, int]


class Clusters(NamedTuple):
    """The cluster of each node that took part; places of the pairs that joined; the refused."""

    of: dict[int, int]
    joined: list[int]
    refused: list[Refused]

    def root(self, node: int) -> int:
        """The cluster of a node: the smallest node of it."""
        return self.of.get(node, node)


class _Forest:
    """Union-find over nodes; each tree knows its official key and what it must stay apart from."""

    def __init__(self, official: Mapping[int, str], apart: Iterable[tuple[int, int]]) -> None:
        self.parent: dict[int, int] = {}
        self.keys = {node: (key, node) for node, key in official.items()}
        self.foes: dict[int, dict[int, tuple[int, int]]] = {}
        for a, b in apart:
            if a != b:
                self.foes.setdefault(a, {})[b] = a, b
                self.foes.setdefault(b, {})[a] = b, a

    def find(self, node: int) -> int:
        parent = self.parent
        root = node
        while (above := parent.get(root, root)) != root:
            root = above
        while (above := parent.get(node, node)) != root:
            parent[node], node = root, above
        return root

    def against(self, x: int, y: int) -> tuple[Why, tuple[int, int]] | None:
        """What forbids that two trees join."""
        one, other = self.keys.get(x), self.keys.get(y)
        if one and other and one[0] != other[0]:
            return "official_keys", (one[1], other[1])
        if between := self.foes.get(x, {}).get(y):
            return "judged_apart", between
        return None

    def join(self, x: int, y: int) -> None:
        """Join two trees; the cost is that of the fewer foes."""
        if len(self.foes.get(x, ())) < len(self.foes.get(y, ())):
            x, y = y, x
        self.parent[y] = x
        for foe, (own, theirs) in self.foes.pop(y, {}).items():
            del self.foes[foe][y]
            self.foes[foe].setdefault(x, (theirs, own))
            self.foes.setdefault(x, {}).setdefault(foe, (own, theirs))
        if y in self.keys:
            self.keys.setdefault(x, self.keys[y])


def cluster(
    pairs: Sequence[tuple[int, int]],
    official: Mapping[int, str],
    apart: Iterable[tuple[int, int]],
) -> Clusters:
    """Cluster nodes by pairs, likeliest first; equally likely ones in the order given.

    `official` is the valid official key of those nodes that have one; `apart` are nodes that must
    not be in one cluster. Nearly linear.
    """
    forest = _Forest(official, apart)
    joined: list[int] = []
    refused: list[Refused] = []
    for place, (a, b) in enumerate(pairs):
        x, y = forest.find(a), forest.find(b)
        if x == y:
            continue
        if found := forest.against(x, y):
            refused.append(Refused(place, *found))
            continue
        forest.join(x, y)
        joined.append(place)
    smallest: dict[int, int] = {}
    nodes = sorted({node for pair in pairs for node in pair})
    for node in nodes:
        smallest.setdefault(forest.find(node), node)
    return Clusters({node: smallest[forest.find(node)] for node in nodes}, joined, refused)
