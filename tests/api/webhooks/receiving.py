"""A receiver that fails as it is told, and remembers what it took."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


class Receiver:
    """Takes events; `plan(number)` says how attempt `number` goes: a status, `reset` (the
    connection is torn down), `hang` (no answer), `lost` (taken, and the connection torn down before
    the answer)."""

    def __init__(self, plan: Callable[[int], int | str] = lambda _: 204) -> None:
        self.plan = plan
        self.secret: str | None = None
        self.attempts = 0
        self.failed: list[int | str] = []
        self.taken: list[tuple[str, dict[str, Any]]] = []  # webhook-id and body, as they came
        self.headers: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self.url = ""

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["content-length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        if self.secret is not None:
            Webhook(self.secret).verify(body, headers)  # raises where the signature is none
        with self._lock:
            self.attempts += 1
            how = self.plan(self.attempts)
            if how in (200, 204, "lost"):
                self.taken.append((headers["webhook-id"], json.loads(body)))
                self.headers.append(headers)
            if how not in (200, 204):
                self.failed.append(how)
        if how == "hang":
            self._closed.wait(30)
        if how in ("reset", "lost", "hang"):
            linger = struct.pack("ii", 1, 0)  # closed by RST
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.shutdown(socket.SHUT_RD)
            handler.close_connection = True
            return
        assert isinstance(how, int)
        handler.send_response(how)
        if how == 302:
            handler.send_header("Location", self.url + "/elsewhere")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def events(self) -> list[dict[str, Any]]:
        """What was taken, the first time that each came."""
        first: dict[str, dict[str, Any]] = {}
        with self._lock:
            for ident, body in self.taken:
                assert first.setdefault(ident, body) == body
        return list(first.values())

    def wait_for(self, count: int, seconds: float = 60.0) -> list[dict[str, Any]]:
        """The events once there are so many of them."""
        end = time.monotonic() + seconds
        while len(found := self.events()) < count:
            assert time.monotonic() < end, f"{len(found)} of {count} came"
            time.sleep(0.02)
        return found


@contextmanager
def receiving(plan: Callable[[int], int | str] = lambda _: 204) -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver(plan)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            receiver.handle(self)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/in"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver._closed.set()
        server.shutdown()
        server.server_close()
        thread.join()
