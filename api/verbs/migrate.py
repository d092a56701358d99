"""`linkrisk migrate`."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

import click
import msgspec

from api.options import Common, Verb, pass_common
from api.output import write_json

if TYPE_CHECKING:
    from graph.store import Store
    from graph.stores.copying import Copying


@click.command(cls=Verb)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@pass_common
def migrate(common: Common, source: str, target: str) -> None:
    """Copy the store SOURCE into the store TARGET, which is made where there is none. 迁移存储。

    Both are addresses as --store takes them. The copy has the same facts, batches and recorded
    times under the same id key, so its name and its answers are the same, and the same ledger. It
    may be interrupted and sent again: what is there already is left, and later batches follow. A
    target that holds anything else is refused, and a ledger that is broken.
    """
    from api.opened import versions
    from api.progress import Meter, followed
    from graph.store import open_store
    from graph.stores.copying import copy

    meter = Meter("copying / 复制")
    with followed("migrate / 迁移"), ExitStack() as stack:
        here = open_store(source)
        stack.callback(here.close)
        there = open_store(target, create=True, id_key=here.id_key)
        stack.callback(there.close)
        stack.callback(meter.close)
        begun = versions(there)

        def tell(done: int, total: int) -> None:
            meter(done - begun, total - begun, done - begun)

        copy(cast("Copying", here), cast("Copying", there), tell)
        told = {
            "source": here.shown,
            "target": there.shown,
            "batches": there.last_batch(),
            "facts": versions(there),
            "name": _name(there),
            "ledger": str(there.ledger_head()),
        }
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    click.echo(f"copied / 已复制: {told['source']} -> {told['target']}")
    click.echo(f"batches / 批次: {told['batches']:,}")
    click.echo(f"facts / 事实: {told['facts']:,}")
    click.echo(f"name / 名称: {told['name']}")
    click.echo(f"ledger / 账本: {told['ledger']}")


def _name(store: Store) -> str:
    """What answers call the snapshot of everything in it."""
    last = store.last_batch()
    name = store.batches(last - 1)[0].name if last else bytes(32)
    return f"sha256:{hashlib.sha256(name).hexdigest()}"
