"""Runs a Neo4j in the foreground until it is interrupted."""

from __future__ import annotations

import argparse
import signal
from contextlib import suppress
from pathlib import Path

from tests.neo4j_server.jars import RELEASES, distribution
from tests.neo4j_server.server import Server


def main() -> None:
    """Start, say where, wait."""
    parser = argparse.ArgumentParser(prog="python -m tests.neo4j_server", description=__doc__)
    parser.add_argument("--port", type=int, default=7687)
    parser.add_argument("--home", type=Path, help="where the data stay; without it they go again")
    parser.add_argument("--version", choices=list(RELEASES), default="5.26")
    parser.add_argument("--password", help="of the user neo4j; without it everybody may enter")
    parser.add_argument("settings", nargs="*", metavar="NAME=VALUE", help="lines of neo4j.conf")
    asked = parser.parse_args()
    settings = dict(line.split("=", 1) for line in asked.settings)
    home = asked.home.absolute() if asked.home else None
    release = distribution(RELEASES[asked.version])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = Server(release, home, asked.port, asked.password, settings)
    with suppress(KeyboardInterrupt):
        try:
            server.start()
            print(f"{server.words}: {server.uri}, data in {server.home}", flush=True)
            server.wait()
        finally:
            server.close()


if __name__ == "__main__":
    main()
