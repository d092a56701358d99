"""Idempotency keys: the same request again changes nothing and is answered as before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from api.decisions import asking
from api.engine import Busy, Engine
from api.once import HEADER, Name, Once, UsedKey
from graph.errors import Conflict, StoreFull
from graph.facts import Normaliser
from graph.store import Store, open_store
from graph.times import today
from tests.api.decisions.conftest import ACT, FACTS, MEASURE
from tests.api.serving import served

FAR = (date.fromisoformat(today()) + timedelta(400)).isoformat()
ASKED = {"subject": "c1", "party": "p1", "measure": MEASURE, "act": ACT, "by": "张三"}


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


@pytest.fixture
def world(store: Store, store_url: str) -> str:
    normaliser = Normaliser("d", store.id_key)
    store.write("b1", [normaliser.row(f) for f in [*FACTS[:-1], FACTS[-1] | {"until": FAR}]])
    return store_url


def entries(url: str) -> int:
    with closing(open_store(url)) as store:
        return store.ledger_head().no


async def post(client: httpx.AsyncClient, path: str, body: Any, key: str) -> httpx.Response:
    return await client.post(f"/v1/decisions{path}", json=body, headers={HEADER: key})


def test_the_same_request_again(world: str) -> None:
    async def main() -> None:
        async with served(world) as client:
            first = await post(client, "", ASKED, '"k 1"')
            assert first.status_code == 200, first.text
            again = await post(client, "", ASKED, '"k 1"')
            assert (again.status_code, again.content) == (200, first.content)
            assert again.headers["idempotency-replayed"] == "true"
            assert again.headers["content-type"] == first.headers["content-type"]
            assert entries(world) == 1
            other = await post(client, "", ASKED | {"party": "p5"}, '"k 1"')
            assert other.status_code == 422
            assert "another request" in other.json()["detail"]
            about = first.json()["id"]
            await post(client, f"/{about}/approve", {"by": "李四"}, "k2")
            moved = await post(client, f"/{about}/notify", {"by": "李四", "how": "EMS"}, "k2")
            assert moved.status_code == 200  # another route's key is another key
            late = await post(client, f"/{about}/approve", {"by": "李四"}, "k2")
            assert late.json()["status"] == "approved"  # as it was answered, whatever came since
            assert entries(world) == 3

    run(main())


def test_over_a_restart_and_a_lost_answer(world: str) -> None:
    """The answer is kept over a restart; where it was lost, the ledger knows that it was done."""

    async def main() -> None:
        async with served(world) as client:
            first = await post(client, "", ASKED, "k")
        async with served(world) as client:
            assert (await post(client, "", ASKED, "k")).content == first.content
            once = Once(world)
            once.free(Name("owner", "POST /v1/decisions", "k"))
            again = await post(client, "", ASKED, "k")
            assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
            assert "idempotency-replayed" not in again.headers
            once.close()
        assert entries(world) == 1

    run(main())


def test_what_failed_leaves_its_key_free(world: str) -> None:
    async def main() -> None:
        async with served(world) as client:
            refused = await post(client, "", ASKED | {"party": "p4"}, "k")
            assert refused.status_code == 409
            assert (await post(client, "", ASKED, "k")).status_code == 200

    run(main())


def test_while_the_first_is_under_way(world: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go, take = threading.Event(), threading.Event(), asking.take

    def slow(*args: Any) -> bytes:
        begun.set()
        assert go.wait(30)
        return take(*args)

    monkeypatch.setattr(asking, "take", slow)

    async def main() -> None:
        async with served(world) as client:
            first = asyncio.create_task(post(client, "", ASKED, "k"))
            await asyncio.to_thread(begun.wait, 30)
            second = await post(client, "", ASKED, "k")
            assert second.status_code == 409
            assert "under way" in second.json()["detail"]
            go.set()
            assert (await first).status_code == 200
            assert (await post(client, "", ASKED, "k")).content == (await first).content
        assert entries(world) == 1

    run(main())


def test_a_full_service_notes_what_was_carried_out(
    world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine refuses everything from when the request is carried out until it is sent again."""
    full, taken, take, work = threading.Event(), [], asking.take, Engine.run

    def filling(*args: Any) -> bytes:
        taken.append(args)
        full.set()
        return take(*args)

    async def refusing(engine: Engine, *args: Any, **more: Any) -> Any:
        if full.is_set():
            raise Busy("too many questions")
        return await work(engine, *args, **more)

    monkeypatch.setattr(asking, "take", filling)
    monkeypatch.setattr(Engine, "run", refusing)

    async def main() -> None:
        async with served(world) as client:
            first = await post(client, "", ASKED, "k")
            assert first.status_code == 200, first.text
            full.clear()
            again = await post(client, "", ASKED, "k")
            assert (again.status_code, again.content) == (200, first.content)
            assert len(taken) == 1

    run(main())


def test_an_answer_that_cannot_be_kept(world: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, and its key is not free: sent again at once, nothing is carried out twice."""

    def failing(*_: Any, **__: Any) -> None:
        raise StoreFull("no space")

    monkeypatch.setattr(Once, "done", failing)

    async def main() -> None:
        async with served(world) as client:
            assert (await post(client, "", ASKED, "k")).status_code == 200
            again = await post(client, "", ASKED, "k")
            assert (again.status_code, again.json()["title"]) == (409, "Conflict")

    run(main())


def test_signs_go_on_after_one_was_not_noted(world: str, monkeypatch: pytest.MonkeyPatch) -> None:
    signs, go, take = [], threading.Event(), asking.take

    def hold(_: Once, name: Name) -> None:
        signs.append(name)
        if len(signs) == 1:
            raise StoreFull("no space")
        go.set()

    def slow(*args: Any) -> bytes:
        assert go.wait(10), "no second sign came"
        return take(*args)

    monkeypatch.setattr("api.once._SIGN", 0.01)
    monkeypatch.setattr(Once, "hold", hold)
    monkeypatch.setattr(asking, "take", slow)

    async def main() -> None:
        async with served(world) as client:
            assert (await post(client, "", ASKED, "k")).status_code == 200

    run(main())


@pytest.mark.parametrize("key", ["", '""', '"a', "a b", "中", "x" * 201, "\x7f"])
def test_what_is_no_key(world: str, key: str) -> None:
    async def main() -> None:
        async with served(world) as client:
            sent = [(HEADER.encode(), key.encode())]
            answer = await client.post("/v1/decisions", json=ASKED, headers=sent)
            assert answer.status_code == 422
            assert HEADER in answer.json()["detail"]
        assert entries(world) == 0

    run(main())


def test_the_book_of_requests(store_url: str) -> None:
    """Each caller's keys are its own; an unfinished one is taken up once it was given up; kept
    answers expire."""
    once, name = Once(store_url), Name("a", "POST /x", "k")
    assert once.begin(name, b"1") is None
    with pytest.raises(Conflict, match="under way"):
        once.begin(name, b"1")
    with pytest.raises(UsedKey):
        once.begin(name, b"2")
    assert once.begin(Name("b", "POST /x", "k"), b"2") is None
    with once._kept.writing() as db:
        db.execute("UPDATE sent SET held = 0")
    assert once.begin(name, b"1") is None
    once.done(name, Response(b"{}", 201, {"Location": "/y"}, "application/json"))
    found = once.begin(name, b"1")
    assert found is not None
    assert (found.status_code, bytes(found.body), found.headers["location"]) == (201, b"{}", "/y")
    with once._kept.writing() as db:
        db.execute("UPDATE sent SET expires = 0")
    assert once.begin(name, b"2") is None
    once.close()


def test_writing_routes_take_the_header(world: str) -> None:
    """Every POST that changes something says so in the OpenAPI description."""

    async def main() -> None:
        async with served(world) as client:
            paths = (await client.get("/openapi.json")).json()["paths"]
            for path in ("/v1/decisions", "/v1/decisions/{id}/{step}", "/v1/jobs"):
                names = {p["name"] for p in paths[path]["post"].get("parameters", ())}
                assert HEADER in names, path

    run(main())
