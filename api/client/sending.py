"""Clients over HTTP, one that waits for each reply and one that does not; both send the same."""

from __future__ import annotations

import asyncio
import os
import time
import warnings
from collections.abc import AsyncIterator, Generator, Iterator
from importlib.metadata import version
from typing import Any, Final, TypeVar

import httpx
import msgspec

from api.client.exchange import Call, Exchange, Item, Pause, Reply, Stream
from api.client.retrying import Retrying
from api.client.uploads import Upload
from graph import errors

T = TypeVar("T")
Step = Call | Pause | Item
Got = httpx.Response | httpx.TransportError | None  # what came of a request; None for all else
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
        content: Any = call.body
        if isinstance(call.body, Upload):
            waits = isinstance(client, httpx.Client)
            content = call.body.blocks() if waits else call.body.later()
            if (size := call.body.size) is not None:
                headers["Content-Length"] = str(size)
        return client.build_request(
            call.method, call.path, params=query, content=content, headers=headers
        )

    def steps(self, asked: Exchange[T] | Stream) -> Generator[Step, Got, T]:
        """What is to be done for an exchange, one thing after the other: send a request and tell
        what came of it, wait, hand an item over. Requests that may be sent again are, until one
        try has a reply; raises what it is where that is an error."""
        reply: Any = None
        while True:
            try:
                step = asked.send(reply)
            except StopIteration as end:
                value: T = end.value
                return value
            reply = None
            if isinstance(step, Call) and not step.lines:
                reply = yield from self._tries(step)
            else:
                yield step

    def _tries(self, call: Call) -> Generator[Call | Pause, Got, Reply]:
        tried = 0
        while True:
            tried += 1
            got = yield call
            if isinstance(got, httpx.Response):
                pause = self.retrying.pause(
                    tried,
                    safe=call.safe,
                    status=got.status_code,
                    told=got.headers.get("Retry-After"),
                )
                if pause is None or not call.again:
                    return self.reply(got, got.content)
            else:
                assert got is not None
                pause = self.retrying.pause(tried, safe=call.safe)
                if pause is None or not call.again:
                    raise got
            yield Pause(pause)

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


class Lines:
    """The lines of a reply that comes in blocks."""

    def __init__(self) -> None:
        self._held = b""

    def of(self, block: bytes) -> Iterator[bytes]:
        """Those that end in a block, in order; empty ones are none."""
        *whole, self._held = (self._held + block).split(b"\n")
        return filter(None, whole)

    def rest(self) -> Iterator[bytes]:
        """The last one, where no end of line came behind it."""
        return filter(None, [self._held])


class Waiting:
    """Takes the steps of exchanges, and waits for each."""

    def __init__(self, http: httpx.Client, connection: Connection) -> None:
        self._http, self._connection = http, connection

    def run(self, exchange: Exchange[T]) -> T:
        """What an exchange comes to; raises errors of `graph.errors`, httpx.HTTPError."""
        steps, got = self._connection.steps(exchange), None
        while True:
            try:
                got = self._take(steps.send(got))
            except StopIteration as end:
                value: T = end.value
                return value

    def stream(self, stream: Stream) -> Iterator[Any]:
        """The items of a stream, its requests sent as they are come to; the lines of a streamed
        reply are items of their own."""
        steps: Generator[Step, Got, None] = self._connection.steps(stream)
        got = None
        while True:
            try:
                step = steps.send(got)
            except StopIteration:
                return
            got = None
            if isinstance(step, Item):
                yield step.value
            elif isinstance(step, Call) and step.lines:
                yield from map(msgspec.json.decode, self._lines(step))
            else:
                got = self._take(step)

    def _take(self, step: Step) -> Got:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        assert isinstance(step, Call)
        try:
            return self._http.send(self._connection.request(self._http, step))
        except httpx.TransportError as error:
            return error

    def _lines(self, call: Call) -> Iterator[bytes]:
        response = self._http.send(self._connection.request(self._http, call), stream=True)
        try:
            if not response.is_success:
                self._connection.reply(response, response.read())
            lines = Lines()
            for block in response.iter_bytes():
                yield from lines.of(block)
            yield from lines.rest()
        finally:
            response.close()


class NotWaiting:
    """The same for asyncio."""

    def __init__(self, http: httpx.AsyncClient, connection: Connection) -> None:
        self._http, self._connection = http, connection

    async def run(self, exchange: Exchange[T]) -> T:
        """See `Waiting.run`."""
        steps, got = self._connection.steps(exchange), None
        while True:
            try:
                got = await self._take(steps.send(got))
            except StopIteration as end:
                value: T = end.value
                return value

    async def stream(self, stream: Stream) -> AsyncIterator[Any]:
        """See `Waiting.stream`."""
        steps: Generator[Step, Got, None] = self._connection.steps(stream)
        got = None
        while True:
            try:
                step = steps.send(got)
            except StopIteration:
                return
            got = None
            if isinstance(step, Item):
                yield step.value
            elif isinstance(step, Call) and step.lines:
                async for line in self._lines(step):
                    yield msgspec.json.decode(line)
            else:
                got = await self._take(step)

    async def _take(self, step: Step) -> Got:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        assert isinstance(step, Call)
        try:
            return await self._http.send(self._connection.request(self._http, step))
        except httpx.TransportError as error:
            return error

    async def _lines(self, call: Call) -> AsyncIterator[bytes]:
        request = self._connection.request(self._http, call)
        response = await self._http.send(request, stream=True)
        try:
            if not response.is_success:
                self._connection.reply(response, await response.aread())
            lines = Lines()
            async for block in response.aiter_bytes():
                for line in lines.of(block):
                    yield line
            for line in lines.rest():
                yield line
        finally:
            await response.aclose()
