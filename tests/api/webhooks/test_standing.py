"""Whose subscriptions are whose keys': what a key may not see is neither shown nor sent to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from fastapi import FastAPI

from api.access.keys import Keyring
from api.app import Service, make_app
from api.auth import Access
from api.caller import DOMAINS, Caller
from api.session import Session
from api.webhooks.pump import Pump
from graph.facts import Normaliser
from graph.store import open_store
from graph.times import format_instant, now
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


class Tokens:
    """Stands for the issuers: who a token is of, and what it says."""

    def __init__(self) -> None:
        self.callers: dict[str, Caller] = {}

    async def caller(self, token: str) -> Caller:
        return self.callers[token]

    def token(self, claimed: int, *scopes: str, domains: list[str] = ALL, name: str = "li") -> str:
        text = f"a.b.{len(self.callers)}"
        self.callers[text] = Caller(
            name, frozenset(scopes), frozenset(domains), kind="person", claimed=claimed
        )
        return text


class World:
    """A service on a store, its keys, and its pump run by hand."""

    def __init__(self, url: str, session: Session, ring: Keyring) -> None:
        self.url, self.ring = url, ring
        self.people = Tokens()
        access = Access(None, keyring=ring, people=self.people)  # type: ignore[arg-type]
        self.app: FastAPI = make_app(session, Service(access))
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

    def listen(self) -> None:
        """Write down what persons' tokens said, as delivery does at each look."""
        delivery = self.app.state.webhooks
        delivery.note(delivery.heard())

    def waiting(self, ident: str) -> list[Any]:
        found = self.book.events(ident, "waiting", None, 100)
        return [json.loads(event.body)["data"] for event in reversed(found)]


@pytest.fixture
def world(store_url: str, tmp_path: Path) -> Iterator[World]:
    url = store_url
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


def test_a_subscription_pauses_with_its_key(world: World) -> None:
    """Revoked, or made anew with less than it takes; nothing is sent, and the reason is shown."""
    ident = world.subscribe(world.key("feed", "export"), "subject.changed", "batch.recorded")
    steps = world.subscribe(world.key("steps", "export", "related"), "decision.*")
    stays = world.subscribe(world.key("stays", "export"), "batch.recorded")
    record(world.url, "b2", INVOICE)
    world.pump.run()
    assert {event.hook for event in world.book.due(10)} == {ident, stays}
    for name in ("feed", "steps"):
        world.ring.revoke(name)
    world.key("steps", "export")
    world.pump.run()
    admin = world.key("admin", "export", "admin")
    for paused, why in ((ident, "no active key is named feed"), (steps, "no scope related")):
        shown = world.ask("GET", f"/{paused}", admin).said
        assert shown["state"] == "paused"
        assert why in shown["error"]
    assert {event.hook for event in world.book.due(10)} == {stays}
    assert world.ask("PATCH", f"/{ident}", admin, {"state": "active"}).status == 200
    world.pump.run()
    assert world.book.get(ident).state == "paused"
    again = world.key("feed", "export")
    assert world.ask("PATCH", f"/{ident}", again, {"state": "active"}).said["state"] == "active"
    world.pump.run()
    assert world.ask("GET", f"/{ident}", again).said["error"] is None
    assert len(world.waiting(ident)) == 2  # nothing that it may see was lost


@pytest.mark.neo4j
def test_a_subscription_is_narrowed_with_its_key(world: World) -> None:
    """What was taken for more than the key sees now is dropped; numbers of batches are not."""
    ident = world.subscribe(world.key("feed", "export"), "subject.changed", "batch.recorded")
    record(world.url, "b2", INVOICE)
    world.pump.run()
    assert [row.get("recorded") for row in world.waiting(ident)] == [{"invoice": 1}, None]
    world.ring.revoke("feed")
    less = world.key("feed", "export", domains=["registry", "bank"])
    record(world.url, "b3", {**INVOICE, "id": "i2"}, {**COMPANY, "name": "乙"})
    world.pump.run()
    rows = world.waiting(ident)
    assert [(row["batch"], row.get("recorded")) for row in rows] == [
        (2, None), (3, {"company": 1}), (3, None),
    ]  # fmt: skip
    shown = world.ask("GET", f"/{ident}", less).said
    assert (shown["state"], "no longer sees tax" in shown["error"]) == ("active", True)
    assert world.book.get(ident).domains == ["bank", "registry"]
    assert world.ask("GET", f"/{ident}/deliveries", less).status == 200


DAY = 24 * HOUR


def test_a_persons_subscription_is_narrowed_by_the_next_token(world: World) -> None:
    """Whatever is asked with it, and also where it is refused; an older token takes nothing back,
    and gives nothing back."""
    people = world.people
    wide = people.token(now() - HOUR, "export")
    ident = world.subscribe(wide, "subject.changed", "batch.recorded")
    record(world.url, "b2", INVOICE)
    world.pump.run()
    assert [row.get("recorded") for row in world.waiting(ident)] == [{"invoice": 1}, None]
    narrow = people.token(now() - HOUR // 2, "search", "export", domains=["registry", "bank"])
    assert ask(world.app, "GET", "/v1/audit/head", token=narrow).status == 403
    assert ask(world.app, "GET", "/v1/search", token=wide, query="q=x").status == 403
    world.listen()
    world.pump.run()
    assert [row.get("recorded") for row in world.waiting(ident)] == [None]
    shown = world.ask("GET", f"/{ident}", narrow).said
    assert (shown["state"], "li no longer sees tax" in shown["error"]) == ("active", True)
    assert world.book.get(ident).domains == ["bank", "registry"]


def test_a_persons_subscription_ends_with_the_scope(world: World) -> None:
    people = world.people
    ident = world.subscribe(people.token(now() - HOUR, "export", "related"), "decision.*")
    other = world.subscribe(people.token(now() - HOUR, "export", name="wu"), "batch.recorded")
    fewer = people.token(now(), "export")
    assert world.ask("GET", f"/{ident}", fewer).status == 200
    world.listen()
    world.pump.run()
    assert world.book.get(ident).state == "paused"
    assert "li has no scope related" in (world.book.get(ident).error or "")
    assert world.book.get(other).state == "active"


def test_a_persons_subscription_lasts_a_month_unless_renewed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, begun = world.people, now()
    first = people.token(begun, "export")
    ident = world.subscribe(first, "batch.recorded")

    def after(days: int) -> str:
        for module in ("standing", "book", "rows"):
            monkeypatch.setattr(f"api.webhooks.{module}.times.now", lambda: begun + days * DAY)
        world.pump.run()
        state: str = world.book.get(ident).state
        return state

    assert after(29) == "active"
    assert after(31) == "paused"
    assert format_instant(begun)[:10] in (world.book.get(ident).error or "")
    record(world.url, "b2", INVOICE)
    # The same token says nothing new; one of today does.
    assert world.ask("PATCH", f"/{ident}", first, {"state": "active"}).status == 200
    assert after(31) == "paused"
    today = people.token(begun + 31 * DAY, "export")
    assert world.ask("PATCH", f"/{ident}", today, {"state": "active"}).said["state"] == "active"
    assert (after(31), after(60), after(62)) == ("active", "active", "paused")
    assert [row["batch"] for row in world.waiting(ident)] == [2]  # what waited is there


def test_a_book_of_before_knows_when_a_person_subscribed(world: World) -> None:
    """One written before claims were kept; its table comes with the first look."""
    people = world.people
    ident = world.subscribe(people.token(now(), "export"), "batch.recorded")
    world.book.close()
    with closing(apsw.Connection(str(world.book._kept.path))) as db:
        db.execute("DROP TABLE person; PRAGMA user_version = 1").fetchall()
    world.pump.run()
    assert world.book.get(ident).state == "active"
    with closing(apsw.Connection(str(world.book._kept.path))) as db:
        db.execute("UPDATE hook SET created = created - ?", (40 * DAY,))
    world.pump.run()
    assert world.book.get(ident).state == "paused"
