"""Fans and layers of payments, counted out one window after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise, product
from typing import NamedTuple

import networkx as nx


class Pay(NamedTuple):
    """One payment: its name, ends and time (days)."""

    id: str
    src: str
    dst: str
    time: float


Row = tuple[str, tuple[str, ...], frozenset[str], float, float]  # pattern, core, facts, episode


def episodes(
    windows: Iterable[tuple[float, int]], w: float
) -> Iterator[tuple[float, float, float]]:
    """(first, last, fullest) begins of episodes of windows (begin, size), ascending."""
    run: list[tuple[float, int]] = []
    for begin, size in [*windows, (float("inf"), 0)]:
        if run and begin > run[-1][0] + w:
            fullest = max(run, key=lambda window: (window[1], -window[0]))
            yield run[0][0], run[-1][0], fullest[0]
            run = []
        run.append((begin, size))


def fans(pays: list[Pay], w: float, size: int, *, inward: bool) -> Iterator[Row]:
    """Fans in or out; the core is the centre and its counterparts, sorted."""
    for centre in sorted({p.dst if inward else p.src for p in pays}):
        mine = [p for p in pays if (p.dst if inward else p.src) == centre and p.src != p.dst]

        def held(begin: float, mine: list[Pay] = mine) -> list[Pay]:
            return [p for p in mine if begin <= p.time <= begin + w]

        def others(some: list[Pay]) -> set[str]:
            return {p.src if inward else p.dst for p in some}

        begins = sorted({p.time for p in mine})
        counted = [(b, n) for b in begins if (n := len(others(held(b)))) >= size]
        for first, last, best in episodes(counted, w):
            core = (centre, *sorted(others(held(best))))
            facts = frozenset(p.id for p in held(best))
            yield "fan_in" if inward else "fan_out", core, facts, first, last


def legs(pays: list[Pay], a: str, m: str, b: str) -> set[tuple[float, float]]:
    """Times of a payment to the middle account and of the next one from it, none in between."""
    there = {p.time for p in pays if (p.src, p.dst) == (a, m)}
    on = {p.time for p in pays if (p.src, p.dst) == (m, b)}
    return {
        (s, t)
        for s, t in product(there, on)
        if s <= t and not any(s < x <= t for x in there) and not any(s <= y < t for y in on)
    }


def scatter_gathers(pays: list[Pay], w: float, size: int) -> Iterator[Row]:
    """Source, middle accounts and sink."""
    nodes = sorted({end for p in pays for end in (p.src, p.dst)})
    for a, b in product(nodes, nodes):
        if a == b:
            continue
        over = {m: legs(pays, a, m, b) for m in nodes if m not in (a, b)}
        over = {m: {(s, t) for s, t in found if t - s <= w} for m, found in over.items()}

        def middle(begin: float, over: dict[str, set[tuple[float, float]]] = over) -> set[str]:
            return {
                m for m, found in over.items()
                if any(begin <= s and t <= begin + w for s, t in found)
            }  # fmt: skip

        begins = sorted({s for found in over.values() for s, _ in found})
        counted = [(s, n) for s in begins if (n := len(middle(s))) >= size]
        for first, last, best in episodes(counted, w):
            some = [p for p in pays if best <= p.time <= best + w]
            facts = {
                name
                for p, q in product(some, some)
                if (p.src, q.dst) == (a, b) and p.dst == q.src and p.time <= q.time
                and p.dst not in (a, b)
                for name in (p.id, q.id)
            }  # fmt: skip
            core = (a, *sorted(middle(best)), b)
            yield "scatter_gather", core, frozenset(facts), first, last


def gather_scatters(pays: list[Pay], w: float, size: int) -> Iterator[Row]:
    """The account, then everybody who pays it or is paid by it, sorted."""
    for centre in sorted({p.src for p in pays}):
        into = [p for p in pays if p.dst == centre and p.src != centre]
        out = [p for p in pays if p.src == centre and p.dst != centre]

        def both(
            pivot: float, into: list[Pay] = into, out: list[Pay] = out
        ) -> tuple[list[Pay], list[Pay]]:
            return (
                [p for p in into if pivot - w <= p.time <= pivot],
                [p for p in out if pivot <= p.time <= pivot + w],
            )

        def count(pivot: float) -> int:
            gathered, scattered = both(pivot)
            return min(len({p.src for p in gathered}), len({p.dst for p in scattered}))

        counted = [(t, n) for t in sorted({p.time for p in out}) if (n := count(t)) >= size]
        for first, last, best in episodes(counted, w):
            gathered, scattered = both(best)
            others = {p.src for p in gathered} | {p.dst for p in scattered}
            facts = frozenset(p.id for p in gathered + scattered)
            yield "gather_scatter", (centre, *sorted(others)), facts, first, last


def _in_window(p: Pay, of: Iterable[Pay], w: float, size: int, *, inward: bool) -> bool:
    """Whether a payment lies in a window of its receiver (or payer) with enough counterparts."""
    mine = [q for q in of if (q.dst == p.dst if inward else q.src == p.src)]
    for start in {q.time for q in mine}:
        if start <= p.time <= start + w:
            others = {q.src if inward else q.dst for q in mine if start <= q.time <= start + w}
            if len(others) >= size:
                return True
    return False


def _hubs(pays: list[Pay], w: float, most: int) -> set[tuple[str, str]]:
    return {
        (way, p.dst if inward else p.src)
        for way, inward in (("in", True), ("out", False))
        for p in pays
        if _in_window(p, pays, w, most + 1, inward=inward)
    }


def habit(p: Pay, pays: list[Pay]) -> bool:
    """Whether its two pay that way in three months or more, a gap of over 20 days between."""
    times = sorted(q.time for q in pays if (q.src, q.dst) == (p.src, p.dst))
    return sum(after - before > 20 for before, after in pairwise(times)) >= 2


def layers(
    pays: list[Pay], w: float, size: int, most: int, *, two: bool, habits: bool = False
) -> Iterator[tuple[str, tuple[str, ...], frozenset[str]]]:
    """Bipartite sets or stacks: pattern, accounts (sorted) and facts."""
    pays = [p for p in pays if p.src != p.dst]
    hubs = _hubs(pays, w, most)
    one = [p for p in pays if ("out", p.src) not in hubs and ("in", p.dst) not in hubs]
    one = [p for p in one if habits or not habit(p, pays)]
    both = [list(one), list(one)] if two else [list(one)]
    while True:
        kept = [
            [
                p for p in layer
                if _in_window(p, layer, w, size, inward=True)
                and _in_window(p, layer, w, size, inward=False)
                and (not two or _goes_on(p, both, k, w, size))
            ]
            for k, layer in enumerate(both)
        ]  # fmt: skip
        if kept == both:
            break
        both = kept
    graph = nx.Graph()
    graph.add_nodes_from(p for layer in both for p in layer)
    for layer in both:
        for p, q in product(layer, layer):
            if (p.src == q.src or p.dst == q.dst) and abs(p.time - q.time) <= w:
                graph.add_edge(p, q)
    if two:
        for p, q in product(*both):
            if p.dst == q.src and 0 <= q.time - p.time <= w:
                graph.add_edge(p, q)
    for part in nx.connected_components(graph):
        accounts = tuple(sorted({end for p in part for end in (p.src, p.dst)}))
        facts = frozenset(p.id for p in part)
        yield "stack" if two else "bipartite", accounts, facts


def _goes_on(p: Pay, both: list[list[Pay]], layer: int, w: float, size: int) -> bool:
    if layer == 0:
        after = {q.dst for q in both[1] if q.src == p.dst and p.time <= q.time <= p.time + w}
        return len(after) >= size
    before = {q.src for q in both[0] if q.dst == p.src and p.time - w <= q.time <= p.time}
    return len(before) >= size
