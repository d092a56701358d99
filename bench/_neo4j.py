"""The world in a Neo4j of its own, started from Maven's jars, its home kept under work/.

The home is filled through the files of `linkrisk export --format neo4j-csv`, and again when the
world's bytes or the release changed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench._measure import ROOT, WORK, environment, run
from bench.http import wait
from bench.world import content, store, url, world
from graph.store import open_store
from graph.stores.neo4j.csv_export import COMMAND
from tests.neo4j_server.jars import Distribution, asked_release, distribution
from tests.neo4j_server.server import Server, free_port

HEAP, PAGES = "4g", "2g"
_PORT = 27_687  # the same each time: a snapshot is kept by the address of its store


def _server(release: Distribution, home: Path) -> Server:
    with socket.socket() as probe:
        port = free_port() if probe.connect_ex(("127.0.0.1", _PORT)) == 0 else _PORT
    os.environ.setdefault("LINKRISK_NEO4J_HEAP", HEAP)
    settings = {"server.memory.pagecache.size": PAGES}
    return Server(release, home, port, settings=settings)


@contextmanager
def neo4j_of(entities: int) -> Iterator[Server]:
    """A server that holds this world as a store, its indexes online."""
    os.environ["LINKRISK_KEYS"] = str(WORK / "keys")
    database = store(entities)
    release = distribution(asked_release())
    home = database.with_suffix(".neo4j")
    stamp = database.with_suffix(".neo4j.of")
    current = f"{content(world(entities)).read_text()} {release.release.neo4j}"
    fresh = not stamp.exists() or stamp.read_text() != current
    if fresh:
        stamp.unlink(missing_ok=True)
        _fill(database, release, home)
    server = _server(release, home)
    server.start()
    try:
        open_store(server.uri).close()
        server.driver.execute_query("CALL db.awaitIndexes(3600)")
        stamp.write_text(current)
        yield server
    finally:
        server.close()


def _fill(database: Path, release: Distribution, home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    program = ROOT / ".venv/bin/linkrisk"
    run([program, "--store", url(database), "export", "--format", "neo4j-csv", "--out", home])
    _server(release, home).admin(*COMMAND.split()[1:])
    for path in home.glob("*.csv"):
        path.unlink()


@contextmanager
def service_on(address: str) -> Iterator[tuple[str, int, str]]:
    """`linkrisk serve` on a store: host, port and token, once it has its snapshot."""
    command = [ROOT / ".venv/bin/linkrisk", "--store", address, "serve", "--port", "0"]
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as service:
        try:
            assert service.stdout is not None
            printed = urlsplit(service.stdout.readline().strip())
            if not printed.port:
                raise RuntimeError("the service did not start")
            wait(f"http://{printed.netloc}/readyz")
            yield "127.0.0.1", printed.port, parse_qs(printed.query)["token"][0]
        finally:
            service.terminate()
