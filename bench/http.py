"""Related parties over HTTP: `linkrisk serve` and 16 clients that ask without a pause.

    python -m bench.http [--entities N]

Clients are 16 kept-alive connections of one process, driven by one selector so that the measuring
takes little of the second core; each sends its next question when the last is answered. The
subjects and the question are those of bench.related. Then the same at a steady 200 questions a
second, each timed from the moment at which it was due.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

from bench._measure import AS_OF, ROOT, Row, environment, finish, latencies, plain
from bench._peer import Peer
from bench.related import DEPTH, subjects
from bench.world import MILLION, dataset, store, url, world

CLIENTS, QUESTIONS, RATE = 16, 6_000, 200


def requests(entities: int, host: str, token: str) -> list[bytes]:
    """The questions, ready to send."""
    groups = subjects(Peer(world(entities)), entities)
    made = []
    for subject in groups["random"] + groups["deepest"]:
        body = json.dumps(
            {
                "subject": f"{dataset(entities)}:{subject}",
                "depth": DEPTH,
                "direction": "in",
                "as_of": AS_OF,
            }
        ).encode()
        head = (
            f"POST /v1/related-parties HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


class Client:
    """One connection: sends a request, says when the whole answer has come."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""
        self.due = 0
        self.free = True

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
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(self.got[:300].decode())
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        self.free = len(body) >= length
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
    """Until the service has its snapshot and its compiled code."""
    for _ in range(600):
        with urlopen(ready) as answer:
            if json.load(answer)["compiled"]:
                return
        time.sleep(0.5)
    raise RuntimeError("the service did not become ready")


def cycled(items: list[bytes], count: int) -> Iterator[bytes]:
    """The first `count` of the items, over and over."""
    return (items[k % len(items)] for k in range(count))


@contextmanager
def served(entities: int) -> Iterator[tuple[str, int, str]]:
    """A service on a world in a process of its own: its host with the port, the port, its token."""
    command = [
        *(sys.executable, "-m", "api.cli", "--store", url(store(entities))),
        *("serve", "--port", "0"),
    ]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            address = urlsplit(server.stdout.readline().strip())
            if not address.port:
                raise RuntimeError("the service did not start")
            wait(f"http://{address.netloc}/readyz")
            yield address.netloc, address.port, parse_qs(address.query)["token"][0]
        finally:
            server.terminate()


def measure(entities: int) -> list[Row]:
    """Serve in a process of its own and ask from this one."""
    with served(entities) as (host, port, token):
        items = requests(entities, host, token)
        clients = [Client(("127.0.0.1", port)) for _ in range(CLIENTS)]
        drive(clients, cycled(items, 500))
        start = time.perf_counter()
        closed = drive(clients, cycled(items, QUESTIONS))
        rate = QUESTIONS / (time.perf_counter() - start)
        open_ = drive(clients, cycled(items, RATE * 10), RATE)
    return [
        *latencies("related parties over HTTP, 16 clients", closed, {0.99: 15.0}),
        plain("... answers a second", rate, "/s"),
        *latencies(f"... at a steady {RATE} questions a second", open_, {}),
    ]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    finish("http", measure(parser.parse_args().entities))


if __name__ == "__main__":
    main()
