"""What is known about each payment beside its amount: who employs, owns or is of one group with
whom, and whether the two pay each other again and again. One pass over all payments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.ascending import among, distinct
from algorithms.flows.holders import Holders
from graph.columns import I32, I64
from graph.deadline import check
from graph.times import DAY

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

Mask = npt.NDArray[np.bool_]

_APART: Final = 20 * DAY  # payments further apart than this are of different months
_REGULAR: Final = 3  # so many months make a habit


class Ties(NamedTuple):
    """Of each payment: wages (the payer's holder employs the receiver's), owners (either holder has
    a share in the other), kin (both accounts of one group, family or owner), regular (the two do
    this in three months or more), lone (the only payment between the two this way), mutual (they
    pay each other the other way, too)."""

    wages: Mask
    owners: Mask
    kin: Mask
    regular: Mask
    lone: Mask
    mutual: Mask


def ties(snapshot: Snapshot, held: Holders, rows: I64, at: int) -> Ties:
    """The ties of these payments, as known by `at`. O(n log n)."""
    cols, rep, n = snapshot.columns, snapshot.nodes.rep, snapshot.n
    src, dst = rep[cols.src[rows]], rep[cols.dst[rows]]
    check()
    payer, payee = held.of[src], held.of[dst]
    known = (payer >= 0) & (payee >= 0)
    there = np.where(known, payer.astype(np.int64) * n + payee, -1)
    back = np.where(known, payee.astype(np.int64) * n + payer, -1)
    check()
    shares = _pairs(snapshot, "shareholder", at)
    group = held.group[src]
    check()
    regular, lone = _habits(src, dst, cols.vf[rows], n)
    other_way = distinct(dst.astype(np.int64) * n + src)
    return Ties(
        wages=among(there, _pairs(snapshot, "employs", at)),
        owners=among(there, shares) | among(back, shares),
        kin=(group >= 0) & (group == held.group[dst]),
        regular=regular,
        lone=lone,
        mutual=among(src.astype(np.int64) * n + dst, other_way),
    )


def employers(snapshot: Snapshot, held: Holders, rows: I64, at: int) -> Mask:
    """Of each record, whether it is an account that paid wages by one of these payments."""
    cols, rep, n = snapshot.columns, snapshot.nodes.rep, snapshot.n
    jobs = _pairs(snapshot, "employs", at)
    employs = np.zeros(n + 1, np.bool_)  # the last one: nobody
    employs[jobs // n] = True
    src = rep[cols.src[rows]]
    check()
    some = employs[held.of[src]]
    src, payee = src[some], held.of[rep[cols.dst[rows[some]]]]
    found = np.zeros(n, np.bool_)
    key = np.where(payee >= 0, held.of[src].astype(np.int64) * n + payee, -1)
    found[src[among(key, jobs)]] = True
    return found


def _pairs(snapshot: Snapshot, kind: str, at: int) -> I64:
    """Both ends of every relation of a kind that has been so by `at`, as one sorted number."""
    cols, rep = snapshot.columns, snapshot.nodes.rep
    rows = snapshot.rows(kind)
    rows = rows[cols.vf[rows] <= at]
    return distinct(rep[cols.src[rows]].astype(np.int64) * snapshot.n + rep[cols.dst[rows]])


def _habits(src: I32, dst: I32, when: I64, n: int) -> tuple[Mask, Mask]:
    key = src.astype(np.int64) * n + dst
    order = np.argsort(when, kind="stable").astype(np.int32)
    check()
    order = order[np.argsort(key[order], kind="stable")]
    check()
    key, when = key[order], when[order]
    check()
    fresh = np.ones(len(key), np.bool_)
    fresh[1:] = key[1:] != key[:-1]
    apart = fresh.copy()
    apart[1:] |= when[1:] - when[:-1] > _APART
    begins = np.flatnonzero(fresh)
    pair = np.cumsum(fresh, dtype=np.int32) - np.int32(1)
    check()
    months = np.add.reduceat(apart.astype(np.int32), begins) if len(begins) else begins
    count = np.diff(np.append(begins, len(key)))
    regular, lone = np.empty(len(key), np.bool_), np.empty(len(key), np.bool_)
    regular[order] = (months >= _REGULAR)[pair]
    lone[order] = (count == 1)[pair]
    return regular, lone
