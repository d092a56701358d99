"""A way to a service for OpenRefine, which can send no token: a forwarder on the user's machine.

OpenRefine has no field for credentials, and a token in an address stands in logs, histories and
saved projects. So `linkrisk openrefine` listens on loopback under a path that nobody can guess,
adds the token, and lets through the reconciliation API alone. Browsers may read the answers from
OpenRefine's own origin.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.auth import LOOPBACK, host_name
from api.problems import problem
from api.reconcile.manifest import PATH
from api.serving import TooLarge, bytes_of

ORIGIN: Final = "http://127.0.0.1:3333"  # where OpenRefine is by default
_SECONDS: Final = 90.0
_KEPT: Final = ("content-type", "content-security-policy", "referrer-policy")
_PASSED: Final = ("content-type", "accept")


def forwarder(
    service: str, token: str, origin: str = ORIGIN, transport: Any = None
) -> tuple[Starlette, str]:
    """The app, and the path under which it answers. `service` is the service's address."""
    secret = secrets.token_urlsafe(24)
    upstream = httpx.AsyncClient(
        base_url=service.rstrip("/"),
        headers={"Authorization": f"Bearer {token}"},
        timeout=_SECONDS,
        transport=transport,
    )

    async def forward(request: Request) -> Response:
        if host_name(request.headers.get("host", "").encode()) not in LOOPBACK:
            return problem(421, "this forwarder is not known by that host name")
        if not secrets.compare_digest(request.path_params["secret"].encode(), secret.encode()):
            return problem(404, "nothing here")
        try:
            body = await bytes_of(request)
        except TooLarge as error:
            return problem(413, str(error))
        headers = {name: request.headers[name] for name in _PASSED if name in request.headers}
        more = request.path_params.get("more", "")
        try:
            answer = await upstream.request(
                request.method,
                PATH + (f"/{more}" if more else ""),
                params=str(request.query_params),
                content=body,
                headers=headers,
            )
        except httpx.HTTPError as error:
            return problem(502, f"the service did not answer: {type(error).__name__}")
        content = answer.content
        if answer.is_success and not more and request.method == "GET" and not request.query_params:
            content = _moved(content, str(request.base_url).rstrip("/") + f"/{secret}")
        kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        kept |= {"Access-Control-Allow-Origin": origin, "Cache-Control": "no-store"}
        return Response(content, answer.status_code, kept)

    here = f"/{{secret}}{PATH}"
    routes = [
        Route(here, forward, methods=["GET", "POST"]),
        Route(f"{here}/{{more:path}}", forward, methods=["GET"]),
    ]
    return Starlette(routes=routes), f"/{secret}{PATH}"


def _moved(manifest: bytes, base: str) -> bytes:
    """A manifest whose services are reached through this forwarder."""
    said = msgspec.json.decode(manifest, type=dict[str, Any])
    said.pop("authentication", None)  # this forwarder sees to it
    _, _, query = said["preview"]["url"].partition("?")
    said["preview"]["url"] = f"{base}{PATH}/preview?{query}"
    for each in (*said["suggest"].values(), said["extend"]["propose_properties"]):
        each["service_url"] = base
    return msgspec.json.encode(said)
