"""Every event comes at least once, and those of a subject in order, whatever fails in between: the
receiver, the connection, the process that delivers."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from graph.facts import Normaliser
from graph.store import open_store
from tests.api.serving import TOKEN
from tests.api.webhooks.receiving import Receiver, receiving

SUBJECTS = [f"c{n}" for n in range(6)]
ROOT = Path(__file__).parent.parent.parent.parent


def record(url: str, batch: str, facts: list[dict[str, Any]]) -> None:
    with closing(open_store(url)) as store:
        written = store.write(batch, [Normaliser("d", store.id_key).row(f) for f in facts])
        assert not written.rejected


@pytest.fixture
def url(store_url: str) -> str:
    open_store(store_url, create=True).close()
    record(store_url, "b0", [{"kind": "company", "id": c, "name": c} for c in [*SUBJECTS, "other"]])
    return store_url


@contextmanager
def service(url: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A service in a process of its own; killed at the end."""
    command = [sys.executable, "-m", "tests.api.webhooks.service", url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    with process:
        assert process.stdout is not None
        base = f"http://127.0.0.1:{int(process.stdout.readline())}"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        try:
            with httpx.Client(base_url=base, headers=headers, timeout=30) as client:
                yield process, client
        finally:
            process.send_signal(signal.SIGKILL)


def subscribe(client: httpx.Client, receiver: Receiver, **more: Any) -> str:
    asked = {"url": receiver.url, "events": ["subject.changed"], "subjects": SUBJECTS, **more}
    made = client.post("/v1/webhooks", json=asked)
    assert made.status_code == 201, made.text
    receiver.secret = made.json()["secret"]
    ident: str = made.json()["id"]
    return ident


def change(url: str, rng: random.Random, number: int) -> set[tuple[int, str]]:
    """A batch that changes some of the subjects; (batch, subject) of each."""
    chosen = rng.sample(SUBJECTS, rng.randint(1, 3))
    facts = [{"kind": "company", "id": c, "name": f"{c} {number}"} for c in chosen]
    record(url, f"b{number}", [*facts, {"kind": "company", "id": "other", "name": f"o {number}"}])
    with closing(open_store(url)) as store:
        return {(store.last_batch(), f"d:{c}") for c in chosen}


def test_fifty_failures_and_killed_processes(url: str) -> None:
    """500s, torn connections, answers that get lost, receivers that hang; a process that is killed,
    batches that come while nobody delivers; then two processes, of which one delivers, until that
    is killed too and the other takes over."""
    rng = random.Random(7)
    how: list[int | str] = [500, "reset", "lost", 503, "hang", 302, 404, "lost", 429, "reset"] * 5
    rng.shuffle(how)

    def plan(attempt: int) -> int | str:
        return how.pop() if how and attempt % 2 else 204

    expected: set[tuple[int, str]] = set()
    with receiving(plan) as receiver:
        with service(url) as (_, client):
            ident = subscribe(client, receiver)
            for number in range(1, 16):
                expected |= change(url, rng, number)
            receiver.wait_for(5)
        for number in range(16, 26):
            expected |= change(url, rng, number)
        with service(url) as (first, _), service(url) as (_, client):
            receiver.wait_for(20)
            for number in range(26, 36):
                expected |= change(url, rng, number)
            first.send_signal(signal.SIGKILL)
            first.wait()
            for number in range(36, 41):
                expected |= change(url, rng, number)
            found = receiver.wait_for(len(expected))
            end = time.monotonic() + 30
            while client.get(f"/v1/webhooks/{ident}").json()["counts"]["waiting"]:
                assert time.monotonic() < end
                time.sleep(0.05)
            while how:  # what is left of the fifty
                expected |= change(url, rng, 1000 + len(how))
                found = receiver.wait_for(len(expected))
        assert len(receiver.failed) >= 50
    came = {(each["data"]["batch"], each["data"]["subject"]) for each in found}
    assert came == expected
    assert len(found) == len(expected)
    batches = defaultdict(list)
    for each in found:
        batches[each["data"]["subject"]].append(each["data"]["batch"])
    assert all(order == sorted(order) for order in batches.values())
