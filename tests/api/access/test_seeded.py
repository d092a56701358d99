"""Identifiers that were put into the facts, looked for in all that leaves the service unasked."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from algorithms.registry import ALGORITHMS
from api import logs, telemetry
from api.app import Service, make_app
from api.auth import Access
from api.once import HEADER
from api.session import Session
from graph.facts import Normaliser
from graph.store import open_store
from tests.algorithms.small_world import questions
from tests.api.access.asking import Answer, send
from tests.api.access.conftest import TOKEN
from tests.api.access.world import ACCOUNT, CARD, FACTS, PHONE, RESIDENT, SECRETS
from tests.api.serving import served, until

Ask = Callable[[FastAPI], list[tuple[str, Answer]]]
WRONG = (RESIDENT[:17] + "0", "139" + PHONE[3:])  # looks like one, and nobody bears it


@pytest.fixture
def place(store_url: str, tmp_path: Path) -> Iterator[tuple[Session, Path]]:
    store = open_store(store_url, create=True)
    store.write("b1", [Normaliser("reg", store.id_key).row(fact) for fact in FACTS])
    store.close()
    with Session(store_url) as session:
        session.snapshot()
        yield session, tmp_path


async def everything(app: FastAPI) -> list[tuple[str, Answer]]:
    """All questions about all subjects, by their ids and by their identifiers; wrong ones, too."""
    ids = [
        fact["id"] for fact in FACTS if fact["kind"] in ("company", "person", "phone", "account")
    ]
    names = [*ids, *SECRETS, *WRONG, f"+86 {PHONE}", f"{RESIDENT} 张三"]
    asked: list[tuple[str, str, bytes, str]] = []
    for record in ALGORITHMS.values():
        for question in [*questions(record)][:6]:
            body = json.dumps({**question, "as_of": "2024-01-01"}).encode()
            asked.append(("POST", record.path, body, ""))
        for name in (*SECRETS, *WRONG):
            taking = next((f for f in record.fields if f in _SUBJECTS), None)
            if taking is not None:
                text = json.dumps({taking: name, "as_of": "2024-01-01"}).encode()
                asked.append(("POST", record.path, text, ""))
                asked.append(("GET", record.path, b"", f"{taking}={quote(name)}"))
    views = ("", "/timeline", "/adjacent", "/record", "/related", "/controllers")
    asked += [("GET", f"/v1/subjects/{quote(n)}{v}", b"", "") for n in names for v in views]
    asked += [("GET", "/v1/search", b"", f"q={quote(name)}") for name in names]
    asked += [
        ("POST", "/v1/facts", json.dumps({"ids": [f"reg:{fact['id']}"]}).encode(), "")
        for fact in FACTS
    ]
    asked += [
        ("POST", "/v1/facts", json.dumps({"ids": list(SECRETS)}).encode(), ""),
        ("POST", "/v1/unmask", json.dumps({"subject": RESIDENT}).encode(), ""),
        ("GET", f"/v1/decisions/{PHONE}", b"", ""),
        ("GET", "/v1/decisions", b"", f"subject={RESIDENT}"),
        ("GET", f"/{PHONE}/{ACCOUNT}", b"", f"x={CARD}"), ("PUT", f"/v1/{RESIDENT}", b"{", ""),
        ("GET", "/v1/export", b"", ""), ("GET", "/v1/changes", b"", ""),
        ("POST", "/v1/related-parties", f'{{"subject": "{RESIDENT}'.encode(), ""),
        ("POST", "/v1/match", json.dumps({"queries": {"q": {"schema": "Person", "properties": {
            "name": ["张三"], "idNumber": [RESIDENT], "phone": [PHONE]}}}}).encode(), ""),
    ]  # fmt: skip
    return [
        (path, await send(app, method, path, token=TOKEN, body=body, query=query))
        for method, path, body, query in asked
    ]


_SUBJECTS = ("subject", "target", "from", "account", "company", "controller", "through", "owner")


def assert_none_in(text: str, what: str) -> None:
    for secret in (*SECRETS, *WRONG):
        at = text.find(secret)
        assert at < 0, f"{what}: {text[max(0, at - 200) : at + 60]}"


@pytest.fixture
def every_log() -> Iterator[None]:
    """All that is logged is told, whatever others have set."""
    loggers = [logging.getLogger(name) for name in (None, "linkrisk", "linkrisk.access")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.mark.usefixtures("every_log")
def test_no_answer_error_log_or_trace_has_one(
    place: tuple[Session, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    session, folder = place
    spans = io.StringIO()
    monkeypatch.setattr("sys.stdout", spans)
    monkeypatch.setattr(telemetry, "wanted", lambda: "console")
    app = make_app(session, Service(Access(TOKEN)))
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(logs.Lines())
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [handler])
    answers = asyncio.run(everything(app))
    tracing: Any = app.state.engine.tracing
    tracing.close()
    statuses = {answer.status for _, answer in answers}
    assert {200, 404, 422} <= statuses
    assert max(statuses) < 500
    for path, answer in answers:
        assert_none_in(answer.body.decode(), f"answer {answer.status} of {path}")
        assert_none_in(str(answer.headers), f"headers of {path}")
    assert said.getvalue().count("\n") > 500
    assert_none_in(said.getvalue(), "log")
    assert spans.getvalue().count("trace_id") > 500
    assert_none_in(spans.getvalue(), "trace")
    kept = [path for path in folder.rglob("*") if path.is_file() and ".state" in str(path)]
    assert kept  # the chain of reads
    for path in kept:
        assert_none_in(path.read_bytes().decode("latin-1"), path.name)


def test_masked_ones_are_told_apart(place: tuple[Session, Path]) -> None:
    """So that the test above looks at answers in which they could be."""
    session, _ = place
    app = make_app(session, Service(Access(TOKEN)))

    async def one() -> list[Answer]:
        return [
            await send(app, "GET", f"/v1/subjects/{name}", token=TOKEN)
            for name in ("p1", "t1", "a1")
        ]

    told = [answer.body.decode() for answer in asyncio.run(one())]
    for text, end in zip(told, (RESIDENT[-4:], PHONE[-4:], ACCOUNT[-4:]), strict=True):
        assert "*" in text
        assert end in text


FAR = {"kind": "person", "id": "p7", "name": "李四", "attrs": {"note": "无"}}


async def work(client: httpx.AsyncClient, app: FastAPI, url: str) -> list[tuple[str, Any]]:
    """What runs beside the routes, asked by identifiers: jobs, webhooks, rights of persons,
    reconciliation, screening, loads."""
    told: list[tuple[str, Any]] = []

    async def ask(method: str, path: str, **more: Any) -> Any:
        answer = await client.request(method, path, **more)
        assert answer.status_code < 500, (path, answer.text)
        told.append((f"{method} {path.partition('?')[0]}", answer.text + str(answer.headers)))
        return answer

    ends = []
    for number, name in enumerate((*SECRETS, *WRONG)):
        body = {"algorithm": "related_parties", "params": {"subject": name}}
        made = await ask("POST", "/v1/jobs", json=body, headers={HEADER: f"k{number}"})
        ends.append(made.headers["location"])
        plain = {"prefer": "respond-async"}
        made = await ask("POST", "/v1/adjacent", json={"subject": name}, headers=plain)
        ends += [made.headers["location"]] if made.status_code == 202 else []

    async def ended() -> bool:
        rows = (await client.get("/v1/jobs")).json()["results"]
        return all(row["status"] in ("done", "failed") for row in rows)

    await until(ended)
    for end in ends:
        await ask("GET", end)
        await ask("GET", f"{end}/result")
    await ask("GET", "/v1/jobs")
    asked = {"url": "http://127.0.0.1:9/", "events": ["subject.changed", "batch.recorded"],
             "subjects": SECRETS, "note": f"{RESIDENT} {PHONE}"}  # fmt: skip
    hook = (await ask("POST", "/v1/webhooks", json=asked)).json()["id"]
    await ask("POST", "/v1/webhooks", json={**asked, "subjects": WRONG})
    lines = [{**fact, "attrs": {**fact.get("attrs", {}), "more": "改"}} for fact in FACTS[:7]]
    bad = {"kind": "shareholder", "id": "sx", "from": "p1", "to": "c1", "share": "7",
           "attrs": {"note": RESIDENT}}  # fmt: skip
    sent = "\n".join(json.dumps(line) for line in [*lines, FAR, bad])
    receipt = (await ask("POST", "/v1/ingest?name=a.jsonl&dataset=reg", content=sent)).json()
    await ask("GET", receipt["quarantine"])
    await until(lambda: asyncio.to_thread(lambda: not app.state.webhooks._pump.run()))
    for path in ("", "/deliveries"):
        await ask("GET", f"/v1/webhooks/{hook}{path}")
    await ask("POST", f"/v1/webhooks/{hook}/test")
    said = {"request": "2026-1", "reason": "PIPL", "by": "李办"}
    for subject in (*SECRETS, *WRONG):
        await ask("GET", f"/v1/privacy/reports/{subject}")
        for path in ("releases", "readmissions", "corrections"):
            more = {"record": subject, "fields": {"name": subject}} if path == "corrections" else {}
            body = {"subject": subject, **said, **more}
            await ask("POST", f"/v1/privacy/{path}", json=body)
        for field in said:
            body = {"subject": "reg:p7", **said, field: f"x {RESIDENT}"}
            refused = await ask("POST", "/v1/privacy/erasures", json=body)
            assert refused.status_code == 422
    await ask("POST", "/v1/privacy/erasures", json={"subject": "reg:p7", **said})
    queries = {"q": {"query": f"张三 {PHONE}", "properties": [
        {"pid": "resident_id", "v": RESIDENT}, {"pid": "phone", "v": PHONE}]}}  # fmt: skip
    await ask("POST", "/v1/reconcile", data={"queries": json.dumps(queries)})
    for name in (*SECRETS, *WRONG):
        await ask("GET", f"/v1/reconcile/preview?id={name}")
        await ask("GET", f"/v1/reconcile/suggest/entity?prefix={name}")
        body = {"queries": {"q": {"schema": "Thing", "properties": {
            each: [name] for each in ("name", "idNumber", "phone", "accountNumber")}}}}  # fmt: skip
        await ask("POST", "/v1/match", json=body)
        await ask("POST", "/v1/match", json={"queries": {"q": {"schema": name}}})
    return told


@pytest.mark.usefixtures("every_log")
def test_none_is_in_what_runs_beside_the_routes(
    place: tuple[Session, Path], store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor at rest in the books of jobs, requests and webhooks, once jobs have ended. What a load
    rejected is kept as it came, for who loads, and shown masked."""
    _, folder = place
    said, spans = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdout", spans)
    monkeypatch.setattr(telemetry, "wanted", lambda: "console")
    handler = logging.StreamHandler(said)
    handler.setFormatter(logs.Lines())
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    # The client's own, in the same process.
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", True)
    apps: list[FastAPI] = []

    async def conversation() -> list[tuple[str, Any]]:
        async with served(store_url, with_app=apps.append) as client:
            return await work(client, apps[0], store_url)

    told = asyncio.run(conversation())
    for what, text in told:
        assert_none_in(text, what)
    assert_none_in(said.getvalue(), "log")
    assert said.getvalue().count("\n") > 100
    assert_none_in(spans.getvalue(), "trace")
    assert spans.getvalue().count("trace_id") > 100
    state = [path for path in folder.rglob("*") if path.is_file() and ".state" in str(path)]
    kept = [path for path in state if "quarantine" not in path.parts]
    names = {path.name for path in kept}
    assert {"jobs.db", "requests.db", "webhooks.db", "reads.db"} <= names
    for path in kept:
        assert_none_in(path.read_bytes().decode("latin-1"), path.name)
