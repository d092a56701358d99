"""The route of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.answering import view_of
from api.catalog.datasets import Catalog, catalog, catalog_bytes, terms
from api.etags import holds, tag_of, unchanged
from api.serving import add, json_response, only, query_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine


def add_catalog(app: FastAPI, engine: Engine) -> None:
    """The route of the catalogue."""

    async def datasets(request: Request) -> Response:
        given = query_of(request, frozenset())
        only(given, ("known_at",))
        view = await view_of(engine, given.get("known_at"))
        erased = str(engine.session.erased)
        said = msgspec.json.encode(terms())
        tag = tag_of(request, "catalog", view.known_at, view.name, erased, said)
        if holds(request, tag):
            return unchanged(tag)
        body = await engine.run(catalog_bytes, engine.session, given.get("known_at"))
        return json_response(body, None, {"ETag": tag})

    add(
        app,
        "GET",
        "/v1/catalog",
        datasets,
        scope="search",
        tags=["service"],
        extra=_described(),
        name="catalog",
        summary="Datasets / 数据目录",
        description=catalog.__doc__,
    )


def _described() -> dict[str, Any]:
    """What OpenAPI says of it."""
    known = {"type": "string", "description": "as it was known at this time / 当时已知的数据"}
    content = {"application/json": {"schema": openapi.schema(Catalog)}}
    return {
        "parameters": [openapi.parameter("known_at", known)],
        "responses": {
            "200": {"description": "the datasets / 数据集", "content": content},
        },
    }
