"""The facts of a store as JSON Lines, the newest version of each or as known at a time; and the
whole store as files that Neo4j imports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson

from api.look import was_known
from api.native import native
from api.progress import Meter
from graph.errors import UnknownSubject
from graph.model import is_entity
from graph.store import open_store
from graph.times import parse_time

if TYPE_CHECKING:
    from api.session import Session
    from graph.snapshot import Snapshot
    from graph.stores.copying import Copying


def lines(session: Session, known_at: str | None = None, *, masked: bool) -> Iterator[bytes]:
    """One line a fact, in the order of recording: entities stand before what names them.

    `canonical` is the id that answers use; on an entity, of the subject it belongs to. Streams:
    memory does not grow with the store, the snapshot aside.
    """
    snapshot = session.snapshot(known_at)
    moment = parse_time(snapshot.known_at)
    for fact in session.store.facts():
        if not was_known(fact, moment):
            continue
        shown = native(fact, masked=masked)
        if is_entity(fact.code):
            shown["canonical"] = canonical_of(snapshot, fact.name)
        yield orjson.dumps(shown, option=orjson.OPT_APPEND_NEWLINE)


def canonical_of(snapshot: Snapshot, name: str) -> str:
    """The canonical id of a record, as answers use it."""
    try:
        return snapshot.canonical(snapshot.resolve(name))
    except UnknownSubject:  # written after the snapshot was opened
        return name


@dataclass(frozen=True, slots=True)
class CsvExport:
    """What was written for Neo4j: as JSON, and in words with the steps that follow."""

    told: dict[str, Any]
    text: str


def neo4j_csv(url: str, folder: Path) -> CsvExport:
    """Write the files of a store; see `graph.stores.neo4j.csv_export`."""
    from graph.stores.neo4j import csv_export

    meter = Meter("export / 导出")
    with closing(cast("Copying", open_store(url))) as store:
        try:
            done = csv_export.export(store, folder, lambda facts, total: meter(facts, total, facts))
        finally:
            meter.close()
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
