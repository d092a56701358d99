"""What OpenAPI says of a subject's routes."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from algorithms.registry import Algorithm
from api import openapi, views
from api.subjects.timeline import Asked, Timeline

_WORDS: Final = (
    "dataset:id, canonical id, bare id or official key; `/` as %2F"
    " / 记录编号、统一编号或统一社会信用代码, 斜杠写作 %2F"
)
_ID: Final = openapi.asked("path", "id", _WORDS) | {"example": "demo:c1"}
TITLES: Final = {"subject": "One subject / 主体", "subject_timeline": "Timeline / 时间线"}


class Told(msgspec.Struct, kw_only=True):
    """Two or more records of a subject that say different things."""

    property: str
    values: list[dict[str, Any]]


class Subject(msgspec.Struct, kw_only=True):
    """A subject with its records, contradictions between them, and listings."""

    id: str
    kind: str
    label: str
    records: list[dict[str, Any]]
    contradictions: list[Told]
    listings: list[dict[str, Any]]
    known_at: str
    snapshot: str


class Moved(msgspec.Struct, kw_only=True):
    """Where the subject stands."""

    canonical: str
    location: str


_MOVED: Final = {
    "description": "the subject stands under another id / 主体已并入另一编号",
    "headers": {"Location": {"schema": {"type": "string"}}},
    "content": {"application/json": {"schema": openapi.schema(Moved)}},
}


def _answers(kind: type[Any]) -> dict[str, Any]:
    good = openapi.answers(kind)["responses"]
    return {**good, **openapi.HELD, "308": _MOVED}


def _query(kind: type[Any]) -> list[dict[str, Any]]:
    """The fields of a type as parameters of a query."""
    said = openapi.schema(kind)
    return [
        openapi.parameter(name, each, required=name in said.get("required", ()))
        for name, each in said["properties"].items()
    ]


def view(record: Algorithm, parameter: str) -> dict[str, Any]:
    """An algorithm asked about the subject in the path."""
    said = views.described(record, parameter, _ID)
    return {**said, "responses": said["responses"] | {"308": _MOVED}}


_KNOWN: Final = openapi.asked(
    "query", "known_at", "as it was known at this ISO time / 当时已知的数据"
)
LOOKS: Final[dict[str, dict[str, Any]]] = {
    "subject": {"parameters": [_ID, _KNOWN], "responses": _answers(Subject)},
    "subject_timeline": {
        "parameters": [_ID, *_query(Asked)],
        "responses": _answers(Timeline),
    },
}
