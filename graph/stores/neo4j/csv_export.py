"""A store as files that `neo4j-admin database import full` makes a database of.

The database is what loading the same batches over Bolt makes, and opens as the same store. It has
a name and a key's digest of its own; the key itself goes where keys are kept, never into a file.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from graph.errors import Conflict
from graph.gather import processors
from graph.ledger import GENESIS
from graph.store import BatchInfo, Ints
from graph.stores.copying import Copying, ledger_runs
from graph.stores.neo4j import csv_rest as rest
from graph.stores.neo4j import schema, secret
from graph.stores.neo4j.csv_beside import not_written, write_shares
from graph.stores.neo4j.csv_files import LINES, Files
from graph.stores.neo4j.csv_share import Later, Request
from graph.stores.neo4j.csv_tables import tables

Progress = Callable[[int, int], None]  # facts written, facts in all

ARGUMENTS: Final = "import.args"
COMMAND: Final = f"neo4j-admin database import full neo4j @{ARGUMENTS}"
_SHARE: Final = 200_000  # facts that are worth a process of their own
_MOST: Final = 4
# Bytes that the import reads at once, unless a row needs more. Of its own it takes four times as
# many, and of each file so many to guess how large the database will be, by one thread.
_BUFFER: Final = 1 << 20
_OPTIONS: Final = (
    "--id-type=integer",
    "--array-delimiter=U+001F",
    "--bad-tolerance=0",
    "--ignore-empty-strings=false",
    "--legacy-style-quoting=false",
    "--trim-strings=false",
)


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    facts: int  # versions of them
    nodes: int
    relationships: int
    files: int
    bytes: int
    key: Path | None  # where the id key was put; None: LINKRISK_ID_KEY gives it


def steps(folder: Path | None = None) -> Iterator[str]:
    """What is to be done with the files, in words."""
    yield "Stop Neo4j, then on its machine / 停止 Neo4j, 然后在其机器上:"
    yield f"  cd {folder or 'HERE'}"
    yield f"  {COMMAND}"
    yield "with --overwrite-destination behind it where that database is there: it is deleted."
    yield "若该库已存在, 在末尾加 --overwrite-destination (原库将被删除)。"
    yield "Start Neo4j; the first opening makes the indexes / 启动 Neo4j, 首次打开会建立索引:"
    yield "  linkrisk --store neo4j://USER:PASSWORD@HOST:7687 check"
    yield "The id key is not among the files: whoever opens the store needs it / 打开需要密钥。"


def export(store: Copying, folder: Path, progress: Progress | None = None) -> Exported:
    """Write the files into a new or empty folder, which is there whole or not at all.

    Identifiers are masked and sealed as in a database that is made now. Raises Conflict for a
    folder with something in it, StoreFull, InputError, StoreError.
    """
    folder = folder.absolute()
    partial = folder.with_name(folder.name + ".partial")
    name = uuid.uuid4().hex
    done = False
    try:
        if folder.exists() and any(folder.iterdir()):
            raise Conflict(f"{folder} is not empty")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        facts, rows = _write(store, partial, name, progress)
        secret.new_key(name, store.id_key)
        if folder.exists():
            folder.rmdir()
        sizes = [path.stat().st_size for path in partial.iterdir()]
        partial.rename(folder)
        done = True
    except OSError as error:
        raise not_written(error) from error
    finally:
        if not done:
            secret.forget(name)
            shutil.rmtree(partial, ignore_errors=True)
    of = {True: 0, False: 0}
    for table, count in rows.items():
        of[tables()[table].joins] += count
    return Exported(facts, of[False], of[True], len(sizes), sum(sizes), secret.kept_in(name))


def _write(
    store: Copying, folder: Path, name: str, progress: Progress | None
) -> tuple[int, dict[str, int]]:
    """Everything but the key; how many facts, and how many rows of each table."""
    head = store.ledger_head()  # before the batches: what its entries speak of is among them then
    infos = store.batches()
    total = infos[-1].last_seq if infos else 0
    later = _later(store, infos)
    plain = schema.plain_asked()
    names = dict(enumerate(store.datasets()))
    count = max(1, min(processors(), _MOST, total // _SHARE))
    numbers = [info.no for info in infos]
    requests = [
        Request(store.url, folder, writer, numbers[writer::count], names, plain, later)
        for writer in range(count)
    ]

    def tell(done: int) -> None:
        if progress is not None:
            progress(done, total)

    shares = write_shares(store, requests, tell)
    rows: dict[str, int] = {}
    with Files(folder, count) as files:
        rest.identifiers(folder, count, files)
        rest.batches(store.heads(), shares, files)
        rest.ledger(ledger_runs(store, GENESIS, head), head, files)
        digest = secret.digest(store.id_key)
        rest.store(infos, files, uuid=name, keyDigest=digest, plain=plain)
    for written in (files.rows, *(share.rows for share in shares)):
        for table, more in written.items():
            rows[table] = rows.get(table, 0) + more
    widest = max(files.widest, *(share.widest for share in shares))
    (folder / ARGUMENTS).write_text(_arguments(folder, rows, widest), encoding="utf-8")
    return total, rows


def _later(store: Copying, infos: Sequence[BatchInfo]) -> Later:
    """What became of versions. Nothing did before the first batch that retracts: a record gets a
    second version only where the one before it is retracted, or was."""
    begin = next((info.no for info in infos if info.retractions), None)
    firsts: list[Ints] = []
    seqs: list[Ints] = []
    ended: list[Ints] = []
    if begin is not None:
        for delta in store.changes(begin - 1, infos[-1].no):
            again = delta.seq != delta.first
            firsts.append(delta.first[again])
            seqs.append(delta.seq[again])
            ended.append(np.stack([delta.retracted, delta.retracted_in, delta.retracted_a]))
    gone = np.concatenate(ended, axis=1) if ended else np.empty((3, 0), np.int64)
    gone = gone[:, np.argsort(gone[0])]
    first = np.concatenate(firsts) if firsts else np.empty(0, np.int64)
    seq = np.concatenate(seqs) if seqs else np.empty(0, np.int64)
    newest = dict(zip(first.tolist(), seq.tolist(), strict=True))  # in order: the last one stays
    replaced = np.setdiff1d(np.concatenate([first, seq]), list(newest.values()))
    moments = np.array([0, *(info.recorded_at for info in infos)], np.int64)
    return Later(gone[0], gone[1], gone[2], replaced, moments)


def _arguments(folder: Path, rows: dict[str, int], widest: int) -> str:
    """The options of the import, and for people what to do with them."""
    there = sorted(path.name for path in folder.iterdir())
    lines = [f"# {line}" for line in steps()]
    lines += _OPTIONS
    lines.append(f"--read-buffer-size={max(_BUFFER, 4 * widest)}")
    if spanning := [name for name in there if name.endswith(LINES)]:
        lines += ["--multiline-fields-format=v2", f"--multiline-fields={_listed(spanning)}"]
    for table in tables().values():
        if rows.get(table.name):
            header = f"{table.stem}.header.csv"
            (folder / header).write_text(table.header + "\n", encoding="utf-8")
            data = [name for name in there if name.startswith(f"{table.stem}.")]
            lines.append(f"{table.option}={_listed([header, *data])}")
    return "\n".join(lines) + "\n"


def _listed(names: Sequence[str]) -> str:
    """Files of this folder; some releases look for the folder and find none of a bare name."""
    return ",".join(f"./{name}" for name in names)
