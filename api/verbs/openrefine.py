"""`linkrisk openrefine`: a service's reconciliation API for an OpenRefine on this machine."""

from __future__ import annotations

import os

import click

from api.options import Verb
from graph.errors import InputError, WrongUsage


@click.command(cls=Verb)
@click.argument("service", metavar="URL")
@click.option("--port", default="0", show_default=True, help="Where to listen; 0: any free port.")
@click.option("--origin", metavar="URL", help="OpenRefine's own address, http://127.0.0.1:3333.")
def openrefine(service: str, port: str, origin: str | None) -> None:
    """Let OpenRefine ask the service at URL, which needs a token that OpenRefine cannot send.

    The token is read from LINKRISK_TOKEN and sent on; it stands in no address. The printed address
    goes into OpenRefine's "Add standard service…"; it works on this machine only, until this ends.
    供本机 OpenRefine 使用, 令牌不出现在地址中。
    """
    import uvicorn

    from api.reconcile.forward import ORIGIN, forwarder
    from api.verbs.serve import listen

    if not (port.isascii() and port.isdecimal() and int(port) < 65536):
        raise WrongUsage(f"--port: 0 to 65535, not {port[:20]!r}")
    if not service.startswith(("http://", "https://")):
        raise WrongUsage("URL: an address that begins with http:// or https://")
    token = os.environ.get("LINKRISK_TOKEN")
    if not token:
        raise InputError("LINKRISK_TOKEN is not set: it holds the token of the service")
    app, path = forwarder(service.partition("?")[0], token, origin or ORIGIN)
    with listen("127.0.0.1", int(port)) as listener:
        click.echo(f"http://127.0.0.1:{listener.getsockname()[1]}{path}")
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run([listener])
