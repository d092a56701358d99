"""Which nodes every walk from a root must pass: dominators."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def immediate_dominators(root: int, step: Callable[[int], Iterable[int]]) -> dict[int, int]:
    """For each node that `step` leads to from the root, its last unavoidable predecessor.

    In reverse postorder: a node comes after its dominator; the root is left out. Cooper, Harvey
    and Kennedy 2001, "A simple, fast dominance algorithm": a few passes over the edges.
    """
    order = _reverse_postorder(root, step)
    place = {v: i for i, v in enumerate(order)}
    before: list[list[int]] = [[] for _ in order]
    for u in order:
        for v in step(u):
            before[place[v]].append(place[u])
    above = [0] + [-1] * (len(order) - 1)  # by place; -1: not known yet
    changed = True
    while changed:
        changed = False
        for v in range(1, len(order)):
            new = -1
            for u in before[v]:
                if above[u] >= 0:
                    new = u if new < 0 else _meet(above, u, new)
            if above[v] != new:
                above[v] = new
                changed = True
    return {order[v]: order[above[v]] for v in range(1, len(order))}


def _meet(above: list[int], a: int, b: int) -> int:
    while a != b:
        while a > b:
            a = above[a]
        while b > a:
            b = above[b]
    return a


def _reverse_postorder(root: int, step: Callable[[int], Iterable[int]]) -> list[int]:
    seen = {root}
    done: list[int] = []
    work = [(root, iter(step(root)))]
    while work:
        u, rest = work[-1]
        for v in rest:
            if v not in seen:
                seen.add(v)
                work.append((v, iter(step(v))))
                break
        else:
            work.pop()
            done.append(u)
    return done[::-1]
