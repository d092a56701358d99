"""A service with one more route, whose work takes until it is told to end: run by the tests.

    python -m tests.api.slow_service STORE FOLDER WORKERS

`POST /slow` leaves `began` in the folder, works until `release` is there or its time has passed,
and leaves `called-off` where it was. Settings come from the environment. Prints its port.
"""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from api import app as apps
from api.accepting import Counts, Share
from api.app import Service, make_app
from api.auth import Access
from api.engine import Engine
from api.logs import set_up
from api.metrics import share
from api.server import Server
from api.serving import add, json_response
from api.session import Session
from api.settings import read
from api.settings.own import Log
from api.settings.own import Server as Own
from api.verbs.serve import listen
from api.workers import Workers
from graph.deadline import current
from graph.errors import Cancelled

TOKEN = "t" * 32


def slow(folder: Path) -> bytes:
    """The work."""
    (folder / "began").touch()
    try:
        while not (folder / "release").exists() and not current().expired():
            time.sleep(0.005)
    except Cancelled:
        (folder / "called-off").touch()
        raise
    return b'{"released":true}' if (folder / "release").exists() else b'{"released":false}'


def main(url: str, folder: Path, workers: int) -> None:
    """Serve until told to stop."""

    def add_slow(app: FastAPI, engine: Engine) -> None:
        async def endpoint(request: Request) -> Response:
            await request.body()
            return json_response(await engine.run(slow, folder))

        async def broken(request: Request) -> Response:
            raise KeyError(request.path_params["what"])

        add(app, "POST", "/slow", endpoint, scope="any", tags=["tests"])
        add(app, "GET", "/broken/{what}", broken, scope="any", tags=["tests"])

    if workers > 1:
        folder_of_meters = share()  # kept until the end
        atexit.register(folder_of_meters.cleanup)
    apps.PARTS = (*apps.PARTS, add_slow)  # type: ignore[misc] # Final, for all but this program
    settings = read()
    set_up(settings.section(Log))
    own = settings.section(Own)
    sockets = [listen("127.0.0.1", 0)]
    service = Service(Access(TOKEN), settings=settings)
    session = Session(url)
    print(sockets[0].getsockname()[1], flush=True)
    if workers == 1:
        app = make_app(session, service)
        Server(app, app.state.engine, own).run(sockets)
        return
    counts = Counts(workers)

    def answer(number: int, warm: bool, started: Callable[[], None]) -> None:
        session.take_up()
        made: Any = make_app(session, service, number=number, warm=warm)
        share = Share(counts, number)
        Server(made, made.state.engine, own, started, share=share).run(sockets)

    with session.ahead():
        session.let_go()
        code = Workers(workers, answer, None, sockets, own.grace + 5).run()
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
