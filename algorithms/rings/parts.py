"""Parts of a whole graph as rows: which of them stand first, and what a row shows of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from algorithms.rings.shown import grouped, leading, newest
from algorithms.rings.whole import Whole
from graph.columns import I32, I64
from graph.model import NAMES, ZH
from graph.times import format_time

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


def foremost(
    snapshot: Snapshot,
    whole: Whole,
    label: I32,
    roots: I64,
    by: tuple[npt.NDArray[Any], npt.NDArray[Any]],
    most: int,
) -> list[tuple[int, str]]:
    """The first `most` of these parts, by label, with the member that each is called by: highest by
    the first of two values of each label, then by the second, then by name."""
    major, minor = by
    order = roots[np.lexsort((-minor[roots], -major[roots]))]
    if len(order) > most:  # and all that equal the last of them, among which names decide
        last = order[most - 1]
        equal = (major[order] == major[last]) & (minor[order] == minor[last])
        order = order[: int(np.flatnonzero(equal)[-1]) + 1]
    names = called(snapshot, whole, label, order)
    keys = zip((-major[order]).tolist(), (-minor[order]).tolist(), order.tolist(), strict=True)
    ranked = sorted((first, second, names[root], root) for first, second, root in keys)
    return [(root, name) for *_, name, root in ranked[:most]]


def called(snapshot: Snapshot, whole: Whole, label: I32, roots: I64) -> dict[int, str]:
    """The least canonical id of each part among its members of the kind of least code.

    Only those are named: in the largest part that is a small part of a great many.
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


class Part(NamedTuple):
    """A part: its label, its members, how many relations are within it, and the fields that every
    row of parts has."""

    root: int
    nodes: I32
    relations: int
    fields: dict[str, Any]


def parts(
    snapshot: Snapshot,
    whole: Whole,
    label: I32,
    named: list[tuple[int, str]],
    pattern: str,
    kinds: Iterable[str] | None,
    most: int,
) -> Iterator[Part]:
    """Each of the named parts, in their order, with at most so many members in its fields."""
    n = len(label)
    wanted = np.zeros(n, np.bool_)
    wanted[[root for root, _ in named]] = True
    ends = np.bincount(whole.src, minlength=n) + np.bincount(whole.dst, minlength=n)
    members = grouped(label, wanted)
    inside = np.flatnonzero(label[whole.src] == label[whole.dst])
    relations = grouped(label[whole.src[inside]], wanted)
    none = np.empty(0, np.int64)
    for root, name in named:
        places = members[root]
        rows = whole.rows[inside[relations.get(root, none)]]
        began, nodes = snapshot.columns.vf[rows], whole.nodes[places]
        facts, facts_total = newest(snapshot, rows)
        text = "\n".join([pattern, *sorted(set(kinds or ())), name])
        fields = {
            "id": f"{pattern}:{hashlib.sha256(text.encode()).hexdigest()[:16]}",
            "pattern": pattern,
            "members": leading(snapshot, nodes, ends[places], most),
            "facts": facts,
            "amount": None,
            "begins": format_time(int(began.min())) if len(rows) else None,
            "ends": format_time(int(began.max())) if len(rows) else None,
            "size": len(places),
            "members_total": len(places) if len(places) > most else UNSET,
            "facts_total": facts_total,
        }
        yield Part(root, nodes, len(rows), fields)


def counted(kinds: npt.NDArray[np.uint8]) -> tuple[str, str]:
    """How many there are of each kind of subject, in words: Chinese, English."""
    counts = {NAMES[code]: count for code, count in enumerate(np.bincount(kinds)) if count}
    zh = "、".join(f"{ZH[kind]} {count}" for kind, count in counts.items())
    return zh, ", ".join(f"{kind} {count}" for kind, count in counts.items())
