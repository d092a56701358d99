"""`/v1/features`: tables of features, for models of one's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response, StreamingResponse

from algorithms.features.table import KINDS
from algorithms.registry import as_day
from api import openapi
from api.access.refusals import Forbidden
from api.access.sight import granted
from api.caller import caller_of, owner_of
from api.contract.answers import MADE
from api.features.keeping import Asked, Built, Dictionary, build, days_of, described, kept_tables
from api.jobs.book import Asked as JobAsked
from api.jobs.calling import Call, headers_of, keep_caller
from api.jobs.routes import jobs_of, preferred
from api.kept import private_folder
from api.serving import KEPT, add, asked_of, json_response, only, query_of
from graph.domains import OF_KIND

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

PATH: Final = "/v1/features"
MEDIA: Final = "application/vnd.apache.parquet"
_KEPT: Final = 12  # tables
_PIECE: Final = 1 << 18
_LISTS: Final = frozenset({"groups", "windows"})
_NAMES: Final = ("as_of", "kind", "groups", "windows", "known_at")


class Body(Asked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a POST asks for."""

    as_of: str = ""  # today


def add_features(app: FastAPI, engine: Engine) -> None:
    """The table, what it is, and what its columns mean."""
    session = engine.session

    def built(asked: Asked) -> tuple[Path, Built]:
        home = private_folder(kept_tables(session.url))
        return build(session, asked, home, _KEPT)

    async def table(request: Request) -> Response:
        """Features of all subjects of a kind as of a day, as Parquet: a row a subject by its
        canonical id, a column a feature. One that is there is sent at once / 特征表 (Parquet)."""
        asked = _queried(request)
        await engine.run(_check, asked)
        path, told = await engine.run(built, asked)
        stream = await asyncio.to_thread(path.open, "rb")
        headers = {
            **KEPT, "Linkrisk-Snapshot": told.snapshot, "Content-Length": str(told.bytes),
            "Content-Disposition": f'attachment; filename="{asked.kind}-{asked.as_of}.parquet"',
        }  # fmt: skip
        return StreamingResponse(_pieces(stream), headers=headers, media_type=MEDIA)

    async def made(request: Request) -> Response:
        """Make the table, and say what it is: rows, columns, groups that were taken over from
        earlier ones. GET with the same parameters then sends it at once. A large one takes minutes:
        `Prefer: respond-async` makes it a job / 生成特征表, 可作为任务."""
        body = await asked_of(request, Body, "features")
        asked = Asked(**{**msgspec.structs.asdict(body), "as_of": as_day(body.as_of or None)})
        await engine.run(_check, asked)
        wanted, wait = preferred(request)
        if wanted:
            return await jobs_of(request).submit(_as_job(request, asked), wait)
        _, told = await engine.run(built, asked)
        return json_response(msgspec.json.encode(told))

    async def dictionary(request: Request) -> Response:
        """What each column of a table means, English and Chinese, its unit, window and group
        / 特征字典."""
        query = query_of(request, _LISTS)
        only(query, ("kind", "groups", "windows"))
        kind = str(query.get("kind", "account"))
        windows = days_of(query.get("windows", []))
        rows = await engine.run(described, kind, query.get("groups"), windows)
        return json_response(msgspec.json.encode(Dictionary(kind=kind, results=rows)))

    add(app, "GET", f"{PATH}/dictionary", dictionary, scope="search", tags=["bulk"],
        name="feature-dictionary", summary="Meanings of features / 特征字典",
        extra={"parameters": _parameters("kind", "groups", "windows"),
               **openapi.answers(Dictionary)})  # fmt: skip
    add(app, "GET", PATH, table, scope="export", tags=["bulk"], name="features",
        summary="Features as Parquet / 特征表", extra={
        "parameters": _parameters(*_NAMES),
        "responses": {"200": {
            "description": "the table / 特征表",
            "content": {MEDIA: {"schema": {"type": "string", "format": "binary"}}},
        }},
    })  # fmt: skip
    add(
        app,
        "POST",
        PATH,
        made,
        scope="export",
        tags=["bulk"],
        name="make-features",
        summary="Make a table of features / 生成特征表",
        extra={
            **openapi.body(Body, _EXAMPLE),
            "responses": {**openapi.answers(Built)["responses"], **MADE},
        },
    )


def _as_job(request: Request, asked: Asked) -> JobAsked:
    """The same request, to be carried out beside others."""
    caller, said, jobs = caller_of(request), msgspec.json.encode(asked), jobs_of(request)
    call = Call(
        method="POST", path=PATH, raw_path=PATH, headers=headers_of(request.headers), body=said
    )
    return JobAsked(
        owner=owner_of(caller), what="features", asked=jobs.unnamed(msgspec.to_builtins(asked)),
        call=msgspec.json.encode(call).decode(), caller=keep_caller(caller), scope="export",
        seconds=jobs.settings.seconds,
    )  # fmt: skip


async def _pieces(stream: Any) -> AsyncIterator[bytes]:
    """A file that stays as it is while it is sent, whatever becomes of its name."""
    with stream:
        while piece := await asyncio.to_thread(stream.read, _PIECE):
            yield piece


def _queried(request: Request) -> Asked:
    query = query_of(request, _LISTS)
    only(query, _NAMES)
    return Asked(
        as_of=as_day(query.get("as_of")),
        kind=query.get("kind", "account"),
        groups=query.get("groups"),
        windows=days_of(query.get("windows", [])),
        known_at=query.get("known_at"),
    )


def _check(asked: Asked) -> None:
    """Raise WrongUsage for what is no kind, group or window: at once, also where a job is to be
    made of it; Forbidden for a kind whose domain is not granted."""
    described(asked.kind, asked.groups, asked.windows)
    kept, domain = granted(), OF_KIND[asked.kind]
    if kept is not None and domain is not None and domain not in kept:
        raise Forbidden(f"needs the data domain {domain} / 需要数据域 {domain}")


_TEXTS: Final = {"type": "array", "items": {"type": "string"}}
_DAYS: Final = {"type": "array", "items": {"type": "integer", "minimum": 1}}
_SAID: Final[dict[str, dict[str, Any]]] = {
    "as_of": {
        "type": "string", "format": "date",
        "description": "the day; nothing after it counts / 截至日期",
    },
    "kind": {
        "type": "string", "enum": list(KINDS), "default": "account",
        "description": "whose features / 主体种类",
    },
    "groups": _TEXTS | {"description": "groups of features, by default all but slow ones / 特征组"},
    "windows": _DAYS | {"description": "windows in days, ascending / 时间窗口 (天)"},
    "known_at": {"type": "string", "description": "as it was known then / 当时已知的数据"},
}  # fmt: skip
_EXAMPLE: Final = {"kind": "account", "as_of": "2022-01-05", "groups": ["degree", "money"]}


def _parameters(*names: str) -> list[dict[str, Any]]:
    return [
        {"in": "query", "name": name, "schema": _SAID[name],
         "description": _SAID[name]["description"]}
        | ({"style": "form", "explode": False} if name in _LISTS else {})
        for name in names
    ]  # fmt: skip
