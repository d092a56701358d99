"""The votes that decide over control, read out of a snapshot and put in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from algorithms.ownership.holdings import KIND, Reader, Rows, votes_of
from algorithms.ownership.votes import CEILING, HALF, I64, Votes

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class Table(NamedTuple):
    """Holdings with votes, one a row: owner, owned (subjects), units of 1e-15, whether finer."""

    row: I64
    src: I64
    dst: I64
    units: I64
    finer: I64
    absent: I64  # rows of holdings without votes or share, left out


@dataclass(slots=True)
class Ballots:
    """Votes among subjects numbered in the order of their canonical ids."""

    names: list[str]
    place: dict[int, int]  # subject of the snapshot -> number here
    votes: Votes
    total: I64  # of company v, every known vote in it
    candidates: I64  # who holds over half of some company alone, or might: ascending
    cut: bool  # a bound left holdings out


def everything(reader: Reader) -> Table:
    """All holdings. Linear in them."""
    snapshot = reader.snapshot
    rows = np.sort(snapshot.rows(KIND, reader.at))
    units = snapshot.columns.value[rows]
    finer = np.zeros(len(rows), np.int64)
    for row, extra in snapshot.extras(KIND):
        at = int(np.searchsorted(rows, row))
        if at < len(rows) and rows[at] == row:
            votes, exact = votes_of(extra, int(units[at]))
            units[at] = -1 if votes is None else votes
            finer[at] = not exact
    return _table(reader, rows, units, finer)


def some(reader: Reader, rows: Rows) -> Table:
    """These holdings."""
    units = reader.graph.cols.value[rows]
    finer = np.zeros(len(rows), np.int64)
    extra = reader.snapshot.extra
    for at, row in enumerate(rows.tolist()):
        if carried := extra(row):
            votes, exact = votes_of(carried, int(units[at]))
            units[at] = -1 if votes is None else votes
            finer[at] = not exact
    return _table(reader, rows, units, finer)


def _table(reader: Reader, rows: Rows, units: I64, finer: I64) -> Table:
    cols, rep = reader.graph.cols, reader.graph.nodes.rep
    known = (units > 0) | (finer > 0)
    kept = rows[known]
    src, dst = (rep[end[kept]].astype(np.int64) for end in (cols.src, cols.dst))
    return Table(kept, src, dst, units[known], finer[known], rows[units < 0])


def under(reader: Reader, x: int) -> Table:
    """All holdings of the companies that x controls, or nearly: votes of x and of these in them."""
    votes: dict[int, int] = {}
    slack: dict[int, int] = {}
    group = {x: None}
    level, absent = [x], []
    while level:
        table = some(reader, reader.rows(level, down=True))
        absent.append(table.absent)
        for y, units, finer in zip(*(c.tolist() for c in table[2:5]), strict=True):
            votes[y] = votes.get(y, 0) + units
            slack[y] = slack.get(y, 0) + finer
        level = [y for y in votes if y not in group and votes[y] + slack[y] > HALF]
        group.update(dict.fromkeys(level))
    controlled = [y for y in group if y != x]
    found = some(reader, reader.rows(controlled, down=False))
    return found._replace(absent=np.unique(np.concatenate([*absent])))


def over(reader: Reader, y: int, max_nodes: int) -> tuple[Table, bool]:
    """All holdings of y and above it that can decide over y, and whether a bound cut them.

    Where the known votes of a company are not over half of it, nobody controls it, and its owners
    do not matter.
    """
    seen = {y: None}
    level = [y]
    tables: list[Table] = []
    while level:
        if len(seen) > max_nodes:
            return _joined(tables), True
        table = some(reader, reader.rows(level, down=False))
        tables.append(table)
        companies, at = np.unique(table.dst, return_inverse=True)
        decided = companies[_sums(table.units, at) + _sums(table.finer, at) > HALF]
        owners = np.unique(table.src[np.isin(table.dst, decided)]).tolist()
        level = [u for u in owners if u not in seen]
        seen.update(dict.fromkeys(level))
    return _joined(tables), False


def _joined(tables: list[Table]) -> Table:
    return Table(*(np.concatenate(columns) for columns in zip(*tables, strict=True)))


def _sums(values: I64, group: I64) -> I64:
    """Sums by group, groups numbered from 0 without gaps; they stop at the ceiling."""
    if not len(values):
        return np.zeros(0, np.int64)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    exact = np.add.reduceat(values[order], starts)
    return np.where(np.bincount(group, values) > CEILING, CEILING, exact)


def arrange(snapshot: Snapshot, table: Table, *, cut: bool) -> Ballots:
    """The part of the holdings that can decide over anything, as arrays for the fixpoint.

    Left out are holdings in companies whose votes are not over half known, and those of owners
    that neither hold over half of anything alone nor can be controlled. O(m log m).
    """
    companies, dst = np.unique(table.dst, return_inverse=True)
    total, slack = _sums(table.units, dst), _sums(table.finer, dst)
    within = np.flatnonzero((total + slack > HALF)[dst])
    order = within[np.lexsort((table.row[within], dst[within], table.src[within]))]
    src, to = table.src[order], dst[order]
    fresh = (np.diff(src, prepend=-1) != 0) | (np.diff(to, prepend=-1) != 0)
    units = _sums(table.units[order], np.cumsum(fresh) - 1)
    lo = np.flatnonzero(fresh)
    hi = np.append(lo[1:], len(order))[: len(lo)]
    src, to = src[lo], to[lo]
    strong = (units + slack[to] > HALF) & (src != companies[to])
    movers = np.union1d(src[strong], companies[total + slack > HALF])
    kept = np.isin(src, movers)
    src, to, units, lo, hi, strong = (c[kept] for c in (src, to, units, lo, hi, strong))
    owned = companies[to]
    nodes = np.union1d(src, owned)
    names, rank = _ranked(snapshot, nodes)
    u, v = rank[np.searchsorted(nodes, src)], rank[np.searchsorted(nodes, owned)]
    rows = table.row[order]
    for at in np.flatnonzero(hi - lo > 1).tolist():
        rows[lo[at] : hi[at]] = sorted(rows[lo[at] : hi[at]].tolist(), key=snapshot.fact_id)
    by_company = {"total": np.zeros(len(nodes), np.int64), "slack": np.zeros(len(nodes), np.int64)}
    by_company["total"][v], by_company["slack"][v] = total[to], slack[to]
    return Ballots(
        names,
        dict(zip(nodes.tolist(), rank.tolist(), strict=True)),
        _indexed(len(nodes), (u, v, units, lo, hi), rows, by_company["slack"]),
        by_company["total"],
        np.unique(u[strong]),
        cut,
    )


def _ranked(snapshot: Snapshot, nodes: I64) -> tuple[list[str], I64]:
    """Canonical ids in order, and for each node its place among them."""
    named = sorted(zip(map(snapshot.canonical, nodes.tolist()), range(len(nodes)), strict=True))
    rank = np.empty(len(nodes), np.int64)
    rank[[at for _, at in named]] = np.arange(len(nodes))
    return [name for name, _ in named], rank


def _indexed(n: int, edges: tuple[I64, I64, I64, I64, I64], rows: I64, slack: I64) -> Votes:
    u, v, units, lo, hi = edges
    bounds = np.arange(n + 1)
    down = np.lexsort((v, u))
    up = np.lexsort((u, -units, v))
    return Votes(
        np.searchsorted(u[down], bounds).astype(np.int64),
        v[down].astype(np.int32),
        units[down],
        np.searchsorted(v[up], bounds).astype(np.int64),
        u[up].astype(np.int32),
        units[up],
        lo[up].astype(np.int64),
        hi[up].astype(np.int64),
        rows,
        slack,
    )
