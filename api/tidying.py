"""What a service puts in order beside its routes, now and every hour."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from api.serving import alongside
from graph.errors import LinkriskError

if TYPE_CHECKING:
    from fastapi import FastAPI

_PAUSE: Final = 3600.0  # seconds
_LOG: Final = logging.getLogger("linkrisk")


def hourly(app: FastAPI, what: str, function: Callable[[], object]) -> None:
    """Call a function when the app starts and every hour from then on, in a thread of its own; each
    worker process does, so it must bear being called by several at once. Where it fails, the log
    says so, and it is tried again in an hour."""

    async def loop() -> None:
        while True:
            try:
                await asyncio.to_thread(function)
            except (LinkriskError, OSError) as error:
                _LOG.warning("%s were not swept: %s", what, error)
            await asyncio.sleep(_PAUSE)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        task = asyncio.create_task(loop(), name=f"sweep {what}")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    alongside(app).append(running)
