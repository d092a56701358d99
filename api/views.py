"""An algorithm asked about what a path names, the rest of its parameters in the query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from algorithms.registry import ALGORITHMS, Algorithm
from api import openapi
from api.answering import answered
from api.routes import domains_of, scope_of
from api.serving import Endpoint, add, query_of
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine


def asking(engine: Engine, record: Algorithm, parameter: str) -> Endpoint:
    """The endpoint that asks it with the path's `id` for this parameter."""

    async def ask(request: Request) -> Response:
        given = query_of(request, record.lists)
        if parameter in given:
            raise WrongUsage(f"{parameter} is in the path already")
        asked = {**given, parameter: request.path_params["id"]}
        return await answered(engine, record, asked, request)

    return ask


def described(record: Algorithm, parameter: str, named: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of it; `named` describes the path's `id`."""
    said = openapi.operation(record, "GET")
    rest = [each for each in said["parameters"] if each["name"] != parameter]
    return {**said, "parameters": [named, *rest], "x-algorithm": record.name}


def add_cluster_history(app: FastAPI, engine: Engine) -> None:
    """What a cluster came from and what became of it, under its own address."""
    record = ALGORITHMS["cluster_history"]
    words = "any name of the cluster / 群组编号, 可用曾用编号"
    named = openapi.asked("path", "id", words) | {"example": "cluster:0123456789abcdef"}
    add(
        app,
        "GET",
        "/v1/clusters/{id}/history",
        asking(engine, record, "cluster"),
        scope=scope_of(record),
        domains=domains_of(record),
        tags=[record.family],
        extra=described(record, "cluster", named),
        name="cluster-line",
        operation_id="cluster_line",
        summary="The line of one cluster / 单个群组的演变",
        description=record.doc,
    )
