"""A service over a world in which money goes in a circle, with keys of several domains."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from api.access.keys import Keyring
from api.access.settings import Limits
from api.app import Service, make_app
from api.auth import Access
from api.session import Session
from graph.facts import Normaliser
from graph.store import open_store
from graph.times import now
from tests.api.access.asking import Answer, ask

TOKEN = "t" * 32
HOUR = 3_600_000_000
DAY = "2024-01-01"


def transfer(name: str, start: str, end: str, day: str, amount: str = "50000.00") -> dict[str, Any]:
    return {"kind": "transfer", "id": name, "from": start, "to": end, "amount": amount,
            "currency": "CNY", "at": f"2023-{day}T10:00:00+08:00"}  # fmt: skip


FACTS: list[dict[str, Any]] = [
    *({"kind": "account", "id": f"a{n}"} for n in range(1, 7)),
    {"kind": "person", "id": "p1", "name": "张三", "keys": {"resident_id": "11010519491231002X"}},
    {"kind": "person", "id": "p2", "name": "李四"},
    {"kind": "company", "id": "c1", "name": "甲公司"},
    {"kind": "company", "id": "c2", "name": "乙公司"},
    {"kind": "holds_account", "id": "h1", "from": "p1", "to": "a1"},
    {"kind": "holds_account", "id": "h2", "from": "p2", "to": "a2"},
    {"kind": "shareholder", "id": "s1", "from": "p1", "to": "c1", "share": "0.51"},
    {"kind": "guarantee", "id": "g1", "from": "c1", "to": "c2", "amount": "100.00"},
    *({"kind": "listing", "id": f"l{n}", "subject": f"c{n}", "list": "black", "domain": "judgment",
       "decided_on": "2022-01-05", "status": "active"} for n in (1, 2)),
    transfer("t1", "a1", "a2", "05-01"), transfer("t2", "a2", "a3", "05-02"),
    transfer("t3", "a3", "a1", "05-03"),
]  # fmt: skip
MORE = [transfer("t4", "a1", "a2", "06-01", "60000.00"), transfer("t5", "a2", "a3", "06-02"),
        transfer("t6", "a3", "a1", "06-03")]  # fmt: skip
RUN = {"algorithm": "clusters", "params": {"as_of": DAY}}
CYCLES = {"algorithm": "transfer_cycles", "params": {"as_of": DAY}}


class World:
    """A store, its service, and keys to it."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'facts.db'}"
        open_store(self.url, create=True).close()
        self.batches = 0
        self.write(FACTS)
        self.ring = Keyring(folder / "keys.json")
        free = Limits(rate=1e9, burst=10**9, together=10**6)
        self.session = Session(self.url)
        self.app: FastAPI = make_app(
            self.session, Service(Access(TOKEN, keyring=self.ring, limits=free))
        )

    def write(self, facts: list[dict[str, Any]]) -> None:
        store = open_store(self.url)
        self.batches += 1
        written = store.write(
            f"b{self.batches}", [Normaliser("bank", store.id_key).row(fact) for fact in facts]
        )
        assert not written.rejected, written.rejected
        store.close()

    def key(
        self, name: str, domains: str = "registry tax bank telecom", scopes: str = "related trace"
    ) -> str:
        return self.ring.create(name, scopes.split(), domains.split(), now() + HOUR)[1]

    def ask(self, method: str, path: str, token: str = TOKEN, **more: Any) -> Answer:
        return ask(self.app, method, path, token=token, **more)

    def post(self, path: str, said: Any, token: str = TOKEN, **more: Any) -> Answer:
        return self.ask("POST", path, token, body=json.dumps(said).encode(), **more)

    def get(self, path: str, token: str = TOKEN, query: str = "") -> Any:
        answer = self.ask("GET", path, token, query=query)
        assert answer.status == 200, answer
        return answer.said


@contextmanager
def opened(folder: Path) -> Iterator[World]:
    made = World(folder)
    yield made
    made.session.close()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path) as found:
        yield found
