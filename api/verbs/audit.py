"""`linkrisk audit`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from api.options import Common, Reading, pass_common
from api.output import printable, write_json
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from graph.store import Store

_TAKES: Final = {
    "verify": {"anchor", "anchors"},
    "head": set[str](),
    "list": {"about", "since", "limit"},
}
_UNANCHORED: Final = (
    "no anchor was given: entries that were rewritten or cut off up to the end do not show\n"
    "未提供锚点: 无法发现从某条起直至末尾的改写或截断"
)


@click.command(cls=Reading)
@click.argument("action", type=click.Choice(list(_TAKES)))
@click.option("--anchor", multiple=True, metavar="NO:HASH", help="A head that was kept outside;"
              " may be repeated.")  # fmt: skip
@click.option("--anchors", metavar="FILE", type=click.Path(path_type=Path), help="A file of them,"
              " one at the beginning of each line.")  # fmt: skip
@click.option("--about", metavar="ID", help="Only entries about this, such as a decision.")
@click.option("--since", metavar="NO", help="Only entries after this number.")
@click.option("--limit", metavar="INT", help="The most entries, 1 to 1000; default 50.")
@pass_common
def audit(common: Common, /, action: str, **given: Any) -> int:
    """The ledger of decisions: is its chain whole, what is its head, its entries. 审计账本。

    `head` prints NO:HASH, to be kept outside: printed, mailed, time-stamped. `verify` walks every
    entry, against heads that were kept; it exits 1 and names each break where there is any.
    """
    if extra := next((n for n, v in given.items() if v and n not in _TAKES[action]), None):
        raise WrongUsage(f"audit {action} takes no --{extra}")
    from graph.store import open_store

    with closing(open_store(common.url)) as store:
        if action == "verify":
            return _verify(common, store, given["anchor"], given["anchors"])
        if action == "head":
            _head(common, store)
        else:
            _list(common, store, given)
    return 0


def _verify(common: Common, store: Store, texts: tuple[str, ...], path: Path | None) -> int:
    from api.audit import anchors_in, anchors_of, verify

    anchors = anchors_of(texts) + (anchors_in(path) if path is not None else [])
    found = verify(store, anchors)
    if common.json:
        write_json(msgspec.json.encode(found))
        return 0 if found["ok"] else 1
    for each in found["breaks"]:
        click.echo(f"{each['what']}: {printable(each['words'])}")
    if (more := found["found"] - len(found["breaks"])) > 0:
        click.echo(f"and {more:,} more / 另有")
    words = "unbroken / 完整" if found["ok"] else "broken / 已损坏"
    click.echo(f"{words}: {found['entries']:,} entries / 条, head / 头部 {found['head']}")
    if not anchors:
        click.echo(_UNANCHORED, err=True)
    return 0 if found["ok"] else 1


def _head(common: Common, store: Store) -> None:
    from api.audit import head

    found = head(store)
    if common.json:
        write_json(msgspec.json.encode(found))
    else:
        click.echo(found["head"])


def _list(common: Common, store: Store, given: dict[str, Any]) -> None:
    from api.audit import listing
    from api.look import limit_of

    since = given["since"] or "0"
    if not since.isdecimal() or len(since) > 18:
        raise WrongUsage(f"since: the number of an entry, not {since[:20]!r}")
    found = listing(store, given["about"], int(since), limit_of(given["limit"], 50))
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    from api.table import console, table

    names = ("no", "at", "actor", "kind", "about", "body")
    rows = [{name: entry[name] for name in names} for entry in found["results"]]
    out = console()
    out.print(table(rows) if rows else "no entries / 无条目")
    if found["more"]:
        out.print(f"more are there; --since {rows[-1]['no']} shows them / 还有更多")
