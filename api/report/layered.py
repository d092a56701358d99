"""Layers for pictures of holdings: who holds stands above what is held, with few crossings.

After Sugiyama, Tagawa and Toda (1981): layers by longest path, long lines through places in the
layers between, order by barycentres; places by isotonic regression, which for a given order is the
closest to where the neighbours are (pool adjacent violators).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

Pair = tuple[str, str]
_SWEEPS: Final = 12
_HEAVY: Final = 12.0


class Layers(NamedTuple):
    """`rows` from top to bottom; `bends` of a line that crosses layers; `closing` closes a loop."""

    rows: list[list[str]]
    x: dict[str, float]
    bends: dict[Pair, list[str]]
    closing: list[Pair]


def arrange(
    pairs: Sequence[Pair], half: Mapping[str, float], gap: float = 26.0, *, hang: bool = False
) -> Layers:
    """Places for the ends of (upper, lower) pairs; `half` has half the width of each end.

    Each stands as low as it can, or, where they `hang`, as high. A line that would close a loop
    is named, and not arranged by. O(sweeps * places).
    """
    straight, closing = _loops(pairs)
    level = _levels(list(half), straight)
    top = max(level.values(), default=0)
    if hang:
        depth = _levels(list(half), [(lower, upper) for upper, lower in straight])
        level = {name: top - down for name, down in depth.items()}
    rows: list[list[str]] = [[] for _ in range(top + 1)]
    for name in half:
        rows[top - level[name]].append(name)
    widths = dict(half)
    bends: dict[Pair, list[str]] = {}
    links: list[Pair] = []
    for upper, lower in straight:
        chain = [upper]
        for between in range(level[upper] - 1, level[lower], -1):
            place = f"\0{upper}\0{lower}\0{between}"
            widths[place] = 8.0
            rows[top - between].append(place)
            chain.append(place)
        bends[upper, lower] = chain[1:]
        links += zip(chain, [*chain[1:], lower], strict=True)
    above, below = _neighbours(links)
    _order(rows, above, below)
    return Layers(rows, _places(rows, above, below, widths, gap), bends, closing)


def _loops(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Pairs in two: those that hang from one another, those that close a loop."""
    below: dict[str, list[str]] = {}
    for upper, lower in dict.fromkeys(pairs):
        below.setdefault(upper, []).append(lower)
    closing: set[Pair] = {pair for pair in pairs if pair[0] == pair[1]}
    done: set[str] = set()
    for root in below:
        path: dict[str, int] = {}
        stack = [(root, 0)]
        while stack:
            name, at = stack.pop()
            if at == 0:
                if name in done:
                    continue
                path[name] = 1
            under = below.get(name, [])
            if at < len(under):
                stack.append((name, at + 1))
                if under[at] in path:
                    closing.add((name, under[at]))
                elif under[at] not in done:
                    stack.append((under[at], 0))
            else:
                path.pop(name, None)
                done.add(name)
    unique = list(dict.fromkeys(pairs))
    return [p for p in unique if p not in closing], [p for p in unique if p in closing]


def _levels(names: Sequence[str], pairs: Sequence[Pair]) -> dict[str, int]:
    """The longest way down from each."""
    above, below = _neighbours(pairs)
    level = dict.fromkeys(names, 0)
    waiting = {name: len(below.get(name, ())) for name in names}
    ready = [name for name in names if not waiting[name]]
    while ready:
        name = ready.pop()
        for upper in above.get(name, ()):
            level[upper] = max(level[upper], level[name] + 1)
            waiting[upper] -= 1
            if not waiting[upper]:
                ready.append(upper)
    return level


def _neighbours(links: Sequence[Pair]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for upper, lower in links:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    return above, below


def _order(
    rows: list[list[str]], above: Mapping[str, list[str]], below: Mapping[str, list[str]]
) -> None:
    """Order each row by the middle of its neighbours' places, downwards and upwards in turn.

    The order with the fewest crossings of all that were met is kept.
    """
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        near = above if down else below
        for row in rows if down else reversed(rows):
            at = {n: (i + 0.5) / len(other) for other in rows for i, n in enumerate(other)}
            middle = {
                name: sum(at[n] for n in around) / len(around)
                for name in row
                for around in (near.get(name) or [name],)
            }
            row.sort(key=lambda name, m=middle, a=at: (m[name], a[name]))  # type: ignore[misc]
        if (count := _crossings(rows, below)) < fewest:
            best, fewest = [list(row) for row in rows], count
    rows[:] = best


def _crossings(rows: list[list[str]], below: Mapping[str, list[str]]) -> int:
    """How many pairs of lines cross; O(lines squared) in a layer, and pictures are small."""
    crossings = 0
    for upper, lower in pairwise(rows):
        at = {name: i for i, name in enumerate(lower)}
        ends = [[at[n] for n in below.get(name, ())] for name in upper]
        seen: list[int] = []
        for mine in ends:
            crossings += sum(other > end for end in mine for other in seen)
            seen += mine
    return crossings


def _places(
    rows: list[list[str]],
    above: Mapping[str, list[str]],
    below: Mapping[str, list[str]],
    half: Mapping[str, float],
    gap: float,
) -> dict[str, float]:
    x: dict[str, float] = {}
    for row in rows:
        left = 0.0
        for name in row:
            x[name] = left + half[name]
            left += 2 * half[name] + gap
        for name in row:
            x[name] -= left / 2
    for sweep in range(2 * _SWEEPS):
        near = (above, below) if sweep % 2 == 0 else (below, above)
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted, weight = [], []
            for name in row:
                forth = near[0] if near[0].get(name) else near[1]
                around = forth.get(name) or [name]
                # What goes on counts for more than what ends there: chains become straight.
                heavy = [_HEAVY if forth.get(n) else 1.0 for n in around]
                total = sum(x[n] * w for n, w in zip(around, heavy, strict=True))
                wanted.append(total / sum(heavy))
                weight.append(_HEAVY if near[0].get(name) and near[1].get(name) else 1.0)
            places = spread(wanted, [half[n] for n in row], gap, weight)
            x.update(zip(row, places, strict=True))
    return x


def spread(
    wanted: Sequence[float], half: Sequence[float], gap: float, weight: Sequence[float]
) -> list[float]:
    """Places in this order, as close to the wanted ones as widths and gap allow.

    Closest in weighted least squares; O(n).
    """
    offset, at = [], 0.0
    for i, width in enumerate(half):
        at += (half[i - 1] + width + gap) if i else 0.0
        offset.append(at)
    pools: list[tuple[float, float, int]] = []  # mean, weight, size
    for place, off, heavy in zip(wanted, offset, weight, strict=True):
        mean, total, size = place - off, heavy, 1
        while pools and pools[-1][0] > mean:
            before, other, count = pools.pop()
            mean = (before * other + mean * total) / (other + total)
            total, size = other + total, count + size
        pools.append((mean, total, size))
    flat = [mean for mean, _, size in pools for _ in range(size)]
    return [place + off for place, off in zip(flat, offset, strict=True)]
