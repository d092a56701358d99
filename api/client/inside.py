"""A transport of httpx to an app in this process, for callers that wait: the app runs in an event
loop of its own thread, and what works beside it (jobs, deliveries) works there, too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from api.client.uploads import in_threads

if TYPE_CHECKING:
    from types import TracebackType


class _Read(httpx.AsyncByteStream):
    """What a caller that waits sends."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[bytes]:
        return in_threads(iter(self._stream))


class Inside(httpx.BaseTransport):
    """Answers requests by an ASGI app. A context manager; requests may come from many threads."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._inner = httpx.ASGITransport(app)
        self._open = ExitStack()
        self._portal: BlockingPortal | None = None

    def __enter__(self) -> Self:
        self._portal = portal = self._open.enter_context(start_blocking_portal())
        running = self._app.router.lifespan_context(self._app)
        self._open.enter_context(portal.wrap_async_context_manager(running))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._open.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The app's response, whole."""
        assert self._portal is not None
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if not isinstance(request.stream, httpx.AsyncByteStream):
            request.stream = _Read(request.stream)
        response = await self._inner.handle_async_request(request)
        body = await response.aread()
        return httpx.Response(
            response.status_code, headers=response.headers, content=body, request=request
        )
