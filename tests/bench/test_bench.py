"""The benchmarks run on a small world and agree with their peers; their figures are not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import _measure
from bench._measure import Row, at_least, at_most, percentile, table
from bench.run import NAMES

ROOT = Path(__file__).parent.parent.parent


def test_percentiles_are_of_the_nearest_rank() -> None:
    """Worked example of the nearest-rank method: 15, 20, 35, 40, 50."""
    values = [35.0, 20.0, 15.0, 50.0, 40.0]
    assert [percentile(values, q) for q in (0.05, 0.3, 0.4, 0.5, 1.0)] == [15, 20, 20, 35, 50]
    assert percentile(list(range(1, 1001)), 0.99) == 990


def test_a_row_says_whether_its_target_is_met() -> None:
    assert at_most("a", 5.0, 5.0, "ms").met
    assert not at_most("a", 5.1, 5.0, "ms").met
    assert not at_least("a", 59_999, 60_000, "facts/s").met
    text = table([at_least("rate", 60_000, 60_000, "facts/s"), Row("x", "1 s")])
    assert "| rate | 60,000 facts/s | ≥ 60,000 facts/s | met |  |" in text


def test_memory_of_a_process_and_its_children() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    child = "x = bytearray(64 << 20); import time; time.sleep(1)"
    assert 64 << 20 < _measure.python(code, child).peak < 256 << 20


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_benchmark_on_a_small_world(name: str) -> None:
    """Each compares its answers with its peer's and leaves its rows for the report."""
    run = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", "--entities", "20000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("| what |")
    assert "rows" in json.loads((ROOT / "work" / "bench" / f"{name}.json").read_text())
