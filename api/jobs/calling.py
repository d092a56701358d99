"""A request that is kept and carried out later, on behalf of its caller, by the same route."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.caller import Caller, let_in
from api.problems import from_error, problem
from graph.errors import LinkriskError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Message

_KEPT: Final = frozenset({"content-type", "accept-language"})


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Method, path and query as they came, a few headers, the body."""

    method: str
    path: str
    raw_path: str  # as it came over the wire, with what it escapes
    query: str = ""
    headers: list[tuple[str, str]] = []
    body: bytes = b""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a call was answered."""

    status: int
    media: str
    body: bytes


def keep_caller(caller: Caller) -> str:
    """A caller as text."""
    return msgspec.json.encode(caller, order="deterministic").decode()


def kept_caller(text: str) -> Caller:
    """The caller that a text tells of."""
    return msgspec.json.decode(text, type=Caller)


def headers_of(given: Any) -> list[tuple[str, str]]:
    """Of a request's headers those that its answer goes by; what asks for a part of it or for
    another time is left out."""
    return [(name, value) for name, value in given.items() if name in _KEPT]


async def carry_out(app: FastAPI, call: Call, caller: Caller) -> Told:
    """Answer a call as its route does; errors of our own become problems. Raises what is none."""
    sent: list[Message] = []
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": call.method, "scheme": "http", "path": call.path,
        "raw_path": call.raw_path.encode("latin-1"), "query_string": call.query.encode("latin-1"),
        "root_path": "", "headers": [(n.encode("latin-1"), v.encode("latin-1"))
                                     for n, v in call.headers],
        "client": None, "server": None, "app": app, "state": {},
    }  # fmt: skip
    let_in(scope, caller)

    given = iter((call.body,))

    async def receive() -> Message:
        for body in given:
            return {"type": "http.request", "body": body, "more_body": False}
        await asyncio.Event().wait()  # nobody is there who could go away
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        await app.router(scope, receive, send)
    except LinkriskError as error:
        response = from_error(error)
        return Told(status=response.status_code, media=str(response.media_type),
                    body=bytes(response.body))  # fmt: skip
    head = next((m for m in sent if m["type"] == "http.response.start"), None)
    if head is None:
        response = problem(500, "the route did not answer")
        return Told(status=500, media=str(response.media_type), body=bytes(response.body))
    found = dict(head["headers"])
    body = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    media = found.get(b"content-type", b"application/octet-stream").decode("latin-1")
    return Told(status=head["status"], media=media, body=body)
