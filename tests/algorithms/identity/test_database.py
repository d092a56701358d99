"""The database of one piece of work: its own folder, no files of others, gone when called off."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pytest

from algorithms.identity.database import database
from graph.deadline import bounded
from graph.errors import Cancelled


def test_it_reads_and_writes_no_files_and_leaves_none(tmp_path: Path) -> None:
    with database() as con:
        (folder,) = con.execute("SELECT current_setting('temp_directory')").fetchall()[0]
        assert Path(folder).stat().st_mode & 0o077 == 0
        for query in (
            "SELECT * FROM read_csv('/etc/hostname')",
            f"COPY (SELECT 1) TO '{tmp_path}/x.csv'",
            "INSTALL httpfs",
            "SET enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(query)
    assert not Path(folder).exists()
    assert not list(tmp_path.iterdir())


def test_a_query_is_interrupted_when_the_work_is_called_off() -> None:
    off = threading.Event()
    with pytest.raises(Cancelled), bounded(cancelled=off), database() as con:
        threading.Timer(0.1, off.set).start()
        con.execute(
            "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range < b.range % 7"
        ).fetchall()
