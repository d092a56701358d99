"""Clients over HTTP, one that waits for each reply and one that does not; both send the same."""

from __future__ import annotations

import asyncio
import os
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from importlib.metadata import version
from typing import Any, Final, TypeVar

import httpx
import msgspec

from api.client.exchange import Call, Exchange, Item, Pause, Reply, Stream
from api.client.retrying import Retrying
from graph import errors

T = TypeVar("T")
VERSION_HEADER: Final = "Linkrisk-Version"


class Connection:
    """What both clients are made with: the address, the secret, when to send again."""

    def __init__(
        self, url: str, token: str | None, timeout: float, retrying: Retrying | None
    ) -> None:
        secret = token if token is not None else os.environ.get("LINKRISK_TOKEN", "")
        self.options: dict[str, Any] = {
            "base_url": url.partition("?")[0],
            "headers": {"Authorization": f"Bearer {secret}"},
            "timeout": timeout,
            "follow_redirects": True,
        }
        self.retrying = retrying or Retrying()
        self._warned = False

    def request(self, client: httpx.Client | httpx.AsyncClient, call: Call) -> httpx.Request:
        """A call as it is sent."""
        query = {name: value for name, value in call.query.items() if value is not None}
        headers = dict(call.headers)
        if call.lines:
            headers["Accept"] = "application/x-ndjson"
        return client.build_request(
            call.method, call.path, params=query, content=call.body, headers=headers
        )

    def again(self, call: Call, tried: int, response: httpx.Response | None) -> float | None:
        """Seconds until a call is sent again; None where it is not."""
        if response is None:
            return self.retrying.pause(tried, safe=call.safe)
        told = response.headers.get("Retry-After")
        status = response.status_code
        return self.retrying.pause(tried, safe=call.safe, status=status, told=told)

    def reply(self, response: httpx.Response, body: bytes) -> Reply:
        """What an answer says; raises the error that it is."""
        self._compare(response.headers.get(VERSION_HEADER))
        if response.is_success:
            return Reply(response.status_code, body, response.headers)
        raise error_of(response.status_code, body)

    def _compare(self, theirs: str | None) -> None:
        """Warn once where the service's interface is another one than this client's."""
        mine = version("linkrisk")
        if theirs is None or self._warned or theirs.split(".")[0] == mine.split(".")[0]:
            return
        self._warned = True
        warnings.warn(f"the service is linkrisk {theirs}, this client {mine}", stacklevel=4)


def error_of(status: int, body: bytes) -> errors.LinkriskError:
    """The error of our tree that a problem names, or the root of the tree."""
    try:
        said = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = {}
    kind = getattr(errors, str(said.get("title")), None)
    detail = str(said.get("detail") or f"HTTP {status}")
    if isinstance(kind, type) and issubclass(kind, errors.LinkriskError):
        return kind(detail)
    return errors.LinkriskError(detail)


class Waiting:
    """Sends a call and waits for its reply."""

    def __init__(self, http: httpx.Client, connection: Connection) -> None:
        self._http, self._connection = http, connection

    def send(self, call: Call) -> Reply:
        """The reply, of the try that had one; raises errors of `graph.errors`, httpx.HTTPError."""
        tried = 0
        while True:
            tried += 1
            try:
                response = self._http.send(self._connection.request(self._http, call))
            except httpx.TransportError:
                pause = self._connection.again(call, tried, None)
                if pause is None:
                    raise
            else:
                pause = self._connection.again(call, tried, response)
                if pause is None:
                    return self._connection.reply(response, response.content)
            time.sleep(pause)

    def lines(self, call: Call) -> Iterator[bytes]:
        """The lines of a streamed reply, as they come."""
        request = self._connection.request(self._http, call)
        response = self._http.send(request, stream=True)
        try:
            if not response.is_success:
                self._connection.reply(response, response.read())
            held = b""
            for block in response.iter_bytes():
                *whole, held = (held + block).split(b"\n")
                yield from filter(None, whole)
            if held:
                yield held
        finally:
            response.close()

    def run(self, exchange: Exchange[T]) -> T:
        """Take the steps of an exchange; what it comes to."""
        reply: Any = None
        try:
            while True:
                step = exchange.send(reply)
                reply = None
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                else:
                    reply = self.send(step)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def stream(self, stream: Stream) -> Iterator[Any]:
        """The items of a stream, its requests sent as they are come to; the lines of a streamed
        reply are items of their own."""
        reply: Any = None
        while True:
            try:
                step = stream.send(reply)
            except StopIteration:
                return
            reply = None
            if isinstance(step, Item):
                yield step.value
            elif isinstance(step, Pause):
                time.sleep(step.seconds)
            elif step.lines:
                yield from map(msgspec.json.decode, self.lines(step))
            else:
                reply = self.send(step)


class NotWaiting:
    """The same for asyncio."""

    def __init__(self, http: httpx.AsyncClient, connection: Connection) -> None:
        self._http, self._connection = http, connection

    async def send(self, call: Call) -> Reply:
        """See `Waiting.send`."""
        tried = 0
        while True:
            tried += 1
            try:
                response = await self._http.send(self._connection.request(self._http, call))
            except httpx.TransportError:
                pause = self._connection.again(call, tried, None)
                if pause is None:
                    raise
            else:
                pause = self._connection.again(call, tried, response)
                if pause is None:
                    return self._connection.reply(response, response.content)
            await asyncio.sleep(pause)

    async def run(self, exchange: Exchange[T]) -> T:
        """See `Waiting.run`."""
        reply: Any = None
        try:
            while True:
                step = exchange.send(reply)
                reply = None
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                else:
                    reply = await self.send(step)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    async def lines(self, call: Call) -> AsyncIterator[bytes]:
        """See `Waiting.lines`."""
        request = self._connection.request(self._http, call)
        response = await self._http.send(request, stream=True)
        try:
            if not response.is_success:
                self._connection.reply(response, await response.aread())
            held = b""
            async for block in response.aiter_bytes():
                *whole, held = (held + block).split(b"\n")
                for line in filter(None, whole):
                    yield line
            if held:
                yield held
        finally:
            await response.aclose()

    async def stream(self, stream: Stream) -> AsyncIterator[Any]:
        """See `Waiting.stream`; a streamed reply's lines are items of their own."""
        reply: Any = None
        while True:
            try:
                step = stream.send(reply)
            except StopIteration:
                return
            reply = None
            if isinstance(step, Item):
                yield step.value
            elif isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            elif step.lines:
                async for line in self.lines(step):
                    yield msgspec.json.decode(line)
            else:
                reply = await self.send(step)
