"""Kill -9 and full disks in the middle of a load, through the command line in a process of its own.

Chunks are made small there, so that a load of a second has dozens of batches to be cut between;
the `full` run does it with the real ones too, parsed by worker processes.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import pytest

from graph.errors import NoStore
from graph.store import BatchInfo, open_store

ROOT = Path(__file__).parent.parent.parent
SEED = 20261123
KEY = "a key for the crash tests"
# `go` is said when the load begins; until then there is nothing to be lost.
CHILD = """
import os, resource, sys
import ingest.chunks, ingest.readers.native
import api.verbs.ingest, ingest.load
chunk, limit = int(sys.argv[1]), int(sys.argv[2])
if chunk:
    ingest.readers.native.CHUNK = chunk
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
from api.cli import main
print("go", flush=True)
sys.exit(main(["ingest", *sys.argv[3:], "--json"]))
"""
SMALL = 32 << 10


class Done(NamedTuple):
    """How a child ended."""

    code: int
    receipt: dict[str, Any] | None
    errors: str


@pytest.fixture(autouse=True)
def _id_key(monkeypatch: pytest.MonkeyPatch, _own_surroundings: None) -> None:
    """One key for all stores of these tests, so that their digests can be compared."""
    monkeypatch.setenv("LINKRISK_ID_KEY", KEY)


def start(url: str, files: list[Path], chunk: int, limit: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(chunk), str(limit), *map(str, files), "--store", url],
        cwd=ROOT,
        env={**os.environ, "LINKRISK_ID_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(child: subprocess.Popen[str]) -> Done:
    out, errors = child.communicate(timeout=300)
    answer = out.removeprefix("go\n")
    return Done(child.returncode, json.loads(answer) if answer else None, errors)


def make_files(folder: Path, people: int) -> list[Path]:
    """Relations first and in a dataset of their own, so that most of them wait for the end; then
    the records they join; then corrections by version, retractions and closings."""
    rng = random.Random(SEED)
    relations, records = [], []
    for n in range(people):
        records.append({"kind": "person", "id": f"p{n}", "name": f"张{n}" * 3})
        records.append({"kind": "company", "id": f"c{n}", "name": f"公司{n}" * 3})
        relations += [
            {"kind": "shareholder", "id": f"s{n}-{k}", "from": f"p{rng.randrange(people)}",
             "to": f"c{rng.randrange(people)}", "share": "0.25", "valid_from": "2015-03-01"}
            for k in range(2)
        ]  # fmt: skip
        records.append(
            {"kind": "guarantee", "id": f"g{n}", "from": f"p{n}", "to": f"c{n}", "amount": "1.00"}
        )
        if n % 10 == 0:
            records.append({"kind": "retract", "id": f"g{n}"})
            relations.append({"kind": "close", "id": f"s{n}-0", "valid_to": "2020-01-01"})
        if n % 50 == 0:
            records.append({"kind": "no such kind", "id": f"bad{n}"})
    rng.shuffle(records)
    paths = []
    for name, facts in (("relations", relations), ("records", records)):
        path = folder / f"{name}.jsonl"
        path.write_bytes(b"".join(json.dumps(fact).encode() + b"\n" for fact in facts))
        paths.append(path)
    return paths


class Held(NamedTuple):
    """What a store holds, in a form that does not tell how it was cut into batches."""

    current: set[tuple[str, str, bytes]]
    versions: int
    retractions: int


def held(path: Path) -> Held:
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        current = set(db.execute(
            "SELECT d.name, f.id, f.digest FROM record r JOIN fact f ON f.seq = r.current"
            " JOIN dataset d ON d.no = r.dataset WHERE r.current > 0"
        ))  # fmt: skip
        counts = [db.execute(f"SELECT count(*) FROM {t}").fetchone()[0]
                  for t in ("fact", "retraction")]  # fmt: skip
    finally:
        db.close()
    return Held(current, *counts)


def batches(url: str, since: int = 0) -> list[BatchInfo]:
    """What a reader sees: acknowledged to anybody who asks."""
    try:
        store = open_store(url)
    except NoStore:
        return []
    try:
        return store.batches(since)
    finally:
        store.close()


class Reference(NamedTuple):
    """An uninterrupted load."""

    files: list[Path]
    held: Held
    receipt: dict[str, Any]
    seconds: float
    bytes: int


def reference(folder: Path, people: int, chunk: int) -> Reference:
    files = make_files(folder, people)
    path = folder / "whole.db"
    child = start(f"sqlite:///{path}", files, chunk)
    assert child.stdout is not None
    assert child.stdout.readline() == "go\n"
    began = time.monotonic()
    done = finish(child)
    seconds = time.monotonic() - began
    assert (done.code, done.errors) == (0, "")
    assert done.receipt is not None
    assert done.receipt["quarantined"] == people // 50
    return Reference(files, held(path), done.receipt, seconds, path.stat().st_size)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Some 6,000 facts in dozens of batches."""
    return reference(tmp_path_factory.mktemp("small"), 1200, SMALL)


def kill_somewhere(folder: Path, whole: Reference, chunk: int, delay: float) -> None:
    """Start a load, kill it, and see that nothing is lost, doubled, or in the way of the rest."""
    path = folder / "facts.db"
    url = f"sqlite:///{path}"
    child = start(url, whole.files, chunk)
    seen: list[BatchInfo] = []
    try:
        assert child.stdout is not None
        child.stdout.readline()
        deadline = time.monotonic() + delay
        while child.poll() is None and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.02))
            seen += batches(url, seen[-1].no if seen else 0) if path.exists() else []
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        for pipe in (child.stdout, child.stderr):
            assert pipe is not None
            pipe.close()
    if path.exists():
        store = open_store(url)
        assert store.check() == []
        after = store.batches()
        store.close()
        # `settled` may have come since; everything else is as it was acknowledged.
        assert [b._replace(settled=True) for b in after[: len(seen)]] == [
            b._replace(settled=True) for b in seen
        ]
        assert [b.no for b in after] == list(range(1, len(after) + 1))
        before = held(path)
        assert before.versions == sum(b.facts for b in after)
        assert before.retractions == sum(b.retractions for b in after)
    again = finish(start(url, whole.files, chunk))
    assert (again.code, again.errors) == (0, "")
    assert held(path) == whole.held
    assert again.receipt is not None
    assert {k: again.receipt[k] for k in ("read", "quarantined")} == {
        k: whole.receipt[k] for k in ("read", "quarantined")
    }
    store = open_store(url)
    assert store.check() == []
    store.close()


def delays(whole: Reference, count: int, seed: int) -> list[float]:
    rng = random.Random(seed)
    return [rng.uniform(0, 1.05 * whole.seconds) for _ in range(count)]


@pytest.mark.parametrize("point", range(8))
def test_a_killed_load(tmp_path: Path, small: Reference, point: int) -> None:
    # One kill in each eighth of the load.
    share = (point + random.Random(SEED + point).random()) / 8
    kill_somewhere(tmp_path, small, SMALL, share * small.seconds)


@pytest.mark.full
@pytest.mark.parametrize("point", range(42))
def test_a_killed_load_at_many_more_points(tmp_path: Path, small: Reference, point: int) -> None:
    kill_somewhere(tmp_path, small, SMALL, delays(small, 42, SEED)[point])


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A file above the size from which worker processes parse, with chunks as they are."""
    return reference(tmp_path_factory.mktemp("large"), 130_000, 0)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("point", range(4))
def test_a_killed_load_of_large_files(tmp_path: Path, large: Reference, point: int) -> None:
    assert max(file.stat().st_size for file in large.files) > 32 << 20
    kill_somewhere(tmp_path, large, 0, (point + 0.5) / 4 * large.seconds)


def fill_somewhere(folder: Path, whole: Reference, chunk: int, limit: int) -> bool:
    """Load with a limit on the size of every file; whether it was met."""
    path = folder / "facts.db"
    url = f"sqlite:///{path}"
    done = finish(start(url, whole.files, chunk, limit))
    if done.code != 0:
        assert done.code == 1
        assert done.receipt is None
        assert done.errors.count("\n") == 1
        assert done.errors.startswith("linkrisk: ")
        assert "Traceback" not in done.errors
        assert "room" in done.errors or "nothing was half-written" in done.errors
    if path.exists():
        store = open_store(url)
        assert store.check() == []
        listed = store.batches()
        store.close()
        assert held(path).versions == sum(b.facts for b in listed)
    again = finish(start(url, whole.files, chunk))
    assert (again.code, again.errors) == (0, "")
    assert held(path) == whole.held
    return done.code != 0


@pytest.mark.parametrize("share", [0.0, 0.02, 0.2, 0.6])
def test_a_full_disk(tmp_path: Path, small: Reference, share: float) -> None:
    assert fill_somewhere(tmp_path, small, SMALL, max(4096, int(share * small.bytes)))


@pytest.mark.full
@pytest.mark.parametrize("point", range(20))
def test_a_full_disk_at_many_more_points(tmp_path: Path, small: Reference, point: int) -> None:
    limit = random.Random(SEED + point).randrange(512, int(small.bytes * 1.2))
    fill_somewhere(tmp_path, small, SMALL, limit)
