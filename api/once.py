"""`Idempotency-Key`: a request that is sent again changes nothing, and is answered as before.

The rules are those of draft-ietf-httpapi-idempotency-key-header: the same key with the same request
gets the same answer; with another request 422; while the first is under way 409. A key belongs to
its caller and route. What failed changed nothing, and its key is free. Where the answer of what was
carried out could not be noted (the process ended, the disk is full), the request is carried out
again once nothing was heard of it for a minute: what it leads to knows itself whether it was done
(the ledger by its key, a load by its content).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial, wraps
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api.caller import caller_of, owner_of
from api.kept import Kept, state_folder
from api.privacy.settings import Retention
from api.problems import MEDIA_TYPE, written
from graph import times
from graph.errors import Conflict, InputError, StoreError, WrongUsage
from graph.rulebook.durations import later

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI
    from starlette.types import Message

    from api.engine import Engine

HEADER: Final = "Idempotency-Key"
_GONE: Final = 410
_LARGEST: Final = 4 << 20  # bytes of an answer that is kept
_HELD: Final = 60.0  # seconds that a request counts as under way without a further sign
_SIGN: Final = 20.0
_MICROS: Final = 1_000_000
_LOG: Final = logging.getLogger(__name__)
_KEY: Final = re.compile(r'"([!#-\[\]-~ ]{1,200})"|([!#-~]{1,200})', re.ASCII)
_TABLES: Final = """
CREATE TABLE sent (caller TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL,
    request BLOB NOT NULL, held INTEGER, code INTEGER, media TEXT, location TEXT, body BLOB,
    expires INTEGER NOT NULL, PRIMARY KEY (caller, route, key)) WITHOUT ROWID, STRICT;
CREATE INDEX sent_expires ON sent (expires);
"""


class UsedKey(InputError):
    """A key that was sent with another request."""

    status = 422


class Name(msgspec.Struct, frozen=True):
    """What a key is known by."""

    caller: str
    route: str
    key: str


class Once:
    """What was answered under which key. Shared by all processes of a service."""

    def __init__(self, url: str, kept: str = Retention().answers) -> None:
        """`kept` is how long an answer is, as ISO 8601 writes durations."""
        self._duration = kept
        self._kept = Kept(state_folder(url) / "requests.db", _TABLES)
        # Its own thread: a service that is full refuses questions, but not what was carried out.
        self._thread = ThreadPoolExecutor(1, "once")

    async def later(self, function: Callable[[Name], None], name: Name) -> None:
        """Note something of a request in the background, whether or not its caller still waits."""
        loop = asyncio.get_running_loop()
        await asyncio.shield(loop.run_in_executor(self._thread, function, name))

    def begin(self, name: Name, request: bytes) -> Response | None:
        """The answer of an earlier request that was the same; None: it is to be carried out, and
        counts as under way. Raises UsedKey, Conflict."""
        now = times.now()
        which = msgspec.structs.astuple(name)
        with self._kept.writing() as db:
            db.execute("DELETE FROM sent WHERE expires < ?", (now,))
            found = db.execute(
                "SELECT request, held, code, media, location, body FROM sent"
                " WHERE caller = ? AND route = ? AND key = ?", which).fetchone()  # fmt: skip
            if found is None or (found[0] == request and found[2] is None and found[1] < now):
                db.execute(
                    "INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, ?)",
                    (*which, request, _ahead(_HELD), later(now, self._duration)),
                )
                return None
        same, _, code, media, location, body = found
        if same != request:
            raise UsedKey(
                f"{HEADER}: this key was sent with another request / 幂等键已用于其他请求"
            )
        if code is None:
            raise Conflict(f"{HEADER}: the request of this key is under way / 该请求正在处理")
        headers = {"Idempotency-Replayed": "true", "Content-Type": media}
        return Response(body, code, headers | ({"Location": location} if location else {}))

    def hold(self, name: Name) -> None:
        """A sign that a request is under way still."""
        with self._kept.writing() as db:
            db.execute("UPDATE sent SET held = ? WHERE caller = ? AND route = ? AND key = ?",
                       (_ahead(_HELD), *msgspec.structs.astuple(name)))  # fmt: skip

    def done(self, name: Name, response: Response) -> None:
        """Note an answer; of one that failed, or is too large to be kept, the key is free again."""
        body = bytes(response.body)
        which = msgspec.structs.astuple(name)
        with self._kept.writing() as db:
            if response.status_code >= 300 or len(body) > _LARGEST:
                db.execute("DELETE FROM sent WHERE caller = ? AND route = ? AND key = ?", which)
                return
            media = response.headers.get("content-type", "application/json")
            said = response.status_code, media, response.headers.get("location"), body
            db.execute("UPDATE sent SET code = ?, media = ?, location = ?, body = ?, held = NULL"
                       " WHERE caller = ? AND route = ? AND key = ?", (*said, *which))  # fmt: skip

    def free(self, name: Name) -> None:
        """Let go of the key of a request that changed nothing."""
        with self._kept.writing() as db:
            db.execute("DELETE FROM sent WHERE caller = ? AND route = ? AND key = ?",
                       msgspec.structs.astuple(name))  # fmt: skip

    def old(self) -> int:
        """How many keys are past their time."""
        if not self._kept.is_there:
            return 0
        text = "SELECT count(*) FROM sent WHERE expires < ?"
        return int(self._kept.rows(text, (times.now(),))[0][0])

    def sweep(self) -> int:
        """Drop keys that are past their time, with their answers; how many there were."""
        if not self._kept.is_there:
            return 0
        with self._kept.writing() as db:
            db.execute("DELETE FROM sent WHERE expires < ?", (times.now(),))
            return db.changes()

    def forget(self, named: Callable[[bytes], bool]) -> int:
        """Delete kept answers of which this is true; how many. Their keys stay: a request sent
        again is told that its answer is gone, and changes nothing."""
        if not self._kept.is_there:
            return 0
        said = written(_GONE, "the answer was deleted: it named an erased person / 应答已删除")
        count = 0
        with self._kept.writing() as db:
            text = "SELECT caller, route, key, location, body FROM sent WHERE code < 300"
            rows: list[Any] = db.execute(text).fetchall()
            for *which, location, body in rows:
                if named((location or "").encode() + b"\n" + (body or b"")):
                    db.execute("UPDATE sent SET code = ?, media = ?, location = NULL, body = ?"
                               " WHERE caller = ? AND route = ? AND key = ?",
                               (_GONE, MEDIA_TYPE, said, *which))  # fmt: skip
                    count += 1
        self._kept.cleansed()
        return count

    def close(self) -> None:
        """Let go of the file, once what is under way is noted."""
        self._thread.shutdown()
        self._kept.close()


def _ahead(seconds: float) -> int:
    return times.now() + int(seconds * _MICROS)


def key_of(request: Request) -> str | None:
    """The key that a request was sent with, quoted (as RFC 9651 has texts) or bare; raises
    WrongUsage."""
    given = request.headers.getlist(HEADER)
    if not given:
        return None
    found = _KEY.fullmatch(given[0].strip())
    if len(given) > 1 or found is None:
        raise WrongUsage(f"{HEADER}: one text of 1 to 200 printable ASCII characters / 幂等键无效")
    return found[1] or found[2]


def ledger_key(request: Request) -> str | None:
    """What an entry of the ledger is named by where its request bears a key."""
    if (key := key_of(request)) is None:
        return None
    parts = (owner_of(caller_of(request)), request.scope["path"], key)
    return "sent-" + sha256("\0".join(parts).encode()).hexdigest()[:40]


def keyed(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that changes something, carried out once for each key."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        from api.serving import bytes_of

        if HEADER.lower() not in request.headers or key_of(request) is None:
            return await endpoint(request)
        body = await bytes_of(request)
        digest = sha256(request.scope["query_string"] + b"\0" + body).digest()
        async with begun(request, digest) as (earlier, note):
            if earlier is not None:
                return earlier
            response = await endpoint(_again(request, body))
            await note(response)
            return response

    return answer


@asynccontextmanager
async def begun(
    request: Request, digest: bytes
) -> AsyncIterator[tuple[Response | None, Callable[[Response], Awaitable[None]]]]:
    """Around a request with a key: its earlier answer, if it has one, else what notes the answer.
    Where the block raises before it has one to note, the key is free again."""
    engine, once = _parts(request.app)
    key = key_of(request)
    assert key is not None
    who = owner_of(caller_of(request))
    name = Name(who, f"{request.method} {request.scope['path']}", key)
    earlier = await engine.run(once.begin, name, digest)

    carried_out = False

    async def note(response: Response) -> None:
        nonlocal carried_out
        carried_out = True
        try:
            await once.later(partial(once.done, response=response), name)
        except StoreError as error:  # what was done is told all the same
            _LOG.error("the answer of a request with a key was not kept: %s", type(error).__name__)

    if earlier is not None:
        yield earlier, note
        return
    sign = asyncio.create_task(_signs(once, name))
    try:
        yield None, note
    except BaseException:
        if not carried_out:
            with suppress(StoreError):
                once.free(name)
        raise
    finally:
        sign.cancel()


async def _signs(once: Once, name: Name) -> None:
    while True:
        await asyncio.sleep(_SIGN)
        with suppress(StoreError):  # the next sign may be noted
            await once.later(once.hold, name)


def _again(request: Request, body: bytes) -> Request:
    """The request, its body to be read once more."""
    given = iter((body,))

    async def receive() -> Message:
        for whole in given:
            return {"type": "http.request", "body": whole, "more_body": False}
        return await request.receive()

    return Request(request.scope, receive)


def _parts(app: FastAPI) -> tuple[Engine, Once]:
    found: tuple[Engine, Once] = app.state.once
    return found


def add_once(app: FastAPI, engine: Engine) -> None:
    """Keep the answers of requests that bear a key."""

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        yield
        app.state.once[1].close()

    from api.serving import alongside, settings_of
    from api.tidying import hourly

    once = Once(engine.session.url, settings_of(app, Retention).answers)
    app.state.once = (engine, once)
    hourly(app, "answers of requests with a key", once.sweep)
    alongside(app).append(running)


def said() -> dict[str, Any]:
    """What OpenAPI says of the header."""
    return {
        "in": "header", "name": HEADER, "schema": {"type": "string", "maxLength": 202},
        "description": "names the request: sent again under it, it changes nothing and is answered"
        " as before / 幂等键",
    }  # fmt: skip
