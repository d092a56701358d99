"""Who may connect where a declared proxy does TLS: the proxy, loopback, and nobody else."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, cast

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.auth import OPEN
from api.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Peers:
    """ASGI middleware, outermost. Forwarded headers are believed from the proxy alone; who connects
    past it, or came to it without TLS, is refused: its token would have travelled in the open."""

    def __init__(self, app: ASGIApp, peers: tuple[str, ...]) -> None:
        self._networks = [ip_network(each, strict=False) for each in peers]
        self._app = app
        # What the server itself knows of the client is changed in the scope that goes on. uvicorn
        # has its own types of ASGI, which are not starlette's.
        self._behind: ASGIApp = cast(Any, ProxyHeadersMiddleware)(self._after, list(peers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            address = (scope.get("client") or ("",))[0]
            if not self._lets(address):
                answer = problem(403, "this service answers its proxy only / 仅接受代理的请求")
                await answer(scope, receive, send)
                return
            await self._behind(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _after(self, scope: Scope, receive: Receive, send: Send) -> None:
        forwarded = any(name == b"x-forwarded-proto" for name, _ in scope["headers"])
        if forwarded and scope["scheme"] != "https" and scope["path"] not in OPEN:
            answer = problem(403, "this service is asked over https only / 仅接受 https 请求")
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _lets(self, address: str) -> bool:
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        return peer.is_loopback or any(peer in network for network in self._networks)
