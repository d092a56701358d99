"""Errors over HTTP: every one answers `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from graph import keys
from graph.errors import LinkriskError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.types import Scope

MEDIA_TYPE: Final = "application/problem+json"
UNMATCHED: Final = "(none)"  # the route of a request that is for none
_log = logging.getLogger("linkrisk")
# What may be an account's number, in a text of its own; canonical ids are not only digits.
_LONG: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{8,26}(?=[0-9]{4}(?![0-9A-Za-z]))")


def unnamed(text: str) -> str:
    """A text without the identifiers that its caller may have asked by: messages cite what was
    asked, and are kept where answers are not."""
    masked: str = keys.mask_within(text)
    return _LONG.sub("****", masked)


def unnamed_within(value: Any, known: Callable[[str], object] = lambda _: False) -> Any:
    """JSON, each of its texts `unnamed` but for those that are `known` to be no identifier."""
    if isinstance(value, dict):
        return {name: unnamed_within(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [unnamed_within(each, known) for each in value]
    return unnamed(value) if isinstance(value, str) and not known(value) else value


def route_of(scope: Scope) -> str:
    """The route that a request was for, as it was declared; never what it was asked for with."""
    return getattr(scope.get("route"), "path", None) or UNMATCHED


def written(status: int, detail: str, title: str | None = None, **more: Any) -> bytes:
    """A problem as it is told, with what `more` it has to say; `title` is the error's name in the
    tree, else the status's."""
    name = title or HTTPStatus(status).phrase
    body = {
        "type": f"urn:linkrisk:error:{name.replace(' ', '-')}",
        "title": name,
        "status": status,
        "detail": unnamed(detail),
        **more,
    }
    return msgspec.json.encode(body)


def problem(
    status: int, detail: str, *, title: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The response for one error, as `written`."""
    return Response(written(status, detail, title), status, dict(headers or {}), MEDIA_TYPE)


def from_error(error: LinkriskError) -> Response:
    """The response for an error of our own."""
    headers = {"Retry-After": "1"} if error.status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return problem(error.status, str(error), title=error.title, headers=headers)


async def _ours(_: Request, error: Exception) -> Response:
    assert isinstance(error, LinkriskError)
    return from_error(error)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail, headers=error.headers)


def bug(scope: Scope, error: Exception) -> Response:
    """Log an error that nobody meant, and the response for it."""
    # The route as declared: the path that was asked for may hold an identifier.
    _log.error("%s %s failed", scope["method"], route_of(scope), exc_info=error)
    return problem(500, "an error of the service itself; its log has the details")


async def _bug(request: Request, error: Exception) -> Response:
    return bug(request.scope, error)


def add_handlers(app: FastAPI) -> None:
    """Answer every error of the app as a problem."""
    app.add_exception_handler(LinkriskError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)
