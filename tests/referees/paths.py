"""Evidence paths by networkx: all paths without loops, shortest first, then by their names."""

from __future__ import annotations

import itertools

import networkx as nx

from tests.referees.related import Edge


def graph_of(edges: list[Edge], directed: bool) -> nx.Graph:
    """Subjects and who is beside whom."""
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_edges_from((e.src, e.dst) for e in edges if e.src != e.dst)
    return graph


def hubs(edges: list[Edge], most: int) -> set[str]:
    """Subjects with more relations than `most`."""
    degree: dict[str, int] = {}
    for edge in edges:
        if edge.src != edge.dst:
            for end in (edge.src, edge.dst):
                degree[end] = degree.get(end, 0) + 1
    return {name for name, count in degree.items() if count > most}


def shortest(
    edges: list[Edge],
    a: str,
    b: str,
    k: int,
    *,
    directed: bool = False,
    longest: int = 12,
    avoid: int | None = None,
) -> list[list[str]]:
    """The k least simple paths by (length, names)."""
    graph = graph_of(edges, directed)
    if avoid is not None:
        graph.remove_nodes_from(hubs(edges, avoid) - {a, b})
    if a not in graph or b not in graph or not nx.has_path(graph, a, b):
        return []
    found: list[list[str]] = []
    paths = nx.shortest_simple_paths(graph, a, b)
    for _, group in itertools.groupby(paths, key=len):
        level = sorted(group)
        if len(level[0]) - 1 > longest:
            break
        found += level
        if len(found) >= k:
            break
    return found[:k]
