"""Files that a client sends: as they are read, again where they can be wound back."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.client import AsyncClient, Client, Local, connect
from api.client.retrying import Retrying
from api.client.uploads import BLOCK, Upload
from graph.errors import BadFile, LinkriskError, WrongUsage
from graph.store import open_store
from tests.api.asked import TOKEN
from tests.api.serving import served
from tests.api.test_intake import HOLDERS, LINES, TABLE

QUICK = Retrying(times=3, base=0.0)
RECEIPT = {"batch": "b", "read": 1, "loaded": 1}


class Takes:
    """A service that reads what is sent, and fails as often as it is told to."""

    def __init__(self, *failures: int | Exception) -> None:
        self.failures = list(failures)
        self.bodies: list[bytes] = []
        self.headers: list[httpx.Headers] = []

    def told(self, request: httpx.Request, body: bytes) -> httpx.Response:
        self.bodies.append(body)
        self.headers.append(request.headers)
        if not self.failures:
            return httpx.Response(200, json=RECEIPT)
        failure = self.failures.pop(0)
        if isinstance(failure, Exception):
            raise failure
        return httpx.Response(failure, json={"title": "x", "detail": "away", "status": failure})

    def here(self, source: Any, **asked: Any) -> Any:
        def handle(request: httpx.Request) -> httpx.Response:
            return self.told(request, request.read())

        transport = httpx.MockTransport(handle)
        with Client("http://x", "t", retrying=QUICK, transport=transport) as client:
            return client.ingest(source, **asked)

    def later(self, source: Any, **asked: Any) -> Any:
        async def handle(request: httpx.Request) -> httpx.Response:
            return self.told(request, await request.aread())

        async def run() -> Any:
            transport = httpx.MockTransport(handle)
            async with AsyncClient("http://x", "t", retrying=QUICK, transport=transport) as client:
                return await client.ingest(source, **asked)

        return asyncio.run(run())


EITHER = pytest.mark.parametrize("way", ["here", "later"])
WOUND_BACK: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: path,
    "text": str,
    "file": lambda path: path.open("rb"),
    "memory": lambda path: io.BytesIO(path.read_bytes()),
    "list": lambda path: [path.read_bytes()[:7], path.read_bytes()[7:]],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "甲.jsonl"
    made.write_bytes(LINES * 2)
    return made


@EITHER
@pytest.mark.parametrize("kind", WOUND_BACK)
@pytest.mark.parametrize("failure", [503, 429, httpx.ReadError("reset")])
def test_what_can_be_wound_back_is_sent_again(
    file: Path, way: str, kind: str, failure: int | Exception
) -> None:
    """Whole, each time, under one key."""
    takes = Takes(failure, failure)
    source = WOUND_BACK[kind](file)
    try:
        assert getattr(takes, way)(source) == RECEIPT
    finally:
        if kind == "file":
            source.close()
    assert takes.bodies == [file.read_bytes()] * 3
    assert len({headers["idempotency-key"] for headers in takes.headers}) == 1


@EITHER
@pytest.mark.parametrize("failure", [503, 429, httpx.ReadError("reset")])
def test_what_cannot_is_sent_once(way: str, failure: int | Exception) -> None:
    takes = Takes(failure)
    with pytest.raises((httpx.ReadError, LinkriskError), match=r"away|reset"):
        getattr(takes, way)(iter([b"a", b"b"]))
    assert takes.bodies == [b"ab"]


@EITHER
def test_what_was_not_begun_is_sent_yet(way: str) -> None:
    """No connection came about: nothing of it was read."""
    takes = Takes()
    refused = [httpx.ConnectError("refused")]
    plain = httpx.MockTransport.handle_request
    later = httpx.MockTransport.handle_async_request

    def handle(self: Any, request: httpx.Request) -> httpx.Response:
        if refused:
            raise refused.pop()
        return plain(self, request)

    async def handle_later(self: Any, request: httpx.Request) -> httpx.Response:
        if refused:
            raise refused.pop()
        return await later(self, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.MockTransport, "handle_request", handle)
        patch.setattr(httpx.MockTransport, "handle_async_request", handle_later)
        assert getattr(takes, way)(iter([b"a", b"b"])) == RECEIPT
    assert takes.bodies == [b"ab"]


def test_a_file_is_sent_from_where_it_stands(file: Path) -> None:
    takes = Takes(503)
    with file.open("rb") as opened:
        opened.seek(10)
        takes.here(opened)
    assert takes.bodies == [file.read_bytes()[10:]] * 2


def test_a_path_says_its_size_and_name(file: Path) -> None:
    """So that a service refuses what is too large before it is sent."""
    takes = Takes()
    takes.here(file)
    assert takes.headers[0]["content-length"] == str(file.stat().st_size)
    takes.here([b"x"])
    assert "content-length" not in takes.headers[1]


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(LINES,))
    writer.start()
    takes = Takes(503)
    with pytest.raises(LinkriskError, match="away"):
        takes.here(pipe)
    writer.join()
    assert takes.bodies == [LINES]


@EITHER
def test_what_cannot_be_read_is_told(tmp_path: Path, way: str) -> None:
    takes = Takes()
    for source in (tmp_path / "none.jsonl", str(tmp_path / "none.jsonl")):
        with pytest.raises(BadFile, match=r"none\.jsonl"):
            getattr(takes, way)(source)
    with pytest.raises(WrongUsage, match="list"):
        getattr(takes, way)(b"bytes")

    def broken() -> Iterator[bytes]:
        yield b"x"
        raise OSError(5, "Input/output error")

    with pytest.raises(BadFile, match="Input/output"):
        getattr(takes, way)(broken())


@pytest.mark.parametrize("how", ["blocks", "later"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, how: str) -> None:
    """64 MiB, of which no more than some blocks are there at once."""
    made = tmp_path / "large"
    with made.open("wb") as out:
        out.truncate(64 << 20)
    upload = Upload(made)

    async def later() -> int:
        return sum([len(block) async for block in upload.later()])

    tracemalloc.start()
    try:
        total = asyncio.run(later()) if how == "later" else sum(map(len, upload.blocks()))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 64 << 20
    assert most < 16 * BLOCK


@pytest.fixture
def empty(store_url: str) -> str:
    open_store(store_url, create=True).close()
    return store_url


def test_a_store_in_this_process_takes_them_too(empty: str, file: Path) -> None:
    with connect(empty) as risk:
        assert isinstance(risk, Local)
        assert risk.ingest(file, name="reg.jsonl")["read"] == len((LINES * 2).splitlines())
        again = risk.ingest(iter([LINES * 2]), name="reg.jsonl")
        assert again["loaded"] == 0
        with pytest.raises(BadFile):
            risk.ingest(file.with_name("none"))


def test_ones_own_mapping_goes_along(empty: str, tmp_path: Path) -> None:
    """By every client; told apart from the name of one that ships by being a path."""
    (tmp_path / "holders.yaml").write_text(HOLDERS, "utf-8")
    (tmp_path / "t.csv").write_bytes(TABLE)
    table, own = tmp_path / "t.csv", tmp_path / "holders.yaml"
    with connect(empty) as risk:
        first = risk.ingest(table, mapping=own)
        assert first["quarantined"] == 2
        assert first["loaded"] > 0
        made = risk.add_mapping(own)["mapping"]
        assert risk.mapping(made) == HOLDERS
        assert risk.ingest(table, mapping=made)["duplicates"] == first["loaded"]
        assert "registry" in {row["mapping"] for row in risk.mappings().rows}
        with pytest.raises(WrongUsage, match="no mapping"):
            risk.ingest(table, mapping="holders.yaml")
        (tmp_path / "bad.yaml").write_text("version: 3", "utf-8")
        with pytest.raises(BadFile, match=r"bad.yaml:1: version must be 1"):
            risk.ingest(table, mapping=tmp_path / "bad.yaml")

    async def main() -> None:
        async with (
            served(empty) as http,
            AsyncClient("http://risk", "t" * 32, transport=http._transport) as later,
        ):
            assert (await later.ingest(table, mapping=own))["duplicates"] == first["loaded"]

    asyncio.run(main())


@pytest.fixture
def small(empty: str) -> Iterator[str]:
    """The address of a service, in a process of its own, that takes uploads of 1,000 bytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--store", empty, "--port", "0", "--no-warm"],
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "LINKRISK_TOKEN": TOKEN, "LINKRISK_INTAKE_MOST": "1000"},
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().partition("?")[0].strip()
        finally:
            process.terminate()


def test_what_is_too_large_is_told(small: str, tmp_path: Path) -> None:
    """By a path, whose size is said; and of blocks, once the service has had enough. It answers
    while there is more to be sent, and both ends get over that."""
    large = tmp_path / "large.jsonl"
    large.write_bytes(LINES * 5000)

    async def main() -> None:
        async with AsyncClient(small, TOKEN) as later:
            with pytest.raises(LinkriskError, match="1000 bytes"):
                await later.ingest(large)

    with Client(small, TOKEN) as client:
        for source in (large, iter([b"x" * 100_000] * 100)):
            with pytest.raises(LinkriskError, match="1000 bytes"):
                client.ingest(source)
        assert client.ingest([LINES[:900]], name="x.jsonl")["read"]
    asyncio.run(main())
