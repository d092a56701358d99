"""Cycles of payments by brute force, and by networkx where time does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import networkx as nx


class Payment(NamedTuple):
    """One transfer: name, ends, time in days, amount and currency."""

    id: str
    src: str
    dst: str
    time: float
    amount: Fraction = Fraction(1)
    currency: str = "CNY"


def chains(payments: list[Payment], longest: int) -> Iterator[tuple[Payment, ...]]:
    """Every closed chain in order of time over different nodes, from each of its payments."""
    leaving: dict[str, list[Payment]] = {}
    for p in payments:
        if p.src != p.dst:
            leaving.setdefault(p.src, []).append(p)

    def extend(chain: tuple[Payment, ...]) -> Iterator[tuple[Payment, ...]]:
        for p in leaving.get(chain[-1].dst, ()):
            if p.time < chain[-1].time:
                continue
            if p.dst == chain[0].src:
                yield (*chain, p)
            elif len(chain) + 1 < longest and all(p.dst != q.src for q in chain):
                yield from extend((*chain, p))

    for starts in leaving.values():
        for first in starts:
            yield from extend((first,))


def timed(
    payments: list[Payment],
    longest: int,
    window: float | None = None,
    through: str | None = None,
    tolerance: Fraction | None = None,
) -> set[tuple[str, ...]]:
    """Cycles in order of time, as names from the earliest; of one moment: from where amounts may
    be followed, from the least node of several."""
    found: dict[frozenset[str], tuple[bool, str, tuple[str, ...]]] = {}
    for chain in chains(payments, longest):
        span = chain[-1].time - chain[0].time
        nodes = [p.src for p in chain]
        if (window is not None and span > window) or (through is not None and through not in nodes):
            continue
        if tolerance is not None and not all(follows(p, q, tolerance) for p, q in pairwise(chain)):
            continue
        names = tuple(p.id for p in chain)
        # Where the hop into the start is followed as well, any start would do: the least node.
        forced = tolerance is not None and not follows(chain[-1], chain[0], tolerance)
        this = (not forced, nodes[0], names)
        key = frozenset(names)
        found[key] = min(found.get(key, this), this)
    return {names for _, _, names in found.values()}


def follows(before: Payment, after: Payment, tolerance: Fraction) -> bool:
    """Whether an amount is that of the payment before it, less or more by a part at most."""
    least, most = ((1 + way * tolerance) * before.amount for way in (-1, 1))
    return before.currency == after.currency and least <= after.amount <= most


def untimed(payments: list[Payment], longest: int) -> set[tuple[str, ...]]:
    """Cycles of nodes whatever the times, from the least node, by networkx."""
    graph = nx.DiGraph((p.src, p.dst) for p in payments if p.src != p.dst)
    cycles = nx.simple_cycles(graph, length_bound=longest)
    return {tuple(c[c.index(min(c)) :] + c[: c.index(min(c))]) for c in cycles}


def within(payments: list[Payment], nodes: tuple[str, ...], window: float) -> list[str] | None:
    """Payments of each hop in the earliest window that has one of every hop."""
    hops = [
        sorted((p for p in payments if p.src == a and p.dst == b), key=lambda p: (p.time, p.id))
        for a, b in zip(nodes, (*nodes[1:], nodes[0]), strict=True)
    ]
    for start in sorted({p.time for hop in hops for p in hop}):
        kept = [[p.id for p in hop if start <= p.time <= start + window] for hop in hops]
        if all(kept):
            return [name for hop in kept for name in hop]
    return None
