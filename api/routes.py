"""The routes: one for each algorithm, made from the registry, and the few about the service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from fastapi.routing import APIRoute
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import HTMLResponse, Response

from algorithms.registry import ALGORITHMS, Algorithm, split
from api import audit, evidence, look, openapi, page, rulebook
from api.decisions.routes import add_decisions
from api.notices import ask, pdf
from graph.errors import InputError, WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from api.engine import Engine

MAX_BODY: Final = 1 << 20
_KEPT: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
Endpoint = Callable[[Request], Awaitable[Response]]


class TooLarge(InputError):
    """A request body past the limit."""

    status = 413


class Plain(APIRoute):
    """A route whose endpoint is called with the request and nothing else.

    Errors go to the handlers around the router. Two exit stacks and a second look at the exceptions
    are spared: 0.01 ms of processor time an answer.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.endpoint(Request(scope, receive))
        await response(scope, receive, send)


class FactsAsked(msgspec.Struct, forbid_unknown_fields=True):
    """Which facts, and as known when."""

    ids: list[str]
    known_at: str | None = None


def json_response(body: bytes, seconds: float | None = None) -> Response:
    """An answer's bytes as they are; the time it took goes into a header."""
    headers = dict(_KEPT)
    if seconds is not None:
        headers["Server-Timing"] = f"answer;dur={1000 * seconds:.2f}"
    return Response(body, headers=headers, media_type="application/json")


def path_of(record: Algorithm) -> str:
    """An algorithm's own route, or its verb."""
    return record.route or f"/v1/{record.verb}"


def question(engine: Engine, record: Algorithm) -> Endpoint:
    """The endpoint of an algorithm: parameters from the body (POST) or the query (GET)."""

    async def ask(request: Request) -> Response:
        given = await _body(request) if request.method == "POST" else _query(request, record.lists)
        body, seconds = await engine.ask(record, {**given, **request.path_params})
        return json_response(body, seconds)

    return ask


async def _body(request: Request) -> dict[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise TooLarge(f"the request is larger than {MAX_BODY} bytes")
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WrongUsage(f"the request is not a JSON object: {error}") from None


def _query(request: Request, many: frozenset[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        plain = name.replace("-", "_")
        if plain in many:
            given.setdefault(plain, []).extend(split([value]))
        elif plain in given:
            raise WrongUsage(f"{name} is given twice")
        else:
            given[plain] = value
    return given


def add_questions(app: FastAPI, engine: Engine) -> None:
    """POST and GET of every algorithm; quick ones first, for routes are tried in order."""
    for record in sorted(ALGORITHMS.values(), key=lambda record: not record.quick):
        endpoint = question(engine, record)
        for method in ("POST", "GET"):
            app.router.add_api_route(
                path_of(record),
                endpoint,
                methods=[method],
                name=record.verb,
                operation_id=f"{record.name}_{method.lower()}",
                summary=record.title,
                description=record.doc,
                tags=[record.family],
                response_class=Response,
                response_model=None,
                openapi_extra=openapi.operation(record, method),
                route_class_override=Plain,
            )


def add_service(app: FastAPI, engine: Engine) -> None:
    """Health, the list of algorithms, subjects and the page that a browser opens."""
    session = engine.session

    async def healthz() -> Response:
        """The process answers / 进程存活."""
        return json_response(b'{"status":"ok"}')

    async def readyz() -> Response:
        """The store answers and its snapshot is open / 可以应答."""
        snapshot = await engine.run(session.snapshot)
        state = {"status": "ok", "snapshot": snapshot.name, "compiled": engine.compiled.is_set()}
        return json_response(msgspec.json.encode(state))

    async def algorithms() -> Response:
        """Every algorithm with its parameters, rows and sources / 算法清单."""
        return json_response(openapi.listing())

    async def subject(request: Request) -> Response:
        """One subject: its records with their sources, listings, contradictions / 主体."""
        text = request.path_params["id"]
        known_at = request.query_params.get("known_at")
        return json_response(await engine.run(look.subject_bytes, session, text, known_at))

    async def search(request: Request) -> Response:
        """Subjects by name, id or key: `q`, `kind`, `limit` / 搜索."""
        query = request.query_params
        args = query.get("q", ""), query.get("kind"), look.limit_of(query.get("limit"))
        return json_response(await engine.run(look.search_bytes, session, *args))

    async def rules(request: Request) -> Response:
        """An edition of the rulebook: `edition`, `measure`, `day` of the act / 规则库."""
        asked = (request.query_params.get(name) for name in ("edition", "measure", "day"))
        return json_response(await engine.run(rulebook.shown_bytes, *asked))

    async def facts(request: Request) -> Response:
        """Facts by the ids that answers cite: `ids`, `known_at` / 按编号取事实."""
        try:
            asked = msgspec.convert(await _body(request), FactsAsked)
        except msgspec.ValidationError as error:
            raise WrongUsage(f"facts: {error}") from None
        args = asked.ids, asked.known_at
        return json_response(await engine.run(evidence.facts_bytes, session, *args))

    async def audit_head() -> Response:
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
        page_ = await engine.run(ask.notice, session, await _body(request))
        if "application/pdf" in request.headers.get("accept", ""):
            made = await engine.run(pdf.pdf, page_)
            return Response(made, headers=_KEPT, media_type="application/pdf")
        return HTMLResponse(page_, headers={**_KEPT, "Content-Security-Policy": ask.POLICY})

    async def index() -> Response:
        headers = {"Content-Security-Policy": page.POLICY, "Referrer-Policy": "no-referrer"}
        return HTMLResponse(page.render(), headers=headers)

    app.add_api_route("/", index, include_in_schema=False)
    routes: dict[str, Callable[..., Any]] = {
        "/healthz": healthz,
        "/readyz": readyz,
        "/v1/algorithms": algorithms,
        "/v1/audit/head": audit_head,
        "/v1/audit/verify": audit_verify,
        "/v1/search": search,
        "/v1/rulebook": rules,
        "/v1/subjects/{id:path}": subject,
    }
    for path, endpoint in routes.items():
        app.add_api_route(
            path,
            endpoint,
            tags=["service"],
            response_class=Response,
            response_model=None,
            openapi_extra=openapi.SERVICE.get(path),
        )
    add_decisions(app, engine, _body, json_response)
    for path, endpoint in {"/v1/facts": facts, "/v1/notices": notices}.items():
        app.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            tags=["service"],
            response_class=Response,
            response_model=None,
            openapi_extra=openapi.SERVICE[path],
        )
