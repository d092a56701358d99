"""The paths between two ends once a search has met: who is on one, and by which relations."""

from __future__ import annotations

from typing import Any

from algorithms.related.scratch import LENGTH, MARKED, MET, NEAR, NEED, STAMP, TURN, within
from graph.compiled import kernel
from graph.neighbours import gather, weight
from graph.searching import BUFFER_FULL, DONE, UNLIMITED, probe


@kernel
def mark_back(g: Any, asks: Any, first: Any, room: Any) -> int:
    """Mark what lies on a shortest path between the first end and where the sides met."""
    state = room.state
    stamp = state[STAMP]
    if state[MARKED] == 0:
        for i in range(state[MET]):
            room.mark[room.meets[i]] = 1
    while state[MARKED] < state[MET]:
        where = room.meets[state[MARKED]]
        level = room.near[where]
        if level > 0:
            node = room.node[where]
            n = gather(g, asks.bwd, node, room.buf, UNLIMITED)
            if n > len(room.buf.rows):
                state[NEED] = n
                return BUFFER_FULL
            for i in range(n):
                at = probe(room.seen, stamp, room.buf.others[i])
                if room.seen.table[at] >> 32 != stamp >> 32:
                    continue
                other = room.seen.slot[at]
                if room.near[other] != level - 1 or room.mark[other]:
                    continue
                if other == 0 and within(first, node):
                    continue
                room.mark[other] = 1
                room.meets[state[MET]] = other
                state[MET] += 1
        state[MARKED] += 1
    return DONE


@kernel
def follow(g: Any, asks: Any, first: Any, where: int, taken: int, room: Any) -> int:
    """Put into `picks` the positions that may follow `where`, `taken` steps along shortest paths.

    Returns how many they are, or -1 where the buffer is full.
    """
    state = room.state
    stamp = state[STAMP]
    n = gather(g, asks.fwd, room.node[where], room.buf, UNLIMITED)
    if n > len(room.buf.rows):
        state[NEED] = n
        return -1
    state[TURN] += 1
    found = 0
    for i in range(n):
        at = probe(room.seen, stamp, room.buf.others[i])
        if room.seen.table[at] >> 32 != stamp >> 32:
            continue
        other = room.seen.slot[at]
        if room.turn[other] == state[TURN] or (where == 0 and within(first, room.buf.others[i])):
            continue
        if taken + 1 <= state[NEAR]:
            good = room.mark[other] == 1 and room.near[other] == taken + 1
        else:
            good = room.far[other] == state[LENGTH] - taken - 1
        if good:
            room.turn[other] = state[TURN]
            room.picks[found] = other
            found += 1
    return found


@kernel
def between(g: Any, asks: Any, a: int, b: int, buf: Any) -> Any:
    """Put the relations that lead from `a` to `b` into `buf`, tagged as seen from `a`.

    Looks at whichever has the fewer. Returns how many; minus the room needed where it was full.
    """
    ahead = weight(g, asks.fwd, a) <= weight(g, asks.bwd, b)
    if ahead:
        n = gather(g, asks.fwd, a, buf, UNLIMITED)
    else:
        n = gather(g, asks.bwd, b, buf, UNLIMITED)
    if n > len(buf.rows):
        return -n
    kept = 0
    wanted = b if ahead else a
    for i in range(n):
        if buf.others[i] == wanted:
            buf.rows[kept] = buf.rows[i]
            buf.tags[kept] = buf.tags[i] if ahead else buf.tags[i] ^ 3
            kept += 1
    return kept
