"""From a trace to its rows: what each account got, and by which payments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from msgspec import UNSET

from algorithms.flows.statements import I64, SAFE, Numbers, statements
from algorithms.flows.trace_flow import TraceRow
from algorithms.flows.tracing import Hops, Rules, Trace, codes_of, follow, window_of
from algorithms.registry import FACTS_LIMIT, Result, Truncated, cut_short
from graph.errors import InputError, WrongUsage
from graph.model import CODES
from graph.money import decimal_text
from graph.times import day_end, format_time, parse_time, today

if TYPE_CHECKING:
    from algorithms.flows.trace_flow import TraceParams
    from graph.snapshot import Snapshot

_EARLIEST, _LATEST = -(2**63), 2**63 - 1


class All(NamedTuple):
    """The hops of all levels; `parent` by their numbers here."""

    hops: Hops
    level: I64


def answer(snapshot: Snapshot, params: TraceParams) -> Result[TraceRow]:
    """The answer to a question; see `trace_flow`."""
    _check(params)
    at = day_end(params.as_of or today())
    start = snapshot.resolve(params.from_)
    rules = _rules(snapshot, params, start)
    starts = _starts(snapshot, start, at)
    seeds = None if params.transfers is None else _named(snapshot, starts, params, at)
    if params.by == "trace":  # held back chain by chain
        trace = follow(snapshot, starts, seeds, rules._replace(ratio=0.0), params, at)
    else:
        trace = follow(snapshot, starts, seeds, rules, params, at)
    every = _all(trace)
    if params.by == "trace":
        from algorithms.flows.trace_chains import chains

        rows, total, whole = chains(snapshot, every, trace, rules, params)
    else:
        rows, total = _rows(snapshot, every, trace, rules, params)
        whole = True
    notes = []
    if trace.unknown:
        notes.append(
            f"{trace.unknown} payments of unknown or negative amount move nothing"
            " / 金额不详或为负的付款未计入"
        )
    return Result(
        results=rows, truncated=_truncated(snapshot, trace, params, total, whole), notes=notes
    )


def _check(params: TraceParams) -> None:
    if params.attribution != "any":
        for name, given in (
            ("min_ratio", params.min_ratio is not None), ("any_order", params.any_order),
            ("later", params.later),
            ("by trace", params.by == "trace"),
        ):  # fmt: skip
            if given:
                raise WrongUsage(f"{name}: only with attribution any")
    if params.any_order and params.later:
        raise WrongUsage("later: money has no order of time with any_order")
    if params.any_order and params.window is not None:
        raise WrongUsage("window: money has no order of time with any_order")
    if params.backward and params.min_ratio is not None:
        raise WrongUsage("min_ratio: only forwards")


def _rules(snapshot: Snapshot, params: TraceParams, start: int) -> Rules:
    usual = ["transfer"]
    if snapshot.nodes.kind[start] == CODES["loan"]:
        usual.append("repay" if params.backward else "deposit")
    return Rules(
        codes=codes_of(params.kinds or usual),
        since=_EARLIEST if params.since is None else parse_time(params.since),
        until=_LATEST if params.until is None else parse_time(params.until),
        window=window_of(params.window),
        back=params.backward,
        attribution=params.attribution,
        ratio=params.min_ratio or 0.0,
        any_order=params.any_order,
        later=params.later,
        least=params.min_amount or 0.0,
    )


def _starts(snapshot: Snapshot, start: int, at: int) -> I64:
    """The account or loan itself; the accounts of a person or company, of one that is no more those
    that it held to its last: what it did before stays visible."""
    kind = snapshot.kind_name(start)
    if kind in ("account", "loan"):
        return np.array([start], np.int64)
    if kind not in ("person", "company"):
        raise InputError(f"from: money leaves accounts and loans, not a {kind}")
    rep, cols = snapshot.nodes.rep, snapshot.columns
    held = snapshot.rows("holds_account", min(at, int(snapshot.nodes.vt[start]) - 1))
    mine = held[rep[cols.src[held]] == start]
    return np.unique(rep[cols.dst[mine]]).astype(np.int64)


def _named(snapshot: Snapshot, starts: I64, params: TraceParams, at: int) -> I64:
    """The payments that are to be followed. Raises WrongUsage where one does not leave the start
    (reach it, backwards)."""
    made = statements(snapshot, starts, at)
    mine = made.row[made.out != params.backward]
    known = dict(zip(snapshot.fact_ids(mine.tolist()), mine.tolist(), strict=True))
    short: dict[str, list[int]] = {}
    for name, row in known.items():
        short.setdefault(name.partition(":")[2], []).append(row)
    found: list[int] = []
    for name in params.transfers or ():
        rows = [known[name]] if name in known else short.get(name, [])
        if len(rows) != 1:
            way = "reaches" if params.backward else "leaves"
            raise WrongUsage(f"transfers: no payment {name[:80]!r} {way} {params.from_[:80]}")
        found += rows
    return np.array(sorted(found), np.int64)


def _all(trace: Trace) -> All:
    """All levels as one."""
    counts = [len(hops.row) for hops in trace.levels]
    before = np.cumsum([0, *counts[:-1]])
    parts: dict[str, Any] = {
        name: np.concatenate([getattr(hops, name) for hops in trace.levels])
        for name in ("row", "near", "far", "currency", "time", "value", "traced")
    }
    parent = [
        np.where(hops.parent < 0, -1, hops.parent + (before[level - 1] if level else 0))
        for level, hops in enumerate(trace.levels)
    ]
    return All(
        Hops(parent=np.concatenate(parent), **parts),
        np.repeat(np.arange(len(counts)), counts),
    )


def _rows(
    snapshot: Snapshot, every: All, trace: Trace, rules: Rules, params: TraceParams
) -> tuple[list[TraceRow], int]:
    """The rows of accounts, and how many there are."""
    hops = every.hops
    if not len(hops.row):
        return [], 0
    if (hops.currency == hops.currency[0]).all():
        names, tongue = [str(hops.currency[0])], np.zeros(len(hops.row), np.int64)
    else:
        known, tongue = np.unique(hops.currency, return_inverse=True)
        names = [str(name) for name in known]
    many = len(names)
    keys, which = np.unique(hops.far * many + tongue, return_inverse=True)
    traced = hops.traced
    if float(traced.astype(np.float64).sum()) >= SAFE:
        traced = traced.astype(np.float64)
    reach = rules.attribution == "any"
    amount = np.zeros(len(keys), traced.dtype)
    np.add.at(amount, which, traced)
    onward = np.zeros(len(keys), traced.dtype)
    source = hops.near * many + tongue
    place = np.minimum(np.searchsorted(keys, source), len(keys) - 1)
    further = (every.level > 0) & (keys[place] == source)
    np.add.at(onward, place[further], traced[further])
    whole = np.zeros(many, traced.dtype)
    np.add.at(whole, tongue[every.level == 0], traced[every.level == 0])
    depth = np.full(len(keys), len(trace.levels))
    np.minimum.at(depth, which, every.level + 1)
    moments = np.full(len(keys), _EARLIEST if rules.back else _LATEST)
    (np.maximum if rules.back else np.minimum).at(moments, which, hops.time)
    # Float sums that stand for equal amounts are equal to no more than some last bits.
    shown, rests = _minor(amount), np.maximum(_minor(amount - onward), 0)
    likely = np.arange(len(keys))
    if len(keys) > params.max_rows:
        likely = np.flatnonzero(shown >= np.partition(shown, -params.max_rows)[-params.max_rows])
    names_of = dict(
        zip(likely.tolist(), snapshot.canonicals((keys[likely] // many).tolist()), strict=True)
    )
    order = sorted(likely.tolist(), key=lambda at: (-shown[at], names_of[at], at))
    order = order[: params.max_rows]
    order.sort(key=lambda at: (depth[at], -shown[at], names_of[at], at))
    arrived = Arrivals(snapshot, every, which, order)
    rows = []
    for at in order:
        facts, path, total = arrived.of(at)
        name = names[int(keys[at]) % many]
        rows.append(
            TraceRow(
                account=names_of[at],
                depth=int(depth[at]),
                amount=decimal_text(int(shown[at]), name),
                currency=name,
                share=round(float(amount[at]) / float(whole[int(keys[at]) % many]), 12),
                rests=None if reach else decimal_text(int(rests[at]), name),
                arrives=format_time(int(moments[at])),
                path=path,
                facts=facts,
                hub=int(keys[at]) // many in trace.hubs,
                facts_total=total if total > FACTS_LIMIT else UNSET,
            )
        )
    return rows, len(keys)


def _minor(amount: Numbers) -> Numbers:
    """Whole minor units; floats still, where they would not fit into 64 bits."""
    if amount.dtype.kind != "f":
        return amount
    whole: Numbers = np.rint(amount)
    return whole.astype(np.int64) if (np.abs(whole) < SAFE).all() else whole


class Arrivals:
    """The payments that brought each of some accounts its money, most first, and the path to it."""

    def __init__(self, snapshot: Snapshot, every: All, which: I64, asked: list[int]) -> None:
        hops = every.hops
        wanted = np.zeros(int(which.max()) + 1, np.bool_)
        wanted[asked] = True
        mine = np.flatnonzero(wanted[which])
        mine = mine[np.lexsort((hops.time[mine], -hops.traced[mine], which[mine]))]
        mine = _by_name(snapshot, hops, which, mine)
        begins = np.searchsorted(which[mine], asked).tolist()
        ends = np.searchsorted(which[mine], asked, side="right").tolist()
        order, level = mine.tolist(), every.level.tolist()
        self._span = {at: (lo, hi) for at, lo, hi in zip(asked, begins, ends, strict=True)}
        self._facts = {}
        self._path = {}
        for at, (lo, hi) in self._span.items():
            self._facts[at] = order[lo : min(hi, lo + FACTS_LIMIT)]
            least = min(level[hop] for hop in order[lo:hi])
            step = next(hop for hop in order[lo:hi] if level[hop] == least)
            path = [step]
            while (step := int(hops.parent[step])) >= 0:
                path.append(step)
            self._path[at] = path[::-1]
        said = sorted({hop for at in asked for hop in (*self._facts[at], *self._path[at])})
        names = snapshot.fact_ids(hops.row[said].tolist())
        self._name = dict(zip(said, names, strict=True))

    def of(self, at: int) -> tuple[list[str], list[str], int]:
        """The facts and the path of an account, and how many payments there are."""
        lo, hi = self._span[at]
        name = self._name
        return [name[h] for h in self._facts[at]], [name[h] for h in self._path[at]], hi - lo


def _by_name(snapshot: Snapshot, hops: Hops, which: I64, mine: I64) -> I64:
    """Hops of one account, time and amount ordered by the names of their payments."""
    same = np.zeros(len(mine), np.bool_)
    later, before = mine[1:], mine[:-1]
    same[1:] = (which[later] == which[before]) & (hops.time[later] == hops.time[before])
    same[1:] &= hops.traced[later] == hops.traced[before]
    if same.any():
        run = np.cumsum(~same)
        twin = np.flatnonzero(same | np.append(same[1:], False))
        names = np.array(snapshot.fact_ids(hops.row[mine[twin]].tolist()))
        mine[twin] = mine[twin[np.lexsort((names, run[twin]))]]
    return mine


def _truncated(
    snapshot: Snapshot, trace: Trace, params: TraceParams, total: int, whole: bool
) -> Truncated | None:
    cuts: list[tuple[str, int | None]] = []
    if total > params.max_rows:
        text = f"max_rows: {total} rows, those of most money are shown / 只列出金额最大的行"
        if params.by == "trace":
            text = f"max_rows: {total} traces, the first are shown / 只列出最前的链路"
        cuts.append((text, params.max_rows))
    if trace.hubs:
        first = min(snapshot.canonicals(sorted(trace.hubs)))
        text = f"max_fan_out: {len(trace.hubs)} hubs were not followed, {first} first"
        cuts.append((f"{text} / 枢纽账户未再追踪", params.max_fan_out))
    if trace.ended == "max_explored":
        text = f"max_explored: {trace.left} accounts were not followed, those of least money"
        cuts.append((f"{text} / 未追踪金额最小的账户", params.max_explored))
    if trace.ended == "time_limit":
        cuts.append(("time_limit: not all was followed / 超时, 未全部追踪", None))
    if not whole:
        cuts.append(("max_explored: not all traces / 未列出全部链路", params.max_explored))
    return cut_short(cuts, trace.explored)
