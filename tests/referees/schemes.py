"""Putting findings together by networkx: by company, and by groups that hang together."""

from __future__ import annotations

from itertools import combinations
from math import prod
from typing import Any

import networkx as nx

Row = dict[str, Any]
Fact = dict[str, Any]
HANDS = ("legal_representative", "controller", "shareholder")


def noisy_or(rows: list[Row]) -> tuple[float, dict[str, float]]:
    """The score of findings put together, and the best of each pattern."""
    best: dict[str, float] = {}
    for row in rows:
        best[row["pattern"]] = max(best.get(row["pattern"], 0.0), row["score"])
    return 1 - prod(1 - score for score in best.values()), best


def hands(facts: list[Fact]) -> dict[str, set[str]]:
    """Which companies each holder stands above."""
    found: dict[str, set[str]] = {}
    for fact in facts:
        large = float(fact.get("share", 1)) >= 0.25
        if fact["kind"] in HANDS and large and fact["from"] != fact["to"]:
            found.setdefault("d:" + fact["from"], set()).add("d:" + fact["to"])
    return found


def together(rows: list[Row], facts: list[Fact], link: float) -> set[frozenset[str]]:
    """The companies that belong together."""
    graph = nx.Graph()
    graph.add_nodes_from({member for row in rows for member in row["members"]})
    for row in rows:
        if row["score"] >= link:
            graph.add_edges_from(combinations(row["members"], 2))
    for holder, under in hands(facts).items():
        if 2 <= len(under) <= 20:
            ours = (under | {holder}) & set(graph)
            graph.add_edges_from(combinations(sorted(ours), 2))
    return {frozenset(part) for part in nx.connected_components(graph)}
