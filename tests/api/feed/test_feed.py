"""Changes page by page, the export as it streams, long answers by lines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.cli import main as cli
from api.feed.lines import MEDIA_TYPE, lines_of, pieces
from graph.facts import Normaliser
from graph.store import Store, open_store
from tests.api.conftest import FACTS, RESIDENT
from tests.api.serving import served, until


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


def record(url: str, facts: list[dict[str, Any]], batch: str) -> None:
    with closing(open_store(url)) as store:
        written = store.write(batch, [Normaliser("reg", store.id_key).row(f) for f in facts])
        assert not written.rejected


async def pages(client: httpx.AsyncClient, limit: int, since: str = "0") -> list[dict[str, Any]]:
    """All that came behind a place."""
    rows: list[dict[str, Any]] = []
    while True:
        page = (await client.get(f"/v1/changes?since={since}&limit={limit}")).json()
        rows += page["results"]
        since = page["next"]
        if not page["more"]:
            return rows


def test_changes_page_by_page(filled: str) -> None:
    """Corrected, retracted and joined: by subject, each in its batch, whatever the page's size."""

    async def main() -> None:
        record(filled, [{"kind": "company", "id": "c2", "name": "丙公司"}], "b2")
        record(filled, [{"kind": "retract", "id": "s2"}], "b3")
        async with served(filled) as client:
            rows = await pages(client, 1000)
            assert [(r["batch"], r["record"]) for r in rows] == [
                (1, "reg:c1"), (1, "reg:c2"), (1, "reg:p1"), (1, "reg:t1"),
                (2, "reg:c2"),
                (3, "reg:c1"), (3, "reg:c2"),
            ]  # fmt: skip
            one, two = rows[4], rows[5]
            assert (one["recorded"], one["retracted"]) == ({"company": 1}, {"company": 1})
            assert (two["recorded"], two["retracted"]) == ({}, {"shareholder": 1})
            assert two["facts"] == ["reg:s2"]
            assert rows[0]["recorded"] == {"company": 1, "shareholder": 2, "invoice": 1,
                                           "listing": 1}  # fmt: skip
            subject = (await client.get("/v1/subjects/c1")).json()["id"]
            assert rows[0]["subject"] == two["subject"] == subject
            for limit in (1, 2, 3):
                assert await pages(client, limit) == rows
            assert await pages(client, 1000, since="1") == rows[4:]
            last = (await client.get("/v1/changes?since=3")).json()
            assert (last["results"], last["next"], last["more"]) == ([], "3", False)
            ahead = (await client.get("/v1/changes?since=99")).json()
            assert (ahead["results"], ahead["next"], ahead["batch"]) == ([], "99", 3)

    run(main())


def test_waiting_for_a_change(filled: str) -> None:
    async def main() -> None:
        async with served(filled) as client:
            asked = asyncio.create_task(client.get("/v1/changes?since=1&wait=30"))
            await asyncio.sleep(0.1)
            assert not asked.done()
            facts = [{"kind": "company", "id": "c9", "name": "x"}]
            await asyncio.to_thread(record, filled, facts, "b2")
            (row,) = (await asked).json()["results"]
            assert (row["batch"], row["record"]) == (2, "reg:c9")

    run(main())


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("changes?since=x", "since"),
        ("changes?since=-1", "since"),
        ("changes?since=1.2.3", "since"),
        ("changes?since=" + "9" * 30, "since"),
        ("changes?limit=0", "limit"),
        ("changes?wait=31", "wait"),
        ("changes?wait=nan", "wait"),
        ("changes?form=x", "form"),
        ("export?masked=false", "masked"),
        ("export?known_at=yesterday", "yesterday"),
    ],
)
def test_wrong_use(filled: str, path: str, said: str) -> None:
    async def main() -> None:
        async with served(filled) as client:
            answer = await client.get(f"/v1/{path}")
            assert answer.status_code in (400, 422), answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert said in answer.json()["detail"]

    run(main())


def test_the_export_is_what_the_verb_writes(
    filled: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    async def main() -> None:
        async with served(filled) as client:
            answer = await client.get("/v1/export")
            assert answer.headers["content-type"] == MEDIA_TYPE
            assert RESIDENT not in answer.text
            capfdbinary.readouterr()
            assert cli(["export", "--masked", "--store", filled]) == 0
            assert capfdbinary.readouterr().out == answer.content
            assert len(answer.content.splitlines()) == len(FACTS)

    run(main())


def test_pieces_of_an_export_show_one_view(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded and retracted while it streams is not in it."""
    from api import exporting
    from api.feed import export as module

    async def main() -> None:
        monkeypatch.setattr(exporting, "_TOGETHER", 2)
        async with served(filled) as client:
            before = (await client.get("/v1/export")).content
        monkeypatch.setattr(module, "_BYTES", before.index(b"\n") + 2)  # two lines a piece
        from api.engine import Engine
        from api.session import Session

        engine = Engine(Session(filled), seconds=60)
        view = engine.session.snapshot()
        stream = module.export(engine, view)
        got = await anext(stream)
        assert len(got.splitlines()) == 2
        late = [{"kind": "company", "id": "c9", "name": "x"}, {"kind": "retract", "id": "s2"}]
        await asyncio.to_thread(record, filled, late, "b2")
        async for piece in stream:
            got += piece
        assert got == before
        engine.close()
        engine.session.close()

    run(main())


def test_long_answers_by_lines(filled: str) -> None:
    async def main() -> None:
        async with served(filled) as client:
            asked = {"subject": "c1", "depth": 2}
            whole = (await client.post("/v1/related-parties", json=asked)).json()
            accept = {"Accept": f"{MEDIA_TYPE}, application/json;q=0.5"}
            answer = await client.post("/v1/related-parties", json=asked, headers=accept)
            assert answer.headers["content-type"] == MEDIA_TYPE
            assert answer.headers["vary"] == "Accept"
            head, *rows = map(json.loads, answer.content.splitlines())
            assert rows == whole["results"] and rows
            assert head == {k: v for k, v in whole.items() if k != "results"} | {"rows": len(rows)}
            refused = await client.post("/v1/related-parties", json={}, headers=accept)
            assert refused.headers["content-type"] == "application/problem+json"
            made = await client.post("/v1/jobs", json={"algorithm": "related-parties",
                                                       "params": asked})  # fmt: skip

            async def done() -> Any:
                job = (await client.get(made.headers["location"])).json()
                return job["status"] == "done" and job

            job = await until(done)
            assert (await client.get(job["result"], headers=accept)).content == answer.content

    run(main())


def test_rows_stay_as_they_are() -> None:
    """Byte for byte, whatever JSON they hold, and pieces lose none."""
    rows = [b'{"a":1.10,"b":"\\u4e2d"}', b"[1, 2]", b"null"]
    body = b'{"x":1,"results":[' + b",".join(rows) + b'],"truncated":null}'
    head, *found = lines_of(body)
    assert json.loads(head) == {"x": 1, "truncated": None, "rows": 3}
    assert found == rows
    many = [b"x" * 1000] * 500
    sent = list(pieces(iter(many)))
    assert len(sent) > 1
    assert b"".join(sent) == b"\n".join(many) + b"\n"


def test_a_store_without_facts(store: Store, store_url: str, write: Callable[..., Any]) -> None:
    async def main() -> None:
        async with served(store_url) as client:
            page = (await client.get("/v1/changes")).json()
            assert (page["results"], page["next"], page["more"], page["batch"]) == (
                [], "0", False, 0,
            )  # fmt: skip
            assert (await client.get("/v1/export")).content == b""

    run(main())


def test_reading_on_from_a_file(tmp_path: Path) -> None:
    """A large batch is read in pages that meet each other, over the service's own bounds."""
    url = f"sqlite:///{tmp_path / 'facts.db'}"
    open_store(url, create=True).close()
    record(url, [{"kind": "company", "id": f"c{n}", "name": "x"} for n in range(2500)], "b1")

    async def main() -> None:
        async with served(url) as client:
            rows = await pages(client, 1000)
            assert [row["record"] for row in rows] == [f"reg:c{n}" for n in range(2500)]

    run(main())
