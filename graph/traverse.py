"""Walking the columns of a snapshot: what a relation's neighbours are, and which count today.

Everything here runs interpreted in a fresh process and compiled in a long-lived one, with the same
answers. A traversal goes over subjects: the relations of all records of a subject are its own.
"""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.columns import BITS
from graph.compiled import inline_kernel, is_warm
from graph.errors import BadFact, WrongUsage
from graph.model import CODES, NAMES, RELATIONS
from graph.times import NEG, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.columns import Columns, Index, Nodes
    from graph.snapshot import Snapshot

IN: Final = 1  # the relation points to the nearer subject
OUT: Final = 2  # the relation points away from it
BOTH: Final = 3
WAYS: Final = {"in": IN, "out": OUT, "both": BOTH}
_NO_BITS: Final = np.empty(0, np.uint32)
EVERY_KIND: Final = tuple(k.name for k in RELATIONS.values() if k.name[-7:] != "same_as")


class Graph(NamedTuple):
    """The arrays of a snapshot that a walk reads, as one value for kernels.

    `out_bits`, `into_bits`: the kinds of relation that a node has in `out`, `into`, a bit each;
    nodes past their end may have any.
    """

    cols: Columns
    nodes: Nodes
    out: Index
    out_tail: Index
    into: Index
    into_tail: Index
    out_bits: npt.NDArray[np.uint32]
    into_bits: npt.NDArray[np.uint32]


class Ask(NamedTuple):
    """Which relations count as steps: kinds (codes, and whether events), direction, both times.

    `bits[j]` is the bit of the j-th kind among a node's kinds of relation. What began before
    `since` does not count.
    """

    kinds: npt.NDArray[np.int64]
    events: npt.NDArray[np.bool_]
    bits: npt.NDArray[np.uint32]
    way: int
    at: int  # instant, µs
    batch: int
    since: int = NEG  # instant, µs


def graph_of(snapshot: Snapshot, *, far: bool = False) -> Graph:
    """The arrays of a snapshot; `far` where a walk may expand thousands of subjects.

    A short one in a fresh process is done before the bits of all nodes are made (20 ms for a
    million); for a long one, interpreted, they halve the time.
    """
    bits = snapshot.kind_bits() if far or is_warm() else (_NO_BITS, _NO_BITS)
    return Graph(snapshot.columns, snapshot.nodes, *snapshot.out, *snapshot.into, *bits)


def ask_for(
    snapshot: Snapshot, kinds: Iterable[str], direction: str, at: int, since: str | None = None
) -> Ask:
    """What a question of these kinds, direction and instant counts as a step; with `since` (a date
    or ISO time) only what began by then or later.

    Raises WrongUsage where a kind is none of the model's relations, or `since` no time.
    """
    begin = NEG if since is None else _begin(since)
    return Ask(*_kinds(tuple(kinds)), WAYS[direction], at, snapshot.batch, begin)


def _begin(since: str) -> int:
    try:
        return parse_time(since)
    except BadFact as error:
        raise WrongUsage(f"since: {error.reason}") from None


@lru_cache(maxsize=256)
def _kinds(
    kinds: tuple[str, ...],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.uint32]]:
    for kind in kinds:
        if kind not in RELATIONS:
            near = difflib.get_close_matches(kind, RELATIONS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise WrongUsage(f"kinds: no such relation: {kind[:40]}{hint}")
    codes = sorted({CODES[kind] for kind in kinds})
    events = [RELATIONS[NAMES[code]].event for code in codes]
    bits = [BITS[code] for code in codes]
    return np.array(codes, np.int64), np.array(events, np.bool_), np.array(bits, np.uint32)


@inline_kernel
def span(index: Any, kind: int, node: int) -> tuple[int, int]:
    """Positions lo..hi of a record's relations of one kind in one index."""
    first = index.start[kind]
    last = index.start[kind + 1]
    if first == last:
        return 0, 0
    at = first + np.searchsorted(index.nodes[first:last], np.int32(node))
    if at == last or index.nodes[at] != node:
        return 0, 0
    return index.ptr[at], index.ptr[at + 1]


@inline_kernel
def row_at(index: Any, position: int) -> int:
    """The row that stands at a position of an index."""
    return index.order[position] if len(index.order) else position


@inline_kernel
def holds(cols: Any, nodes: Any, batch: int, at: int, row: int, event: bool) -> bool:
    """Whether a row was known in `batch` and true at `at`.

    A state is true while it and the subjects at both its ends are; an event once it happened.
    """
    if cols.rec[row] > batch or cols.ret[row] <= batch or cols.vf[row] > at:
        return False
    if event:
        return True
    if cols.vt[row] <= at:
        return False
    src = cols.src[row]
    dst = cols.dst[row]
    return bool(nodes.vf[src] <= at < nodes.vt[src] and nodes.vf[dst] <= at < nodes.vt[dst])
