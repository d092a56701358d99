"""What OpenAPI says of the reconciliation API."""

from __future__ import annotations

from typing import Any, Final

from api.matching.schemas import in_query, list_of, object_of
from api.openapi import answers

_TEXT: Final = {"type": "string"}
_URL: Final = {"type": "string", "format": "uri"}
_TYPE: Final = object_of({"id": _TEXT, "name": _TEXT}) | {"title": "ReconcileType"}
_PROPERTY: Final = object_of({"id": _TEXT, "name": _TEXT, "description": _TEXT}, "description")
_SERVICE: Final = object_of({"service_url": _URL, "service_path": _TEXT})
_MANIFEST: Final = object_of(
    {
        "versions": list_of(_TEXT), "name": _TEXT, "identifierSpace": _URL, "schemaSpace": _URL,
        "documentation": _URL, "serviceVersion": _TEXT, "defaultTypes": list_of(_TYPE),
        "view": object_of({"url": _TEXT}),
        "authentication": object_of({"type": _TEXT, "name": _TEXT, "in": _TEXT}),
        "preview": object_of({"url": _TEXT, "width": {"type": "integer"},
                              "height": {"type": "integer"}}),
        "suggest": object_of(dict.fromkeys(("entity", "property", "type"), _SERVICE)),
        "extend": object_of({"propose_properties": _SERVICE, "property_settings": list_of({})}),
    }
)  # fmt: skip
_CANDIDATE: Final = object_of(
    {
        "id": _TEXT, "name": _TEXT, "description": _TEXT, "type": list_of(_TYPE),
        "score": {"type": "number", "minimum": 0, "maximum": 100}, "match": {"type": "boolean"},
        "features": list_of(object_of({"id": _TEXT, "value": {"type": "number"}})),
    }
) | {"title": "ReconcileCandidate"}  # fmt: skip
_RESULTS: Final = {
    "type": "object",
    "additionalProperties": object_of({"result": list_of(_CANDIDATE)}),
}
_VALUE: Final = object_of(
    {"id": _TEXT, "name": _TEXT, "str": _TEXT, "int": {"type": "integer"}},
    "id", "name", "str", "int",
)  # fmt: skip
_ROW: Final = {"type": "object", "additionalProperties": list_of(_VALUE)}
_EXTENDED: Final = object_of(
    {
        "meta": list_of(object_of({"id": _TEXT, "name": _TEXT, "type": _TYPE}, "type")),
        "rows": {"type": "object", "additionalProperties": _ROW},
    }
)
_SHAPES: Final = (
    _MANIFEST | {"title": "ReconcileManifest"},
    _EXTENDED | {"title": "ReconcileExtended"},
    _RESULTS | {"title": "ReconcileResults"},
)
_ANSWER: Final = answers({"anyOf": [*_SHAPES]})
_QUERIES: Final = '{"q0": {"query": "甲公司", "type": "company", "limit": 3}}'
_EXTEND: Final = '{"ids": ["c1"], "properties": [{"id": "uscc"}, {"id": "address"}]}'
_WHAT: Final = {
    "queries": "a batch of reconciliation queries as JSON / 对账查询",
    "extend": "ids and properties to fetch, as JSON / 数据扩展",
}
GET: Final[dict[str, Any]] = {
    "parameters": [
        in_query("queries", _TEXT, _WHAT["queries"], example=_QUERIES),
        in_query("extend", _TEXT, _WHAT["extend"], example=_EXTEND),
    ],
    **_ANSWER,
}
POST: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": object_of(
                    {name: {**_TEXT, "description": said} for name, said in _WHAT.items()},
                    *_WHAT,
                ),
                "example": {"queries": _QUERIES},
            }
        },
    },
    **_ANSWER,
}
SUGGEST: Final[dict[str, Any]] = {
    "parameters": [
        in_query("prefix", _TEXT, "what was typed / 输入的文字", example="甲"),
        in_query(
            "cursor",
            {"type": "integer", "minimum": 0, "maximum": 1000, "default": 0},
            "rows to pass over / 跳过行数",
        ),
    ],
    **answers(
        object_of(
            {
                "result": list_of(
                    object_of(
                        {**_PROPERTY["properties"], "notable": list_of(_TYPE)},
                        "description",
                        "notable",
                    )
                )
            }
        )
        | {"title": "ReconcileSuggested"}
    ),
}
PREVIEW: Final[dict[str, Any]] = {
    "parameters": [
        in_query("id", _TEXT, "a subject / 主体", required=True, example="c1"),
    ],
    "responses": {
        "200": {"description": "a page / 页面", "content": {"text/html": {"schema": _TEXT}}},
    },
}
PROPOSED: Final[dict[str, Any]] = {
    "parameters": [
        in_query("type", _TEXT, "the type of the subjects / 主体类型", example="company"),
        in_query(
            "limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "the most / 最多列出"
        ),
    ],
    **answers(
        object_of(
            {"properties": list_of(_TYPE), "type": _TEXT, "limit": {"type": "integer"}},
            "type",
            "limit",
        )
        | {"title": "ReconcileProposed"}
    ),
}
TYPES: Final[dict[str, Any]] = answers(list_of(_TYPE))
