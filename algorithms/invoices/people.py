"""The people and firms around companies, and the accounts that are theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.ascending import distinct
from graph.columns import I64

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

AROUND: Final = ("legal_representative", "officer", "controller", "shareholder")
STAFF: Final = "employs"
TIES: Final = ("kin", "nominee", "acts_in_concert")
Whole = npt.NDArray[np.signedinteger[Any]]


class Sets(NamedTuple):
    """A set for each key 0..n-1: `member[ptr[i]:ptr[i + 1]]`, ascending and without repeats."""

    ptr: I64
    member: I64

    def of(self, key: int) -> I64:
        """One of the sets."""
        return self.member[self.ptr[key] : self.ptr[key + 1]]


def sets(key: Whole, member: Whole, n: int) -> Sets:
    """Gather pairs into sets. O(n log n)."""
    pair = distinct((key.astype(np.int64) << 32) | member.astype(np.int64))
    ptr = np.searchsorted(pair, np.arange(n + 1, dtype=np.int64) << 32)
    return Sets(ptr.astype(np.int64), pair & (2**32 - 1))


def through(key: Whole, member: Whole, other: Sets) -> tuple[I64, I64]:
    """Pairs of each key with every member of the sets of its members."""
    size = other.ptr[member + 1] - other.ptr[member]
    start = np.repeat(other.ptr[member] - np.cumsum(size) + size, size)
    return np.repeat(key, size).astype(np.int64), other.member[start + np.arange(int(size.sum()))]


def around(snapshot: Snapshot, at: int, companies: Whole) -> Sets:
    """Around each of these companies: itself, who holds, represents, controls, runs or works for
    it, and who is kin to one of them, its nominee or acts in concert with it; as subjects, by the
    order of the companies. Relations count when true at the instant. Linear in these relations and
    what they give.
    """
    rep, cols, n = snapshot.nodes.rep, snapshot.columns, snapshot.n
    down, staff = snapshot.rows(AROUND, at), snapshot.rows(STAFF, at)
    both = snapshot.rows(TIES, at)
    firm = np.concatenate([rep[cols.dst[down]], rep[cols.src[staff]], companies])
    near = np.concatenate([rep[cols.src[down]], rep[cols.dst[staff]], companies])
    first = sets(firm, near, n)
    a, b = rep[cols.src[both]], rep[cols.dst[both]]
    tie = sets(np.concatenate([a, b]), np.concatenate([b, a]), n)
    key, who = through(np.arange(len(companies)), companies, first)
    tied, other = through(key, who, tie)
    return sets(np.concatenate([key, tied]), np.concatenate([who, other]), len(companies))
