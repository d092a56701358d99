"""Who stands around a subject on the day of an act: the candidates of an extension."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from algorithms.extension.certain import Certainty
from graph.limbs import (
    AWAY,
    BESIDE,
    CONTROLLER,
    CONTROLLING,
    LEADING,
    RELATIVE,
    SHAREHOLDER,
    TOWARDS,
    limb_of_officer,
)
from graph.model import NAMES, SHARE_UNIT
from graph.proof.judge import SHED_DAYS
from graph.proof.known import MOST, named_alone, rows_of, stated
from graph.reach import Reached, reach
from graph.searching import DONE
from graph.times import DAY
from graph.traverse import IN, Graph, ask_for, graph_of
from graph.walk import Bounds

if TYPE_CHECKING:
    from algorithms.ownership.controllers import Controller
    from graph.columns import I64
    from graph.snapshot import Snapshot

_DIRECT: Final = (*TOWARDS, "officer", *AWAY)
_ROLES: Final = ("legal_representative", "officer", "controller", "shareholder")


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
    doubtful: set[int] = field(default_factory=set)  # of these rows, those to who may be several

    def unsure(self, limb: str) -> bool:
        """Whether a limb is held beside those alone who may be several (`named_alone`)."""
        return bool(self.doubtful) and self.doubtful >= set(self.limbs[limb])

    def sure(self, limb: str) -> list[int]:
        """The rows of a limb without those; all where there are no others."""
        return [row for row in self.limbs[limb] if row not in self.doubtful] or self.limbs[limb]


@dataclass(slots=True)
class Field:
    """All candidates by subject, and which bound cut the search."""

    found: dict[int, Candidate] = field(default_factory=dict)
    control: Certainty | None = None
    explored: int = 0
    cut: str | None = None

    def of(self, node: int) -> Candidate:
        """The candidate of a subject."""
        if (one := self.found.get(node)) is None:
            one = self.found[node] = Candidate(node)
        return one


def candidates(
    snapshot: Snapshot, root: int, days: tuple[int, int], max_nodes: int, reached: Set[str]
) -> Field:
    """Everybody with a limb on the day, or who shed one shortly before or took one after it, and
    before another day (`days`, both as instants).

    Roles and holdings that were shed are looked for, and whatever else a rule may reach (`reached`:
    limbs). In proportion to the subject's relations and the holdings above it.
    """
    field_, (at, until) = Field(), days
    graph = graph_of(snapshot)
    _direct(snapshot, graph, root, at, field_)
    if snapshot.kind_name(root) == "company":
        control = field_.control = Certainty(snapshot, root, at, max_nodes)
        if control.cut:
            field_.cut = "max_nodes"
        for controller in control.controllers:
            one = field_.of(controller.node)
            one.control = controller
            way, one.doubt = control.surest(controller)
            one.way = list(way)
            if one.doubt is None:
                one.limbs[CONTROLLER] = one.way
    _moved(snapshot, root, (at, min(until, at + SHED_DAYS * DAY)), field_)
    for into, limbs in ((True, TOWARDS), (False, AWAY)):
        for kind, limb in limbs.items():
            if limb in reached and kind not in _ROLES:
                rows = rows_of(snapshot, root, (kind,), into=into)
                _note(snapshot, _ended(snapshot, rows, at), (field_, "shed"))
    leading = [n for n, one in field_.found.items() if one.limbs.keys() & LEADING and n != root]
    for node in leading:
        _beside(snapshot, graph, (root, node), at, field_)
    return field_


def _near(
    snapshot: Snapshot, pair: tuple[Graph, int], kinds: Iterable[str], at: int, into: Field
) -> Reached:
    """Relations of a subject; past the bound, of one or of all, the search is cut."""
    ask = ask_for(snapshot, kinds, "both", at)
    graph, node = pair
    near = reach(graph, ask, node, Bounds(1, MOST, MOST, MOST), 5.0)
    into.explored += near.explored
    if near.status != DONE or into.explored > MOST:
        into.cut = "max_explored"
    return near


def _direct(snapshot: Snapshot, graph: Graph, root: int, at: int, into: Field) -> None:
    """The relations of the subject that hold on the day."""
    near = _near(snapshot, (graph, root), _DIRECT, at, into)
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
    for kind in _ROLES:
        rows = rows_of(snapshot, root, (kind,), into=True)
        begins = snapshot.columns.vf[rows]
        began: I64 = rows[(begins > at) & (begins <= until)]
        _note(snapshot, _ended(snapshot, rows, at), (into, "shed"))
        _note(snapshot, began, (into, "later"))


def _ended(snapshot: Snapshot, rows: I64, at: int) -> I64:
    """Those of these relations that ended within a year before an instant."""
    ends = snapshot.columns.vt[rows]
    return rows[(ends <= at) & (ends > at - SHED_DAYS * DAY)]


def _note(snapshot: Snapshot, rows: I64, where: tuple[Field, str]) -> None:
    """Put relations of the subject to their parties, as what these shed or took later."""
    cols, rep = snapshot.columns, snapshot.nodes.rep
    field_, name = where
    for row in snapshot.between_known(rows).tolist():
        kind = snapshot.kind_of_row(row)
        limb = {**TOWARDS, **AWAY, "controller": CONTROLLER}.get(kind)
        if limb is None:
            limb = limb_of_officer(snapshot.extra(row).get("role"))
        node = int(rep[(cols.dst if kind in AWAY else cols.src)[row]])
        getattr(field_.of(node), name).setdefault(limb, []).append(row)


def _beside(snapshot: Snapshot, graph: Graph, pair: tuple[int, int], at: int, into: Field) -> None:
    """Relatives, guardians and nominees of whoever leads."""
    root, node = pair
    near, doubtful = _near(snapshot, (graph, node), BESIDE, at, into), named_alone(snapshot, node)
    for child, row, tag in zip(near.child, near.row, near.tag, strict=True):
        limb = BESIDE[NAMES[tag >> 2]]
        other = near.nodes[child]
        if other == root or (limb != RELATIVE and tag & 3 != IN) or not stated(snapshot, row):
            continue
        one = into.of(other)
        one.limbs.setdefault(limb, []).append(row)
        one.beside[row] = node
        if doubtful:
            one.doubtful.add(row)
