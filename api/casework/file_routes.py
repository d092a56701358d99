"""The routes of case files, and of scenes that are taken out without being kept."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.caller import caller_of
from api.casework import file_showing as showing
from api.casework.exporting import FORMS, MEDIA, SceneShown, exported, form_of
from api.casework.file_showing import CaseFileAsked, CommentAsked, content_of, viewer_of
from api.casework.files import STATUSES, CaseFiles, Changed
from api.casework.finding_routes import answers, body
from api.casework.scenes import Scene, settled
from api.converting import convert
from api.etags import holds, tag_of, unchanged
from api.look import limit_of, place_of
from api.openapi import PROBLEM
from api.reads.hook import shown as seen
from api.serving import KEPT, add, alongside, body_of, json_response, only, query_of
from graph.errors import LinkriskError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from api.casework.exporting import Form
    from api.casework.files import CaseFile
    from api.engine import Engine
    from api.serving import Endpoint

BASE: Final = "/v1/case-files"
ONE: Final = f"{BASE}/{{id}}"
SCOPE: Final = "related"
Route = tuple[str, str, "Endpoint", dict[str, Any]]


class NeedsMatch(LinkriskError):
    """A change that does not say which version it changes."""

    status = 428


class SceneAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scene to be taken out, and what to call it."""

    scene: Scene
    title: str = "linkrisk"


def add_case_files(app: FastAPI, engine: Engine) -> None:
    """Keep scenes, change them, comment on them, take them out."""
    book = CaseFiles(engine.session.url)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        yield
        book.close()

    alongside(app).append(running)
    for method, path, endpoint, extra in (
        *_files(engine, book), *_comments(engine, book), *_exports(engine, book),
    ):  # fmt: skip
        (status,) = (each for each in extra["responses"] if each.startswith("2"))
        add(app, method, path, endpoint, scope=SCOPE, tags=["casework"], extra=extra,
            writes=method == "POST" and not path.endswith("export"),
            status_code=int(status))  # fmt: skip


def _files(engine: Engine, book: CaseFiles) -> tuple[Route, ...]:
    run, session = engine.run, engine.session

    async def made(request: Request) -> Response:
        """Keep a scene as a case file / 新建案卷."""
        caller, asked = caller_of(request), convert(CaseFileAsked, await body_of(request))
        content = await run(content_of, session, asked, caller)
        found = await run(book.make, viewer_of(caller), content)
        answer = _tagged(request, found)
        answer.status_code = 201
        answer.headers["Location"] = f"{BASE}/{found.id}"
        return answer

    async def listed(request: Request) -> Response:
        """Case files of the caller and those shared with it, newest first / 案卷列表."""
        given = query_of(request, frozenset())
        only(given, ("status", "limit", "before"))
        limit, before = limit_of(given.get("limit"), 50), place_of(given.get("before"))
        viewer = viewer_of(caller_of(request))
        tag = tag_of(request, BASE, viewer.owner, str(viewer.admin), request.url.query,
                     str(await run(book.revision)))  # fmt: skip
        if holds(request, tag):
            return unchanged(tag)
        told = await run(showing.listing, book, viewer, limit, given.get("status"), before)
        return json_response(msgspec.json.encode(told), None, {"ETag": tag})

    async def one(request: Request) -> Response:
        """A case file with its scene / 案卷详情."""
        only(query_of(request, frozenset()), ())
        found = await run(book.get, *_which(request))
        tag = _tag(request, found)
        return unchanged(tag) if holds(request, tag) else _tagged(request, found)

    async def changed(request: Request) -> Response:
        """Put other content in; `If-Match` says which version it replaces / 更新案卷."""
        ident, viewer = _which(request)
        if "if-match" not in request.headers:
            raise NeedsMatch(
                "If-Match: the ETag or version of what is changed / 须以 If-Match 指明所改版本"
            )
        asked = convert(CaseFileAsked, await body_of(request))
        known = await run(book.get, ident, viewer)
        _check(request, known)
        content = await run(content_of, session, asked, caller_of(request))
        found = await run(book.change, ident, viewer, known.version, content)
        return _tagged(request, found)

    async def removed(request: Request) -> Response:
        """Delete a case file with its comments / 删除案卷."""
        ident, viewer = _which(request)
        if "if-match" in request.headers:
            _check(request, await run(book.get, ident, viewer))
        await run(book.remove, ident, viewer)
        return Response(status_code=204, headers=KEPT)

    one_of = {"parameters": [_ID]}
    return (
        ("POST", BASE, made,
         {**body(CaseFileAsked, _EXAMPLE), **_LARGE,
          **openapi.answers(showing.CaseFileShown, "201")}),
        ("GET", BASE, listed, {"parameters": _QUERY, **answers(showing.CaseFileList)}),
        ("GET", ONE, one, {**one_of, **answers(showing.CaseFileShown)}),
        ("PUT", ONE, changed,
         {"parameters": [_ID, _MATCH], **body(CaseFileAsked, _EXAMPLE), **_LARGE,
          "responses": {**openapi.answers(showing.CaseFileShown)["responses"], **_STALE}}),
        ("DELETE", ONE, removed,
         {"parameters": [_ID, _MATCH], "responses": {"204": {"description": "gone / 已删除"},
                                                     "412": _STALE["412"]}}),
    )  # fmt: skip


def _comments(engine: Engine, book: CaseFiles) -> tuple[Route, ...]:
    run = engine.run

    async def said(request: Request) -> Response:
        """Comment on a case file / 评论案卷."""
        asked = convert(CommentAsked, await body_of(request))
        made = await run(book.say, *_which(request), asked.text)
        answer = json_response(msgspec.json.encode(showing.comment(made)))
        answer.status_code = 201
        return answer

    async def listed(request: Request) -> Response:
        """Comments on a case file, the newest first / 案卷评论."""
        given = query_of(request, frozenset())
        only(given, ("limit", "before"))
        limit, before = limit_of(given.get("limit"), 100), place_of(given.get("before"))
        found, more = await run(book.comments, *_which(request), limit, before)
        return json_response(msgspec.json.encode(showing.comments(found, more)))

    path = f"{ONE}/comments"
    example = {"text": "a3 belongs to the same household / a3 属同一家庭"}
    return (
        ("POST", path, said,
         {"parameters": [_ID], **body(CommentAsked, example),
          **openapi.answers(showing.CommentShown, "201")}),
        ("GET", path, listed,
         {"parameters": [_ID, *_QUERY[1:]], **openapi.answers(showing.CommentList)}),
    )  # fmt: skip


def _exports(engine: Engine, book: CaseFiles) -> tuple[Route, ...]:
    session = engine.session

    async def taken(request: Request) -> Response:
        """A case file as json, graphml, svg or pdf / 导出案卷."""
        given = query_of(request, frozenset())
        only(given, ("format",))
        form = form_of(given.get("format"))
        found = await engine.run(book.get, *_which(request))
        return await answer(request, found.title, found.scene, form)

    async def scene(request: Request) -> Response:
        """A scene that is not kept, as json, graphml, svg or pdf / 导出画面."""
        given = query_of(request, frozenset())
        only(given, ("format",))
        form = form_of(given.get("format"))
        asked = convert(SceneAsked, await body_of(request))
        made, _ = await engine.run(settled, session, asked.scene)
        return await answer(request, asked.title, made, form)

    async def answer(request: Request, title: str, scene: Scene, form: Form) -> Response:
        written = await engine.run(partial(exported, session, title, scene, form))
        if form == "json":
            return json_response(written)
        seen(request, scene.ids, ("scene",))
        name = f'attachment; filename="scene.{form}"'
        headers = {**KEPT, "Content-Disposition": name, "Content-Security-Policy": _POLICY}
        return Response(written, headers=headers, media_type=MEDIA[form])

    return (
        ("GET", f"{ONE}/export", taken, {"parameters": [_ID, _FORMAT], "responses": _EXPORTED}),
        ("POST", "/v1/scenes/export", scene,
         {"parameters": [_FORMAT], **body(SceneAsked, {"scene": {"ids": ["c1", "p1"]}}), **_LARGE,
          "responses": _EXPORTED}),
    )  # fmt: skip


def _which(request: Request) -> tuple[str, Any]:
    return request.path_params["id"], viewer_of(caller_of(request))


def _tag(request: Request, found: CaseFile) -> str:
    return tag_of(request, BASE, found.id, str(found.version), viewer_of(caller_of(request)).owner)


def _tagged(request: Request, found: CaseFile) -> Response:
    told = showing.shown(found, viewer_of(caller_of(request)))
    return json_response(msgspec.json.encode(told), None, {"ETag": _tag(request, found)})


def _check(request: Request, found: CaseFile) -> None:
    """Raise Changed where a caller changes another version than the one there is (RFC 9110)."""
    given = [each.strip() for each in request.headers["if-match"].split(",")]
    if not {"*", f'"{found.version}"', _tag(request, found)}.intersection(given):
        raise Changed(
            f"the case file is at version {found.version}: read it again, then change it"
            " / 案卷已被他人更新"
        )


_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"  # a picture has its style in it
# 5,000 subjects with their places and 10,000 relations, by long ids.
_LARGE: Final = {"x-max-bytes": 8 << 20}
_ID: Final = openapi.asked("path", "id", "the case file's id / 案卷编号")
_MATCH: Final = openapi.asked(
    "header", "If-Match", "the ETag of what is changed, or its version in quotes / 所改版本"
)
_EXAMPLE: Final = {
    "title": "甲公司 and its owner / 甲公司及其股东", "shared": "read",
    "scene": {"ids": ["c1", "p1"], "positions": [{"id": "c1", "x": 0, "y": 0}]},
}  # fmt: skip
_QUERY: Final = [
    openapi.asked("query", "status", "only those that are / 状态", {"enum": [*STATUSES]}),
    openapi.asked("query", "before", "the `next` of a page / 上一页给出的 next"),
    openapi.asked("query", "limit", "the most rows / 最多条数",
                  {"type": "integer", "minimum": 1, "maximum": 1000}),
]  # fmt: skip
_FORMAT: Final = openapi.asked(
    "query", "format", "default json / 导出格式", {"enum": [*FORMS], "default": "json"}
)
_TEXT: Final = {"type": "string"}
_PROBLEM: Final = {"application/problem+json": {"schema": PROBLEM}}
_STALE: Final = {
    "412": {"description": "somebody changed it since / 已被他人更新", "content": _PROBLEM},
    "428": {"description": "`If-Match` is missing / 缺少 If-Match", "content": _PROBLEM},
}
_EXPORTED: Final = {
    "200": {
        "description": "the scene / 画面",
        "content": {
            "application/json": {"schema": openapi.schema(SceneShown)},
            "application/graphml+xml": {"schema": _TEXT},
            "image/svg+xml": {"schema": _TEXT},
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "501": {"description": "PDF cannot be made here / 无法生成 PDF", "content": _PROBLEM},
}
