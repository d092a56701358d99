"""The service's description: schemas, parameters and examples of every algorithm."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from algorithms.registry import ALGORITHMS, COMMON, Algorithm, Truncated
from api.notices.particulars import KINDS, LANGS, Particulars
from api.parameters import describe

REF: Final = "#/components/schemas/{name}"
_TEXT: Final = {"type": "string"}
SERVICE: Final[dict[str, dict[str, Any]]] = {
    "/v1/rulebook": {
        "parameters": [
            {"name": "edition", "in": "query", "schema": _TEXT, "example": "2026-04"},
            {"name": "measure", "in": "query", "schema": _TEXT},
            {"name": "day", "in": "query", "schema": _TEXT, "example": "2022-01-05"},
        ]
    },
    "/v1/audit/verify": {
        "parameters": [
            {"name": "anchor", "in": "query", "schema": {"type": "array", "items": _TEXT}},
        ]
    },
    "/v1/facts": {
        "requestBody": {
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["ids"],
                        "properties": {
                            "ids": {"type": "array", "items": _TEXT, "maxItems": 1000},
                            "known_at": {"anyOf": [_TEXT, {"type": "null"}]},
                        },
                    },
                    "example": {"ids": ["registry:s1"]},
                }
            }
        }
    },
    "/v1/notices": {
        "requestBody": {
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["answer", "party", "kind", "particulars"],
                        "properties": {
                            "answer": {"type": "object"},
                            "party": _TEXT,
                            "kind": {"enum": [*KINDS]},
                            "lang": {"enum": [*LANGS], "default": "both"},
                            "particulars": msgspec.json.schema_components(
                                [Particulars], ref_template=REF
                            )[1]["Particulars"],
                        },
                    },
                    "example": {
                        "answer": {"algorithm": "extend", "results": []},
                        "party": "demo:p1",
                        "kind": "prior",
                        "particulars": {
                            "decision": "京财惩告〔2025〕1号",
                            "authority": "北京市财政局",
                            "contact": "北京市财政局执法处",
                            "on": "2025-03-03",
                            "proposed_by": "张三",
                        },
                    },
                }
            }
        },
        "responses": {
            "200": {
                "description": "the notice, PDF where `Accept` names it / 文书",
                "content": {
                    "text/html": {"schema": _TEXT},
                    "application/pdf": {"schema": {"type": "string", "format": "binary"}},
                },
            }
        },
    },
}
HELD: Final = {"304": {"description": "what the caller holds is the answer / 未变化"}}
PROBLEM: Final = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT},
}


def schema(kind: type[Any]) -> dict[str, Any]:
    """A type's JSON schema with nothing referred to, so that it stands by itself. Made once and
    shared: whoever changes it copies it first."""
    key: Any = kind  # mypy looks for the hash of a type at its instances
    return _schema(key)


@cache
def _schema(kind: Any) -> dict[str, Any]:
    (out,), components = msgspec.json.schema_components([kind], ref_template=REF)
    whole: dict[str, Any] = _inline(out, components, ())
    return whole


def asked(where: str, name: str, words: str, kind: dict[str, Any] | None = None) -> Any:
    """What is said of one parameter: `where` is query, path or header."""
    said = {"in": where, "name": name, "description": words, "schema": kind or _TEXT}
    return said | ({"required": True} if where == "path" else {})


def body(kind: Any, example: Any, *, required: bool = False) -> dict[str, Any]:
    """What is said of a body of JSON: of a type, or of a schema as it is."""
    content = {"schema": kind if isinstance(kind, dict) else schema(kind), "example": example}
    said: dict[str, Any] = {"content": {"application/json": content}}
    return {"requestBody": {"required": True, **said} if required else said}


def answers(kind: Any, status: str = "200", media: str = "application/json") -> dict[str, Any]:
    """What is said of an answer: of a type, or of a schema as it is; of None, nothing is in it."""
    said: dict[str, Any] = {"description": "the answer / 结果"}
    if kind is not None:
        made = kind if isinstance(kind, dict) else schema(kind)
        said["content"] = {media: {"schema": made}}
    return {"responses": {status: said}}


def _inline(node: Any, components: dict[str, Any], above: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_inline(part, components, above) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return {} if name in above else _inline(components[name], components, (*above, name))
    return {key: _inline(part, components, above) for key, part in node.items()}


def example(record: Algorithm) -> dict[str, Any]:
    """Parameters of a question that shows what they look like."""
    properties = schema(record.params).get("properties", {})
    shown: dict[str, Any] = {}
    for name, field in record.fields.items():
        examples = properties.get(name, {}).get("examples")
        if examples and name != "known_at":
            shown[name] = examples[0]
        elif field.required:
            shown[name] = ["c1", "c2"] if describe(field).many else "c1"
    return shown


ENVELOPE: Final = {
    "title": "Envelope",
    "description": "What every answer has: the question as it was understood, the day and the state"
    " of knowledge that it is true of, and whether a bound cut it short / 所有应答的公共部分",
    "type": "object",
    "required": ["algorithm", "params", "as_of", "known_at", "snapshot", "results", "truncated"],
    "properties": {
        "algorithm": _TEXT,
        "params": {"type": "object"},
        "as_of": {"type": "string", "format": "date"},
        "known_at": _TEXT,
        "snapshot": {"type": "string", "pattern": "^sha256:"},
        "results": {"type": "array", "items": {"type": "object"}},
        "truncated": {"anyOf": [{"type": "null"}, schema(Truncated)]},
        "notes": {"type": "array", "items": _TEXT},
    },
}


def envelope(record: Algorithm) -> dict[str, Any]:
    """The schema of an algorithm's answer: the envelope, with rows of its own."""
    properties = {
        "algorithm": {"const": record.name},
        "results": {"type": "array", "items": schema(record.row)},
    }
    title = "".join(part.title() for part in record.name.split("_")) + "Answer"
    own = {"type": "object", "properties": properties}
    return {"title": title, "type": "object", "allOf": [ENVELOPE, own]}


def operation(record: Algorithm, method: str) -> dict[str, Any]:
    """What OpenAPI says of one algorithm by one method."""
    responses = answers(envelope(record))["responses"]
    said = {"responses": responses, "x-sources": list(record.sources)}
    if method == "POST":
        body = {"schema": schema(record.params), "example": example(record)}
        return {**said, "requestBody": {"content": {"application/json": body}}}
    properties = schema(record.params).get("properties", {})
    parameters = [
        parameter(name, properties[name], required=field.required)
        for name, field in record.fields.items()
    ]
    return {**said, "responses": responses | HELD, "parameters": parameters}


def parameter(name: str, said: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    """A field of a type as a parameter of a query."""
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": said.get("description", ""),
        "schema": {k: v for k, v in said.items() if k != "description"},
    }


@cache
def listing() -> bytes:
    """`/v1/algorithms`: what a client needs to ask, in the order of the registry."""
    return msgspec.json.encode(
        [
            {
                "name": record.name,
                "verb": record.verb,
                "route": record.path,
                "title": record.title,
                "family": record.family,
                "doc": record.doc,
                "sources": record.sources,
                "common": COMMON,
                "params": schema(record.params),
                "row": schema(record.row),
                "example": example(record),
            }
            for record in ALGORITHMS.values()
        ]
    )
