"""The one place through which answers go out: what names a person is recorded first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
from starlette.responses import StreamingResponse

from api.caller import ANYONE, OPEN, caller_of
from api.reads.chain import Read
from api.reads.naming import NOBODY, Named, Namer
from api.reads.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from api.caller import Caller
    from api.session import Session
    from graph.snapshot import Snapshot

EVERYBODY: Final = "*"  # an answer that streams: whoever is in the store
_PLACE: Final = "linkrisk.shown"
_LARGE: Final = 1 << 18  # bytes past which an answer is looked through in a thread
_JSON: Final = "application/json"
_PDF: Final = "application/pdf"


def shown(
    request: Request,
    subjects: Iterable[str] = (),
    fields: Iterable[str] = (),
    *,
    unmasked: bool = False,
) -> None:
    """Say whom the answer to a request shows, by canonical id, beyond what its JSON says: for pages
    and files, and for identifiers that are shown in full (`unmasked`)."""
    said = cast(dict[str, Any], request.scope).setdefault(_PLACE, ([], [], []))
    said[0].extend(subjects)
    said[1].extend(fields)
    if unmasked:
        said[2].append(True)


class Audit:
    """Records reads of one service before they are answered."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._namer = Namer()
        self._writer = Writer.of(session.whole_store)

    async def read(
        self,
        caller: Caller,
        subjects: Iterable[str],
        fields: Iterable[str],
        route: str,
        *,
        unmasked: bool = False,
    ) -> None:
        """Record a read; returns once it is on disk. Raises ReadsAway: then nothing may be shown.

        `subjects` are canonical ids, of which none are sorted or doubled here.
        """
        await self._writer.record(
            Read(caller.name, route, tuple(subjects), tuple(fields), caller.purpose, caller.case,
                 unmasked)
        )  # fmt: skip

    async def told(self, caller: Caller, body: bytes, route: str) -> None:
        """Record what JSON shows of persons that goes out by itself, before it is sent; nothing
        where it shows nobody. Raises ReadsAway."""
        named = await asyncio.to_thread(self._find, body, _JSON, None)
        if named.subjects:
            await self.read(caller, named.subjects, named.fields, route)

    async def answered(self, request: Request, response: Response, route: str, scope: str) -> None:
        """Record what a response shows of persons, before it is sent; nothing where it shows
        nobody. A response that streams counts as a read of everybody."""
        if response.status_code >= 300 or scope in (OPEN, ANYONE):
            return
        said = request.scope.get(_PLACE)
        named = NOBODY if said and _sealed(response) else await self._named(response)
        if said is not None:
            named = Named(
                tuple(sorted({*named.subjects, *said[0]})), tuple(sorted({*named.fields, *said[1]}))
            )
        if named.subjects:
            unmasked = said is not None and bool(said[2])
            caller = caller_of(request)
            await self.read(caller, named.subjects, named.fields, route, unmasked=unmasked)

    async def _named(self, response: Response) -> Named:
        if (
            isinstance(response, StreamingResponse)
            or not hasattr(response, "body")
            or _sealed(response)
        ):
            return Named((EVERYBODY,), ())
        body = bytes(response.body)
        snapshot = self._session.newest
        if snapshot is None or len(body) > _LARGE:
            return await asyncio.to_thread(self._find, body, response.media_type, snapshot)
        return self._find(body, response.media_type, snapshot)

    def _find(self, body: bytes, media_type: str | None, snapshot: Snapshot | None) -> Named:
        if not body:
            return NOBODY
        if (media_type or "").startswith(_JSON):
            return self._namer.of_json(orjson.loads(body), snapshot or self._session.snapshot())
        return self._namer.of_text(body)

    async def close(self) -> None:
        """Record what waits and let go of the file."""
        await self._writer.drain()
        self._writer.close()


def _sealed(response: Response) -> bool:
    """Whether a response's body cannot be looked through: whoever made it says whom it shows, and
    where it is only handed on (a job's result) it may show anybody."""
    return response.headers.get("content-type", "").startswith(_PDF)
