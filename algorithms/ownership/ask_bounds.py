"""From a question about bounds of ownership to its rows."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor
from typing import TYPE_CHECKING, Literal

from msgspec import UNSET

from algorithms.ownership.bounds import Ranges, Weights, least, most
from algorithms.ownership.command import capped, command
from algorithms.ownership.explain import SHOWN, Evidence
from algorithms.ownership.holdings import Holdings, Reader
from algorithms.ownership.linear import Clock, OutOfTimeError
from algorithms.ownership.ownership_bounds import BoundsParams, BoundsRow
from algorithms.ownership.register import TOLERANCE
from algorithms.ownership.stakes import Stakes, registered, unknown
from algorithms.registry import Result, Truncated
from graph.model import SHARE_UNIT
from graph.times import day_end, today

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

Control = Literal["certain", "possible", "impossible"]

_LOST = "known holdings in a company on the way sum past 1, or loops there are all but closed"
_CUT = "the search ended at max_nodes: what is above was not read"


def answer(snapshot: Snapshot, params: BoundsParams) -> Result[BoundsRow]:
    """See `ownership_bounds`."""
    clock = Clock(params.time_limit)
    question = _Question(snapshot, params, clock)
    rows: list[BoundsRow] = []
    limit, size = ("max_nodes", params.max_nodes) if question.cut else (None, None)
    try:
        rows.extend(question.rows())
    except OutOfTimeError:
        limit, size = "time_limit", None
    rows.sort(key=lambda r: (r.integrated_max is None, -(r.integrated_max or 0.0), r.owner))
    if len(rows) > params.max_rows:
        del rows[params.max_rows :]
        limit, size = "max_rows", params.max_rows
    cut = None if limit is None else Truncated(reason=limit, explored=question.explored, limit=size)
    return Result(results=rows, truncated=cut)


class _Question:
    def __init__(self, snapshot: Snapshot, params: BoundsParams, clock: Clock) -> None:
        reader = Reader(snapshot, day_end(params.as_of or today()))
        self._clock = clock
        self._subject = snapshot.resolve(params.target)
        self._asked = None if params.owner is None else snapshot.resolve(params.owner)
        reach = reader.reach(self._subject, down=False, max_depth=None, max_nodes=params.max_nodes)
        self.cut, self.explored = reach.limit is not None, reach.explored
        self.part, self.ranges, self._stakes = _load(reader, reach.subjects)
        self._nodes = {place: node for node, place in self.part.place.items()}
        self._fact = snapshot.fact_id

    def rows(self) -> Iterator[BoundsRow]:
        """Rows in no order; raises OutOfTimeError."""
        part, t = self.part, self.part.place[self._subject]
        low = least(self.ranges, t, self._clock)
        evidence = Evidence(part, t, down=False, fact=self._fact)
        asked = range(len(part.names)) if self._asked is None else [part.place.get(self._asked, t)]
        for s in asked:
            self._clock.check()
            if s == t:
                continue
            shares: tuple[float | None, float | None] = (None, None)
            if s not in low.over and s not in low.inaccurate:
                value = low.value.get(s, 0.0)
                high = most(self.ranges, s, t, self._clock) if self.ranges.open else value
                shares = (value, max(value, high)) if high is not None else shares
            yield self._row((s, t), shares, evidence)

    def _row(
        self, pair: tuple[int, int], shares: tuple[float | None, float | None], evidence: Evidence
    ) -> BoundsRow:
        s, t = pair
        low, high = shares
        reason = _LOST if high is None else None
        control, votes = self._control(self._nodes[s])
        if self.cut:
            reason, high, votes = _CUT, None, (votes[0], None)
            control = "certain" if control == "certain" else "possible"
        facts, total = evidence.of(s)
        return BoundsRow(
            owner=self.part.names[s],
            owned=self.part.names[t],
            control=control,
            votes_min=votes[0],
            votes_max=votes[1],
            integrated_min=low,
            integrated_max=high,
            facts=facts,
            facts_total=UNSET if total is None or total <= SHOWN else total,
            unknown=evidence.left_out(s),
            reason=UNSET if reason is None else reason,
        )

    def _control(self, s: int) -> tuple[Control, tuple[float | None, float | None]]:
        """Whether an owner controls the company, and the bounds of its votes as fractions."""
        stakes, t = self._stakes, self._subject
        sure = stakes.sure.get(t, 0)
        able = command(stakes, (s,), upper=True)
        bound = command(stakes, (s,))
        control: Control = "impossible"
        if t in able.level:
            control = "certain" if t in bound.level else "possible"
        if sure > SHARE_UNIT + TOLERANCE:
            return control, (None, None)
        scale = max(sure, SHARE_UNIT)
        high = capped(able.low.get(t, 0), able.high.get(t, 0), sure) if t in able.high else 0
        return control, (float(bound.low.get(t, 0) / scale), float(high / scale))


def _load(reader: Reader, subjects: list[int]) -> tuple[Holdings, Ranges, Stakes]:
    """The register of these subjects in ranges, numbered in the order of their canonical ids."""
    snapshot = reader.snapshot
    named = sorted((snapshot.canonical(node), node) for node in subjects)
    place = {node: i for i, (_, node) in enumerate(named)}
    found = reader.rows([node for _, node in named], down=False)
    values = reader.graph.cols.value[found].tolist()
    carried = snapshot.extras_of(found)
    low: Weights = [{} for _ in named]
    high: Weights = [{} for _ in named]
    total = [0] * len(named)
    rows: dict[tuple[int, int], list[int]] = {}
    loose: dict[tuple[int, int], list[int]] = {}
    for row, src, dst, given in zip(found.tolist(), *reader.ends(found), values, strict=True):
        ends = (given, given) if given >= 0 else unknown(carried.get(row, {}))
        lower, upper = floor(ends[0]), ceil(ends[1])
        u, v = place.get(src), place[dst]
        total[v] += lower
        if u is None or not upper:
            continue
        low[v][u] = low[v].get(u, 0) + lower
        high[v][u] = high[v].get(u, 0) + upper
        rows.setdefault((u, v), []).append(row)
        if given < 0:
            loose.setdefault((u, v), []).append(row)
    ranges = Ranges(low, high, total)
    names = [name for name, _ in named]
    return Holdings(names, place, ranges.widest, rows, loose), ranges, registered(snapshot, found)
