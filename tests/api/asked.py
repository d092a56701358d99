"""A service in this process, asked over HTTP without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import jsonschema
from fastapi import FastAPI

from api.app import Service, make_app
from api.auth import Access
from api.session import Session

TOKEN = "t" * 32


class Asked:
    """`get` and `post` as a client that holds the token."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}", **options.pop("headers", {})}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
                return await http.request(method, path, headers=headers, **options)

        return asyncio.run(ask())


def fits(document: dict[str, Any], schema: dict[str, Any], body: Any) -> None:
    """Raise where a body is not what a schema of the service's document says."""
    jsonschema.validate(body, {**schema, "components": document["components"]})


@contextmanager
def service(url: str) -> Iterator[Asked]:
    """A service over a store."""
    with Session(url) as session:
        yield Asked(make_app(session, Service(Access(TOKEN, None))))
