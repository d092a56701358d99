"""The data extension service: properties of subjects that were reconciled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from api.reads.naming import PERSONAL
from api.reconcile.manifest import EXTENDING, SUBJECTS, type_of
from graph.adjacency import true_at
from graph.errors import UnknownSubject, WrongUsage
from graph.keys import mask_within
from graph.times import day_end, today
from graph.traverse import IN, OUT

if TYPE_CHECKING:
    from api.session import Session
    from graph.snapshot import Snapshot

_IDS: Final = 1000
_VALUES: Final = 50  # of one property of one subject
_USCC: Final = "cn:uscc:"
Values = list[dict[str, Any]]


class Wanted(msgspec.Struct):
    """A property to fetch; this service has no settings."""

    id: str


class Asked(msgspec.Struct):
    """Which properties of which subjects."""

    ids: list[str]
    properties: list[Wanted]


class Extended(NamedTuple):
    """An answer, and whom it shows: persons and their leads by canonical id, and which properties.
    Its rows go by the ids that were asked for, so that its values need not name them."""

    answer: dict[str, Any]
    subjects: tuple[str, ...]
    names: tuple[str, ...]


def extend(session: Session, text: str) -> Extended:
    """The answer to a request given as JSON text; an unknown subject has no values. Raises
    WrongUsage naming what is malformed."""
    try:
        asked = msgspec.json.decode(text, type=Asked)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WrongUsage(f"extend: {error}") from None
    if len(asked.ids) > _IDS:
        raise WrongUsage(f"extend.ids: {len(asked.ids)}, more than {_IDS}")
    names = list(dict.fromkeys(each.id for each in asked.properties))
    for name in names:
        if name not in EXTENDING:
            raise WrongUsage(f"extend.properties: one of {', '.join(EXTENDING)}, not {name[:40]!r}")
    snapshot, at = session.snapshot(), day_end(today())
    rows, persons = {}, dict[str, None]()
    for subject in asked.ids:
        node = _node(snapshot, subject)
        rows[subject] = _row(snapshot, node, names, at)
        if node is not None and snapshot.kind_name(node) in PERSONAL:
            persons[snapshot.canonical(node)] = None
    answer = {"meta": [_meta(name) for name in names], "rows": rows}
    return Extended(answer, tuple(persons), tuple(names))


def _meta(name: str) -> dict[str, Any]:
    said: dict[str, Any] = {"id": name, "name": EXTENDING[name]}
    if name in SUBJECTS:
        said["type"] = type_of({"address": "address"}.get(name, "person"))
    return said


def _node(snapshot: Snapshot, subject: str) -> int | None:
    try:
        return snapshot.resolve(subject)
    except UnknownSubject:
        return None


def _row(snapshot: Snapshot, node: int | None, names: list[str], at: int) -> dict[str, Values]:
    if node is None:
        return {name: [] for name in names}
    told = _LIMITED if snapshot.restricted(node) else _VALUE
    return {
        name: told[name](snapshot, node, at)[:_VALUES] if name in told else [] for name in names
    }


def _str(text: str) -> dict[str, Any]:
    return {"str": str(mask_within(text))}


def _former(snapshot: Snapshot, node: int, _: int) -> Values:
    return [_str(label) for label in snapshot.former_labels(node)]


def _uscc(snapshot: Snapshot, node: int, _: int) -> Values:
    canonical = snapshot.canonical(node)
    return [_str(canonical.removeprefix(_USCC))] if canonical.startswith(_USCC) else []


def _listings(snapshot: Snapshot, node: int, _: int) -> Values:
    said = ("list", "domain", "authority", "decided_on", "until", "status")
    return [
        _str(" · ".join(str(each[name]) for name in said if each.get(name)))
        for each in snapshot.listings(node)
    ]


def _others(kind: str, way: int) -> Callable[[Snapshot, int, int], Values]:
    """The subjects at the other end of relations of a kind that are true today."""

    def values(snapshot: Snapshot, node: int, at: int) -> Values:
        ends = snapshot.columns.src if way == IN else snapshot.columns.dst
        rows = true_at(snapshot, node, kind, way, at)[:_VALUES]
        others = dict.fromkeys(int(snapshot.nodes.rep[ends[row]]) for row in rows)
        return [
            {"id": snapshot.canonical(other), "name": str(mask_within(snapshot.label(other)))}
            for other in others
        ]

    return values


_VALUE: Final[dict[str, Callable[[Snapshot, int, int], Values]]] = {
    "id": lambda snapshot, node, _: [_str(snapshot.canonical(node))],
    "name": lambda snapshot, node, _: [_str(snapshot.label(node))],
    "former_name": _former,
    "kind": lambda snapshot, node, _: [_str(snapshot.kind_name(node))],
    "uscc": _uscc,
    "record": lambda snapshot, node, _: [_str(name) for name in snapshot.records(node)],
    "listing": _listings,
    "address": _others("located_at", OUT),
    "legal_representative": _others("legal_representative", IN),
    "shareholder": _others("shareholder", IN),
    "listed": lambda snapshot, node, _: [{"int": len(snapshot.listings(node))}],
}
_LIMITED: Final = {name: _VALUE[name] for name in ("id", "name", "kind")}
