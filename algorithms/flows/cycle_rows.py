"""From a search for cycles to ranked rows: what was found, the best of it, and how it is shown."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from algorithms.flows.cycle_search import (
    EXPLORED,
    THROUGH,
    TIME,
    TIMED,
    UNTIMED,
    UNTIMED_THROUGH,
    Rules,
    Search,
)
from algorithms.flows.network import I64, Payments, at_least, payments
from algorithms.flows.transfer_cycles import TransferCycle
from algorithms.registry import evidence
from graph import searching
from graph.money import decimal_text
from graph.reach import reach
from graph.times import DAY, format_time
from graph.traverse import IN, OUT, Ask, ask_for, graph_of
from graph.walk import Bounds

if TYPE_CHECKING:
    import numpy.typing as npt

    from algorithms.flows.transfer_cycles import CycleParams
    from graph.snapshot import Snapshot

    F64 = npt.NDArray[np.float64]

_UNLIMITED = 1 << 40
_ENDS = {EXPLORED: "max_explored", TIME: "time_limit"}


class Rings(NamedTuple):
    """The best cycles found: per cycle its hops, per hop its relations in order of time."""

    cycles: list[list[list[int]]]
    any_order: bool
    total: int
    explored: int
    ended: str | None

    def rows(self, snapshot: Snapshot) -> list[TransferCycle]:
        """The rows, in order."""
        made = [_row(snapshot, hops, self.any_order) for hops in self.cycles]
        made.sort(key=lambda row: (-row.score, row.begins or "", row.id))
        return made


def find(snapshot: Snapshot, params: CycleParams, at: int) -> Rings:
    """Search as the question asks; see `transfer_cycles`."""
    until = time.monotonic() + params.time_limit
    kinds = params.kinds or ["transfer"]
    root = None if params.through is None else snapshot.resolve(params.through)
    ended = None
    explored = 0
    ask = ask_for(snapshot, kinds, "out", at)  # checks the kinds, too
    if root is None:
        rows = snapshot.rows(kinds, at)
    else:
        rows, ended, explored = _nearby(snapshot, ask, root, params)
    if params.min_amount is not None:
        rows = at_least(snapshot, rows, kinds, params.min_amount)
    pay = payments(snapshot, rows, timed=not params.any_order)
    start = None if root is None else int(np.searchsorted(pay.subject, root))
    if start is not None and (start == len(pay.subject) or pay.subject[start] != root):
        return Rings([], params.any_order, 0, explored, ended)
    if params.any_order:
        mode = UNTIMED if root is None else UNTIMED_THROUGH
    else:
        mode = TIMED if root is None else THROUGH
    window = _UNLIMITED << 21 if params.window is None else int(params.window * DAY)
    rules = Rules(params.max_length, window, mode, params.max_explored)
    search = Search(pay.net, rules, until - time.monotonic(), start)
    best = _Best(snapshot, pay, params)
    for block in search.cycles():
        best.take(block)
    return Rings(
        best.hops(),
        params.any_order,
        best.count,
        explored + search.explored,
        _ENDS.get(search.status, ended),
    )


def _nearby(
    snapshot: Snapshot, ask: Ask, root: int, params: CycleParams
) -> tuple[I64, str | None, int]:
    """The relations that a cycle through `root` can be made of: half its length either way."""
    g = graph_of(snapshot)
    rows: set[int] = set()
    ended, explored = None, 0
    half = (params.max_length + 1) // 2
    for way, depth in ((OUT, half), (IN, params.max_length - half)):
        bounds = Bounds(depth, _UNLIMITED, _UNLIMITED, params.max_explored)
        found = reach(g, ask._replace(way=way), root, bounds, params.time_limit / 3, every=True)
        rows.update(found.row)
        explored += found.explored
        if found.status in (searching.EXPLORED, searching.TIME):
            ended = "time_limit" if found.status == searching.TIME else "max_explored"
    return np.array(sorted(rows), np.int64), ended, explored


class _Best:
    """Keeps the cycles of highest score, so that memory is bounded however many there are."""

    def __init__(self, snapshot: Snapshot, pay: Payments, params: CycleParams) -> None:
        self.count = 0
        self._pay = pay
        self._params = params
        self._time = snapshot.columns.vf[pay.row]
        self._windowed = params.any_order and params.window is not None
        value = snapshot.columns.value[pay.row].astype(np.float64)
        bad = value <= 0
        begins = pay.first[:-1]
        if len(begins):
            self._amount = np.add.reduceat(np.where(bad, 0.0, value), begins)
            self._amount[np.add.reduceat(bad, begins) > 0] = 0.0
            self._early, self._late = self._time[begins], self._time[pay.first[1:] - 1]
        width = params.max_length
        self._cycles = np.empty((0, width), np.int64)
        self._rank = np.empty((0, 4), np.float64)

    def take(self, block: I64) -> None:
        """Take in a block of cycles."""
        if self._windowed:
            block = block[[self._window(cycle) is not None for cycle in block]]
        self.count += len(block)
        cycles = np.concatenate([self._cycles, block])
        rank = np.concatenate([self._rank, self._ranks(block)])
        if len(cycles) > self._params.max_rows:
            kept = np.lexsort(rank.T[::-1])[: self._params.max_rows]
            cycles, rank = cycles[kept], rank[kept]
        self._cycles, self._rank = cycles, rank

    def _ranks(self, block: I64) -> F64:
        """Sort keys of cycles, least first: minus score, begin, end, length."""
        there = block >= 0
        if not len(block):
            return np.empty((0, 4), np.float64)
        amount = self._amount[block]
        least = np.where(there, amount, np.inf).min(axis=1)
        most = np.where(there, amount, 0.0).max(axis=1)
        begins = np.where(there, self._early[block], np.iinfo(np.int64).max).min(axis=1)
        ends = np.where(there, self._late[block], np.iinfo(np.int64).min).max(axis=1)
        kept = np.divide(least, most, out=np.zeros(len(block)), where=most > 0)
        days = (ends.astype(np.float64) - begins) / DAY
        score = kept / (1 + days / 30)
        return np.column_stack([-score, begins, ends, there.sum(axis=1)])

    def _window(self, cycle: I64) -> list[list[int]] | None:
        """The relations of each hop within the earliest window that has one of every hop."""
        first, when, row = self._pay.first, self._time, self._pay.row
        hops = [range(first[e], first[e + 1]) for e in cycle if e >= 0]
        wide = int((self._params.window or 0) * DAY)
        for start in sorted({int(when[p]) for hop in hops for p in hop}):
            kept = [[int(row[p]) for p in hop if start <= when[p] <= start + wide] for hop in hops]
            if all(kept):
                return kept
        return None

    def hops(self) -> list[list[list[int]]]:
        """The relations of the best cycles."""
        first, row = self._pay.first.tolist(), self._pay.row
        made = []
        for cycle in self._cycles:
            if self._windowed:
                made.append(self._window(cycle) or [])
            else:
                made.append(
                    [row[first[e] : first[e + 1]].tolist() for e in cycle.tolist() if e >= 0]
                )
        return made


def _row(snapshot: Snapshot, hops: list[list[int]], any_order: bool) -> TransferCycle:
    cols = snapshot.columns
    members = [snapshot.canonical(int(cols.src[hop[0]])) for hop in hops]
    when = [[int(cols.vf[row]) for row in hop] for hop in hops]
    begin = members.index(min(members)) if any_order else _start(members, when)
    members = members[begin:] + members[:begin]
    hops = hops[begin:] + hops[:begin]
    begins, ends = min(map(min, when)), max(map(max, when))
    facts = snapshot.fact_ids([row for hop in hops for row in hop])
    shown, total = evidence(facts)
    smallest, kept = _amounts(snapshot, hops)
    one = len(smallest) == 1
    currency = next(iter(smallest)) if one else None
    days = (ends - begins) / DAY
    pattern = "transfer_cycle_any_order" if any_order else "transfer_cycle"
    digest = hashlib.sha256("\n".join([pattern, *sorted(facts)]).encode()).hexdigest()
    return TransferCycle(
        id=f"{pattern}:{digest[:16]}",
        pattern=pattern,
        members=members,
        facts=shown,
        amount=smallest[currency] if currency is not None else None,
        begins=format_time(begins),
        ends=format_time(ends),
        score=kept / (1 + days / 30),
        why=_why(len(members), days, smallest),
        currency=currency,
        amounts=msgspec.UNSET if one or not smallest else smallest,
        facts_total=total,
    )


def _start(members: list[str], when: list[list[int]]) -> int:
    """Where a cycle in order of time starts; at its least member where all is of one moment."""
    times = [hop[0] for hop in when]
    if len(set(times)) == 1:
        return members.index(min(members))
    return next(i for i in range(len(times)) if times[i] < times[i - 1])


def _amounts(snapshot: Snapshot, hops: list[list[int]]) -> tuple[dict[str, str], float]:
    """The smallest hop by currency, as text, and the least ratio of smallest to largest."""
    sums: dict[str, list[int]] = {}
    known = True
    for hop in hops:
        by: dict[str, int] = {}
        for row in hop:
            value = int(snapshot.columns.value[row])
            if value <= -(2**63):
                known = False
                continue
            known &= value > 0
            currency = snapshot.extra(row).get("currency", "CNY")
            by[currency] = by.get(currency, 0) + value
        for currency, total in by.items():
            sums.setdefault(currency, []).append(total)
    smallest = {c: decimal_text(min(v), c) for c, v in sorted(sums.items())}
    kept = min((min(v) / max(v) for v in sums.values()), default=0.0) if known else 0.0
    return smallest, kept


def _why(length: int, days: float, smallest: dict[str, str]) -> str:
    amounts = ", ".join(f"{text} {currency}" for currency, text in smallest.items())
    zh = f"资金经 {length} 个账户在 {days:.1f} 天内回到起点"
    en = f"money is back at its start over {length} accounts within {days:.1f} days"
    if amounts:
        zh, en = f"{zh}, 最小一笔 {amounts}", f"{en}, smallest hop {amounts}"
    return f"{zh} / {en}"
