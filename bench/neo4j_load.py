"""Neo4j: a world imported offline from files, a smaller one loaded over Bolt, a snapshot read back.

    python -m bench.neo4j_load [--entities N]

Servers are started on this machine, each on a home of its own under work/, which goes afterwards.
Where none can be had (no JDK) nothing is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench._measure import ROOT, WORK, Row, at_least, at_most, finish, plain, python, run
from bench._neo4j import HEAP, PAGES
from bench.world import MILLION, store, url, world
from tests.neo4j_server.jars import Distribution, Unavailable, asked_release, distribution
from tests.neo4j_server.server import Server

HOME = WORK / "bench-neo4j"
LINKRISK = ROOT / ".venv/bin/linkrisk"

_OPEN = """
import json, sys, time
from graph.store import open_store
started = time.perf_counter()
store = open_store(sys.argv[1])
print(json.dumps({"seconds": time.perf_counter() - started, "last": store.last_batch()}))
"""

_BUILD = """
import json, sys, time
from graph.base import build
from graph.store import open_store
store = open_store(sys.argv[1])
started = time.perf_counter()
base = build(store)
print(json.dumps({"seconds": time.perf_counter() - started, "rows": base.counts["rows"],
                  "name": base.name}))
"""


@contextmanager
def served(of: Distribution, home: Path) -> Iterator[Server]:
    """A server on a home that may hold a database already."""
    server = Server(of, home, settings={"server.memory.pagecache.size": PAGES})
    try:
        server.start()
        yield server
    finally:
        server.close()


def offline(of: Distribution, entities: int) -> Iterator[Row]:
    """Export, import, first opening, snapshot."""
    database, folder = store(entities), HOME / "csv"
    words = f"{entities:,} entities, {3 * entities:,} relations"
    command: list[str | Path] = [
        LINKRISK,
        "--store",
        url(database),
        "export",
        "--format",
        "neo4j-csv",
    ]
    child = run([*command, "--out", folder, "--json"])
    told = json.loads(child.out)
    server = Server(of, folder)  # its home is where the files are: they are named from there
    start = time.perf_counter()
    server.admin(*told["command"].split()[1:])
    seconds = time.perf_counter() - start
    size = f"{told['files']} files, {told['bytes'] / 2**20:,.0f} MiB; {child.cpu:.1f} s of CPU"
    both = child.seconds + seconds
    yield at_most(f"export and import of {words}", both, 90, "s", of.words())
    yield plain("of that, the export", child.seconds, "s", size)
    yield plain("of that, the import", seconds, "s")
    yield plain("export, memory of all processes", child.peak / 2**20, "MiB")
    with served(of, folder) as server:
        opened = json.loads(python(_OPEN, server.uri).out)
        yield plain("first opening: constraints and indexes", opened["seconds"], "s")
        yield from snapshot(server, url(database))


def snapshot(server: Server, same: str) -> Iterator[Row]:
    """The columns of a snapshot, read from the server; they must be those of the other store.

    A server that has just started compiles its code meanwhile, so that is told apart.
    """
    name = json.loads(python(_BUILD, same).out)["name"]
    rates, notes = [], []
    for _ in range(3):
        built = json.loads(python(_BUILD, server.uri).out)
        assert built["name"] == name
        rates.append(built["rows"] / built["seconds"])
        notes.append(f"{built['rows']:,} relations and their ends in {built['seconds']:.1f} s")
    yield plain("snapshot from a Neo4j just started", rates[0], "relations/s", notes[0])
    yield at_least(
        "snapshot from a Neo4j that was read before", min(rates[1:]), 150_000, "relations/s",
        f"the worse of two: {notes[1 + (rates[2] < rates[1])]}",
    )  # fmt: skip


def online(of: Distribution, entities: int) -> Iterator[Row]:
    """Ingest over Bolt with the command of a user: into an empty database of a server that has just
    started, then as much again under another dataset's name."""
    source = world(entities)
    with served(of, HOME / "bolt") as server:
        for name in ("just started", "at work"):
            dataset = HOME / f"{name.replace(' ', '-')}.jsonl"
            dataset.hardlink_to(source)
            child = run([LINKRISK, "--store", server.uri, "ingest", dataset, "--json"])
            receipt = json.loads(child.out)
            assert receipt["quarantined"] == 0 and receipt["loaded"] == receipt["read"], receipt
            rate = receipt["loaded"] / child.seconds
            what = f"ingest over Bolt of {receipt['loaded']:,} facts, server {name}"
            note = f"{child.seconds:.1f} s in all; of the command {child.cpu:.1f} s of CPU"
            if name == "at work":
                yield at_least(what, rate, 15_000, "facts/s", note)
            else:
                yield plain(what, rate, "facts/s", note)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    entities = parser.parse_args().entities
    os.environ["LINKRISK_KEYS"] = str(HOME / "keys")
    os.environ.setdefault("LINKRISK_NEO4J_HEAP", HEAP)
    rows: list[Row] = []
    shutil.rmtree(HOME, ignore_errors=True)
    try:
        of = distribution(asked_release())
        rows += offline(of, entities)
        rows += online(of, entities // 10)
    except Unavailable as reason:
        print(f"not measured: {reason}")
    finally:
        shutil.rmtree(HOME, ignore_errors=True)
    finish("neo4j_load", rows)


if __name__ == "__main__":
    main()
