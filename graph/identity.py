"""Which records are one subject: equal official keys, and judgements, as known at one batch.

A `same_as` never joins two different valid official keys, nor across a `not_same_as`; such a
judgement is left aside and reported as a conflict. Records without either stay alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from graph.columns import I32, I64, NEVER, U8
from graph.heap import Texts, same_text
from graph.times import INF, NEG

Edge = tuple[int, int]


class Grouping(NamedTuple):
    """What grouping reads: record versions, judgements, and the batch as of which it is done."""

    nodes: int  # record nodes
    node: I32
    vf: I64
    vt: I64
    rec: I32
    ret: I32
    canonical: Texts
    code: U8  # of relation rows, with their ends and batches
    src: I32
    dst: I32
    row_rec: I32
    row_ret: I32
    row_id: Texts
    batch: int = NEVER - 1

    @classmethod
    def of_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Grouping:
        """From the arrays of a base, as of its newest batch."""
        return cls(
            len(arrays["node_first"]),
            arrays["version_node"],
            arrays["version_vf"],
            arrays["version_vt"],
            arrays["version_rec"],
            arrays["version_ret"],
            Texts(arrays["canonical@"], arrays["canonical*"]),
            arrays["code"],
            arrays["src"],
            arrays["dst"],
            arrays["rec"],
            arrays["ret"],
            Texts(arrays["row_id@"], arrays["row_id*"]),
        )


def group(view: Grouping, same: int, other: int) -> dict[str, npt.NDArray[Any]]:
    """Node arrays `rep`, `nxt`, `node_vf`, `node_vt`, `node_version`; `same`, `other` are the codes
    of the two judgements. Linear in nodes and judgements."""
    known = np.flatnonzero((view.rec <= view.batch) & (view.ret > view.batch))
    version = np.full(view.nodes, -1, np.int32)
    version[view.node[known]] = known
    vf, vt = np.full(view.nodes, INF, np.int64), np.full(view.nodes, NEG, np.int64)
    vf[view.node[known]], vt[view.node[known]] = view.vf[known], view.vt[known]
    rep = np.arange(view.nodes, dtype=np.int32)
    arrays: dict[str, npt.NDArray[Any]] = {
        "rep": rep,
        "nxt": rep.copy(),
        "node_vf": vf,
        "node_vt": vt,
        "node_version": version,
    }
    texts = view.canonical

    def official(node: int) -> str | None:
        return (texts[int(version[node])] or None) if version[node] >= 0 else None

    groups, _ = join(
        _equal_keys(view, known), _judgements(view, same), _judgements(view, other), official
    )
    for members in groups:
        tie(arrays, members, view.vf, view.vt, view.rec)
    return arrays


def _equal_keys(view: Grouping, known: npt.NDArray[np.int64]) -> list[list[int]]:
    """Sets of more than one record that bear the same official key."""
    codes = same_text(view.canonical, known)
    order = np.argsort(codes, kind="stable")
    order = order[np.searchsorted(codes[order], 0) :]
    nodes, codes = view.node[known[order]], codes[order]
    cuts = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    begins, ends = np.append(0, cuts), np.append(cuts, len(codes))
    several = np.flatnonzero(ends - begins > 1).tolist()
    return [nodes[begins[i] : ends[i]].tolist() for i in several]


def _judgements(view: Grouping, code: int) -> list[Edge]:
    rows = np.flatnonzero(view.code == code)
    rows = rows[(view.row_rec[rows] <= view.batch) & (view.row_ret[rows] > view.batch)]
    found = in_order(rows.tolist(), view.row_rec, view.row_id)
    return [(int(view.src[row]), int(view.dst[row])) for row in found]


def in_order(rows: Iterable[int], rec: I32, row_id: Texts) -> list[int]:
    """Judgements in the order in which they count: by batch, within a batch by id, so that the
    order of a file's lines does not matter."""
    return sorted(rows, key=lambda row: (int(rec[row]), row_id[row], row))


def join(
    equal: Iterable[Sequence[int]],
    same: Sequence[Edge],
    apart: Sequence[Edge],
    official: Callable[[int], str | None],
) -> tuple[list[list[int]], list[Edge]]:
    """Groups of more than one node, and the `same` edges that were refused.

    `equal` are sets with one official key; `same` is taken in its order (see `in_order`). Nearly
    linear: every subject knows those it must stay apart from.
    """
    parent: dict[int, int] = {}

    def find(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for nodes in equal:
        for node in nodes[1:]:
            parent[find(node)] = find(nodes[0])
    keys = {find(node): key for a, b in same for node in (a, b) if (key := official(node))}
    foes: dict[int, set[int]] = {}
    for a, b in apart:
        if (x := find(a)) != (y := find(b)):  # one official key is stronger than a judgement
            foes.setdefault(x, set()).add(y)
            foes.setdefault(y, set()).add(x)
    refused: list[Edge] = []
    for a, b in same:
        x, y = find(a), find(b)
        if x == y:
            continue
        kx, ky = keys.get(x), keys.get(y)
        if y in foes.get(x, ()) or (kx and ky and kx != ky):
            refused.append((a, b))
            continue
        if len(foes.get(x, ())) < len(foes.get(y, ())):
            x, y = y, x
        parent[y] = x
        for foe in foes.pop(y, ()):
            foes[foe].remove(y)
            foes[foe].add(x)
            foes[x].add(foe)
        if key := kx or ky:
            keys[x] = key
    groups: dict[int, list[int]] = {}
    for node in list(parent):
        groups.setdefault(find(node), []).append(node)
    return sorted(sorted(g) for g in groups.values() if len(g) > 1), refused


class Entries(Protocol):
    """Numbers by place: an array, or what is to change of one."""

    def __getitem__(self, at: int, /) -> Any:
        """The number at a place."""

    def __setitem__(self, at: int, number: int, /) -> None:
        """Change it."""


def tie(arrays: Mapping[str, Entries], members: Sequence[int], vf: I64, vt: I64, rec: I32) -> None:
    """Make sorted `members` one subject: representative, ring, and one validity.

    Each bound of validity is the one that the newest record states, the wider of two of one batch;
    a record that states none does not undo another's. `vf`, `vt`, `rec` are of versions.
    """
    rep, nxt, version = arrays["rep"], arrays["nxt"], arrays["node_version"]
    living = [int(version[m]) for m in members if version[m] >= 0]
    begins, ends = (NEG, INF) if living else (INF, NEG)
    if said := [(int(rec[at]), -int(vf[at])) for at in living if vf[at] != NEG]:
        begins = -max(said)[1]
    if said := [(int(rec[at]), int(vt[at])) for at in living if vt[at] != INF]:
        ends = max(said)[1]
    for place, member in enumerate(members):
        rep[member] = members[0]
        nxt[member] = members[(place + 1) % len(members)]
        arrays["node_vf"][member], arrays["node_vt"][member] = begins, ends
