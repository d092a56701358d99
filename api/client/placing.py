"""Places for the nodes of a graph: each connected part by itself, the parts beside one another."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import networkx

Place = tuple[float, float]
_FORCED: Final = 500  # nodes of a part that are laid out by force, 0.5 s of it; more by steps
_GAP: Final = 1.5


def places(graph: networkx.Graph[Any]) -> dict[Hashable, Place]:
    """x and y of every node; two that are joined are about 1 apart. The same graph, with its nodes
    in the same order, gets the same places.

    Parts of at most 500 nodes by force (Fruchterman and Reingold 1991, seeded), larger ones in
    rings by their steps from the best-connected node (Eades 1992); the largest part comes first.
    O(nodes²) a part of the former, O(nodes + edges) of the latter.
    """
    import networkx as nx

    plain = nx.Graph()
    plain.add_nodes_from(graph)
    plain.add_edges_from((a, b) for a, b in graph.edges() if a != b)
    order = {node: at for at, node in enumerate(plain)}
    parts = [sorted(part, key=order.__getitem__) for part in nx.connected_components(plain)]
    parts.sort(key=lambda part: (-len(part), order[part[0]]))
    return _beside([_part(plain.subgraph(part), part) for part in parts])


def _part(graph: networkx.Graph[Any], nodes: list[Hashable]) -> dict[Hashable, Place]:
    """A connected part by itself."""
    import networkx as nx

    ordered = nx.Graph()  # a subgraph has no order of its own
    ordered.add_nodes_from(nodes)
    ordered.add_edges_from(sorted(graph.edges(), key=str))
    if len(nodes) > _FORCED:
        return _rings(ordered)
    size = math.sqrt(len(nodes))
    # Twice the usual distance: names want room, and the leaves of a star would lie on one another.
    found = nx.spring_layout(ordered, k=2 / size, seed=0, iterations=80, scale=1.2 * size)
    return {node: (float(at[0]), float(at[1])) for node, at in found.items()}


def _rings(graph: networkx.Graph[Any]) -> dict[Hashable, Place]:
    """A ring for each step from the middle, wide enough for its nodes to stand 1 apart; each node
    within the sector of the one that leads to it."""
    import networkx as nx

    root = max(graph, key=graph.degree)
    tree = nx.bfs_tree(graph, root)
    leaves: dict[Hashable, int] = {}
    for node in reversed(list(tree)):
        leaves[node] = sum(leaves[child] for child in tree[node]) or 1
    made: dict[Hashable, Place] = {root: (0.0, 0.0)}
    sectors = {root: (0.0, 2 * math.pi)}
    ring, radius = [root], 0.0
    while ring := [child for node in ring for child in tree[node]]:
        radius = max(radius + _GAP, len(ring) / (2 * math.pi))
        for parent in dict.fromkeys(next(iter(tree.pred[node])) for node in ring):
            low, high = sectors[parent]
            step = (high - low) / leaves[parent]
            for child in tree[parent]:
                wide = step * leaves[child]
                sectors[child] = low, low + wide
                angle = low + wide / 2
                made[child] = radius * math.cos(angle), radius * math.sin(angle)
                low += wide
    return made


def _beside(parts: Iterable[Mapping[Hashable, Place]]) -> dict[Hashable, Place]:
    """Parts in rows, from the top left, none over another."""
    boxes = []
    for part in parts:
        xs, ys = zip(*part.values(), strict=True)
        boxes.append((part, min(xs), max(ys), max(xs) - min(xs), max(ys) - min(ys)))
    room = max(
        [math.sqrt(1.6 * sum((w + _GAP) * (h + _GAP) for *_, w, h in boxes))]
        + [w for *_, w, _ in boxes]
    ) if boxes else 0.0  # fmt: skip
    made: dict[Hashable, Place] = {}
    x = y = tall = 0.0
    for part, left, top, wide, high in boxes:
        if x and x + wide > room:
            x, y, tall = 0.0, y - tall - _GAP, 0.0
        for node, (at_x, at_y) in part.items():
            made[node] = x + at_x - left, y + at_y - top
        x, tall = x + wide + _GAP, max(tall, high)
    return made
