"""The routes of the chain of reads: its head, whether it is whole, its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api.audit import anchors_of
from api.reads import show
from api.serving import add, json_response
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

_TEXT: Final = {"type": "string"}
_ANCHOR: Final = {"type": "array", "items": _TEXT}


def add_reads(app: FastAPI, engine: Engine) -> None:
    """`/v1/audit/reads`: entries, head, verify."""
    session = engine.session

    async def listed(request: Request) -> Response:
        """Who read what: `subject`, `actor`, `case`, `since`, `limit` / 读取留痕."""
        query = request.query_params
        if unknown := next((name for name in query if name not in show.TAKES), None):
            raise WrongUsage(f"unknown parameter {unknown}: reads take {', '.join(show.TAKES)}")
        wanted = show.wanted({name: query.get(name) for name in show.TAKES})
        found = await engine.run(show.listing, session, wanted)
        return json_response(msgspec.json.encode(found))

    async def head(_: Request) -> Response:
        """The head of the chain of reads, to be kept outside / 读取链头部, 供外部留存."""
        return json_response(msgspec.json.encode(await engine.run(show.head, session.store)))

    async def verified(request: Request) -> Response:
        """Whether the chain of reads is whole, against kept heads: `anchor` / 校验读取链."""
        query = request.query_params
        if unknown := next((name for name in query if name != "anchor"), None):
            raise WrongUsage(f"unknown parameter {unknown}: an anchor that is not read is no proof")
        anchors = anchors_of(query.getlist("anchor"))
        found = await engine.run(show.verify, session.store, anchors)
        return json_response(msgspec.json.encode(found))

    base = "/v1/audit/reads"
    takes = [{"name": name, "in": "query", "schema": _TEXT} for name in show.TAKES]
    anchor = [{"name": "anchor", "in": "query", "schema": _ANCHOR}]
    for path, endpoint, parameters in (
        (base, listed, takes),
        (f"{base}/head", head, []),
        (f"{base}/verify", verified, anchor),
    ):
        extra: dict[str, Any] = {"parameters": parameters}
        add(app, "GET", path, endpoint, scope="audit", tags=["privacy"], extra=extra)
