"""A service in this process, with what runs beside its routes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
from fastapi import FastAPI

from api.app import Service, make_app
from api.auth import Access
from api.session import Session

TOKEN = "t" * 32


@asynccontextmanager
async def served(
    url: str, *parts: msgspec.Struct, with_app: Callable[[FastAPI], None] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service on a store; `with_app` is handed the app before it starts."""
    app = make_app(Session(url), Service(Access(TOKEN, None), parts=parts))
    if with_app is not None:
        with_app(app)
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://risk", headers=headers) as client,
    ):
        yield client


async def until(ready: Callable[[], Awaitable[Any]], seconds: float = 30.0) -> Any:
    """The first answer that is true; fails when none comes within the time."""
    end = time.monotonic() + seconds
    while not (found := await ready()):
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.02)
    return found
