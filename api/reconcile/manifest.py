"""What the service says of itself, its types and its properties."""

from __future__ import annotations

from typing import Any, Final

from graph.model import ENTITIES

PATH: Final = "/v1/reconcile"
WIDTH, HEIGHT = 400, 260
_TYPES: Final = ("company", "person", "account", "phone", "address")
# What a query may be refined by; each is a property of `/v1/match`.
REFINING: Final = {
    "name": ("name / 名称", "another name, in any script"),
    "uscc": ("uscc / 统一社会信用代码", "decides"),
    "resident_id": ("resident id / 身份证号", "decides"),
    "phone": ("phone / 电话", ""),
    "account": ("account / 账号", ""),
    "birth_date": ("birth date / 出生日期", "a date, or its year"),
    "address": ("address / 地址", ""),
    "country": ("country / 国家", ""),
}
# What the data extension gives of a subject.
EXTENDING: Final = {
    "id": "canonical id / 规范编号",
    "name": "name / 名称",
    "former_name": "former names / 曾用名",
    "kind": "kind / 类型",
    "uscc": "uscc / 统一社会信用代码",
    "record": "records / 记录",
    "listing": "listings in force or lifted / 名单",
    "address": "addresses / 地址",
    "legal_representative": "legal representative / 法定代表人",
    "shareholder": "shareholders / 股东",
    "listed": "number of listings / 名单条数",
}
SUBJECTS: Final = frozenset({"address", "legal_representative", "shareholder"})


def type_of(kind: str) -> dict[str, str]:
    """A kind of subject as a type."""
    return {"id": kind, "name": f"{kind} / {ENTITIES[kind].zh}"}


def types() -> list[dict[str, str]]:
    """All types, those first that tables are mostly about."""
    rest = [kind for kind in ENTITIES if kind not in _TYPES]
    return [type_of(kind) for kind in (*_TYPES, *rest)]


def properties() -> list[dict[str, str]]:
    """What a query may be refined by."""
    return [
        {"id": name, "name": said, "description": more} for name, (said, more) in REFINING.items()
    ]


def extending() -> list[dict[str, Any]]:
    """What can be fetched of subjects."""
    return [{"id": name, "name": said} for name, said in EXTENDING.items()]


def manifest(base: str, version: str) -> dict[str, Any]:
    """The service's manifest; `base` is where it is reached, without a slash at its end."""
    service = base + PATH
    here = {"service_url": base}
    return {
        "versions": ["0.2"],
        "name": "linkrisk",
        "identifierSpace": f"{base}/v1/subjects/",
        "schemaSpace": f"{service}/types",
        "documentation": f"{base}/openapi.json",
        "serviceVersion": version,
        "defaultTypes": [type_of("company"), type_of("person")],
        "view": {"url": f"{base}/v1/subjects/{{{{id}}}}"},
        "authentication": {"type": "apiKey", "name": "Authorization", "in": "header"},
        "preview": {
            "url": f"{service}/preview?id={{{{id}}}}",
            "width": WIDTH,
            "height": HEIGHT,
        },
        "suggest": {
            what: here | {"service_path": f"{PATH}/suggest/{what}"}
            for what in ("entity", "property", "type")
        },
        "extend": {
            "propose_properties": here | {"service_path": f"{PATH}/properties"},
            "property_settings": [],
        },
    }
