"""Mappings of callers: how columns of their tables become facts, sent once and named by loads.

A mapping is known by its content, so that sending it again is the same one; it is checked when it
is sent, before any file is. It can say nothing of this machine: no path is in its language, its
patterns are held to bounded time, and what a job needs of it goes with the job.
"""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.kept import private_folder, state_folder, write_whole
from api.serving import KEPT, TooLarge, add, bytes_of, json_response, query_of
from graph.errors import InputError, WrongUsage
from graph.model import LISTING
from ingest.mapping.load import load_mapping, parse_mapping, shipped, shipped_mapping

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine
    from api.intake.settings import IntakeSettings
    from ingest.mapping.model import Mapping

PATH: Final = "/v1/mappings"
MEDIA_TYPE: Final = "application/yaml"  # RFC 9512
_LARGEST: Final = 1 << 16  # bytes of one; those that ship have some 3,000
_IDENT: Final = re.compile(r"own:([0-9a-f]{24})")
_NAME: Final = re.compile(r"[\w\-（）()+=,@ ][\w\-.（）()+=,@ ]*")
_LONGEST: Final = 80  # characters of a mapping's name


class UnknownMapping(InputError):
    """No mapping ships, or is kept, under this name."""

    status = 404


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """A caller's mapping: its file's name, which datasets are called by, and its text."""

    name: str
    text: str

    @property
    def ident(self) -> str:
        """What it is known by."""
        return f"own:{sha256(msgspec.json.encode(self)).hexdigest()[:24]}"

    def parsed(self) -> Mapping:
        """The mapping, as the verb reads it from a file of this name; raises BadFile."""
        return parse_mapping(self.text, self.name, Path(self.name).stem)


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a caller says of a mapping that it sends."""

    name: Annotated[
        str,
        Meta(description="the file's name; without its ending it names the dataset unless the"
             " mapping does / 文件名", examples=["holders.yaml"]),
    ] = "mapping.yaml"  # fmt: skip


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping: what `POST /v1/ingest` calls it, what it makes, of which columns."""

    mapping: str
    name: str
    title: str
    dataset: str
    makes: list[str]
    columns: list[str]
    required: list[str]


class MappingList(msgspec.Struct, frozen=True, kw_only=True):
    """The mappings that ship with the program, by name."""

    results: list[Shown]


class Mappings:
    """Those of callers, in files of their own. Shared by all processes of a service."""

    def __init__(self, url: str, settings: IntakeSettings) -> None:
        self._folder = state_folder(url) / "mappings"
        self._most = settings.mappings

    def keep(self, name: str, text: bytes) -> tuple[str, Mapping]:
        """Check a mapping and keep it; what it is known by. Of more than the bound, those that were
        not used for longest are dropped. Raises BadFile, WrongUsage, StoreFull."""
        if not is_file_name(name, _LONGEST):
            raise WrongUsage("name: a file's name of 1 to 80 letters, digits, ._-+=,@() / 名称无效")
        try:
            own = Own(name=name, text=text.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise WrongUsage(f"{name}: a mapping is UTF-8 text ({error.reason})") from None
        made = own.parsed()
        private_folder(self._folder)
        write_whole(self._file(own.ident), msgspec.json.encode(own))
        kept = sorted(self._folder.glob("*.json"), key=_used)
        for path in kept[: -self._most]:
            path.unlink(missing_ok=True)
        return own.ident, made

    def own(self, ident: str) -> Own:
        """A caller's mapping; raises UnknownMapping."""
        if _IDENT.fullmatch(ident):
            path = self._file(ident)
            with suppress(OSError, msgspec.DecodeError):
                found = msgspec.json.decode(path.read_bytes(), type=Own)
                path.touch()
                return found
        raise UnknownMapping(
            f"no mapping {ident[:40]!r}: one that ships ({', '.join(shipped())}), or what"
            f" POST {PATH} answered / 无此映射"
        )

    def meant(self, name: str | None) -> Own | None:
        """The caller's mapping that a load names; None for one that ships, or none. Raises
        WrongUsage."""
        if name is None or name in shipped():
            return None
        try:
            return self.own(name)
        except UnknownMapping as error:
            raise WrongUsage(f"mapping: {error}") from None

    def text(self, name: str) -> str:
        """The text of one that ships or of a caller's; raises UnknownMapping."""
        if (path := shipped().get(name)) is not None:
            return path.read_text("utf-8")
        return self.own(name).text

    def _file(self, ident: str) -> Path:
        return self._folder / f"{ident.partition(':')[2]}.json"


def is_file_name(text: str, most: int) -> bool:
    """Whether a caller may call a file so: what no path or shell reads as something else."""
    return len(text) <= most and _NAME.fullmatch(text) is not None


def mapping_of(name: str | None, own: Own | None) -> Mapping | None:
    """What a load is read by: the caller's own, one that ships, or None: what fits is chosen."""
    if own is not None:
        return own.parsed()
    return None if name is None else load_mapping(name)


def add_mappings(app: FastAPI, engine: Engine, mappings: Mappings) -> None:
    """Take mappings, show them."""

    async def taken(request: Request) -> Response:
        """Check a mapping (YAML, sent as the body) and keep it; `POST /v1/ingest` takes what it
        answers as `mapping` / 上传字段映射."""
        try:
            said = msgspec.convert(query_of(request, frozenset()), Said)
        except msgspec.ValidationError as error:
            raise WrongUsage(f"mappings: {error}") from None
        text = await bytes_of(request)
        if len(text) > _LARGEST:
            raise TooLarge(f"a mapping has at most {_LARGEST} bytes / 映射过大")
        ident, made = await engine.run(mappings.keep, said.name, text)
        return json_response(msgspec.json.encode(_shown(ident, made)))

    async def listed(_: Request) -> Response:
        """The mappings that ship, what each makes of which columns / 内置映射."""
        return json_response(await engine.run(_listing))

    async def one(request: Request) -> Response:
        """The text of a mapping, one that ships or a caller's own / 映射内容."""
        text = await engine.run(mappings.text, request.path_params["name"])
        return Response(text, headers=dict(KEPT), media_type=MEDIA_TYPE)

    name = openapi.asked("path", "name", "as a load names it / 映射名") | {"example": "registry"}
    page = openapi.answers({"type": "object"}, media=MEDIA_TYPE)
    for method, path, endpoint, title, extra in (
        ("POST", PATH, taken, "Keep a mapping / 上传字段映射", _said()),
        ("GET", PATH, listed, "Mappings that ship / 内置映射", openapi.answers(MappingList)),
        (
            "GET", f"{PATH}/{{name}}", one, "The text of a mapping / 映射内容",
            {"parameters": [name], **page},
        ),
    ):  # fmt: skip
        add(app, method, path, endpoint, scope="ingest", tags=["facts"], extra=extra, summary=title)


def _listing() -> bytes:
    found = [_shown(name, shipped_mapping(name)) for name in shipped()]
    return msgspec.json.encode(MappingList(results=found))


def _shown(ident: str, mapping: Mapping) -> Shown:
    kinds = {rule.kind or "company or person" for rule in mapping.entities.values()}
    made = sorted(kinds) + sorted({rule.kind or LISTING for rule in mapping.relations})
    return Shown(
        mapping=ident, name=mapping.name, title=mapping.title, dataset=mapping.dataset, makes=made,
        columns=[*mapping.columns],
        required=[label for label, column in mapping.columns.items() if column.required],
    )  # fmt: skip


def _said() -> dict[str, Any]:
    kinds = openapi.schema(Said)["properties"]
    company = {"kind": "company", "id": {"plain": "公司"}, "name": "公司"}
    example = {"version": 1, "entities": {"公司": company}}
    content = {MEDIA_TYPE: {"schema": {"type": "object"}, "example": example}}
    return {
        "parameters": [openapi.parameter(name, kind) for name, kind in kinds.items()],
        "requestBody": {"required": True, "content": content},
        **openapi.answers(Shown),
    }


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
