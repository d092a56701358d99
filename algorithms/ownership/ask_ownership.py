"""From a question about integrated ownership to its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import UNSET

from algorithms.ownership.explain import SHOWN, Evidence
from algorithms.ownership.holdings import Holdings, Reach, Reader, load
from algorithms.ownership.integrated_ownership import OwnershipParams, OwnershipRow
from algorithms.ownership.linear import Clock, gathered
from algorithms.ownership.register import Register
from algorithms.ownership.solve import Shares, in_company, of_owner
from algorithms.registry import Result, Truncated
from graph.model import SHARE_UNIT
from graph.times import day_end, today

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_CUT = "the search ended at {}: the value is at least `at_least`"
_LACKING = "{n} holdings without a share were left out: {ids}"
_LARGE = (
    "where more than 8192 holdings are in play, facts are those of the strongest path;"
    " ask for one owner and one target to have them all"
)


def answer(snapshot: Snapshot, params: OwnershipParams) -> Result[OwnershipRow]:
    """See `integrated_ownership`."""
    question = _Question(snapshot, params)
    rows, limit = gathered(question.rows(), params.max_rows)
    return question.result(rows, limit, params.max_rows if limit == "max_rows" else None)


class _Question:
    def __init__(self, snapshot: Snapshot, params: OwnershipParams) -> None:
        self.snapshot = snapshot
        self.params = params
        self.reader = Reader(snapshot, day_end(params.as_of or today()))
        self.clock = Clock(params.time_limit)
        self.explored = 0
        self.limit: str | None = None
        self.large = False
        self.absent: set[str] = set()

    def rows(self) -> Iterator[OwnershipRow]:
        """Rows in the order of the answer."""
        owner, target = self.params.owner, self.params.target
        start = None if owner is None else self.snapshot.resolve(owner)
        if target is not None:
            yield from self._of_company(self.snapshot.resolve(target), start)
        elif start is not None:
            yield from self._of_owner(start)
        else:
            for each in self.reader.owners():
                yield from self._of_owner(each)

    def _of_owner(self, start: int) -> Iterator[OwnershipRow]:
        part, reach = self._load(start, down=True)
        s = part.place[start]
        shares = of_owner(part.register, s, self.clock)
        evidence = Evidence(part, s, down=True, fact=self.snapshot.fact_id)
        for v in _ranked(shares):
            self.clock.check()
            yield self._row(part, shares, evidence, (s, v), limit=reach.limit)
        self._note(part, evidence)

    def _of_company(self, end: int, start: int | None) -> Iterator[OwnershipRow]:
        part, reach = self._load(end, down=False)
        t = part.place[end]
        s = None if start is None else part.place.get(start)
        if start is not None and s is None:
            return
        if s is None:
            shares = in_company(part.register, t, self.clock)
        else:
            shares = _only(of_owner(part.register, s, self.clock), t, s)
        evidence = Evidence(part, t, down=False, fact=self.snapshot.fact_id)
        order = sorted(_ranked(shares)) if s is None else _ranked(shares)
        for u in order:
            self.clock.check()
            if u != t:
                yield self._row(
                    part, shares, evidence, (u, t), limit=reach.limit, alone=s is not None
                )
        self._note(part, evidence)

    def _load(self, start: int, *, down: bool) -> tuple[Holdings, Reach]:
        self.clock.check()
        reach = self.reader.reach(
            start, down=down, max_depth=self.params.max_depth, max_nodes=self.params.max_nodes
        )
        self.explored += reach.explored
        self.limit = self.limit or reach.limit
        return load(self.reader, reach.subjects, self.params.right), reach

    def _note(self, part: Holdings, evidence: Evidence) -> None:
        self.large |= not evidence.small
        for rows in part.absent.values():
            self.absent.update(map(self.snapshot.fact_id, rows))

    def _row(
        self,
        part: Holdings,
        shares: Shares,
        evidence: Evidence,
        pair: tuple[int, int],
        *,
        limit: str | None,
        alone: bool = False,
    ) -> OwnershipRow:
        other = pair[1] if evidence.down else pair[0]
        value = shares.value.get(other)
        reason, least = None, None
        if other in shares.over:
            reason = part.excess(shares.over[other])
        elif value is None:
            reason = "closed loops too large and too nearly complete to be solved to 1e-9"
        elif limit is not None:
            reason, least, value = _CUT.format(limit), value, None
        facts, total = evidence.between(pair[0]) if alone else evidence.of(other)
        return OwnershipRow(
            owner=part.names[pair[0]],
            owned=part.names[pair[1]],
            direct=_direct(part, *pair),
            integrated=value,
            facts=facts,
            facts_total=UNSET if total is None or total <= SHOWN else total,
            reason=UNSET if reason is None else reason,
            at_least=UNSET if least is None else least,
            left_out=evidence.left_out(other) or UNSET,
        )

    def result(
        self, rows: list[OwnershipRow], limit: str | None, size: int | None
    ) -> Result[OwnershipRow]:
        """The answer, saying which bound cut it and what was left out."""
        notes = []
        if self.absent:
            some = ", ".join(sorted(self.absent)[:SHOWN])
            notes.append(_LACKING.format(n=len(self.absent), ids=some))
        if self.large:
            notes.append(_LARGE)
        if limit is None and self.limit is not None:
            limit, size = self.limit, getattr(self.params, self.limit)
        cut = None if limit is None else Truncated(reason=limit, explored=self.explored, limit=size)
        return Result(results=rows, truncated=cut, notes=notes)


def _ranked(shares: Shares) -> list[int]:
    """Subjects by share, the largest first; ties and those without a value by canonical id."""
    known = sorted(shares.value, key=lambda v: (-shares.value[v], v))
    return known + sorted([*shares.over, *shares.inaccurate])


def _only(shares: Shares, t: int, s: int) -> Shares:
    """The share in one company, told of its owner."""
    kept = Shares()
    if t in shares.value:
        kept.value[s] = shares.value[t]
    elif t in shares.over:
        kept.over[s] = shares.over[t]
    elif t in shares.inaccurate:
        kept.inaccurate.add(s)
    return kept


def _direct(part: Holdings, u: int, v: int) -> float | None:
    register: Register = part.register
    if u not in register.owners[v]:
        return None if (u, v) in part.absent else 0.0
    return register.owners[v][u] / SHARE_UNIT if register.over(v) else register.share(u, v)
