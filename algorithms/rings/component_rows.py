"""From a question about components to its rows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from algorithms.registry import Result, Truncated
from algorithms.rings.components import Component
from algorithms.rings.connected import components
from algorithms.rings.shown import grouped, leading, newest
from algorithms.rings.whole import Whole, edges
from graph.columns import I32, I64
from graph.model import NAMES, ZH
from graph.times import day_end, format_time, today

if TYPE_CHECKING:
    from algorithms.rings.components import ComponentsParams
    from graph.snapshot import Snapshot

_PATTERN = "component"


def answer(snapshot: Snapshot, params: ComponentsParams) -> Result[Component]:
    """See `components`."""
    subject = None if params.subject is None else snapshot.resolve(params.subject)
    whole = edges(snapshot, params.kinds, day_end(params.as_of or today()))
    n = len(whole.nodes)
    label = components(n, whole.src, whole.dst)
    size = np.bincount(label, minlength=n)
    roots = np.flatnonzero(size >= params.min_size)
    if subject is not None:
        at = whole.place(subject)
        roots = roots[roots == label[at]] if at is not None else roots[:0]
    relations = np.bincount(label[whole.src], minlength=n)
    named = _largest(snapshot, whole, label, (roots, size, relations), params.max_rows)
    cut = None
    if len(roots) > len(named):
        text = f"max_rows: {len(roots)} components found, the largest are shown"
        reason = f"{text} / 只列出最大的分量"
        cut = Truncated(reason=reason, explored=len(whole.rows), limit=params.max_rows)
    return Result(results=_rows(snapshot, whole, label, named, params), truncated=cut)


def _largest(
    snapshot: Snapshot, whole: Whole, label: I32, found: tuple[I64, I64, I64], most: int
) -> list[tuple[int, str]]:
    """The first `most` components in order, by label, with the member that each is called by.

    `found`: the labels, and by label the number of members and of relations.
    """
    roots, size, relations = found
    order = roots[np.lexsort((-relations[roots], -size[roots]))]
    if len(order) > most:  # and all that equal the last of them, among which names decide
        last = order[most - 1]
        equal = (size[order] == size[last]) & (relations[order] == relations[last])
        order = order[: int(np.flatnonzero(equal)[-1]) + 1]
    names = called(snapshot, whole, label, order)
    keys = zip(order.tolist(), (-size[order]).tolist(), (-relations[order]).tolist(), strict=True)
    ranked = sorted((members, rows, names[root], root) for root, members, rows in keys)
    return [(root, name) for *_, name, root in ranked[:most]]


def called(snapshot: Snapshot, whole: Whole, label: I32, roots: I64) -> dict[int, str]:
    """The least canonical id of each component among its members of the kind of least code.

    Only those are named: in the largest component that is a small part of a great many.
    """
    wanted = np.zeros(len(label), np.bool_)
    wanted[roots] = True
    members = np.flatnonzero(wanted[label])
    owner, kind = label[members], snapshot.nodes.kind[whole.nodes[members]]
    least = np.full(len(label), 255, np.uint8)
    np.minimum.at(least, owner, kind)
    first = kind == least[owner]
    found: dict[int, str] = {}
    names = snapshot.canonicals(whole.nodes[members[first]].tolist())
    for root, name in zip(owner[first].tolist(), names, strict=True):
        if root not in found or name < found[root]:
            found[root] = name
    return found


def _rows(
    snapshot: Snapshot,
    whole: Whole,
    label: I32,
    named: list[tuple[int, str]],
    params: ComponentsParams,
) -> list[Component]:
    n = len(label)
    wanted = np.zeros(n, np.bool_)
    wanted[[root for root, _ in named]] = True
    ends = np.bincount(whole.src, minlength=n) + np.bincount(whole.dst, minlength=n)
    members = grouped(label, wanted)
    relations = grouped(label[whole.src], wanted)
    none = np.empty(0, np.int64)
    made = []
    for root, name in named:
        places = members[root]
        rows = whole.rows[relations.get(root, none)]
        began = snapshot.columns.vf[rows]
        nodes, most = whole.nodes[places], params.max_members
        facts, facts_total = newest(snapshot, rows)
        text = "\n".join([_PATTERN, *sorted(set(params.kinds or ())), name])
        made.append(
            Component(
                id=f"{_PATTERN}:{hashlib.sha256(text.encode()).hexdigest()[:16]}",
                pattern=_PATTERN,
                members=leading(snapshot, nodes, ends[places], most),
                facts=facts,
                amount=None,
                begins=format_time(int(began.min())) if len(rows) else None,
                ends=format_time(int(began.max())) if len(rows) else None,
                score=float(len(places)),
                why=_why(snapshot.nodes.kind[nodes], len(rows)),
                size=len(places),
                members_total=len(places) if len(places) > most else msgspec.UNSET,
                facts_total=facts_total,
            )
        )
    return made


def _why(kinds: npt.NDArray[np.uint8], relations: int) -> str:
    counts = {NAMES[code]: count for code, count in enumerate(np.bincount(kinds)) if count}
    zh = "、".join(f"{ZH[kind]} {count}" for kind, count in counts.items())
    en = ", ".join(f"{kind} {count}" for kind, count in counts.items())
    return (
        f"{len(kinds)} 个主体 ({zh}) 由 {relations} 条关系相连"
        f" / {len(kinds)} subjects ({en}) hang together by {relations} relations"
    )
