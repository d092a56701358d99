"""Brute-force referees of ownership and control: rational arithmetic, no code of the project.

A register here is `{(owner, owned): share}` with shares as Fractions; names are anything hashable.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from fractions import Fraction
from typing import Any

Node = Hashable
Register = Mapping[tuple[Any, Any], Fraction]


def sums(register: Register) -> dict[Node, Fraction]:
    """What the holdings of each company add up to."""
    total: dict[Node, Fraction] = {}
    for (_, owned), share in register.items():
        total[owned] = total.get(owned, Fraction(0)) + share
    return total


def reach(register: Register, start: Node) -> set[Node]:
    """Everything that a walk of holdings > 0 from `start` comes to, never through `start`."""
    found: set[Node] = {start}
    grew = True
    while grew:
        new = {v for (u, v), w in register.items() if w > 0 and u in found} - found
        grew = bool(new)
        found |= new
    return found - {start}


def integrated(register: Register, owner: Node) -> dict[Node, Fraction | None]:
    """Integrated shares of one owner, its incoming holdings removed, by exact elimination.

    None where the value depends on a company whose register sums past 1 + 1e-9.
    """
    kept = {(u, v): w for (u, v), w in register.items() if v != owner and w > 0}
    nodes = sorted(reach(kept, owner), key=str)
    limit = 1 + Fraction(1, 10**9)
    invalid = {v for v, total in sums(register).items() if total > limit and v in nodes}
    for v in list(invalid):
        invalid |= reach(kept, v)
    solved = [v for v in nodes if v not in invalid]
    matrix = [
        [Fraction(int(i == j)) - kept.get((u, v), Fraction(0)) for j, u in enumerate(solved)]
        + [kept.get((owner, v), Fraction(0))]
        for i, v in enumerate(solved)
    ]
    answer = dict(zip(solved, eliminate(matrix), strict=True))
    return {v: answer.get(v) for v in nodes}


def eliminate(matrix: list[list[Fraction]]) -> list[Fraction]:
    """Solve [A | b] by Gauss-Jordan in rationals."""
    n = len(matrix)
    for k in range(n):
        pivot = next(i for i in range(k, n) if matrix[i][k] != 0)
        matrix[k], matrix[pivot] = matrix[pivot], matrix[k]
        matrix[k] = [x / matrix[k][k] for x in matrix[k]]
        for i in range(n):
            if i != k and (factor := matrix[i][k]) != 0:
                matrix[i] = [x - factor * y for x, y in zip(matrix[i], matrix[k], strict=True)]
    return [row[n] for row in matrix]


def path_sum(register: Register, owner: Node, rounds: int) -> dict[Node, float]:
    """The same by summing walks of up to `rounds` steps: converges from below."""
    kept = {(u, v): float(w) for (u, v), w in register.items() if v != owner and w > 0}
    total: dict[Node, float] = {}
    level: dict[Node, float] = {owner: 1.0}
    for _ in range(rounds):
        following: dict[Node, float] = {}
        for (u, v), w in kept.items():
            if u in level:
                following[v] = following.get(v, 0.0) + level[u] * w
        level = following
        for v, x in level.items():
            total[v] = total.get(v, 0.0) + x
    return total


def controlled(register: Register, controller: Node) -> dict[Node, Fraction]:
    """Companies that `controller` controls -> the votes it commands in them.

    The least fixpoint of: it and the companies it controls hold over half of the votes.
    """
    found: set[Node] = set()
    while True:
        group = found | {controller}
        votes: dict[Node, Fraction] = {}
        for (u, v), w in register.items():
            if u in group and v != controller:
                votes[v] = votes.get(v, Fraction(0)) + w
        new = {y for y, total in votes.items() if total > Fraction(1, 2)}
        if new == found:
            return {y: votes[y] for y in found}
        found = new
