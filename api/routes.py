"""The routes of questions: one for each algorithm, made from the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from algorithms.registry import ALGORITHMS, Algorithm
from api import openapi
from api.answering import answered
from api.serving import Endpoint, add, body_of, query_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

# What a caller must have to ask an algorithm, by family; of the others, `trace`.
_SCOPES: Final = {
    "ownership": "related",
    "related": "related",
    "extension": "extend.propose",
    "matching": "search",
}
# Whose data an algorithm is about, by its name or family: without it there is nothing to answer.
# One of several domains answers on what is granted, and says what is not.
_DOMAINS: Final = {
    "ownership": "registry", "extension": "registry", "flows": "bank", "invoices": "tax",
    "call_dens": "telecom", "event_gangs": "registry",
}  # fmt: skip
_IN_QUERY: Final = "As `POST {0}`, its parameters in the query / 同 `POST {0}`, 参数在查询串中"


def scope_of(record: Algorithm) -> str:
    """What a caller must have to ask an algorithm."""
    return _SCOPES.get(record.family, "trace")


def domains_of(record: Algorithm) -> list[str]:
    """The domains without which an algorithm has nothing to go by."""
    found = _DOMAINS.get(record.name) or _DOMAINS.get(record.family)
    return [found] if found else []


def question(engine: Engine, record: Algorithm) -> Endpoint:
    """The endpoint of an algorithm: parameters from the body (POST) or the query (GET)."""

    async def ask(request: Request) -> Response:
        given = (
            await body_of(request) if request.method == "POST" else query_of(request, record.lists)
        )
        return await answered(engine, record, given, request)

    return ask


def add_questions(app: FastAPI, engine: Engine) -> None:
    """POST and GET of every algorithm; quick ones first, for routes are tried in order."""
    for record in sorted(ALGORITHMS.values(), key=lambda record: not record.quick):
        endpoint = question(engine, record)
        for method in ("POST", "GET"):
            add(
                app,
                method,
                record.path,
                endpoint,
                scope=scope_of(record),
                domains=domains_of(record),
                tags=[record.family],
                extra=openapi.operation(record, method),
                name=record.verb,
                operation_id=f"{record.name}_{method.lower()}",
                summary=record.title,
                description=record.doc if method == "POST" else _IN_QUERY.format(record.path),
            )
