"""Common links by brute force: every chain of at most two relations, weights as exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

from tests.referees.related import Edge

Chain = tuple[Edge, ...]


def other(edge: Edge, end: str) -> str:
    return edge.dst if edge.src == end else edge.src


def around(edges: list[Edge], end: str) -> list[Edge]:
    return [e for e in edges if end in (e.src, e.dst) and e.src != e.dst]


def degree(edges: list[Edge], node: str) -> int:
    return len({other(e, node) for e in around(edges, node)})


def chains(
    edges: list[Edge], start: str, via: str, asked: list[str], depth: int, fanout: int
) -> list[Chain]:
    """The shortest chains from a subject to another, through no hub and nobody asked about."""
    direct: list[Chain] = [(e,) for e in around(edges, start) if other(e, start) == via]
    if direct or depth < 2:
        return direct
    found: list[Chain] = []
    for first in around(edges, start):
        middle = other(first, start)
        if middle not in asked and len(around(edges, middle)) <= fanout:
            found += [(first, e) for e in around(edges, middle) if other(e, middle) == via]
    return found


def common(edges: list[Edge], asked: list[str], depth: int, fanout: int) -> list[dict[str, Any]]:
    """Rows as `common_links` documents them, in its order."""
    rows = []
    everybody = {end for e in edges for end in (e.src, e.dst)}
    for via in everybody - set(asked):
        ways = {s: found for s in asked if (found := chains(edges, s, via, asked, depth, fanout))}
        if len(ways) < 2:
            continue
        hub = len(around(edges, via)) > fanout
        sent = {}
        for subject, found in ways.items():
            middles = {other(chain[0], subject) for chain in found if len(chain) == 2}
            through = sum((Fraction(1, degree(edges, x)) for x in middles), Fraction(0))
            sent[subject] = through if middles else Fraction(1)
        pairs = sum((sent[a] * sent[b] for a, b in combinations(ways, 2)), Fraction(0))
        weight = Fraction(0) if hub else pairs / degree(edges, via)
        every = [chain for found in ways.values() for chain in found]
        rows.append(
            {
                "via": via,
                "kinds": sorted({chain[-1].kind for chain in every}),
                "subjects": sorted(ways),
                "weight": float(f"{float(weight):.12g}"),
                "facts": sorted({e.id for chain in every for e in chain}),
                "depth": max(map(len, every)),
                "degree": None if hub else degree(edges, via),
                "hub": hub,
            }
        )
    return sorted(rows, key=lambda row: (-row["weight"], row["via"]))
