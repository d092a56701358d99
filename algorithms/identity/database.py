"""A DuckDB for one piece of work: in memory, spilling to a private folder, without a network."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graph.deadline import current
from graph.errors import Cancelled
from graph.leftovers import sweep

if TYPE_CHECKING:
    import duckdb

THREADS: Final = 2
MEMORY: Final = "2500MB"  # of DuckDB's buffers; past it, it spills
_FOLDER: Final = "linkrisk-identity"
_LOOK: Final = 0.2  # seconds between looks at whether the work was called off


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads and writes no files but its own spill, in a folder (mode 700) that is
    removed afterwards. Work that is called off is interrupted: raises Cancelled."""
    import duckdb

    logging.getLogger("splink").setLevel(logging.ERROR)  # what it could not learn is expected
    sweep(Path(tempfile.gettempdir()), f"{_FOLDER}.*")  # what a killed one spilled
    with tempfile.TemporaryDirectory(prefix=f"{_FOLDER}.{os.getpid()}.") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": THREADS,
            "memory_limit": MEMORY,
            "temp_directory": str(Path(folder)),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": True,
        }
        with duckdb.connect(":memory:", config=config) as con:
            con.execute("SET enable_external_access = false")  # cannot be taken back
            con.execute("SET enable_progress_bar = false")
            with _watched(con):
                try:
                    yield con
                except Exception as error:  # Splink wraps what interrupted it
                    off = current().called_off
                    if off is not None and off.is_set() and not isinstance(error, Cancelled):
                        raise Cancelled from error
                    raise


@contextmanager
def _watched(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt the connection's query once the work around is called off."""
    off = current().called_off
    if off is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK):
            if off.is_set():
                con.interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
