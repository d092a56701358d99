"""What is decided before anything is compared: official keys and people's judgements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from algorithms.identity.shape import BY, KINDS
from graph.columns import I64
from graph.identity import Edge, join
from graph.model import CODES

if TYPE_CHECKING:
    from algorithms.identity.records import Mask
    from graph.snapshot import Snapshot


@dataclass(frozen=True)
class Standing:
    """The clusters that are decided, by record node, and the machine's judgements that stand."""

    cluster: I64  # of each node: the smallest node of its cluster
    bearer: I64  # of each cluster: a record that bears its official key, -1 where it has none
    apart: list[Edge]  # `not_same_as`, by record nodes
    machine: tuple[I64, I64, I64]  # its `same_as`: from, to, row of the relation
    refused: int  # of people's judgements: those that official keys or others contradict


def who(snapshot: Snapshot, kind: str) -> Mask:
    """The records of a kind that are looked at, by node: known ones of people whose use is not
    restricted."""
    known = snapshot.known_nodes()
    found = np.zeros(snapshot.n, np.bool_)
    found[known[snapshot.nodes.kind[known] == CODES[kind]]] = True
    found[snapshot.restricted_records()] = False
    return found


def standing(snapshot: Snapshot) -> Standing:
    """What keys and people's judgements decide. Linear; in what people judged, with more work."""
    nodes = np.flatnonzero(np.any([who(snapshot, kind) for kind in KINDS], axis=0))
    numbers = snapshot.key_numbers(nodes.astype(np.int32))
    keyed = nodes[numbers >= 0]
    _, first, which = np.unique(numbers[numbers >= 0], return_index=True, return_inverse=True)
    cluster = np.arange(snapshot.n, dtype=np.int64)
    cluster[keyed] = keyed[first][which]  # the smallest that bears the key
    bearer = np.full(snapshot.n, -1, np.int64)
    bearer[keyed[first]] = keyed[first]
    given, machine = _same(snapshot)
    apart = [(a, b) for a, b, _ in _judged(snapshot, "not_same_as")]

    def official(node: int) -> str | None:
        return snapshot.own_keys([node])[0] if bearer[node] >= 0 else None

    one = [(int(cluster[a]), int(cluster[b])) for a, b in given]
    two = [(int(cluster[a]), int(cluster[b])) for a, b in apart]
    groups, refused = join([], one, two, official)
    if groups:
        root = np.arange(snapshot.n, dtype=np.int64)
        for members in groups:
            root[members] = members[0]
            bearers = [node for node in members if bearer[node] >= 0]
            bearer[members[0]] = bearers[0] if bearers else -1
        cluster = root[cluster]
    return Standing(cluster, bearer, apart, machine, len(refused))


def names_of(snapshot: Snapshot, decided: Standing, nodes: Mask) -> list[tuple[int, int, str]]:
    """The machine's judgements of which an end is among these nodes: ends (low, high), fact's id;
    in the order in which they count."""
    a, b, rows = decided.machine
    ordered = _in_order(snapshot, rows[nodes[a] | nodes[b]])
    names = snapshot.fact_ids([row for _, _, row in ordered])
    told = zip(ordered, names, strict=True)
    return [(min(src, dst), max(src, dst), name) for (src, dst, _), name in told]


def _judged(snapshot: Snapshot, kind: str) -> list[tuple[int, int, int]]:
    """Judgements of one kind in the order in which they count: ends and row."""
    return _in_order(snapshot, snapshot.between_known(snapshot.rows(kind)))


def _in_order(snapshot: Snapshot, rows: I64) -> list[tuple[int, int, int]]:
    cols, listed = snapshot.columns, rows.tolist()
    names = zip(listed, snapshot.fact_ids(listed), strict=True)
    ordered = sorted((int(cols.rec[row]), name, row) for row, name in names)
    return [(int(cols.src[row]), int(cols.dst[row]), row) for _, _, row in ordered]


def of_the_machine(snapshot: Snapshot, rows: I64) -> Mask:
    """Which of these `same_as` are judgements of an earlier run."""
    said = snapshot.said(rows.tolist(), "by")
    return np.array([said.get(row, "").startswith(BY) for row in rows.tolist()], np.bool_)


def _same(snapshot: Snapshot) -> tuple[list[Edge], tuple[I64, I64, I64]]:
    """People's judgements that records are one subject, and the machine's."""
    rows = snapshot.between_known(snapshot.rows("same_as"))
    machine, cols = of_the_machine(snapshot, rows), snapshot.columns
    own = rows[machine]
    given = [(a, b) for a, b, _ in _in_order(snapshot, rows[~machine])]
    return given, (cols.src[own].astype(np.int64), cols.dst[own].astype(np.int64), own)
