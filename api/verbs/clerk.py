"""`linkrisk clerk`."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.options import Common, Verb, pass_common
from graph.errors import MissingExtra

if TYPE_CHECKING:
    import socket

_APP = Path(__file__).parent.parent / "clerk" / "app.py"
_HOSTS = ("127.0.0.1", "localhost")


@click.command(cls=Verb)
@click.option("--port", type=int, default=2718, show_default=True, help="0 takes a free one.")
@click.option("--keep", is_flag=True, help="Load into --store; default a store that goes away with"
              " the page.")  # fmt: skip
@pass_common
def clerk(common: Common, port: int, keep: bool) -> None:
    """An app in the browser: upload a table, see what was set aside, ask, download. 办事台。

    For those who write no code. It listens on this machine alone, and the printed address holds
    the token that it is opened with. Needs the extra `clerk`.
    """
    app = _made(token := secrets.token_urlsafe(24), common.url if keep else None)
    import uvicorn

    from api.verbs.serve import listen

    sock: socket.socket = listen("127.0.0.1", port)
    at = sock.getsockname()[1]
    click.echo(f"http://127.0.0.1:{at}/?access_token={token}")
    click.echo("stop with Ctrl-C / 按 Ctrl-C 停止", err=True)
    config = uvicorn.Config(app, log_level="warning", ws="auto", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run([sock])


def _made(token: str, store: str | None) -> Any:
    """The app; raises MissingExtra where marimo is not there."""
    try:
        import marimo
    except ImportError:
        raise MissingExtra(
            "the clerk's app needs marimo: uv sync --extra clerk / 需要可选组件 clerk"
        ) from None
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from api.clerk.desk import Desk

    Desk.shared = store
    made = marimo.create_asgi_app(quiet=True, token=token).with_app(path="", root=str(_APP))
    # A page of elsewhere whose name leads here must not speak for the clerk.
    return TrustedHostMiddleware(made.build(), allowed_hosts=list(_HOSTS))
