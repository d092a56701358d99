"""From a question about close links to its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from msgspec import UNSET
from msgspec.structs import replace

from algorithms.ownership import exact
from algorithms.ownership.accumulated import Accumulation, N, Sums
from algorithms.ownership.close_links import CloseLink, CloseLinksParams
from algorithms.ownership.explain import Strongest
from algorithms.ownership.holdings import Holdings, Reader, load
from algorithms.ownership.linear import Clock, gathered
from algorithms.ownership.register import walk
from algorithms.registry import FACTS_LIMIT, Result, Truncated, evidence
from graph.model import SHARE_UNIT
from graph.times import day_end, today

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_RATIONAL: Final = 2000  # subjects of a part up to which doubts are decided in rationals
Basis = Literal["owns", "owned", "common"]
_SWAPPED: Final[dict[str, Basis]] = {"owns": "owned", "owned": "owns", "common": "common"}


def answer(snapshot: Snapshot, params: CloseLinksParams) -> Result[CloseLink]:
    """See `close_links`."""
    question = _Question(snapshot, params)
    rows, limit = gathered(question.rows(), params.max_rows)
    return question.result(rows, limit, params.max_rows if limit == "max_rows" else None)


class _Question:
    def __init__(self, snapshot: Snapshot, params: CloseLinksParams) -> None:
        self.snapshot = snapshot
        self.params = params
        self.threshold = Fraction(str(params.threshold))
        self.reader = Reader(snapshot, day_end(params.as_of or today()))
        self.clock = Clock(params.time_limit)
        self.explored = 0
        self.limit: str | None = None
        self.absent: set[str] = set()
        self.fact = cache(snapshot.fact_id)

    def rows(self) -> Iterator[CloseLink]:
        """Rows in the order of the answer."""
        one, other = self.params.subject, self.params.target
        if one is None and other is None:
            for owner in self.reader.owners():
                yield from self._everybody(owner)
        elif one is None:
            assert other is not None
            for row in self._about(self.snapshot.resolve(other)):
                yield replace(row, a=row.b, b=row.a, basis=_SWAPPED[row.basis])
        else:
            party = self.snapshot.resolve(one)
            wanted = (
                None if other is None else self.snapshot.canonical(self.snapshot.resolve(other))
            )
            for row in self._about(party):
                if wanted is None or row.b == wanted:
                    yield row

    def _everybody(self, owner: int) -> Iterator[CloseLink]:
        below = _Around(self, owner, down=True)
        linked = below.linked()
        yield from (below.owns(v) for v in linked)
        if not self.snapshot.state_organ(owner):
            yield from (below.common(*pair) for pair in combinations(sorted(linked), 2))

    def _about(self, party: int) -> Iterator[CloseLink]:
        below = _Around(self, party, down=True)
        yield from (below.owns(v) for v in below.linked())
        above = _Around(self, party, down=False)
        owners = above.linked()
        for u in owners:
            yield above.owned(u)
        for u in sorted(owners):
            if self.snapshot.state_organ(above.nodes[u]):
                continue
            third = _Around(self, above.nodes[u], down=True)
            place = third.part.place[party]
            linked = third.linked()
            if place in linked:  # a bound may have cut the way back
                yield from (third.common(place, v) for v in linked if v != place)

    def result(
        self, rows: list[CloseLink], limit: str | None, size: int | None
    ) -> Result[CloseLink]:
        """The answer, saying which bound cut it and what was left out."""
        notes = []
        if self.absent:
            some = ", ".join(sorted(self.absent)[:FACTS_LIMIT])
            notes.append(f"{len(self.absent)} holdings without a share were left out: {some}")
        if limit is None and self.limit is not None:
            limit, size = self.limit, getattr(self.params, self.limit)
        cut = None if limit is None else Truncated(reason=limit, explored=self.explored, limit=size)
        return Result(results=rows, truncated=cut, notes=notes)


class _Around:
    """Accumulated ownership of one party in all below it (`down`), or in it of all above."""

    def __init__(self, question: _Question, start: int, *, down: bool) -> None:
        question.clock.check()
        self._question, self._down = question, down
        reader, params = question.reader, question.params
        reach = reader.reach(start, down=down, max_depth=None, max_nodes=params.max_nodes)
        self.part: Holdings = load(reader, reach.subjects, "economic")
        self.nodes = {i: node for node, i in self.part.place.items()}
        self._start = self.part.place[start]
        self._cut = reach.limit is not None
        self._sums = self._summed(self._share, 1.0)
        self._known: dict[tuple[int, int], list[int]] = {}
        question.explored += reach.explored
        question.limit = (
            question.limit or reach.limit or ("max_paths" if self._sums.least else None)
        )
        for rows in self.part.absent.values():
            question.absent.update(map(question.fact, rows))

    def linked(self) -> list[int]:
        """Those with at least the threshold, the largest share first."""
        value = self._sums.value
        return sorted(filter(self._enough, value), key=lambda v: (-value[v], v))

    def _enough(self, v: int) -> bool:
        threshold = self._question.threshold
        return exact.meets(self._sums.value[v], threshold, lambda: self._exact.get(v))

    def owns(self, v: int) -> CloseLink:
        """The party owns v."""
        return self._row(self._start, v, v, "owns", self._rows(self._start, v))

    def owned(self, u: int) -> CloseLink:
        """The party is owned by u."""
        return self._row(self._start, u, u, "owned", self._rows(u, self._start))

    def common(self, a: int, b: int) -> CloseLink:
        """The party owns both."""
        value, least = self._sums.value, self._sums.least
        smaller = a if (value[a], a not in least) <= (value[b], b not in least) else b
        rows = self._rows(self._start, a) + self._rows(self._start, b)
        row = self._row(a, b, smaller, "common", list(dict.fromkeys(rows)))
        known = not self._cut and least.isdisjoint((a, b))
        return replace(row, via=self.part.names[self._start], lower_bound=UNSET if known else True)

    def _row(self, a: int, b: int, of: int, basis: Basis, rows: list[int]) -> CloseLink:
        names, register = self.part.names, self.part.register
        over = [v for v in self._companies(rows) if register.over(v)]
        facts, total = evidence([self._question.fact(row) for row in rows])
        return CloseLink(
            a=names[a],
            b=names[b],
            value=self._sums.value[of],
            basis=basis,
            facts=facts,
            facts_total=total,
            lower_bound=True if self._cut or of in self._sums.least else UNSET,
            reason=self.part.excess(min(over)) if over else UNSET,
        )

    def _companies(self, rows: list[int]) -> set[int]:
        owned = self._question.reader.ends(np.array(rows, np.int64))[1]
        return {self.part.place[node] for node in owned}

    def _rows(self, u: int, v: int) -> list[int]:
        """Holdings on ways from u to v that pass neither again: the strongest path first."""
        if (u, v) not in self._known:
            self._known[u, v] = self._found(u, v)
        return self._known[u, v]

    def _found(self, u: int, v: int) -> list[int]:
        self._question.clock.check()
        part = self.part
        register, fact = part.register, self._question.fact
        back = walk((v,), lambda y: [] if y == u else register.owners[y])
        inside = set(back)
        ways = set(
            walk((u,), lambda x: [] if x == v else [y for y in register.owned[x] if y in inside])
        )
        edges = [
            (x, y)
            for y in ways
            if y != u
            for x in register.owners[y]
            if x in ways and x not in (y, v)
        ]
        edges.sort(key=lambda edge: (-self._share(*edge), edge))
        path = self._strongest.path(v if self._down else u)
        first = path if self._down else [(x, y) for y, x in reversed(path)]
        ordered = dict.fromkeys(first + edges)
        return [row for edge in ordered for row in sorted(part.rows[edge], key=fact)]

    @cached_property
    def _strongest(self) -> Strongest:
        register = self.part.register
        if self._down:
            return Strongest(self._start, register.owned.__getitem__, self._share)
        return Strongest(self._start, register.owners.__getitem__, lambda y, x: self._share(x, y))

    @cached_property
    def _exact(self) -> dict[int, Fraction]:
        """The same sums in rationals, for what is close to the threshold."""
        if len(self.part.names) > _RATIONAL:
            return {}
        share = exact.shares_of(self._question.reader, self.part)
        return self._summed(share, Fraction(1)).value

    def _summed(self, share: Callable[[int, int], N], one: N) -> Sums[N]:
        clock, most = self._question.clock, self._question.params.max_paths
        paths = Accumulation(self.part.register, share, one, max_steps=most, clock=clock)
        return paths.below(self._start) if self._down else paths.above(self._start)

    def _share(self, u: int, v: int) -> float:
        register = self.part.register
        if register.over(v):
            return register.owners[v][u] / SHARE_UNIT
        return register.share(u, v)
