"""The facts of a store as JSON Lines, the newest version of each or as known at a time; in the
formats of other programs (`ingest.writers`); and the whole store as files that Neo4j imports."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson

from api.exporting import World
from api.progress import Meter, followed
from graph.errors import Conflict, WrongUsage
from graph.store import open_store
from ingest.writers import Tally, writings

if TYPE_CHECKING:
    from api.session import Session
    from graph.stores.copying import Copying


def lines(
    session: Session, known_at: str | None = None, *, masked: bool, as_of: str | None = None
) -> Iterator[bytes]:
    """One line a fact, in the order of recording: entities stand before what names them.

    `canonical` is the id that answers use; on an entity, of the subject it belongs to. Streams:
    memory does not grow with the store, the snapshot aside.
    """
    yield from native_lines(World(session, session.snapshot(known_at), masked=masked, as_of=as_of))


def native_lines(world: World) -> Iterator[bytes]:
    """`lines` of a view that is open already."""
    for given in world.facts():
        if given.a is None:
            given.fact["canonical"] = world.canonical(given.name)
        yield orjson.dumps(given.fact, option=orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which facts an export is of: all of them, those true on a day (`as_of`), as known at a time;
    with personal identifiers masked or not; with the versions that were retracted or not."""

    known_at: str | None = None
    as_of: str | None = None
    masked: bool = True
    history: bool = False


def stream(session: Session, form: str, asked: Asked, tally: Tally) -> Iterator[bytes]:
    """The bytes of an export in a format that streams: ftm, bods, graphml.

    `tally` is whole when they end: what was written, what the format could not hold. Raises
    WrongUsage for a format that does not stream, MissingExtra; UnknownSubject never.
    """
    writing = writings().get(form)
    if writing is None or writing.lines is None:
        names = ", ".join(name for name, each in writings().items() if each.lines)
        raise WrongUsage(f"format: one of native, {names}, not {form[:40]!r}")
    if asked.history:
        raise WrongUsage(f"history: {form} has no place for what was retracted; parquet has")
    world = _world(session, asked)
    return writing.lines(world.facts(), world, tally)


def _world(session: Session, asked: Asked) -> World:
    view = session.snapshot(asked.known_at)
    return World(session, view, masked=asked.masked, as_of=asked.as_of)


def folder(session: Session, form: str, asked: Asked, out: Path) -> dict[str, Any]:
    """Write an export that is a folder (parquet), whole or not at all; its report.

    Raises Conflict for a folder with something in it.
    """
    writing = writings()[form]
    assert writing.folder is not None
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Conflict(f"{out} is not an empty folder / 不是空文件夹")
    tally = Tally()
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        world = _world(session, asked)
        writing.folder(world.facts(history=asked.history), world, tally, part)
        report = tally.report(form)
        (part / "report.json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
        if out.exists():
            out.rmdir()
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return report


@dataclass(frozen=True, slots=True)
class CsvExport:
    """What was written for Neo4j: as JSON, and in words with the steps that follow."""

    told: dict[str, Any]
    text: str


def neo4j_csv(url: str, folder: Path) -> CsvExport:
    """Write the files of a store; see `graph.stores.neo4j.csv_export`."""
    from graph.stores.neo4j import csv_export

    meter = Meter("export / 导出")
    with closing(cast("Copying", open_store(url))) as store, followed("export / 导出"):
        done = csv_export.export(store, folder, lambda facts, total: meter(facts, total, facts))
    key = None if done.key is None else str(done.key)
    told = {
        "folder": str(folder.absolute()), "facts": done.facts, "nodes": done.nodes,
        "relationships": done.relationships, "files": done.files, "bytes": done.bytes, "key": key,
        "command": csv_export.COMMAND,
    }  # fmt: skip
    written = (
        f"{done.nodes:,} nodes, {done.relationships:,} relationships, {done.files} files,"
        f" {done.bytes / 1e6:,.0f} MB written / 已写入: {folder}"
    )
    kept = key or "LINKRISK_ID_KEY"
    return CsvExport(told, "\n".join((
        written,
        f"id key / 密钥: {kept}",
        *csv_export.steps(folder.absolute()),
    )))  # fmt: skip
