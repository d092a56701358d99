"""Batches of reconciliation queries, answered by matching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from algorithms.matching.match_subject import Match, MatchParams, match_one
from algorithms.registry import ALGORITHMS, prepare
from api.reconcile.manifest import REFINING, type_of
from graph import keys
from graph.erasure import LIMITED
from graph.errors import WrongUsage
from graph.model import ENTITIES

if TYPE_CHECKING:
    from api.session import Session
    from graph.snapshot import Snapshot

_CUTOFF: Final = 0.3  # a person looks at the candidates, so more are shown than are screened for
_LIMIT: Final = 5
_MOST: Final = 100
_LISTS: Final = frozenset({"phone", "account"})


class Property(msgspec.Struct):
    """One value, or several, that a query is refined by."""

    pid: str
    v: Any


class Query(msgspec.Struct, forbid_unknown_fields=True):
    """One query of a batch."""

    query: str = ""
    type: str | list[str] | None = None
    limit: float | None = None
    properties: list[Property] = []
    type_strict: Literal["any", "should", "all"] = "any"


def answer(session: Session, text: str, most: int = 100) -> dict[str, Any]:
    """The results of a batch given as JSON text. Raises WrongUsage naming what is malformed."""
    try:
        batch = msgspec.json.decode(text, type=dict[str, Query])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WrongUsage(f"queries: {error}") from None
    if len(batch) > most:
        raise WrongUsage(f"queries: {len(batch)}, more than {most} / 过多")
    snapshot = session.snapshot()
    return {name: {"result": _one(snapshot, name, query)} for name, query in batch.items()}


def _one(snapshot: Snapshot, name: str, query: Query) -> list[dict[str, Any]]:
    params = prepare(ALGORITHMS["match_subject"], _parameters(name, query))
    assert isinstance(params, MatchParams)
    try:
        found = match_one(snapshot, params)
    except WrongUsage:  # an empty cell, or a date that is none: the rest of the column goes on
        return []
    return [
        _candidate(snapshot, row, node) for row, node in zip(found.rows, found.nodes, strict=True)
    ]


def _parameters(name: str, query: Query) -> dict[str, Any]:
    """A query as parameters of `match_subject`; a name that is a valid code counts as one."""
    given = [query.type] if isinstance(query.type, str) else query.type or []
    kinds = [kind for kind in given if kind in ENTITIES]
    if given and not kinds:
        raise WrongUsage(f"queries.{name[:40]}.type: one of {', '.join(ENTITIES)}")
    limit = int(query.limit) if query.limit is not None else _LIMIT
    found: dict[str, Any] = {
        "name": query.query,
        "kind": kinds or None,
        "cutoff": _CUTOFF,
        "limit": max(1, min(_MOST, limit)),
    }
    for each in query.properties:
        values = [_text(name, each.pid, v) for v in (each.v if type(each.v) is list else [each.v])]
        values = [value for value in values if value]
        if each.pid not in REFINING or not values:
            continue  # a property of another service: it says nothing here
        if each.pid == "name":
            found.setdefault("also", []).extend(values)
        elif each.pid in _LISTS:
            found.setdefault(each.pid, []).extend(values)
        else:
            found.setdefault(each.pid, values[0])
    for kind in ("uscc", "resident_id"):
        if kind not in found and keys.check(kind, query.query).valid:
            found |= {kind: query.query, "name": ""}
    return found


def _text(name: str, pid: str, value: Any) -> str:
    """A value as text: a number, a truth, or a cell that was reconciled, by its name."""
    if isinstance(value, dict):
        value = value.get("name", value.get("id"))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float):
        raise WrongUsage(f"queries.{name[:40]}.properties.{pid[:40]}: neither text nor number")
    return str(value)


def _candidate(snapshot: Snapshot, row: Match, node: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.caption,
        "description": describe(snapshot, node),
        "type": [type_of(row.kind)],
        "score": round(row.score * 100, 2),
        "match": row.match,
        "features": [{"id": name, "value": value} for name, value in row.features.items()],
    }


def describe(snapshot: Snapshot, node: int) -> str:
    """What tells a subject from others of its name, in a line."""
    kind = snapshot.kind_name(node)
    if snapshot.restricted(node):
        return f"{kind} / {ENTITIES[kind].zh}; {LIMITED}"
    listings = len(snapshot.listings(node))
    parts = [f"{kind} / {ENTITIES[kind].zh}", ", ".join(snapshot.records(node)[:3])]
    if listings:
        parts.append(f"listings / 名单: {listings}")
    return "; ".join(parts)
