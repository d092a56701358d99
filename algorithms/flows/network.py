"""A network of payments between subjects, packed for search: only what a question asks about."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.deadline import check
from graph.money import exponent

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_FAR: Final = 2**60
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]


class Network(NamedTuple):
    """Edges between nodes 0..n-1, by their start and time, and again by their end and time.

    Nodes are numbered by how many edges they have, those with fewest first.
    """

    out_ptr: I64
    out_to: I32
    out_time: I64
    in_ptr: I64
    in_from: I32
    in_time: I64


class Payments(NamedTuple):
    """A network and what its nodes and edges are in the snapshot.

    Edge e stands for the relations `row[first[e]:first[e + 1]]`, in order of time: one relation an
    edge, or, in a network without time, all those from one node to another.
    """

    net: Network
    subject: I32
    first: I64
    row: I64

    def place(self, subject: int) -> int | None:
        """The node of a subject; None where it neither pays nor is paid."""
        found = np.flatnonzero(self.subject == subject)
        return int(found[0]) if len(found) else None


def payments(snapshot: Snapshot, rows: I64, *, timed: bool) -> Payments:
    """Pack relations, ascending, into a network; a payment of a subject to itself is left out.

    Time: sorting the rows.
    """
    rep, cols = snapshot.nodes.rep, snapshot.columns
    check()
    src, dst = rep[cols.src[rows]], rep[cols.dst[rows]]
    check()
    keep = src != dst
    rows, src, dst = rows[keep], src[keep], dst[keep]
    time = np.clip(cols.vf[rows], -_FAR, _FAR)  # sums and differences of times must not overflow
    return packed(len(rep), rows, src, dst, time, timed=timed)


def packed(n: int, rows: I64, src: I32, dst: I32, time: I64, *, timed: bool) -> Payments:
    """Pack relations between different subjects below n into a network; times within 2**60."""
    subject, place = _by_degree(n, src, dst)
    src, dst = place[src], place[dst]
    check()
    order = np.argsort(time, kind="stable")
    check()
    if not timed:
        order = order[np.argsort(dst[order], kind="stable")]
        check()
    order = order[np.argsort(src[order], kind="stable")]
    check()
    rows, src, dst, time = rows[order], src[order], dst[order], time[order]
    first = np.arange(len(rows) + 1)
    if not timed:
        fresh = np.ones(len(rows), np.bool_)
        fresh[1:] = (src[1:] != src[:-1]) | (dst[1:] != dst[:-1])
        begins = np.flatnonzero(fresh)
        first = np.append(begins, len(rows))
        src, dst, time = src[begins], dst[begins], np.zeros(len(begins), np.int64)
    return Payments(_network(len(subject), src, dst, time), subject, first, rows)


def _by_degree(n: int, src: I32, dst: I32) -> tuple[I32, I32]:
    """The subjects that have payments, those with fewest first, and the place of each."""
    degree = np.bincount(src, minlength=n) + np.bincount(dst, minlength=n)
    there = np.flatnonzero(degree)
    subject = there[np.argsort(degree[there], kind="stable")].astype(np.int32)
    place = np.full(n, -1, np.int32)
    place[subject] = np.arange(len(subject), dtype=np.int32)
    return subject, place


def _network(n: int, src: I32, dst: I32, time: I64) -> Network:
    check()
    back = np.argsort(time, kind="stable")
    check()
    back = back[np.argsort(dst[back], kind="stable")]
    check()
    steps = np.arange(n + 1)
    return Network(
        np.searchsorted(src, steps).astype(np.int64),
        dst,
        time,
        np.searchsorted(dst[back], steps).astype(np.int64),
        src[back],
        time[back],
    )


def at_least(snapshot: Snapshot, rows: I64, amount: float) -> I64:
    """The rows of at least an amount, in whole units of their own currency."""
    least = np.full(len(rows), _minor(amount, 2), np.int64)
    said = snapshot.currencies(rows)
    odd = {row: digits for row, coin in said.items() if (digits := exponent(coin)) != 2}
    for i in np.flatnonzero(np.isin(rows, np.array(sorted(odd), np.int64))).tolist():
        least[i] = _minor(amount, odd[int(rows[i])])
    return rows[snapshot.columns.value[rows] >= least]


def _minor(amount: float, digits: int) -> int:
    return math.ceil(Decimal(str(amount)).scaleb(digits))
