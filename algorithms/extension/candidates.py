"""Who stands around a subject on the day of an act: the candidates of an extension."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from algorithms.extension.certain import surest
from algorithms.ownership.controllers import Controller, controllers_of
from graph.limbs import (
    AWAY,
    CONTROLLER,
    CONTROLLING,
    GUARDIAN,
    LEADING,
    NOMINEE,
    RELATIVE,
    SHAREHOLDER,
    TOWARDS,
    limb_of_officer,
)
from graph.model import CODES, NAMES, SHARE_UNIT
from graph.proof.known import stated
from graph.reach import Reached, reach
from graph.searching import DONE
from graph.times import DAY
from graph.traverse import IN, Graph, ask_for, graph_of
from graph.walk import Bounds

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

SHED_DAYS: Final = 365
_DIRECT: Final = (*TOWARDS, "officer", *AWAY)
_BESIDE: Final = ("kin", "guardian", "nominee")
_LIMB_BESIDE: Final = {"kin": RELATIVE, "guardian": GUARDIAN, "nominee": NOMINEE}
_ROLES: Final = ("legal_representative", "officer", "controller", "shareholder")
_MANY: Final = 100_000  # relations of the subject, or of a person beside it, that are looked at


@dataclass(slots=True)
class Candidate:
    """One party: the rows of each limb it held, its control, what it shed, what it took later."""

    node: int
    limbs: dict[str, list[int]] = field(default_factory=dict)
    control: Controller | None = None
    way: list[int] = field(default_factory=list)  # rows by which it controls
    doubt: str | None = None  # why its control is not certain: possible, nominee
    units: int = 0  # of the capital, directly, in 1e-15
    ballots: list[int] = field(default_factory=list)  # rows of direct holdings
    shed: dict[str, list[int]] = field(default_factory=dict)
    later: dict[str, list[int]] = field(default_factory=dict)
    beside: dict[int, int] = field(default_factory=dict)  # row of a relative: to whom it leads


@dataclass(slots=True)
class Field:
    """All candidates by subject, and which bound cut the search."""

    found: dict[int, Candidate] = field(default_factory=dict)
    explored: int = 0
    cut: str | None = None

    def of(self, node: int) -> Candidate:
        """The candidate of a subject."""
        if (one := self.found.get(node)) is None:
            one = self.found[node] = Candidate(node)
        return one


def candidates(snapshot: Snapshot, root: int, at: int, max_nodes: int, until: int) -> Field:
    """Everybody with a limb on the day, or who shed one shortly before or took one after it, and
    before `until`.

    In proportion to the subject's relations and the holdings above it.
    """
    field_ = Field()
    graph = graph_of(snapshot)
    _direct(snapshot, graph, root, at, field_)
    if snapshot.kind_name(root) == "company":
        found = controllers_of(snapshot, root, at, limit=max_nodes)
        if found.cut:
            field_.cut = "max_nodes"
        for controller in found.found:
            one = field_.of(controller.node)
            one.control = controller
            rows, one.doubt = surest(snapshot, controller, at)
            one.way = list(rows)
            if one.doubt is None:
                one.limbs[CONTROLLER] = one.way
    _moved(snapshot, root, (at, min(until, at + SHED_DAYS * DAY)), field_)
    for node in [n for n, one in field_.found.items() if one.limbs.keys() & LEADING]:
        _beside(snapshot, graph, (root, node), at, field_)
    return field_


def _near(snapshot: Snapshot, graph: Graph, node: int, kinds: Iterable[str], at: int) -> Reached:
    ask = ask_for(snapshot, kinds, "both", at)
    return reach(graph, ask, node, Bounds(1, _MANY, _MANY, _MANY), 5.0)


def _direct(snapshot: Snapshot, graph: Graph, root: int, at: int, into: Field) -> None:
    """The relations of the subject that hold on the day."""
    near = _near(snapshot, graph, root, _DIRECT, at)
    into.explored += near.explored
    if near.status != DONE:
        into.cut = "max_explored"
    value = snapshot.columns.value
    officers = [
        row for row, tag in zip(near.row, near.tag, strict=True) if NAMES[tag >> 2] == "officer"
    ]
    roles = snapshot.said(officers, "role") if officers else {}
    for child, row, tag in zip(near.child, near.row, near.tag, strict=True):
        kind, way = NAMES[tag >> 2], tag & 3
        if kind == "officer":
            limb = limb_of_officer(roles.get(row)) if way == IN else None
        else:
            limb = (TOWARDS if way == IN else AWAY).get(kind)
        if limb is None or not stated(snapshot, row):
            continue
        one = into.of(near.nodes[child])
        one.limbs.setdefault(limb, []).append(row)
        if limb == SHAREHOLDER:
            one.ballots.append(row)
            one.units += max(0, int(value[row]))
            if one.units > SHARE_UNIT // 2:
                one.limbs[CONTROLLING] = one.ballots


def _moved(snapshot: Snapshot, root: int, days: tuple[int, int], into: Field) -> None:
    """Roles and holdings that ended within a year before the act, or began between it and a day."""
    at, until = days
    cols, nodes = snapshot.columns, snapshot.nodes
    for kind in _ROLES:
        rows = incoming(snapshot, root, kind)
        if not len(rows):
            continue
        ends, begins = cols.vt[rows], cols.vf[rows]
        ended = rows[(ends <= at) & (ends > at - SHED_DAYS * DAY)]
        began = rows[(begins > at) & (begins <= until)]
        for moved, where in ((ended, "shed"), (began, "later")):
            for row in moved.tolist():
                if not stated(snapshot, row):
                    continue
                limb = CONTROLLER if kind == "controller" else TOWARDS.get(kind)
                if limb is None:
                    limb = limb_of_officer(snapshot.extra(row).get("role"))
                node = int(nodes.rep[cols.src[row]])
                getattr(into.of(node), where).setdefault(limb, []).append(row)


def incoming(
    snapshot: Snapshot, node: int, kind: str
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of a kind that lead into a subject and are known in the view, in force or not."""
    code, found = CODES[kind], [np.empty(0, np.int64)]
    for index in snapshot.into:
        first, last = int(index.start[code]), int(index.start[code + 1])
        for member in snapshot.members(node):
            at = first + int(np.searchsorted(index.nodes[first:last], np.int32(member)))
            if at < last and index.nodes[at] == member:
                low, high = int(index.ptr[at]), int(index.ptr[at + 1])
                found.append(index.order[low:high].astype(np.int64) if len(index.order)
                             else np.arange(low, high, dtype=np.int64))  # fmt: skip
    rows = np.concatenate(found)
    cols = snapshot.columns
    return rows[(cols.rec[rows] <= snapshot.batch) & (cols.ret[rows] > snapshot.batch)]


def _beside(snapshot: Snapshot, graph: Graph, pair: tuple[int, int], at: int, into: Field) -> None:
    """Relatives, guardians and nominees of whoever leads."""
    root, node = pair
    near = _near(snapshot, graph, node, _BESIDE, at)
    for child, row, tag in zip(near.child, near.row, near.tag, strict=True):
        limb = _LIMB_BESIDE[NAMES[tag >> 2]]
        other = near.nodes[child]
        if other == root or (limb != RELATIVE and tag & 3 != IN) or not stated(snapshot, row):
            continue
        one = into.of(other)
        one.limbs.setdefault(limb, []).append(row)
        one.beside[row] = node
