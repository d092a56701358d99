"""From a search for cycles to ranked rows: what was found, the best of it, and how it is shown."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from algorithms.ascending import distinct
from algorithms.findings.asking import subject_of
from algorithms.findings.finding import Finding
from algorithms.findings.making import Cut, Found, answer
from algorithms.findings.scoring import Sign, least_evidence
from algorithms.flows.currency import currencies
from algorithms.flows.cycle_run import F64, Outcome, run
from algorithms.flows.cycle_search import DONE, EXPLORED, Money, Rules
from algorithms.flows.cycle_weights import Scales, least_kept, signs_of
from algorithms.flows.network import I64, Payments, at_least, payments
from algorithms.registry import Result
from graph import searching
from graph.deadline import Deadline, check, within
from graph.errors import WrongUsage
from graph.money import decimal_text
from graph.reach import rows_within
from graph.times import DAY
from graph.traverse import IN, OUT, Ask, ask_for, graph_of
from graph.walk import Bounds

if TYPE_CHECKING:
    from algorithms.flows.transfer_cycles import CycleParams
    from graph.snapshot import Snapshot

_UNLIMITED: Final = 1 << 40
_ANY: Final = 1 << 60  # a window that is none
_STAGES: Final = (7, 30, 90)  # days searched before longer ones, where there is no window
_SLACK: Final = 1e-12  # so that a fee of exactly the tolerance is within it
_SLIGHT: Final = 1e-9  # nats
_CENTURY: Final = 36_525  # days
_FEW: Final = 4_096  # cycles kept before the worst of them are let go


def find(snapshot: Snapshot, params: CycleParams, at: int) -> Result[Finding]:
    """Search as the question asks; see `transfer_cycles`."""
    deadline = within(params.time_limit)
    if params.any_order and params.tolerance is not None:
        raise WrongUsage("tolerance compares transfers in order of time: leave out any_order")
    kinds = params.kinds or ["transfer"]
    kind = "account" if kinds == ["transfer"] else None  # other payments run over loans and people
    root = None if params.through is None else subject_of(snapshot, params.through, kind)
    ask = ask_for(snapshot, kinds, "out", at, params.since)  # checks the kinds, too
    whole = snapshot.rows(kinds, at)
    check()
    whole = whole[snapshot.columns.vf[whole] >= ask.since]
    rows, cuts = (whole, []) if root is None else _nearby(snapshot, ask, root, params)
    if params.min_amount is not None:
        whole = at_least(snapshot, whole, params.min_amount)
        rows = at_least(snapshot, rows, params.min_amount)
    pay = payments(snapshot, rows, timed=not params.any_order)
    start = None if root is None else pay.place(root)
    if not len(pay.row) or (root is not None and start is None):
        return answer(snapshot, [], params, tests=0, cuts=cuts)
    scales = Scales(snapshot, whole, pay, at, timed=not params.any_order)
    best, more = _staged(snapshot, params, pay, scales, start, deadline)
    return best.answer(snapshot, params, cuts + more, len(whole))


def _staged(
    snapshot: Snapshot, params: CycleParams, pay: Payments, scales: Scales,
    start: int | None, deadline: Deadline,
) -> tuple[_Best, list[Cut]]:  # fmt: skip
    """The search; without a window in ever longer ones, so that what was cut short can be said."""
    money = _money(snapshot, params, pay, scales)
    open_ended = params.window is None and not params.any_order
    stages: list[float | None] = [*_STAGES, None] if open_ended else [params.window]
    best, explored = _Best(pay, scales, params), 0
    before: float | None = None
    for days in stages:
        longest = best.longest()
        if before is not None and longest is not None and longest <= before:
            break  # what takes longer cannot be among those that are shown
        bounds = [each for each in (days, longest) if each is not None]
        rules = _rules(params, min(bounds, default=None), start is not None, explored)
        shortest = None if before is None else int(before * DAY)
        taker = _Best(pay, scales, params, shortest, best.floor)
        outcome = run(pay.net, money, rules, deadline, taker, start)
        best.join(outcome.taker)
        explored += outcome.explored
        if outcome.status != DONE:
            return best, [_cut(params, outcome, before, explored)]
        before = days
    return best, []


def _rules(params: CycleParams, days: float | None, through: bool, explored: int) -> Rules:
    length, x = params.max_length, params.tolerance or 0.0
    timed = days is not None and not params.any_order
    return Rules(
        length=length,
        window=int(days * DAY) if days is not None and timed else _ANY,
        back=length - 1 if timed else length // 2,
        through=through,
        least=(1 - x) * (1 - _SLACK),
        most=(1 + x) * (1 + _SLACK),
        explore=max(params.max_explored - explored, 1),
    )


def _cut(
    params: CycleParams, outcome: Outcome[_Best], before: float | None, explored: int
) -> Cut:  # fmt: skip
    """What ended a search, and up to which window everything was found all the same."""
    zh, en = ("", "") if before is None else (
        f"; {before:g} 天内的环已全部列入", f"; all cycles within {before:g} days were found"
    )  # fmt: skip
    if outcome.status == EXPLORED:
        text = f"max_explored: not all was looked at{en} / 未查看全部转账{zh}"
        return Cut(text, explored, params.max_explored)
    return Cut(f"time_limit: not all was looked at{en} / 超时, 未查看全部转账{zh}", explored)


def _money(snapshot: Snapshot, params: CycleParams, pay: Payments, scales: Scales) -> Money:
    """What each edge pays, where the question minds it."""
    paid = np.empty(0) if params.any_order else scales.amount
    if params.tolerance is None:
        return Money(np.empty(0), np.empty(0, np.int16), paid)
    value = snapshot.columns.value[pay.row].astype(np.float64)
    _, coin = currencies(snapshot, pay.row)
    return Money(np.where(value > 0, value, np.nan), coin.astype(np.int16), paid)


def _nearby(snapshot: Snapshot, ask: Ask, root: int, params: CycleParams) -> tuple[I64, list[Cut]]:
    """The relations that a cycle through `root` can be made of: half its length either way."""
    g = graph_of(snapshot)
    rows, cuts = [], []
    half = (params.max_length + 1) // 2
    for way, depth in ((OUT, half), (IN, params.max_length - half)):
        bounds = Bounds(depth, _UNLIMITED, _UNLIMITED, params.max_explored)
        found = rows_within(g, ask._replace(way=way), root, bounds, params.time_limit / 3)
        rows.append(found.rows)
        if found.status == searching.EXPLORED:
            text = "max_explored: not all was looked at / 未查看全部转账"
            cuts.append(Cut(text, found.explored, params.max_explored))
        elif found.status == searching.TIME:
            text = "time_limit: not all was looked at / 超时, 未查看全部转账"
            cuts.append(Cut(text, found.explored))
    return distinct(np.concatenate(rows)).astype(np.int64), cuts[:1]


def _pattern(params: CycleParams) -> str:
    return "transfer_cycle_any_order" if params.any_order else "transfer_cycle"


class _Best:
    """Keeps the cycles of most evidence, so that memory is bounded however many there are."""

    def __init__(
        self, pay: Payments, scales: Scales, params: CycleParams, shortest: int | None = None,
        floor: float | None = None,
    ) -> None:  # fmt: skip
        self.count = 0
        self._asked = least_evidence(_pattern(params), params.min_score)
        self.floor = self._asked if floor is None else floor
        self._pay = pay
        self._scales = scales
        self._params = params
        self._days = min(int(scales.span // DAY) + 1, _CENTURY)
        self._shortest = shortest  # longest time of cycles that were found before
        self._wide = None
        if params.any_order and params.window is not None:
            self._wide = int(params.window * DAY)
        self._cycles = np.empty((0, params.max_length), np.int64)
        self._rank = np.empty((0, 4), np.float64)

    def take(self, block: I64) -> None:
        """Take in a block of cycles."""
        if self._wide is not None:
            block = block[[self._window(cycle) is not None for cycle in block]]
        for part in np.array_split(block, max(len(block) // _FEW, 1)):
            weighed = self._scales.weigh(part)
            rank = np.column_stack(
                [-weighed.evidence, weighed.begins, weighed.ends, (part >= 0).sum(axis=1)]
            )
            fresh = weighed.evidence >= self._asked - _SLIGHT
            if self._shortest is not None:
                fresh &= weighed.ends - weighed.begins > self._shortest
            self._add(part[fresh], rank[fresh])
            self.count += int(fresh.sum())

    def fresh(self) -> _Best:
        """Another that has taken in nothing, after as good ones as this has."""
        return _Best(self._pay, self._scales, self._params, self._shortest, self.floor)

    def join(self, other: _Best) -> None:
        """Take in what another took in."""
        self.count += other.count
        self._add(other._cycles, other._rank)

    def _add(self, cycles: I64, rank: np.ndarray) -> None:
        cycles = np.concatenate([self._cycles, cycles])
        rank = np.concatenate([self._rank, rank])
        if len(cycles) > self._params.max_rows:
            keys = [*cycles.T[::-1], *rank.T[::-1]]  # edges decide among equals
            kept = np.lexsort(keys)[: self._params.max_rows]
            cycles, rank = cycles[kept], rank[kept]
        self._cycles, self._rank = cycles, rank
        if len(cycles) == self._params.max_rows:
            self.floor = max(self.floor, -float(rank[:, 0].max()))

    def need(self) -> F64:
        """What cycles have to keep of their amounts to be among the best, by days they take."""
        if self._params.any_order or self.floor == -inf:
            return np.zeros(self._days + 1)
        return least_kept(self.floor, self._params.max_length, self._days)

    def longest(self) -> float | None:
        """The days past which no cycle can be among the best; None where any may be."""
        never = np.flatnonzero(self.need() > 1)
        return float(never[0]) if len(never) else None

    def _window(self, cycle: I64) -> list[list[int]] | None:
        """The relations of each hop within the earliest window that has one of every hop."""
        first, row = self._pay.first, self._pay.row
        when = self._scales.when
        hops = [range(first[e], first[e + 1]) for e in cycle if e >= 0]
        for start in sorted({int(when[p]) for hop in hops for p in hop}):
            stop = start + (self._wide or 0)
            kept = [[int(row[p]) for p in hop if start <= when[p] <= stop] for hop in hops]
            if all(kept):
                return kept
        return None

    def answer(
        self, snapshot: Snapshot, params: CycleParams, cuts: list[Cut], tests: int
    ) -> Result[Finding]:
        """The rows of the best cycles."""
        if self.count > params.max_rows:
            text = f"max_rows: {self.count} cycles found, those of most evidence are shown"
            zh = "只列出证据最强的环"
            if self.floor > self._asked:
                text, zh = f"{text}, weaker ones not all counted", f"{zh}, 较弱者未全部计数"
            cuts = [Cut(f"{text} / {zh}", self.count, params.max_rows), *cuts]
        weighed = self._scales.weigh(self._cycles)
        found = []
        for i, cycle in enumerate(self._cycles):
            hops = self._hops(cycle)
            found.append(_found(snapshot, params, hops, float(weighed.p[i]), signs_of(weighed, i)))
        return answer(snapshot, found, params, tests=max(tests, self.count), cuts=cuts)

    def _hops(self, cycle: I64) -> list[list[int]]:
        """The relations of each hop."""
        if self._wide is not None:
            return self._window(cycle) or []
        first, row = self._pay.first, self._pay.row
        return [row[first[e] : first[e + 1]].tolist() for e in cycle.tolist() if e >= 0]


def _found(
    snapshot: Snapshot, params: CycleParams, hops: list[list[int]], p: float, signs: list[Sign]
) -> Found:
    cols, rep = snapshot.columns, snapshot.nodes.rep
    members = [int(rep[cols.src[hop[0]]]) for hop in hops]
    when = [[int(cols.vf[row]) for row in hop] for hop in hops]
    begin = _start(snapshot, params, members, hops, when)
    members = members[begin:] + members[:begin]
    hops = hops[begin:] + hops[:begin]
    days = (max(map(max, when)) - min(map(min, when))) / DAY
    smallest, kept = _amounts(snapshot, hops)
    one = len(smallest) == 1
    attrs: dict[str, Any] = {"kept": round(kept, 6), "days": round(days, 6)}
    if not one and smallest:
        attrs["amounts"] = {coin: decimal_text(least, coin) for coin, least in smallest.items()}
    zh, en = _words(len(members), days, smallest)
    currency = next(iter(smallest)) if one else "CNY"
    return Found(
        pattern=_pattern(params),
        members=members,
        rows=[row for hop in hops for row in hop],
        p=p,
        zh=zh,
        en=en,
        signs=signs,
        amount=smallest[currency] if one else None,
        currency=currency,
        attrs=attrs,
    )


def _start(
    snapshot: Snapshot, params: CycleParams, members: list[int], hops: list[list[int]],
    when: list[list[int]],
) -> int:  # fmt: skip
    """Where a cycle starts: in order of time after time falls; where all is of one moment, after
    the hop that the next does not follow in amount, or at its least member."""
    times = [hop[0] for hop in when]
    if not params.any_order and len(set(times)) > 1:
        return next(i for i in range(len(times)) if times[i] < times[i - 1])
    if params.tolerance is not None:
        worth = [int(snapshot.columns.value[hop[0]]) for hop in hops]
        low, high = (1 + way * params.tolerance for way in (-1, 1))
        for i, now in enumerate(worth):
            was = worth[i - 1]
            if not low * (1 - _SLACK) * was <= now <= high * (1 + _SLACK) * was:
                return i
    names = snapshot.canonicals(members)
    return names.index(min(names))


def _amounts(snapshot: Snapshot, hops: list[list[int]]) -> tuple[dict[str, int], float]:
    """The smallest hop by currency, and the least ratio of smallest to largest."""
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
    kept = min((min(v) / max(v) for v in sums.values()), default=0.0) if known else 0.0
    return {currency: min(v) for currency, v in sorted(sums.items())}, kept


def _words(length: int, days: float, smallest: dict[str, int]) -> tuple[str, str]:
    amounts = ", ".join(f"{decimal_text(least, coin)} {coin}" for coin, least in smallest.items())
    zh = f"资金经 {length} 个账户在 {days:.1f} 天内回到起点"
    en = f"money is back at its start over {length} accounts within {days:.1f} days"
    return (f"{zh}, 最小一笔 {amounts}", f"{en}, smallest hop {amounts}") if amounts else (zh, en)
