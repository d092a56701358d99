"""Jobs: asked for in two ways, followed, called off, fetched; and what is left of them after a
restart."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from api.caller import OWNER, Caller
from api.jobs.book import Asked, Book, Gone, Outcome, TooMany, UnknownJob
from api.jobs.calling import Told, keep_caller, kept_caller
from api.jobs.runner import Work
from api.jobs.settings import JobSettings
from api.kept import PLACE, state_folder
from graph.deadline import current
from graph.errors import UnknownSubject
from tests.api.conftest import RESIDENT
from tests.api.serving import TOKEN, served, until

ASKED = {"algorithm": "related-parties", "params": {"subject": "c1", "depth": 2}}


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


async def ended(client: httpx.AsyncClient, where: str) -> dict[str, Any]:
    """A job once it has come to its end."""

    async def look() -> Any:
        job = (await client.get(where)).json()
        return job["status"] not in ("queued", "running") and job

    found: dict[str, Any] = await until(look)
    return found


@pytest.mark.neo4j
def test_a_job_answers_the_bytes_of_the_route(filled: str) -> None:
    async def main() -> None:
        async with served(filled) as client:
            plain = await client.post("/v1/related-parties", json=ASKED["params"])
            made = await client.post("/v1/jobs", json=ASKED)
            assert made.status_code == 202, made.text
            where = made.headers["location"]
            assert where == f"/v1/jobs/{made.json()['id']}"
            job = await ended(client, where)
            assert (job["status"], job["algorithm"]) == ("done", "related_parties")
            assert job["params"]["subject"] == "c1"
            assert job["size"] == len(plain.content)
            result = await client.get(job["result"])
            assert (result.status_code, result.content) == (200, plain.content)
            assert result.headers["content-type"] == plain.headers["content-type"]
            assert job["created"] <= job["started"] <= job["finished"] < job["expires"]
            assert job["started"] < job["deadline"]

    run(main())


@pytest.mark.parametrize(
    ("method", "sent"),
    [("POST", {"json": {"subject": "c1"}}), ("GET", {"params": {"subject": "c1"}})],
)
def test_prefer_respond_async(filled: str, method: str, sent: dict[str, Any]) -> None:
    """RFC 7240: any question becomes a job; within `wait` it is answered as it would have been."""

    async def main() -> None:
        async with served(filled) as client:
            plain = await client.request(method, "/v1/related-parties", **sent)
            prefer = {"Prefer": "return=minimal; x, respond-async"}
            made = await client.request(method, "/v1/related-parties", **sent, headers=prefer)
            assert made.status_code == 202
            assert made.headers["preference-applied"] == "respond-async"
            job = await ended(client, made.headers["location"])
            assert (await client.get(job["result"])).content == plain.content
            prefer = {"Prefer": "respond-async, wait=30"}
            waited = await client.request(method, "/v1/related-parties", **sent, headers=prefer)
            assert (waited.status_code, waited.content) == (200, plain.content)

    run(main())


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 422, "algorithm"),
        ({"algorithm": "related-partes"}, 422, "did you mean related-parties"),
        ({"algorithm": "related-parties"}, 422, "missing parameter subject"),
        (ASKED | {"seconds": 0}, 422, "seconds"),
        (ASKED | {"seconds": 1e9}, 422, "seconds"),
        (ASKED | {"second": 1}, 422, "second"),
        (ASKED | {"params": {"subject": "c1", "dept": 1}}, 422, "dept"),
        (ASKED | {"params": []}, 422, "params"),
    ],
)
def test_what_cannot_be_a_job_is_refused_at_once(
    filled: str, body: Any, status: int, said: str
) -> None:
    async def main() -> None:
        async with served(filled) as client:
            answer = await client.post("/v1/jobs", json=body)
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            assert said in answer.json()["detail"]
            assert (await client.get("/v1/jobs")).json() == {"results": [], "next": None}

    run(main())


def test_a_failure_is_told_as_the_route_tells_it(filled: str) -> None:
    async def main() -> None:
        async with served(filled) as client:
            plain = await client.post("/v1/related-parties", json={"subject": "nobody"})
            body = ASKED | {"params": {"subject": "nobody"}}
            made = await client.post("/v1/jobs", json=body)
            job = await ended(client, made.headers["location"])
            assert (job["status"], job["error"]) == ("failed", plain.json())
            result = await client.get(job["result"])
            assert (result.status_code, result.json()) == (404, plain.json())

    run(main())


def test_unknown_jobs_and_pages(filled: str) -> None:
    async def main() -> None:
        async with served(filled, JobSettings(open_jobs=100)) as client:
            for path in ("/v1/jobs/j1", "/v1/jobs/j1/result"):
                assert (await client.get(path)).status_code == 404
            assert (await client.delete("/v1/jobs/j1")).status_code == 404
            made = [(await client.post("/v1/jobs", json=ASKED)).json()["id"] for _ in range(5)]
            page = (await client.get("/v1/jobs?limit=3")).json()
            rest = (await client.get(f"/v1/jobs?limit=3&before={page['next']}")).json()
            found = [row["id"] for row in page["results"] + rest["results"]]
            assert found == made[::-1]
            assert rest["next"] is None
            assert (await client.get("/v1/jobs?before=x")).status_code == 422
            assert (await client.get("/v1/jobs?limit=0")).status_code == 422
            job = await ended(client, f"/v1/jobs/{made[0]}")
            assert (await client.delete(f"/v1/jobs/{job['id']}")).status_code == 204
            assert (await client.get(job["result"])).status_code == 404

    run(main())


class Slow:
    """Work that goes on until it is called off, by steps that ask whether it was."""

    def __init__(self, *, notices: bool = True) -> None:
        self.notices = notices
        self.begun = threading.Event()
        self.freed = threading.Event()
        self.end = threading.Event()

    def __call__(self, given: dict[str, Any]) -> Told:
        self.begun.set()
        try:
            for step in range(10**9):
                if self.notices:
                    current().report(step, 10**9, "steps / 步")
                    if current().expired():
                        return Told(status=200, media="application/json", body=b'{"cut":true}')
                if self.end.wait(0.01):
                    break
        finally:
            self.freed.set()
        return Told(status=200, media="application/json", body=b"{}")


def slow_job(slow: Work, ids: list[str], seconds: float = 600.0) -> Callable[[FastAPI], None]:
    """Puts a job of such work into the book of an app."""

    def prepared(app: FastAPI) -> None:
        jobs = app.state.jobs
        jobs.runner.kinds["slow"] = slow
        owner = Caller("owner", frozenset(), frozenset())
        asked = Asked(owner="owner", what="slow", asked="{}", call="{}", scope="trace",
                      caller=keep_caller(owner), seconds=seconds)  # fmt: skip
        ids.append(jobs.book.add(asked).id)

    return prepared


def test_progress_then_cancel_frees_the_work(filled: str) -> None:
    async def main() -> None:
        slow, ids = Slow(), []
        async with served(filled, with_app=slow_job(slow, ids)) as client:
            where = f"/v1/jobs/{ids[0]}"

            async def under_way() -> Any:
                return (await client.get(where)).json()["progress"]

            told = await until(under_way)
            assert told["unit"] == "steps / 步" and told["total"] == 10**9
            assert told["done"] > 0 and told["rate"] > 0 and told["left"] > 0
            assert (await client.get(f"{where}/result")).status_code == 409
            assert (await client.delete(where)).json()["cancelling"]
            job = await ended(client, where)
            assert (job["status"], job["result"]) == ("cancelled", None)
            assert slow.freed.wait(10)
            assert (await client.get(f"{where}/result")).status_code == 409
            again = await client.post("/v1/jobs", json=ASKED)  # the place is free again
            assert (await ended(client, again.headers["location"]))["status"] == "done"

    run(main())


def test_cancelling_work_that_does_not_notice_frees_its_place(filled: str) -> None:
    async def main() -> None:
        slow, ids = Slow(notices=False), []
        async with served(filled, with_app=slow_job(slow, ids)) as client:
            await until(lambda: asyncio.to_thread(slow.begun.wait, 1))
            await client.delete(f"/v1/jobs/{ids[0]}")
            assert (await ended(client, f"/v1/jobs/{ids[0]}"))["status"] == "cancelled"
            again = await client.post("/v1/jobs", json=ASKED)
            assert (await ended(client, again.headers["location"]))["status"] == "done"
            slow.end.set()

    run(main())


def test_a_queued_job_is_cancelled_at_once(filled: str) -> None:
    async def main() -> None:
        slow, ids = Slow(), []
        async with served(filled, with_app=slow_job(slow, ids)) as client:
            await until(lambda: asyncio.to_thread(slow.begun.wait, 1))
            made = await client.post("/v1/jobs", json=ASKED)
            gone = await client.delete(made.headers["location"])
            assert gone.json()["status"] == "cancelled"
            await client.delete(f"/v1/jobs/{ids[0]}")

    run(main())


def test_past_its_time_a_job_answers_what_it_has(filled: str) -> None:
    async def main() -> None:
        slow, ids = Slow(), []
        async with served(filled, with_app=slow_job(slow, ids, seconds=0.2)) as client:
            job = await ended(client, f"/v1/jobs/{ids[0]}")
            assert job["status"] == "done"
            assert (await client.get(job["result"])).json() == {"cut": True}

    run(main())


@pytest.mark.parametrize(
    ("error", "status", "urn"),
    [
        (UnknownSubject(f"no subject {RESIDENT!r}"), 404, "UnknownSubject"),
        (KeyError(RESIDENT), 500, "Internal-Server-Error"),
    ],
)
def test_work_that_fails_is_told_as_a_route_tells_it(
    filled: str, error: Exception, status: int, urn: str
) -> None:
    """Identifiers that a message cites are masked, for it is kept; a type is a URN."""

    def failing(_: dict[str, Any]) -> Told:
        raise error

    async def main() -> None:
        ids: list[str] = []
        async with served(filled, with_app=slow_job(failing, ids)) as client:
            job = await ended(client, f"/v1/jobs/{ids[0]}")
            assert (job["status"], job["error"]["status"]) == ("failed", status)
            assert job["error"]["type"] == f"urn:linkrisk:error:{urn}"
            assert RESIDENT not in str(job)
            assert (await client.get(job["result"])).json() == job["error"]

    run(main())


def test_a_stop_tells_what_it_interrupted_and_a_start_takes_up_what_waits(filled: str) -> None:
    async def main() -> None:
        slow, ids = Slow(), []
        async with served(filled, with_app=slow_job(slow, ids)) as client:
            await until(lambda: asyncio.to_thread(slow.begun.wait, 1))
            waits = (await client.post("/v1/jobs", json=ASKED)).headers["location"]
        async with served(filled) as client:
            job = (await client.get(f"/v1/jobs/{ids[0]}")).json()
            assert (job["status"], job["error"]["title"]) == ("failed", "Interrupted")
            assert (await ended(client, waits))["status"] == "done"

    run(main())


@pytest.mark.parametrize(
    ("caller", "text"),
    [
        (
            Caller("feed", frozenset({"trace", "export"}), frozenset({"tax"}), "审计", "案1",
                   "person", frozenset({"b", "a"}), 3, 1_700_000_000_000_000),
            '{"name":"feed","scopes":["export","trace"],"domains":["tax"],"purpose":"审计",'
            '"case":"案1","kind":"person","purposes":["a","b"],"depth":3,'
            '"claimed":1700000000000000}',
        ),
        (
            Caller("k", frozenset(), frozenset()),
            '{"name":"k","scopes":[],"domains":[],"purpose":null,"case":null,"kind":"key",'
            '"purposes":[],"depth":null,"claimed":null}',
        ),
    ],
)  # fmt: skip
def test_a_kept_caller_is_the_same_caller(caller: Caller, text: str) -> None:
    """As jobs that wait over a new version of the program have it."""
    assert keep_caller(caller) == text
    assert kept_caller(text) == caller
    assert kept_caller(keep_caller(OWNER)) == OWNER
    before = text.partition(',"claimed"')[0] + "}"  # as versions before wrote it
    assert kept_caller(before) == replace(caller, claimed=None)


# -- the book, as several processes share it ---------------------------------------------------


CALL = '{"large":1}'


def asked(owner: str = "a") -> Asked:
    return Asked(owner=owner, what="w", asked="{}", call=CALL, caller="{}", scope="trace",
                 seconds=60)  # fmt: skip


def done(body: bytes = b"{}") -> Outcome:
    return Outcome(status="done", code=200, media="application/json", body=body)


def test_each_job_is_claimed_by_one_worker_and_called_off_by_another(tmp_path: Path) -> None:
    mine, theirs = (Book(tmp_path, JobSettings()) for _ in range(2))
    made = mine.add(asked())
    job = theirs.claim("w2")
    assert job is not None and job.id == made.id
    # What is carried out is large: who runs it has it, who looks at it does not read it.
    assert (job.call, mine.get(job.id).call, mine.of(None, None, 9)[0].call) == (CALL, "{}", "{}")
    assert mine.claim("w1") is None
    assert theirs.beat(job, 1, 2, "u")
    called = mine.cancel(made.id, "a")
    assert called is not None and called.cancel
    assert not theirs.beat(job, 2, 2, "u")
    theirs.finish(job, Outcome(status="cancelled"))
    assert mine.get(made.id).status == "cancelled"


def test_bounds_for_each_caller(tmp_path: Path) -> None:
    """Open jobs are refused past the bound; of results the oldest expire, by number and bytes."""
    book = Book(tmp_path, JobSettings(open_jobs=2, kept_jobs=3, kept_bytes=10))
    book.add(asked())
    book.add(asked())
    with pytest.raises(TooMany, match="2 jobs"):
        book.add(asked())
    book.add(asked("b"))
    made = []
    for body in (b"1234", b"1234", b"12"):
        job = book.claim("w")
        assert job is not None
        book.finish(job, done(body))
        made.append(job.id)
    assert [book.get(i).status for i in made] == ["done"] * 3
    book.add(asked())
    job = book.claim("w")
    assert job is not None
    book.finish(job, done(b"123456"))
    assert [book.get(i).status for i in made] == ["expired", "done", "done"]
    with pytest.raises(Gone, match="no longer"):
        book.result(book.get(made[0]))
    assert not (tmp_path / "jobs" / made[0]).exists()
    book.add(asked())
    job = book.claim("w")
    assert job is not None
    book.finish(job, done(b"12345678901"))
    assert "11 bytes" in str(book.get(job.id).error)
    with pytest.raises(UnknownJob):
        book.get(made[2], "a")


def test_results_expire_and_the_silent_are_told(
    tmp_path: Path, later: Callable[[float], None]
) -> None:
    book = Book(tmp_path, JobSettings(silence=1, kept_seconds=10, told_seconds=100))
    lost, off = book.add(asked()), book.add(asked())
    assert book.claim("w") and book.claim("w")
    book.cancel(off.id)
    later(0.9)
    assert book.sweep() == 0
    later(0.2)
    book.sweep()
    assert "ask again" in str(book.get(lost.id).error)
    assert (book.get(lost.id).status, book.get(off.id).status) == ("failed", "cancelled")
    later(9)
    assert book.sweep() == 0
    later(2)
    book.sweep()
    assert book.get(lost.id).status == "expired"
    later(90)
    book.sweep()
    with pytest.raises(UnknownJob):
        book.get(lost.id)


def test_who_was_given_up_does_not_write_its_end(
    tmp_path: Path, later: Callable[[float], None]
) -> None:
    book = Book(tmp_path, JobSettings(silence=1))
    book.add(asked())
    job = book.claim("w")
    assert job is not None
    later(1.1)
    book.sweep()
    book.finish(job, done())
    assert book.get(job.id).status == "failed"
    assert not (tmp_path / "jobs" / job.id).exists()


def test_the_state_is_its_owners_alone(tmp_path: Path) -> None:
    book = Book(tmp_path / "state", JobSettings())
    book.add(asked())
    job = book.claim("w")
    assert job is not None
    book.finish(job, done())
    for path in (tmp_path / "state", tmp_path / "state" / "jobs"):
        assert path.stat().st_mode & 0o077 == 0
    for path in (tmp_path / "state" / "jobs.db", tmp_path / "state" / "jobs" / job.id):
        assert path.stat().st_mode & 0o077 == 0


def test_a_job_is_its_owners_and_an_admin_sees_that_it_is_there(filled: str) -> None:
    """An admin may look and call off; what was asked and answered stays with who asked."""

    async def main() -> None:
        def prepared(app: FastAPI) -> None:
            app.state.jobs.book.add(asked("somebody"))

        async with served(filled, with_app=prepared) as client:
            (job,) = (await client.get("/v1/jobs")).json()["results"]
            assert (job["owner"], job["params"]) == ("somebody", None)
            assert (await client.get(f"/v1/jobs/{job['id']}/result")).status_code == 404

    run(main())


def test_an_admin_who_calls_a_job_off_is_not_shown_what_it_asks(filled: str) -> None:
    async def main() -> None:
        slow = Slow()

        def prepared(app: FastAPI) -> None:
            app.state.jobs.runner.kinds["slow"] = slow
            app.state.jobs.book.add(msgspec.structs.replace(asked("somebody"), what="slow"))

        async with served(filled, with_app=prepared) as client:
            (job,) = (await client.get("/v1/jobs")).json()["results"]
            answer = await client.delete(f"/v1/jobs/{job['id']}")
            assert (answer.status_code, answer.json()["params"]) == (200, None)

    run(main())


def test_jobs_that_name_somebody_are_forgotten_and_those_that_run_called_off(
    tmp_path: Path,
) -> None:
    with closing(Book(tmp_path, JobSettings())) as book:
        running, other = (
            book.add(msgspec.structs.replace(asked(), asked=f'{{"subject":"{name}"}}'))
            for name in ("reg:p1", "reg:p2")
        )
        claimed = [book.claim("w") for _ in range(2)]
        packed, waits = (
            book.add(asked()),
            book.add(msgspec.structs.replace(asked(), asked='{"subject":"reg:p1"}')),
        )
        assert book.forget(lambda body: b"reg:p1" in body) == (2, 1)
        assert [book.beat(job, None, None, None) for job in claimed if job] == [False, True]
        assert (book.get(running.id).asked, book.get(other.id).asked[:2]) == ("{}", '{"')
        with pytest.raises(UnknownJob):
            book.get(waits.id)
        done = book.claim("w")
        assert done is not None
        assert done.id == packed.id
        media = "application/vnd.apache.parquet"  # nothing is seen in what is packed
        book.finish(done, Outcome(status="done", code=200, media=media, body=b"PAR1"))
        # The one that was called off runs until it notices, and says no more whom it was about.
        assert book.forget(lambda body: b"reg:p1" in body) == (1, 2)
        assert not (tmp_path / "jobs" / packed.id).exists()


def test_where_the_state_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_folder("sqlite:////a/facts.db") == Path("/a/facts.db.state")
    one, other = (state_folder(f"neo4j://u:{word}@host:7687") for word in ("a", "b"))
    assert one == other != state_folder("neo4j://u:a@another:7687")
    monkeypatch.setenv(PLACE, str(tmp_path))
    assert state_folder("sqlite:////a/facts.db") == tmp_path


@contextmanager
def service(url: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A service in a process of its own, which does not outlive this, however it ends."""
    command = [sys.executable, "-m", "api.cli", "serve", "--store", url, "--port", "0", "--no-warm"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "LINKRISK_TOKEN": TOKEN}
    )
    with process:
        assert process.stdout is not None
        try:
            address = httpx.URL(process.stdout.readline().strip())
            base = f"http://127.0.0.1:{address.port}"
            headers = {"Authorization": f"Bearer {TOKEN}"}
            with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
                yield process, client
        finally:
            process.kill()


def test_a_result_survives_kill_and_restart(filled: str) -> None:
    """Two services one after the other on one store; the first is killed."""
    with service(filled) as (process, client):
        made = client.post("/v1/jobs?", json=ASKED, headers={"Prefer": "wait=60"})
        plain = client.post("/v1/related-parties", json=ASKED["params"])
        assert made.content == plain.content
        (job,) = client.get("/v1/jobs").json()["results"]
        process.send_signal(signal.SIGKILL)
        process.wait()
    with service(filled) as (process, client):
        found = client.get(f"/v1/jobs/{job['id']}").json()
        assert (found["status"], found["finished"]) == ("done", job["finished"])
        assert client.get(found["result"]).content == plain.content
        process.terminate()
        assert process.wait(60) == 0


def test_a_damaged_book_is_told_in_one_line(filled: str) -> None:
    async def main() -> None:
        folder = state_folder(filled)
        folder.mkdir()
        (folder / "jobs.db").write_bytes(b"no database" * 1000)
        async with served(filled) as client:
            answer = await client.post("/v1/jobs", json=ASKED)
            assert answer.status_code == 503
            assert "damaged" in answer.json()["detail"]
            plain = await client.post("/v1/related-parties", json=ASKED["params"])
            assert plain.status_code == 200  # what needs no book goes on

    run(main())
