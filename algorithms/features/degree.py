"""How many relations of each kind a subject has, with how many others, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from algorithms.features.sheet import Scope, Sheet, windowed, within
from algorithms.features.table import Feature
from graph.columns import I32, I64
from graph.deadline import check
from graph.model import JUDGEMENTS, RELATIONS, RelationKind
from graph.times import NEG

GROUP: Final = "degree"
_WAYS: Final = {"out": ("out of it", "发出"), "in": ("into it", "进入")}


def _relations(kind: str) -> Iterator[tuple[RelationKind, str]]:
    """The kinds of relation that a kind of subject can be at an end of, and at which."""
    for relation in RELATIONS.values():
        if relation.name not in JUDGEMENTS:
            if kind in relation.sources:
                yield relation, "out"
            if kind in relation.targets:
                yield relation, "in"


def meanings(kind: str, windows: Sequence[int]) -> Iterator[Feature]:
    """See `Group`."""
    for relation, way in _relations(kind):
        en, zh = _WAYS[way]
        name, reads = f"{relation.name}_{way}", (relation.name,)
        here = f"{relation.zh}（{zh}）"
        if relation.event:
            for end, days in windowed(windows):
                when, wann = within(days)
                yield Feature(f"{name}_count_{end}", GROUP, f"{relation.name} relations {en}"
                              f" {when}", f"{wann}{here}数", "relations", days, reads)  # fmt: skip
                yield Feature(f"{name}_partners_{end}", GROUP, f"different others of"
                              f" {relation.name} relations {en} {when}", f"{wann}{here}对手数",
                              "subjects", days, reads)  # fmt: skip
            continue
        yield Feature(f"{name}_count_now", GROUP, f"{relation.name} relations {en} that are true"
                      " on the day", f"当日有效的{here}数", "relations", None, reads)  # fmt: skip
        yield Feature(f"{name}_partners_now", GROUP, f"different others of {relation.name}"
                      f" relations {en} that are true on the day", f"当日有效的{here}对方数",
                      "subjects", None, reads)  # fmt: skip
        for end, days in windowed(windows, ever=False):
            when, wann = within(days)
            yield Feature(f"{name}_begun_{end}", GROUP, f"{relation.name} relations {en} that"
                          f" began {when}", f"{wann}新增{here}数", "relations",
                          days, reads)  # fmt: skip
        yield Feature(f"{name}_ended", GROUP, f"{relation.name} relations {en} that have ended",
                      f"已终止的{here}数", "relations", None, reads)  # fmt: skip


def fill(scope: Scope, sheet: Sheet) -> None:
    """See `Group`. Linear in the relations, but for sorting the events."""
    done: set[str] = set()
    for relation, _ in _relations(scope.kind):
        if relation.name not in done and any(
            f"{relation.name}_{way}_{what}" in sheet
            for way in _WAYS
            for what in ("count_now", "count_ever")
        ):
            (_events if relation.event else _states)(scope, sheet, relation.name)
        done.add(relation.name)
        check()


def _states(scope: Scope, sheet: Sheet, name: str) -> None:
    snapshot, n = scope.snapshot, scope.snapshot.n
    cols, nodes = snapshot.columns, snapshot.nodes
    rows = snapshot.rows(name)
    rows = rows[cols.vf[rows] <= scope.at]
    begun = apart(scope, rows)
    now = apart(scope, snapshot.rows(name, scope.at))
    until = np.minimum(cols.vt[begun], nodes.vt[cols.src[begun]])
    until = np.minimum(until, nodes.vt[cols.dst[begun]])
    pairs = _pairs(scope, now, None)
    for way, mine in _mine(scope, sheet, f"{name}_{{}}_count_now", begun):
        current = scope.ends(now)[way == "in"]
        sheet[f"{name}_{way}_count_now"] = np.bincount(current, minlength=n)
        sheet[f"{name}_{way}_partners_now"] = np.bincount(pairs[way == "in"], minlength=n)
        for end, after in scope.spans[:-1]:
            fresh = mine[(cols.vf[begun] > after) & (cols.vf[begun] != NEG)]
            sheet[f"{name}_{way}_begun_{end}"] = np.bincount(fresh, minlength=n)
        sheet[f"{name}_{way}_ended"] = np.bincount(mine[until <= scope.at], minlength=n)


def _events(scope: Scope, sheet: Sheet, name: str) -> None:
    snapshot, n = scope.snapshot, scope.snapshot.n
    rows = apart(scope, snapshot.rows(name, scope.at))
    when = snapshot.columns.vf[rows]
    src, dst, last = _pairs(scope, rows, when)
    for way, mine in _mine(scope, sheet, f"{name}_{{}}_count_ever", rows):
        partner = dst if way == "in" else src
        for end, after in scope.spans:
            sheet[f"{name}_{way}_count_{end}"] = np.bincount(mine[when > after], minlength=n)
            sheet[f"{name}_{way}_partners_{end}"] = np.bincount(partner[last > after], minlength=n)


def _mine(scope: Scope, sheet: Sheet, name: str, rows: I64) -> Iterator[tuple[str, I32]]:
    for way, mine in zip(("out", "in"), scope.ends(rows), strict=True):
        if name.format(way) in sheet:
            yield way, mine


def apart(scope: Scope, rows: I64) -> I64:
    """Those of these relations that are not of a subject with itself."""
    src, dst = scope.ends(rows)
    found: I64 = rows[src != dst]
    return found


def _pairs(scope: Scope, rows: I64, when: I64 | None) -> tuple[I64, I64, I64]:
    """The different pairs that relations join, and the last time of each."""
    src, dst = scope.ends(rows)
    return pairs(scope.snapshot.n, src, dst, when)


def pairs(n: int, src: I32, dst: I32, when: I64 | None) -> tuple[I64, I64, I64]:
    """The different pairs (src, dst) of nodes below n, and the last time of each. Sorts them."""
    key = src.astype(np.int64) * n + dst
    check()
    if when is None:
        key = np.sort(key)
        check()
        begins = np.flatnonzero(np.diff(key, prepend=-1))
        last = np.zeros(len(begins), np.int64)
    else:
        order = np.argsort(key, kind="stable")
        check()
        key, when = key[order], when[order]
        begins = np.flatnonzero(np.diff(key, prepend=-1))
        last = np.maximum.reduceat(when, begins) if len(begins) else when[:0]
    first = key[begins]
    return np.asarray(first // n), np.asarray(first % n), last
