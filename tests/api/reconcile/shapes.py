"""The shapes of the reconciliation API 0.2, written from its report (W3C community group, 2023)."""

from __future__ import annotations

from typing import Any, Final

TEXT: Final = {"type": "string"}


def made(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object of these properties and no others."""
    return {
        "type": "object", "required": list(required), "properties": required | (optional or {}),
        "additionalProperties": False,
    }  # fmt: skip


TYPE: Final = made({"id": TEXT, "name": TEXT})
SUGGESTING: Final = made({}, {"service_url": TEXT, "service_path": {**TEXT, "pattern": "^/"}})
MANIFEST: Final = made(
    {
        "versions": {"type": "array", "contains": {"const": "0.2"}},
        "name": TEXT, "identifierSpace": {**TEXT, "pattern": "^https?://"},
        "schemaSpace": {**TEXT, "pattern": "^https?://"},
    },
    {
        "documentation": TEXT, "serviceVersion": TEXT, "logo": TEXT,
        "defaultTypes": {"type": "array", "items": TYPE, "uniqueItems": True},
        "view": made({"url": {**TEXT, "pattern": r"\{\{id\}\}"}}),
        "authentication": made({"type": {"const": "apiKey"}, "name": TEXT, "in": {
            "enum": ["header", "query"]}}),
        "preview": made({"url": {**TEXT, "pattern": r"\{\{id\}\}"}, "width": {"type": "integer"},
                         "height": {"type": "integer"}}),
        "suggest": made({}, dict.fromkeys(("entity", "property", "type"), SUGGESTING)),
        "extend": made({}, {"propose_properties": SUGGESTING, "property_settings": {
            "type": "array"}}),
    },
)  # fmt: skip
CANDIDATE: Final = made(
    {"id": TEXT, "name": TEXT, "score": {"type": "number"}},
    {
        "description": TEXT, "match": {"type": "boolean"},
        "type": {"type": "array", "items": TYPE},
        "features": {"type": "array", "items": made(
            {"id": TEXT, "value": {"type": ["number", "boolean"]}})},
    },
)  # fmt: skip
RESULTS: Final = {
    "type": "object",
    "additionalProperties": made({"result": {"type": "array", "items": CANDIDATE}}),
}
ENTITIES: Final = made({"result": {"type": "array", "items": made(
    {"id": TEXT, "name": TEXT},
    {"description": TEXT, "notable": {"type": "array", "items": TYPE}},
)}})  # fmt: skip
TYPES: Final = made({"result": {"type": "array", "items": TYPE}})
PROPERTIES: Final = made({"result": {"type": "array", "items": made(
    {"id": TEXT, "name": TEXT}, {"description": TEXT})}})  # fmt: skip
PROPOSED: Final = made(
    {"properties": {"type": "array", "items": TYPE}}, {"type": TEXT, "limit": {"type": "integer"}}
)
VALUE: Final = {"oneOf": [
    made({}), made({"id": TEXT, "name": TEXT}, {"description": TEXT}), made({"str": TEXT}),
    made({"float": {"type": "number"}}), made({"int": {"type": "integer"}}), made({"date": TEXT}),
]}  # fmt: skip
EXTENDED: Final = made({
    "meta": {"type": "array", "items": made({"id": TEXT, "name": TEXT}, {
        "type": TYPE, "service": TEXT})},
    "rows": {"type": "object", "additionalProperties": {
        "type": "object", "additionalProperties": {"type": "array", "items": VALUE}}},
})  # fmt: skip
