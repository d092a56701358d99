"""A way to a Bolt server that loses what a client must be able to lose: the connection, around the
moment of a commit.
"""

from __future__ import annotations

import socket
import threading
from collections import Counter, deque
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

# A message of one chunk: its length, a structure without fields, its signature, the end.
COMMIT = b"\x00\x02\xb0\x12\x00\x00"
SUCCESS, FAILURE = b"\xb1\x70", b"\xb1\x7f"

# `after`: the server has committed, its answer is lost. `half`: the answer breaks off.
# `before`: the server never hears of the commit.
Fault = Literal["after", "half", "before"]


class Proxy:
    """Listens on a port of its own and passes on what is said, but for the faults it is armed with:
    each commit takes the next one, until none is left."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.struck: Counter[str] = Counter()  # faults that were done
        self._faults: deque[Fault] = deque()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"bolt://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def arm(self, *faults: Fault) -> None:
        """Do these to the next commits; what earlier ones left undone is forgotten."""
        with self._lock:
            self._faults = deque(faults)

    @property
    def armed(self) -> int:
        """How many faults wait for a commit."""
        return len(self._faults)

    def _listen(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.port))
                except OSError:
                    client.close()
                    continue
                Connection(self, client, server).start()

    def next_fault(self) -> Fault | None:
        """What is to be done to this commit."""
        with self._lock:
            return self._faults.popleft() if self._faults else None

    def keep(self, *sockets: socket.socket) -> None:
        """Take note of what is to be closed in the end."""
        with self._lock:
            self._open |= set(sockets)

    def forget(self, *sockets: socket.socket) -> None:
        """They were closed."""
        with self._lock:
            self._open -= set(sockets)

    def close(self) -> None:
        """Listen no more, and end what is under way."""
        end(self._listener)
        for each in list(self._open):
            end(each)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()


class Connection:
    """A client, the server, and a thread for each direction."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._losing: Fault | None = None  # of the answer that comes next

    def start(self) -> None:
        """Begin to pass on."""
        self._proxy.keep(self._client, self._server)
        for passing in (self._ask, self._answer):
            threading.Thread(target=self._run, args=(passing,), daemon=True).start()

    def _run(self, passing: object) -> None:
        assert callable(passing)
        try:
            with suppress(OSError):
                passing()
        finally:
            end(self._client)
            end(self._server)
            self._proxy.forget(self._client, self._server)

    def _ask(self) -> None:
        tail = b""
        while data := self._client.recv(1 << 16):
            if COMMIT in tail + data and (fault := self._proxy.next_fault()):
                if fault == "before":
                    self._proxy.struck["before"] += 1
                    return
                self._losing = fault
            tail = data[1 - len(COMMIT) :]
            self._server.sendall(data)

    def _answer(self) -> None:
        lost = b""
        while data := self._server.recv(1 << 16):
            if self._losing is None:
                self._client.sendall(data)
                continue
            lost += data
            if SUCCESS in lost or FAILURE in lost:
                done = SUCCESS in lost
                if self._losing == "half":
                    self._client.sendall(lost[: len(lost) // 2])
                self._proxy.struck[self._losing if done else "failed"] += 1
                return


def end(each: socket.socket) -> None:
    """Close a socket, and wake whoever waits for it."""
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
