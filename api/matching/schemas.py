"""What OpenAPI says of search and match."""

from __future__ import annotations

from typing import Any, Final

from algorithms.matching.match_subject import Explanation
from api.matching.yente import OPTIONS, SCHEMATA
from api.openapi import answers, schema
from graph.model import ENTITIES

_TEXT: Final = {"type": "string"}
_KIND: Final = {"enum": [*ENTITIES]}
_AT: Final = {"as_of": _TEXT, "known_at": _TEXT, "snapshot": _TEXT}


def object_of(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    """The schema of an object; what is not optional is required."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def list_of(item: dict[str, Any]) -> dict[str, Any]:
    """The schema of an array."""
    return {"type": "array", "items": item}


def in_query(name: str, kind: dict[str, Any], said: str, **more: Any) -> dict[str, Any]:
    """A parameter of the query."""
    return {"name": name, "in": "query", "schema": kind, "description": said, **more}


_ROW: Final = object_of(
    {
        "id": _TEXT, "kind": _KIND, "label": _TEXT, "records": list_of(_TEXT),
        "how": {
            "enum": ["key", "masked", "exact", "sound", "prefix", "within", "sound_prefix",
                     "sound_within", "initials", "similar"]
        },
        "name": _TEXT, "former": {"type": "boolean"},
    },
    "name", "former",
)  # fmt: skip
SEARCH: Final[dict[str, Any]] = {
    "parameters": [
        in_query("q", {**_TEXT, "maxLength": 1000}, "id, key or name / 编号、证件号或名称",
                 required=True, example="甲公司"),
        in_query("kind", _KIND, "only subjects of this kind / 主体种类", example="company"),
        in_query("limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 20},
                 "rows of a page / 每页行数"),
        in_query("offset", {"type": "integer", "minimum": 0, "maximum": 10000, "default": 0},
                 "rows to pass over / 跳过行数"),
        in_query("known_at", _TEXT, "as it was known at this ISO time / 当时已知"),
    ],
    **answers(
        object_of({"query": _TEXT, "results": list_of(_ROW), "more": {"type": "boolean"},
                   "known_at": _TEXT, "snapshot": _TEXT}) | {"title": "Found"}
    ),
}  # fmt: skip
_PROPERTIES: Final = {
    "type": "object",
    "additionalProperties": {"anyOf": [_TEXT, list_of(_TEXT)]},
}
_QUERY: Final = object_of(
    {"schema": {"enum": [*SCHEMATA], "default": "Thing"}, "properties": _PROPERTIES, "id": _TEXT,
     "exclude_entity_ids": list_of(_TEXT)},
    "schema", "id", "exclude_entity_ids",
)  # fmt: skip
_NUMBER: Final = {"type": "number", "minimum": 0, "maximum": 1}
_OPTIONS: Final = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 5},
    "threshold": {**_NUMBER, "default": 0.7},
    "cutoff": {**_NUMBER, "default": 0.5},
    "exclude_entity_ids": list_of(_TEXT),
    "changed_since": _TEXT,
    "as_of": _TEXT,
    "known_at": _TEXT,
}
_MATCHED: Final = object_of(
    {
        "id": _TEXT, "kind": _KIND, "caption": _TEXT, "schema": _TEXT, "score": _NUMBER,
        "match": {"type": "boolean"}, "target": {"type": "boolean"},
        "features": {"type": "object", "additionalProperties": {"type": "number"}},
        "explanations": {"type": "object", "additionalProperties": schema(Explanation)},
        "properties": _PROPERTIES, "datasets": list_of(_TEXT), "referents": list_of(_TEXT),
        "facts": list_of(_TEXT), "facts_total": {"type": "integer"},
    },
    "facts_total",
)  # fmt: skip
_RESPONSE: Final = object_of(
    {
        "status": {"enum": [200, 422]}, "results": list_of(_MATCHED),
        "total": object_of({"value": {"type": "integer"}, "relation": {"enum": ["eq", "gte"]}}),
        "query": {"type": "object"}, "error": _TEXT, "ignored": list_of(_TEXT),
        "notes": list_of(_TEXT), "truncated": _TEXT,
    },
    "error", "ignored", "notes", "truncated",
)  # fmt: skip
_FEATURE: Final = object_of({"description": _TEXT, "coefficient": {"type": "number"}, "url": _TEXT})
MATCH: Final[dict[str, Any]] = {
    "parameters": [in_query(name, _OPTIONS[name], "see the body / 同请求体") for name in OPTIONS],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    **object_of(
                        {"queries": {"type": "object", "additionalProperties": _QUERY}, **_OPTIONS},
                        *_OPTIONS,
                    ),
                    "additionalProperties": False,
                },
                "example": {
                    "queries": {
                        "q1": {
                            "schema": "Company",
                            "properties": {
                                "name": ["甲公司"],
                                "registrationNumber": "91110000MA0000001L",
                            },
                        },
                        "q2": {
                            "schema": "Person",
                            "properties": {"name": ["Zhang San"], "birthDate": ["1980-01-01"]},
                        },
                    },
                    "threshold": 0.7,
                },
            }
        },
    },
    **answers(
        object_of(
            {
                "responses": {"type": "object", "additionalProperties": _RESPONSE},
                "limit": {"type": "integer"},
                "threshold": _NUMBER,
                "matcher": {"type": "object", "additionalProperties": _FEATURE},
                **_AT,
                "notes": list_of(_TEXT),
            },
            "notes",
        )
        | {"title": "Matches"}
    ),
}
