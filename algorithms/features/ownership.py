"""Where a subject stands among owners: how deep, under whom, and over what."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from algorithms.features.degree import apart, pairs
from algorithms.features.sheet import Scope, Sheet
from algorithms.features.table import Feature
from graph.columns import I32, I64
from graph.deadline import check
from graph.model import CODES, SHARE_UNIT
from graph.store import NONE

GROUP: Final = "ownership"
KIND: Final = "shareholder"
_ROUNDS: Final = 64  # levels through which shares are followed to people
_READS: Final = (KIND,)
_UP: Final = (
    ("owners", "direct holders on the day", "当日直接股东数", "subjects"),
    ("largest", "largest share that one holder has directly", "最大单一直接持股比例", "share"),
    ("known", "sum of the direct shares that are known", "已知直接持股合计", "share"),
    ("concentration", "sum of the squares of known direct shares", "直接持股集中度（平方和）",
     "number"),
    ("chain_shortest", "fewest steps up to somebody whom nobody holds", "到最终持有人的最短层级",
     "steps"),
    ("chain_longest", "most steps up, a loop of holdings counted as one company",
     "向上最长层级（环计为一家）", "steps"),
    ("to_people", f"share held by people, directly or through at most {_ROUNDS} companies",
     f"自然人直接或间接（{_ROUNDS}层内）持股比例", "share"),
    ("loop", "1 where it holds itself through others, else 0", "是否存在循环持股", "flag"),
)  # fmt: skip
_DOWN: Final = (
    ("held", "companies held directly on the day", "当日直接持股企业数", "companies"),
    ("depth", "most steps down, a loop of holdings counted as one company",
     "向下最长层级（环计为一家）", "steps"),
    ("controlled", "companies controlled by votes of over half, directly or through such",
     "过半数表决权控制企业数（含间接）", "companies"),
)  # fmt: skip


class Holdings(NamedTuple):
    """Different pairs of holder and held, by subjects, and the units known of each (-1: none)."""

    owner: I64
    owned: I64
    units: I64


def meanings(kind: str, windows: Sequence[int]) -> Iterator[Feature]:
    """See `Group`."""
    del windows
    for name, en, zh, unit in (*(_UP if kind == "company" else ()),
                               *(_DOWN if kind in ("company", "person") else ())):  # fmt: skip
        yield Feature(f"ownership_{name}", GROUP, en, zh, unit, None, _READS)


def fill(scope: Scope, sheet: Sheet) -> None:
    """See `Group`. Linear in the holdings for each level of the longest chain."""
    n = scope.snapshot.n
    held = _holdings(scope)
    label, up, down = _levels(n, held)
    sheet["ownership_held"] = np.bincount(held.owner, minlength=n)
    sheet["ownership_depth"] = down[label]
    sheet["ownership_controlled"] = _controlled(scope)
    if scope.kind != "company":
        return
    share = np.maximum(held.units, 0) / SHARE_UNIT
    said = np.bincount(held.owned[held.units >= 0], minlength=n) > 0
    largest = np.zeros(n)
    np.maximum.at(largest, held.owned, share)
    sheet["ownership_owners"] = np.bincount(held.owned, minlength=n)
    sheet["ownership_largest"] = np.where(said, largest, np.nan)
    units = np.zeros(n, np.int64)  # whole units: in any order the same sum
    np.add.at(units, held.owned, np.maximum(held.units, 0))
    sheet["ownership_known"] = np.where(said, units / SHARE_UNIT, np.nan)
    order = np.lexsort((share, held.owned))
    square = np.bincount(held.owned[order], share[order] ** 2, n)
    sheet["ownership_concentration"] = np.where(said, square, np.nan)
    sheet["ownership_chain_shortest"] = _shortest(n, held)
    sheet["ownership_chain_longest"] = up[label]
    sheet["ownership_to_people"] = np.where(said, _to_people(scope, held, order, units), np.nan)
    sheet["ownership_loop"] = np.bincount(label, minlength=n)[label] > 1


def _holdings(scope: Scope) -> Holdings:
    """Parallel holdings as one; a subject's holdings in itself are left out."""
    snapshot = scope.snapshot
    rows = apart(scope, snapshot.rows(KIND, scope.at))
    src, dst = scope.ends(rows)
    value = snapshot.columns.value[rows]
    key = src.astype(np.int64) * snapshot.n + dst
    order = np.argsort(key, kind="stable")
    key, value = key[order], value[order]
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    known = value != NONE
    units = np.add.reduceat(np.where(known, value, 0), begins) if len(begins) else value[:0]
    some = np.logical_or.reduceat(known, begins) if len(begins) else known[:0]
    first = key[begins]
    return Holdings(first // snapshot.n, first % snapshot.n, np.where(some, units, -1))


def _levels(n: int, held: Holdings) -> tuple[I32, I64, I64]:
    """The loop (strongly connected component) of each node, and how many steps the longest chain
    of loops above and below each loop has."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    check()
    ones = np.ones(len(held.owner), np.int8)
    _, label = connected_components(
        csr_matrix((ones, (held.owner, held.owned)), shape=(n, n)), connection="strong"
    )
    a, b = label[held.owner], label[held.owned]
    above, below, _ = pairs(n, a[a != b], b[a != b], None)
    return label.astype(np.int32), _longest(n, above, below), _longest(n, below, above)


def _longest(n: int, a: I64, b: I64) -> I64:
    """Steps of the longest path of an acyclic graph that ends in each node; level by level."""
    level = np.zeros(n, np.int64)
    waits = np.bincount(b, minlength=n)
    order = np.argsort(a, kind="stable")
    a, b = a[order], b[order]
    start = np.searchsorted(a, np.arange(n + 1))
    ready = np.flatnonzero((waits == 0) & (np.diff(start) > 0))
    while len(ready):
        check()
        count = np.diff(start)[ready]
        steps = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        to = b[np.repeat(start[ready], count) + steps]
        np.maximum.at(level, to, np.repeat(level[ready], count) + 1)
        waits -= np.bincount(to, minlength=n)
        ready = np.unique(to)
        ready = ready[(waits[ready] == 0) & (np.diff(start)[ready] > 0)]
    return level


def _shortest(n: int, held: Holdings) -> Any:
    """Fewest steps from each node up to one that nobody holds; not known where there is none."""
    far = np.full(n, np.nan)
    held_by = np.bincount(held.owned, minlength=n)
    far[held_by == 0] = 0
    reached, step = held_by == 0, 0
    while True:
        check()
        step += 1
        fresh = held.owned[reached[held.owner] & np.isnan(far[held.owned])]
        if not len(fresh):
            return far
        far[fresh] = step
        reached = np.zeros(n, np.bool_)
        reached[fresh] = True


def _to_people(scope: Scope, held: Holdings, order: I64, units: I64) -> Any:
    """Of each node the share that people hold through at most so many levels. A register past 1 is
    scaled to 1."""
    n = scope.snapshot.n
    person = scope.snapshot.nodes.kind == CODES["person"]
    part = np.maximum(held.units, 0) / np.maximum(units[held.owned], SHARE_UNIT)
    owner, owned, part = held.owner[order], held.owned[order], part[order]
    value = person.astype(np.float64)
    for _ in range(_ROUNDS):
        check()
        after = np.bincount(owned, part * value[owner], n)
        after[person] = 1.0
        if np.array_equal(after, value):
            break
        value = after
    return value


def _controlled(scope: Scope) -> I64:
    """How many companies each controls by votes, see `control`."""
    from algorithms.ownership import ballots
    from algorithms.ownership.ask_control import counted
    from algorithms.ownership.holdings import Reader
    from algorithms.ownership.linear import Clock

    reader = Reader(scope.snapshot, scope.at)
    arranged = ballots.arrange(scope.snapshot, ballots.everything(reader), cut=False)
    found = np.zeros(scope.snapshot.n, np.int64)
    node = np.zeros(len(arranged.names), np.int64)
    for subject, place in arranged.place.items():
        node[place] = subject
    for pair, many in counted(reader, arranged, arranged.candidates, -1, Clock(math.inf)):
        np.add.at(found, node[pair.x[:many]], 1)
    return found
