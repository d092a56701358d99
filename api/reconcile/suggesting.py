"""Suggestions while a person types: subjects, types, properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.matching.search import found
from api.reconcile.manifest import extending, properties, type_of, types
from api.reconcile.queries import describe
from graph.keys import mask_within

if TYPE_CHECKING:
    from api.session import Session

_SHOWN: Final = 20
DEEPEST: Final = 1000


def suggest(session: Session, what: str, prefix: str, cursor: int) -> dict[str, Any]:
    """What begins like, or is named by, `prefix`: of `entity`, `type` or `property`."""
    if what == "entity":
        return {"result": _entities(session, prefix, cursor)}
    wanted = prefix.strip().casefold()
    offered = types() if what == "type" else [*properties(), *_others()]
    fitting = [
        each for each in offered if any(wanted in each[k].casefold() for k in ("id", "name"))
    ]
    return {"result": fitting[cursor : cursor + _SHOWN]}


def _others() -> list[dict[str, str]]:
    """Properties that can be fetched and that queries are not refined by."""
    known = {each["id"] for each in properties()}
    return [each for each in extending() if each["id"] not in known]


def _entities(session: Session, prefix: str, cursor: int) -> list[dict[str, Any]]:
    if not prefix.strip():
        return []
    snapshot = session.snapshot()
    rows = found(snapshot, prefix.strip(), None, cursor + _SHOWN)[cursor:]
    return [
        {
            "id": row["id"],
            "name": mask_within(row["label"]),
            "description": describe(snapshot, node),
            "notable": [type_of(row["kind"])],
        }
        for node, row in rows
    ]


def proposed(kind: str | None, limit: int | None) -> dict[str, Any]:
    """The properties that can be fetched of subjects of a type."""
    of_companies = {"uscc", "legal_representative", "shareholder"}
    offered = [
        each
        for each in extending()
        if kind in (None, "", "company") or each["id"] not in of_companies
    ]
    answer: dict[str, Any] = {"properties": offered[:limit]}
    if kind:
        answer["type"] = kind
    if limit is not None:
        answer["limit"] = limit
    return answer
