"""The few routes about the service itself: health, algorithms, subjects, facts, ledger, notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import HTMLResponse, Response

from api import audit, evidence, openapi, rulebook
from api.caller import ANYONE, OPEN
from api.notices import ask, pdf
from api.reads.hook import shown
from api.reads.naming import Namer
from api.serving import KEPT, add, asked_of, body_of, json_response
from graph.errors import LinkriskError, WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine


class Draining(LinkriskError):
    """The process answers what it has, and is not to be given more."""

    status = 503


class FactsAsked(msgspec.Struct, forbid_unknown_fields=True):
    """Which facts, and as known when."""

    ids: list[str]
    known_at: str | None = None


def add_service(app: FastAPI, engine: Engine) -> None:
    """Health, the list of algorithms, facts, the ledger and notices."""
    session = engine.session

    async def healthz(_: Request) -> Response:
        """The process answers / 进程存活."""
        return json_response(b'{"status":"ok"}')

    async def readyz(_: Request) -> Response:
        """The store answers and its snapshot is open / 可以应答."""
        if engine.draining.is_set():
            raise Draining("the service is about to stop / 服务即将停止")
        snapshot = await engine.run(session.snapshot)
        state = {"status": "ok", "snapshot": snapshot.name, "compiled": engine.compiled.is_set()}
        return json_response(msgspec.json.encode(state))

    async def algorithms(_: Request) -> Response:
        """Every algorithm with its parameters, rows and sources / 算法清单."""
        return json_response(openapi.listing())

    async def rules(request: Request) -> Response:
        """An edition of the rulebook: `edition`, `measure`, `day` of the act / 规则库."""
        asked = (request.query_params.get(name) for name in ("edition", "measure", "day"))
        return json_response(await engine.run(rulebook.shown_bytes, *asked))

    async def facts(request: Request) -> Response:
        """Facts by the ids that answers cite: `ids`, `known_at` / 按编号取事实."""
        asked = await asked_of(request, FactsAsked, "facts")
        args = asked.ids, asked.known_at
        return json_response(await engine.run(evidence.facts_bytes, session, *args))

    async def audit_head(_: Request) -> Response:
        """The head of the ledger, to be kept outside / 账本头部, 供外部留存."""
        return json_response(await engine.run(audit.head_bytes, session.store))

    async def audit_verify(request: Request) -> Response:
        """Whether the ledger's chain is whole, against heads kept outside: `anchor` / 校验账本."""
        query = request.query_params
        if unknown := next((name for name in query if name != "anchor"), None):
            raise WrongUsage(f"unknown parameter {unknown}: an anchor that is not read is no proof")
        anchors = audit.anchors_of(query.getlist("anchor"))
        return json_response(await engine.run(audit.verify_bytes, session.store, anchors))

    async def notices(request: Request) -> Response:
        """A notice to one party of an answer of `extend`: HTML, or PDF where accepted / 文书."""
        page_ = await engine.run(ask.notice, session, await body_of(request))
        if "application/pdf" in request.headers.get("accept", ""):
            made = await engine.run(pdf.pdf, page_)
            shown(request, Namer().of_text(page_.encode()).subjects, ["text"])
            return Response(made, headers=KEPT, media_type="application/pdf")
        return HTMLResponse(page_, headers={**KEPT, "Content-Security-Policy": ask.POLICY})

    for method, path, scope, endpoint in (
        ("GET", "/healthz", OPEN, healthz),
        ("GET", "/readyz", OPEN, readyz),
        ("GET", "/v1/algorithms", ANYONE, algorithms),
        ("GET", "/v1/audit/head", "audit", audit_head),
        ("GET", "/v1/audit/verify", "audit", audit_verify),
        ("GET", "/v1/rulebook", ANYONE, rules),
        ("POST", "/v1/facts", "search", facts),
        ("POST", "/v1/notices", "extend.propose", notices),
    ):
        extra = openapi.SERVICE.get(path)
        add(app, method, path, endpoint, scope=scope, tags=["service"], extra=extra)
