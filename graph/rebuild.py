"""Making a new base beside a running service: a process of its own, so that questions go on.

`python -m graph.rebuild` reads the store whose address is its input, behind the batch of the base
that there is, writes the base and ends;
`fresher` starts it when a live graph's tail has grown long, and opens the new base once that is
made.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from graph.base import build
from graph.children import start_module
from graph.cleansing import cleansed
from graph.disk import load, save
from graph.live import Live, base_path, is_near
from graph.names.index import keep_names
from graph.store import open_store


def fresher(live: Live) -> Live:
    """This live graph, or one on a newer base. Cheap when there is nothing to do.

    A tail costs every traversal a second look-up and every start its reading, so it is merged in
    the background once it is longer than `Live.tail_limit`.
    """
    path = base_path(live.store)
    if path is None:
        return live
    if live.rebuilding is None:
        if live.tail_facts > live.tail_limit:
            live.rebuilding = child = start_module(
                "graph.rebuild", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            assert child.stdin is not None
            with suppress(BrokenPipeError), child.stdin:
                # It may hold a password: no argument.
                child.stdin.write(f"{live.base_batch} {live.store.url}".encode())
        return live
    if live.rebuilding.poll() is None:
        return live
    erased = cleansed(live.store, path)  # meanwhile
    base = load(path) if live.rebuilding.returncode == 0 else None
    live.rebuilding = None
    if base is None or base.batch <= live.base_batch:
        live.tail_limit *= 2  # it did not work this time; not again at once
        return live
    newer = Live(live.store, base, erased)
    newer.follow()
    newer.kind_bits()
    return newer


@contextmanager
def _in_turn(path: Path) -> Iterator[None]:
    """Wait for whoever is making the same base: every process of a service asks for it."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(since: int, url: str) -> None:
    """Build and save the base of one store, unless another process has made one since a batch."""
    store = open_store(url)
    try:
        if (path := base_path(store)) is not None:
            with _in_turn(path):
                saved = load(path)
                if saved is None or saved.batch <= since or not is_near(saved, store):
                    base = build(store, processes=1)  # questions need the other processors
                    keep_names(base, path)  # first: whoever opens the base finds its names made
                    save(base, path)
    finally:
        store.close()


if __name__ == "__main__":
    number, _, address = sys.stdin.read().partition(" ")
    main(int(number), address)
