"""`linkrisk serve`."""

from __future__ import annotations

import socket
from urllib.parse import quote

import click

from api.options import Common, Verb, pass_common


@click.command(cls=Verb)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port; 0 takes a free one.")
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="A host name that requests may be sent to, besides loopback's; repeat for more.",
)
@click.option("--seconds", default=60.0, show_default=True, help="The most that a question takes.")
@click.option(
    "--warm/--no-warm",
    default=True,
    show_default=True,
    help="Compile in the background; until then, or without, questions are interpreted.",
)
@click.option("--create", is_flag=True, help="Make an empty store where there is none.")
@pass_common
def serve(
    common: Common,
    host: str,
    port: int,
    names: tuple[str, ...],
    seconds: float,
    warm: bool,
    create: bool,
) -> None:
    """Answer questions over HTTP until interrupted; prints the address with its token.

    启动 HTTP 服务, 打印带令牌的地址。
    """
    import uvicorn

    from api.app import Service, make_app
    from api.auth import LOOPBACK, Access, make_token
    from api.rehearsal import Rehearsal
    from api.session import Session
    from api.wire import Wire
    from graph.store import open_store

    if create:
        open_store(common.url, create=True).close()
    session = Session(common.url)
    listening = listen(host, port)
    port = listening.getsockname()[1]
    local = host in LOOPBACK
    access = Access(make_token(), LOOPBACK | set(names) if local or names else None)
    rehearsal = Rehearsal(lambda text: click.echo(text, err=True)) if warm else None
    app = make_app(session, Service(access, seconds), rehearsal)
    session.snapshot()
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"http://{shown}:{port}/?token={quote(access.token)}")
    click.echo("Bearer token above; stop with Ctrl-C / 按 Ctrl-C 停止", err=True)
    config = uvicorn.Config(
        app, http=Wire, ws="none", access_log=False, log_level="warning", server_header=False
    )
    uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises a UsageError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        raise click.ClickException(f"cannot listen on {host} port {port}: {error}") from None
