"""Care of a store: check, backup, undo."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from api.options import Common, Reading, Verb, pass_common
from api.output import write_json
from graph.errors import InputError

if TYPE_CHECKING:
    from api.progress import Looked


@click.command(cls=Reading)
@pass_common
def check(common: Common) -> int:
    """Check the file's integrity and the facts in it; exit 1 and a line a problem where any.

    校验存储文件与事实。
    """
    from api.progress import followed
    from graph.store import open_store

    with followed("check / 校验"), closing(open_store(common.url)) as store:
        problems = store.check()
        stats = store.stats()
    if common.json:
        write_json(msgspec.json.encode({"ok": not problems, "problems": problems, "stats": stats}))
    else:
        for problem in problems:
            click.echo(problem)
        click.echo("problems found / 发现问题" if problems else "all well / 正常")
    return 1 if problems else 0


@click.command(cls=Reading)
@click.argument("destination", type=click.Path(path_type=Path))
@pass_common
def backup(common: Common, destination: Path) -> None:
    """Copy the store to DESTINATION while others read and write. 备份。

    DESTINATION becomes the file of an embedded store, of a Neo4j store too; `linkrisk migrate`
    takes it back into a Neo4j database.
    """
    from api.progress import followed
    from graph.store import open_store

    looked = _copied(common.url, destination)
    with followed("backup / 备份", looked), closing(open_store(common.url)) as store:
        store.backup(destination)
    if common.json:
        size = destination.stat().st_size
        write_json(msgspec.json.encode({"backup": str(destination), "bytes": size}))
    else:
        click.echo(f"written / 已写入: {destination}")


def _copied(url: str, destination: Path) -> Looked | None:
    """How much of an embedded store stands in its copy: SQLite makes it in one step."""
    from graph.beside import beside

    source = beside(url)
    if source is None or not source.exists():
        return None
    total, partial = source.stat().st_size, destination.with_name(destination.name + ".partial")

    def looked() -> tuple[float, float, str]:
        done = 0
        for part in (partial, Path(f"{partial}-wal")):
            with suppress(FileNotFoundError):  # not there yet, or the copy has its name by now
                done += part.stat().st_size
        return done / 1e3, total / 1e3, "kB"

    return looked


@click.command(cls=Verb)
@click.argument("batch")
@pass_common
def undo(common: Common, batch: str) -> None:
    """Take BATCH back: what it recorded is retracted. 撤销批次。

    BATCH is what a receipt calls it (a load of many chunks is taken back whole), or the number of
    one batch.
    """
    from api.progress import followed
    from graph.store import open_store

    with followed("undo / 撤销"), closing(open_store(common.url)) as store:
        parts = [
            b.id
            for b in store.batches()
            if batch in (b.id, str(b.no)) or b.id.startswith(f"{batch}/")
        ]
        if not parts:
            raise InputError(f"no batch {batch}")
        facts = sum(store.undo(part).loaded for part in reversed(parts))
    if common.json:
        write_json(msgspec.json.encode({"undone": batch, "batches": len(parts), "facts": facts}))
    else:
        click.echo(f"undone / 已撤销: {batch} ({facts:,} facts)")
