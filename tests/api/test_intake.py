"""Files sent over HTTP: what the verb does with them, in bounds, once, as a job where they are
large."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.cli import main as cli
from api.intake.settings import IntakeSettings
from api.kept import state_folder
from api.once import HEADER
from graph.store import open_store
from tests.api.conftest import FACTS, RESIDENT
from tests.api.serving import served, until

LINES = b"".join(json.dumps(fact).encode() + b"\n" for fact in FACTS)
BAD = b'{"kind":"person","id":"p9","keys":{"resident_id":"%s"},"x":\n' % RESIDENT.encode()


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


@pytest.fixture
def empty(store_url: str) -> str:
    open_store(store_url, create=True).close()
    return store_url


def facts(url: str) -> int:
    with closing(open_store(url)) as store:
        return sum(1 for _ in store.facts())


def left(url: str) -> list[Path]:
    """Uploads that are still there."""
    return [*state_folder(url).glob("uploads/*")]


def test_the_receipt_is_the_verbs(
    empty: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Byte for byte; the same file by the verb is a repetition. Rejected rows are shown, masked."""

    async def main() -> None:
        async with served(empty) as client:
            path = "/v1/ingest?name=reg.jsonl"
            answer = await client.post(path, content=LINES + BAD)
            assert answer.status_code == 200, answer.text
            receipt = answer.json()
            assert (receipt["read"], receipt["loaded"], receipt["quarantined"]) == (
                len(FACTS) + 1, len(FACTS), 1,
            )  # fmt: skip
            assert facts(empty) == len(FACTS)
            (row,) = map(json.loads, (await client.get(receipt["quarantine"])).text.splitlines())
            assert (row["line"], row["file"]) == (len(FACTS) + 1, "reg.jsonl")
            assert RESIDENT not in str(row) and row["reason"]
            again = (await client.post(path, content=LINES)).json()
            file = tmp_path / "reg.jsonl"
            file.write_bytes(LINES)
            capfd.readouterr()
            assert cli(["ingest", str(file), "--store", empty, "--json"]) == 0
            told = json.loads(capfd.readouterr().out)
            assert told == again
            assert (again["loaded"], again["duplicates"]) == (0, len(FACTS))
            assert left(empty) == []

    run(main())


def chunked(body: bytes) -> Iterator[bytes]:
    """A body of a length that is not said."""
    for at in range(0, len(body), 100):
        yield body[at : at + 100]


@pytest.mark.parametrize(
    ("query", "body", "status", "said"),
    [
        ("", b"", 422, "nothing was sent"),
        ("?name=../x.jsonl", LINES, 422, "name"),
        ("?name=.x", LINES, 422, "name"),
        ("?name=a/b", LINES, 422, "name"),
        ("?name=" + "x" * 200, LINES, 422, "name"),
        ("?format=exe", LINES, 422, "format"),
        ("?mapping=/etc/passwd", LINES, 422, "mapping"),
        ("?mode=x", LINES, 422, "mode"),
        ("?dataset=a:b", LINES, 422, "dataset"),
        ("?name=x.bin", b"\0\1\2", 400, "x.bin: no known format"),
        ("?name=x.xlsx", b"no spreadsheet", 400, "x.xlsx"),
        ("", BAD * 2, 422, "all 2 lines were rejected"),
    ],
)
def test_what_cannot_be_loaded(empty: str, query: str, body: bytes, status: int, said: str) -> None:
    async def main() -> None:
        async with served(empty) as client:
            answer = await client.post(f"/v1/ingest{query}", content=body)
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert said in answer.json()["detail"]
            assert "uploads" not in answer.text
        assert left(empty) == []
        assert facts(empty) == 0

    run(main())


@pytest.mark.parametrize("whole", [True, False])
def test_no_more_than_the_bound(empty: str, whole: bool) -> None:
    """Whether or not the body says how long it is."""

    async def main() -> None:
        async with served(empty, IntakeSettings(most=len(LINES) - 1)) as client:

            async def parts() -> Any:
                for part in chunked(LINES):
                    yield part

            answer = await client.post("/v1/ingest", content=LINES if whole else parts())
            assert answer.status_code == 413
            assert left(empty) == []

    run(main())


def test_a_large_one_becomes_a_job(empty: str) -> None:
    async def main() -> None:
        async with served(empty, IntakeSettings(at_once=100)) as client:
            made = await client.post("/v1/ingest?name=reg.jsonl", content=LINES)
            assert made.status_code == 202
            where = made.headers["location"]

            async def done() -> Any:
                job = (await client.get(where)).json()
                return job["status"] == "done" and job

            job = await until(done)
            assert (job["algorithm"], job["params"]["name"]) == ("ingest", "reg.jsonl")
            assert job["progress"]["unit"] == "bytes / 字节"
            receipt = (await client.get(job["result"])).json()
            assert receipt["loaded"] == len(FACTS)
            prefer = {"Prefer": "respond-async, wait=30"}
            small = await client.post("/v1/ingest?name=b.jsonl", content=BAD, headers=prefer)
            assert (small.status_code, small.json()["title"]) == (422, "NothingLoaded")
        assert left(empty) == []
        assert facts(empty) == len(FACTS)

    run(main())


def test_once_under_a_key(empty: str) -> None:
    async def main() -> None:
        async with served(empty) as client:
            headers = {HEADER: "k"}
            first = await client.post("/v1/ingest?name=a.jsonl", content=LINES, headers=headers)
            again = await client.post("/v1/ingest?name=a.jsonl", content=LINES, headers=headers)
            assert first.status_code == 200
            assert (again.content, again.json()["loaded"]) == (first.content, len(FACTS))
            other = await client.post("/v1/ingest?name=b.jsonl", content=LINES, headers=headers)
            assert other.status_code == 422
        assert left(empty) == []

    run(main())


def test_the_quarantine_is_no_way_to_other_files(empty: str) -> None:
    async def main() -> None:
        async with served(empty) as client:
            for name in ("x", "..%2Fjobs.db", "%2e%2e", "0" * 24 + ".jsonl", "a.jsonl"):
                answer = await client.get(f"/v1/ingest/quarantine/{name}")
                assert answer.status_code == 404
                assert answer.headers["content-type"] == "application/problem+json"

    run(main())


def test_a_table_by_a_mapping_that_ships(empty: str) -> None:
    async def main() -> None:
        async with served(empty) as client:
            table = "当事人名称,列入日期,领域\n甲公司,2022-01-05,税务\n乙公司,2022-02-05,税务\n"
            path = "/v1/ingest?name=lists.csv&mapping=blacklist&dataset=lists"
            answer = await client.post(path, content=table.encode())
            assert answer.status_code == 200, answer.text
            receipt = answer.json()
            assert (receipt["loaded"], receipt["quarantined"]) == (4, 0)
            found = (await client.get("/v1/search?q=甲公司")).json()["results"]
            assert found[0]["label"] == "甲公司"

    run(main())
