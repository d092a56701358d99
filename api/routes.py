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


def scope_of(record: Algorithm) -> str:
    """What a caller must have to ask an algorithm."""
    return _SCOPES.get(record.family, "trace")


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
                tags=[record.family],
                extra=openapi.operation(record, method),
                name=record.verb,
                operation_id=f"{record.name}_{method.lower()}",
                summary=record.title,
                description=record.doc,
            )
