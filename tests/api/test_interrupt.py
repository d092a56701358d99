"""Interrupting the command, and what a terminal sees of a long question."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli import main
from api.progress import Meter
from graph.deadline import bounded, current
from tests.algorithms.flows.test_transfer_cycles import account, transfer
from tests.algorithms.related.worlds import Fact

ROOT = Path(__file__).parents[2]
PATIENCE = 20  # seconds; the question would take its time limit, ten minutes
QUESTION = ("--json", "transfer-cycles", "--max-length", "12", "--time-limit", "600")


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of accounts that all pay each other as much within two days."""
    folder = tmp_path_factory.mktemp("endless")
    made: list[Fact] = [account(f"a{i}") for i in range(40)]
    made += [
        transfer(f"t{i:04d}", f"a{i % 40}", f"a{(i * 7 + i // 40) % 39}", i / 1000, "5000.00")
        for i in range(2000)
    ]
    path = folder / "facts.jsonl"
    path.write_text("".join(json.dumps(fact) + "\n" for fact in made))
    url = f"sqlite:///{folder}/store.db"
    assert main(["--store", url, "ingest", str(path)]) == 0
    return url


def interrupted(
    args: list[str], ready: Callable[[str], bool] = lambda seen: True
) -> tuple[int, str, bytes]:
    """Exit code, what a terminal saw on standard error, standard output; interrupted when ready."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=inner, cwd=ROOT)
    os.close(inner)
    seen = ""
    while True:
        try:
            if not (block := os.read(outer, 4096)):
                break
        except OSError:  # the other end is closed
            break
        before, seen = ready(seen), seen + block.decode()
        if not before and ready(seen):
            process.send_signal(signal.SIGINT)
    os.close(outer)
    out = process.communicate(timeout=PATIENCE)[0]
    return process.returncode, seen, out


def test_a_long_question_tells_how_far_it_is_and_ends_when_interrupted(endless: str) -> None:
    args = [sys.executable, "-m", "api.cli", "--store", endless, *QUESTION]
    code, seen, out = interrupted(args, lambda seen: seen.count(" of ") >= 2)
    assert code == 130
    assert out == b""
    assert " of " in seen
    assert "left / 剩余" in seen
    last = seen.rpartition("\x1b[2K")[2]  # the line is taken away before what is said
    assert last.strip() == "linkrisk: interrupted"


STUCK = """
import hashlib, sys, threading
from api.interrupt import interruptible
def ready():
    print("ready", file=sys.stderr, flush=True)
with interruptible(harmless=%s):
    threading.Timer(0.3, ready).start()
    try:
        hashlib.pbkdf2_hmac("sha256", b"", b"", %d)  # deaf to all, and holds no lock of ours
    finally:
        print("over", file=sys.stderr, flush=True)
"""


def test_what_is_deaf_is_ended_where_nothing_is_lost() -> None:
    code, seen, _ = interrupted(
        [sys.executable, "-c", STUCK % (True, 2**31 - 1)], lambda seen: "ready" in seen
    )
    assert code == 130
    assert "linkrisk: interrupted" in seen
    assert "over" not in seen


def test_where_something_is_written_it_is_waited_for() -> None:
    code, seen, _ = interrupted(
        [sys.executable, "-c", STUCK % (False, 5_000_000)], lambda seen: "ready" in seen
    )
    assert "over" in seen
    assert "KeyboardInterrupt" in seen
    assert code == -signal.SIGINT


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the time is."""
    now = [0.0]
    monkeypatch.setattr("api.progress.time.monotonic", lambda: now[0])
    return now


def test_a_pipe_sees_nothing(clock: list[float], capfd: pytest.CaptureFixture[str]) -> None:
    meter = Meter("fan-patterns")
    clock[0] = 100.0
    meter.tell(5, 10, "accounts / 账户")
    meter.close()
    assert capfd.readouterr().err == ""


def test_what_a_terminal_sees(
    clock: list[float], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    meter = Meter("fan-patterns")
    told = [
        (1.0, 1, 4, "patterns / 模式"),  # two seconds are nothing
        (3.0, 2, 4, "patterns / 模式"),  # a phase that began at 1
        (3.1, 3, 4, "patterns / 模式"),  # too soon after the line before
        (4.0, 0, 8000, "accounts / 账户"),
        (5.0, 2000, 8000, "accounts / 账户"),
        (6.0, 7, 0, "things / 事物"),
    ]
    with bounded(progress=meter.tell):
        for now, *how in told:
            clock[0] = now
            current().report(*how)  # type: ignore[arg-type]
    meter.close()
    assert capfd.readouterr().err.split("\r\x1b[2K") == [
        "",
        "fan-patterns: 2 of 4 patterns / 模式, 50 %, 0:02 left / 剩余",
        "fan-patterns: 0 of 8,000 accounts / 账户, 0/s",
        "fan-patterns: 2,000 of 8,000 accounts / 账户, 2,000/s, 25 %, 0:03 left / 剩余",
        "fan-patterns: 7 things / 事物",
        "",
    ]
