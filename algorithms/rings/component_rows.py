"""From a question about components to its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from algorithms.registry import Result, Truncated
from algorithms.rings.components import Component
from algorithms.rings.connected import components
from algorithms.rings.parts import Part, counted, foremost, parts
from algorithms.rings.whole import edges
from graph.times import day_end, today

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
    named = foremost(snapshot, whole, label, roots, (size, relations), params.max_rows)
    cut = None
    if len(roots) > len(named):
        text = f"max_rows: {len(roots)} components found, the largest are shown"
        reason = f"{text} / 只列出最大的分量"
        cut = Truncated(reason=reason, explored=len(whole.rows), limit=params.max_rows)
    shown = parts(snapshot, whole, label, named, _PATTERN, params.kinds, params.max_members)
    return Result(results=[_row(snapshot, part) for part in shown], truncated=cut)


def _row(snapshot: Snapshot, part: Part) -> Component:
    size = len(part.nodes)
    zh, en = counted(snapshot.nodes.kind[part.nodes])
    why = (
        f"{size} 个主体 ({zh}) 由 {part.relations} 条关系相连"
        f" / {size} subjects ({en}) hang together by {part.relations} relations"
    )
    return Component(**part.fields, score=float(size), why=why)
