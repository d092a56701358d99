"""Whose subscriptions are whose keys': what a key may not see is neither shown nor sent to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from api.access.keys import Keyring
from api.app import Service, make_app
from api.auth import Access
from api.caller import DOMAINS
from api.session import Session
from api.webhooks.pump import Pump
from graph.facts import Normaliser
from graph.store import open_store
from graph.times import now
from tests.api.access.asking import Answer, ask

HOUR = 3_600_000_000
ALL = [*DOMAINS]
COMPANY = {"kind": "company", "id": "c1", "name": "甲"}
INVOICE = {"kind": "invoice", "id": "i1", "from": "c1", "to": "c1", "amount": "9.00",
           "tax": "1.00", "at": "2021-01-01"}  # fmt: skip


def record(url: str, batch: str, *facts: dict[str, Any]) -> None:
    with closing(open_store(url)) as store:
        written = store.write(batch, [Normaliser("d", store.id_key).row(f) for f in facts])
        assert not written.rejected


class World:
    """A service on a store, its keys, and its pump run by hand."""

    def __init__(self, url: str, session: Session, ring: Keyring) -> None:
        self.url, self.ring = url, ring
        self.app: FastAPI = make_app(session, Service(Access(None, keyring=ring)))
        self.book = self.app.state.webhooks.book
        self.pump: Pump = self.app.state.webhooks._pump

    def key(self, name: str, *scopes: str, domains: list[str] = ALL) -> str:
        return self.ring.create(name, [*scopes], domains, now() + HOUR)[1]

    def ask(self, method: str, path: str, key: str, asked: Any = None) -> Answer:
        body = b"" if asked is None else json.dumps(asked).encode()
        return ask(self.app, method, f"/v1/webhooks{path}", token=key, body=body)

    def subscribe(self, key: str, *events: str) -> str:
        asked = {"url": "http://127.0.0.1:9/", "events": events, "subjects": ["c1"]}
        made = self.ask("POST", "", key, asked)
        assert made.status == 201, made.body
        ident: str = made.said["id"]
        return ident

    def waiting(self, ident: str) -> list[Any]:
        found = self.book.events(ident, "waiting", None, 100)
        return [json.loads(event.body)["data"] for event in reversed(found)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'facts.db'}"
    open_store(url, create=True).close()
    record(url, "b1", COMPANY)
    with Session(url) as session:
        yield World(url, session, Keyring(tmp_path / "keys.json"))


def test_events_are_shown_to_who_is_granted_what_they_tell(world: World) -> None:
    """An admin may see everybody's subscriptions, and of their events what it may see itself."""
    ident = world.subscribe(world.key("whole", "export"), "subject.changed")
    record(world.url, "b2", INVOICE)
    world.pump.run()
    some = world.key("some", "export", "admin", domains=["registry"])
    every = world.key("every", "export", "admin")
    assert world.ask("GET", f"/{ident}", some).status == 200
    for method, path, asked in (("GET", "deliveries", None), ("POST", "replay", {})):
        refused = world.ask(method, f"/{ident}/{path}", some, asked)
        assert (refused.status, "tax" in refused.detail) == (403, True)
        assert world.ask(method, f"/{ident}/{path}", every, asked).status == 200
    (row,) = world.ask("GET", f"/{ident}/deliveries", every).said["results"]
    assert row["body"]["data"]["recorded"] == {"invoice": 1}


def test_steps_of_decisions_are_shown_to_who_may_see_decisions(world: World) -> None:
    ident = world.subscribe(world.key("whole", "export", "related"), "decision.*")
    without = world.ask("GET", f"/{ident}/deliveries", world.key("a", "export", "admin"))
    assert (without.status, "related" in without.detail) == (403, True)
    having = world.key("b", "export", "related", "admin")
    assert world.ask("GET", f"/{ident}/deliveries", having).status == 200
