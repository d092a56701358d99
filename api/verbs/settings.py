"""`linkrisk settings`."""

from __future__ import annotations

import click
import msgspec

from api.options import Common, Verb, config_option, pass_common
from api.output import write_json


@click.command(cls=Verb)
@config_option
@pass_common
def settings(common: Common, config: str | None) -> None:
    """What each setting is and where that comes from: default, file or environment; secrets are
    masked.

    各项设置的取值与来源; 密钥不显示。
    """
    from api.settings import read
    from api.table import console, table

    rows = list(read(config, {"": {"store": common.store}}).rows())
    if common.json:
        write_json(msgspec.json.encode({"results": rows}))
    else:
        shown = [
            {**row, "value": "" if row["value"] is None else str(row["value"])} for row in rows
        ]
        console().print(table(shown))
