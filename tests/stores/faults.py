"""What is broken off in the middle, on any store: a load in a process of its own, the files it
loads, and what the store holds then.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from graph.errors import NoStore
from graph.store import BatchInfo, Store, open_store

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


class Done(NamedTuple):
    """How a child ended."""

    code: int
    receipt: dict[str, Any] | None
    errors: str


def start(
    url: str, files: list[Path], chunk: int, limit: int = 0, *, dataset: str | None = None
) -> subprocess.Popen[str]:
    """Load the files in a process of its own."""
    options = ["--store", url, *(["--dataset", dataset] if dataset else [])]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(chunk), str(limit), *map(str, files), *options],
        cwd=files[0].parent,  # where bad rows go that have no store's folder
        env={**os.environ, "LINKRISK_ID_KEY": KEY, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def begun(child: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """Wait until its load begins."""
    assert child.stdout is not None
    assert child.stdout.readline() == "go\n"
    return child


def finish(child: subprocess.Popen[str]) -> Done:
    """Wait for its end."""
    out, errors = child.communicate(timeout=300)
    answer = out.removeprefix("go\n")
    return Done(child.returncode, json.loads(answer) if answer else None, errors)


def kill(child: subprocess.Popen[str]) -> None:
    """Kill -9."""
    child.send_signal(signal.SIGKILL)
    child.wait()
    for pipe in (child.stdout, child.stderr):
        assert pipe is not None
        pipe.close()


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
    return [write_file(folder, "relations", relations), write_file(folder, "records", records)]


def write_file(folder: Path, name: str, facts: list[dict[str, Any]]) -> Path:
    """Facts as a file."""
    path = folder / f"{name}.jsonl"
    path.write_bytes(b"".join(json.dumps(fact).encode() + b"\n" for fact in facts))
    return path


class Held(NamedTuple):
    """What a store holds, in a form that does not tell how it was cut into batches."""

    current: dict[str, bytes]  # a digest of each record's content, by its name
    versions: int
    retractions: int

    def against(self, other: Held) -> list[str]:
        """In what it differs, in words; empty where nothing does."""
        ours, theirs = self.current, other.current
        return [
            *(f"{name} is lost" for name in sorted(theirs.keys() - ours.keys())),
            *(f"{name} is too much" for name in sorted(ours.keys() - theirs.keys())),
            *(
                f"{name} differs"
                for name in sorted(ours)
                if theirs.get(name, ours[name]) != ours[name]
            ),
            *(
                f"{getattr(self, count)} {count}, not {getattr(other, count)}"
                for count in ("versions", "retractions")
                if getattr(self, count) != getattr(other, count)
            ),
        ]


def held(store: Store, *, but: str = "") -> Held:
    """What a store holds, but for one dataset; a record has one standing version."""
    current: dict[str, bytes] = {}
    versions = retractions = 0
    for fact in store.facts():
        if fact.dataset == but:
            continue
        versions += 1
        if fact.retracted_at is not None:
            retractions += 1
            continue
        assert fact.name not in current, f"{fact.name} stands twice"
        said = fact.code, fact.a, fact.b, fact.vf, fact.vt, fact.value, fact.payload, fact.keys
        content = orjson.dumps([*said, fact.file], option=orjson.OPT_SORT_KEYS)
        current[fact.name] = hashlib.blake2b(content, digest_size=16).digest()
    return Held(current, versions, retractions)


def held_at(url: str) -> Held:
    """What the store at an address holds."""
    store = open_store(url)
    try:
        return held(store)
    finally:
        store.close()


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


def reference(folder: Path, people: int, chunk: int, url: str = "") -> Reference:
    """Load files into the store at an address, else an embedded one in the folder."""
    files = make_files(folder, people)
    where = url or f"sqlite:///{folder / 'whole.db'}"
    child = begun(start(where, files, chunk))
    began = time.monotonic()
    done = finish(child)
    seconds = time.monotonic() - began
    assert (done.code, done.errors) == (0, "")
    assert done.receipt is not None
    assert done.receipt["quarantined"] == len(range(0, people, 50))
    with pytest.MonkeyPatch.context() as patch:  # for fixtures of a module
        patch.setenv("LINKRISK_ID_KEY", KEY)
        return Reference(files, held_at(where), done.receipt, seconds)


def kill_somewhere(
    url: str,
    whole: Reference,
    chunk: int,
    delay: float,
    number: int = 0,
    ask: Callable[[str, int], list[BatchInfo]] = batches,
) -> bool:
    """Start a load, kill it some time after batch `number` is there, and see that nothing is lost,
    doubled, or in the way of the rest; whether it was still at work then. `ask` tells what batches
    a reader sees after a number."""
    child = start(url, whole.files, chunk)
    seen: list[BatchInfo] = []
    try:
        begun(child)
        deadline = None if number else time.monotonic() + delay
        while (caught := child.poll() is None) and (
            deadline is None or time.monotonic() < deadline
        ):
            time.sleep(0.02 if deadline is None else max(0, min(deadline - time.monotonic(), 0.02)))
            seen += ask(url, seen[-1].no if seen else 0)
            if deadline is None and len(seen) >= number:
                deadline = time.monotonic() + delay
    finally:
        kill(child)
    try:
        store = open_store(url)
    except NoStore:
        assert not seen
        after: list[BatchInfo] = []
    else:
        try:
            store.write("nothing", [])  # waits for a commit that is still under way
            assert store.check() == []
            after = store.batches()
            before = held(store)
        finally:
            store.close()
        # `settled` may have come since; everything else is as it was acknowledged.
        assert [b._replace(settled=True) for b in after[: len(seen)]] == [
            b._replace(settled=True) for b in seen
        ]
        assert [b.no for b in after] == list(range(1, len(after) + 1))
        assert before.versions == sum(b.facts for b in after)
        assert before.retractions == sum(b.retractions for b in after)
    again = finish(start(url, whole.files, chunk))
    assert (again.code, again.errors) == (0, "")
    assert again.receipt is not None
    assert {k: again.receipt[k] for k in ("read", "quarantined")} == {
        k: whole.receipt[k] for k in ("read", "quarantined")
    }
    store = open_store(url)
    try:
        assert held(store).against(whole.held) == []
        assert store.check() == []
    finally:
        store.close()
    return caught


def delays(whole: Reference, count: int, seed: int) -> list[float]:
    """Moments of a load, and a little past its end."""
    rng = random.Random(seed)
    return [rng.uniform(0, 1.05 * whole.seconds) for _ in range(count)]
