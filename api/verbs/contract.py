"""`linkrisk openapi`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.options import Common, Verb, pass_common


@click.command(cls=Verb)
@click.option(
    "--format",
    "form",
    type=click.Choice(["openapi", "postman", "http"]),
    default="openapi",
    show_default=True,
    help="The OpenAPI document, a Postman collection, or a file of requests for editors.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="A file, by default stdout."
)
@pass_common
def openapi(common: Common, form: str, out: Path | None) -> None:  # noqa: ARG001  # every verb has it
    """What the service answers: its routes with parameters, schemas and examples. 接口描述。

    The same that a service tells at /openapi.json; needs no store.
    """
    text = contract(form)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


def contract(form: str) -> str:
    """One of the three, as text."""
    from api.contract.collections import http_file, postman
    from api.contract.document import published

    document = published()
    if form == "http":
        return http_file(document)
    made = document if form == "openapi" else postman(document)
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"
