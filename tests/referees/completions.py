"""All extreme registers that unknown shares allow: rational arithmetic, no code of the project.

A range is `(owner, owned, low, high)`. The shares of one company range over a box cut by 'they sum
to at most 1'; its corners are enumerated, and every combination of corners of all companies.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations, product

Range = tuple[str, str, Fraction, Fraction]
Register = dict[tuple[str, str], Fraction]


def corners(ranges: list[Range]) -> list[list[Fraction]]:
    """The corners of what the holdings of one company may be, each in the order of the ranges:
    some at their upper bound, at most one between because the sum is 1, the rest at their lower."""
    base = [low for _, _, low, _ in ranges]
    loose = [i for i, (_, _, low, high) in enumerate(ranges) if low < high]
    found = {tuple(base)}
    for order in permutations(loose):
        shares = list(base)
        for i in order:
            shares[i] += min(ranges[i][3] - shares[i], 1 - sum(shares))
            found.add(tuple(shares))
    return [list(shares) for shares in sorted(found)]


def extreme(ranges: list[Range]) -> Iterator[Register]:
    """Every register in which each company is at a corner."""
    companies = sorted({v for _, v, _, _ in ranges})
    held = [[r for r in ranges if r[1] == v] for v in companies]
    for chosen in product(*(corners(each) for each in held)):
        yield _register(held, chosen)


def grid(ranges: list[Range], parts: int) -> Iterator[Register]:
    """Every register in which each share is at a step between its bounds, sums past 1 left out."""
    companies = sorted({v for _, v, _, _ in ranges})
    held = [[r for r in ranges if r[1] == v] for v in companies]
    steps = []
    for each in held:
        values = [
            [low] if low == high else [low + (high - low) * i / parts for i in range(parts + 1)]
            for _, _, low, high in each
        ]
        steps.append([list(shares) for shares in product(*values) if sum(shares) <= 1])
    for chosen in product(*steps):
        yield _register(held, chosen)


def _register(held: list[list[Range]], chosen: tuple[list[Fraction], ...]) -> Register:
    register: Register = {}
    for each, shares in zip(held, chosen, strict=True):
        for (u, v, _, _), share in zip(each, shares, strict=True):
            register[u, v] = register.get((u, v), Fraction(0)) + share
    return register
