"""Who uses, joins or pays what: subjects on one side, items on the other, each pair once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from graph.columns import I32, I64
from graph.deadline import check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.snapshot import Snapshot


class Bipartite(NamedTuple):
    """`left` and `right` are subjects, ascending, each the end of some relation.

    The items of `left[u]` are `to[ptr[u]:ptr[u + 1]]`, ascending, and the users of `right[i]` are
    `back[back_ptr[i]:back_ptr[i + 1]]`, ascending; both by place. Edge e of `to` stands for the
    relations `row[first[e]:first[e + 1]]`, parallel ones together.
    """

    left: I32
    right: I32
    ptr: I64
    to: I32
    back_ptr: I64
    back: I32
    first: I64
    row: I64

    def place(self, subject: int) -> int | None:
        """Where a subject is among those on the left; None where it is not."""
        at = int(np.searchsorted(self.left, subject))
        return at if at < len(self.left) and int(self.left[at]) == subject else None

    def rows_of(self, users: I64, items: set[int] | None = None) -> list[int]:
        """The relations of these users (of these items alone, where given), ascending."""
        found: list[int] = []
        for user in users.tolist():
            for edge in range(int(self.ptr[user]), int(self.ptr[user + 1])):
                if items is None or int(self.to[edge]) in items:
                    found += self.row[int(self.first[edge]) : int(self.first[edge + 1])].tolist()
        return sorted(found)


def bipartite(snapshot: Snapshot, kinds: Iterable[str], at: int) -> Bipartite:
    """From the relations of these kinds that are known and true at an instant (µs), by what leads
    from one side to the other; those of a subject with itself are left out. Time: sorting them."""
    return bipartite_of(snapshot, snapshot.rows(kinds, at))


def bipartite_of(snapshot: Snapshot, rows: I64) -> Bipartite:
    """As `bipartite`, of these relations."""
    rep, cols = snapshot.nodes.rep, snapshot.columns
    src, dst = rep[cols.src[rows]], rep[cols.dst[rows]]
    apart = src != dst
    rows, src, dst = rows[apart], src[apart], dst[apart]
    left, a = np.unique(src, return_inverse=True)
    check()
    right, b = np.unique(dst, return_inverse=True)
    check()
    key = a.astype(np.int64) * max(len(right), 1) + b
    order = np.argsort(key, kind="stable")
    check()
    key, row = key[order], rows[order]
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    user, item = np.divmod(key[begins], max(len(right), 1))
    check()
    back = user[np.argsort(item, kind="stable")].astype(np.int32)
    return Bipartite(
        left.astype(np.int32),
        right.astype(np.int32),
        starts(user, len(left)),
        item.astype(np.int32),
        starts(item, len(right)),
        back,
        np.append(begins, len(row)),
        row,
    )


def starts(owner: I64 | I32, n: int) -> I64:
    """Where the entries of each of n owners begin, and the end of all."""
    found = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=n), out=found[1:])
    return found
