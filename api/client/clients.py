"""The clients of a service, and what every client can be asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from api.client.answer import Answer
from api.client.surface import LaterMethods, Methods

if TYPE_CHECKING:
    import httpx

    from api.client.exchange import Exchange, Stream
    from api.client.retrying import Retrying

T = TypeVar("T")


class Asking(Protocol):
    """What pictures and reports ask, however it is reached."""

    def ask(self, name: str, /, **params: Any) -> Answer:
        """The envelope that answers a question by its algorithm's name or verb."""

    def subject(self, name: str, *, known_at: str | None = None) -> Answer:
        """One subject with its records and listings."""

    def facts(self, names: Sequence[str], *, known_at: str | None = None) -> Answer:
        """Facts by the ids that answers cite: both ends, fields, source."""


class Client(Methods):
    """A service at a URL; `token` (an API key, an access token) defaults to LINKRISK_TOKEN.

    `timeout` is in seconds; `retrying` says when a request is sent again. Raises httpx.HTTPError
    when it is not reached, and errors of `graph.errors` for what it answers.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout: float = 90.0,
        retrying: Retrying | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        import httpx

        from api.client.sending import Connection, Waiting

        connection = Connection(url, token, timeout, retrying)
        self._http = httpx.Client(**connection.options, transport=transport)
        self._waiting = Waiting(self._http, connection)

    def _run(self, exchange: Exchange[T], /) -> T:
        return self._waiting.run(exchange)

    def _stream(self, stream: Stream, /) -> Iterator[Any]:
        return self._waiting.stream(stream)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(LaterMethods):
    """The same for asyncio: what `Client` returns is awaited here, what it iterates over is
    iterated over by `async for`."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout: float = 90.0,
        retrying: Retrying | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        import httpx

        from api.client.sending import Connection, NotWaiting

        connection = Connection(url, token, timeout, retrying)
        self._http = httpx.AsyncClient(**connection.options, transport=transport)
        self._waiting = NotWaiting(self._http, connection)

    async def _run(self, exchange: Exchange[T], /) -> T:
        return await self._waiting.run(exchange)

    def _stream(self, stream: Stream, /) -> AsyncIterator[Any]:
        return self._waiting.stream(stream)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
