"""The relations of subjects that count, put into a buffer: the innermost loops of every walk."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.compiled import inline_kernel
from graph.traverse import IN, OUT, span

_ANY: Final = np.uint32(2**32 - 1)


class Buffer(NamedTuple):
    """The relations of one subject, as `gather` finds them."""

    rows: npt.NDArray[np.int32]
    others: npt.NDArray[np.int32]  # the subject at the other end
    tags: npt.NDArray[np.int32]  # kind code * 4 + way
    subject: npt.NDArray[np.int32]  # whose they are, where it is one
    upto: npt.NDArray[np.int32]  # how many they are


def buffer(size: int) -> Buffer:
    """Room for `size` relations of a subject."""
    return Buffer(*(np.empty(length, np.int32) for length in (size, size, size, 1, 1)))


@inline_kernel
def _take(
    start: Any,
    listed: Any,
    ptr: Any,
    order: Any,
    bits: Any,
    src: Any,
    dst: Any,
    vf: Any,
    vt: Any,
    rec: Any,
    ret: Any,
    rep: Any,
    begins: Any,
    ends: Any,
    kinds: Any,
    events: Any,
    wanted: Any,
    rows: Any,
    others: Any,
    tags: Any,
    at: int,
    since: int,
    batch: int,
    node: int,
    subject: int,
    way: int,
    n: int,
    limit: int,
) -> int:
    """One record's relations in one index, put into a buffer from position `n` on.

    Every array is an argument of its own, for compiled code counts references at each access
    through a tuple, and this is the innermost loop of every walk.
    """
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
            if rec[row] > batch or ret[row] <= batch or vf[row] > at or vf[row] < since:
                continue
            a = src[row]
            b = dst[row]
            if not events[j] and (
                vt[row] <= at or begins[a] > at or ends[a] <= at or begins[b] > at or ends[b] <= at
            ):
                continue
            other = rep[b] if way == OUT else rep[a]
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
def gather_each(
    g: Any, ask: Any, subjects: Any, lo: int, hi: int, limit: int, most: int, buf: Any, upto: Any
) -> int:
    """Put the relations of subjects `lo`..`hi` that count into `buf`, one after the other.

    `upto[i]` is where those of the i-th end, -1 where they are more than `limit` and left out. Ends
    after the subject that makes them `most`, or before one that there is no room for, and returns
    where it stopped; `upto` of that one is then the room that would have been needed. A relation
    of a subject with itself is none. The order of a subject's relations is that of loading.
    """
    cols, nodes, out, more_out, into, more_into = (
        g.cols, g.nodes, g.out, g.out_tail, g.into, g.into_tail
    )  # fmt: skip
    src, dst, vf, vt, rec, ret = cols.src, cols.dst, cols.vf, cols.vt, cols.rec, cols.ret
    rep, nxt, begins, ends = nodes.rep, nodes.nxt, nodes.vf, nodes.vt
    kinds, events, wanted, way, at, since, batch = (
        ask.kinds, ask.events, ask.bits, ask.way, ask.at, ask.since, ask.batch
    )  # fmt: skip
    rows, others, tags = buf.rows, buf.others, buf.tags
    # The four indexes are of one type each, so that compiled code can choose among them by number.
    unknown = g.out_bits[:0]
    starts = (out.start, more_out.start, into.start, more_into.start)
    listed = (out.nodes, more_out.nodes, into.nodes, more_into.nodes)
    ptrs = (out.ptr, more_out.ptr, into.ptr, more_into.ptr)
    orders = (out.order, more_out.order, into.order, more_into.order)
    bits = (g.out_bits, unknown, g.into_bits, unknown)
    ways = (OUT, OUT, IN, IN)
    n = 0
    i = lo
    while i < hi and n < most:
        subject = subjects[i]
        node = subject
        begin = n
        stop = n + limit
        while n <= stop:
            for q in range(4):
                if way & ways[q] and len(listed[q]):
                    n = _take(
                        starts[q], listed[q], ptrs[q], orders[q], bits[q], src, dst, vf, vt, rec,
                        ret, rep, begins, ends, kinds, events, wanted, rows, others, tags, at,
                        since, batch, node, subject, ways[q], n, stop,
                    )  # fmt: skip
            node = nxt[node]
            if node == subject:
                break
        upto[i] = n
        if n > stop:
            upto[i] = -1
            n = begin
        elif n > len(rows):
            upto[i] = n - begin
            break
        i += 1
    return i


@inline_kernel
def gather(g: Any, ask: Any, subject: int, buf: Any, limit: int) -> Any:
    """Put the relations of one subject that count into `buf` and return how many there are.

    Counting stops past `limit`. Where they are more than there is room for, the first are there and
    the count is still right.
    """
    buf.subject[0] = subject
    stopped = gather_each(g, ask, buf.subject, 0, 1, limit, 1, buf, buf.upto)
    if stopped == 1 and buf.upto[0] < 0:
        return limit + 1
    return buf.upto[0]


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
