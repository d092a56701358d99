"""Requests to an app in this process, at the cost of a function call, by anybody."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

from fastapi import FastAPI


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    @property
    def detail(self) -> str:
        return str(self.said["detail"])


async def send(
    app: FastAPI,
    method: str,
    path: str,
    *,
    token: str | None = None,
    body: bytes | None = b"",
    query: str = "",
    headers: dict[str, str] | None = None,
    client: str = "127.0.0.1",
    raw: list[tuple[bytes, bytes]] | None = None,
    scheme: str = "http",
) -> Answer:
    """One request; `body` None fails where the app reads it."""
    given = {"host": "localhost", **(headers or {})}
    if token is not None:
        given["authorization"] = f"Bearer {token}"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": scheme, "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": query.encode(), "client": (client, 5), "server": ("localhost", 80),
        "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in given.items()]
        + (raw or []),
    }  # fmt: skip
    told: dict[str, Any] = {"body": b"", "read": False}

    async def receive() -> dict[str, Any]:
        if body is None:
            raise AssertionError("the body was read")
        if told["read"]:
            await asyncio.Event().wait()  # the client is there, and says nothing more
        told["read"] = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            told["status"] = message["status"]
            told["headers"] = {k.decode(): v.decode("latin-1") for k, v in message["headers"]}
        else:
            told["body"] += message.get("body", b"")

    await app(scope, receive, sent)
    return Answer(told["status"], told["headers"], told["body"])


def ask(app: FastAPI, method: str, path: str, **more: Any) -> Answer:
    """The same, outside of any event loop."""
    return asyncio.run(send(app, method, path, **more))
