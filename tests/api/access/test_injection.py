"""Texts meant for something else, in every field of every route: taken for texts, and no more."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from api.access.settings import Limits
from api.app import Service, make_app
from api.auth import Access
from api.contract.document import operations
from api.export import lines
from api.session import Session
from graph.facts import Normaliser
from graph.store import open_store
from tests.api.access.asking import Answer, ask, send
from tests.api.access.conftest import TOKEN
from tests.api.access.payloads import PAYLOADS
from tests.api.access.world import FACTS

SUM = str(7919 * 6841)
FREE = Limits(rate=1e9, burst=10**9, together=10**6)


class Place(NamedTuple):
    """A field of a route, and a request around it."""

    method: str
    path: str
    where: str  # path, query, body, header
    field: str
    query: dict[str, Any]
    body: dict[str, Any] | None


@pytest.fixture(scope="module")
def demo(module_url: str) -> Iterator[Session]:
    """A store that the examples of the document are about."""
    store = open_store(module_url, create=True)
    store.write("b1", [Normaliser("demo", store.id_key).row(fact) for fact in FACTS])
    store.close()
    with Session(module_url) as opened:
        opened.snapshot()
        yield opened


@pytest.fixture(scope="module")
def app(demo: Session) -> FastAPI:
    return make_app(demo, Service(Access(TOKEN, owner_limits=FREE)))


def places(app: FastAPI) -> list[Place]:
    found = []
    for method, path, said in operations(app.openapi()):
        content = said.get("requestBody", {}).get("content", {})
        given = content.get("application/json", {})
        body = given.get("example")
        if body is None and (more := given.get("examples")):
            body = next(iter(more.values()))["value"]
        query: dict[str, Any] = {}
        for each in said.get("parameters", []):
            if each["in"] == "query" and each.get("required"):
                query[each["name"]] = each.get("example", "c1")
        rest = (method.upper(), path)
        parameters = said.get("parameters", [])
        found += [Place(*rest, each["in"], each["name"], query, body) for each in parameters]
        properties = given.get("schema", {}).get("properties", {})
        names = {**dict.fromkeys(body or {}), **dict.fromkeys(properties), "unknown": None}
        if given:
            found += [Place(*rest, "body", name, query, body) for name in names]
        found += [
            Place(*rest, "query", "unknown", query, body),
            Place(*rest, "header", "linkrisk-purpose", query, body),
        ]
    return found


async def put(app: FastAPI, place: Place, payload: str) -> Answer:
    """The request with a payload in a field."""
    path, query, body = place.path, dict(place.query), place.body
    headers = {}
    for name in ("id", "step"):
        own = payload if (place.where, place.field) == ("path", name) else "c1"
        path = path.replace(f"{{{name}}}", own).replace(f"{{{name}:path}}", own)
    if place.where == "query":
        query[place.field] = payload
    if place.where == "body":
        old = (body or {}).get(place.field)
        body = {**(body or {}), place.field: [payload] if isinstance(old, list) else payload}
    if place.where == "header":
        headers["linkrisk-purpose"] = quote(payload)
    text = "&".join(f"{quote(k)}={quote(str(v))}" for k, v in query.items())
    raw = b"" if body is None else json.dumps(body).encode()
    return await send(
        app, place.method, path, token=TOKEN, query=text, body=raw, headers=headers
    )  # fmt: skip


def state(session: Session) -> str:
    """All facts and batches."""
    digest = hashlib.sha256()
    for line in lines(session, masked=False):
        digest.update(line)
    digest.update(repr(session.store.batches()).encode())
    return digest.hexdigest()


def all_put(app: FastAPI, each: list[tuple[Place, str]]) -> None:
    async def run() -> None:
        for place, payload in each:
            answer = await put(app, place, payload)
            assert answer.status < 500, (place, payload, answer)
            told = answer.body.decode("utf-8", "replace")
            assert "root:x:0" not in told, (place, payload)
            assert SUM not in told, (place, payload)  # a template worked it out
            assert "\r" not in "".join(answer.headers.values()), (place, payload)
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert payload not in told or "<" not in payload, (place, payload)

    asyncio.run(run())


def test_every_field_takes_texts_for_texts(
    app: FastAPI, demo: Session, caplog: pytest.LogCaptureFixture
) -> None:
    """Each field one payload, each payload in several fields; `full`: each in each."""
    before = state(demo)
    fields = places(app)
    assert len(fields) > 3 * len(PAYLOADS)
    with caplog.at_level(logging.INFO):
        all_put(app, [(p, PAYLOADS[n % len(PAYLOADS)]) for n, p in enumerate(fields)])
    assert state(demo) == before
    assert demo.store.check() == []
    assert ask(app, "GET", "/v1/audit/verify", token=TOKEN).said["ok"]
    for record in (each for each in caplog.records if each.name.startswith("linkrisk")):
        assert "\n" not in record.getMessage()
        assert "\x1b" not in record.getMessage()


@pytest.mark.full
@pytest.mark.parametrize("part", range(20))
def test_every_payload_in_every_field(app: FastAPI, demo: Session, part: int) -> None:
    before = state(demo)
    all_put(app, [(p, payload) for p in places(app) for payload in PAYLOADS[part::20]])
    assert state(demo) == before
    assert demo.store.check() == []
