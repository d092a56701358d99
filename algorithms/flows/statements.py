"""Statements of accounts: all the money in and out of some subjects, in order of time, with the
balances that it implies.

Gathered by arrays, for a trace asks for thousands of accounts at once: the work is in proportion to
what they have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.flows.currency import currencies
from graph.model import CODES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.columns import Index
    from graph.snapshot import Snapshot

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]

MONEY: Final = ("transfer", "withdrawal", "deposit", "repay")  # whatever moves a balance
_NOTHING: Final = np.empty(0, np.int64)
SAFE: Final = 2.0**62  # sums past this would not fit into 64 bits: they are floats then


class Statements(NamedTuple):
    """Lines of pools, by pool, time, larger amounts first; a pool is a subject in one currency.

    Lines `begins[p]:begins[p + 1]` are pool p's. `total` is what was in the pool at the moment of a
    line, all that came in that moment included, and `after` what was left when all that went out in
    that moment had gone.
    """

    begins: I64
    subject: I64  # of pools
    currency: list[str]  # of pools
    opening: Numbers  # of pools
    pool: I64
    row: I64
    out: Bools
    other: I64
    time: I64
    value: I64
    code: I64
    total: Numbers
    after: Numbers
    unknown: int  # lines left out: no amount, or not a positive one


class _Spans(NamedTuple):
    """Positions lo..hi of records' relations in an index; `way` is out of them or into them."""

    positions: Index
    code: int
    out: bool
    owner: I64
    lo: I64
    hi: I64


class Located:
    """Where the payments of subjects (ascending) stand in the indexes of a snapshot."""

    def __init__(self, snapshot: Snapshot, subjects: I64) -> None:
        self.subjects = subjects
        self._snapshot = snapshot
        self._spans = list(_spans(snapshot, subjects))

    def sizes(self) -> I64:
        """How many payments each subject has, of any time, known or not."""
        count = np.zeros(len(self.subjects), np.int64)
        for span in self._spans:
            np.add.at(count, span.owner, span.hi - span.lo)
        return count

    def statements(self, kept: Bools, at: int) -> Statements:
        """The statements of those of the subjects that are kept, up to an instant (µs).

        All kinds of money count, whatever a question follows, for they make the balance. What is in
        a pool before its first line is not known: the opening balance is the least that lets every
        payment be made. A payment of a subject to itself is none. O(n log n) in the lines.
        """
        snapshot, cols, rep = self._snapshot, self._snapshot.columns, self._snapshot.nodes.rep
        place = np.cumsum(kept) - 1
        parts = [_lines(span, kept, place) for span in self._spans]
        parts.append((_NOTHING, _NOTHING, _NOTHING.astype(np.bool_), _NOTHING))
        row, owner, out, code = map(np.concatenate, zip(*parts, strict=True))
        other = rep[np.where(out, cols.dst[row], cols.src[row])].astype(np.int64)
        value = cols.value[row]
        subjects = self.subjects[kept]
        keep = (cols.rec[row] <= snapshot.batch) & (cols.ret[row] > snapshot.batch)
        keep &= (cols.vf[row] <= at) & (other != subjects[owner])
        unknown = int((keep & (value <= 0)).sum())
        keep &= value > 0
        return _ordered(
            snapshot, subjects, owner[keep], row[keep], out[keep], other[keep], value[keep],
            code[keep], unknown,
        )  # fmt: skip


def statements(snapshot: Snapshot, subjects: I64, at: int) -> Statements:
    """The statements of subjects (ascending) up to an instant (µs); see `Located.statements`."""
    return Located(snapshot, subjects).statements(np.ones(len(subjects), np.bool_), at)


def _lines(span: _Spans, kept: Bools, place: I64) -> tuple[I64, I64, Bools, I64]:
    """The rows of a span whose subjects are kept, whose each is, and what the span is of."""
    mine = kept[span.owner]
    lo, counts, owner = span.lo[mine], (span.hi - span.lo)[mine], place[span.owner[mine]]
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    rows = np.arange(total) + np.repeat(lo - ends + counts, counts)
    if len(span.positions.order):
        rows = span.positions.order[rows].astype(np.int64)
    return rows, np.repeat(owner, counts), np.full(total, span.out), np.full(total, span.code)


def _ordered(
    snapshot: Snapshot,
    subjects: I64,
    owner: I64,
    row: I64,
    out: Bools,
    other: I64,
    value: I64,
    code: I64,
    unknown: int,
) -> Statements:
    """Lines by pool and time, with their balances."""
    names, tongue = currencies(snapshot, row)
    pool = owner * len(names) + tongue
    there = np.zeros(len(subjects) * len(names), np.bool_)
    there[pool] = True
    keys, pool = np.flatnonzero(there), (np.cumsum(there) - 1)[pool]
    time = snapshot.columns.vf[row]
    order = np.lexsort((time, pool))
    order = order[_alike(snapshot, pool[order], time[order], out[order], value[order], row[order])]
    pool, row, out, other = pool[order], row[order], out[order], other[order]
    time, value, code = time[order], value[order], code[order]
    begins = np.searchsorted(pool, np.arange(len(keys) + 1))
    opening, total, after = _balances(begins, pool, time, out, value)
    return Statements(
        begins, subjects[keys // len(names)], [names[key] for key in keys % len(names)], opening,
        pool, row, out, other, time, value, code, total, after, unknown,
    )  # fmt: skip


def _balances(
    begins: I64, pool: I64, time: I64, out: Bools, value: I64
) -> tuple[Numbers, Numbers, Numbers]:
    """The least opening balances of pools, and `total` and `after` of their lines."""
    pools = len(begins) - 1
    if not len(pool):
        return np.zeros(pools, np.int64), value, value
    fits = float(value.astype(np.float64).sum()) < SAFE
    money = value if fits else value.astype(np.float64)
    fresh = np.ones(len(pool), np.bool_)
    fresh[1:] = (pool[1:] != pool[:-1]) | (time[1:] != time[:-1])
    moment = np.flatnonzero(fresh)
    of = np.cumsum(fresh) - 1
    came = np.add.reduceat(np.where(out, 0, money), moment)
    went = np.add.reduceat(np.where(out, money, 0), moment)
    whose = pool[moment]
    first = np.searchsorted(whose, np.arange(pools))
    there = first < np.append(first[1:], len(whose))
    run = np.cumsum(came - went)
    before = run - (came - went)
    run = run - before[first[np.minimum(whose, pools - 1)]]
    least = np.zeros(pools, money.dtype)
    least[there] = np.minimum(np.minimum.reduceat(run, first[there]), 0)
    opening = -least
    after = run + opening[whose]
    return opening, (after + went)[of], after[of]


def _alike(snapshot: Snapshot, pool: I64, time: I64, out: Bools, value: I64, row: I64) -> I64:
    """An order in which lines of one moment stand by amount, then by the names of their facts."""
    order = np.arange(len(row))
    same = np.zeros(len(row), np.bool_)
    same[1:] = (pool[1:] == pool[:-1]) & (time[1:] == time[:-1])
    if not same.any():
        return order
    moment = np.cumsum(~same)
    alike = np.flatnonzero(same | np.append(same[1:], False))
    inner = alike[np.lexsort((out[alike], -value[alike], moment[alike]))]
    equal = np.zeros(len(inner), np.bool_)
    equal[1:] = (moment[inner[1:]] == moment[inner[:-1]]) & (value[inner[1:]] == value[inner[:-1]])
    equal[1:] &= out[inner[1:]] == out[inner[:-1]]
    if equal.any():
        run = np.cumsum(~equal)
        twin = np.flatnonzero(equal | np.append(equal[1:], False))
        names = np.array(snapshot.fact_ids(row[inner[twin]].tolist()))
        inner[twin] = inner[twin[np.lexsort((names, run[twin]))]]
    order[alike] = inner
    return order


def _spans(snapshot: Snapshot, subjects: I64) -> Iterator[_Spans]:
    """Where the payments of subjects stand in the indexes."""
    nodes, owners = _members(snapshot, subjects)
    for out, indexes in ((True, snapshot.out), (False, snapshot.into)):
        for index in indexes:
            for kind in MONEY:
                code = CODES[kind]
                low, high = int(index.start[code]), int(index.start[code + 1])
                if low == high:
                    continue
                listed = index.nodes[low:high]
                place = np.searchsorted(listed, nodes.astype(np.int32))
                hit = listed[np.minimum(place, high - low - 1)] == nodes
                if hit.any():
                    found = place[hit] + low
                    lo, hi = (index.ptr[found + more].astype(np.int64) for more in (0, 1))
                    yield _Spans(index, code, out, owners[hit], lo, hi)


def _members(snapshot: Snapshot, subjects: I64) -> tuple[I64, I64]:
    """The record nodes of subjects, and which of the subjects each belongs to."""
    nxt = snapshot.nodes.nxt
    nodes, owners = [subjects], [np.arange(len(subjects))]
    at, whose = nxt[subjects].astype(np.int64), owners[0]
    while (more := at != subjects[whose]).any():
        at, whose = at[more], whose[more]
        nodes.append(at)
        owners.append(whose)
        at = nxt[at].astype(np.int64)
    return np.concatenate(nodes), np.concatenate(owners)
