"""`linkrisk keys`: API keys of machines that ask the service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from api.options import DEFAULT_STORE, Common, Verb, config_option, pass_common
from api.output import printable, write_json
from graph.errors import BadFact, WrongUsage

_TAKES: Final = {
    "create": {"scope", "domain", "expires", "purpose", "depth"},
    "list": set[str](),
    "revoke": set[str](),
}
_DAYS: Final = re.compile(r"([0-9]{1,5})d\Z")
_DAY: Final = 86_400_000_000  # µs


@click.command(cls=Verb)
@click.argument("action", type=click.Choice(list(_TAKES)))
@click.argument("name", required=False)
@click.option("--scope", multiple=True, metavar="SCOPE", help="What it may do: search, related,"
              " trace, extend.propose, extend.approve, export, ingest, audit, admin; repeat or"
              " separate by commas.")  # fmt: skip
@click.option("--domain", multiple=True, metavar="DOMAIN", help="Whose data it is shown: registry,"
              " tax, bank, telecom; repeat or separate by commas.")  # fmt: skip
@click.option("--expires", metavar="90d|DATE", help="Good for so many days, or until a date;"
              " default 90d.")  # fmt: skip
@click.option("--purpose", multiple=True, metavar="TEXT", help="A purpose that identifiers may be"
              " shown unmasked for; repeat for more. Without one: never.")  # fmt: skip
@click.option("--depth", type=click.IntRange(1, 100), metavar="INT", help="The most steps that one"
              " question may go out from its subject.")  # fmt: skip
@click.option("--keys", "path", metavar="FILE", type=click.Path(path_type=Path), help="The file of"
              " keys; default access.keys, else beside the store.")  # fmt: skip
@config_option
@pass_common
def keys(
    common: Common,
    /,
    action: str,
    name: str | None,
    path: Path | None,
    config: str | None,
    **given: Any,
) -> None:
    """API keys of machines: create one of a name, list them, revoke one by name or id. 接口密钥。

    A key is shown once, when it is made; the file keeps its hash. A service that runs reads the
    file again when it changes. 密钥仅在创建时显示一次, 文件中只存摘要。
    """
    if extra := next((n for n, v in given.items() if v and n not in _TAKES[action]), None):
        raise WrongUsage(f"keys {action} takes no --{extra}")
    if (name is None) != (action == "list"):
        raise WrongUsage(f"keys {action}: {'takes no name' if name else 'which name?'}")
    from api.access.keys import Keyring, default_path
    from api.access.settings import AccessSettings
    from api.settings import read
    from api.settings.own import General
    from graph.times import now

    if path is None:
        settings = read(config, {"": {"store": common.store}})
        kept = settings.section(AccessSettings).keys
        url = settings.section(General).store or DEFAULT_STORE
        path = Path(kept) if kept else default_path(url)
    ring = Keyring(path)
    if action == "create":
        assert name is not None
        key, text = ring.create(
            name, _parts(given["scope"]), _parts(given["domain"]), _until(given["expires"], now()),
            purposes=list(given["purpose"]), depth=given["depth"],
        )  # fmt: skip
        if common.json:
            write_json(msgspec.json.encode({"key": text, **key.shown(now())}))
            return
        click.echo(text)
        click.echo(
            f"{printable(key.name)}: {', '.join(key.scopes)}; {', '.join(key.domains)}; until"
            f" {key.expires}. It is not shown again / 仅显示一次 ({path})",
            err=True,
        )
        return
    found = ring.all() if name is None else ring.revoke(name)
    rows = [key.shown(now()) for key in found]
    if common.json:
        write_json(msgspec.json.encode({"results": rows}))
        return
    for row in rows:
        click.echo(
            f"{row['id']}  {row['status']:<8}  {printable(row['name'])}  {','.join(row['scopes'])}"
            f"  {','.join(row['domains'])}  until {row['expires']}"
        )


def _parts(given: tuple[str, ...]) -> list[str]:
    return [part.strip() for each in given for part in each.split(",") if part.strip()]


def _until(text: str | None, moment: int) -> int:
    from graph.times import parse_time

    text = text or "90d"
    if found := _DAYS.match(text):
        return moment + int(found[1]) * _DAY
    try:
        return parse_time(text)
    except BadFact:
        raise WrongUsage(f"expires: days like 90d, or a date, not {text[:40]!r}") from None
