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
from graph.compiled import inline_kernel, is_warm, kernel
from graph.errors import WrongUsage
from graph.model import CODES, NAMES, RELATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.columns import Columns, Index, Nodes
    from graph.snapshot import Snapshot

IN: Final = 1  # the relation points to the nearer subject
OUT: Final = 2  # the relation points away from it
BOTH: Final = 3
WAYS: Final = {"in": IN, "out": OUT, "both": BOTH}
WAY_NAMES: Final = {code: name for name, code in WAYS.items()}
_ANY: Final = np.uint32(2**32 - 1)
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

    `bits[j]` is the bit of the j-th kind among a node's kinds of relation.
    """

    kinds: npt.NDArray[np.int64]
    events: npt.NDArray[np.bool_]
    bits: npt.NDArray[np.uint32]
    way: int
    at: int  # instant, µs
    batch: int


class Buffer(NamedTuple):
    """The relations of one subject, as `gather` finds them."""

    rows: npt.NDArray[np.int32]
    others: npt.NDArray[np.int32]  # the subject at the other end
    tags: npt.NDArray[np.int32]  # kind code * 4 + way


def graph_of(snapshot: Snapshot) -> Graph:
    """The arrays of a snapshot."""
    # A single question in a fresh process is answered before the bits of all nodes are made.
    bits = snapshot.kind_bits() if is_warm() else (_NO_BITS, _NO_BITS)
    return Graph(snapshot.columns, snapshot.nodes, *snapshot.out, *snapshot.into, *bits)


def ask_for(snapshot: Snapshot, kinds: Iterable[str], direction: str, at: int) -> Ask:
    """What a question of these kinds, direction and instant counts as a step.

    Raises WrongUsage where a kind is none of the model's relations.
    """
    return Ask(*_kinds(tuple(kinds)), WAYS[direction], at, snapshot.batch)


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


def buffer(size: int) -> Buffer:
    """Room for `size` relations of a subject."""
    return Buffer(*(np.empty(size, np.int32) for _ in range(3)))


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


@inline_kernel
def _take(
    cols: Any,
    nodes: Any,
    index: Any,
    bits: Any,
    ask: Any,
    node: int,
    subject: int,
    way: int,
    buf: Any,
    n: int,
    limit: int,
) -> int:
    # Arrays as locals: in compiled code each access through a tuple counts references.
    start, listed, ptr, order = index.start, index.nodes, index.ptr, index.order
    kinds, events, wanted, at, batch = ask.kinds, ask.events, ask.bits, ask.at, ask.batch
    rows, others, tags = buf.rows, buf.others, buf.tags
    rep, ends = nodes.rep, cols.dst if way == OUT else cols.src
    there = bits[node] if node < len(bits) else _ANY
    for j in range(len(kinds)):
        if there & wanted[j] == 0:
            continue
        kind = kinds[j]
        first = start[kind]
        last = start[kind + 1]
        if first == last:
            continue
        place = first + np.searchsorted(listed[first:last], np.int32(node))
        if place == last or listed[place] != node:
            continue
        for position in range(ptr[place], ptr[place + 1]):
            row = order[position] if len(order) else position
            if not holds(cols, nodes, batch, at, row, events[j]):
                continue
            other = rep[ends[row]]
            if other == subject:
                continue
            if n < len(rows):
                rows[n] = row
                others[n] = other
                tags[n] = kind * 4 + way
            n += 1
            if n > limit:
                return n
    return n


@inline_kernel
def gather(g: Any, ask: Any, subject: int, buf: Any, limit: int) -> int:
    """Put the relations of a subject that count into `buf` and return how many there are.

    Counting stops past `limit`. Where they are more than there is room for, the first are there and
    the count is still right. A relation of a subject with itself is none. Their order is the order
    of loading.
    """
    cols, nodes, nxt, way = g.cols, g.nodes, g.nodes.nxt, ask.way
    any_bits = g.out_bits[:0]
    n = 0
    node = subject
    while n <= limit:
        if way & OUT:
            n = _take(cols, nodes, g.out, g.out_bits, ask, node, subject, OUT, buf, n, limit)
            if len(g.out_tail.nodes):
                n = _take(cols, nodes, g.out_tail, any_bits, ask, node, subject, OUT, buf, n, limit)
        if way & IN:
            n = _take(cols, nodes, g.into, g.into_bits, ask, node, subject, IN, buf, n, limit)
            if len(g.into_tail.nodes):
                n = _take(cols, nodes, g.into_tail, any_bits, ask, node, subject, IN, buf, n, limit)
        node = nxt[node]
        if node == subject:
            break
    return n


@inline_kernel
def _weight(index: Any, ask: Any, node: int) -> int:
    total = 0
    for j in range(len(ask.kinds)):
        lo, hi = span(index, ask.kinds[j], node)
        total += 2 + hi - lo
    return total


@inline_kernel
def weight(g: Any, ask: Any, subject: int) -> int:
    """What `gather` of a subject costs: relations of any time to look at, and look-ups."""
    total = 0
    node = subject
    while True:
        if ask.way & OUT:
            total += _weight(g.out, ask, node) + _weight(g.out_tail, ask, node)
        if ask.way & IN:
            total += _weight(g.into, ask, node) + _weight(g.into_tail, ask, node)
        node = g.nodes.nxt[node]
        if node == subject:
            return total


@kernel
def around(g: Any, ask: Any, subject: int, buf: Any, limit: int) -> int:
    """`gather`, to be called from outside."""
    return gather(g, ask, subject, buf, limit)
