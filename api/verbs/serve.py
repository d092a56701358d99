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
@click.option("--tls-cert", metavar="FILE", help="Certificate chain (PEM) to serve https with.")
@click.option("--tls-key", metavar="FILE", help="Its private key (PEM).")
@click.option(
    "--behind-proxy",
    multiple=True,
    metavar="CIDR",
    help="The proxy that does TLS: nobody else may connect, and it is believed who asks.",
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
    tls_cert: str | None,
    tls_key: str | None,
    behind_proxy: tuple[str, ...],
    create: bool,
) -> None:
    """Answer questions over HTTP until interrupted; prints the address with its token.

    Off loopback it refuses to start without authentication that was configured (keys, an OIDC
    issuer, a LINKRISK_TOKEN) and TLS, here or at a declared proxy.

    启动 HTTP 服务, 打印带令牌的地址。
    """
    import uvicorn

    from api.access.exposure import access_of
    from api.access.settings import AccessSettings
    from api.app import Service, make_app
    from api.rehearsal import Rehearsal
    from api.session import Session
    from api.settings import read
    from api.wire import Wire
    from graph.store import open_store

    flags = {"tls_cert": tls_cert, "tls_key": tls_key, "behind_proxy": list(behind_proxy) or None}
    settings = read(flags={"access": flags}).section(AccessSettings)
    access = access_of(settings, common.url, host, frozenset(names))
    if create:
        open_store(common.url, create=True).close()
    session = Session(common.url)
    listening = listen(host, port)
    port = listening.getsockname()[1]
    rehearsal = Rehearsal(lambda text: click.echo(text, err=True)) if warm else None
    app = make_app(session, Service(access, seconds), rehearsal)
    session.snapshot()
    shown = f"[{host}]" if ":" in host else host
    scheme = "http" if settings.tls_cert is None else "https"
    address = f"{scheme}://{shown}:{port}/"
    if access.token is None:
        click.echo(address)
        click.echo("asked with keys; stop with Ctrl-C / 按 Ctrl-C 停止", err=True)
    else:
        click.echo(f"{address}?token={quote(access.token)}")
        click.echo("Bearer token above; stop with Ctrl-C / 按 Ctrl-C 停止", err=True)
    config = uvicorn.Config(
        app,
        http=Wire,
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # `api.access.peers` sees to them
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises a UsageError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        raise click.ClickException(f"cannot listen on {host} port {port}: {error}") from None
