"""The routes of the explorer: the page and its files, for anybody; the questions, and who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import HTMLResponse, Response

from api import page
from api.caller import ANYONE, OPEN, SCOPES, caller_of
from api.explorer.files import PAGE, File, files
from api.problems import problem
from api.serving import KEPT, add, json_response

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine

# Scripts, styles and calls are this service's own; nothing is inline and nothing is evaluated.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and what that caller may do and see. `purposes`: null where any may be given."""

    name: str
    kind: str
    scopes: list[str]
    domains: list[str]
    purposes: list[str] | None


def add_explorer(app: FastAPI, engine: Engine) -> None:
    """The page, its files, the listing of questions, and who asks."""
    del engine

    async def index(request: Request) -> Response:
        """The page that a browser opens; it holds no data / 浏览器页面."""
        return _file(request, PAGE, {"Content-Security-Policy": POLICY})

    async def static(request: Request) -> Response:
        """A file of the page / 页面文件."""
        return _file(request, request.path_params["name"], {})

    async def questions(_: Request) -> Response:
        """What can be asked, with each question's parameters / 可提的问题."""
        headers = {"Content-Security-Policy": page.POLICY, "Referrer-Policy": "no-referrer"}
        return HTMLResponse(page.render(), headers=headers)

    async def me(request: Request) -> Response:
        """Who asks, and what that caller may do and see / 当前调用者及其权限."""
        caller = caller_of(request)
        purposes = None if caller.purposes is None else sorted(caller.purposes)
        said = Me(
            name=caller.name, kind=caller.kind,
            scopes=[each for each in SCOPES if each in caller.scopes],
            domains=sorted(caller.domains), purposes=purposes,
        )  # fmt: skip
        return json_response(msgspec.json.encode(said))

    for path, scope, endpoint in (
        ("/", OPEN, index),
        ("/static/{name:path}", OPEN, static),
        ("/questions", ANYONE, questions),
        ("/me", ANYONE, me),
    ):
        add(app, "GET", path, endpoint, scope=scope, tags=["service"], include_in_schema=False)


def _file(request: Request, name: str, more: dict[str, str]) -> Response:
    found: File | None = files().get(name)
    if found is None:
        return problem(404, "no such file of the page / 无此文件")
    body = found.body
    headers = {"X-Content-Type-Options": KEPT["X-Content-Type-Options"], **more}
    headers |= {"Cache-Control": found.kept, "Vary": "Accept-Encoding"}
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body = found.packed
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=found.media_type)
