"""What a killed process left behind is removed, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graph.leftovers import IDLE, sweep


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        return process.pid


def _left(folder: Path, name: str, age: float) -> Path:
    made = folder / name
    made.mkdir()
    (made / "data").write_text("x")
    for each in (made / "data", made):
        os.utime(each, (time.time() - age,) * 2)
    return made


def test_only_old_folders_of_dead_processes_go(tmp_path: Path, dead: int) -> None:
    old = _left(tmp_path, f"work.{dead}.a", IDLE + 60)
    kept = [
        _left(tmp_path, f"work.{dead}.b", IDLE - 60),  # written to lately
        _left(tmp_path, f"work.{os.getpid()}.c", IDLE + 60),  # of one that runs
        _left(tmp_path, f"other.{dead}.d", IDLE + 60),
        _left(tmp_path, "work.e", IDLE + 60),
    ]
    (tmp_path / f"work.{dead}.link").symlink_to(kept[3])
    assert sweep(tmp_path, "work.*") == 1
    assert not old.exists()
    assert all((each / "data").exists() for each in kept)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert sweep(tmp_path / "none", "work.*") == 0
