"""A scene: whom somebody put on the canvas, where, as of which day; and the facts between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from api import evidence
from api.casework.keeping import mask
from graph.domains import OF_KIND, of_listing
from graph.errors import UnknownSubject, WrongUsage
from graph.keys import mask_within
from graph.limbs import in_force
from graph.model import LISTING, RELATIONS
from graph.times import day_end, today

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api.session import Session
    from graph.snapshot import Snapshot

NODES: Final = 5_000
EDGES: Final = 10_000
_GROUPS: Final = 500
_Id = Annotated[str, Meta(min_length=1, max_length=300)]
_Ids = Annotated[list[_Id], Meta(max_length=NODES)]
_Number = Annotated[float, Meta(ge=-1e9, le=1e9)]


class SceneGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Subjects that are drawn as one."""

    id: Annotated[str, Meta(min_length=1, max_length=100)]
    label: Annotated[str, Meta(max_length=200)]
    members: _Ids


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a subject stands; y grows upwards."""

    id: _Id
    x: _Number
    y: _Number


class Scene(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is on the canvas. `facts` are the relations drawn; none given: all that hold on the day
    between the subjects, at most 10,000."""

    ids: Annotated[_Ids, Meta(description="subjects, at most 5,000 / 主体", examples=[["c1"]])]
    facts: Annotated[
        Annotated[list[_Id], Meta(max_length=EDGES)] | None,
        Meta(description="relations drawn; default all between them / 关系"),
    ] = None
    positions: Annotated[
        list[Place], Meta(description="where each stands / 位置", max_length=NODES)
    ] = []
    pinned: _Ids = []
    hidden: _Ids = []
    groups: Annotated[list[SceneGroup], Meta(max_length=_GROUPS)] = []
    layout: Annotated[
        Literal["force", "tree", "ring", "flow"], Meta(description="the way it is laid out / 布局")
    ] = "force"
    as_of: Annotated[str | None, Meta(description="the day, default today / 日期")] = None
    known_at: Annotated[str | None, Meta(description="as it was known then / 当时已知")] = None
    finding: Annotated[
        Annotated[str, Meta(max_length=40)] | None,
        Meta(description="the finding that it is about / 所涉线索"),
    ] = None


class SceneSubject(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the canvas; `listed`: lists in force on the day, as `black/tax`."""

    id: str
    kind: str
    label: str
    listed: list[str] = []


class Drawn(NamedTuple):
    """A scene with what it shows: subjects in its order, facts as `/v1/facts` has them, and what
    was left out."""

    scene: Scene
    as_of: str
    known_at: str
    snapshot: str
    subjects: list[SceneSubject]
    facts: list[dict[str, Any]]
    notes: list[str]


def settled(session: Session, scene: Scene) -> tuple[Scene, int]:
    """A scene as it is kept, by canonical ids, and the domains of whom it shows, as bits.

    Raises UnknownSubject for an id that nobody the caller may see has, BadFact for a wrong day,
    WrongUsage for a place, group, pin or relation of somebody who is not on it.
    """
    day_end(scene.as_of or today())
    snapshot = session.snapshot(scene.known_at)
    names: dict[str, str] = {}
    bits = 0
    for at, each in enumerate(scene.ids):
        try:
            node = snapshot.resolve(each)
        except UnknownSubject as error:
            raise UnknownSubject(f"scene.ids[{at}]: {error}") from None
        names[each] = snapshot.canonical(node)
        if domain := OF_KIND.get(snapshot.kind_name(node)):
            bits |= mask([domain])
    of = _Names(names)
    groups = [
        msgspec.structs.replace(
            each, label=mask_within(each.label), members=of(f"groups[{at}].members", each.members)
        )
        for at, each in enumerate(scene.groups)
    ]
    places = zip(of("positions", (p.id for p in scene.positions)), scene.positions, strict=True)
    made = msgspec.structs.replace(
        scene,
        ids=list(dict.fromkeys(names.values())),
        positions=[msgspec.structs.replace(place, id=name) for name, place in places],
        pinned=of("pinned", scene.pinned), hidden=of("hidden", scene.hidden), groups=groups,
    )  # fmt: skip
    if scene.facts:
        bits |= _domains(session, snapshot, made, scene.facts)
    return made, bits


class _Names:
    """Canonical ids of whom a scene names beside its `ids`."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = {**{each: each for each in names.values()}, **names}

    def __call__(self, field: str, ids: Iterable[str]) -> list[str]:
        found = []
        for each in ids:
            if each not in self._names:
                raise WrongUsage(f"scene.{field}: {each[:60]!r} is not among its ids / 不在图中")
            found.append(self._names[each])
        return found


def _domains(session: Session, snapshot: Snapshot, scene: Scene, names: Sequence[str]) -> int:
    """The domains of the relations that are drawn, as bits; raises WrongUsage for one that does
    not join two of the scene, UnknownSubject for none."""
    inside, bits = set(scene.ids), 0
    for fact in evidence.rows(session, snapshot, names):
        if not _joins(fact, inside):
            raise WrongUsage(
                f"scene.facts: {fact['id'][:60]!r} joins others / 关系不在图中主体之间"
            )
        domain = of_listing(fact) if fact["kind"] == LISTING else OF_KIND.get(fact["kind"])
        if domain:
            bits |= mask([domain])
    return bits


def drawn(session: Session, scene: Scene, *, hidden: bool = False) -> Drawn:
    """A scene with its subjects and facts as the caller is shown them today; those that are
    `hidden` on it only where asked for. Who, and what, is there no more is left out and said.
    Linear in the relations of the store where the scene names none of its own."""
    snapshot = session.snapshot(scene.known_at)
    day = scene.as_of or today()
    nodes: dict[int, str] = {}
    gone = 0
    away = set() if hidden else set(scene.hidden)
    for each in scene.ids:
        try:
            nodes.setdefault(snapshot.resolve(each), each)
        except UnknownSubject:
            gone += 1
    shown = {node: name for node, name in nodes.items() if name not in away}
    subjects = [
        SceneSubject(id=snapshot.canonical(node), kind=snapshot.kind_name(node),
                label=snapshot.label(node), listed=_listed(snapshot, node, day))
        for node in shown
    ]  # fmt: skip
    names, cut = _between(snapshot, shown, day, scene.facts)
    there = evidence.known(session, snapshot, names)
    known = [there[name] for name in names if name in there]
    notes = []
    if gone:
        notes.append(f"{gone} subjects of the scene are not there any more / {gone} 个主体已不存在")
    if lost := len(names) - len(known):
        notes.append(f"{lost} relations of it are not there any more / {lost} 条关系已不存在")
    if cut:
        notes.append(f"{cut} more relations between them are not shown / 另有 {cut} 条关系未列出")
    inside = {each.id for each in subjects}
    rows = (evidence.row(snapshot, each) for each in known)
    facts = [each for each in rows if _joins(each, inside)]
    return Drawn(scene, day, snapshot.known_at, snapshot.name, subjects, facts, notes)


def _listed(snapshot: Snapshot, node: int, day: str) -> list[str]:
    """The lists that a subject is on, whom it may be said of."""
    if snapshot.restricted(node):
        return []
    found = (each for each in snapshot.listings(node, day_end(day)) if in_force(each.get("status")))
    return sorted({f"{each.get('list')}/{each.get('domain') or '–'}" for each in found})


def _joins(fact: dict[str, Any], inside: set[str]) -> bool:
    return inside.issuperset(fact[end]["id"] for end in ("from", "to", "subject") if end in fact)


def _between(
    snapshot: Snapshot, nodes: Iterable[int], day: str, given: Sequence[str] | None
) -> tuple[list[str], int]:
    """The relations drawn by name, and how many more there are."""
    if given is not None:
        return list(given), 0
    inside = np.zeros(snapshot.n, np.bool_)
    inside[list(nodes)] = True
    inside = inside[snapshot.nodes.rep]
    columns = snapshot.columns
    rows = snapshot.rows(list(RELATIONS), day_end(day))
    rows = rows[inside[columns.src[rows]] & inside[columns.dst[rows]]]
    return snapshot.fact_ids(rows[:EDGES].tolist()), max(len(rows) - EDGES, 0)
