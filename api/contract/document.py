"""The OpenAPI document of an app: what each route says, and what holds for all of them."""

from __future__ import annotations

import json
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.caller import OPEN
from api.contract.answers import WORDS, besides, content_of
from api.openapi import PROBLEM

if TYPE_CHECKING:
    from collections.abc import Iterator

TAGS: Final = {
    "casework": "Findings to be judged, and case files / 线索处理与案卷",
    "cases": "What all detectors found, joined to cases / 线索汇成案件",
    "decisions": "From proposal to exit: who decides, on what, until when / 惩戒决定全流程",
    "extension": "Whom a measure may reach, with proof / 措施可及于谁及其证明",
    "flows": "Where money goes: cycles, fans, mules, layers, pools / 资金流向",
    "invoices": "False invoices: cycles, pass-through, bursts, mismatch / 虚开发票",
    "ownership": "Shares, votes, control, beneficial owners / 股权与控制",
    "related": "Related parties, paths, what is shared / 关联关系",
    "rings": "Groups of people, accounts, phones, events / 团伙",
    "risk": "Risk clusters and their history / 风险集群及其演变",
    "monitor": "What became of clusters and cases, and what of it is new / 风险监测",
    "models": "Models of risk: trained, described, used, watched / 风险模型",
    "matching": "Who is meant by a name or code / 名称匹配",
    "reports": "Reports as HTML or PDF, with pictures and sources / 报告",
    "identity": "Who is who: runs, pairs to be reviewed, judgements, why / 主体识别",
    "jobs": "Long work: asked for, followed, called off, its result kept / 长任务",
    "bulk": "Changes by batch, and all facts / 变更与导出",
    "facts": "Facts in / 导入",
    "webhooks": "What happens, sent to who subscribed / 事件订阅",
    "subjects": "One subject, under its own address / 单一主体",
    "service": "The service itself: search, facts, datasets, ledger / 服务本身",
}
_FAILURES: Final = {
    "401": "who asks is not known: send `Authorization: Bearer …` / 未认证",
    "403": "the caller has not the scope or data domain / 无权限",
    "400": "the request cannot be read / 请求无法解析",
    "404": "what it names is not known / 未找到",
    "409": "it does not go with what is there / 与现状冲突",
    "413": "the request is too large / 请求过大",
    "422": "a parameter is wrong, missing or unknown / 参数有误",
    "429": "too many at once or in a short time: `Retry-After` says when / 请求过多",
    "503": "the store is away or too much waits: `Retry-After` says when / 暂不可用",
}
# Responses that have a name, by status: those that are no answer to what was asked.
_NAMES: Final = {
    "202": "JobMade", "304": "NotModified", "308": "Moved", "400": "BadRequest",
    "401": "Unauthorized", "403": "Forbidden", "404": "NotFound", "409": "Conflict",
    "412": "PreconditionFailed", "413": "TooLarge", "422": "Unprocessable",
    "428": "PreconditionRequired", "501": "NotInstalled", "429": "TooMany", "503": "Unavailable",
}  # fmt: skip
_TEXT: Final = {"type": "string"}
_HELD: Final = frozenset({"get", "put", "post", "delete", "patch"})


def document(app: FastAPI) -> dict[str, Any]:
    """The document, made once for an app (FastAPI keeps it)."""
    if app.openapi_schema:
        return app.openapi_schema
    made = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    made.setdefault("components", {})["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "the service's token, an API key, or an access token of the"
            " deployment's OpenID provider / 服务令牌、API 密钥或身份提供方的访问令牌",
        }
    }
    used = set()
    for method, path, operation in operations(made):
        used.update(operation["tags"])
        _complete(operation, method, path)
    _share(made)
    made["tags"] = [{"name": name, "description": TAGS.get(name, name)} for name in sorted(used)]
    app.openapi_schema = json.loads(json.dumps(made))  # as it is read: lists, no tuples
    return app.openapi_schema


class _Shared:
    """Parts that operations have in common, each once, by the name under which they refer to it.

    Of equal names with other contents, the later ones are numbered.
    """

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}
        self.responses: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def put(self, node: Any) -> Any:
        """A part of the document, its schemas that have a title taken out."""
        if isinstance(node, list):
            return [self.put(each) for each in node]
        if not isinstance(node, dict):
            return node
        # Whether one stands there depends on who wrote the schema, and it tells nothing.
        node = {k: self.put(v) for k, v in node.items() if (k, v) != ("default", None)}
        title = node.get("title")
        if not isinstance(title, str) or node.get("type") != "object":
            return node
        return {"$ref": self._named("schemas", self.schemas, re.sub(r"\W+", "", title), node)}

    def answer(self, status: str, said: dict[str, Any]) -> dict[str, Any]:
        """What stands for a response of an operation: what goes wrong is the same in many."""
        name = _NAMES.get(status)
        if name is None:
            return said
        return {"$ref": self._named("responses", self.responses, name, said)}

    def _named(self, kind: str, found: dict[str, Any], plain: str, node: dict[str, Any]) -> str:
        content = kind + json.dumps(node, sort_keys=True)
        if content not in self._names:
            name, number = plain or "Object", 1
            while name in found:
                number += 1
                name = f"{plain}{number}"
            self._names[content], found[name] = f"#/components/{kind}/{name}", node
        return self._names[content]


def _share(document: dict[str, Any]) -> None:
    """Move what operations have in common into the components, where clients find it by name."""
    shared = _Shared()
    for path, methods in document["paths"].items():
        document["paths"][path] = shared.put(methods)
    for _, _, operation in operations(document):
        answers = operation["responses"]
        operation["responses"] = {
            status: shared.answer(status, said) for status, said in sorted(answers.items())
        }
    document["components"]["schemas"] = dict(sorted(shared.schemas.items()))
    document["components"]["responses"] = dict(sorted(shared.responses.items()))


def response(document: dict[str, Any], operation: dict[str, Any], status: str) -> dict[str, Any]:
    """A response of an operation, wherever it is written down; raises KeyError where it has none
    of that status."""
    said: dict[str, Any] = operation["responses"][status]
    if "$ref" in said:
        said = document["components"]["responses"][said["$ref"].rpartition("/")[2]]
    return said


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of a document, with its method and path."""
    for path, methods in document["paths"].items():
        yield from ((method, path, methods[method]) for method in methods if method in _HELD)


def _complete(operation: dict[str, Any], method: str, path: str) -> None:
    """What every route has in common: who may ask, what is asked by which words, what it answers
    and what can go wrong."""
    given = operation.setdefault("parameters", [])
    named = {each["name"] for each in given}
    for name in re.findall(r"{(\w+)}", path):
        if name not in named:
            given.insert(0, {"name": name, "in": "path", "required": True, "schema": _TEXT})
    for each in given:
        if not each.get("description"):
            each["description"] = WORDS.get(each["name"], "")
    answers = operation["responses"]
    good: dict[str, Any] = next((answers[s] for s in answers if s.startswith("2")), {})
    if "content" not in good and (content := content_of(method, path)) is not None:
        good |= {"description": "the answer / 结果", "content": content}
    for status, said in besides(method, path, question="x-sources" in operation).items():
        answers.setdefault(status, said)
    if operation.get("x-scope") == OPEN:
        operation["security"] = []
        return
    operation["security"] = [{"bearer": []}]
    problem = {"application/problem+json": {"schema": PROBLEM}}
    for status, words in _FAILURES.items():
        answers.setdefault(status, {"description": words, "content": problem})


@cache
def published() -> dict[str, Any]:
    """The document of this version, by a service on an empty store; made once a process."""
    from api.app import Service, make_app
    from api.auth import Access
    from api.session import Session
    from graph.store import open_store

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'empty.db'}"
        open_store(url, create=True).close()
        with Session(url) as session:
            return document(make_app(session, Service(Access("unused", None))))
