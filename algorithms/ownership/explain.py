"""What an integrated share stands on: the holdings on the walks from the owner to the owned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from algorithms.ownership.dominators import immediate_dominators
from algorithms.ownership.register import components, walk

if TYPE_CHECKING:
    from algorithms.ownership.holdings import Holdings

SHOWN: Final = 20
SMALL: Final = 8192  # holdings up to which the walks to every subject are kept, as sets of bits

Item = tuple[int, int, int]  # tail, head (away from the root), row
Step = Callable[[int], Iterable[int]]


class Evidence:
    """Facts of the pairs that a root makes with all that it reaches, down or up.

    The strongest path first, in order from the owner; then every other holding on a walk from
    owner to owned that does not pass the owner again, the larger share first.
    """

    def __init__(
        self, part: Holdings, root: int, *, down: bool, fact: Callable[[int], str]
    ) -> None:
        register = part.register
        self._part, self._root, self.down, self._fact = part, root, down, cache(fact)
        self.small = len(part.rows) <= SMALL
        if down:
            self._step: Step = lambda u: [v for v in register.owned[u] if v != root]
            self._strongest = Strongest(root, self._step, register.share)
        else:
            self._step = register.owners.__getitem__
            self._strongest = Strongest(root, self._step, lambda v, u: register.share(u, v))

    @cached_property
    def _known(self) -> list[Item]:
        """Holdings that the root reaches, away from the root, in order of showing."""
        register, best = self._part.register, self._strongest.best
        edges = sorted(
            (-register.share(u, v), u, v)
            for u, v in self._part.rows
            if (u in best and v != self._root if self.down else v in best)
        )
        return self._items(((u, v) for _, u, v in edges), self._part.rows)

    @cached_property
    def _walks(self) -> Walks:
        return Walks(self._known)

    @cached_property
    def _absent(self) -> tuple[Walks, int]:
        """Walks that may take holdings without a share; these are the first, so many."""
        part, root, down = self._part, self._root, self.down
        lacking = sorted(e for e in part.absent if not (down and e[1] == root))
        items = self._items(lacking, part.absent)
        count = len(items)
        items += self._items((e for e in part.rows if not (down and e[1] == root)), part.rows)
        heads: dict[int, list[int]] = {}
        for tail, head, _ in items:
            heads.setdefault(tail, []).append(head)
        reached = set(walk((root,), lambda u: heads.get(u, ())))
        count = sum(item[0] in reached for item in items[:count])
        return Walks([item for item in items if item[0] in reached]), count

    @cached_property
    def _behind(self) -> dict[int, int]:
        """By owner, upwards: the holdings that lead to the root through this owner alone."""
        above = immediate_dominators(self._root, self._step)
        into: dict[int, int] = {}
        for e, (v, _, _) in enumerate(self._known):
            into[v] = into.get(v, 0) | 1 << e
        bits = {v: into.get(v, 0) for v in self._strongest.best}
        for v in reversed(above):
            bits[above[v]] |= bits[v]
        return bits

    def _items(
        self, edges: Iterable[tuple[int, int]], rows: dict[tuple[int, int], list[int]]
    ) -> list[Item]:
        """Parallel holdings by their ids."""
        items: list[Item] = []
        for u, v in edges:
            found = rows[u, v]
            ends = (u, v) if self.down else (v, u)
            items += [(*ends, r) for r in (sorted(found, key=self._fact) if found[1:] else found)]
        return items

    def of(self, node: int) -> tuple[list[str], int | None]:
        """Up to 20 facts of the pair with `node`, and how many there are; None where uncounted.

        In large parts they are those of the strongest path alone.
        """
        path = self.path(node)
        if not self.small:
            return [self._fact(row) for row in path[:SHOWN]], None
        # Upwards, a walk must not come back to the owner: what leads on only through it is out.
        returns = not self.down and self._walks.loops(node)
        rest, count = self._walks.to(node, set(path), without=self._behind[node] if returns else 0)
        return [self._fact(row) for row in (path + rest)[:SHOWN]], count

    def path(self, node: int) -> list[int]:
        """Rows of the strongest path, from the owner on."""
        steps = self._strongest.path(node)
        if not self.down:
            steps = [(u, v) for v, u in reversed(steps)]
        rows = self._part.rows
        return [row for edge in steps for row in sorted(rows[edge], key=self._fact)]

    def between(self, owner: int) -> tuple[list[str], int]:
        """Facts of one pair, root the owned, by a walk of its own that never passes the owner."""
        register = self._part.register
        above = set(walk((self._root,), lambda v: (u for u in register.owners[v] if u != owner)))
        below = set(walk((owner,), lambda u: (v for v in register.owned[u] if v in above)))
        path = self.path(owner)
        known = set(path)
        edges = sorted(
            (-register.share(u, v), u, v) for u, v in self._part.rows if u in below and v in above
        )
        rows = [row for _, _, row in self._items(((u, v) for _, u, v in edges), self._part.rows)]
        rest = [row for row in rows if row not in known]
        return [self._fact(row) for row in (path + rest)[:SHOWN]], len(rows)

    def left_out(self, node: int) -> list[str]:
        """Up to 20 holdings without a share on walks of the pair: its value may be higher."""
        if not self.small or not self._part.absent:
            return []
        walks, count = self._absent
        rows, _ = walks.to(node, within=(1 << count) - 1)
        return [self._fact(row) for row in rows]


class Strongest:
    """The strongest path from a root to every node: the one whose shares multiply to most."""

    def __init__(
        self, root: int, step: Callable[[int], Iterable[int]], share: Callable[[int, int], float]
    ) -> None:
        self.best = {root: 1.0}
        self._before: dict[int, int] = {}
        done: set[int] = set()
        heap = [(-1.0, root)]
        while heap:
            strength, u = heappop(heap)
            if u in done:
                continue
            done.add(u)
            for v in step(u):
                through = -strength * share(u, v)
                if v not in done and through > self.best.get(v, -1.0):
                    self.best[v] = through
                    self._before[v] = u
                    heappush(heap, (-through, v))

    def path(self, v: int) -> list[tuple[int, int]]:
        """The steps from the root to v, in order."""
        steps = []
        while v in self._before:
            steps.append((self._before[v], v))
            v = self._before[v]
        return steps[::-1]


class Walks:
    """For each node, the holdings on walks that end there, out of a list in order of showing.

    Every tail must be reached from the root. Bit e of a node's set stands for items[e].
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        heads: dict[int, list[int]] = {}
        into: dict[int, list[int]] = {}
        for e, (tail, head, _) in enumerate(items):
            heads.setdefault(tail, []).append(head)
            heads.setdefault(head, [])
            into.setdefault(head, []).append(e)
        self._bits: dict[int, int] = {}
        self._loops: set[int] = set()
        for part in reversed(components(heads, heads.__getitem__)):
            bits = 0
            for v in part:
                for e in into.get(v, ()):
                    bits |= 1 << e | self._bits.get(items[e][0], 0)
            self._bits.update(dict.fromkeys(part, bits))
            if len(part) > 1 or part[0] in heads[part[0]]:
                self._loops.update(part)

    def loops(self, node: int) -> bool:
        """Whether walks may come back to this node."""
        return node in self._loops

    def to(
        self, node: int, skip: Iterable[int] = (), *, within: int = -1, without: int = 0
    ) -> tuple[list[int], int]:
        """Up to 20 rows on walks to `node`, those in `skip` left out, and how many all are.

        Items outside the set `within`, and those in the set `without`, do not count.
        """
        bits = self._bits.get(node, 0) & within & ~without
        count = bits.bit_count()
        known = set(skip)
        shown: list[int] = []
        while bits and len(shown) < SHOWN:
            low = bits & -bits
            bits ^= low
            row = self._items[low.bit_length() - 1][2]
            if row not in known:
                shown.append(row)
        return shown, count
