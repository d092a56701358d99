"""How the service lives and ends: clients that go away, shutdowns, workers that die; in real
processes, which leave files where something happened.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.session import Session
from api.settings import keys
from api.settings.own import Server
from tests.api.slow_service import TOKEN

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def until(what: Callable[[], Any], seconds: float = 20) -> Any:
    """What comes of it, once it is true."""
    for _ in range(round(seconds * 100)):
        if found := what():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come about")


def children(pid: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        found.update(map(int, (task / "children").read_text().split()))
    return found


class Running:
    """A service of the tests, its folder and its log."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        assert process.stdout is not None
        self.process = process
        self.folder = folder
        self.port = int(process.stdout.readline())
        self.base = f"http://127.0.0.1:{self.port}"

    def happened(self, what: str) -> bool:
        return (self.folder / what).exists()

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.base, headers=HEADERS, timeout=30)

    def ask(self) -> tuple[threading.Thread, list[httpx.Response]]:
        """The slow question, under way in a thread."""
        answers: list[httpx.Response] = []

        def post() -> None:
            with self.client() as http:
                answers.append(http.post("/slow"))

        thread = threading.Thread(target=post)
        thread.start()
        until(lambda: self.happened("began"))
        return thread, answers

    def log(self) -> list[dict[str, Any]]:
        """Its lines; it has to have ended."""
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]


@contextmanager
def running(url: str, folder: Path, workers: int = 1, **settings: object) -> Iterator[Running]:
    variables = {key.shown: key.variable for key in keys()}
    named = {variables[f"server.{name}"]: str(value) for name, value in settings.items()}
    folder.mkdir(exist_ok=True)
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.api.slow_service", url, str(folder), str(workers)],
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **named, "LINKRISK_LOG_FORMAT": "json"},
            text=True,
        ) as process,
    ):
        try:
            yield Running(process, folder)
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "service"


def leaving(service: Running) -> socket.socket:
    """A connection on which the slow question was asked, by a client that will not wait."""
    raw = socket.create_connection(("127.0.0.1", service.port))
    raw.sendall(
        f"POST /slow HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Content-Length: 2\r\n\r\n{}".encode()
    )
    return raw


@pytest.mark.parametrize("workers", [1, 2])
def test_a_client_that_goes_away_frees_its_work(filled: str, folder: Path, workers: int) -> None:
    with running(filled, folder, workers) as service:
        raw = leaving(service)
        until(lambda: service.happened("began"))
        assert not service.happened("called-off")
        raw.close()
        until(lambda: service.happened("called-off"))
        with service.client() as http:
            said = http.get("/metrics").text
        assert 'linkrisk_questions_cancelled_total{reason="client"} 1.0' in said
        assert "linkrisk_questions_running 0.0" in said
        assert 'linkrisk_requests_total{method="POST",route="/slow",status="499"} 1.0' in said


def test_fifty_clients_that_go_away_free_all_their_work(filled: str, folder: Path) -> None:
    """Those whose question waits for a thread as well as those whose question is under way: none
    has to end for the next client to be answered. Which worker takes a client is the system's
    choice, and may be the same for nearly all; at least one has more than it has threads for."""
    with running(filled, folder, 2) as service, service.client() as http:

        def told(line: str) -> bool:
            return line in http.get("/metrics").text.splitlines()

        def taken() -> bool:
            lines = dict(line.rsplit(" ", 1) for line in http.get("/metrics").text.splitlines())
            names = ("linkrisk_questions_running", "linkrisk_questions_waiting")
            running, waiting = (float(lines.get(name, 0)) for name in names)
            threads = Server().threads
            return running + waiting == 50 and threads <= running <= 2 * threads

        until(lambda: told("linkrisk_workers 2.0"))
        with ExitStack() as many:
            for _ in range(50):
                many.enter_context(leaving(service))
            until(taken)
        until(lambda: told('linkrisk_questions_cancelled_total{reason="client"} 50.0'))
        until(lambda: told("linkrisk_questions_running 0.0"))
        until(lambda: told("linkrisk_questions_waiting 0.0"))
        assert http.get("/v1/search", params={"q": "张三"}).status_code == 200


def test_what_workers_find_by_name_is_mapped_before_they_are_asked(
    filled: str, folder: Path
) -> None:
    with Session(filled) as session:
        session.snapshot()  # made once, so that it is beside the store
    with running(filled, folder, 2) as service:
        pids = until(lambda: len(found := children(service.process.pid)) == 2 and found)
        maps = [Path(f"/proc/{pid}/maps").read_text() for pid in (service.process.pid, *pids)]
        assert all(".snapshot.names\n" in each for each in maps)


def test_work_whose_time_has_passed_says_what_it_found(filled: str, folder: Path) -> None:
    with running(filled, folder, seconds=0.2) as service, service.client() as http:
        assert http.post("/slow").json() == {"released": False}
        assert not service.happened("called-off")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_shutdown_lets_what_runs_end(filled: str, folder: Path, workers: int) -> None:
    with running(filled, folder, workers, linger=600) as service:
        thread, answers = service.ask()
        with service.client() as http:
            assert http.get("/readyz").status_code == 200
        service.process.send_signal(signal.SIGTERM)
        with service.client() as http:
            until(lambda: http.get("/readyz").status_code == 503)
            assert http.get("/healthz").status_code == 200
        service.process.send_signal(signal.SIGTERM)  # no more lingering
        (folder / "release").touch()
        thread.join(30)
        assert [answer.json() for answer in answers] == [{"released": True}]
        assert service.process.wait(30) == 0
        with pytest.raises(OSError):  # whichever the system has
            socket.create_connection(("127.0.0.1", service.port))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_shutdown_calls_off_what_does_not_end(filled: str, folder: Path, workers: int) -> None:
    with running(filled, folder, workers, grace=0.1) as service:
        thread, answers = service.ask()
        service.process.send_signal(signal.SIGTERM)
        thread.join(30)
        assert service.happened("called-off")
        assert [answer.status_code for answer in answers] == [503]
        assert service.process.wait(30) == 0


def test_a_worker_that_dies_is_started_again(filled: str, folder: Path) -> None:
    with running(filled, folder, 2) as service, service.client() as http:
        before = until(lambda: len(found := children(service.process.pid)) == 2 and found)
        assert http.get("/readyz").status_code == 200
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(found := children(service.process.pid)) == 2 and found != before)

        def answers() -> bool:
            with service.client() as fresh:
                return fresh.get("/readyz").status_code == 200

        assert all(answers() for _ in range(10))
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
    (died,) = [line for line in service.log() if "ended with" in line["message"]]
    assert died["message"].endswith(f"process {min(before)}, ended with -9")


def test_workers_do_not_outlive_their_supervisor(filled: str, folder: Path) -> None:
    with running(filled, folder, 2) as service:
        pids = until(lambda: len(found := children(service.process.pid)) == 2 and found)
        with service.client() as http:
            assert http.get("/readyz").status_code == 200
        service.process.kill()
        service.process.wait(30)
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def test_workers_share_their_memory(filled: str, tmp_path: Path) -> None:
    """Each has less of its own than a process that answers alone; on a large world, where there is
    more to share, bench.http measures the whole."""

    def own(pid: int) -> int:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:"))

    def ready(service: Running) -> None:
        with service.client() as http:
            until(lambda: http.get("/readyz").status_code == 200)

    with Session(filled) as session:
        session.snapshot()  # made once, so that all of them open it
    with running(filled, tmp_path / "one") as one, running(filled, tmp_path / "two", 2) as two:
        ready(one)
        until(lambda: len(children(two.process.pid)) == 2)
        for _ in range(10):
            ready(two)
        shares = [own(pid) / own(one.process.pid) for pid in children(two.process.pid)]
        assert max(shares) < 0.75, shares


def test_no_log_has_an_identifier(filled: str, folder: Path) -> None:
    seeded = "13800138000"
    with running(filled, folder) as service:
        with service.client() as http:
            assert http.get(f"/broken/{seeded}").status_code == 500
            http.get(f"/v1/subjects/{seeded}")
            http.get("/v1/search", params={"q": seeded})
            http.post("/v1/related-parties", json={"subject": seeded})
            http.post("/v1/facts", json={"ids": [seeded]})
            http.get(f"/{seeded}", headers={"X-Request-ID": seeded, "User-Agent": seeded})
            assert seeded not in http.get("/metrics").text
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
    text = (folder / "log").read_text()
    assert seeded not in text
    lines = service.log()
    failed = next(line for line in lines if line["level"] == "error")
    assert failed["message"] == "GET /broken/{what} failed"
    assert "broken" in failed["failure"]
    assert failed["failure"].endswith("KeyError")
    asked = [line for line in lines if line["logger"] == "linkrisk.access"]
    assert [line["route"] for line in asked][:2] == ["/broken/{what}", "/v1/subjects/{id:path}"]
    assert {line["caller"] for line in asked} == {"owner"}
    assert len({line["request"] for line in asked}) == len(asked)
