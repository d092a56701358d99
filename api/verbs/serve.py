"""`linkrisk serve`."""

from __future__ import annotations

import logging
import os
import socket
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from api.options import DEFAULT_STORE, Common, Verb, config_option, pass_common

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.app import Service
    from api.auth import Access
    from api.session import Session
    from api.settings import Settings


@click.command(cls=Verb)
@config_option
@click.option("--host", help="The address to listen on; default 127.0.0.1.")
@click.option("--port", type=int, help="The port; 0 takes a free one; default 8000.")
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="NAME",
    help="A host name that requests may be sent to, besides loopback's; repeat for more.",
)
@click.option("--workers", type=int, help="Processes that share one snapshot; default 1.")
@click.option("--seconds", type=float, help="The most that a question takes; default 60.")
@click.option(
    "--warm/--no-warm",
    default=None,
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
def serve(common: Common, /, config: str | None, create: bool, **flags: Any) -> None:
    """Answer questions over HTTP until interrupted; prints the address with its token.

    Off loopback it refuses to start without authentication that was configured (keys, an OIDC
    issuer, a LINKRISK_TOKEN) and TLS, here or at a declared proxy.

    Every setting can also stand in the environment or in a file: docs/settings.md.

    启动 HTTP 服务, 打印带令牌的地址。
    """
    from api import metrics
    from api.access.exposure import access_of
    from api.access.settings import AccessSettings
    from api.settings import read
    from api.settings.own import General, Server
    from graph.store import open_store

    flags["allow_hosts"] = list(flags["allow_hosts"]) or None
    flags["behind_proxy"] = list(flags["behind_proxy"]) or None
    apart = {name: flags.pop(name) for name in ("tls_cert", "tls_key", "behind_proxy")}
    settings = read(config, {"": {"store": common.store}, "server": flags, "access": apart})
    own = settings.section(Server)
    url = settings.section(General).store or DEFAULT_STORE
    access = access_of(settings.section(AccessSettings), url, own.host, own.allow_hosts)
    if create:
        open_store(url, create=True).close()
    with metrics.share() if own.workers > 1 else nullcontext():
        _serve(url, settings, own, access)


def _serve(url: str, settings: Settings, own: Any, access: Access) -> None:
    from api import logs
    from api.app import Service
    from api.opened import session_of
    from api.progress import followed
    from api.settings.own import Log, Metrics

    sockets = [listen(own.host, own.port)]
    apart = settings.section(Metrics).listen
    if apart is not None:
        host, _, port = apart.rpartition(":")
        sockets.append(listen(host.strip("[]"), int(port)))
    logs.set_up(settings.section(Log))
    meters = sockets[1].getsockname()[1] if apart else None
    service = Service(access, settings=settings, metrics_port=meters)
    with followed("opening / 打开"):  # before the address is told: the first answer does not wait
        session = session_of(url)
        session.snapshot()
    shown = f"[{own.host}]" if ":" in own.host else own.host
    scheme = "http" if access.tls is None else "https"
    address = f"{scheme}://{shown}:{sockets[0].getsockname()[1]}/"
    asked = "keys" if access.token is None else "the token above"
    click.echo(address if access.token is None else f"{address}?token={quote(access.token)}")
    click.echo(f"asked with {asked}; stop with Ctrl-C / 按 Ctrl-C 停止", err=True)
    alone = own.workers == 1
    with session.ahead():
        (_alone if alone else _several)(session, service, own, sockets)


def _alone(session: Session, service: Service, own: Any, sockets: list[socket.socket]) -> None:
    """Answer in this process."""
    from api.app import make_app
    from api.rehearsal import Rehearsal
    from api.server import Server

    rehearsal = Rehearsal(logging.getLogger("linkrisk").info) if own.warm else None
    app = make_app(session, service, rehearsal)
    Server(app, app.state.engine, own, tls=service.access.tls).run(sockets)


def _several(session: Session, service: Service, own: Any, sockets: list[socket.socket]) -> None:
    """Answer in processes that are forked from this one."""
    from api.accepting import Counts, Share
    from api.app import make_app
    from api.rehearsal import rehearse
    from api.server import Server
    from api.workers import Workers

    if not hasattr(os, "fork"):
        raise click.ClickException("several workers need a system that forks / 此系统不支持多进程")
    session.let_go()
    counts = Counts(own.workers)

    def answer(number: int, warm: bool, started: Callable[[], None]) -> None:
        session.take_up()
        app = make_app(session, service, number=number, warm=warm)
        share = Share(counts, number)
        Server(app, app.state.engine, own, started, service.access.tls, share).run(sockets)

    load = rehearse if own.warm else None
    grace = own.linger + own.grace + 10
    code = Workers(own.workers, answer, load, sockets, grace).run()
    if code:
        raise click.ClickException("the workers keep dying; the log says why / 工作进程反复退出")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises a ClickException where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        raise click.ClickException(f"cannot listen on {host} port {port}: {error}") from None
