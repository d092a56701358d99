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
    from collections.abc import Callable

    from graph.store import Store

_TAKES: Final = {
    "verify": {"anchor", "anchors"},
    "head": set[str](),
    "list": {"about", "since", "limit"},
    "reads": {"subject", "actor", "case", "since", "limit", "anchor", "anchors"},
}
_READS: Final = {
    "show": {"subject", "actor", "case", "since", "limit"},
    "verify": {"anchor", "anchors"},
    "head": set[str](),
}
_UNANCHORED: Final = (
    "no anchor was given: entries that were rewritten or cut off up to the end do not show\n"
    "未提供锚点: 无法发现从某条起直至末尾的改写或截断"
)


@click.command(cls=Reading)
@click.argument("action", type=click.Choice(list(_TAKES)))
@click.argument("part", required=False, type=click.Choice(list(_READS)))
@click.option("--anchor", multiple=True, metavar="NO:HASH", help="A head that was kept outside;"
              " may be repeated.")  # fmt: skip
@click.option("--anchors", metavar="FILE", type=click.Path(path_type=Path), help="A file of them,"
              " one at the beginning of each line.")  # fmt: skip
@click.option("--about", metavar="ID", help="Only entries about this, such as a decision.")
@click.option("--subject", metavar="ID", help="Only reads that showed this subject.")
@click.option("--actor", metavar="NAME", help="Only reads by this caller.")
@click.option("--case", metavar="NO", help="Only reads for this case.")
@click.option("--since", metavar="NO", help="Only entries after this number.")
@click.option("--limit", metavar="INT", help="The most entries, 1 to 1000; default 50.")
@pass_common
def audit(common: Common, /, action: str, part: str | None, **given: Any) -> int:
    """The ledger of decisions: is its chain whole, what is its head, its entries. 审计账本。

    `head` prints NO:HASH, to be kept outside: printed, mailed, time-stamped. `verify` walks every
    entry, against heads that were kept; it exits 1 and names each break where there is any.

    `reads show`, `reads head` and `reads verify` do the same for the chain of reads: who saw whose
    data, when, for what. 读取留痕: 谁在何时因何事由查看了谁的数据。
    """
    if part is not None and action != "reads":
        raise WrongUsage(f"audit {action} takes no {part}")
    takes, what = _TAKES[action], action
    if action == "reads":
        part = part or "show"
        takes, what = _READS[part], f"reads {part}"
    if extra := next((n for n, v in given.items() if v and n not in takes), None):
        raise WrongUsage(f"audit {what} takes no --{extra}")
    if action == "reads":
        return _reads(common, part or "", given)
    from graph.store import open_store

    with closing(open_store(common.url)) as store:
        if action == "verify":
            from api.audit import verify

            return _verify(common, store, verify, given)
        if action == "head":
            _head(common, store)
        else:
            _list(common, store, given)
    return 0


def _reads(common: Common, part: str, given: dict[str, Any]) -> int:
    from api.opened import session_of
    from api.reads import show

    with session_of(common.url) as session:
        if part == "verify":
            return _verify(common, session.store, show.verify, given)
        if part == "head":
            _print_head(common, show.head(session.store))
        else:
            found = show.listing(session, show.wanted(given))
            _print_list(common, found, ("no", "at", "actor", "about", "body"))
    return 0


def _verify(
    common: Common, store: Store, verify: Callable[..., dict[str, Any]], given: dict[str, Any]
) -> int:
    from api.audit import anchors_in, anchors_of
    from api.progress import followed

    path: Path | None = given["anchors"]
    anchors = anchors_of(given["anchor"]) + (anchors_in(path) if path is not None else [])
    with followed("audit / 审计"):
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

    _print_head(common, head(store))


def _print_head(common: Common, found: dict[str, Any]) -> None:
    if common.json:
        write_json(msgspec.json.encode(found))
    else:
        click.echo(found["head"])


def _list(common: Common, store: Store, given: dict[str, Any]) -> None:
    from api.audit import listing, since_of
    from api.look import limit_of

    since = since_of(given["since"])
    found = listing(store, given["about"], since, limit_of(given["limit"], 50))
    _print_list(common, found, ("no", "at", "actor", "kind", "about", "body"))


def _print_list(common: Common, found: dict[str, Any], names: tuple[str, ...]) -> None:
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    from api.table import console, table

    rows = [{name: entry[name] for name in names} for entry in found["results"]]
    out = console()
    out.print(table(rows) if rows else "no entries / 无条目")
    if found["more"]:
        out.print(f"more are there; --since {rows[-1]['no']} shows them / 还有更多")
