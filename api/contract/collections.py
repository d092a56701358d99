"""Collections of requests made from the OpenAPI document: for Postman, and as a file of requests
that editors send (JetBrains' HTTP client, VS Code's REST Client)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

# https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html
POSTMAN: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_ADDRESS: Final = "http://127.0.0.1:8000"


class Example(NamedTuple):
    """One request, ready to be sent."""

    tag: str
    title: str
    method: str
    path: str  # parts that vary as {name}
    parts: dict[str, str]
    query: dict[str, str]  # those that have to be given
    body: Any
    kind: str | None  # of the body
    open: bool


def examples(document: dict[str, Any]) -> Iterator[Example]:
    """A request for every operation, in the order of the document."""
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            parts, query = {}, {}
            for each in said.get("parameters", ()):
                if each["in"] == "path":
                    parts[each["name"]] = str(_value(each))
                elif each["in"] == "query" and each.get("required"):
                    query[each["name"]] = _text(_value(each))
            kind, content = next(
                iter(said.get("requestBody", {}).get("content", {}).items()), (None, {})
            )
            yield Example(
                said["tags"][0], said.get("summary") or path, method.upper(), path, parts, query,
                _body(content), kind, not said["security"],
            )  # fmt: skip


def _value(parameter: dict[str, Any]) -> Any:
    schema = parameter.get("schema", {})
    if "example" in parameter:
        return parameter["example"]
    for source in (schema.get("examples"), schema.get("enum")):
        if source:
            return source[0]
    return schema.get("default", parameter["name"])


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _body(content: dict[str, Any]) -> Any:
    if "example" in content:
        return content["example"]
    named = content.get("examples") or {}
    return next(iter(named.values()))["value"] if named else {}


def postman(document: dict[str, Any]) -> dict[str, Any]:
    """A Postman collection (v2.1): a folder a tag, `baseUrl` and `token` as its variables."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for each in examples(document):
        folders.setdefault(each.tag, []).append({"name": each.title, "request": _postman(each)})
    described = {tag["name"]: tag["description"] for tag in document["tags"]}
    return {
        "info": {
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "version": document["info"]["version"],
            "schema": POSTMAN,
        },
        "auth": {"type": "bearer", "bearer": [_variable("token", "{{token}}")]},
        "variable": [{"key": "baseUrl", "value": _ADDRESS}, {"key": "token", "value": ""}],
        "item": [
            {"name": tag, "description": described[tag], "item": items}
            for tag, items in folders.items()
        ],
    }


def _variable(key: str, value: str) -> dict[str, str]:
    return {"key": key, "value": value, "type": "string"}


def _postman(each: Example) -> dict[str, Any]:
    path = each.path
    for name in each.parts:
        path = path.replace(f"{{{name}}}", f":{name}")
    made: dict[str, Any] = {
        "method": each.method,
        "header": [],
        "url": {
            "raw": "{{baseUrl}}" + path,
            "host": ["{{baseUrl}}"],
            "path": path.strip("/").split("/") if path != "/" else [],
            "query": [{"key": k, "value": v} for k, v in each.query.items()],
            "variable": [{"key": k, "value": v} for k, v in each.parts.items()],
        },
    }
    if each.kind is not None:
        raw = json.dumps(each.body, ensure_ascii=False, indent=2)
        made["header"].append({"key": "Content-Type", "value": each.kind})
        made["body"] = {"mode": "raw", "raw": raw}
    if each.open:
        made["auth"] = {"type": "noauth"}
    return made


def http_file(document: dict[str, Any]) -> str:
    """A file of requests, each under `###` with its title; `@token` is to be filled in."""
    parts = [f"@baseUrl = {_ADDRESS}", "@token = "]
    for each in examples(document):
        path = each.path
        for name, value in each.parts.items():
            path = path.replace(f"{{{name}}}", value)
        query = f"?{urlencode(each.query)}" if each.query else ""
        lines = [f"\n### {each.title}", f"{each.method} {{{{baseUrl}}}}{path}{query}"]
        if not each.open:
            lines.append("Authorization: Bearer {{token}}")
        if each.kind is not None:
            lines.append(f"Content-Type: {each.kind}")
            lines += ["", json.dumps(each.body, ensure_ascii=False)]
        parts.append("\n".join(lines))
    return "\n".join(parts) + "\n"
