"""A process that appends to a ledger: `python -m tests.stores.appending URL NAME COUNT SIZE` makes
COUNT appends of SIZE entries, each under a key of its own, and says so after each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from graph.ledger import Draft
from graph.store import open_store

ROOT = Path(__file__).parents[2]


def drafts(name: str, number: int, size: int) -> list[Draft]:
    """What the append of this number is made of."""
    return [Draft(name, "test", f"D-{number}", {"part": part}) for part in range(size)]


def key(name: str, number: int) -> str:
    """What it is known by."""
    return f"{name}/{number}"


def start(url: str, name: str, count: int, size: int) -> subprocess.Popen[str]:
    """The process, begun."""
    return subprocess.Popen(
        [sys.executable, "-m", __spec__.name, url, name, str(count), str(size)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def main(url: str, name: str, count: int, size: int) -> None:
    """Append, and tell."""
    store = open_store(url)
    for number in range(count):
        store.append(drafts(name, number, size), key=key(name, number))
        print(number, flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
