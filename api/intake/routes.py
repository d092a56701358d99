"""`POST /v1/ingest`: a file is sent as the body, loaded, and answered with its receipt."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from algorithms.registry import Truncated
from api import openapi
from api.caller import caller_of, owner_of
from api.feed.lines import MEDIA_TYPE
from api.intake import keeping
from api.intake.loading import QUARANTINE, Asked, Load, carried_out, checked
from api.intake.mappings import Mappings, Own, add_mappings
from api.intake.settings import IntakeSettings
from api.jobs.book import Asked as JobAsked
from api.jobs.calling import Told, keep_caller
from api.jobs.routes import jobs_of, preferred
from api.kept import private_folder, state_folder
from api.once import begun, key_of
from api.once import said as once_header
from api.serving import KEPT, TooLarge, add, query_of, settings_of
from api.tidying import hourly
from graph.errors import InputError, StoreFull, WrongUsage
from graph.keys import mask_within
from ingest.receipt import Receipt

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

KIND: Final = "ingest"
_OLD: Final = 7 * 86_400  # seconds after which an upload that no job took is dropped
_SHOWN: Final = 1 << 24  # bytes of a quarantine file that are shown


class UnknownQuarantine(InputError):
    """No rejected rows are kept under this name."""

    status = 404


class Intake:
    """Takes uploads down into files of their own, in bounds."""

    def __init__(self, url: str, settings: IntakeSettings) -> None:
        self.settings = settings
        self._url = url
        self._folder = state_folder(url)
        self._places = asyncio.Semaphore(settings.uploads)

    @property
    def quarantine(self) -> Path:
        """Where rejected rows are kept."""
        return keeping.folder(self._url)

    async def take(
        self, request: Request, asked: Asked, own: Own | None
    ) -> tuple[Load, int, bytes]:
        """The body as a file, its size and digest; raises TooLarge, WrongUsage where it is empty.
        A body that does not come to its end leaves nothing behind."""
        ident = secrets.token_hex(12)
        folder = private_folder(self._folder / "uploads" / ident)
        try:
            async with self._places:
                size, digest = await self._write(request, folder / asked.name)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise StoreFull(f"the upload cannot be kept: {error.strerror}") from error
            raise
        quarantine = private_folder(self.quarantine) / f"{ident}.jsonl"
        load = Load(folder=str(folder), quarantine=str(quarantine), asked=asked, own=own)
        return load, size, digest

    async def _write(self, request: Request, path: Path) -> tuple[int, bytes]:
        length = request.headers.get("content-length", "0")
        if length.isascii() and length.isdigit() and int(length) > self.settings.most:
            raise self._too_large()
        size, digest = 0, sha256()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > self.settings.most:
                    raise self._too_large()
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
        if not size:
            raise WrongUsage("nothing was sent: the body is the file / 请求体为空")
        return size, digest.digest()

    def _too_large(self) -> TooLarge:
        return TooLarge(f"an upload has at most {self.settings.most} bytes / 上传过大")

    def forget(self) -> None:
        """Drop uploads that nobody took, and rejected rows kept long enough."""
        keeping.sweep(self._url, self.settings)
        for folder, seconds in (
            (self._folder / "uploads", _OLD),
            (self._folder / "mappings", self.settings.kept_seconds),
        ):
            for path in folder.glob("*"):
                with suppress(OSError):
                    if path.stat().st_mtime < time.time() - seconds:
                        shutil.rmtree(path) if path.is_dir() else path.unlink()


def add_intake(app: FastAPI, engine: Engine) -> None:
    """Load what is sent; show what was rejected of it."""
    settings = settings_of(app, IntakeSettings)
    intake = Intake(engine.session.url, settings)
    mappings = Mappings(engine.session.url, settings)
    store = engine.session.whole_store
    loading = asyncio.Lock()

    def work(given: dict[str, Any]) -> Told:
        return carried_out(store, msgspec.convert(given, Load))

    app.state.jobs.runner.kinds[KIND] = work
    hourly(app, "rejected rows", intake.forget)

    async def ingest(request: Request) -> Response:
        """Load a file, sent as the body: `name`, `format`, `mapping`, `dataset`; answers its
        receipt, or 202 and a job where it is large / 导入文件."""
        given = query_of(request, frozenset())
        try:
            asked = checked(msgspec.convert(given, Asked))
        except msgspec.ValidationError as error:
            raise WrongUsage(f"ingest: {error}") from None
        own = await engine.run(mappings.meant, asked.mapping)
        load, size, digest = await intake.take(request, asked, own)
        said = sha256(digest + msgspec.json.encode(asked)).digest()
        try:
            if key_of(request) is None:
                return await answer(request, load, size)
            async with begun(request, said) as (earlier, note):
                if earlier is not None:
                    shutil.rmtree(load.folder, ignore_errors=True)
                    return earlier
                response = await answer(request, load, size)
                await note(response)
                return response
        except BaseException:
            shutil.rmtree(load.folder, ignore_errors=True)
            raise

    async def answer(request: Request, load: Load, size: int) -> Response:
        wanted, wait = preferred(request)
        if wanted or size > intake.settings.at_once:
            jobs, caller = jobs_of(request), caller_of(request)
            job = JobAsked(
                owner=owner_of(caller), what=KIND, asked=msgspec.json.encode(load.asked).decode(),
                call=msgspec.json.encode(load).decode(), caller=keep_caller(caller), scope="ingest",
                seconds=jobs.settings.seconds,
            )  # fmt: skip
            return await jobs.submit(job, wait)
        async with loading:
            told = await engine.run(carried_out, store, load)
        return Response(told.body, told.status, {**KEPT, "Content-Type": told.media})

    said = _said()
    add(app, "POST", "/v1/ingest", ingest, scope=KIND, tags=["facts"], extra=said)
    _add_quarantine(app, engine, intake)
    add_mappings(app, engine, mappings)


def _add_quarantine(app: FastAPI, engine: Engine, intake: Intake) -> None:
    async def rejected(request: Request) -> Response:
        """Rows that a load rejected, each with line, column and reason; where there are more than
        are shown, a last line `{"truncated": …}` says so / 被隔离的数据, 未列全时末行说明."""
        name = request.path_params["name"]
        path = intake.quarantine / name
        if not keeping.FILE.fullmatch(name) or not path.is_file():
            raise UnknownQuarantine(f"no quarantine {name[:40]!r} / 无此隔离文件")
        body = await engine.run(_masked, path)
        return Response(body, headers=dict(KEPT), media_type=MEDIA_TYPE)

    name = openapi.asked("path", "name", "as the receipt gives it / 回执中的文件名")
    kept = {"parameters": [name], **openapi.answers({"type": "string"}, media=MEDIA_TYPE)}
    add(app, "GET", f"{QUARANTINE}/{{name}}", rejected, scope=KIND, tags=["facts"], extra=kept)


def _said() -> dict[str, Any]:
    """What OpenAPI says of `POST /v1/ingest`."""
    kinds = openapi.schema(Asked)["properties"]
    parameters = [openapi.parameter(name, kind) for name, kind in kinds.items()]
    example = '{"kind":"company","id":"c1","name":"甲公司"}\n'
    # Whatever file it is: the name or the format says how it is read.
    content = {
        media: {"schema": {"type": "string"}, "example": example}
        for media in (MEDIA_TYPE, "application/octet-stream")
    }
    return {
        "parameters": [*parameters, once_header()],
        "requestBody": {"required": True, "content": content},
        **openapi.answers(Receipt),
    }


def _masked(path: Path) -> bytes:
    """The file's lines, personal identifiers masked; of a large one the first, which is said."""
    with path.open("rb") as file:
        size, whole = path.stat().st_size, file.read(_SHOWN)
    lines = whole[: whole.rfind(b"\n") + 1].splitlines()
    told: list[Any] = [mask_within(msgspec.json.decode(line)) for line in lines]
    if size > len(whole):
        reason = (
            f"the first {len(lines)} rows; the file has {size} bytes, {_SHOWN} are shown"
            f" / 仅列出前 {len(lines)} 行; 文件共 {size} 字节, 最多列出 {_SHOWN} 字节"
        )
        told.append({"truncated": Truncated(reason=reason, explored=len(lines), limit=_SHOWN)})
    return b"".join(msgspec.json.encode(each) + b"\n" for each in told)
