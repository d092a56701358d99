"""A trace, level by level: what left the start, what it went on as, and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from algorithms.flows.currency import CNY
from algorithms.flows.fifo import Pieces, passed
from algorithms.flows.fifo import Rules as Fifo
from algorithms.flows.haircut import F64, Lines, carried
from algorithms.flows.statements import MONEY, Bools, Located, Numbers, Statements, statements
from graph.deadline import within
from graph.model import CODES
from graph.money import exponent
from graph.times import DAY

if TYPE_CHECKING:
    import numpy.typing as npt

    from algorithms.flows.statements import I64
    from algorithms.flows.trace_flow import TraceParams
    from graph.snapshot import Snapshot

    Texts = npt.NDArray[np.str_]

_ALWAYS: Final = 2**62  # µs
_ACCOUNT: Final = CODES["account"]


class Hops(NamedTuple):
    """Payments of one level that carry traced money, away from the start: from `near` to `far`.

    `parent` is the hop of the level before that most of it came by, -1 at the first level.
    """

    row: I64
    near: I64
    far: I64
    currency: Texts
    time: I64
    value: I64
    traced: Numbers
    parent: I64


class Rules(NamedTuple):
    """How a question follows money."""

    codes: I64
    since: int
    until: int
    window: int
    back: bool
    attribution: str
    ratio: float
    any_order: bool
    later: bool
    least: float  # in whole units of a currency


class Trace(NamedTuple):
    """The levels of a trace, which subjects are hubs, what was cut, and what is to be said."""

    levels: list[Hops]
    hubs: frozenset[int]
    explored: int
    ended: str | None
    left: int  # accounts that were not followed because a bound had been reached
    unknown: int


def follow(
    snapshot: Snapshot, starts: I64, seeds: I64 | None, rules: Rules, params: TraceParams, at: int
) -> Trace:
    """Follow the money of these starts (ascending), or of these of their payments.

    A start is gone through again only where single payments are followed: else all that leaves it
    is traced already.
    """
    deadline = within(params.time_limit)
    made = statements(snapshot, starts, at)
    levels = [_first(made, starts, seeds, rules)]
    pieces = Pieces(np.arange(len(levels[0].row)), levels[0].value * 0, levels[0].value)
    barred = starts if seeds is None else np.empty(0, np.int64)
    own = explored = len(made.row)  # the start's own payments are looked at whatever they are
    unknown, left = made.unknown, 0
    hubs: set[int] = set()
    ended: str | None = None
    seen = levels[0].row
    while len(levels) < params.max_depth and len(levels[-1].row) and ended is None:
        if deadline.expired():
            ended = "time_limit"
            break
        last = levels[-1]
        there, amount = _reached(snapshot, last, barred, rules, levels)
        found = Located(snapshot, there)
        size = found.sizes()
        crowded = size > params.max_fan_out
        hubs.update(there[crowded].tolist())
        kept = _within(
            snapshot, there, amount, size, ~crowded, params.max_explored - explored + own
        )
        if left := int((~kept & ~crowded).sum()):
            ended = "max_explored"
        made = found.statements(kept, at)
        explored += len(made.row)
        unknown += made.unknown
        hops, pieces = _next(made, last, pieces, rules)
        if rules.attribution == "any":
            fresh = ~np.isin(hops.row, seen)
            hops = _taken(hops, fresh)
            seen = np.concatenate([seen, hops.row])
        levels.append(hops)
    if not len(levels[-1].row) and len(levels) > 1:
        levels.pop()
    return Trace(levels, frozenset(hubs), explored, ended, left, unknown)


def _first(made: Statements, starts: I64, seeds: I64 | None, rules: Rules) -> Hops:
    """What left the starts (reached them, backwards)."""
    mine = _followed(made, rules) & ~np.isin(made.other, starts)
    if seeds is not None:
        mine &= np.isin(made.row, seeds)
    lines = np.flatnonzero(mine)
    lines = lines[made.value[lines] >= _least(made, rules)[made.pool[lines]]]
    return _hops(made, lines, made.value[lines], np.full(len(lines), -1))


def _followed(made: Statements, rules: Rules) -> Bools:
    """The lines that a trace may go on over."""
    kept = (made.out != rules.back) & np.isin(made.code, rules.codes)
    return np.asarray(kept & (made.time >= rules.since) & (made.time < rules.until), np.bool_)


def _least(made: Statements, rules: Rules) -> F64:
    """The smallest amount that is followed, by pool."""
    return np.array([rules.least * 10 ** exponent(name) for name in made.currency], np.float64)


def _hops(made: Statements, lines: I64, traced: Numbers, parent: I64) -> Hops:
    names = np.array(made.currency or [CNY])
    return Hops(
        made.row[lines], made.subject[made.pool[lines]], made.other[lines], names[made.pool[lines]],
        made.time[lines], made.value[lines], traced, parent,
    )  # fmt: skip


def _taken(hops: Hops, kept: Bools) -> Hops:
    parts: tuple[Any, ...] = tuple(part[kept] for part in hops)
    return Hops(*parts)


def _reached(
    snapshot: Snapshot, last: Hops, barred: I64, rules: Rules, levels: list[Hops]
) -> tuple[I64, F64]:
    """The accounts that a level reached and that may be gone through, with what reached them."""
    there, which = np.unique(last.far, return_inverse=True)
    amount = np.bincount(which, weights=last.traced.astype(np.float64))
    keep = (snapshot.nodes.kind[there] == _ACCOUNT) & ~np.isin(there, barred)
    if rules.any_order:  # what reaches it later can go on no other way than what did before
        keep &= ~np.isin(there, np.concatenate([hops.far for hops in levels[:-1]] or [there[:0]]))
    return there[keep], amount[keep]


def _within(
    snapshot: Snapshot, there: I64, amount: F64, size: I64, open_: Bools, most: int
) -> Bools:
    """Which of the accounts that are open to go through where all of them would be too many: those
    of most money, as far as they fit."""
    if int(size[open_].sum()) <= most:
        return open_
    kept = np.zeros(len(there), np.bool_)
    names = np.array(snapshot.canonicals(there.tolist()))
    wide = size.tolist()
    for at in np.lexsort((names, -amount)).tolist():
        if open_[at] and wide[at] <= most:
            kept[at] = True
            most -= wide[at]
    return kept


def _next(made: Statements, last: Hops, pieces: Pieces, rules: Rules) -> tuple[Hops, Pieces]:
    """What the hops of a level went on as, through the accounts that were looked at."""
    near = np.flatnonzero(made.out == rules.back)
    order = np.argsort(last.row, kind="stable")
    place = np.searchsorted(last.row[order], made.row[near])
    place = order[np.minimum(place, len(order) - 1)]
    met = last.row[place] == made.row[near]
    line = np.full(len(last.row), -1)
    line[place[met]] = near[met]
    hit = line >= 0
    hop = np.full(len(made.row), -1)
    hop[line[hit]] = np.flatnonzero(hit)
    if rules.attribution == "fifo":
        return _by_fifo(made, line, hop, pieces, rules)
    weight = np.zeros(len(made.row))
    weight[line[hit]] = last.traced[hit]
    moment = np.zeros(len(made.row), np.int64) if rules.any_order else made.time
    lines = Lines(
        made.begins, moment, made.value, made.total, made.after, weight, _followed(made, rules),
        _least(made, rules),
    )  # fmt: skip
    traced, parent = carried(
        lines, back=rules.back, reach=rules.attribution == "any", ratio=rules.ratio,
        later=rules.later, window=rules.window,
    )  # fmt: skip
    found = np.flatnonzero(traced > 0)
    amount = made.value[found] if rules.attribution == "any" else traced[found]
    return _hops(made, found, amount, hop[parent[found]]), pieces


def _by_fifo(
    made: Statements, line: I64, hop: I64, pieces: Pieces, rules: Rules
) -> tuple[Hops, Pieces]:
    mine = line[pieces.of] >= 0
    given = Pieces(line[pieces.of[mine]], pieces.lo[mine], pieces.hi[mine])
    how = Fifo(_followed(made, rules), _least(made, rules), rules.window)
    found, source = passed(made, given, back=rules.back, rules=how)
    lines, which = np.unique(found.of, return_inverse=True)
    wide = found.hi - found.lo
    traced = np.zeros(len(lines), wide.dtype)
    np.add.at(traced, which, wide)
    # Of parts that came by one hop, the sum; the hop of most, then the one that came first.
    came = hop[given.of[source]]
    pairs, at = np.unique(np.column_stack([which, given.of[source]]), axis=0, return_inverse=True)
    sums = np.zeros(len(pairs), wide.dtype)
    np.add.at(sums, at.reshape(-1), wide)
    order = np.lexsort((pairs[:, 1], -sums, pairs[:, 0]))
    best = order[np.searchsorted(pairs[order, 0], np.arange(len(lines)))]
    parent = hop[pairs[best, 1]] if len(lines) else came
    return _hops(made, lines, traced, parent), Pieces(which, found.lo, found.hi)


def window_of(days: float | None) -> int:
    """A window in microseconds."""
    return _ALWAYS if days is None else int(days * DAY)


def codes_of(kinds: list[str]) -> I64:
    """The codes of kinds of payment. Raises WrongUsage where one moves no money."""
    from graph.errors import WrongUsage

    for kind in kinds:
        if kind not in MONEY:
            raise WrongUsage(f"kinds: {kind[:40]} is no payment: one of {', '.join(MONEY)}")
    return np.array([CODES[kind] for kind in kinds], np.int64)
