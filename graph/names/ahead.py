"""What is found by name, made before anybody asks: by a process of its own, once for all others.

`python -m graph.names.ahead` opens the store whose address is its input and ends when what is kept
beside its base is there. Who asks meanwhile waits for it; who asks afterwards maps it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Final

from graph.children import start_module
from graph.live import Live, base_path, open_live
from graph.names.index import has_names, names_path
from graph.store import open_store

_FEW: Final = 20_000  # versions of records whose names are indexed in a quarter of a second


def ahead(live: Live) -> subprocess.Popen[bytes] | None:
    """Have what questions share that come first: what is kept is mapped, what is small is made. The
    process that makes the rest, which who starts it ends; None where there is none."""
    live.kind_bits()
    path = base_path(live.store)
    if live.base_versions <= _FEW or (path is not None and has_names(live, names_path(path))):
        live.names()
        return None
    if path is None or not live.base_batch:
        return None  # there is no place where others would find it
    child = start_module("graph.names.ahead", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdin is not None
    with suppress(BrokenPipeError), child.stdin:
        child.stdin.write(live.store.url.encode())  # it may hold a password: no argument
    return child


def main(url: str) -> None:
    """Make it: names, which somebody may wait for already; then, behind everything else that the
    machine has to do, identifiers as they are shown."""
    store = open_store(url)
    try:
        live = open_live(store)
        live.names()
        if hasattr(os, "nice"):
            os.nice(10)
        live.masks()
    finally:
        store.close()


def _end(*_: object) -> None:
    sys.exit(1)  # rather than at once: half a file is taken away


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    main(sys.stdin.read())
