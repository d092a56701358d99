"""Leiden in a process of its own: the same answer, and an end when nobody waits for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from algorithms.registry import ask
from algorithms.rings import partition as module
from algorithms.rings.partition import partition
from graph.deadline import Deadline, bounded
from graph.errors import Cancelled, LinkriskError
from tests.algorithms.related.worlds import company, relation, world

FOREVER = 10_000_000  # iterations that no test waits for


def rows(graph: nx.Graph) -> dict[str, Any]:
    found = nx.to_scipy_sparse_array(graph, nodelist=sorted(graph), dtype=np.float64)
    return {
        "ptr": found.indptr.astype(np.int64),
        "to": found.indices.astype(np.int32),
        "weight": found.data,
        "resolution": 1.0,
    }


CAVES = rows(nx.connected_caveman_graph(12, 8))


@cache
def large() -> dict[str, Any]:
    """Made by who asks, not by every process that collects the tests."""
    return rows(nx.gnm_random_graph(20_000, 200_000, seed=1))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started."""
    made: list[subprocess.Popen[bytes]] = []
    start = module.start_module

    def noted(*args: Any, **how: Any) -> subprocess.Popen[bytes]:
        made.append(start(*args, **how))
        return made[-1]

    monkeypatch.setattr(module, "start_module", noted)
    return made


def test_both_ways_give_the_same(started: list[subprocess.Popen[bytes]]) -> None:
    near = partition(**CAVES, iterations=3, seed=7, deadline=Deadline())
    assert started == []
    far = partition(**CAVES, iterations=3, seed=7, deadline=Deadline(), alone=0)
    assert [process.poll() is not None for process in started] == [True]
    assert near is not None
    assert far is not None
    assert near.tolist() == far.tolist()
    assert len(set(near.tolist())) == 12  # the caves


def test_no_time_is_no_partition(started: list[subprocess.Popen[bytes]]) -> None:
    assert partition(**CAVES, iterations=3, seed=7, deadline=Deadline(-1)) is None
    long = {"iterations": FOREVER, "seed": 7, "alone": 0}
    assert partition(**large(), **long, deadline=Deadline(0.5)) is None
    assert started[0].returncode == -signal.SIGKILL


def test_called_off_it_is_ended(started: list[subprocess.Popen[bytes]]) -> None:
    gone = threading.Event()
    large()
    threading.Timer(0.5, gone.set).start()
    with pytest.raises(Cancelled):
        partition(**large(), iterations=FOREVER, seed=7, alone=0, deadline=Deadline(cancelled=gone))
    assert started[0].returncode == -signal.SIGKILL


def test_a_process_that_dies_is_said(started: list[subprocess.Popen[bytes]]) -> None:
    def shoot() -> None:
        while not started:
            time.sleep(0.01)
        os.kill(started[0].pid, signal.SIGKILL)

    threading.Thread(target=shoot).start()
    with pytest.raises(LinkriskError, match="ended before its work was done"):
        partition(**large(), iterations=FOREVER, seed=7, alone=0, deadline=Deadline())


def test_it_ends_with_its_caller(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "from algorithms.rings import partition as module\n"
        "from graph.deadline import Deadline\n"
        "from tests.algorithms.rings.test_partition import FOREVER, large\n"
        "start = module.start_module\n"
        "def noted(*args, **how):\n"
        "    process = start(*args, **how)\n"
        "    print(process.pid, flush=True)\n"
        "    return process\n"
        "module.start_module = noted\n"
        "module.partition(**large(), iterations=FOREVER, seed=7, alone=0, deadline=Deadline())\n"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert caller.stdout is not None
    pid = int(caller.stdout.readline())
    time.sleep(0.5)
    caller.kill()
    caller.communicate()
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("it went on without its caller")


@pytest.mark.parametrize("name", ["communities", "dense_blocks"])
def test_an_answer_without_a_partition_says_so(name: str) -> None:
    facts = [*map(company, "abc"), relation("shareholder", "s1", "a", "b", share=0.5)]
    with world(facts) as snapshot, bounded(-1):
        found = ask(snapshot, name, {"as_of": "2022-01-01"})
    assert found["results"] == []
    assert found["truncated"].reason.startswith("time_limit: ")
