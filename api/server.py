"""uvicorn with the manners of this service at its end.

SIGTERM or SIGINT: /readyz says 503; new requests are still answered for `linger` seconds; then
nothing is accepted any more, what runs has `grace` seconds to end and is called off after that;
exit 0. SIGUSR1, sent by the supervisor to a worker that another replaces: the same without haste:
nobody is told that the service is not ready, and idle connections are left to their clients for a
while, for a request may be on its way on each of them.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from api.accepting import Accepting
from api.engine import TO_END, Engine
from api.wire import Wire

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import FrameType

    from fastapi import FastAPI

    from api.accepting import Share
    from api.settings.own import Server as Settings

_IDLE: Final = 10.0  # seconds that idle connections of a replaced worker stay open


class Server(uvicorn.Server):
    """See the module."""

    def __init__(
        self,
        app: FastAPI,
        engine: Engine,
        settings: Settings,
        started: Callable[[], None] | None = None,
        tls: tuple[str, str] | None = None,
        share: Share | None = None,
    ) -> None:
        """`started` is told when the first request can be answered; `tls` are the files of the
        certificate chain and its key, for https; `share` is this process's among those that listen
        on the same socket."""
        self._settings = settings
        self._engine = engine
        self._tell = started
        self._share = share
        self._supervisor = os.getppid() if share is not None else None
        self._replaced = False
        self._lingers = settings.linger
        super().__init__(
            uvicorn.Config(
                app,
                http=Wire,
                ws="none",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,  # `api.access.peers` sees to them
                ssl_certfile=tls and tls[0],
                ssl_keyfile=tls and tls[1],
                timeout_keep_alive=settings.keep_alive,
                timeout_graceful_shutdown=math.ceil(settings.grace + TO_END),
            )
        )

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop."""
        # Here, too: uvicorn takes signals a moment later. It raises them once more when it is done,
        # where they have nothing left to do.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        if hasattr(signal, "SIGUSR1"):
            signal.signal(signal.SIGUSR1, self._replace)
        super().run(sockets)
        if self._engine.busy():  # work that does not notice that it was called off
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        if self._share is None or sockets is None:
            await super().startup(sockets)
        else:
            await self.lifespan.startup()
            if self.lifespan.should_exit:
                sys.exit(STARTUP_FAILURE)
            made = partial(self._wire, self._share)
            context = self.config.ssl
            found: Any = [Accepting(each, self._share, made, context) for each in sockets]
            self.servers = found
            self.started = True
        if self._tell is not None:
            self._tell()

    def _wire(self, share: Share) -> Wire:
        state = self.lifespan.state
        wire = Wire(config=self.config, server_state=self.server_state, app_state=state)
        wire.share = share
        return wire

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; a second signal, or an interrupt by hand, cuts the lingering short."""
        if self._engine.draining.is_set() or sig == signal.SIGINT:
            self._lingers = 0.0
        self._engine.draining.set()
        if self.should_exit:
            super().handle_exit(sig, frame)

    def _replace(self, *_: Any) -> None:
        self._replaced = self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end. A worker does not outlive its supervisor, which was
        killed: the next service could not listen, and nobody would look after this one."""
        if self._supervisor is not None and os.getppid() != self._supervisor:
            self._engine.draining.set()
        if self._engine.draining.is_set() and not self.should_exit:
            self._lingers -= 0.1
            self.should_exit = self._lingers <= 0
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nothing more, end what runs."""
        if self._replaced:
            await self._let_go(sockets)
        loop = asyncio.get_running_loop()
        late = loop.call_later(max(self._settings.grace, 0.05), self._engine.call_off)
        await super().shutdown(sockets)
        late.cancel()

    async def _let_go(self, sockets: list[socket.socket] | None) -> None:
        for server in self.servers:
            server.close()
        for each in sockets or ():
            each.close()
        connections: Any = self.server_state.connections
        for connection in list(connections):
            connection.last()
        for _ in range(round(_IDLE * 10)):
            if not connections or self._engine.draining.is_set():
                break
            await asyncio.sleep(0.1)
