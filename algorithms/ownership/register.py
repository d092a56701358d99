"""A part of the share register with its subjects numbered 0..n-1, and its walks.

All maths of ownership runs on a `Register`; where it came from is no matter here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from graph.model import SHARE_UNIT

TOLERANCE: Final = SHARE_UNIT // 10**9  # a register may sum past 1 by rounding, up to 1e-9


@dataclass(slots=True)
class Register:
    """Who holds how much of whom, in units of 1e-15, parallel holdings summed.

    `owners[v]` maps an owner u in this part to its units of v (> 0). `total[v]` sums every known
    holding of v, also of owners outside the part, so `total[v] >= sum(owners[v].values())`.
    """

    owners: list[dict[int, int]]
    total: list[int]
    owned: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.owned = [[] for _ in self.owners]
        for v, holders in enumerate(self.owners):
            for u in holders:
                self.owned[u].append(v)

    def over(self, v: int) -> bool:
        """Whether the holdings of v sum past 1 + 1e-9: shares derived from it mean nothing."""
        return self.total[v] > SHARE_UNIT + TOLERANCE

    def scale(self, v: int) -> int:
        """The units that make the whole of v: 1e15, or the sum where rounding brought it past."""
        return max(self.total[v], SHARE_UNIT)

    def share(self, u: int, v: int) -> float:
        """The fraction of v that u holds directly."""
        return self.owners[v].get(u, 0) / self.scale(v)

    def reached(self, s: int) -> list[int]:
        """What s owns, directly or through others, s itself left out."""
        return walk((s,), lambda u: [v for v in self.owned[u] if v != s])[1:]


def walk(starts: Iterable[int], step: Callable[[int], Iterable[int]]) -> list[int]:
    """Every node that `step` leads to from the starts, the starts first."""
    order = list(dict.fromkeys(starts))
    seen = set(order)
    for u in order:
        for v in step(u):
            if v not in seen:
                seen.add(v)
                order.append(v)
    return order


def components(nodes: Iterable[int], step: Callable[[int], Iterable[int]]) -> list[list[int]]:
    """Strongly connected components of the graph that `step` spans on `nodes`.

    `step` must not lead out of `nodes`. Each component comes before every one that leads to it
    (sinks first), its members ascending. Tarjan's algorithm without recursion, O(n + edges).
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    held: set[int] = set()
    found: list[list[int]] = []
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(step(root)))]
        index[root] = low[root] = len(index)
        stack.append(root)
        held.add(root)
        while work:
            u, rest = work[-1]
            for v in rest:
                if v not in index:
                    index[v] = low[v] = len(index)
                    stack.append(v)
                    held.add(v)
                    work.append((v, iter(step(v))))
                    break
                if v in held:
                    low[u] = min(low[u], index[v])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[u])
                if low[u] == index[u]:
                    found.append(_close(u, stack, held))
    return found


def _close(root: int, stack: list[int], held: set[int]) -> list[int]:
    members = []
    while True:
        u = stack.pop()
        held.discard(u)
        members.append(u)
        if u == root:
            return sorted(members)
