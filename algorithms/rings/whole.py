"""The whole graph of a day as arrays: every subject, and the relations between them that count."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from graph.columns import I32, I64
from graph.model import CODES, RELATIONS
from graph.traverse import EVERY_KIND, ask_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.snapshot import Snapshot


class Whole(NamedTuple):
    """`nodes` are subjects, ascending; relation `rows[i]` leads from `nodes[src[i]]` to
    `nodes[dst[i]]`. The order of relations is that of loading."""

    nodes: I32
    src: I32
    dst: I32
    rows: I64

    def place(self, subject: int) -> int | None:
        """Where a subject is among the nodes; None where it is not."""
        at = int(np.searchsorted(self.nodes, subject))
        return at if at < len(self.nodes) and int(self.nodes[at]) == subject else None


def edges(snapshot: Snapshot, kinds: Iterable[str] | None, at: int) -> Whole:
    """The subjects and relations of these kinds that are known and true at an instant (µs).

    By default all kinds but identity judgements, which have grouped records into subjects already.
    The subjects are those of the kinds of entity that such relations can join, alone or not, and
    both ends of every relation: one of an event may be gone. Parallel relations and those of a
    subject with itself are all there. Linear in the subjects and relations of these kinds. Raises
    WrongUsage where a kind is none of the model's relations.
    """
    asked = EVERY_KIND if kinds is None else tuple(kinds)
    ask_for(snapshot, asked, "out", at)  # refuses what is no kind
    rows = snapshot.rows(asked, at)
    nodes, cols = snapshot.nodes, snapshot.columns
    src, dst = nodes.rep[cols.src[rows]], nodes.rep[cols.dst[rows]]
    joined = np.zeros(256, np.bool_)
    joined[[CODES[end] for kind in asked for end in _ends(kind)]] = True
    subjects = snapshot.subjects()
    there = joined[nodes.kind[subjects]]
    there &= (nodes.vf[subjects] <= at) & (at < nodes.vt[subjects])
    kept = np.zeros(snapshot.n, np.bool_)
    for part in (subjects[there], src, dst):
        kept[part] = True
    place = np.cumsum(kept, dtype=np.int32) - np.int32(1)
    return Whole(np.flatnonzero(kept).astype(np.int32), place[src], place[dst], rows)


def _ends(kind: str) -> tuple[str, ...]:
    """The kinds of entity that a kind of relation can join."""
    return RELATIONS[kind].sources + RELATIONS[kind].targets
