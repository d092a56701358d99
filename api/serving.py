"""What every part of the service is made with: routes with their scope, requests read in bounds."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, unquote

import msgspec
from fastapi.routing import APIRoute
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from algorithms.registry import readable, split
from api.access.refusals import Forbidden
from api.access.sight import seen_by
from api.caller import ANYONE, DOMAINS, OPEN, SCOPES, Caller, caller_of
from api.once import keyed
from api.once import said as once_header
from graph.domains import withheld
from graph.errors import InputError, WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.routing import Match
    from starlette.types import Message, Receive, Scope, Send

MAX_BODY: Final = 1 << 20
KEPT: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_SLASH: Final = re.compile("%2f", re.IGNORECASE)
_LARGEST: Final = "linkrisk.largest"
_LETTER: Final = "\ue000"  # of private use: in no id
S = TypeVar("S")
Endpoint = Callable[[Request], Awaitable[Response]]


class TooLarge(InputError):
    """A request body past the limit."""

    status = 413


class Plain(APIRoute):
    """A route whose endpoint is called with the request and nothing else, once its caller has the
    route's scope and domains: before anything of the body is read.

    Errors go to the handlers around the router. Two exit stacks and a second look at the exceptions
    are spared: 0.01 ms of processor time an answer.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = kwargs["openapi_extra"]
        self._needed: str = said["x-scope"]
        self._domains = frozenset(said.get("x-domains", ()))
        self._largest: int = said.get("x-max-bytes", MAX_BODY)
        self._also: tuple[str, ...] = tuple(said.get("x-also", ()))
        self.app = self._answer

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As it is, but for a slash that the caller encoded (`%2F`): it is a part of an id, and
        parts no path. Such an id is matched with a letter in the slash's place."""
        raw = scope.get("raw_path") or b""
        if b"%2f" not in raw.lower():
            return super().matches(scope)
        path = unquote(_SLASH.sub(quote(_LETTER), raw.decode("latin-1")), encoding="utf-8")
        match, child = super().matches({**scope, "path": path})
        if found := child.get("path_params"):
            child["path_params"] = {name: _whole(value) for name, value in found.items()}
        return match, child

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[_LARGEST] = self._largest
        request = Request(scope, receive)
        caller = caller_of(request)
        if caller.kind == "person":
            for hear in listeners(request.scope["app"]):
                hear(caller)
        check(caller, self._needed, self._domains)
        for other in self._also:
            check(caller, other)
        if caller.sees_all or self._needed == OPEN:
            await self._respond(request, send)
        else:
            with seen_by(caller):
                await self._respond(request, _withholding(caller, send))

    async def _respond(self, request: Request, send: Send) -> None:
        response = await self.endpoint(request)
        audit = getattr(request.scope["app"].state, "audit", None)
        if audit is not None:  # what names a person is recorded before it is sent
            await audit.answered(request, response, self.path, self._needed)
        await response(request.scope, request.receive, send)


def _withholding(caller: Caller, send: Send) -> Send:
    """Say with every answer which domains are withheld from it."""
    gone = ", ".join(withheld(caller.domains)).encode()

    async def say(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"linkrisk-withheld", gone)]
        await send(message)

    return say


def _whole(value: object) -> object:
    return value.replace(_LETTER, "/") if isinstance(value, str) else value


def add(
    app: FastAPI,
    method: str,
    path: str,
    endpoint: Endpoint,
    *,
    scope: str,
    tags: list[str],
    domains: Iterable[str] = (),
    also: Iterable[str] = (),
    extra: dict[str, Any] | None = None,
    writes: bool = False,
    **options: Any,
) -> None:
    """Add a route; `scope` is what its caller must have (`open`: nobody need be known; `any`:
    whoever is), with those of `also`, `domains` those without which its answer would mislead.
    `extra` is what OpenAPI says of it. One that `writes` is carried out once for each
    `Idempotency-Key`. Raises ValueError for a scope or domain that is none.
    """
    for each in (scope, *also):
        if each not in {*SCOPES, OPEN, ANYONE}:
            raise ValueError(f"{method} {path}: no scope {each!r}")
    needed = sorted(domains, key=DOMAINS.index)
    scopes_of(app)[method, path] = scope
    said = {**(extra or {}), "x-scope": scope, "x-domains": needed}
    if also:
        said["x-also"] = [*also]
    if writes:
        endpoint = keyed(endpoint)
        said["parameters"] = [*said.get("parameters", []), once_header()]
    app.router.add_api_route(
        path,
        endpoint,
        methods=[method],
        tags=[*tags],
        response_class=Response,
        response_model=None,
        openapi_extra=said,
        route_class_override=Plain,
        **options,
    )


def check(caller: Caller, scope: str, domains: frozenset[str] = frozenset()) -> None:
    """Raise Forbidden where a caller has not what a route asks for."""
    if scope not in caller.scopes and scope not in (OPEN, ANYONE):
        raise Forbidden(f"needs the scope {scope} / 需要权限 {scope}")
    if not domains <= caller.domains:
        gone = ", ".join(sorted(domains - caller.domains))
        raise Forbidden(f"needs the data domain {gone} / 需要数据域 {gone}")


def scopes_of(app: FastAPI) -> dict[tuple[str, str], str]:
    """The scope of each route, by method and path."""
    if not hasattr(app.state, "scopes"):
        app.state.scopes = {}
    found: dict[tuple[str, str], str] = app.state.scopes
    return found


def alongside(app: FastAPI) -> list[Callable[[], AbstractAsyncContextManager[None]]]:
    """What runs beside the routes for as long as the app does, each made when it starts."""
    if not hasattr(app.state, "alongside"):
        app.state.alongside = []
    found: list[Callable[[], AbstractAsyncContextManager[None]]] = app.state.alongside
    return found


def listeners(app: FastAPI) -> list[Callable[[Caller], None]]:
    """What hears of each person who asks, whether or not they are let in: an issuer says what they
    may do and see with their requests alone. Called within the event loop; does not wait."""
    if not hasattr(app.state, "listeners"):
        app.state.listeners = []
    found: list[Callable[[Caller], None]] = app.state.listeners
    return found


def settings_of(app: FastAPI, kind: type[S]) -> S:
    """The settings of one part of the service: those that the app was made with, else defaults."""
    given: dict[type[Any], Any] = getattr(app.state, "settings", {})
    found: S = given.get(kind) or kind()
    return found


def json_response(
    body: bytes, seconds: float | None = None, more: Mapping[str, str] | None = None
) -> Response:
    """An answer's bytes as they are, with `more` headers; the time it took goes into one."""
    headers = {**KEPT, **(more or {})}
    if seconds is not None:
        headers["Server-Timing"] = f"answer;dur={1000 * seconds:.2f}"
    return Response(body, headers=headers, media_type="application/json")


async def bytes_of(request: Request) -> bytes:
    """A request's whole body, at most 1 MiB unless its route says otherwise (`x-max-bytes`);
    raises TooLarge."""
    body, most = bytearray(), request.scope.get(_LARGEST, MAX_BODY)
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLarge(f"the request is larger than {most} bytes")
    return bytes(body)


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request's body, {} for none; raises TooLarge, WrongUsage."""
    return object_of(await bytes_of(request))


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object in a body, {} for none; raises WrongUsage."""
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WrongUsage(f"the request is not a JSON object: {error}") from None


async def asked_of(request: Request, kind: type[S], name: str) -> S:
    """A request's body as a struct; raises TooLarge, WrongUsage with the `name` of what it asks."""
    return converted(await body_of(request), kind, name)


def converted(given: dict[str, Any], kind: type[S], name: str) -> S:
    """What was given as a struct; raises WrongUsage with the `name` of what it asks."""
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise WrongUsage(f"{name}: {readable(str(error))}") from None


def query_of(request: Request, many: frozenset[str]) -> dict[str, Any]:
    """Parameters of a request's query, by the names that Python writes; raises WrongUsage."""
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


def only(given: Iterable[str], names: Collection[str]) -> None:
    """Raise WrongUsage for a parameter that nobody reads."""
    if unknown := next((name for name in given if name not in names), None):
        takes = ", ".join(names) or "none / 无"
        raise WrongUsage(f"unknown parameter {unknown[:40]}: it takes {takes}")
