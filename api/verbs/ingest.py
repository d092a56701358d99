"""Getting facts in: ingest, draft-mapping."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from api.options import Common, Verb, pass_common
from api.output import write_json
from ingest.readers import formats

if TYPE_CHECKING:
    from graph.store import Store
    from ingest.mapping.model import Mapping
    from ingest.receipt import Receipt

_NOTHING_LOADED: Final = 3
_PATH = click.Path(path_type=Path)


@click.command(cls=Verb)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_PATH)
@click.option("--format", "form", type=click.Choice(list(formats())), help="Default: recognised.")
@click.option("--mapping", metavar="YAML", help="How a table's columns become facts; or the name of"
              " a mapping that ships.")  # fmt: skip
@click.option("--dataset", metavar="NAME", help="Where facts come from; default the file's name.")
@click.option("--dry-run", is_flag=True, help="Load into a copy that is thrown away.")
@click.option("--quarantine", type=_PATH, help="Where bad rows go; default beside the store.")
@pass_common
def ingest(
    common: Common, files: tuple[Path, ...], form: str | None, mapping: str | None,
    dataset: str | None, dry_run: bool, quarantine: Path | None,
) -> int:  # fmt: skip
    """Load files or folders; print a receipt. 导入文件, 打印回执。

    read = loaded + duplicates + quarantined. Bad rows go to the quarantine file with line, column
    and reason, good rows load. Loading the same file again changes nothing.
    """
    from api.progress import Meter, followed
    from ingest.load import load

    meter = Meter("reading / 读取")
    with followed("ingest / 导入"), ExitStack() as stack:
        store, throw_away = _store(common.url, dry_run, stack)
        if throw_away and quarantine is None:
            quarantine = Path("linkrisk.quarantine") / "dry-run.jsonl"
        try:
            receipt = load(
                store, files, dataset=dataset, format=form, mapping=_mapping(mapping),
                quarantine=quarantine, dry_run=dry_run and not throw_away, progress=meter,
            )  # fmt: skip
        finally:
            meter.close()
    encoded = msgspec.json.encode(receipt)
    write_json(encoded if common.json else msgspec.json.format(encoded, indent=2))
    if not dry_run and receipt.loaded:
        from api.monitor.after import after_load

        after_load(common.url)
    return _code(receipt)


def _code(receipt: Receipt) -> int:
    """3 where there were lines and every one was quarantined."""
    return _NOTHING_LOADED if receipt.read and receipt.read == receipt.quarantined else 0


def _store(url: str, dry_run: bool, stack: ExitStack) -> tuple[Store, bool]:
    """The store; a trial run makes none, but takes an empty one that is thrown away."""
    from graph.errors import NoStore
    from graph.store import open_store

    try:
        store, throw_away = open_store(url, create=not dry_run), False
    except NoStore:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        store, throw_away = open_store(f"sqlite:///{folder}/dry-run.db", create=True), True
    stack.callback(store.close)
    return store, throw_away


def _mapping(name: str | None) -> Mapping | None:
    if name is None:
        return None
    from ingest.mapping.load import load_mapping

    return load_mapping(name)


@click.command("draft-mapping", cls=Verb)
@click.argument("file", type=_PATH)
@click.option("--out", type=_PATH, help="Default: standard output.")
@pass_common
def draft_mapping(common: Common, file: Path, out: Path | None) -> None:
    """Draft a mapping from the header of FILE, for a clerk to look over. 起草映射文件。"""
    from ingest.mapping.draft import draft

    assert common is not None
    text = draft(file)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        click.echo(f"written / 已写入: {out}", err=True)
