"""From a question about control to its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from msgspec import UNSET, UnsetType

from algorithms.ownership import ballots, votes
from algorithms.ownership.ballots import Ballots, Table
from algorithms.ownership.control import ControlParams, ControlRow
from algorithms.ownership.holdings import Reader, exact_votes
from algorithms.ownership.linear import Clock, OutOfTimeError
from algorithms.ownership.register import TOLERANCE
from algorithms.ownership.votes import DOUBT, I64, PAUSED, SHOWN, Found
from algorithms.registry import Result, Truncated
from graph.model import SHARE_UNIT
from graph.times import day_end, today

if TYPE_CHECKING:
    from fractions import Fraction

    from graph.snapshot import Snapshot

_EASY = (50_000, 200)  # edges, and companies of one controller, before compiled code is worth it
_HEAVY = 50_000_000  # edges between two looks at the clock, compiled
_PAIRS = 65_536  # found at a time, between two looks at the clock


def answer(snapshot: Snapshot, params: ControlParams) -> Result[ControlRow]:
    """See `control`."""
    reader = Reader(snapshot, day_end(params.as_of or today()))
    clock = Clock(params.time_limit)
    x = None if params.controller is None else snapshot.resolve(params.controller)
    y = None if params.target is None else snapshot.resolve(params.target)
    table, cut = _read(reader, x, y, params.max_nodes)
    arranged = ballots.arrange(snapshot, table, cut=cut)
    limit, size = ("max_nodes", params.max_nodes) if cut else (None, None)
    rows: list[ControlRow] = []
    if (x is None or x in arranged.place) and (y is None or y in arranged.place):
        xs = arranged.candidates if x is None else np.array([arranged.place[x]])
        only = -1 if y is None else arranged.place[y]
        try:
            for row in _rows(reader, arranged, xs, only, clock):
                if len(rows) == params.max_rows:
                    limit, size = "max_rows", params.max_rows
                    break
                rows.append(row)
        except OutOfTimeError:
            limit, size = "time_limit", None
    truncated = (
        None if limit is None else Truncated(reason=limit, explored=len(arranged.names), limit=size)
    )
    return Result(results=rows, truncated=truncated, notes=_notes(snapshot, table))


def _read(reader: Reader, x: int | None, y: int | None, max_nodes: int) -> tuple[Table, bool]:
    if x is not None:
        return ballots.under(reader, x), False
    if y is not None:
        return ballots.over(reader, y, max_nodes)
    return ballots.everything(reader), False


def _rows(
    reader: Reader, arranged: Ballots, xs: I64, only: int, clock: Clock
) -> Iterator[ControlRow]:
    """Rows by controller and controlled."""
    for found, pairs in counted(reader, arranged, xs, only, clock):
        yield from _shown(reader.snapshot, arranged, found, pairs)


def counted(
    reader: Reader, arranged: Ballots, xs: I64, only: int, clock: Clock
) -> Iterator[tuple[Found, int]]:
    """Pairs of controllers `xs` and companies that they control (`only` one of them, -1: all), a
    room at a time: each is written over by the next. Raises OutOfTimeError."""
    graph, n = arranged.votes, len(arranged.names)
    scratch, found = votes.scratch(n), votes.room(n + min(_PAIRS, n * len(xs)))
    sweep, bounds = votes.sweep.__call__, (only, *_EASY)
    values = reader.graph.cols.value
    carried = reader.snapshot.extra

    def weigh(row: int) -> Fraction:
        return exact_votes(carried(row), int(values[row]))

    while len(xs):
        clock.check()
        done, pairs, why = sweep(graph, scratch, xs, bounds, found)
        yield found, pairs
        xs = xs[done:]
        if why == DOUBT:
            votes.exactly(graph, int(xs[0]), scratch, weigh)
            yield found, votes.emit(graph, scratch, (int(xs[0]), only), found, 0)
            xs = xs[1:]
        elif why == PAUSED:
            sweep, bounds = votes.sweep.hot, (only, _HEAVY, n)


def _shown(snapshot: Snapshot, arranged: Ballots, found: Found, pairs: int) -> Iterator[ControlRow]:
    names, total = arranged.names, arranged.total.tolist()
    order = np.lexsort((found.y[:pairs], found.x[:pairs]))
    columns = (c[:pairs][order].tolist() for c in (found.x, found.y, found.votes, found.total))
    facts = _facts(snapshot, found, order)
    first = 0
    for x, y, units, count in zip(*columns, strict=True):
        last = first + min(count, SHOWN)
        value: float | None = units / max(total[y], SHARE_UNIT)
        reason: str | UnsetType = UNSET
        least: float | UnsetType = UNSET
        if total[y] > SHARE_UNIT + TOLERANCE:
            value = None
            reason = f"votes in {names[y]} sum to {total[y] / SHARE_UNIT:.12g}, over 1"
        elif arranged.cut:
            least = units / max(total[y], SHARE_UNIT)
            value = None
            reason = "the search ended at max_nodes: votes are at least `at_least`"
        yield ControlRow(
            controller=names[x],
            controlled=names[y],
            votes=value,
            facts=facts[first:last],
            facts_total=count if count > SHOWN else UNSET,
            reason=reason,
            at_least=least,
        )
        first = last


def _facts(snapshot: Snapshot, found: Found, order: I64) -> list[str]:
    """The facts of all pairs in order, end to end; the id of each holding is made once."""
    table = found.facts[: len(order) * SHOWN].reshape(-1, SHOWN)[order]
    rows = table[np.arange(SHOWN) < found.total[order, None]]
    each, at = np.unique(rows, return_inverse=True)
    ids = snapshot.fact_ids(each.tolist())
    return [ids[i] for i in at.tolist()]


def _notes(snapshot: Snapshot, table: Table) -> list[str]:
    if not len(table.absent):
        return []
    n = len(table.absent)
    shown = ""
    if n <= 1000:
        shown = ": " + ", ".join(sorted(snapshot.fact_ids(table.absent.tolist()))[:SHOWN])
    return [f"{n} holdings without votes or a share were left out{shown}"]
