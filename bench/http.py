"""Questions over HTTP: `linkrisk serve --workers 2` and 16 clients that ask without a pause.

    python -m bench.http [--entities N] [--workers N] [--questions N]

Clients are 16 kept-alive connections of one process, driven by one selector so that the measuring
takes little of the processors; each sends its next question when the last is answered. Subjects of
`related-parties` are those of bench.related, those of `extend` companies drawn at random. Processor
time an answer is that of all processes of the service: what a machine with nothing else to do would
give. Then `related-parties` at a steady 200 questions a second, each timed from the moment at which
it was due; and 50 questions about the subjects with the most relations at once, with /healthz asked
50 times a second beside them; and how soon the work of as many is over once their clients are gone.
Memory is that of all processes, what they share counted once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import selectors
import socket
import subprocess
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

from api.metrics import resident, tree
from bench._measure import (
    AS_OF,
    ROOT,
    Row,
    at_least,
    at_most,
    environment,
    finish,
    latencies,
    percentile,
    plain,
)
from bench._peer import Peer
from bench.extension import ACT, MEASURE
from bench.related import DEPTH, subjects
from bench.world import MILLION, dataset, store, url, world
from graph.closing import Closing

CLIENTS, QUESTIONS, RATE, HUBS = 16, 6_000, 200, 50


class Asking:
    """Requests to one service, ready to send."""

    def __init__(self, host: str, token: str, entities: int) -> None:
        self.host = host
        self.token = token
        self.entities = entities

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        """A POST of a JSON object."""
        sent = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(sent)}\r\n\r\n"
        )
        return head.encode() + sent

    def health(self) -> bytes:
        """The question whether the process answers."""
        return f"GET /healthz HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode()

    def related(self, ids: list[str], direction: str = "in") -> list[bytes]:
        """Related parties of these."""
        asked = {"depth": DEPTH, "direction": direction, "as_of": AS_OF}
        return [
            self.post("/v1/related-parties", {"subject": self._named(each), **asked})
            for each in ids
        ]

    def extend(self, count: int) -> list[bytes]:
        """Whom a measure against companies drawn at random reaches."""
        draw = random.Random(20260601)
        asked = {"measure": MEASURE, "act": ACT, "as_of": AS_OF}
        return [
            self.post("/v1/extend", {"subject": self._named(f"c{number}"), **asked})
            for number in draw.sample(range(1, self.entities // 4 + 1), count)
        ]

    def match(self, count: int) -> list[bytes]:
        """One name to screen in each: that of every hundredth company."""
        facts = map(json.loads, world(self.entities).open(encoding="utf-8"))
        names = (fact["name"] for fact in facts if fact["kind"] == "company" and "name" in fact)
        named = list(islice(names, 0, 100 * count, 100))
        return [
            self.post(
                "/v1/match",
                {"queries": {"q": {"schema": "Company", "properties": {"name": [name]}}}},
            )
            for name in named
        ]

    def _named(self, ident: str) -> str:
        return f"{dataset(self.entities)}:{ident}"


class Client:
    """One connection: sends a request, says when the whole answer has come."""

    def __init__(self, address: tuple[str, int], *, lenient: bool = False) -> None:
        """A lenient one takes any answer; others raise RuntimeError where it is not 200."""
        self.lenient = lenient
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""
        self.due = 0
        self.free = True
        self.outcomes: Counter[str] = Counter()

    def send(self, request: bytes, due: int) -> None:
        """Ask; `due` is when this question should have been sent, in nanoseconds."""
        self.free, self.got, self.due = False, b"", due
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take in what came; True when the answer is whole."""
        part = self.socket.recv(1 << 18)
        if not part:
            raise RuntimeError("the service closed the connection")
        self.got += part
        head, found, body = self.got.partition(b"\r\n\r\n")
        if not found:
            return False
        if not (self.lenient or head.startswith(b"HTTP/1.1 200")):
            raise RuntimeError(self.got[:900].decode())
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        self.free = len(body) >= length
        if self.free:
            status = head.split(b" ", 2)[1].decode()
            cut = b'"truncated":{' in body[-1_000:] or b'"truncated":{' in body[:1_000]
            self.outcomes["200, truncated" if status == "200" and cut else status] += 1
        return self.free


def drive(clients: list[Client], asked: Iterator[bytes], rate: int | None = None) -> list[float]:
    """Ask everything; milliseconds of each answer.

    With a rate, questions are due at an even distance from now on and timed from when they were;
    without, each connection asks again once it has its answer, timed from when it sends.
    """
    watch = selectors.DefaultSelector()
    for client in clients:
        watch.register(client.socket, selectors.EVENT_READ, client)
    free, times, waiting = deque(clients), [], next(asked, None)
    gap = 1_000_000_000 // rate if rate else 0
    moment = time.perf_counter_ns()
    while waiting is not None or len(free) < len(clients):
        while free and waiting is not None and moment <= (now := time.perf_counter_ns()):
            free.popleft().send(waiting, moment if rate else now)
            waiting = next(asked, None)
            moment += gap
        pause = None
        if waiting is not None and free:
            pause = max(0.0, (moment - time.perf_counter_ns()) / 1e9)
        for key, _ in watch.select(pause):
            if key.data.receive():
                times.append((time.perf_counter_ns() - key.data.due) / 1e6)
                free.append(key.data)
    watch.close()
    return times


def wait(ready: str) -> None:
    """Until the service has its snapshot and its compiled code: each of its workers, so that many
    connections in a row have to find it so."""
    told = 0
    for _ in range(3_000):
        with urlopen(Request(ready, headers={"Connection": "close"})) as answer:
            told = told + 1 if json.load(answer)["compiled"] else 0
        if told == 20:
            return
        time.sleep(0.02 if told else 0.5)
    raise RuntimeError("the service did not become ready")


class Served(Closing):
    """`linkrisk serve` in processes of its own, from start to end."""

    def __init__(self, entities: int, workers: int) -> None:
        command = [ROOT / ".venv/bin/linkrisk", "--store", url(store(entities)), "serve"]
        self.entities = entities
        self.process = subprocess.Popen(
            [*map(str, command), "--port", "0", "--workers", str(workers)],
            cwd=ROOT,
            env={**environment(), "LINKRISK_LOG_FORMAT": "json"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        assert self.process.stdout is not None
        address = urlsplit(self.process.stdout.readline().strip())
        if not address.port:
            raise RuntimeError("the service did not start")
        self.port = address.port
        token = parse_qs(address.query)["token"][0]
        self.asking = Asking(address.netloc, token, self.entities)
        wait(f"http://{address.netloc}/readyz")
        return self

    def close(self) -> None:
        """End it; what it printed since is not looked at."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate()

    def clients(self, count: int = CLIENTS, *, lenient: bool = False) -> list[Client]:
        """New connections."""
        return [Client(("127.0.0.1", self.port), lenient=lenient) for _ in range(count)]

    def running(self) -> bool:
        """Whether a thread is at a question, or one waits for a thread."""
        head = {"Authorization": f"Bearer {self.asking.token}"}
        with urlopen(Request(f"http://{self.asking.host}/metrics", headers=head)) as answer:
            told = dict(
                line.rsplit(" ", 1)
                for line in answer.read().decode().splitlines()
                if line[0] != "#"
            )
        return any(float(told[f"linkrisk_questions_{what}"]) for what in ("running", "waiting"))

    def memory(self) -> int:
        """Bytes of all its processes, what they share counted once."""
        return sum(map(resident, tree(self.process.pid)))

    def cpu(self) -> float:
        """Seconds of processor time that its processes have used."""
        ticks = 0
        for pid in tree(self.process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def cycled(items: list[bytes], count: int) -> Iterator[bytes]:
    """The first `count` of the items, over and over."""
    return (items[k % len(items)] for k in range(count))


def load(
    service: Served,
    what: str,
    items: list[bytes],
    bound: float,
    slowest: float | None,
    count: int,
) -> list[Row]:
    """16 clients without a pause: answers a second, their times, processor time of each."""
    clients = service.clients()
    drive(clients, cycled(items, count // 6))
    spent, start = service.cpu(), time.perf_counter()
    times = drive(clients, cycled(items, count))
    rate = count / (time.perf_counter() - start)
    cpu = 1e3 * (service.cpu() - spent) / count
    return [
        at_least(f"{what}, answers a second", rate, bound, "/s"),
        *latencies(f"... {what}, 16 clients", times, {} if slowest is None else {0.99: slowest}),
        plain(f"... {what}, processor time an answer", cpu, "ms"),
    ]


def hubs(service: Served, ids: list[str]) -> list[Row]:
    """Many questions about hubs at once, and how long the service takes to say that it lives."""
    items = service.asking.related([ids[k % len(ids)] for k in range(HUBS)], "both")
    asked, pulse = service.clients(HUBS, lenient=True), service.clients(4)
    most, over = service.memory(), threading.Event()
    beats: list[float] = []

    def beat() -> None:
        nonlocal most
        while not over.is_set():
            beats.extend(drive(pulse, iter([service.asking.health()] * 50), 50))
            most = max(most, service.memory())

    watching = threading.Thread(target=beat)
    watching.start()
    start = time.perf_counter()
    drive(asked, iter(items))
    took = time.perf_counter() - start
    over.set()
    watching.join()
    freed = gone(service, items)
    came = sum((client.outcomes for client in asked), Counter[str]())
    said = ", ".join(f"{n} {status}" for status, n in sorted(came.items()))
    return [
        plain(f"{HUBS} questions about hubs at once", took, "s", said),
        at_most("... /healthz beside them, p99", percentile(beats, 0.99), 200, "ms"),
        plain("... memory at most", most / 2**20, "MiB"),
        at_most("... their work after all clients went away", freed, 2, "s"),
    ]


def gone(service: Served, items: list[bytes]) -> float:
    """Seconds from when the clients of as many questions go away until no thread is at one."""
    asked = service.clients(len(items))
    for client, item in zip(asked, items, strict=True):
        client.socket.sendall(item)
    while not service.running():
        if all(select.select([client.socket], [], [], 0)[0] for client in asked):
            break  # all of them were answered before one was seen under way
    start = time.perf_counter()
    for client in asked:
        client.socket.close()
    while service.running():
        time.sleep(0.01)
    return time.perf_counter() - start


def measure(entities: int, workers: int, count: int) -> list[Row]:
    """Serve in processes of its own and ask from this one."""
    groups = subjects(Peer(world(entities)), entities)
    ids = groups["random"] + groups["deepest"]
    with Served(entities, 1) as service:
        items = service.asking.related(ids)
        drive(service.clients(), cycled(items, count))
        alone = service.memory()
    with Served(entities, workers) as service:
        items = service.asking.related(ids)
        rows = load(service, f"related parties, {workers} workers", items, 800, 40, count)
        together = service.memory()
        rows += load(service, "extend with proofs", service.asking.extend(3_000), 400, None, count)
        if has_match(service):
            rows += load(
                service, "match of one name", service.asking.match(1_000), 200, None, count
            )
        steady = drive(service.clients(), cycled(items, RATE * 10), RATE)
        rows += latencies(f"... related at a steady {RATE} questions a second", steady, {})
        rows += hubs(service, groups["hubs"])
    return [
        *rows,
        plain("memory, one process", alone / 2**20, "MiB"),
        plain(f"memory, {workers} workers", together / 2**20, "MiB"),
        at_most("... in proportion", together / alone, 1.5, "times"),
    ]


def has_match(service: Served) -> bool:
    """Whether the service screens names."""
    (client,) = clients = service.clients(1, lenient=True)
    drive(clients, iter(service.asking.match(1)))
    return "404" not in client.outcomes


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    given = parser.parse_args()
    finish("http", measure(given.entities, given.workers, given.questions))


if __name__ == "__main__":
    main()
