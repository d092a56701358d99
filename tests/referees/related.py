"""Related parties by brute force: relations as plain tuples, levels as plain sets."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple


class Edge(NamedTuple):
    """A relation that counts: its name, kind, ends (canonical ids) and share where it has one."""

    id: str
    kind: str
    src: str
    dst: str
    share: str | None = None


def steps_from(edges: list[Edge], nearer: str, direction: str) -> list[tuple[Edge, str, str]]:
    """Relations that lead away from a subject: (relation, its other end, how it points)."""
    found = []
    for edge in edges:
        if edge.src == edge.dst:
            continue
        if edge.dst == nearer and direction in ("in", "both"):
            found.append((edge, edge.src, "in"))
        if edge.src == nearer and direction in ("out", "both"):
            found.append((edge, edge.dst, "out"))
    return found


def related(edges: list[Edge], subject: str, depth: int, direction: str) -> list[dict]:
    """Rows as `related_parties` documents them, in its order."""
    level = {subject: 0}
    path = {subject: [subject]}
    facts: dict[str, list[str]] = {subject: []}
    rows = []
    for d in range(1, depth + 1):
        nearer = sorted(n for n, at in level.items() if at == d - 1)
        fresh = sorted(
            {o for n in nearer for _, o, _ in steps_from(edges, n, direction)} - {*level}
        )
        for party in fresh:
            level[party] = d
            parent = min(
                n for n in nearer if any(o == party for _, o, _ in steps_from(edges, n, direction))
            )
            last = [(e, w) for e, o, w in steps_from(edges, parent, direction) if o == party]
            path[party] = [*path[parent], party]
            facts[party] = [*facts[parent], *sorted(e.id for e, _ in last)]
            ways = {w for _, w in last}
            rows.append(
                {
                    "party": party,
                    "roles": sorted({e.kind for e, _ in last}),
                    "depth": d,
                    "share": _share(last) if d == 1 else None,
                    "facts": facts[party],
                    "path": path[party],
                    "direction": ways.pop() if len(ways) == 1 else "both",
                }
            )
    return rows


def _share(last: list[tuple[Edge, str]]) -> float | None:
    for way in ("in", "out"):
        held = [
            Fraction(e.share)
            for e, w in last
            if e.kind == "shareholder" and w == way and e.share is not None
        ]
        if held:
            return float(sum(held))
    return None
