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

import pytest
from fastapi import FastAPI

from algorithms.registry import ALGORITHMS
from api import logs, telemetry
from api.app import Service, make_app
from api.auth import Access
from api.session import Session
from graph.facts import Normaliser
from graph.store import open_store
from tests.algorithms.small_world import questions
from tests.api.access.asking import Answer, send
from tests.api.access.conftest import TOKEN
from tests.api.access.world import ACCOUNT, CARD, FACTS, PHONE, RESIDENT, SECRETS

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
