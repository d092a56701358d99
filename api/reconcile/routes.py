"""The routes of the reconciliation API. Every one asks for the service's usual credentials; JSONP,
which would let any page read the answers, is not offered."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import HTMLResponse, Response

from api.look import number_of
from api.matching.settings import MatchSettings
from api.reads.hook import shown
from api.reconcile import extension, manifest, preview, queries, schemas, suggesting
from api.serving import KEPT, Endpoint, add, bytes_of, json_response, settings_of
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

_SUGGESTED: Final = ("entity", "property", "type")
_FIELDS: Final = 20  # of one form


def add_reconcile(app: FastAPI, engine: Engine) -> None:
    """The manifest with queries and data extension, suggestions, previews, properties."""
    session, most = engine.session, settings_of(app, MatchSettings).queries

    async def reconcile(request: Request) -> Response:
        """The manifest; with `queries` or `extend`, an answer to them / 对账服务 (OpenRefine)."""
        given = dict(request.query_params)
        _refuse_jsonp(given)
        if request.method == "POST":
            given |= await _form(request)
        if "queries" in given:
            return await _answered(engine, queries.answer, session, given["queries"], most)
        if "extend" in given:
            found = await engine.run(extension.extend, session, given["extend"])
            shown(request, found.subjects, found.names)
            return json_response(msgspec.json.encode(found.answer))
        if request.method == "POST":
            raise WrongUsage("queries or extend: missing in the form / 缺少 queries 或 extend")
        base = str(request.base_url).rstrip("/")
        return json_response(msgspec.json.encode(manifest.manifest(base, version("linkrisk"))))

    def suggested(what: str) -> Any:
        async def suggest(request: Request) -> Response:
            """Suggestions while a person types / 输入提示."""
            given = dict(request.query_params)
            _refuse_jsonp(given)
            cursor = number_of("cursor", given.get("cursor"), 0, 0, suggesting.DEEPEST)
            args = what, given.get("prefix", ""), cursor
            return await _answered(engine, suggesting.suggest, session, *args)

        return suggest

    async def page(request: Request) -> Response:
        """A subject on a small page, identifiers masked / 预览."""
        name = request.query_params.get("id", "")
        made, canonical = await engine.run(preview.preview, session, name)
        shown(request, [canonical], ["label", "records", "listings"])
        headers = {
            **KEPT,
            "Content-Security-Policy": preview.POLICY,
            "Referrer-Policy": "no-referrer",
        }
        return HTMLResponse(made, headers=headers)

    async def properties(request: Request) -> Response:
        """What can be fetched of subjects of a type / 可扩展的属性."""
        given = dict(request.query_params)
        limit = number_of("limit", given["limit"], 0, 1, 1000) if "limit" in given else None
        found = suggesting.proposed(given.get("type"), limit)
        return json_response(msgspec.json.encode(found))

    async def kinds(_: Request) -> Response:
        """The types of subjects / 类型."""
        return json_response(msgspec.json.encode(manifest.types()))

    path = manifest.PATH
    routes: tuple[tuple[str, str, Endpoint, dict[str, Any]], ...] = (
        ("GET", path, reconcile, schemas.GET),
        ("POST", path, reconcile, schemas.POST),
        *(
            ("GET", f"{path}/suggest/{what}", suggested(what), schemas.SUGGEST)
            for what in _SUGGESTED
        ),
        ("GET", f"{path}/preview", page, schemas.PREVIEW),
        ("GET", f"{path}/properties", properties, schemas.PROPOSED),
        ("GET", f"{path}/types", kinds, schemas.TYPES),
    )
    for method, where, endpoint, extra in routes:
        add(app, method, where, endpoint, scope="search", tags=["reconciliation"], extra=extra)


async def _answered(engine: Engine, function: Any, *args: Any) -> Response:
    return json_response(await engine.run(_encoded, function, args))


def _encoded(function: Any, args: tuple[Any, ...]) -> bytes:
    return msgspec.json.encode(function(*args))


def _refuse_jsonp(given: dict[str, str]) -> None:
    if "callback" in given:
        raise WrongUsage("callback: JSONP is not offered; any page could read the answers with it")


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form in a request's body; raises TooLarge, WrongUsage."""
    body = await bytes_of(request)
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=bool(body),
            max_num_fields=_FIELDS, errors="strict",
        )  # fmt: skip
    except (ValueError, UnicodeDecodeError):
        raise WrongUsage("the request is no form: queries=… or extend=… / 不是表单") from None
    return dict(pairs)
