"""Traces one by one: payments one after another, over accounts that are all different."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET

from algorithms.flows.trace_flow import TraceRow
from graph.money import decimal_text
from graph.times import format_time

if TYPE_CHECKING:
    from algorithms.flows.trace_flow import TraceParams
    from algorithms.flows.trace_rows import All
    from algorithms.flows.tracing import Rules, Trace
    from graph.snapshot import Snapshot


class _Payments(NamedTuple):
    """The hops of a trace as plain lists, and those that leave each account by time."""

    near: list[int]
    far: list[int]
    time: list[int]
    value: list[int]
    currency: list[str]
    leaving: dict[int, list[int]]
    times: dict[int, list[int]]


def chains(
    snapshot: Snapshot, every: All, trace: Trace, rules: Rules, params: TraceParams
) -> tuple[list[TraceRow], int, bool]:
    """The traces in order, how many there are, and whether these are all of them."""
    pay = _payments(every, rules)
    found: list[tuple[int, ...]] = []
    seen = 0
    stack: list[tuple[int, ...]] = [(hop,) for hop in range(len(pay.near)) if every.level[hop] == 0]
    while stack and seen < params.max_explored:
        path = stack.pop()
        found.append(path)
        for hop in _onward(pay, path, rules) if len(path) < params.max_depth else ():
            seen += 1
            stack.append((*path, hop))
    ids = snapshot.fact_ids(every.hops.row.tolist())
    found.sort(key=lambda path: (-len(path), [(pay.time[h], ids[h]) for h in path]))
    rows = [_row(snapshot, pay, ids, path, rules, trace) for path in found[: params.max_rows]]
    return rows, len(found), not stack


def _payments(every: All, rules: Rules) -> _Payments:
    hops = every.hops
    sign = -1 if rules.back else 1
    time = (hops.time * sign).tolist() if not rules.any_order else [0] * len(hops.row)
    near = hops.near.tolist()
    leaving: dict[int, list[int]] = {}
    for hop in sorted(range(len(near)), key=time.__getitem__):
        leaving.setdefault(near[hop], []).append(hop)
    times = {account: [time[hop] for hop in mine] for account, mine in leaving.items()}
    return _Payments(
        near, hops.far.tolist(), time, hops.value.tolist(), hops.currency.tolist(), leaving, times
    )


def _onward(pay: _Payments, path: tuple[int, ...], rules: Rules) -> list[int]:
    """The payments that the last of a trace can have gone on as."""
    last = path[-1]
    account, moment = pay.far[last], pay.time[last]
    if account not in pay.leaving:
        return []
    passed = {pay.near[path[0]], *(pay.far[hop] for hop in path)}
    times = pay.times[account]
    first = (bisect_right if rules.later else bisect_left)(times, moment)
    stop = bisect_right(times, moment + rules.window)
    return [
        hop
        for hop in pay.leaving[account][first:stop]
        if pay.far[hop] not in passed
        and pay.currency[hop] == pay.currency[last]
        and pay.value[hop] > rules.ratio * pay.value[last]
    ]


def _row(
    snapshot: Snapshot,
    pay: _Payments,
    ids: list[str],
    path: tuple[int, ...],
    rules: Rules,
    trace: Trace,
) -> TraceRow:
    facts = [ids[hop] for hop in path]
    last, least = path[-1], min(pay.value[hop] for hop in path)
    currency = pay.currency[last]
    when = pay.time[last] * (-1 if rules.back else 1)
    return TraceRow(
        account=snapshot.canonical(pay.far[last]),
        depth=len(path),
        amount=decimal_text(least, currency),
        currency=currency,
        share=None,
        rests=None,
        arrives=None if rules.any_order else format_time(when),
        path=facts,
        facts=facts,
        hub=pay.far[last] in trace.hubs,
        accounts=snapshot.canonicals([pay.near[path[0]], *(pay.far[hop] for hop in path)]),
        facts_total=UNSET,
    )
