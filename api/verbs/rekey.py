"""`linkrisk rekey`."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import click
import msgspec

from api.options import Common, Verb, pass_common
from api.output import write_json
from graph.errors import Conflict

if TYPE_CHECKING:
    from graph.stores.copying import Copying

_GIVEN: Final = "LINKRISK_ID_KEY"
_NEW: Final = "LINKRISK_NEW_ID_KEY"


@click.command(cls=Verb)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@click.option("--mapping", type=click.Path(path_type=Path), metavar="FILE", required=True,
              help="Where it is kept, sealed, which id became which.")  # fmt: skip
@pass_common
def rekey(common: Common, source: str, target: str, mapping: Path) -> None:
    """Copy the store SOURCE into a new store TARGET under another id key. 更换标识密钥。

    The new key is LINKRISK_NEW_ID_KEY, or a random one that goes with the target. All canonical ids
    of persons, accounts and phones change, and with them the names of snapshots; decisions are
    found by the new ids. SOURCE stays as it is, and an embedded TARGET appears when it is whole;
    put it in the place of the other then. FILE lists old and new ids, sealed under the new key.
    Findings, case files and what the monitor knows are copied to the target's state folder under
    the new ids.
    """
    from api.casework.rewriting import carried_over
    from api.monitor.carrying import carried_over as monitor_carried_over
    from api.progress import Meter, followed
    from api.rekeyed import Mapping, pairs
    from graph.beside import beside
    from graph.store import open_store
    from graph.stores.rekeying import rekey as run

    place = beside(target)
    if (place is not None and place.exists()) or mapping.exists():
        raise Conflict(f"{mapping if mapping.exists() else place} is already there")
    partial = None if place is None else place.with_name(place.name + ".partial")
    made = target if partial is None else f"sqlite:///{partial}"
    meter = Meter("re-keying / 更换密钥")
    with followed("rekey / 更换密钥"), ExitStack() as stack:
        here = open_store(source)
        stack.callback(here.close)
        old = here.id_key
        _switch()
        if partial is not None:
            stack.callback(_remove, partial)
        there = open_store(made, create=True)
        stack.callback(there.close)
        stack.callback(meter.close)
        with Mapping(mapping, there.id_key) as kept:
            batches = run(
                cast("Copying", here), cast("Copying", there), old, kept.put,
                lambda done, total: meter(done, total, done),
            )  # fmt: skip
            ids = kept.finish()
        casework = carried_over(source, target, pairs(mapping, there.id_key))
        monitor = monitor_carried_over(source, target, pairs(mapping, there.id_key))
        if partial is not None and place is not None:
            cast("Copying", there).purge()
            there.close()
            partial.rename(place)
    told = {"source": source.rpartition("@")[2], "target": target.rpartition("@")[2],
            "batches": batches, "ids": ids, "mapping": str(mapping),
            "casework": None if casework is None else str(casework),
            "monitor": None if monitor is None else str(monitor)}  # fmt: skip
    if common.json:
        write_json(msgspec.json.encode(told))
    else:
        click.echo(f"re-keyed / 已更换密钥: {batches:,} batches, {ids:,} ids; {mapping}")


def _switch() -> None:
    """From here on the environment gives the new key, or none."""
    new = os.environ.get(_NEW)
    if new:
        os.environ[_GIVEN] = new
    else:
        os.environ.pop(_GIVEN, None)


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
